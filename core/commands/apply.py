"""The command that applies a run to new images."""

import argparse
from collections.abc import Callable
from pathlib import Path

from core import parameters
from core import runs as running
from core.commands.data import find_dataset
from core.commands.text import Command, Result, table
from core.data.dataset import list_datasets, open_dataset
from core.errors import DarkroomError
from core.judge import applying, applying_export
from core.judge.pressure import Pressure, read_pressure
from core.judge.scored import open_scored

NONE = "none"


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of this command."""
    p = add("apply", apply, "count, rate, spectrum and angles of a run's classes in new images")
    p.add_argument("run", metavar="RUN")
    p.add_argument("dataset", metavar="NAME", help="data set with images and scores of the run")
    p.add_argument(
        "--calibrate", metavar="NAME",
        help="simulated data set with scores of the run that calibrates the counting (default: the first there is; 'none')",
    )  # fmt: skip
    p.add_argument("--pressure", type=Path, metavar="FILE", help="CSV with columns time and pressure (hPa)")
    p.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter, e.g. threshold=0.9 or bands='on 2020-01-01 2020-02-01'; may be repeated",
    )  # fmt: skip


def apply(options: argparse.Namespace) -> Result:
    run = running.open_run(options.run)
    experiment, dataset = find_dataset(options.dataset)
    slot = applying.applying_of(experiment)
    asked = parameters.override(slot.parameters(), options.set)
    scored = open_scored(run, experiment, dataset)
    name = options.calibrate or next(iter(applying.calibrations(run, dataset.name)), NONE)
    calibration = None if name == NONE else open_dataset(name)
    own = (
        open_dataset(run.dataset)
        if run.dataset in list_datasets() and run.dataset in running.scored_datasets(run)
        else None
    )
    beside = applying.stand_beside(scored, calibration, _pressure(options.pressure), own)
    found = slot.apply(scored, asked, beside)
    told = {
        "run": run.id,
        "dataset": dataset.name,
        "simulated": dataset.simulated,
        "parameters": parameters.to_dict(asked),
    }
    return {**told, **found.to_dict()}, _in_words(found, slot.particle)


def _in_words(found: applying.Applied, particle: str) -> str:
    lines = [f"{n.label}: {n.value} {n.detail}" for n in found.key_numbers]
    columns = applying_export.count_columns(found)
    lines += ["", table([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])]
    lines += ["", table(applying_export.image_rows(found, particle))]
    lines += [f"{one.panel}: {one.in_words}" for one in (*found.series, *found.corrected)]
    lines += [f"{one.title}: {one.in_words}" for one in found.spectra]
    lines += [f"{one.title}: {one.in_words}" for one in found.angles]
    if found.corrected:
        lines.append(applying_export.pressure_in_words(found))
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])


def _pressure(path: Path | None) -> Pressure | None:
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DarkroomError(f"{path}: cannot be read ({error}): give a CSV file.") from None
    return read_pressure(text, path.name)
