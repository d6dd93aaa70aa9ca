"""A track along and across its axis: where its ends are, what it loses per length, how wide it is."""

from dataclasses import dataclass

import numpy as np

MIN_LENGTH_PX = 6.0  # below it a track has no direction that means anything


@dataclass(frozen=True)
class Axis:
    """The charge-weighted principal axis of a crop, in its own pixels.

    `centre` (x, y); `along` unit vector (x, y) that points from the narrow to the wide end; `low`, `high`: the ends [px]
    from the centre, those of all pixels with charge; `widths` sigma across [px] of the narrow and the wide half.
    """

    centre: np.ndarray
    along: np.ndarray
    low: float
    high: float
    widths: tuple[float, float]

    @property
    def length_px(self) -> float:
        return self.high - self.low

    def point(self, s: float) -> tuple[float, float]:
        """x, y of a place on the axis."""
        x, y = self.centre + s * self.along
        return float(x), float(y)


def axis_of(crop: np.ndarray, floor_e: float) -> Axis | None:
    """The axis of a crop (height, width) in electrons, of its pixels above `floor_e`; None if those are fewer than two."""
    y, x = np.nonzero(crop > floor_e)
    if len(x) < 2:
        return None
    q = crop[y, x].astype(np.float64)
    places = np.stack([x, y]).astype(np.float64)
    centre = (places * q).sum(axis=1) / q.sum()
    apart = places - centre[:, None]
    _, vectors = np.linalg.eigh((apart * q) @ apart.T / q.sum())
    along = vectors[:, 1]
    s, t = along @ apart, vectors[:, 0] @ apart
    first, second = (_width(t[half], q[half]) for half in (s < 0, s >= 0))
    if first > second:
        along, s, first, second = -along, -s, second, first
    return Axis(centre, along, float(s.min()), float(s.max()), (first, second))


def _width(t: np.ndarray, q: np.ndarray) -> float:
    """Charge-weighted standard deviation [px]."""
    if not len(t):
        return 0.0
    mean = (q * t).sum() / q.sum()
    return float(np.sqrt((q * (t - mean) ** 2).sum() / q.sum()))


@dataclass(frozen=True)
class Profile:
    """Charge in steps along and across the axis.

    s_px (n,), charge_e (n,), width_px (n,) (NaN where fewer than two pixels lie): along, from the narrow end; t_px (m,), across_e
    (m,): across.
    """

    step_px: float
    s_px: np.ndarray
    charge_e: np.ndarray
    width_px: np.ndarray
    t_px: np.ndarray
    across_e: np.ndarray


def profile(crop: np.ndarray, axis: Axis, floor_e: float, n_at_most: int = 60) -> Profile:
    """Profiles of a crop (height, width) in electrons, of its pixels above `floor_e`. Every pixel is shared out over 4 x 4
    parts of it, so that steps of about its own size do not beat against the pixels of a track that lies askew.
    """
    y, x = np.nonzero(crop > floor_e)
    parts = (np.arange(4) - 1.5) / 4.0
    dx, dy = (p.ravel() for p in np.meshgrid(parts, parts))
    q = np.repeat(crop[y, x].astype(np.float64) / len(dx), len(dx))
    apart = np.stack([(x[:, None] + dx).ravel(), (y[:, None] + dy).ravel()]) - axis.centre[:, None]
    across = np.array([-axis.along[1], axis.along[0]])
    s, t = axis.along @ apart - axis.low, across @ apart
    step = max(1.0, axis.length_px / n_at_most)
    n = max(1, int(np.ceil((axis.length_px + 1.0) / step)))
    cell = np.clip(((s + 0.5) / step).astype(int), 0, n - 1)
    charge, first, second = (np.bincount(cell, q * t**k, n) for k in (0, 1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.sqrt(np.maximum(second / charge - (first / charge) ** 2, 0.0))
    reach = np.ceil(np.abs(t).max() + 0.5)
    edges = np.arange(-reach - 0.25, reach + 0.5, 0.5)
    across_e, _ = np.histogram(t, edges, weights=q)
    middle = (np.arange(n) + 0.5) * step - 0.5
    return Profile(step, middle, charge, width, (edges[:-1] + edges[1:]) / 2.0, across_e)


def normalised(crop: np.ndarray, axis: Axis, floor_e: float, n_parts: int) -> np.ndarray:
    """Part of the charge in each of `n_parts` equal stretches from the narrow to the wide end, times n_parts: (n_parts,)."""
    found = profile(crop, axis, floor_e, n_at_most=1_000_000)
    running = np.concatenate([[0.0], np.cumsum(found.charge_e)])
    at = np.linspace(0.0, len(found.charge_e), n_parts + 1)
    shares = np.diff(np.interp(at, np.arange(len(running)), running)) / running[-1]
    return np.asarray(shares * n_parts)
