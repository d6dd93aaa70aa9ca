"""The images of `core.juno.recipe` in plain NumPy, event by event: what they are compared with, in time and pixel by pixel."""

from collections.abc import Mapping

import numpy as np

from core.juno import window
from core.juno.geometry import Geometry
from core.juno.images import fill
from core.juno.images.squeeze import row_sizes
from core.juno.recipe import PmtImage

C_M_PER_NS, N_LS, N_WATER = 0.299792458, 1.54, 1.33


def in_window(time_ns: np.ndarray, dark_per_ns: float) -> np.ndarray:
    """Which hits lie around the begin of the light."""
    counts = np.bincount(((time_ns - time_ns.min()) / window.BIN_NS).astype(int))
    dark = dark_per_ns * window.BIN_NS
    above = np.flatnonzero(counts > dark + window.SIGMAS * np.sqrt(dark))
    if not len(above):
        return np.ones(len(time_ns), bool)
    begin = time_ns.min() + above[0] * window.BIN_NS
    return (time_ns >= begin - window.BEFORE_NS) & (time_ns <= begin + window.AFTER_NS)


def by_sensor(pmt: np.ndarray, time_ns: np.ndarray, charge_pe: np.ndarray) -> tuple[np.ndarray, ...]:
    """Place, charge, first, mean and standard deviation of the times of each sensor that was hit."""
    place, of = np.unique(pmt, return_inverse=True)
    n = np.bincount(of)
    first = np.full(len(place), np.inf)
    np.minimum.at(first, of, time_ns)
    mean = np.bincount(of, time_ns) / n
    spread = np.sqrt(np.bincount(of, (time_ns - mean[of]) ** 2) / n)
    return place, np.bincount(of, charge_pe), first, mean, spread


def onto_x(c: np.ndarray) -> np.ndarray:
    """Rodrigues' formula, term by term."""
    u, t = c / np.linalg.norm(c), np.array([1.0, 0.0, 0.0])
    if u @ t < -1.0 + 1e-9:
        return np.diag([-1.0, -1.0, 1.0])
    v = np.cross(u, t)
    k = np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
    return np.eye(3) + k + k @ k / (1.0 + u @ t)


def pixels(moved: np.ndarray, sizes: np.ndarray, recipe: PmtImage, height: int, width: int) -> tuple[np.ndarray, ...]:
    """(row, column) of all sensors at rotated positions (n, 3): sorted as a whole, then within each row."""
    radius = np.linalg.norm(moved, axis=1)
    rows = np.empty(len(moved), int)
    if recipe.squeeze == "rank":
        rows[np.argsort(-moved[:, 2], kind="stable")] = np.repeat(np.arange(len(sizes)), sizes)
    else:
        theta = np.arccos(np.clip(moved[:, 2] / radius, -1.0, 1.0))
        rows = np.minimum((theta / np.pi * len(sizes)).astype(int), len(sizes) - 1)
    phi = np.arctan2(moved[:, 1], moved[:, 0])
    order = np.lexsort((phi, rows))
    size, left = np.bincount(rows, minlength=len(sizes)), np.bincount(rows[phi < 0.0], minlength=len(sizes))
    rank = np.empty(len(moved), int)
    rank[order] = np.arange(len(moved)) - np.repeat(np.cumsum(size) - size, size)
    start = np.clip(width // 2 - left, 0, width - size) if recipe.column == "meridian" else (width - size) // 2
    return rows + (height - len(sizes)) // 2, start[rows] + rank


def flights_ns(vertex: np.ndarray, position: np.ndarray, ls_radius_m: float) -> np.ndarray:
    """Time of flight in a straight line through scintillator and water, from a vertex in the scintillator."""
    way = position - vertex
    length = np.linalg.norm(way, axis=1)
    along = way @ vertex / length
    in_ls = np.sqrt(ls_radius_m**2 - vertex @ vertex + along**2) - along
    return np.asarray((in_ls * N_LS + (length - in_ls) * N_WATER) / C_M_PER_NS)


def image(
    hits: tuple[np.ndarray, np.ndarray, np.ndarray], vertex: np.ndarray, geometry: Geometry, recipe: PmtImage,
    shape: tuple[int, int, int], event_ns: float = np.nan,
) -> np.ndarray:  # fmt: skip
    """One event's image, float32 of `shape`, of hits (pmt, time, charge), the vertex (3,) that light comes from and the event's time,
    NaN where its light tells it.
    """
    chosen = in_window(hits[1], 1e-6 * recipe.dark_khz * len(geometry))
    place, charge, first, mean, spread = by_sensor(*(values[chosen] for values in hits))
    position = geometry.position_m
    moved = position @ onto_x(charge @ position[place] / charge.sum()).T
    low, high, early, share = 0.0, recipe.time_span_ns, np.ones(len(place), bool), fill.RAW_SHARE
    if recipe.mode == "tof":
        flight = flights_ns(vertex, position[place], geometry.ls_radius_m)
        first, mean = first - flight, mean - flight
        low, high, share = -recipe.before_ns, recipe.after_ns, fill.RESIDUAL_SHARE
        early = geometry.tts_ns.min() / geometry.tts_ns[place] >= fill.LEAST_SHARP
    zero_ns = np.sort(first[early])[int(share * (early.sum() - 1))] if np.isnan(event_ns) else event_ns
    times = {
        name: 1.0 - 0.95 * np.clip((values - zero_ns - low) / (high - low), 0.0, 1.0)
        for name, values in (("first", first), ("mean", mean))
    }
    values: Mapping[str, np.ndarray] = times | {
        "std": 0.05 + 0.95 * np.minimum(spread / fill.STD_NS, 1.0),
        "charge": np.log1p(charge) / np.log1p(fill.CHARGE_PE),
        "mask": np.ones(len(place)),
        "sharp": (geometry.tts_ns.min() / geometry.tts_ns)[place],
    }
    row, column = pixels(moved, row_sizes(geometry), recipe, *shape[:2])
    out = np.zeros(shape, np.float32)
    out[row[place], column[place]] = np.stack([values[name] for name in recipe.channels], axis=1)
    return out
