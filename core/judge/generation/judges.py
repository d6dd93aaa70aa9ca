"""Classifiers that are asked which rows are generated: what none of them can tell is as good as the truth for its eyes.

A judge learns on three fifths of the rows, is stopped (and calibrated) on one, and judged on the last; each seed takes other
fifths for the last two, so that no row is judged twice. Area under the ROC curve: 0.5 where it cannot tell, 1 where it always can.
scikit-learn is imported inside functions only.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.errors import TooFewError
from core.learn import trees
from core.learn.trees import TreeParameters
from core.statistics.intervals import LEVEL, Interval, PairInterval
from core.statistics.residuals import resampled
from core.statistics.roc import auc

N_FOLDS, FEWEST_ROWS = 5, 500
EARLY, LONG = TreeParameters(), TreeParameters(max_trees=300, learning_rate=0.1)
CLIPPED = 1e-6
MEAN_OF_SEEDS = "mean over {n} seeds; normal, from the larger of DeLong's error and the scatter of the seeds"
MEAN_JSD = "mean over {n} seeds of 1 - the calibrated judge's cross-entropy in bits; as wide as those of the seeds"


@dataclass(frozen=True)
class Fifths:
    """Inputs float32 (n, k) and labels int8 (n,) (1 generated) to learn from, to stop on, and to be judged on."""

    learn: tuple[np.ndarray, np.ndarray]
    stop: tuple[np.ndarray, np.ndarray]
    judged: tuple[np.ndarray, np.ndarray]


Scorer = Callable[[Fifths, int], tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]]
"""(fifths, seed) -> probabilities of being generated, of the rows to stop on and of those judged, and the importance of features."""


@dataclass(frozen=True)
class Judgement:
    """What a judge said of generated rows (n,) beside true ones (m,).

    `auc`, `jsd` over all seeds, `aucs` of each; `scores` float32 (n,) of the generated and `truth_scores` (m,): the probability of being
    generated, NaN of rows that no seed was judged on; `fold` of both: which seed that was. `importance`: features by the area that they
    carry, of the first seed.
    """

    auc: PairInterval
    aucs: tuple[PairInterval, ...]
    jsd: Interval
    scores: np.ndarray
    truth_scores: np.ndarray
    folds: tuple[np.ndarray, np.ndarray]
    importance: tuple[Mapping[str, Any], ...]

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds; NaN of one."""
        return float(np.std([area.value for area in self.aucs], ddof=1)) if len(self.aucs) > 1 else math.nan

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "auc": self.auc.to_dict(), "seeds": [area.value for area in self.aucs], "jsd": self.jsd.to_dict(),
            "importance": [dict(feature) for feature in self.importance],
        }  # fmt: skip

    def auc_where(self, generated: np.ndarray, truth: np.ndarray, fewest: int) -> PairInterval | None:
        """The area on some of the rows, bool (n,), (m,); None where a seed has fewer than `fewest` of either."""
        areas = []
        for seed in range(len(self.aucs)):
            own, others = (mask & (fold == seed) for mask, fold in zip((generated, truth), self.folds, strict=True))
            if min(own.sum(), others.sum()) < fewest:
                return None
            areas.append(_area(self.scores[own], self.truth_scores[others]))
        return mean_area(areas)


def judge(generated: np.ndarray, truth: np.ndarray, n_seeds: int, scorer: Scorer, name: str = "judge") -> Judgement:
    """Ask a kind of judge about rows (n, k) and (m, k); fewer than 500 on either side are refused."""
    n = min(len(generated), len(truth))
    if n < FEWEST_ROWS:
        raise TooFewError(
            f"The judge '{name}' needs {FEWEST_ROWS:,} generated and as many true rows, there are {len(generated):,} and {len(truth):,}: "
            "generate more, or prepare more files."
        )
    x = np.concatenate([generated, truth]).astype(np.float32)
    labels = np.repeat(np.array([1, 0], np.int8), [len(generated), len(truth)])
    fold = np.concatenate([folds(len(generated), 1), folds(len(truth), 2)])
    scores, areas, divergences, importance = np.full(len(x), np.nan, np.float32), [], [], []
    for seed in range(n_seeds):
        stop, judged = fold == (seed + 1) % N_FOLDS, fold == seed
        parts = Fifths(*((x[part], labels[part]) for part in (~stop & ~judged, stop, judged)))
        of_stop, scores[judged], features = scorer(parts, seed + 1)
        is_generated = labels[judged] == 1
        areas.append(_area(scores[judged][is_generated], scores[judged][~is_generated]))
        divergences.append(divergence(of_stop, parts.stop[1], scores[judged], parts.judged[1]))
        importance.append(features)
    own, others = (slice(len(generated)), slice(len(generated), None))
    return Judgement(
        mean_area(areas), tuple(areas), mean_divergence(divergences), scores[own], scores[others], (fold[own], fold[others]),
        tuple(sorted(importance[0], key=lambda feature: -feature["mean"])),
    )  # fmt: skip


