"""Two numbers of an event that tell a track from a shower where there is one: the width and the quadrupole of the light's edge."""

import numpy as np

from core.data.dataset import Dataset
from core.juno.muons.sample import crossed_scores
from core.juno.select import ELECTRON, MUE_FROM_MEV, MUON

HAND = ("light_edge_ns", "light_quadrupole_ns")


def two_feature_scores(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Scores float64 (n,) and labels int8 (n,), 1 muon, of the simulated muons and electrons above 20 MeV: a logistic regression on the
    two, each event's by one that was fitted to the others.
    """
    table = dataset.columns(("truth_class", "true_energy_mev", *HAND))
    rows = np.isin(table["truth_class"], (ELECTRON, MUON)) & (table["true_energy_mev"] >= MUE_FROM_MEV)
    features = np.stack([table[name][rows].astype(np.float64) for name in HAND], axis=1)
    labels = (table["truth_class"][rows] == MUON).astype(np.int8)
    scores = crossed_scores(features, labels)
    known = np.isfinite(scores)
    return scores[known], labels[known]
