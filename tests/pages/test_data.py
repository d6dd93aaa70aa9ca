"""The data page shows only what lies below the data roots, and starts the job that prepares it."""

import pytest

from core.jobs import queue


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
