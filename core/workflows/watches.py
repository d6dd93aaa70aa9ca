"""Asking for a folder to be watched: everything that can be checked is checked before the rule is kept."""

from pathlib import Path
from typing import Any

from core import parameters, runs, workspace
from core.data.dataset import list_datasets, open_dataset
from core.data.files import data_roots
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control, watched
from core.jobs.watched import Watch


def add(
    name: str, experiment: Experiment, folder: Path, dataset: str, mapping: Any, *, does: str = watched.OFFER, run: str = "",
    is_bounded: bool = True,
) -> Watch:  # fmt: skip
    """Watch a folder for raw files of an experiment that a mapping reads; see `core.jobs.watched.Watch`."""
    path = folder.resolve()
    if not path.is_dir() or (is_bounded and not any(path.is_relative_to(root) for root in data_roots())):
        raise DarkroomError(
            f"'{folder}' is not a folder below the data roots: choose one of {', '.join(map(str, data_roots()))}."
        )
    workspace.checked_name(dataset, "data set")
    plain = parameters.to_dict(mapping)
    if dataset in list_datasets():
        there = open_dataset(dataset)
        if there.experiment != experiment.key or there.meta["mapping"] != plain:
            raise DarkroomError(
                f"Data set '{dataset}' was made with another experiment or mapping: choose another name or that mapping."
            )
    if run and runs.open_run(run).experiment != experiment.key:
        raise DarkroomError(f"Run '{run}' is of another experiment than {experiment.title}: choose one of its runs.")
    watch = Watch(
        name, str(path), experiment.key, tuple(experiment.reading.file_patterns), plain, dataset, does, run, is_bounded,
    )  # fmt: skip
    watched.store(watch)
    control.refresh()  # the runner looks
    return watch
