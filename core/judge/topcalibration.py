"""Whether the probability of the class that is called means what it says: the calibration error of several classes.

Of every event the largest probability is compared with whether that class is the true one (Guo et al. 2017). Probabilities
speak of the mix that they were trained for; for another one each is multiplied by the ratio of the class's parts in the
two mixes and all are divided by their sum (Saerens et al., Neural Comput. 14 (2002) 21).
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from core import runs
from core.data.splits import TRAIN
from core.judge.calibration import is_balanced
from core.judge.intervals import LEVEL, Interval, defined, efficiency
from core.judge.reliability import EQUAL_WIDTH, N_BINS, Bin, bin_edges

N_DRAWS = 500
METHOD = "normal, with the standard deviation of 500 bootstrap repetitions of the bins"


@dataclass(frozen=True)
class TopCalibration:
    """Mean distance of the probability of the called class and the part that is right, over bins of the probability.

    `expected`: what perfectly calibrated probabilities of as many events give in the mean, `expected_high` at most in 95 %
    of cases. Where chance alone explains `ece`, the lower end of its interval is 0. Brier and log loss would need no bins,
    but mix calibration with how well the classes are told apart.
    """

    ece: Interval
    expected: float
    expected_high: float
    bins: tuple[Bin, ...]

    @property
    def is_compatible(self) -> bool | None:
        """Whether chance alone explains the error (95 %); None where undefined."""
        return None if math.isnan(self.ece.value) else bool(self.ece.value <= self.expected_high)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        return {
            **self.ece.to_dict(),
            "expected": defined(self.expected),
            "expected_high": defined(self.expected_high),
            "compatible_with_calibrated": self.is_compatible,
            "method": METHOD,
        }


def trained_mix(run: runs.Run) -> np.ndarray:
    """float64 (n_classes,): the parts of the classes that the run's probabilities were made for."""
    n_classes = len(run.classes)
    if is_balanced(run):
        return np.full(n_classes, 1.0 / n_classes)
    own = runs.read_rows(run)
    labels = own["label"][(own["split"] == TRAIN) & (own["label"] >= 0)]
    n = np.bincount(labels, minlength=n_classes)
    return n / max(int(n.sum()), 1)


def moved(probabilities: np.ndarray, trained: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """float64 (n, n_classes) probabilities for the mix `wanted` of ones made for the mix `trained`, both (n_classes,).

    A class that was not trained on stays impossible.
    """
    ratio = np.divide(wanted, trained, out=np.zeros(len(wanted)), where=trained > 0)
    scaled = probabilities.astype(float) * ratio
    total = scaled.sum(axis=1, keepdims=True)
    return np.divide(scaled, total, out=np.full(scaled.shape, 1.0 / scaled.shape[1]), where=total > 0)


def mix_of(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """float64 (n_classes,): the parts of the classes among labels int (n,), -1 left out; all NaN without any."""
    n = np.bincount(labels[labels >= 0], minlength=n_classes)
    return n / n.sum() if n.sum() else np.full(n_classes, np.nan)


def judge(
    probabilities: np.ndarray, labels: np.ndarray, binning: str = EQUAL_WIDTH, *, level: float = LEVEL, seed: int = 1
) -> TopCalibration:
    """Judge probabilities (n, n_classes) that speak of the mix of these labels (n,), each an index; no event: NaN."""
    n = len(labels)
    if not n:
        nothing = Interval(math.nan, math.nan, math.nan, 0, level, METHOD)
        return TopCalibration(nothing, math.nan, math.nan, ())
    p = probabilities.max(axis=1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    edges = bin_edges(p, binning, N_BINS)
    m = len(edges) - 1
    row = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, m - 1)
    gap = np.bincount(row, p - right, minlength=m)
    scatter = np.sqrt(np.bincount(row, (p - right) ** 2, minlength=m))
    by_chance = np.sqrt(np.bincount(row, p * (1.0 - p), minlength=m))
    rng = np.random.default_rng(seed)
    again, chance = (
        np.abs(middle + spread * rng.normal(size=(N_DRAWS, m))).sum(axis=1) / n
        for middle, spread in ((gap, scatter), (0.0, by_chance))
    )
    value, reach = float(np.abs(gap).sum()) / n, float(special.ndtri((1.0 + level) / 2.0)) * float(again.std())
    ece = Interval(value, max(value - reach, 0.0), value + reach, n, level, METHOD)
    high = float(np.percentile(chance, 100.0 * level))
    if value <= high:
        ece = replace(ece, low=0.0)
    return TopCalibration(ece, float(chance.mean()), high, _bins(p, right, row, edges, level))


def _bins(p: np.ndarray, right: np.ndarray, row: np.ndarray, edges: np.ndarray, level: float) -> tuple[Bin, ...]:
    made = []
    for i in np.unique(row):
        mine = row == i
        observed = efficiency(int(right[mine].sum()), int(mine.sum()), level)
        made.append(Bin(float(edges[i]), float(edges[i + 1]), float(p[mine].mean()), observed))
    return tuple(made)
