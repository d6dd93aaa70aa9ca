"""Commands on raw files and data sets."""

import inspect
import json
import time
from pathlib import Path
from typing import Any

from core import parameters, workspace
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.order import agreed
from core.commands.text import beforehand, progress, table
from core.data import joining
from core.data.dataset import list_datasets, open_dataset, read_sources, readable
from core.data.prepare import default_jobs
from core.errors import DarkroomError
from core.experiment import Experiment
from core.registry import experiment_by_key
from core.workflows import derive as deriving
from core.workflows import discarding, prepare_job, run_admin


def simulate(options: declarations.Simulate) -> Result:
    experiment = experiment_by_key(options.experiment)
    settings = parameters.override(experiment.simulation.parameters(), options.set)
    options_of_simulation = _crystals(experiment, options.crystals)
    if options.events < 1:
        raise DarkroomError(f"--events is {options.events}: expected at least 1.")
    if options.seed < 0:
        raise DarkroomError(f"--seed is {options.seed}: expected 0 or more.")
    workspace.make_folder(options.out, "choose another folder")
    expected = experiment.simulation.cost(options.events, settings) if experiment.simulation.cost else {}
    if expected:
        workspace.need_free(options.out, 1e9 * expected["gb"])
        beforehand(options, f"about {expected['seconds']:,.0f} s and {expected['gb']:.2f} GB of raw files")
    started = time.perf_counter()
    files = experiment.simulation.simulate(
        options.out,
        n_events=options.events,
        seed=options.seed,
        parameters=settings,
        progress=progress(options),
        **options_of_simulation,
    )
    seconds = time.perf_counter() - started
    result: dict[str, Any] = {"files": [str(f) for f in files], "n_events": options.events, "seconds": seconds}
    if expected:
        result["expected"] = dict(expected)
    rate = f"{options.events / seconds:,.0f} events/s"
    return (
        result,
        f"{options.events:,} simulated events in {len(files)} files below {options.out} ({seconds:.1f} s, {rate})",
    )


def _crystals(experiment: Experiment, text: str | None) -> dict[str, Any]:
    """The detectors asked for, of an experiment that simulates several in one file."""
    if text is None:
        return {}
    if "crystals" not in inspect.signature(experiment.simulation.simulate).parameters:
        raise DarkroomError(f"--crystals is '{text}': {experiment.title} has none; leave it out.")
    try:
        return {"crystals": tuple(int(c) for c in text.split(","))}
    except ValueError:
        raise DarkroomError(f"--crystals is '{text}': expected numbers such as 1,3,7.") from None


def preview(options: declarations.Preview) -> Result:
    experiment = experiment_by_key(options.experiment)
    content = experiment.reading.preview(options.file)
    mapping = parameters.override(experiment.reading.mapping_named(options.mapping or experiment.key), options.set)
    content["mapping_problem"] = problem_with(experiment, mapping, options.file)
    notes = experiment.reading.notes
    content["mapping_notes"] = notes(options.file, mapping) if notes and content["mapping_problem"] is None else []
    content["fitting_mappings"] = [
        name
        for name, path in experiment.reading.mappings.items()
        if problem_with(experiment, experiment.reading.load_mapping(path), options.file) is None
    ]
    return content, json.dumps(content, indent=1)


def problem_with(experiment: Experiment, mapping: Any, file: Path) -> str | None:
    """Why a mapping does not read a file, tried on its first entries; None if it does."""
    try:
        is_there = (
            experiment.reading.trial(file, mapping)
            if experiment.reading.trial
            else next(experiment.reading.blocks(file, mapping), None) is not None
        )
        if not is_there:
            return f"{file.name}: {experiment.reading.no_rows}"
    except DarkroomError as error:
        return str(error)
    return None


def prepare(options: declarations.Prepare) -> Result:
    experiment = experiment_by_key(options.experiment)
    mapping = parameters.override(experiment.reading.mapping_named(options.mapping or experiment.key), options.set)
    n_jobs = options.jobs or default_jobs()
    meta = prepare_job.prepare(experiment, options.files, options.name, mapping, n_jobs, progress(options))
    dataset = open_dataset(options.name)
    result = {
        "dataset": options.name, "n_rows": meta["n_rows"], "path": str(dataset.path), "seconds": meta["seconds"],
        "refused": meta["refused"], "sources": read_sources(dataset), "notes": joining.notes(options.name, meta),
    }  # fmt: skip
    first, *notes = joining.outcome(options.name, meta)
    return result, "\n".join([f"{first} ({dataset.path}, {meta['seconds']:.1f} s)", *notes])


def sources(options: declarations.Sources) -> Result:
    _, dataset = find_dataset(options.dataset)
    lines = read_sources(dataset)
    shown = [
        {name: line[name] for name in ("path", "run", "subrun", "n_rows", "n_images", "live_s", "refused")}
        for line in lines
    ]
    return {"dataset": dataset.name, "sources": lines}, table(shown)


def derive(options: declarations.Derive) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    needs = deriving.derivable(experiment, options.column).needs_selection
    selection = find_selection(experiment, dataset, options) if needs else None
    derived = deriving.derive(experiment, dataset, options.column, selection, progress(options))
    entry = derived.derived[options.column]
    result = {"dataset": derived.name, "id": derived.id, "column": options.column, "n_rows": derived.n_rows, **entry}
    used = ", ".join(f"{n:,} {name}" for name, n in entry.get("n", {}).items())
    source = f", from {used}" + " of the training part" * needs if used else ""
    text = f"'{options.column}' of {entry['n_defined']:,} of {derived.n_rows:,} rows{source}"
    return result, text


def datasets(options: declarations.Datasets) -> Result:
    if options.action == "delete":
        if not options.name:
            raise DarkroomError("Which data set? Write `python -m core datasets delete NAME`.")
        _agree_to_delete(options.name, options.for_good, is_agreed=options.yes)
        discarding.dataset(options.name, options.for_good)
    by_name, problems = readable()
    rows = [
        {"name": d.name, "experiment": d.experiment, "n_rows": d.n_rows, "simulated": d.simulated, "path": str(d.path)}
        for d in by_name.values()
    ]
    listing = table(rows) or "no data set yet: see `python -m core prepare --help`"
    return {"datasets": rows, "problems": problems}, "\n".join([listing, *(f"note: {problem}" for problem in problems)])


def _agree_to_delete(name: str, for_good: bool, is_agreed: bool) -> None:
    """Name what rests on a data set and ask, where somebody is there to answer; refuse otherwise."""
    if is_agreed or name not in list_datasets():
        return
    rests = "; ".join(run_admin.dependents(name)) or "nothing rests on it"
    agreed(
        f"Data set '{name}': {rests}. " + ("Delete it for good?" if for_good else "Move it into the bin?"),
        f"Data set '{name}' is not deleted unasked ({rests})", is_agreed,
    )  # fmt: skip
