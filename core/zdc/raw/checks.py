"""What a file must not be: showers that stand twice, energies in another unit, mostly broken cells. Each a sentence."""

from pathlib import Path

import numpy as np

from core.errors import DarkroomError

HIGHEST_NUMBER = (1 << 40) - 1
MOST_BROKEN = 0.1  # of the showers of a file may have cells without a number or far below 0
ENOUGH = 10  # showers, before their sum is compared with the true energy
LEAST_RESPONSE, MOST_RESPONSE = (
    1e-3,
    100.0,
)  # of energy over true energy, median: some files hold weighted samples, some a per cent


class Numbers:
    """The numbers of the showers of a file so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[np.ndarray] = []
        self.highest = -1

    def need_new(self, values: np.ndarray, field: str) -> np.ndarray:
        """int64 (n,): numbers of showers; what is no number, or stood before, is refused."""
        is_whole = values.dtype.kind in "iuf" and values.ndim == 1
        if is_whole and values.dtype.kind == "f":
            is_whole = bool((np.isfinite(values) & (values == np.floor(values))).all())
        if not is_whole:
            raise DarkroomError(
                f"{self.path.name}: the numbers of the showers are not whole numbers: correct '{field}' in the mapping."
            )
        if len(values) and not 0 <= values.min() <= values.max() <= HIGHEST_NUMBER:
            raise DarkroomError(
                f"{self.path.name}: showers are numbered {values.min():,} to {values.max():,}: expected 0 to {HIGHEST_NUMBER:,}. Correct "
                f"'{field}' in the mapping (empty: showers are counted)."
            )
        number = values.astype(np.int64)
        if len(number) and not (number[0] > self.highest and (np.diff(number) > 0).all()):
            everything, n = np.unique(np.concatenate([*self.seen, number]), return_counts=True)
            if (n > 1).any():
                raise DarkroomError(
                    f"{self.path.name}: shower {everything[np.argmax(n > 1)]:,} stands there twice: expected each once. Correct '{field}' in "
                    "the mapping (empty: showers are counted)."
                )
        self.seen.append(number)
        self.highest = max(self.highest, int(number.max(initial=-1)))
        return number


def need_whole_cells(n_broken: int, n: int, path: Path) -> None:
    """Refuse images of which many are broken."""
    if n_broken > MOST_BROKEN * n:
        raise DarkroomError(
            f"{path.name}: {n_broken:,} of {n:,} showers have cells that are no numbers or far below 0: expected energies from 0 on, at "
            f"most {100 * MOST_BROKEN:.0f} % of the showers broken. Correct 'energy' or 'threshold_mev' in the mapping, or write the file again."
        )


def need_this_unit(energy_gev: np.ndarray, true_gev: np.ndarray, path: Path) -> None:
    """Refuse cells in another unit than the mapping says, as far as true energies (n,) tell."""
    is_known = np.isfinite(true_gev) & (true_gev > 0) & (energy_gev > 0)
    if np.count_nonzero(is_known) < ENOUGH:
        return
    response = float(np.median(energy_gev[is_known] / true_gev[is_known]))
    if not LEAST_RESPONSE < response < MOST_RESPONSE:
        raise DarkroomError(
            f"{path.name}: the cells add up to {response:.3g} times the true energy (median): expected {LEAST_RESPONSE:g} to "
            f"{MOST_RESPONSE:g}. Correct 'energy_unit' or 'true_energy_unit' in the mapping."
        )
