"""A small prepared data set of simulated tracks in a workspace of its own, and a way to say something of its rows."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.data.dataset import Dataset, open_dataset
from core.data.demo import default_mapping
from core.data.prepare import prepare
from core.labels import desk
from core.labels.log import LABEL, Entry
from core.registry import EXPERIMENTS

EXPERIMENT = EXPERIMENTS["connie"]


@pytest.fixture(scope="session")
def _labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("labels_workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(workspace))
        small = EXPERIMENT.simulation(n_rows=200, n_columns=240)
        files = EXPERIMENT.simulate(tmp_path_factory.mktemp("labels_raw"), n_events=150, seed=5, parameters=small)
        prepare(EXPERIMENT, files, "tracks", default_mapping(EXPERIMENT))
    return workspace


@pytest.fixture
def data(_labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dataset]:
    """The data set in a copy of the workspace, without any label."""
    shutil.copytree(_labelled, tmp_path / "workspace")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    yield open_dataset("tracks")


@pytest.fixture
def say(data: Dataset) -> Callable[..., Entry]:
    """Write a line about a row as the page does."""

    def write(row: int, label: str, labeller: str = "anna", kind: str = LABEL, **more: object) -> Entry:
        entry = desk.line(data, row, kind, label, labeller, **more)
        return desk.write(data, entry, desk.classes_of(EXPERIMENT, data))

    return write