def folds(n: int, seed: int) -> np.ndarray:
    """int8 (n,): a random fifth of each row, all equally many."""
    return np.random.default_rng(seed).permutation(np.arange(n) % N_FOLDS).astype(np.int8)


def _area(generated: np.ndarray, truth: np.ndarray) -> PairInterval:
    labels = np.repeat(np.array([1, 0], np.int8), [len(generated), len(truth)])
    return auc(np.concatenate([generated, truth]), labels)


def mean_area(areas: Sequence[PairInterval]) -> PairInterval:
    """Mean of areas from different rows, with its interval."""
    if len(areas) == 1:
        return areas[0]
    k, z = len(areas), float(special.ndtri((1.0 + LEVEL) / 2.0))
    of_rows = math.sqrt(float(np.mean([((area.high - area.low) / (2.0 * z)) ** 2 for area in areas])))
    values = np.array([area.value for area in areas])
    reach = z * max(of_rows, float(values.std(ddof=1))) / math.sqrt(k)
    n_signal, n_background = (sum(getattr(area, name) for area in areas) for name in ("n_signal", "n_background"))
    value = float(values.mean())
    low, high = max(value - reach, 0.0), min(value + reach, 1.0)
    return PairInterval(value, low, high, n_signal, n_background, method=MEAN_OF_SEEDS.format(n=k))


def divergence(of_stop: np.ndarray, labels: np.ndarray, scores: np.ndarray, truth: np.ndarray) -> Interval:
    """Jensen-Shannon divergence of both samples in bits, as far as the judge sees it: 1 - cross-entropy of its probabilities, calibrated
    by isotonic regression on the rows that it was stopped on. A poor judge gives less than 0.
    """
    from sklearn.isotonic import IsotonicRegression

    calibration = IsotonicRegression(out_of_bounds="clip", y_min=CLIPPED, y_max=1.0 - CLIPPED)
    calibration.fit(of_stop.astype(float), labels.astype(float))
    p = np.asarray(calibration.predict(scores.astype(float)))
    bits = 1.0 + np.log2(np.where(truth == 1, p, 1.0 - p))
    return resampled(bits, np.mean)


def mean_divergence(parts: Sequence[Interval]) -> Interval:
    """Mean of divergences from different rows."""
    if len(parts) == 1:
        return parts[0]
    value, k = float(np.mean([part.value for part in parts])), len(parts)
    reach = math.sqrt(float(np.mean([((part.high - part.low) / 2.0) ** 2 for part in parts])) / k)
    return Interval(value, value - reach, value + reach, sum(part.n for part in parts), method=MEAN_JSD.format(n=k))


def boosted(names: Sequence[str]) -> Scorer:
    """Boosted trees that stop by themselves: the judge of high-level features."""

    def scorer(parts: Fifths, seed: int) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
        settings = TreeParameters(seed=seed)
        with trees.one_core():
            fitted = trees.fit((parts.learn[0], parts.stop[0]), (parts.learn[1], parts.stop[1]), names, settings)
            scores = [trees.scores(fitted, x)[0] for x in (parts.stop[0], parts.judged[0])]
        return scores[0], scores[1], fitted.facts["importance"]

    return scorer


def boosted_long(names: Sequence[str]) -> Scorer:
    """300 boosted trees that do not stop early: the harder judge, which sees more features."""

    def scorer(parts: Fifths, seed: int) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
        settings = TreeParameters(max_trees=LONG.max_trees, learning_rate=LONG.learning_rate, seed=seed)
        nothing = parts.stop[0][:0], parts.stop[1][:0]
        with trees.one_core():
            fitted = trees.fit((parts.learn[0], nothing[0]), (parts.learn[1], nothing[1]), names, settings)
            scores = [trees.scores(fitted, x)[0] for x in (parts.stop[0], parts.judged[0])]
        return scores[0], scores[1], []

    return scorer
