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
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """(workspace with the data sets `few` and `tracks`, of another experiment; ids of a run on each)."""
    workspace = tmp_path_factory.mktemp("pages_workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(workspace))
        files = EXPERIMENT.simulate(tmp_path_factory.mktemp("pages_raw"), n_events=1500, seed=8)
        prepare(EXPERIMENT, files, "few", default_mapping(EXPERIMENT))
        small = TRACKS.simulation(n_rows=240, n_columns=320)
        images = TRACKS.simulate(tmp_path_factory.mktemp("pages_images"), n_events=420, seed=8, parameters=small)
        prepare(TRACKS, images, "tracks", default_mapping(TRACKS))
        return workspace, made_up_run("few"), made_up_run("tracks", "four")


@pytest.fixture
def few(_made: tuple[Path, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A copy of that workspace for one test; gives the run's id."""
    workspace = tmp_path / "workspace"
    shutil.copytree(_made[0], workspace)
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(workspace))
    yield _made[1]


@pytest.fixture
def tracks(_made: tuple[Path, str, str], few: str) -> str:
    """The id of a run with four classes on the data set `tracks` in the same workspace."""
    del few
    return _made[2]


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
