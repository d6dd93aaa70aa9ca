"""The figures of merit of the CONNIE benchmarks: each with its interval and the number of clusters behind it."""

from typing import Any

import numpy as np

from core.connie.labels.classes import FINE, MUON
from core.connie.muons import classical
from core.data.splits import TEST
from core.judge import topcalibration
from core.judge.score_table import ScoreTable
from core.judge.stored import TREES
from core.statistics import multiclass, paired_classes
from core.statistics.efficiency import threshold_for
from core.statistics.intervals import Interval, efficiency
from core.statistics.multiclass import Confusion

WANTED_EFFICIENCY = 0.90
MUON_OR_NOT = 2
TABLE = ("flags", "length_px", "log_dedx_adu", "e1", "box_diagonal_px", "mean_width_px")


def figure(interval: Interval) -> dict[str, Any]:
    """value, low, high, n."""
    values = interval.to_dict()
    return {name: values[name] for name in ("value", "low", "high", "n")}


def outputs(scored: ScoreTable, name: str) -> np.ndarray:
    """float32 (n, n_classes) of the network or the forest."""
    return scored.baseline_outputs(TREES) if name == TREES else scored.probabilities


def confusion(scored: ScoreTable, name: str = "network", chosen: np.ndarray | None = None) -> Confusion:
    """Of the rows `chosen` bool (n,), or of all."""
    chosen = np.ones(len(scored.rows), bool) if chosen is None else chosen
    labels = scored.class_labels(scored.selection)[chosen]
    return multiclass.confusion(labels, multiclass.predicted_class(outputs(scored, name)[chosen]), scored.classes)


def macro_f1(scored: ScoreTable, key: str) -> dict[str, Any]:
    """Network and forest on the same clusters, and their difference (paired).

    `key` counts the clusters of these classes; `_of_all` takes what is in no class against the purities.
    """
    labels = scored.class_labels(scored.selection)
    by_method = {name: confusion(scored, name) for name in ("network", TREES)}
    summaries = {name: multiclass.summary(matrix) for name, matrix in by_method.items()}
    calls = {name: multiclass.predicted_class(outputs(scored, name)) for name in by_method}
    difference = paired_classes.compare(labels, calls["network"], calls[TREES], len(scored.classes))
    return {
        key: figure(summaries["network"].macro_f1),
        f"{key}_of_all": figure(summaries["network"].macro_f1_of_all),
        f"forest_{key}": figure(summaries[TREES].macro_f1),
        f"network_minus_forest_{key}": {**figure(difference.difference), "p": difference.p},
        f"confusion_{key}": by_method["network"].to_dict(),
    }


def test_macro_f1(scored: ScoreTable, key: str) -> dict[str, Any]:
    """On the test images of the training density."""
    return {key: figure(multiclass.summary(confusion(scored, chosen=scored.split == TEST)).macro_f1)}


def muons(chosen_on: ScoreTable, whole: ScoreTable) -> dict[str, Any]:
    """Purity and efficiency of the muons against all clusters, of the network, the forest and the classical cuts.

    Thresholds are chosen on whole images of another seed. F1 is of two classes, muon and not, and compared
    in pairs on the same clusters.
    """
    is_muon = whole.dataset.column("truth_class")[whole.rows] == FINE.index(MUON)
    passed_by = {}
    for name in ("network", TREES):
        at = chosen_on.classes.index(MUON)
        labels = (chosen_on.dataset.column("truth_class")[chosen_on.rows] == FINE.index(MUON)).astype(np.int8)
        threshold = threshold_for(outputs(chosen_on, name)[:, at], labels, WANTED_EFFICIENCY)
        passed_by[name] = outputs(whole, name)[:, at] >= threshold
    table = {column: whole.dataset.column(column)[whole.rows] for column in TABLE}
    passed_by |= {which: classical.is_classical_muon(table, which) for which in (classical.DEDX, classical.SHAPE)}
    truth = is_muon.astype(np.int64)
    figures: dict[str, Any] = {}
    for name, passed in passed_by.items():
        right = int((passed & is_muon).sum())
        figures[name] = {
            "purity": figure(efficiency(right, int(passed.sum()))),
            "efficiency": figure(efficiency(right, int(is_muon.sum()))),
        }
        if name != "network":
            compared = paired_classes.compare(truth, passed_by["network"].astype(int), passed.astype(int), MUON_OR_NOT)
            figures[name]["network_minus_this_f1"] = {**figure(compared.difference), "p": compared.p}
            figures[name]["network_purity_at_this_efficiency"] = _purity_at(
                outputs(whole, "network")[:, at], is_muon, passed
            )
    best = max((classical.DEDX, classical.SHAPE), key=lambda which: figures[which]["purity"]["value"] * figures[which]["efficiency"]["value"])  # fmt: skip
    return {
        "muon_purity": figures["network"]["purity"],
        "muon_efficiency": figures["network"]["efficiency"],
        "classical_purity": figures[best]["purity"],
        "classical_efficiency": figures[best]["efficiency"],
        "classical_cut": best,
        "dedx_centre": classical.observed_peak(table),
        "muons": figures,
    }


def _purity_at(score: np.ndarray, is_muon: np.ndarray, passed: np.ndarray) -> dict[str, Any]:
    """Purity of the network where it keeps as many muons as a cut does."""
    threshold = threshold_for(score, is_muon.astype(np.int8), passed[is_muon].mean())
    accepted = score >= threshold
    return figure(efficiency(int((accepted & is_muon).sum()), int(accepted.sum())))


def calibration(scored: ScoreTable) -> dict[str, Any]:
    """Expected calibration error of the class that is called, with the probabilities as they are."""
    labels = scored.class_labels(scored.selection)
    has_label = labels >= 0
    return {
        "calibration_error": figure(topcalibration.judge(scored.probabilities[has_label], labels[has_label])[0].ece)
    }
