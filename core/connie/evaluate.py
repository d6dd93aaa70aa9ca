"""What CONNIE judges: networks beside the classical muon cuts, with the energies and notes that belong to its tracks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.connie.classes import FINE, MUON
from core.connie.classical import DEDX, SHAPE, is_classical_muon, rule_classes
from core.data.dataset import Dataset
from core.judge import evaluation
from core.judge.intervals import LEVEL

JUDGE_COLUMNS = ("energy_kev",)
WINDOWS_KEV = ((1.0, 10.0), (10.0, 100.0), (100.0, 300.0), (300.0, 1000.0))
RANGE_KEV = (0.0, 800.0)
EDGES_KEV = np.array([0.1, 0.3, 1, 3, 10, 30, 60, 100, 150, 200, 250, 300, 400, 600, 1000, 3000, 10000], float)
RULES = "rules"

_MIX = (
    "Precision and purity hold for the mix of particles in these events. A whole image has its own: judge a data set of whole "
    "images, with all their tracks, before quoting a purity for it."
)
_SCHEMES = {
    "truth": (
        "The classes are what the simulation's recipes call these tracks: a class of real tracks may look otherwise, and the "
        "diffusion, the noise and the number of tracks per image are those that were simulated."
    ),
    "hand": (
        "Labels made by hand hold the errors of those who made them: no classifier can be shown to be better than they agree."
    ),
    "votes": "Labels are what most judges voted for; tracks without a majority have none and are not counted.",
}
_TABLE = (
    "flags", "log_dedx_adu", "e1", "box_diagonal_px", "mean_width_px", "length_px", "straightness", "x_min_px", "x_max_px",
    "y_min_px", "y_max_px", "charge_e", "npix", "w_over_l", "sagitta_over_l", "dedx_kev_per_um",
)  # fmt: skip


def evaluate(
    columns: Mapping[str, np.ndarray],
    scores: np.ndarray,
    labels: np.ndarray,
    split: np.ndarray,
    threshold: float = 0.5,
    which_split: str = "test",
    *,
    cuts: Any = None,
    baselines: evaluation.Baselines | None = None,
    label_scheme: str = "truth",
    other_labels: Mapping[str, np.ndarray] | None = None,
    level: float = LEVEL,
) -> evaluation.Evaluation:
    """Judge one class against the rest on tracks given as arrays (n,); see `core.judge.evaluation.evaluate`.

    `columns` needs `energy_kev`. The cuts of the selection make no baseline of their own.
    """
    del cuts
    return evaluation.evaluate(
        columns["energy_kev"],
        scores,
        labels,
        split,
        threshold=threshold,
        which_split=which_split,
        label_scheme=label_scheme,
        baselines=baselines,
        other_labels=other_labels,
        energy_edges_kev=EDGES_KEV,
        level=level,
        notes=(_MIX, *([_SCHEMES[label_scheme]] if label_scheme in _SCHEMES else [])),
    )


def class_baselines(dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What the classical cuts keep as muons, bool (n,) of rows int64 (n,).

    "dE/dx" is centred on the observed peak of these tracks, as it must be where the gain is another; without enough of
    them it keeps nothing. A data set without track features (imported pictures) has no such cuts.
    """
    if not all(dataset.has(name) for name in _TABLE):
        return {}
    table = {name: dataset.column(name)[rows] for name in _TABLE}
    found = {which: is_classical_muon(table, which) for which in (DEDX, SHAPE)}
    return {**found, RULES: rule_classes(table) == FINE.index(MUON)}
