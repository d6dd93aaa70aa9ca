"""Commands on raw files, data sets and selections."""

import argparse
import inspect
import json
import time
from pathlib import Path
from typing import Any

from core import parameters
from core.commands.text import Result, progress, table
from core.data import derive as deriving
from core.data import events, joining
from core.data import prepare as preparing
from core.data import selection as selecting
from core.data.dataset import Dataset, delete_dataset, open_dataset, readable
from core.data.selection import Selected, Selection
from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.scored import open_scored
from core.registry import experiment_by_key
from core.runs import open_run


def simulate(options: argparse.Namespace) -> Result:
    experiment = experiment_by_key(options.experiment)
    settings = parameters.override(experiment.simulation(), options.set)
    own = _crystals(experiment, options.crystals)
    if options.events < 1:
        raise DarkroomError(f"--events is {options.events}: expected at least 1.")
    if options.seed < 0:
        raise DarkroomError(f"--seed is {options.seed}: expected 0 or more.")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DarkroomError(f"--out {options.out} cannot be made ({error.strerror}): choose another folder.") from None
    started = time.perf_counter()
    files = experiment.simulate(
        options.out, n_events=options.events, seed=options.seed, parameters=settings, progress=progress(options), **own
    )
    seconds = time.perf_counter() - started
    result = {"files": [str(f) for f in files], "n_events": options.events, "seconds": seconds}
    rate = f"{options.events / seconds:,.0f} events/s"
    return (
        result,
        f"{options.events:,} simulated events in {len(files)} files below {options.out} ({seconds:.1f} s, {rate})",
    )


def _crystals(experiment: Experiment, text: str | None) -> dict[str, Any]:
    """The detectors asked for, of an experiment that simulates several in one file."""
    if text is None:
        return {}
    if "crystals" not in inspect.signature(experiment.simulate).parameters:
        raise DarkroomError(f"--crystals is '{text}': {experiment.title} has none; leave it out.")
    try:
        return {"crystals": tuple(int(c) for c in text.split(","))}
    except ValueError:
        raise DarkroomError(f"--crystals is '{text}': expected numbers such as 1,3,7.") from None


def preview(options: argparse.Namespace) -> Result:
    experiment = experiment_by_key(options.experiment)
    found = experiment.preview(options.file)
    mapping = parameters.override(find_mapping(experiment, options.mapping), options.set)
    found["mapping_problem"] = problem_with(experiment, mapping, options.file)
    found["fitting_mappings"] = [
        name
        for name, path in experiment.mappings.items()
        if problem_with(experiment, experiment.load_mapping(path), options.file) is None
    ]
    return found, json.dumps(found, indent=1)


def problem_with(experiment: Experiment, mapping: Any, file: Path) -> str | None:
    """Why a mapping does not read a file, tried on its first entries; None if it does."""
    try:
        if next(experiment.blocks(file, mapping), None) is None:
            return f"{file.name}: {experiment.nothing_found}"
    except DarkroomError as error:
        return str(error)
    return None


def prepare(options: argparse.Namespace) -> Result:
    experiment = experiment_by_key(options.experiment)
    mapping = parameters.override(find_mapping(experiment, options.mapping), options.set)
    n_jobs = options.jobs or preparing.default_jobs()
    meta = preparing.prepare(experiment, options.files, options.name, mapping, n_jobs, progress(options))
    path = str(open_dataset(options.name).path)
    result = {"dataset": options.name, "n_rows": meta["n_rows"], "path": path, "seconds": meta["seconds"]}
    text = f"data set '{options.name}': {meta['n_rows']:,} rows in {path} ({meta['seconds']:.1f} s)"
    return {**result, "notes": joining.notes(options.name, meta)}, "\n".join([text, *joining.notes(options.name, meta)])


