"""Hypothesis 6: labels or order: classes in separate files with batches that are not mixed, or labels that belong to other events."""

import numpy as np

from core.judge.report import Table
from core.juno.evaluate import area
from core.juno.muons.check import EXPLAINS, NOT, Check
from core.juno.muons.sample import Sample, crossed_scores

HYPOTHESIS = "6. Labels and order"
BATCH, N_CONTROLS = 64, 5
MANY = 0.5  # of the batches
GROUP = "normalisation and order"


def one_class_share(labels: np.ndarray, size: int = BATCH) -> float:
    """Share of the full batches of labels (n,), in their order, that hold one class only; of fewer than a batch, 1 or 0."""
    n = max(len(labels) // size, 1)
    return float(np.mean([len(np.unique(batch)) == 1 for batch in np.array_split(labels[: n * size], n)]))


def check(sample: Sample, features: np.ndarray) -> Check:
    """Batches in the order of the files, sorted by class and mixed; and labels by lot, from which `features` (n, k) must learn nothing."""
    labels, rng = sample.is_muon.astype(np.int8), np.random.default_rng(5)
    orders = {
        "as in the files": one_class_share(labels),
        "a file for each class": one_class_share(np.sort(labels)),
        "mixed, as Darkroom trains": one_class_share(rng.permutation(labels)),
    }
    own = area(crossed_scores(features, labels), labels)
    controls = []
    for _ in range(N_CONTROLS):
        by_lot = rng.permutation(labels)
        controls.append(area(crossed_scores(features, by_lot), by_lot))
    middle = float(np.mean([control.value for control in controls]))
    control = min(controls, key=lambda number: abs(number.value - middle))
    tables = (
        Table("Batches of 64 that hold one class", [{"order": name, "share [%]": round(100.0 * share, 1)} for name, share in orders.items()], group=GROUP),
        Table("Labels by lot", [{"labels": "as they are", "area": own}, {"labels": f"by lot, the middle of {N_CONTROLS}", "area": control}], unit="", group=GROUP),
    )  # fmt: skip
    why = (
        f"in the order of the files {100.0 * orders['as in the files']:.0f} % of batches of {BATCH} hold one class, mixed "
        f"{100.0 * orders['mixed, as Darkroom trains']:.0f} %; with labels by lot two features reach {control.value:.2f} [{control.low:.2f}, {control.high:.2f}]"
    )
    is_leaking = not control.low <= 0.5 <= control.high
    verdict = EXPLAINS if is_leaking or orders["as in the files"] > MANY else NOT
    if orders["as in the files"] > MANY:
        why += ": read without mixing, a network would learn one class after the other"
    return Check(HYPOTHESIS, verdict, why, tables, (), {"one_class_share": orders, "by_lot": control.to_dict()})
