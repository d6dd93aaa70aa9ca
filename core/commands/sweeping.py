"""The command `sweep`: a network trained many times, with other settings each time."""

from typing import Any

from core import parameters
from core.commands import run_options
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import beforehand, progress, table
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.judge.report import DASH
from core.learn import request
from core.learn.plan import network_of
from core.workflows import sweep_table, sweeps
from core.workflows.sweeps import GRID, Members, Sweep, SweepPlan


def sweep(options: run_options.Sweep) -> Result:
    if options.delete:
        sweeps.delete_sweep(options.delete)
    if options.list or options.delete:
        return _sweeps(options)
    if options.show:
        return _shown(sweeps.open_sweep(options.show))
    plan = _resumed(options.resume) if options.resume else _planned(options)
    if plan.n_left == 0:
        sweeps.store(plan.sweep)
        return _shown(plan.sweep)
    beforehand(
        options, f"{plan.n_left} of {len(plan.plans)} members are to be trained, {plan.expected_seconds:,.0f} s at most"
    )
    job = sweeps.submit(plan)
    if options.wait:
        show = progress(options)
        job = control.wait(
            job.id, on_progress=lambda j: show(j.progress_done or 0, j.progress_total or 1, j.progress_text)
        )
    return _shown(sweeps.open_sweep(plan.sweep.id), job)


def _planned(options: run_options.Sweep) -> SweepPlan:
    if not options.dataset or not options.model:
        raise DarkroomError(
            "Which data set and which network? Write `python -m core sweep NAME --model NETWORK --vary PARAMETER=VALUES`."
        )
    experiment, dataset = find_dataset(options.dataset)
    selection = find_selection(experiment, dataset, options)
    values = request.divide_settings(network_of(experiment.networks, options.model), options.set)
    given = ([f"n_members={options.members}"] if options.members is not None else []) + (
        [f"method={GRID}"] if options.grid else []
    )
    how = parameters.override(Members(), [*options.how, *given])
    return sweeps.plan(experiment, dataset, selection, options.model, *values, options.vary, how)


def _resumed(sweep_id: str) -> SweepPlan:
    stored = sweeps.open_sweep(sweep_id)
    experiment, dataset = find_dataset(stored.dataset)
    return sweeps.with_plans(stored, experiment, dataset)


def _shown(stored: Sweep, job: Job | None = None) -> Result:
    """The members with what has come of them, and the job that works on them."""
    lines = sweep_table.lines(stored)
    result: dict[str, Any] = sweep_table.to_dict(stored, lines)
    rows = [
        {
            "": "best" if line.is_best else "", "member": line.number, **line.member.values, "state": line.state,
            "validation loss": line.loss, "test result": line.result.text or DASH, "run": line.name, "note": line.member.note,
        }
        for line in lines
    ]  # fmt: skip
    text = [f"{stored.title} ({stored.id})", table(rows), sweep_table.caution(lines)]
    if job is not None:
        result |= {"job": job.id, "state": job.state}
        text.append(f"job {job.id} {job.state}; follow it with `python -m core sweep --show {stored.id}`")
        if job.state in ("failed", "lost"):
            result["message"] = job.message or "its process ended without a word"
            text.append(
                f"darkroom: job {job.id} {job.state}: {result['message']} See `python -m core jobs log {job.id}`."
            )
    return result, "\n".join(filter(None, text))


def _sweeps(options: run_options.Sweep) -> Result:
    rows = [
        {
            "id": known.id, "experiment": known.experiment, "dataset": known.dataset,
            "network": known.network, "vary": " ".join(known.vary), "members": len(known.members), "ended": known.n_ended,
            "created_at": known.created_at,
        }
        for known in sweeps.list_sweeps(options.dataset)
    ]  # fmt: skip
    return {"sweeps": rows}, table(rows) or "no sweep yet: see `python -m core sweep --help`"
