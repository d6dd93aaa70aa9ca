"""Simulated defects of a sensor: hot columns and pixels, lines of the serial register."""

import numpy as np

from core.connie.simulation.deposit import PixelCharges

HOT_RATE_E = (1.0, 50.0)  # of a hot column, per pixel
_PARTIAL = 0.5  # share of hot columns that begin and end inside the image


def hot_columns(rng: np.random.Generator, n: int, shape: tuple[int, int]) -> list[np.ndarray]:
    """n columns with 1 to 50 e- per pixel: (3, pixels) arrays of row, column and charge; half of them are short."""
    defects = []
    for _ in range(n):
        low, high = 0, shape[0]
        if rng.random() < _PARTIAL:
            length = int(np.exp(rng.uniform(np.log(10.0), np.log(0.4 * shape[0]))))
            low = int(rng.integers(0, shape[0] - length))
            high = low + length
        rows = np.arange(low, high)
        charge = rng.poisson(rng.uniform(*HOT_RATE_E), len(rows))
        defects.append(np.stack([rows, np.full(len(rows), rng.integers(shape[1])), charge]))
    return defects


def hot_pixels(rng: np.random.Generator, n: int, shape: tuple[int, int]) -> list[np.ndarray]:
    """n single pixels of 60 to 6000 e- (log-uniform); of one in four a tenth stays behind in the next row."""
    defects = []
    for _ in range(n):
        row, column = rng.integers(shape[0] - 1), rng.integers(shape[1])
        charge = round(np.exp(rng.uniform(np.log(60.0), np.log(6000.0))))
        rows = [row, row + 1] if rng.random() < 0.25 else [row]
        defects.append(np.stack([rows, [column] * len(rows), [charge, charge // 10][: len(rows)]]))
    return defects


def serial_lines(rng: np.random.Generator, n: int, shape: tuple[int, int]) -> list[np.ndarray]:
    """n lines of 5 to 300 pixels in one row, 15 to 150 e- each: charge that entered in the serial register."""
    defects = []
    for _ in range(n):
        length = min(int(np.exp(rng.uniform(np.log(5.0), np.log(300.0)))), shape[1] - 1)
        first = int(rng.integers(0, shape[1] - length))
        columns = np.arange(first, first + length)
        charge = rng.poisson(np.exp(rng.uniform(np.log(15.0), np.log(150.0))), length)
        defects.append(np.stack([np.full(length, rng.integers(shape[0])), columns, charge]))
    return defects


def as_charges(pieces: list[np.ndarray], first_id: int, n_columns: int) -> PixelCharges:
    """The pieces as particles with ids from `first_id` on."""
    if not pieces:
        return PixelCharges(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    sizes = [piece.shape[1] for piece in pieces]
    row, column, charge = np.concatenate(pieces, axis=1)
    owner = np.repeat(np.arange(first_id, first_id + len(pieces)), sizes)
    flat = (row * n_columns + column).astype(np.int32)
    return PixelCharges(owner.astype(np.int32), flat, charge.astype(np.float32))
