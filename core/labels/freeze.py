"""Labels by hand as columns of a data set, frozen: a training uses what was labelled when the column was made."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.data.table import Column, Derived
from core.labels import agreement, label_fractions, log, queue

SHARE = "share: "  # what the columns with parts of the votes are called, before the name of the class


def freeze(
    dataset: Dataset, classes: tuple[str, ...], column: str, mapping_type: type
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(`column`: class index float32 (n_rows,), NaN without; one column per class with its part of the votes), facts."""
    entries, n_damaged = log.read_all(dataset.experiment)
    rows = log.rows_of(dataset, entries, mapping_type)
    votes = label_fractions.count(entries, rows, classes)
    agreed = agreement.agree(entries, rows, votes)
    hard, shares = label_fractions.spread(dataset.n_rows, votes)
    columns = {column: hard} | {SHARE + name: shares[:, i].copy() for i, name in enumerate(classes)}
    chosen = votes.majority
    aside = queue.is_set_aside(dataset.column("uid")[votes.rows], queue.QueueParameters())
    facts = {
        "n": {name: int((chosen == i).sum()) for i, name in enumerate(classes)},
        "classes": list(classes),
        "rule": label_fractions.MAJORITY_RULE,
        "n_events": len(votes.rows),
        "n_undecided": int((chosen < 0).sum()),
        "n_adjudicated": int((votes.decided >= 0).sum()),
        "n_random": int((aside & (chosen >= 0)).sum()),
        "n_unknown": votes.n_unknown,
        "n_damaged": n_damaged,
        "labellers": list(agreed.labellers),
        "kappa": {"name": agreed.name, **agreed.kappa.to_dict()},
        "labels_sha256": log.digest([e for e, row in zip(entries, rows, strict=True) if row >= 0]),
    }
    return columns, facts


def frozen_column(
    column: Column, classes: Callable[[Dataset], tuple[str, ...]], mapping_type: type, explanation: str
) -> Derived:
    """The derived column of an experiment into which its labels by hand are frozen; `explanation` says what uses it."""

    def compute(
        dataset: Dataset, _selected: None, progress: Callable[[int, int], None]
    ) -> tuple[Mapping[str, np.ndarray], dict[str, Any]]:
        frozen = freeze(dataset, classes(dataset), column.name, mapping_type)
        progress(dataset.n_rows, dataset.n_rows)
        return frozen

    return Derived(column, explanation, compute, needs_selection=False)


def frozen_shares(dataset: Dataset, column: str) -> np.ndarray | None:
    """float32 (n_rows, n_classes): parts of the votes as they were frozen with `column`, NaN for rows nobody labelled;
    None if the column was not made.
    """
    entry = dataset.derived.get(column)
    if entry is None:
        return None
    names = [SHARE + name for name in entry["classes"]]
    return np.stack(dataset.read_columns(dataset.derived_table(column), names), axis=1)
