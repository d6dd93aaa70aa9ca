"""The command `compatibility`: a study of what was trained on one region and tested on others."""

import argparse
import time
from typing import Any

from core import parameters
from core.commands.data import find_dataset, find_selection
from core.commands.text import Result, interval, progress, table
from core.data.selection import grid_of
from core.errors import DarkroomError
from core.jobs import control
from core.jobs.queue import Job
from core.judge.compatibility import METRICS, Cell, Matrix, open_matrix
from core.judge.efficiency import checked_threshold
from core.learn import asking, study
from core.learn.study import StudyTask

SHOWN = "harmonic_efficiency"


def compatibility(options: argparse.Namespace) -> Result:
    """Train what the study lacks, wait, judge every run on every region."""
    if options.delete:
        study.delete_study(options.delete)
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
    own, told = asking.divide_settings(asking.network_of(experiment, options.model), options.set)
    asked = study.plan(
        experiment, dataset, find_selection(experiment, dataset, options), options.model, own, told, axes
    )
    ended = _complete(asked, options)
    found = open_matrix(study.open_study(asked.study.id), experiment, dataset, threshold)
    failed = [job for job in ended if job.state in ("failed", "lost")]
    result = {
        "study": asked.study.id,
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "state": next((job.state for job in (*failed, *ended) if job.state != "finished"), "finished"),
        "seconds": time.perf_counter() - began,
        "trainings": asked.n_trainings,
        "trainings_reused": asked.n_reused,
        "empty": {region.name: why for region, why in zip(found.regions, asked.study.empty, strict=True) if why},
        "threshold": found.threshold,
        "labels": found.scheme,
        "level": found.level,
        "cells": found.to_rows(),
        "notes": list(found.notes),
    }
    if failed:
        result["message"] = failed[0].message or "its process ended without a word"
    return result, _text(result, found, failed)


def _complete(asked: StudyTask, options: argparse.Namespace) -> list[Job]:
    """Make what the study lacks: a study job if there is anything to train, else one predict job per run."""
    if study.busy_job(asked.study.id) is not None or asked.n_reused < asked.n_trainings:
        return [_wait(study.submit(asked), options)]
    study.store(asked.study)
    experiment, dataset = find_dataset(asked.study.dataset)
    return [_wait(job, options) for job in study.submit_missing_scores(asked.study, experiment, dataset)]


def _wait(job: Job, options: argparse.Namespace) -> Job:
    show = progress(options)
    return control.wait(
        job.id, on_progress=lambda j: show(100 * (j.progress_done or 0) / (j.progress_total or 1), 100, j.progress_text)
    )


def _text(result: dict[str, Any], found: Matrix, failed: list[Job]) -> str:
    kind = "simulated" if result["simulated"] else "measured"
    lines = [
        f"study {result['study']} {result['state']} on {result['dataset']} ({kind}), labels {found.scheme}, "
        f"threshold {found.threshold:g}: {result['trainings']} trainings, {result['trainings_reused']} of them reused, "
        f"{result['seconds']:.1f} s",
        f"{METRICS[SHOWN].title} in percent, {100 * found.level:g} % interval, n signal + n background; "
        "rows: trained on, columns: tested on",
        "",
        table([_line(found, i) for i in range(len(found.regions))]),
        "",
    ]
    lines += [f"note: {name} is empty: {why}" for name, why in result["empty"].items()]
    lines += [f"note: {note}" for note in found.notes]
    lines += [
        f"darkroom: job {job.id} {job.state}: {job.message} See `python -m core jobs log {job.id}`." for job in failed
    ]
    return "\n".join(lines)


def _line(found: Matrix, trained: int) -> dict[str, str]:
    cells = zip(found.regions, found.cells[trained], strict=True)
    return {"": found.regions[trained].name, **{region.name: _shown(cell) for region, cell in cells}}


def _shown(cell: Cell | None) -> str:
    """`99.82 [98.10, 99.97] 312+7,980`, with a mark where there are few events."""
    if cell is None:
        return "no training"
    value = METRICS[SHOWN].of(cell).to_dict()
    counts = f"{cell.point.signal.n:,}+{cell.point.background.n:,}{' (few)' if cell.few else ''}"
    return f"{interval(value)}, {counts}".replace(" %", "")


def _studies(options: argparse.Namespace) -> Result:
    rows = [
        {
            "id": one.id, "dataset": one.dataset, "network": one.network, "labels": one.selection["labels"],
            "regions": len(one.regions), "trained": sum(run is not None for run in one.runs),
            "created_at": one.created_at,
        }
        for one in study.list_studies(options.dataset)
    ]  # fmt: skip
    return {"studies": rows}, table(rows) or "no study yet: see `python -m core compatibility --help`"
