"""The result of every run in a list: judged from what is stored, by the job that ends a training or where it is first needed."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core import runs
from core.data.dataset import list_datasets, open_dataset
from core.errors import DarkroomError
from core.judge import run_result
from core.judge.run_result import Result
from core.registry import experiment_by_key
from core.runs import RunSummary
from core.workflows.scored import open_scored

UNKNOWN = Result(why="not judged yet")


def stored(listed: Sequence[RunSummary]) -> dict[str, Result]:
    """The results that are there, by run id; no run is opened for it."""
    read = {run.id: run_result.read(run.id, run.dataset) for run in listed if run.is_usable}
    return {run_id: result for run_id, result in read.items() if result is not None}


def complete(
    listed: Sequence[RunSummary], within_s: float | None = None, on_run: Callable[[int, int], None] = lambda *_: None
) -> dict[str, Result]:
    """All results by run id; what is missing is judged now and kept, as many as `within_s` seconds allow."""
    results, began = stored(listed), time.monotonic()
    missing = [run.id for run in listed if run.is_usable and run.id not in results]
    for done, run_id in enumerate(missing):
        if within_s is not None and time.monotonic() - began > within_s:
            break
        on_run(done, len(missing))
        results[run_id] = judge(run_id)
    return results


def judge(run_id: str) -> Result:
    """Judge a run from its stored outputs and keep the result; why there is none is kept as well, and mended by new outputs."""
    run = runs.open_run(run_id)
    try:
        result = _judged(run)
    except DarkroomError as error:
        if run.dataset not in list_datasets():
            return Result(why=str(error))  # it may come back
        result = Result(why=str(error))
    try:
        run_result.write(run.id, run.dataset, result)
    except DarkroomError as error:  # a workspace that may only be read is looked at all the same
        print(f"The result of run {run.id} is not kept: {error}")
    return result


def _judged(run: runs.Run) -> Result:
    if not run.classes:
        return run_result.of_summary(run)
    if run.dataset not in runs.scored_datasets(run):
        return Result(why="it has no scores")
    return run_result.of_scores(open_scored(run, experiment_by_key(run.experiment), open_dataset(run.dataset)))


def keep_quality(values: Mapping[str, Any]) -> None:
    """Of a report on a generator's rows: keep its areas under the curve as the result of the run, on its own data set."""
    row = values.get("row")
    if not isinstance(row, Mapping) or "auc_high" not in row or not runs.is_sealed(str(row.get("run"))):
        return
    run = runs.open_run(str(row["run"]))
    if run.dataset == row.get("dataset"):
        run_result.write(run.id, run.dataset, run_result.of_quality(row))
