"""Judgement of JUNO: the axis, features that trees may use, the notes that belong to the two tasks, and scores beside rows."""

from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.juno.select import EPEM, MUE
from core.statistics.axis import Axis
from core.statistics.intervals import PairInterval
from core.statistics.roc import auc

AXIS = Axis(
    "energy_mev", "MeV",
    np.array([1.0, 1.75, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 12.0, 30.0, 75.0, 200.0, 500.0, 1500.0, 4000.0]),
    ((1.0, 2.5), (2.5, 5.5), (5.5, 12.0), (75.0, 200.0), (200.0, 500.0), (500.0, 4000.0)),
)  # fmt: skip
# What trees may use: how late the light is and how it is spread, neither energy nor place
TREE_FEATURES = (
    "residual_mean_ns", "residual_rms_ns", "residual_q10_ns", "residual_q50_ns", "residual_q90_ns", "vertex_log_likelihood",
    "charge_angle_deg", "multiple_share",
)  # fmt: skip
_NOTES = {
    EPEM: (
        "Positrons and electrons of the same visible energy differ by nanoseconds and some 20 cm only: what a network can tell is "
        "bounded by the detector's times, and these are simulated. The bound stands beside it once the column log_ratio_true is made (page "
        "Data, or `derive`)."
    ),
    MUE: "Contained muons and electrons of the same visible energies; decay electrons of muons are not in the light.",
}


def notes(label_scheme: str, is_known: bool) -> tuple[str, ...]:  # noqa: ARG001
    """What must be known of numbers under a label scheme."""
    return (_NOTES[label_scheme],) if label_scheme in _NOTES else ()


def light_yield(dataset: Dataset) -> float:
    """Photoelectrons per MeV at the centre, as the data set was read with."""
    return float(dataset.meta["mapping"]["response"]["light_yield_pe_per_mev"])


def scores_of(table: Any, rows: np.ndarray) -> np.ndarray:
    """float64 (n,): the score of a run for rows (n,), NaN where it has none."""
    values = np.full(len(rows), np.nan)
    at = np.searchsorted(table.rows, rows).clip(max=max(len(table.rows) - 1, 0))
    there = table.rows[at] == rows if len(table.rows) else np.zeros(len(rows), bool)
    values[there] = table.score[at[there]]
    return values


def area(scores: np.ndarray, labels: np.ndarray) -> PairInterval:
    """Area under the ROC curve of those that have a score, labels (n,) 1 or 0."""
    known = np.isfinite(scores)
    return auc(scores[known], labels[known])
