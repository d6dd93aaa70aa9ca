"""Runs as things that are kept: what belongs to them, in what they differ, and deleting them."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import runs
from core.jobs import control
from core.jobs.queue import ACTIVE, Job


def busy_jobs() -> dict[str, Job]:
    """The jobs that wait for a run or work on it, by run id."""
    busy = control.list_jobs(states=("queued", *ACTIVE))
    return {run: job for job in busy for run in (job.run, job.arguments.get("run")) if run}


def states(listed: Sequence[runs.RunSummary]) -> dict[str, str]:
    """The state of each run in words, by run id: that of the job while one works on it."""
    busy = busy_jobs()
    return {r.id: f"job {busy[r.id].id} {busy[r.id].state}" if r.id in busy else r.state for r in listed}


def delete_run(run_id: str) -> None:
    """Delete a run for good, unless a job is working on it."""
    runs.delete(run_id, is_busy=run_id in busy_jobs())


def size_bytes(run_id: str) -> int:
    """What a run takes on the disk; 0 if it is gone."""
    return sum(p.stat().st_size for p in (runs.runs_folder() / run_id).rglob("*") if p.is_file())


def differences(opened: Sequence[runs.Run]) -> list[dict[str, Any]]:
    """What was asked for differently: one row per parameter, one column per run id. Empty if all is the same."""
    asked = [_flat({"data set": run.dataset, **run.params, "selection": run.selection}) for run in opened]
    names = dict.fromkeys(name for one in asked for name in one)
    rows = [{"parameter": n, **{run.id: one.get(n, "") for run, one in zip(opened, asked, strict=True)}} for n in names]
    return [row for row in rows if len({row[run.id] for run in opened}) > 1]


def as_rows(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Nested plain values as rows for a table."""
    return [{"name": name, "value": value} for name, value in _flat(values).items()]


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested plain values as texts under dotted names."""
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = f"{value:g}" if isinstance(value, float) else str(value)
    return flat
