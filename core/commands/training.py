"""Commands on networks, jobs and runs."""

import argparse
import time
from typing import Any

from core import runs as running
from core import serve as serving
from core.commands.data import find_dataset, find_selection
from core.commands.text import Result, progress, table
from core.data.dataset import open_dataset
from core.data.selection import select
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.learn import asking, backend, fit, keeping
from core.registry import experiment_by_key


def networks(options: argparse.Namespace) -> Result:
    experiment = experiment_by_key(options.experiment)
    backend.stay_on_cpu()
    backend.load_keras()
    result = {n: experiment.describe_network(n, net.parameters()) for n, net in experiment.networks.items()}
    text = [f"{n}: {found['parameters']:,} parameters\n{table(found['layers'])}\n" for n, found in result.items()]
    return result, "\n".join(text)


def train(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    selection = find_selection(experiment, dataset, options)
    network = asking.network_of(experiment, options.model)
    network_values, training_values = asking.divide_settings(network, options.set)
    asked = fit.task(select(experiment, dataset, selection), options.model, network_values, training_values)
    return _job_result(asking.submit(asked), options)


def predict(options: argparse.Namespace) -> Result:
    run, dataset = running.open_run(options.run), open_dataset(options.dataset)
    job = control.submit("predict", f"{run.id} on {dataset.name}", {"run": run.id, "dataset": dataset.name})
    return _job_result(job, options)


def baselines(options: argparse.Namespace) -> Result:
    run, dataset = running.open_run(options.run), open_dataset(options.dataset)
    arguments = {"run": run.id, "dataset": dataset.name}
    return _job_result(control.submit("baselines", f"trees of {run.id} on {dataset.name}", arguments), options)


def _job_result(job: Job, options: argparse.Namespace) -> Result:
    """What is said of a job that was submitted, after waiting for it if that is wanted."""
    if options.wait:
        show = progress(options)
        job = control.wait(
            job.id, on_progress=lambda j: show(j.progress_done or 0, j.progress_total or 1, j.progress_text)
        )
    result: dict[str, Any] = {
        "job": job.id,
        "run": job.run,
        "state": job.state,
        "device": None,
        "seconds": None,
        "events_per_s": None,
    }
    if job.state in ("failed", "lost"):
        why = job.message or "its process ended without a word"
        return {
            **result,
            "message": why,
        }, f"darkroom: job {job.id} {job.state}: {why} See `python -m core jobs log {job.id}`."
    if job.run and job.is_ended and (running.runs_folder() / job.run / "manifest.json").exists():
        told = running.open_run(job.run).provenance
        result |= {key: told[key] for key in ("device", "seconds", "events_per_s")}
    speed = f", {result['events_per_s']:,.0f} events/s on {result['device']}" if result["events_per_s"] else ""
    how = "" if options.wait else f"; follow it with `python -m core jobs` or `jobs log {job.id}`"
    return result, f"job {job.id} {job.state}" + (f", run {job.run}" if job.run else "") + speed + how


def jobs(options: argparse.Namespace) -> Result:
    if options.action and options.id is None:
        raise DarkroomError(
            f"Which job? Write `python -m core jobs {options.action} ID`; the ids are in `python -m core jobs`."
        )
    if options.action == "log":
        return {"log": control.log_tail(options.id)}, control.log_tail(options.id)
    if options.action == "stop":
        control.stop(options.id)
    listed = [control.get(options.id)] if options.id is not None else control.list_jobs()
    rows = [
        {
            "id": j.id, "kind": j.kind, "title": j.title, "run": j.run, "state": j.state, "user": j.user, "pid": j.pid,
            "progress": f"{100 * j.progress_done / j.progress_total:.0f} %" if j.progress_total and j.progress_done is not None else None,
            "message": j.message or None,
        }
        for j in listed
    ]  # fmt: skip
    return {"jobs": rows}, table(rows) or "no job yet"


def runs(options: argparse.Namespace) -> Result:
    if options.action == "delete":
        if not options.id:
            raise DarkroomError(
                "Which run? Write `python -m core runs delete RUN`; the ids are in `python -m core runs`."
            )
        keeping.delete_run(options.id)
    rows = [
        {key: getattr(r, key) for key in ("id", "state", "dataset", "network", "labels", "seconds", "events_per_s", "n_epochs", "validation_loss", "problem")}
        for r in running.list_runs()
    ]  # fmt: skip
    return {"runs": rows}, table(rows) or "no run yet: see `python -m core train --help`"


def serve(options: argparse.Namespace) -> Result:
    started = time.time()
    serving.main(options.port)
    return {"seconds": time.time() - started}, ""  # type: ignore[unreachable]
