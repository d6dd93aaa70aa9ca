"""The data page shows only what lies below the data roots, and starts the job that prepares it."""

import pytest

from core.data.dataset import open_dataset
from core.data.derive import derive
from core.data.selection import Selection, preset, store
from core.jobs import queue
from core.parameters import override
from core.registry import EXPERIMENTS

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture(autouse=True)
def _no_runner(monkeypatch):
    """Jobs are only queued here: what a runner does with them is tested elsewhere."""
    monkeypatch.setattr("core.jobs.control.ensure_runner", lambda: False)


def test_the_shipped_sample_is_listed(opened):
    at = opened("data")
    files = at.dataframe[0].value
    assert len(files) == 20
    assert files["file"].str.contains("mrgd_M001765.root.000").any()


def test_nothing_is_prepared_without_a_choice(opened):
    at = opened("data")
    assert at.button[0].label == "prepare 0 files"
    assert at.button[0].disabled


def test_prepared_data_sets_are_listed(opened):
    at = opened("data")
    prepared = at.dataframe[-1].value
    assert list(prepared["name"]) == ["few"]
    assert list(prepared["data"]) == ["simulated"]


def test_a_filter_without_hits_says_so(opened):
    at = opened("data")
    at.text_input(key="file-filter").set_value("nothing-like-this").run()
    assert "No file in" in at.info[0].value


def test_a_mapping_is_checked_while_it_is_edited(opened):
    at = opened("data")
    at.number_input(key="map-pretrigger_samples").set_value(500).run()
    assert "'baseline_samples' is 1000: expected at most 'pretrigger_samples' (500)" in at.error[0].value.replace(
        "\\", ""
    )
    assert not queue.list_jobs()


def test_templates_are_made_as_a_job_from_a_selection_and_then_drawn(opened, monkeypatch):
    at = opened("data")
    assert any("is not there yet" in caption.value for caption in at.caption)
    at.selectbox(key="derive-from").set_value("dnn2020").run()
    at.button(key="derive-lpar").click().run()
    (job,) = queue.list_jobs()
    assert (job.kind, job.arguments["column"]) == ("derive", "lpar")
    assert job.arguments["selection"]["labels"] == "coincidence"
    experiment, data = EXPERIMENT, open_dataset("few")
    derive(experiment, data, "lpar", preset(experiment, "dnn2020"))
    at = opened("data")
    assert at.dataframe[-1].value["derived"].tolist() == ["lpar"]
    assert any("--preset dnn2020" in caption.value for caption in at.caption)
    assert at.button(key="derive-lpar").label == "make lpar again"


def test_a_column_that_is_missing_is_refused_with_the_command_that_makes_it(opened):
    data = open_dataset("few")
    base = preset(EXPERIMENT, "cnn2020")
    limits = override(base.cuts, ['limits=[{"feature": "lpar", "low": 0.0}]'])
    store(data, "with-lpar", Selection(limits, base.labels, base.split))
    at = opened("select", start="with-lpar")
    assert "python -m core derive few lpar" in at.error[0].value.replace("\\", "")
