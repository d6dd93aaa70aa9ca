"""A small prepared data set with a run whose scores are made up, in a workspace that all page tests share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.made_up import made_up_run
from core.data.demo import default_mapping
from core.data.prepare import prepare
from core.registry import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENT, TRACKS = list(EXPERIMENTS.values())[:2]


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(workspace with the data set `few`, id of a run on it)."""
    workspace = tmp_path_factory.mktemp("pages_workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(workspace))
        files = EXPERIMENT.simulate(tmp_path_factory.mktemp("pages_raw"), n_events=1500, seed=8)
        prepare(EXPERIMENT, files, "few", default_mapping(EXPERIMENT))
        return workspace, made_up_run("few")


@pytest.fixture(scope="session")
def _made_tracks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(workspace with the data set `tracks` of another experiment, id of a run with four classes on it)."""
    workspace = tmp_path_factory.mktemp("tracks_workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(workspace))
        small = TRACKS.simulation(n_rows=240, n_columns=320)
        files = TRACKS.simulate(tmp_path_factory.mktemp("pages_images"), n_events=420, seed=8, parameters=small)
        prepare(TRACKS, files, "tracks", default_mapping(TRACKS))
        return workspace, made_up_run("tracks", "four")


@pytest.fixture
def few(_made: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A copy of that workspace for one test; gives the run's id."""
    workspace = tmp_path / "workspace"
    shutil.copytree(_made[0], workspace)
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(workspace))
    yield _made[1]


@pytest.fixture
def tracks(few: str, _made_tracks: tuple[Path, str], tmp_path: Path) -> str:
    """The same workspace with the data set `tracks` too; gives the id of its run."""
    del few
    shutil.copytree(_made_tracks[0], tmp_path / "workspace", dirs_exist_ok=True)
    return _made_tracks[1]


@pytest.fixture
def opened(few: str) -> Callable[..., AppTest]:
    """Open a page as a browser would, with parameters in the address; refuses a page that fails."""

    def open_page(page: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        for name, value in {"data": "few", **query}.items():
            at.query_params[name] = value
        at.switch_page(f"pages/{page}.py").run()
        assert not at.exception, at.exception[0].message
        return at

    return open_page
