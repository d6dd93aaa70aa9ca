"""A small prepared data set with a run whose scores are made up, in a workspace that all page tests share."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.made_up import made_up_run
from core.experiment import Experiment
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from tests.pages.opening import open_app

EXPERIMENT, TRACKS, HITS = list(EXPERIMENTS.values())[:3]
Once = Callable[[str, Callable[[Path], None]], Path]


def fill(folder: Path, experiment: Experiment, name: str, preset: str = "", **settings: Any) -> None:
    """A workspace with the data set `name` of simulated files and a run on it, and the files beside it."""
    for part in ("raw", "workspace"):
        (folder / part).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        files = experiment.simulation.simulate(folder / "raw", seed=8, **settings)
        prepare(experiment, files, name, default_mapping(experiment))
        made_up_run(name, preset)


def copied(folder: Path, workspace: Path) -> str:
    """Copy such a workspace to where a test may write; the id of its run."""
    shutil.copytree(folder / "workspace", workspace, dirs_exist_ok=True)
    (run,) = (folder / "workspace" / "runs").glob("[!.]*")
    return run.name


@pytest.fixture
def few(once: Once, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workspace for one test with the data set `few` and a run on it; gives the run's id."""
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    folder = once("pages-few", lambda folder: fill(folder, EXPERIMENT, "few", n_events=1500))
    return copied(folder, tmp_path / "workspace")


@pytest.fixture
def tracks(few: str, once: Once, tmp_path: Path) -> str:
    """The same workspace with the data set `tracks` of another experiment too; gives the id of a run with four classes on it."""
    del few
    small = TRACKS.simulation.parameters(n_rows=240, n_columns=320)
    folder = once("pages-tracks", lambda folder: fill(folder, TRACKS, "tracks", "four", n_events=420, parameters=small))
    return copied(folder, tmp_path / "workspace")


@pytest.fixture
def hits(once: Once, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workspace with the data set `hits` of events of a sphere of sensors, and what others have put there; gives the id of a
    run on it.
    """
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    faint = HITS.simulation.parameters(energy_high_mev=2.5)
    folder = once("pages-hits", lambda folder: fill(folder, HITS, "hits", n_events=80, parameters=faint))
    return copied(folder, tmp_path / "workspace")


@pytest.fixture
def opened(few: str) -> Callable[..., AppTest]:
    """Open a page as a browser would, with parameters in the address; refuses a page that fails."""

    def open_page(page: str, **query: str) -> AppTest:
        return open_app(page, **{"data": "few", **query})

    return open_page
