"""A small prepared data set of simulated tracks in a workspace of its own, and a way to say something of its rows."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.dataset import Dataset, open_dataset
from core.labels import label_session
from core.labels.log import LABEL, Entry
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT = EXPERIMENTS["connie"]


def fill(folder: Path) -> None:
    """A workspace with the data set, and its raw files beside it."""
    for part in ("raw", "workspace"):
        (folder / part).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        small = EXPERIMENT.simulation.parameters(n_rows=200, n_columns=240)
        files = EXPERIMENT.simulation.simulate(folder / "raw", n_events=150, seed=5, parameters=small)
        prepare(EXPERIMENT, files, "tracks", default_mapping(EXPERIMENT))


@pytest.fixture
def data(
    once: Callable[[str, Callable[[Path], None]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Dataset:
    """The data set in a copy of the workspace, without any label."""
    shutil.copytree(once("labels-tracks", fill) / "workspace", tmp_path / "workspace")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    return open_dataset("tracks")


@pytest.fixture
def say(data: Dataset) -> Callable[..., Entry]:
    """Write a line about a row as the page does."""

    def write(row: int, label: str, labeller: str = "anna", kind: str = LABEL, **more: object) -> Entry:
        entry = label_session.line(EXPERIMENT.by_hand, data, row, kind, label, labeller, **more)
        return label_session.write(data, entry, label_session.classes_of(label_session.labelling_of(EXPERIMENT), data))

    return write
