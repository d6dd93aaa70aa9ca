"""What reconstruction and networks reach on simulated events of JUNO, beside a linear classifier and beside what the physics allows.

At 2 MeV, positrons and electrons of equal visible energy: `vertex_cm_2mev`, `epem_auc_tof` (images, flight from the fitted vertex taken
off), `_charge_centre` (from the charge centre), `_rgb` (times as they are), `epem_auc_point` (lists of hits), `epem_auc_baseline` (logistic
regression on residual times, same events and vertex), `epem_auc_bound` (likelihood ratio of the times at the true vertex); 10,000 test
events. `mue_auc_300mev`: images with charge, contained muons and electrons; `mue_auc_two_features`: two features by hand at 1 GeV.
Each as value, low, high (95 %) and n. `gates` says which of the promised values hold; one that does not fails the benchmark with status 1.
A call with --workspace goes on with the data and trainings that it finds there; --only names figures.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core.statistics.intervals import Interval, PairInterval
from core.statistics.residuals import resampled, resolution

GATES = {
    "vertex_cm_2mev": (None, 15.0), "energy_resolution_1mev": (None, 3.5), "epem_auc_tof": (0.85, None),
    "epem_auc_tof_charge_centre": (0.78, None), "mue_auc_300mev": (0.99, None), "mue_auc_two_features": (0.9, None),
}  # fmt: skip
BELOW_BASELINE = 0.02  # that the image network may be, on the same events and vertex
NETWORKS = {
    "epem_auc_tof": "images, fitted vertex", "epem_auc_tof_charge_centre": "images, charge centre",
    "epem_auc_rgb": "images, times as they are", "epem_auc_point": "lists of hits",
}  # fmt: skip


def plain(number: Interval | PairInterval) -> dict[str, Any]:
    n = number.n if isinstance(number, Interval) else number.n_signal + number.n_background
    return {"value": number.value, "low": number.low, "high": number.high, "n": n}


def reconstruction() -> dict[str, Any]:
    """Vertex of 2 MeV and energy of 1 MeV, electrons."""
    from benchmarks.juno_data import electrons
    from core.juno import features
    from core.juno.geometry import rings
    from core.juno.response import RESPONSE

    of_two_mev, of_one_mev = electrons(2000, 2.0), electrons(4000, 1.0)
    vertex = features.measure(of_two_mev, rings(), RESPONSE)
    off_m = [vertex[f"vertex_{axis}_m"] - of_two_mev.truth[f"true_{axis}_m"] for axis in "xyz"]
    distance_cm = 100.0 * np.linalg.norm(np.stack(off_m, axis=1), axis=1)
    energy = features.measure(of_one_mev, rings(), RESPONSE)["energy_mev"]
    return {
        "vertex_cm_2mev": plain(resampled(distance_cm[np.isfinite(distance_cm)], np.median)),
        "energy_resolution_1mev": plain(resampled(100.0 * energy[np.isfinite(energy)], resolution)),
    }


def positrons(folder: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """Areas of all methods on the same test events."""
    from benchmarks import juno_data
    from core.data.splits import TEST, TRAIN
    from core.juno.epem import report as epem
    from core.juno.epem.methods import likelihood_scores, linear_scores
    from core.juno.experiment import EXPERIMENT
    from core.selection.selection import select
    from core.statistics.roc import auc

    dataset = juno_data.data(juno_data.POSITRONS, folder)
    trainings = epem.trainings(epem.PositronParameters())
    selection = next(iter(trainings.values())).selection
    rows, labels, split = epem.labelled(select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, selection))
    test, truth = rows[split == TEST], labels[split == TEST]
    bound = likelihood_scores(dataset, "true", lambda *_: None)[test]
    linear = linear_scores(dataset, "fitted", rows[split == TRAIN], labels[split == TRAIN], test)
    figures = {"epem_auc_bound": plain(auc(bound, truth)), "epem_auc_baseline": plain(auc(linear, truth))}
    for key in names:
        table = juno_data.scored(dataset, trainings[NETWORKS[key]])
        figures[key] = plain(auc(epem.scores_of(table, test), truth))
    return figures


def muons(folder: Path) -> dict[str, Any]:
    """The image network at 300 MeV and two features by hand at 1 GeV."""
    from benchmarks import juno_data
    from core.juno.muons.hand_features import two_feature_scores
    from core.statistics.roc import auc

    table = juno_data.scored(juno_data.data(juno_data.MUONS, folder), juno_data.MUON_TRAINING)
    tested = (table.split == 2) & (table.labels(juno_data.MUON_TRAINING.selection.labels) >= 0)
    labels = table.labels(juno_data.MUON_TRAINING.selection.labels)[tested]
    scores, truth = two_feature_scores(juno_data.data(juno_data.MUONS_GEV, folder))
    return {
        "mue_auc_300mev": plain(auc(table.score[tested], labels)),
        "mue_auc_two_features": plain(auc(scores, truth)),
    }


def judged(figures: dict[str, Any]) -> dict[str, bool]:
    """Which of the promised values hold."""
    held = {}
    for key, (low, high) in GATES.items():
        if key in figures:
            value = figures[key]["value"]
            held[key] = (low is None or value >= low) and (high is None or value <= high)
    if {"epem_auc_tof", "epem_auc_baseline"} <= set(figures):
        held["epem_auc_tof_beside_baseline"] = (
            figures["epem_auc_tof"]["value"] >= figures["epem_auc_baseline"]["value"] - BELOW_BASELINE
        )
    return held


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--workspace", type=Path, help="where data and trainings are kept (default: nowhere)")
    parser.add_argument(
        "--only", choices=("reconstruction", "positrons", "muons"), nargs="+", help="some of the figures"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.workspace or Path(temporary)
        os.environ["DARKROOM_WORKSPACE"] = str(folder / "workspace")
        began = time.perf_counter()
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "reconstruction": reconstruction,
            "positrons": lambda: positrons(folder / "raw", tuple(NETWORKS)),
            "muons": lambda: muons(folder / "raw"),
        }
        figures: dict[str, Any] = {}
        for name in options.only or parts:
            figures |= parts[name]()
        gates = judged(figures)
        report.show({**figures, "gates": gates, "seconds": time.perf_counter() - began}, options.json)
    if not all(gates.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
