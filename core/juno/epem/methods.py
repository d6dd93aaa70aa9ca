"""What a network that tells positrons from electrons has to beat: a linear classifier of residual times, and the likelihood ratio."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from core.data.loader import batches
from core.juno.epem.derived import ratios_of
from core.juno.epem.histograms import NONE, ResidualHistograms

if TYPE_CHECKING:
    from core.data.dataset import Dataset

COARSE = {"low_ns": -20.0, "high_ns": 80.0, "step_ns": 2.0}
RAW = {"low_ns": -100.0, "high_ns": 200.0, "step_ns": 5.0}
STRENGTH = 0.01  # inverse of the regularisation
BATCH_ROWS = 512


def histograms_of(dataset: "Dataset", rows: np.ndarray, vertex: str) -> np.ndarray:
    """Residual histograms of ascending rows, flat, float32 (n, k)."""
    recipe = ResidualHistograms(vertex=vertex, **(RAW if vertex == NONE else COARSE))
    parts = [x.reshape(len(x), -1) for x, _, _ in batches(dataset, rows, recipe, BATCH_ROWS)]
    return np.concatenate(parts) if parts else np.empty((0, 1), np.float32)


def linear_scores(
    dataset: "Dataset", vertex: str, train: np.ndarray, labels: np.ndarray, test: np.ndarray
) -> np.ndarray:  # fmt: skip
    """float64 (n_test,): a logistic regression on residual histograms of the rows `train` (ascending) with labels (n_train,) of 0
    and 1, asked of the rows `test`. NaN where one class is missing.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(np.unique(labels)) < 2 or not len(test):
        return np.full(len(test), np.nan)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=1000))
    model.fit(histograms_of(dataset, train, vertex), labels)
    scores: np.ndarray = model.decision_function(histograms_of(dataset, test, vertex))
    return scores


def likelihood_scores(dataset: "Dataset", vertex: str, progress: Callable[[int, int], None]) -> np.ndarray:
    """float32 (n_rows,): the likelihood ratio at a vertex, from the derived column where there is one."""
    name = f"log_ratio_{vertex}"
    if name in dataset.derived:
        return dataset.column(name)
    return ratios_of(dataset, vertex, progress)
