"""Whether a score of 0.9 means nine of ten: reliability, Brier score, calibration error, at any mix of the classes.

A score is a probability only for a certain mix. Training with class weights makes it one for as much signal as
background ("balanced"); for s signal events per background event the same network says
logit p' = logit p + ln s - ln(trained mix). Events are then weighted so that their classes come in that very mix, and
everything is computed with these weights: score and sample always speak of the same mix.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from core.errors import DarkroomError
from core.judge.efficiency import CLASSES, FEW, passes
from core.judge.intervals import LEVEL, Interval, clopper_pearson, defined
from core.judge.logits import as_score, logit
from core.judge.unseen import Events

N_BINS = 15
N_BOOTSTRAP = 200
MAX_SIMULATED, MIN_SIMULATED, MAX_DRAWS = 200, 20, 2_000_000  # repetitions; fewer for very many events, which vary less
ANALYTIC = "normal, from the scatter of the single events"
BOOTSTRAP = "normal, with the standard deviation of 200 bootstrap repetitions within each class"
EQUAL_WIDTH, EQUAL_COUNT = "equal width", "equal count"
BINNINGS = (EQUAL_WIDTH, EQUAL_COUNT)


@dataclass(frozen=True)
class Mix:
    """Signal events per background event: `trained` is what the score was made for, `wanted` what it shall speak of."""

    trained: float
    wanted: float

    @property
    def shift(self) -> float:
        """What is added to the logit of the score."""
        return math.log(self.wanted) - math.log(self.trained)

    def weights(self, labels: np.ndarray) -> np.ndarray:
        """float64 (n,) weights that give the labels 1 and 0 the wanted mix; their mean is 1. Both classes are needed."""
        n, n_signal = len(labels), int((labels == 1).sum())
        share = self.wanted / (1.0 + self.wanted)
        return np.where(labels == 1, share * n / n_signal, (1.0 - share) * n / (n - n_signal))


@dataclass(frozen=True)
class Bin:
    """Events with scores from `low` to `high`: mean score, part of them that is signal (at the mix), both with n events."""

    low: float
    high: float
    mean_score: float
    observed: Interval

    @property
    def is_few(self) -> bool:
        return self.observed.n < FEW


@dataclass(frozen=True)
class Quality:
    """How well scores are calibrated on n events; NaN where undefined.

    `brier`: mean squared distance of score and label (0 best); reliability - resolution + uncertainty + within bins.
    `ece`: mean distance of score and observed part over the bins. A few events differ from any score by chance, so
    `ece` is never 0: `ece_expected` is what a perfectly calibrated score with the same scores and events gives, in the
    mean, `ece_expected_high` at most in 95 % of cases. Where chance alone explains `ece`, the lower end of its interval is 0.
    """

    n_signal: int
    n_background: int
    brier: Interval
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    ece: Interval
    ece_expected: float
    ece_expected_high: float

    @property
    def is_compatible(self) -> bool | None:
        """Whether the calibration error is one that chance alone explains (95 %); None where undefined."""
        return None if math.isnan(self.ece.value) else bool(self.ece.value <= self.ece_expected_high)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        names = ("reliability", "resolution", "uncertainty", "within_bins", "ece_expected", "ece_expected_high")
        return {
            "n_signal": self.n_signal,
            "n_background": self.n_background,
            "brier": self.brier.to_dict(),
            "ece": self.ece.to_dict(),
            **{name: defined(getattr(self, name)) for name in names},
            "compatible_with_calibrated": self.is_compatible,
        }


@dataclass(frozen=True)
class Point:
    """The score as trained at which the probability at the wanted mix is one half, and what is kept there."""

    threshold: float
    signal_efficiency: Interval
    precision: Interval

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            "threshold": self.threshold,
            "signal_efficiency": self.signal_efficiency.to_dict(),
            "precision": self.precision.to_dict(),
        }


def adjusted(scores: np.ndarray, temperature: float, shift: float) -> np.ndarray:
    """float64 (n,) scores after a temperature and a shift of the logit."""
    return as_score(logit(scores) / temperature + shift)


def bin_edges(p: np.ndarray, binning: str, n_bins: int = N_BINS) -> np.ndarray:
    """Edges (m + 1,) from 0 to 1: equally wide, or with equally many of the scores p (n,); ties make fewer bins."""
    if binning not in BINNINGS:
        raise DarkroomError(f"Unknown binning '{binning}': expected {' or '.join(BINNINGS)}.")
    if binning == EQUAL_WIDTH or not len(p):
        return np.linspace(0.0, 1.0, n_bins + 1)
    inner = np.quantile(p, np.arange(1, n_bins) / n_bins)
    return np.concatenate([[0.0], np.unique(inner[(inner > 0.0) & (inner < 1.0)]), [1.0]])


def _row(p: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(edges, p, side="right") - 1, 0, len(edges) - 2)


def reliability_bins(
    p: np.ndarray, labels: np.ndarray, weights: np.ndarray, edges: np.ndarray, level: float = LEVEL
) -> tuple[Bin, ...]:
    """The bins that hold events: p (n,) probabilities at a mix, labels (n,) 1 or 0, both there, weights as in `quality`.

    The interval is Clopper-Pearson's of k signal among n events, carried over to the mix (weights multiply the odds).
    """
    row = _row(p, edges)
    ratio = _odds_ratio(labels, weights)
    made = []
    for i in np.unique(row):
        mine = row == i
        k, n = int((labels[mine] == 1).sum()), int(mine.sum())
        observed = _in_mix(k, n, ratio, level)
        made.append(Bin(edges[i], edges[i + 1], float(np.average(p[mine], weights=weights[mine])), observed))
    return tuple(made)


def _odds_ratio(labels: np.ndarray, weights: np.ndarray) -> float:
    return float(weights[labels == 1][0] / weights[labels == 0][0])


def _in_mix(k: int, n: int, odds_ratio: float, level: float) -> Interval:
    """k signal of n events as the part of signal where the odds are `odds_ratio` times those of the sample."""
    limits = clopper_pearson(k, n, level)
    value, low, high = (
        odds_ratio * p / (1.0 - p + odds_ratio * p) for p in (k / n if n else math.nan, *map(float, limits))
    )
    return Interval(value, low, high, n, level)


def quality(
    p: np.ndarray, labels: np.ndarray, weights: np.ndarray, edges: np.ndarray, *, level: float = LEVEL, seed: int = 1
) -> Quality:
    """Judge probabilities p (n,) at a mix; `weights` (n,) are those that give the whole sample that mix
    (`Mix.weights`), of which these events may be a part. Empty, or one class missing: NaN.
    """
    n_signal = int((labels == 1).sum())
    n_background = len(labels) - n_signal
    if not (n_signal and n_background):
        nan = math.nan
        nothing = Interval(nan, nan, nan, len(labels), level)
        return Quality(n_signal, n_background, nothing, nan, nan, nan, nan, nothing, nan, nan)
    row, m, y = _row(p, edges), len(edges) - 1, (labels == 1).astype(float)
    parts = [np.bincount(row, values, minlength=m) for values in (weights, weights * p, weights * y)]
    total = float(weights.sum())
    rate = float((weights * y).sum() / total)
    filled = parts[0] > 0
    w, mean_p, mean_y = parts[0][filled] / total, *(part[filled] / parts[0][filled] for part in parts[1:])
    brier = _weighted_mean((p - y) ** 2, labels, weights, level)
    calibrated, resolution = float(w @ (mean_p - mean_y) ** 2), float(w @ (mean_y - rate) ** 2)
    uncertainty = rate * (1.0 - rate)
    rng = np.random.default_rng(seed)
    again = _bootstrap(rng, p, labels, weights, row, m)
    chance = _by_chance(rng, p, _odds_ratio(labels, weights), row, m)
    by_chance = float(np.percentile(chance, 100.0 * level))
    ece = _around(float(w @ np.abs(mean_p - mean_y)), float(again.std()), len(labels), level, BOOTSTRAP)
    if ece.value <= by_chance:
        ece = replace(ece, low=0.0)
    return Quality(
        n_signal, n_background, brier, calibrated, resolution, uncertainty,
        brier.value - calibrated + resolution - uncertainty,
        ece, float(chance.mean()), by_chance,
    )  # fmt: skip


def _weighted_mean(values: np.ndarray, labels: np.ndarray, weights: np.ndarray, level: float) -> Interval:
    """Weighted mean of values (n,) with the normal interval from the scatter within each class."""
    total = weights.sum()
    variance = 0.0
    for label in CLASSES.values():
        mine = labels == label
        n = int(mine.sum())
        variance += n * float(np.var(weights[mine] * values[mine], ddof=1)) if n > 1 else math.nan
    return _around(float(weights @ values / total), math.sqrt(variance) / float(total), len(values), level, ANALYTIC)


def _around(value: float, sigma: float, n: int, level: float, method: str) -> Interval:
    """A normal interval of a number that cannot be negative. (The percentiles of a bootstrap are of no use for a mean
    distance: each repetition adds its own scatter to it, so that they lie above the value.)
    """
    reach = float(special.ndtri((1.0 + level) / 2.0)) * sigma
    return Interval(
        value, max(value - reach, 0.0) if math.isfinite(reach) else math.nan, value + reach, n, level, method
    )


def _ece(w: np.ndarray, wp: np.ndarray, wy: np.ndarray) -> np.ndarray:
    """Calibration error from sums per bin (..., m) of weights, weighted scores, weighted labels."""
    found: np.ndarray = np.abs(wp - wy).sum(axis=-1) / w.sum(axis=-1)
    return found


def _bootstrap(
    rng: np.random.Generator, p: np.ndarray, labels: np.ndarray, weights: np.ndarray, row: np.ndarray, m: int
) -> np.ndarray:
    """Calibration errors of resampled events. Counts per class and bin are multinomial; the sum of c scores drawn from a
    bin is normal with the bin's mean and spread, which spares the single events.
    """
    sums = np.zeros((3, N_BOOTSTRAP, m))
    for label in CLASSES.values():
        mine = labels == label
        counts = np.bincount(row[mine], minlength=m)
        n, weight = int(mine.sum()), float(weights[mine][0])
        mean = np.bincount(row[mine], p[mine], minlength=m) / np.maximum(counts, 1)
        spread = np.sqrt(np.bincount(row[mine], (p[mine] - mean[row[mine]]) ** 2, minlength=m) / np.maximum(counts, 1))
        drawn = rng.multinomial(n, counts / n, N_BOOTSTRAP)
        sums[0] += weight * drawn
        sums[1] += weight * (drawn * mean + np.sqrt(drawn) * spread * rng.normal(size=drawn.shape))
        sums[2] += weight * drawn * label
    return _ece(*sums)


def _by_chance(rng: np.random.Generator, p: np.ndarray, odds_ratio: float, row: np.ndarray, m: int) -> np.ndarray:
    """Calibration errors of these scores if each were right: labels are drawn with the probability p, at the sample's
    own mix, and weighted as the sample's are.
    """
    own = p / (p + (1.0 - p) * odds_ratio)  # p at the sample's mix: the odds divided by what the weights multiply
    made = np.empty(int(np.clip(MAX_DRAWS // len(p), MIN_SIMULATED, MAX_SIMULATED)))
    n, sum_p = np.bincount(row, minlength=m), np.bincount(row, p, minlength=m)
    for i in range(len(made)):
        signal = rng.random(len(p)) < own
        k = np.bincount(row[signal], minlength=m)
        k_p = np.bincount(row[signal], p[signal], minlength=m)
        w = odds_ratio * k + (n - k)
        made[i] = _ece(w, odds_ratio * k_p + (sum_p - k_p), odds_ratio * k)
    return made


def half_point(events: Events, temperature: float, mix: Mix, level: float = LEVEL) -> Point:
    """Where the probability at the wanted mix is one half, on the scale of the score as trained."""
    threshold = float(as_score(np.array(-mix.shift * temperature)))
    kept = passes(events.score, threshold)
    k_s, k_b = int((kept & (events.labels == 1)).sum()), int((kept & (events.labels == 0)).sum())
    n_s, n_b = events.n_of(1), events.n_of(0)
    low, high = clopper_pearson(k_s, n_s, level)
    signal = Interval(k_s / n_s if n_s else math.nan, float(low), float(high), n_s, level)
    ratio = mix.wanted * n_b / n_s if n_s and n_b else math.nan
    return Point(threshold, signal, _in_mix(k_s, k_s + k_b, ratio, level))
