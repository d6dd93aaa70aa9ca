"""Traces of one channel with labels in the file, on every page that a run of them can be looked at."""

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.made_up import made_up_run
from core.cosine.mapping import Mapping
from core.data.mapping import load_mapping
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare
from tests.cosine.test_file_labels import MAPPING, write
from tests.pages.opening import open_app


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """(workspace with the data set `ge`, id of a made-up run on it)."""
    folder = tmp_path_factory.mktemp("one_channel")
    (folder / "mine.toml").write_text(MAPPING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "ws"))
        prepare(EXPERIMENTS["cosine"], [write(folder / "traces.h5")], "ge", load_mapping(folder / "mine.toml", Mapping))
        return folder / "ws", made_up_run("ge", "everything", "file")


@pytest.fixture
def shown(traces, monkeypatch):
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(traces[0]))

    def open_page(page: str, **query: str) -> AppTest:
        return open_app(page, **{"data": "ge", "run": traces[1], **query})

    return open_page


@pytest.mark.parametrize(
    "page", ["select", "inspect", "train", "runs", "calibration", "lowenergy", "cutstudy", "overview"]
)
def test_pages_show_what_there_is(shown, page):
    assert not [error.value for error in shown(page).error]


def test_evaluate_has_the_efficiencies_in_the_energies_of_the_data(shown):
    at = shown("evaluate", show="baselines")
    assert not at.error
    assert any("%" in metric.value or "100" in metric.value for metric in at.metric)
    leaks = next(
        frame_shown.value
        for frame_shown in at.dataframe
        if any("2600 keV" in str(name) for name in frame_shown.value.columns)
    )
    assert "network" in set(leaks["method"])


def test_select_offers_the_labels_of_the_file_first(shown):
    assert shown("select").segmented_control(key="labels-cosine/ge").value == "file"
