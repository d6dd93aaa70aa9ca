"""Page Workspace: deleting with undo, the bin, views, names, and whether everything is whole."""

import pytest

from core import bin, runs, views
from core.data.dataset import list_datasets, open_dataset
from core.housekeeping import place_checks
from core.jobs import control, queue
from core.registry import experiment_by_key
from core.selection import selection as selecting
from tests.pages.opening import open_app


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


def button(at, label):
    return next(b for b in at.button if b.label == label)


def test_a_deleted_run_is_brought_back_by_undo(opened, few):
    at = opened("runs", compared=few)
    button(at, "delete 1 run ...").click().run()
    at.button(key="delete-now").click().run()
    assert runs.list_runs() == []
    assert any(few in m.value and "in the bin" in m.value for m in at.markdown)
    at.button(key="undo").click().run()
    assert not at.exception
    assert [run.id for run in runs.list_runs()] == [few]
    assert runs.open_run(few) and bin.list_entries() == []


def test_a_deleted_data_set_is_brought_back_by_undo(opened, few):
    at = opened("data")
    at.selectbox(key="delete-name").select("few").run()
    at.button(key="delete-dataset").click().run()
    assert list_datasets() == []
    at.button(key="undo").click().run()
    assert list_datasets() == ["few"]


def test_disk_and_bin_are_shown_with_numbers(opened, few):
    at = opened("workspace")
    (table,) = [frame.value for frame in at.dataframe if "of the workspace" in frame.value]
    assert {"few", few} <= set(table["name"])
    assert list(table["MB"]) == sorted(table["MB"], reverse=True)
    assert table["of the workspace"].sum() == pytest.approx(1.0)
    size = sum(path.stat().st_size for path in open_dataset("few").path.rglob("*") if path.is_file())
    assert table.set_index("name")["MB"]["few"] == pytest.approx(size / 1e6)
    bin.put("run", few, runs.existing(few))
    at = opened("workspace", order="bin")
    assert any(few in list(frame.value.get("name", [])) for frame in at.dataframe)
    at.number_input(key="bin-days").set_value(7).run()
    assert bin.retention().days == 7


def test_everything_is_whole(opened, few, monkeypatch):
    monkeypatch.setattr(place_checks, "packages", lambda: iter(()))
    at = opened("workspace", order="health")
    assert any("is whole" in s.value for s in at.success)


def test_names_of_views_selections_and_jobs(opened, few):
    data = open_dataset("few")
    experiment = experiment_by_key(data.experiment)
    selecting.store(data, "mine-all", next(iter(experiment.selecting.presets.values())).selection)
    views.keep("where", "select?data=few&cut=a%3D1")
    queue.move(queue.submit("predict", "a job", {"run": few}).id, ("queued",), "failed")
    for section, name in (("views", "where"), ("selections", "mine-all"), ("jobs", "a job")):
        at = opened("workspace", order=section)
        assert any(name in frame.value.to_string() for frame in at.dataframe), section
        assert at.button(key=f"{section}-delete").disabled


def test_a_view_opens_by_a_link_and_from_the_overview(few):
    views.keep("where", "runs?compared=" + few)
    at = open_app("select", view="where")
    assert "#### Runs" in at.markdown[0].value
    assert at.session_state["compared"] == [few]
    assert any("Views" in m.value for m in open_app("overview").markdown)
    assert any("There is no view 'nothing'" in w.value for w in open_app("select", view="nothing", data="few").warning)
