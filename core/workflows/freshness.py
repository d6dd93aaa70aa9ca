"""When the data that a page shows were last renewed, in words."""

import time

from core import outputs
from core.clock import stored_s, when
from core.data.dataset import Dataset
from core.runs import Run


def sentence(data: Dataset | None = None, run: Run | None = None, now: float | None = None) -> str:
    """'data set grown 3 min ago, 12:31 UTC; scores of 1 h ago, 11:02 UTC', of what there is; '' of nothing.

    Scores that are older than the rows are said to be: rows that came since have none.
    """
    now = time.time() if now is None else now
    parts, rows_s = [], None
    if data is not None and (rows_s := stored_s(str(data.meta.get("made_at", "")))) is not None:
        parts.append(f"rows of data set {data.name} renewed {when(rows_s, now)}")
    if run is not None:
        scored_s = _scored_s(run, data.name if data is not None else run.dataset)
        if scored_s is not None:
            is_older = rows_s is not None and scored_s < rows_s
            parts.append(f"scores of {when(scored_s, now)}" + ", before the rows were: some may have none" * is_older)
    return "; ".join(parts)


def _scored_s(run: Run, dataset: str) -> float | None:
    """When the newest outputs of a data set were written, in Unix seconds; None without any."""
    times = []
    for name in outputs.files(run.path, dataset):
        try:
            times.append((run.path / name).stat().st_mtime)
        except OSError:
            continue
    return max(times, default=None)
