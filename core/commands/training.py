"""Commands on networks, jobs and runs."""

import time
from typing import Any

from core import maps, run_names
from core import runs as running
from core import serve as serving
from core.commands import declarations, region_options
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.option_groups import JobOptions
from core.commands.text import progress, table
from core.data.dataset import open_dataset
from core.jobs import control
from core.jobs.queue import Job
from core.learn import backend, request
from core.learn.layers import describe_networks
from core.learn.plan import network_of, plan_training
from core.registry import experiment_by_key
from core.selection.selection import select
from core.workflows import map_job, training_job


def networks(options: declarations.Networks) -> Result:
    experiment = experiment_by_key(options.experiment)
    backend.stay_on_cpu()
    result = describe_networks(experiment.networks)
    text = [
        f"{n}: {description['parameters']:,} parameters\n{table(description['layers'])}\n"
        for n, description in result.items()
    ]
    return result, "\n".join(text)


def train(options: declarations.Train) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    selection = find_selection(experiment, dataset, options)
    network = network_of(experiment.networks, options.model)
    network_values, training_values = request.divide_settings(network, options.set)
    selected = select(experiment.selecting, experiment.labels, dataset, selection)
    plan = plan_training(selected, experiment.networks, options.model, network_values, training_values)
    return _job_result(request.submit(plan), options)


def resume(options: declarations.Resume) -> Result:
    return _job_result(training_job.resume(options.run), options)


def predict(options: declarations.Predict) -> Result:
    run, dataset = running.open_run(options.run), open_dataset(options.dataset)
    job = control.submit("predict", f"{run.name} on {dataset.name}", {"run": run.id, "dataset": dataset.name})
    return _job_result(job, options)


def baselines(options: declarations.Baselines) -> Result:
    run, dataset = running.open_run(options.run), open_dataset(options.dataset)
    running.need_classes(run)
    arguments = {"run": run.id, "dataset": dataset.name}
    return _job_result(control.submit("baselines", f"trees of {run.name} on {dataset.name}", arguments), options)


def map(options: region_options.Map) -> Result:
    run = running.open_run(options.run)
    map_job.need_map(run)
    dataset = open_dataset(options.dataset or run.dataset)
    result, text = _job_result(map_job.submit(run, dataset, options.method), options)
    if result["state"] == "finished":
        facts = maps.facts(run.path, dataset.name, options.method)
        result |= {"dataset": dataset.name, "method": options.method, **facts}
        text += f"\n{facts['n_rows']:,} rows by what '{facts['layer']}' sees"
        text += "; shares of the variance {:.3f} and {:.3f}".format(*facts["shares"]) if "shares" in facts else ""
    return result, text


def _job_result(job: Job, options: JobOptions) -> Result:
    """The state of a submitted job, after waiting for it with `--wait`."""
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
        "task": None,
        "stages": None,
        "resumed_from_epoch": None,
    }
    if job.state in ("failed", "lost"):
        why = job.message or "its process ended without a word"
        return {
            **result,
            "message": why,
        }, f"darkroom: job {job.id} {job.state}: {why} See `python -m core jobs log {job.id}`."
    if job.run and job.is_ended and running.is_sealed(job.run):
        provenance = running.open_run(job.run).provenance
        result |= {
            key: provenance.get(key)
            for key in ("device", "seconds", "events_per_s", "task", "stages", "resumed_from_epoch")
        }
    speed = f", {result['events_per_s']:,.0f} events/s on {result['device']}" if result["events_per_s"] else ""
    how = "" if options.wait else f"; follow it with `python -m core jobs` or `jobs log {job.id}`"
    return result, f"job {job.id} {job.state}" + (
        f", run {run_names.of(job.run).title}" if job.run else ""
    ) + speed + how


def serve(options: declarations.Serve) -> Result:
    started = time.time()
    serving.main(options.port, options.prefix)
    return {"seconds": time.time() - started}, ""  # type: ignore[unreachable]
