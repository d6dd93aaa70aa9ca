"""The side of a run's split (training, validation, test) on which events lie, matched by uid and file content."""

import numpy as np

from core import runs
from core.data.splits import OTHER


def split_of(run: runs.Run, uid: np.ndarray, source: np.ndarray) -> np.ndarray:
    """int8 (n,): what the run did with each event: TRAIN, VALIDATION, TEST, OTHER for those without a label or unknown to it."""
    return _own(run, "split", uid, source)


def side_of(run: runs.Run, uid: np.ndarray, source: np.ndarray) -> np.ndarray:
    """int8 (n,): the side on which the group of each event lies, OTHER for those unknown to the run.

    Under other labels than those that a run was trained with, also rows count that had none then. Those beside its training
    events (same sub-run, same image) do not, and those beside its test events do: so every kind of row counts in its share.
    """
    return _own(run, "side", uid, source)


def _own(run: runs.Run, column: str, uid: np.ndarray, source: np.ndarray) -> np.ndarray:
    rows = runs.read_rows(run)
    is_own, at = among(rows, uid, source)
    if not len(rows["uid"]):
        return np.full(len(uid), OTHER, np.int8)
    return np.where(is_own, rows[column][at], OTHER).astype(np.int8)


def among(rows: dict[str, np.ndarray], uid: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bool (n,) which events are among `rows` (its columns uid and source), and int64 (n,) where; anything where not."""
    if not len(rows["uid"]):
        return np.zeros(len(uid), bool), np.zeros(len(uid), np.int64)
    order = np.argsort(rows["uid"])
    at = order[np.searchsorted(rows["uid"], uid, sorter=order).clip(max=len(order) - 1)]
    return (rows["uid"][at] == uid) & (rows["source"][at] == source), at
