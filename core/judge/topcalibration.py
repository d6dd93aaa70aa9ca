"""Whether the probability of the class that is called means what it says: the calibration error of several classes.

Of every event the largest probability is compared with whether that class is the true one (Guo et al. 2017). Probabilities
speak of the mix that they were trained for; for another one each is multiplied by the ratio of the class's parts in the
two mixes and all are divided by their sum (Saerens et al., Neural Comput. 14 (2002) 21).
"""

import numpy as np

from core import runs
from core.judge.calibration import trained_counts
from core.judge.reliability import EQUAL_WIDTH, N_BINS, Bin, bin_edges, reliability_bins, row_of
from core.statistics.binned import CalibrationError, binned, calibration_error, undefined_error


def trained_mix(run: runs.Run) -> np.ndarray:
    """float64 (n_classes,): the parts of the classes that the run's probabilities were made for."""
    n = trained_counts(run)
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
    probabilities: np.ndarray, labels: np.ndarray, binning: str = EQUAL_WIDTH
) -> tuple[CalibrationError, tuple[Bin, ...]]:
    """The calibration error of probabilities (n, n_classes) that speak of the mix of these labels (n,), each an index, and
    the bins of the largest probability. Brier and log loss would need no bins, but mix calibration with how well the classes
    are told apart. No event: NaN.
    """
    n = len(labels)
    if not n:
        return undefined_error(0), ()
    p, weights = probabilities.max(axis=1).astype(float), np.ones(n)
    right = (probabilities.argmax(axis=1) == labels).astype(np.int8)
    edges = bin_edges(p, binning, N_BINS)
    error = calibration_error(binned(p, right, weights, row_of(p, edges)))
    return error, reliability_bins(p, right, weights, edges)
