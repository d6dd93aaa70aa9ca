"""Administration of runs: dependent studies and jobs, size on disk, differences of settings."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from core import disk, manifest, runs
from core.jobs import control
from core.jobs.queue import ACTIVE, Job
from core.selection import selection as selecting
from core.workflows import cross_training as studies
from core.workflows import sweeps


def busy_jobs() -> dict[str, Job]:
    """The jobs that wait for a run or work on it, by run id."""
    busy = control.list_jobs(states=("queued", *ACTIVE))
    return {run: job for job in busy for run in (job.run, job.arguments.get("run")) if run}


def states(listed: Sequence[runs.RunSummary]) -> dict[str, str]:
    """The state of each run in words, by run id: that of the job while one works on it."""
    busy = busy_jobs()
    return {r.id: f"job {busy[r.id].id} {busy[r.id].state}" if r.id in busy else r.state for r in listed}


def dependents(dataset_name: str) -> list[str]:
    """What would be left behind if a data set were deleted, a line each; empty if nothing rests on it."""
    listed = runs.list_runs()
    trained = [run.id for run in listed if run.dataset == dataset_name]
    judged = [run.id for run in listed if run.dataset != dataset_name and runs.is_scored(run.id, dataset_name)]
    of_studies = [study.id for study in studies.list_studies(dataset_name)]
    of_sweeps = [sweep.id for sweep in sweeps.list_sweeps(dataset_name)]
    named = selecting.stored(dataset_name)
    busy = [str(job.id) for job in control.list_jobs(states=("queued", *ACTIVE)) if uses(job, dataset_name)]
    parts = (("run", "trained on it", trained), ("run", "with scores of it", judged), ("study", "of it", of_studies),
             ("sweep", "of it", of_sweeps), ("stored selection", "of it, which stay", named), ("job", "at work on it or waiting", busy))  # fmt: skip
    return [f"{_counted(len(ids), what)} {why}: {', '.join(ids)}" for what, why, ids in parts if ids]


def uses(job: Job, dataset_name: str) -> bool:
    """Whether a job reads or makes a data set."""
    kinds = ("dataset", "name") if job.kind == "prepare" else ("dataset",)
    return any(job.arguments.get(kind) == dataset_name for kind in kinds)


def _counted(n: int, what: str) -> str:
    plural = "studies" if what == "study" else f"{what}s"
    return f"{n} {what if n == 1 else plural}"


def members() -> dict[str, str]:
    """The study or sweep (its id) that each run was trained for."""
    return {**studies.members(), **sweeps.members()}


def size_bytes(run_id: str) -> int:
    """The size of a run on the disk; 0 if it is gone."""
    path = runs.runs_folder() / run_id
    state = manifest.state(path)
    return _sealed_bytes(path, state) if state else disk.tree_bytes(path)


@lru_cache(maxsize=4_096)
def _sealed_bytes(path: Path, state: str) -> int:
    """As long as what the manifest names is as it was, so is the size, but for a name and a result."""
    del state
    return disk.tree_bytes(path)


def differences(opened: Sequence[runs.Run]) -> list[dict[str, Any]]:
    """Settings that differ between runs: one row per parameter, one column per run by its name. Empty if all are the same."""
    settings = [{"data set": run.dataset, **_settings(run)} for run in opened]
    names = dict.fromkeys(name for of_run in settings for name in of_run)
    columns = [run.name for run in opened]
    columns = [run.title if columns.count(name) > 1 else name for run, name in zip(opened, columns, strict=True)]
    rows = [
        {"parameter": n, **{name: _text(of_run.get(n, "")) for name, of_run in zip(columns, settings, strict=True)}}
        for n in names
    ]
    return [row for row in rows if len({row[name] for name in columns}) > 1]


@lru_cache(maxsize=1_024)
def settings_of(run_id: str, state: str) -> Mapping[str, Any]:
    """What a run was trained with, plain values under dotted names; read again when the `manifest.state` of its files changes."""
    del state
    return _settings(runs.open_run(run_id))


def _settings(run: runs.Run) -> dict[str, Any]:
    return flat({**run.params, "selection": run.selection})


def as_rows(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Nested plain values as rows for a table."""
    return [{"name": name, "value": _text(value)} for name, value in flat(values).items()]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested plain values under dotted names."""
    below: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            below |= flat(value, f"{prefix}{name}.")
        else:
            below[prefix + name] = value
    return below


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