def derive(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    needs = deriving.derivable(experiment, options.column).needs_selection
    selection = find_selection(experiment, dataset, options) if needs else None
    made = deriving.derive(experiment, dataset, options.column, selection, progress(options))
    entry = made.derived[options.column]
    result = {"dataset": made.name, "id": made.id, "column": options.column, "n_rows": made.n_rows, **entry}
    used = ", ".join(f"{n:,} {name}" for name, n in entry["n"].items())
    part = " of the training part" if needs else ""
    text = f"'{options.column}' of {entry['n_defined']:,} of {made.n_rows:,} rows, from {used}{part}"
    return result, text


def find_mapping(experiment: Experiment, name: str | None) -> Any:
    """A shipped mapping by name (default: the experiment's own), or a TOML file by path."""
    chosen = name or experiment.key
    if chosen in experiment.mappings:
        return experiment.load_mapping(experiment.mappings[chosen])
    if Path(chosen).suffix == ".toml":
        return experiment.load_mapping(Path(chosen))
    raise DarkroomError(f"Unknown mapping '{chosen}': expected {', '.join(experiment.mappings)} or a .toml file.")


def datasets(options: argparse.Namespace) -> Result:
    if options.action == "delete":
        if not options.name:
            raise DarkroomError("Which data set? Write `python -m core datasets delete NAME`.")
        delete_dataset(options.name)
    found, problems = readable()
    rows = [
        {"name": d.name, "experiment": d.experiment, "n_rows": d.n_rows, "simulated": d.simulated, "path": str(d.path)}
        for d in found.values()
    ]
    told = table(rows) or "no data set yet: see `python -m core prepare --help`"
    return {"datasets": rows, "problems": problems}, "\n".join([told, *(f"note: {problem}" for problem in problems)])


def select(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    selection = find_selection(experiment, dataset, options)
    selected = selecting.select(experiment, dataset, selection)
    selecting.need_both_classes(selected)
    if options.save:
        selecting.store(dataset, options.save, selection)
    result = selection_result(selected)
    by_class = ", ".join(f"{selected.n_of(i):,} {name}" for i, name in reversed(list(enumerate(selected.classes))))
    counts = f"{result['n_rows']:,} rows selected: {by_class}"
    text = [counts, "", table(result["cut_flow"]), "", table(result["statistics"])]
    return result, "\n".join(text + [f"note: {w}" for w in selected.warnings])


def event(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    selected = selecting.select(experiment, dataset, find_selection(experiment, dataset, options))
    row = events.row_of(dataset, experiment.parse_uid(options.uid))
    scores = None
    if options.run:
        found = open_scored(open_run(options.run), experiment, dataset)
        scores = events.spread(dataset.n_rows, found.rows, found.score, found.split, found.outputs, found.classes)
    known = events.facts(selected, row, scores)
    result = {"dataset": dataset.name, "uid": int(dataset.column("uid")[row]), "row": row, "facts": known}
    return result, table([{"of this event": name, "": value} for name, value in known.items()])


def selection_result(selected: Selected) -> dict[str, Any]:
    rows, _ = selected.rows()
    return {
        "dataset": selected.dataset.name,
        "n_rows": len(rows),
        "n_preselected": len(selected.preselected),
        **{f"n_{name.replace(' ', '_')}": selected.n_of(i) for i, name in enumerate(selected.classes)},
        "cut_flow": [row.to_dict() for row in selected.cutting.flow],
        "statistics": selected.experiment.statistics(selected),
        "splits": {s: int((selected.split == i).sum()) for i, s in enumerate(SPLITS[:3])},
        "warnings": selected.warnings,
        "selection": selected.selection.to_dict(),
    }


def find_dataset(name: str) -> tuple[Experiment, Dataset]:
    dataset = open_dataset(name)
    return experiment_by_key(dataset.experiment), dataset


def find_selection(experiment: Experiment, dataset: Dataset, options: argparse.Namespace) -> Selection:
    """The selection that `--selection`, `--preset`, `--labels`, `--cut` and `--division` describe."""
    if options.selection and options.preset:
        raise DarkroomError("Both --selection and --preset are given: choose one.")
    if options.selection:
        base = selecting.load(experiment, dataset.name, options.selection)
    else:
        base = selecting.preset(experiment, options.preset or next(iter(experiment.presets)))
    return Selection(
        parameters.override(base.cuts, options.cut),
        selecting.checked_scheme(experiment, options.labels or base.labels),
        parameters.override(base.split, options.division),
    )
