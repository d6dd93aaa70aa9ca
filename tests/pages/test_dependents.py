"""What rests on what: runs of studies are nobody's default, and a data set is not deleted before it was said what needs it."""

import pytest

from benchmarks.compatibility import made_up_study
from core import runs
from core.__main__ import main
from core.data.dataset import list_datasets, open_dataset
from core.jobs import control, queue, runner
from core.workflows import cross_training as studies
from core.workflows import run_admin


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    monkeypatch.setattr(runner, "ensure_runner", lambda: False)


def test_runs_of_a_study_are_folded_marked_and_nobodys_default(opened, few):
    study = made_up_study(open_dataset("few"))
    of_study = {run for run in study.runs if run}
    assert set(studies.members()) == of_study and few not in of_study
    assert runs.list_runs()[0].id in of_study  # by date alone one of them would be chosen
    assert opened("evaluate").selectbox(key="run").value == few
    assert opened("apply").info  # no experiment with images has a run
    inspect = opened("inspect").selectbox(key="scores")
    assert next(name for name in inspect.options if name != "no run") == few
    assert sum("(of a study)" in name for name in inspect.options) == len(of_study)
    at = opened("runs")
    assert list(at.dataframe[0].value["run"]) == [few]
    at.toggle(key="runs-studies").set_value(True).run()
    table = at.dataframe[0].value
    assert set(table["run"]) == {few, *of_study}
    assert set(table["study"]) == {"", study.id}
    overview = opened("overview")
    assert any(few in list(frame.value.get("run", [])) for frame in overview.dataframe)
    assert not any(of_study & set(frame.value.get("run", [])) for frame in overview.dataframe)


def test_a_run_that_a_study_took_over_is_not_its_own(few):
    study = made_up_study(open_dataset("few"))
    later = studies.Study(**{**study.__dict__, "created_at": "2021-01-01T00:00:00Z"})
    studies.store(later)
    assert studies.members() == {}


def test_a_data_set_is_deleted_only_after_what_rests_on_it_was_said(few, capsys):
    job = queue.submit("predict", "a job", {"run": few, "dataset": "few"})
    dependents = run_admin.dependents("few")
    assert dependents[0] == f"1 run trained on it: {few}"
    assert dependents[-1] == f"1 job at work on it or waiting: {job.id}"
    assert main(["datasets", "delete", "few", "--json"]) == 2
    assert few in capsys.readouterr().err
    assert list_datasets() == ["few"]
    assert main(["datasets", "delete", "few", "--yes", "--json"]) == 0
    assert list_datasets() == []


def test_the_page_says_what_rests_on_a_data_set_before_it_deletes_it(opened, few):
    at = opened("data")
    at.selectbox(key="delete-name").select("few").run()
    assert any(few in m.value for m in at.markdown)
    at.button(key="delete-dataset").click().run()
    assert not at.exception
    assert list_datasets() == []
