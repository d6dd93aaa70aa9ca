"""Judgement of CONNIE: axis, the classical muon cuts as baselines, and the notes that belong to tracks."""

import numpy as np

from core.connie.labels.classes import FINE, MUON
from core.connie.muons.classical import DEDX, SHAPE, is_classical_muon, rule_classes
from core.data.dataset import Dataset
from core.statistics.axis import Axis

AXIS = Axis(
    "energy_kev", "keV", np.linspace(0.0, 800.0, 21), ((1.0, 10.0), (10.0, 100.0), (100.0, 300.0), (300.0, 1000.0))
)
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
    "votes": "Labels are what most judges voted for; pictures without a majority have none and are not counted.",
}
_TABLE = (
    "flags", "log_dedx_adu", "e1", "box_diagonal_px", "mean_width_px", "length_px", "straightness", "x_min_px", "x_max_px",
    "y_min_px", "y_max_px", "charge_e", "npix", "w_over_l", "sagitta_over_l", "dedx_kev_per_um",
)  # fmt: skip


def notes(label_scheme: str, is_known: bool) -> tuple[str, ...]:
    """What must be known of numbers under a label scheme; `is_known`: whether the tracks have energies."""
    return (*((_MIX,) if is_known else ()), *([_SCHEMES[label_scheme]] if label_scheme in _SCHEMES else []))


def class_baselines(dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Muons by the classical cuts: name of the cut -> bool (n,) of rows int64 (n,).

    "dE/dx" is centred on the observed peak of these tracks, as it must be where the gain is another; without enough of
    them it keeps nothing. Data of which these features are undefined (small pictures) have no such cuts.
    """
    if not all(dataset.defines(name) for name in _TABLE):
        return {}
    table = {name: dataset.column(name)[rows] for name in _TABLE}
    passed = {which: is_classical_muon(table, which) for which in (DEDX, SHAPE)}
    return {**passed, RULES: rule_classes(table) == FINE.index(MUON)}
