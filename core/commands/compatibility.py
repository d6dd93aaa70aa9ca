"""The command `compatibility`: a study of what was trained on one region and tested on others."""

import time
from typing import Any

from core import parameters
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import progress, table
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.judge.compatibility import METRICS, Cell, Matrix
from core.judge.grid import grid_of
from core.judge.report import in_words
from core.learn import request
from core.learn.plan import network_of
from core.statistics.efficiency import checked_threshold
from core.workflows import cross_training
from core.workflows.cross_training import StudyPlan
from core.workflows.study_scores import open_matrix

SHOWN = "harmonic_efficiency"


def compatibility(options: declarations.Compatibility) -> Result:
    """Train what the study lacks, wait, judge every run on every region."""
    if options.delete:
        cross_training.delete_study(options.delete)
    if options.list or options.delete:
        return _studies(options)
    if not options.dataset or not options.model:
        raise DarkroomError(
            "Which data set and which network? Write `python -m core compatibility NAME --model NETWORK`."
        )
    began, threshold = time.perf_counter(), checked_threshold(options.threshold)
    experiment, dataset = find_dataset(options.dataset)
    grid = grid_of(experiment)
    named = {"crystals": options.crystals, "windows_kev": options.windows}
    axes: Any = parameters.build(grid.parameters, {name: text for name, text in named.items() if text is not None})
    network_values, training = request.divide_settings(network_of(experiment.networks, options.model), options.set)
    plan = cross_training.plan(
        experiment, dataset, find_selection(experiment, dataset, options), options.model, network_values, training, axes
    )
    ended = _complete(plan, options)
    matrix = open_matrix(cross_training.open_study(plan.study.id), experiment, dataset, threshold)
    failed = [job for job in ended if job.state in ("failed", "lost")]
    result = {
        "study": plan.study.id,
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "state": next((job.state for job in (*failed, *ended) if job.state != "finished"), "finished"),
        "seconds": time.perf_counter() - began,
        "trainings": plan.n_trainings,
        "trainings_reused": plan.n_reused,
        "empty": {region.name: why for region, why in zip(matrix.regions, plan.study.empty, strict=True) if why},
        "threshold": matrix.threshold,
        "labels": matrix.scheme,
        "level": matrix.level,
        "cells": matrix.to_rows(),
        "notes": list(matrix.notes),
    }
    if failed:
        result["message"] = failed[0].message or "its process ended without a word"
    return result, _text(result, matrix, failed)


def _complete(plan: StudyPlan, options: declarations.Compatibility) -> list[Job]:
    """Make what the study lacks: a study job if there is anything to train, else one predict job per run."""
    if cross_training.busy_job(plan.study.id) is not None or plan.n_reused < plan.n_trainings:
        return [_wait(cross_training.submit(plan), options)]
    cross_training.store(plan.study)
    experiment, dataset = find_dataset(plan.study.dataset)
    return [_wait(job, options) for job in cross_training.submit_missing_scores(plan.study, experiment, dataset)]


def _wait(job: Job, options: declarations.Compatibility) -> Job:
    show = progress(options)
    return control.wait(
        job.id, on_progress=lambda j: show(100 * (j.progress_done or 0) / (j.progress_total or 1), 100, j.progress_text)
    )


def _text(result: dict[str, Any], matrix: Matrix, failed: list[Job]) -> str:
    kind = "simulated" if result["simulated"] else "measured"
    lines = [
        f"study {result['study']} {result['state']} on {result['dataset']} ({kind}), labels {matrix.scheme}, "
        f"threshold {matrix.threshold:g}: {result['trainings']} trainings, {result['trainings_reused']} of them reused, "
        f"{result['seconds']:.1f} s",
        f"{METRICS[SHOWN].title} in percent, {100 * matrix.level:g} % interval, n signal + n background; "
        "rows: trained on, columns: tested on",
        "",
        table([_line(matrix, i) for i in range(len(matrix.regions))]),
        "",
    ]
    lines += [f"note: {name} is empty: {why}" for name, why in result["empty"].items()]
    lines += [f"note: {note}" for note in matrix.notes]
    lines += [
        f"darkroom: job {job.id} {job.state}: {job.message} See `python -m core jobs log {job.id}`." for job in failed
    ]
    return "\n".join(lines)


def _line(matrix: Matrix, trained: int) -> dict[str, str]:
    cells = zip(matrix.regions, matrix.cells[trained], strict=True)
    return {"": matrix.regions[trained].name, **{region.name: _shown(cell) for region, cell in cells}}


def _shown(cell: Cell | None) -> str:
    """`99.82 [98.10, 99.97] 312+7,980`, with a mark where there are few events."""
    if cell is None:
        return "no training"
    value = in_words(METRICS[SHOWN].of(cell), with_n=False)
    counts = f"{cell.point.signal.n:,}+{cell.point.background.n:,}{' (few)' if cell.few else ''}"
    return f"{value}, {counts}"


def _studies(options: declarations.Compatibility) -> Result:
    rows = [
        {
            "id": study.id, "dataset": study.dataset, "network": study.network, "labels": study.selection["labels"],
            "regions": len(study.regions), "trained": sum(run is not None for run in study.runs),
            "created_at": study.created_at,
        }
        for study in cross_training.list_studies(options.dataset)
    ]  # fmt: skip
    return {"studies": rows}, table(rows) or "no study yet: see `python -m core compatibility --help`"
