"""Whether a score of 0.9 means nine of ten: reliability, Brier score, calibration error, at any mix of the classes.

A score is a probability only for a certain mix. Training with class weights makes it one for as much signal as
background ("balanced"); for s signal events per background event the same network says
logit p' = logit p + ln s - ln(trained mix). Events are then weighted so that their classes come in that very mix, and
everything is computed with these weights: score and sample always speak of the same mix.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.errors import DarkroomError
from core.judge.held_out import Events
from core.statistics.binned import CalibrationError, binned, calibration_error, undefined_error
from core.statistics.efficiency import CLASSES, passes
from core.statistics.intervals import LEVEL, Interval, clopper_pearson, defined, efficiency
from core.statistics.logits import as_score, logit

N_BINS = 15
ANALYTIC = "normal, from the scatter of the single events"
IN_MIX = "Clopper-Pearson, carried over to the mix by the odds"
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


@dataclass(frozen=True)
class Quality:
    """How well scores are calibrated on n events; NaN where undefined.

    `brier`: mean squared distance of score and label (0 best); reliability - resolution + uncertainty + within bins.
    `error`: mean distance of score and true part of signal over the bins.
    """

    n_signal: int
    n_background: int
    brier: Interval
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    error: CalibrationError

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        names = ("reliability", "resolution", "uncertainty", "within_bins")
        ends = ("plain", "expected", "expected_high")
        return {
            "n_signal": self.n_signal,
            "n_background": self.n_background,
            "brier": self.brier.to_dict(),
            "ece": self.error.ece.to_dict(),
            **{name: defined(getattr(self, name)) for name in names},
            **{f"ece_{end}": defined(getattr(self.error, end)) for end in ends},
            "compatible_with_calibrated": self.error.is_compatible,
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


def row_of(p: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Which bin each of p (n,) is in."""
    return np.clip(np.searchsorted(edges, p, side="right") - 1, 0, len(edges) - 2)


def reliability_bins(p: np.ndarray, labels: np.ndarray, weights: np.ndarray, edges: np.ndarray) -> tuple[Bin, ...]:
    """The bins that hold events: p (n,) probabilities at a mix, labels (n,) 1 or 0, weights as in `quality`.

    The interval is Clopper-Pearson's of k signal among n events, carried over to the mix (weights multiply the odds).
    """
    row = row_of(p, edges)
    ratio = _odds_ratio(labels, weights)
    filled = []
    for i in np.unique(row):
        members = row == i
        k, n = int((labels[members] == 1).sum()), int(members.sum())
        observed = _in_mix(k, n, ratio)
        filled.append(Bin(edges[i], edges[i + 1], float(np.average(p[members], weights=weights[members])), observed))
    return tuple(filled)


def _odds_ratio(labels: np.ndarray, weights: np.ndarray) -> float:
    """Of the mix over that of the sample; of one class alone 1."""
    signal, background = weights[labels == 1], weights[labels == 0]
    return float(signal[0] / background[0]) if len(signal) and len(background) else 1.0


def _in_mix(k: int, n: int, odds_ratio: float) -> Interval:
    """k signal of n events as the part of signal where the odds are `odds_ratio` times those of the sample."""
    limits = clopper_pearson(k, n)
    value, low, high = (
        odds_ratio * p / (1.0 - p + odds_ratio * p) for p in (k / n if n else math.nan, *map(float, limits))
    )
    return Interval(value, low, high, n, method=IN_MIX)


def quality(p: np.ndarray, labels: np.ndarray, weights: np.ndarray, edges: np.ndarray) -> Quality:
    """Judge probabilities p (n,) at a mix; `weights` (n,) are those that give the whole sample that mix
    (`Mix.weights`), of which these events may be a part. Empty, or one class missing: NaN.
    """
    n_signal = int((labels == 1).sum())
    n_background = len(labels) - n_signal
    if not (n_signal and n_background):
        brier = Interval(math.nan, math.nan, math.nan, len(labels), method=ANALYTIC)
        nan = math.nan
        return Quality(n_signal, n_background, brier, nan, nan, nan, nan, undefined_error(len(labels)))
    y = (labels == 1).astype(float)
    bins = binned(p, y, weights, row_of(p, edges), _odds_ratio(labels, weights))
    rate = float(bins.share @ bins.observed)
    brier = _weighted_mean((p - y) ** 2, labels, weights)
    calibrated = float(bins.share @ (bins.predicted - bins.observed) ** 2)
    resolution, uncertainty = float(bins.share @ (bins.observed - rate) ** 2), rate * (1.0 - rate)
    return Quality(
        n_signal, n_background, brier, calibrated, resolution, uncertainty,
        brier.value - calibrated + resolution - uncertainty, calibration_error(bins),
    )  # fmt: skip


def _weighted_mean(values: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> Interval:
    """Weighted mean of values (n,) with the normal interval from the scatter within each class."""
    total = weights.sum()
    variance = 0.0
    for label in CLASSES.values():
        members = labels == label
        n = int(members.sum())
        variance += n * float(np.var(weights[members] * values[members], ddof=1)) if n > 1 else math.nan
    value, sigma = float(weights @ values / total), math.sqrt(variance) / float(total)
    reach = float(special.ndtri((1.0 + LEVEL) / 2.0)) * sigma
    low = max(value - reach, 0.0) if math.isfinite(reach) else math.nan
    return Interval(value, low, value + reach, len(values), method=ANALYTIC)


def half_point(events: Events, temperature: float, mix: Mix) -> Point:
    """Where the probability at the wanted mix is one half, on the scale of the score as trained."""
    threshold = float(as_score(np.array(-mix.shift * temperature)))
    accepted = passes(events.score, threshold)
    k_s, k_b = int((accepted & (events.labels == 1)).sum()), int((accepted & (events.labels == 0)).sum())
    n_s, n_b = events.n_of(1), events.n_of(0)
    ratio = mix.wanted * n_b / n_s if n_s and n_b else math.nan
    return Point(threshold, efficiency(k_s, n_s), _in_mix(k_s, k_s + k_b, ratio))
