"""A track along and across its axis: where its ends are, what it loses per length, how wide it is."""

from dataclasses import dataclass

import numpy as np

CLEAR_SIGMA = 2.0  # of the widening, from which the ends of a track are told apart
MIN_LENGTH_PX = 6.0  # below it a track has no direction that means anything


@dataclass(frozen=True)
class Axis:
    """The charge-weighted principal axis of a crop, in its own pixels.

    `centre` (x, y); `along` unit vector (x, y) that points from the narrow to the wide end; `low`, `high`: the ends [px]
    from the centre, those of all pixels with charge; `widths` sigma across [px] of the narrow and the wide half, the median
    over slices of a pixel, which a delta ray does not move. `widening`: rank correlation of the slices' widths with their
    place, in its standard deviations without any widening.
    """

    centre: np.ndarray
    along: np.ndarray
    low: float
    high: float
    widths: tuple[float, float]
    widening: float

    @property
    def is_directed(self) -> bool:
        """Whether the widths determine which end of the track is which."""
        return self.widening >= CLEAR_SIGMA

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
    offset_px = places - centre[:, None]
    _, vectors = np.linalg.eigh((offset_px * q) @ offset_px.T / q.sum())
    along = vectors[:, 1]
    s, t = along @ offset_px, vectors[:, 0] @ offset_px
    first, second, widening = _widths(s, t, q)
    if first > second:
        along, s, first, second, widening = -along, -s, second, first, -widening
    return Axis(centre, along, float(s.min()), float(s.max()), (first, second), widening)


def _widths(s: np.ndarray, t: np.ndarray, q: np.ndarray) -> tuple[float, float, float]:
    """Median over slices of a pixel of sigma across, of the half with smaller and of that with larger s, and how sure
    it is that they grow with s.
    """
    cell = np.floor(s - s.min()).astype(int)
    charge, first, second = (np.bincount(cell, q * t**k) for k in (0, 1, 2))
    place = np.flatnonzero(charge > 0)
    variance = np.maximum(second[place] / charge[place] - (first[place] / charge[place]) ** 2, 0.0)
    is_later = place >= (cell.max() + 1) / 2.0
    first_half, last_half = (
        float(np.sqrt(np.median(variance[half]))) if half.any() else 0.0 for half in (~is_later, is_later)
    )
    if len(place) < 3 or np.ptp(variance) < 1e-6:
        return first_half, last_half, 0.0
    ranks = np.unique(np.round(variance, 6), return_inverse=True)[1]  # slices of one pixel have one rank
    correlation = float(np.corrcoef(np.arange(len(place)), ranks)[0, 1])
    return first_half, last_half, correlation * float(np.sqrt(len(place) - 1.0))


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
    offset_px = np.stack([(x[:, None] + dx).ravel(), (y[:, None] + dy).ravel()]) - axis.centre[:, None]
    across = np.array([-axis.along[1], axis.along[0]])
    s, t = axis.along @ offset_px - axis.low, across @ offset_px
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
    steps = profile(crop, axis, floor_e, n_at_most=1_000_000)
    running = np.concatenate([[0.0], np.cumsum(steps.charge_e)])
    at = np.linspace(0.0, len(steps.charge_e), n_parts + 1)
    shares = np.diff(np.interp(at, np.arange(len(running)), running)) / running[-1]
    return np.asarray(shares * n_parts)
