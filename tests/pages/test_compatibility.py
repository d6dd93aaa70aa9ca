"""The page of what was trained here and tested there: asking for a study, its cells, what is missing and brought."""

import dataclasses

import pytest

from benchmarks.made_up import made_up_run
from core import manifest, outputs, runs, workspace
from core.data.dataset import open_dataset
from core.jobs import control
from core.judge import compatibility_report as summary
from core.judge.compatibility import METRICS
from core.judge.report_html import to_html
from core.registry import EXPERIMENTS
from core.selection.selection import preset
from core.workflows import cross_training as studies
from core.workflows import reporting
from core.workflows.cross_training import Study
from core.workflows.study_scores import open_matrix

EXPERIMENT = next(iter(EXPERIMENTS.values()))
AXES = EXPERIMENT.grid.parameters()


@pytest.fixture(autouse=True)
def _no_runner(monkeypatch):
    """Jobs stay in the queue."""
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


@pytest.fixture
def study(few) -> Study:
    """A study of the usual six regions whose runs are all the made-up one, but for the last, which is not trained."""
    data = open_dataset("few")
    planned = studies.plan(EXPERIMENT, data, preset(EXPERIMENT.selecting, "cnn2020"), "compact", {}, {}, AXES).study
    n = len(planned.regions)
    shortened = dataclasses.replace(planned, runs=(few,) * (n - 1) + (None,), empty=("",) * n)
    studies.store(shortened)
    return shortened


@pytest.fixture
def study_matrix(study):
    """The core's matrix of it."""
    return lambda threshold=0.5, scheme=None: open_matrix(study, EXPERIMENT, open_dataset("few"), threshold, scheme)


def numbers(at) -> list[tuple[str, str, str]]:
    return [(m.label, m.value, m.delta) for m in at.metric]


def wanted(matrix, metric) -> list[tuple[str, str, str]]:
    return [(n.label, n.value, n.detail) for n in summary.key_numbers(matrix, metric)]


def press(at, label: str):
    return next(b for b in at.button if b.label == label).click().run()


def test_without_a_study_it_says_what_one_is_and_asks_for_it(opened):
    at = opened("compatibility")
    assert "trains one network on every region" in at.info[0].value
    assert [m.label for m in at.metric] == ["regions", "trainings", "cells", "expected time"]
    assert at.metric[0].value == "6"
    assert "core compatibility few --model compact --crystals 1,3,7 --windows 3-6,6-10" in at.code[0].value
    assert len(at.dataframe[0].value) == 6


def test_a_started_study_is_kept_queued_and_shown(opened, study):
    studies.delete_study(study.id)
    at = opened("compatibility")
    press(at, "start the study")
    assert not at.exception
    (started,) = studies.list_studies("few")
    assert at.query_params["study"] in (started.id, [started.id])
    (job,) = [job for job in control.queue.list_jobs() if job.kind == "study"]
    assert job.arguments["study"] == started.id
    assert any(f"job {job.id}" in m.value for m in at.markdown)


def test_axes_that_cannot_be_are_refused_in_a_sentence(opened):
    at = opened("compatibility")
    at.text_input(key="grid-cosine/few-windows_kev").set_value("6-3").run()
    assert "upside down" in at.error[0].value
    assert next(b for b in at.button if b.label == "start the study").disabled
    assert at.text_input(key="grid-cosine/few-windows_kev").value == "6-3"


def test_key_numbers_and_notes_are_those_of_the_core(opened, study, study_matrix):
    at = opened("compatibility")
    assert numbers(at) == wanted(study_matrix(), "harmonic_efficiency")
    assert any("circular" in c.value for c in at.caption)
    assert any("simulated" in c.value for c in at.caption)
    assert "core compatibility few --model compact" in at.code[0].value
    assert {b.label for b in at.get("download_button")} >= {"csv", "tex", "json", "report"}


def test_the_report_has_every_metric_and_the_command_that_makes_the_study_again(study, study_matrix):
    report = reporting.report_on(study.id, reporting.Question(threshold=0.6))
    assert len(reporting.figures_of(report)) == len(METRICS)
    assert report.values["cells"] == study_matrix(0.6).to_rows()
    (commands,) = [part.commands for part in report.parts if part.commands]
    assert any(
        line.startswith("python -m core compatibility few --model compact --crystals 1,3,7") for line in commands
    )
    assert "Study" in to_html(report)


def test_a_link_gives_metric_threshold_and_labels_and_a_control_changes_them(opened, study, study_matrix):
    at = opened("compatibility", study=study.id, metric="auc", threshold="0.6", scheme="coincidence")
    assert numbers(at) == wanted(study_matrix(0.6, "coincidence"), "auc")
    at.selectbox(key="metric").set_value("leakage").run()
    assert numbers(at) == wanted(study_matrix(0.6, "coincidence"), "leakage")
    assert at.query_params["metric"] in ("leakage", ["leakage"])


def test_a_cell_by_keyboard_shows_its_numbers(opened, study, study_matrix):
    names = [region.name for region in study.regions]
    at = opened("compatibility", show="cell", trained=names[1], tested=names[2])
    rows = at.dataframe[0].value
    assert rows["value"].tolist() == [row["value"] for row in summary.cell_rows(study_matrix().cells[1][2])]
    at.selectbox(key="trained").set_value(names[-1]).run()
    assert "not trained" in at.info[0].value
    assert not at.exception


def test_misclassified_events_of_a_cell_are_those_of_its_region(opened, study, study_matrix):
    """The made-up run holds all regions, so the test sample of its own is what a cell counts."""
    names = [region.name for region in study.regions]
    cell = study_matrix().cells[1][2]
    n_wrong = cell.point.signal.n - cell.point.signal.k + cell.point.background.n - cell.point.background.k
    assert n_wrong > 0
    at = opened("compatibility", show="cell", trained=names[1], tested=names[2])
    press(at, "see misclassified events")
    assert not at.exception
    assert any(f"of the {n_wrong:,} events that pass the filter" in c.value for c in at.caption)


def test_published_pairs_stand_beside_ours(opened, study):
    at = opened("compatibility", show="published pairs")
    rows = at.dataframe[0].value
    assert len(rows) == 27
    assert any("a guide, not a test" in c.value for c in at.caption)


def test_what_was_trained_is_listed_and_a_study_can_be_forgotten(opened, study, few):
    at = opened("compatibility", show="what was trained")
    rows = at.dataframe[0].value
    assert rows["run"].tolist()[:5] == [few] * 5
    press(at, "forget it")
    assert not at.exception
    assert studies.list_studies("few") == []
    assert runs.open_run(few)


def test_a_missing_training_is_told_and_asked_for(opened, study):
    at = opened("compatibility")
    assert study.regions[-1].name in at.warning[0].value.replace("\\", "")
    press(at, "train 1 missing")
    (job,) = [job for job in control.queue.list_jobs() if job.kind == "study"]
    assert not at.exception
    assert job.arguments["study"] == study.id


def test_a_failed_study_says_why(opened, study):
    job = control.queue.submit("study", study.title, {"study": study.id, "dataset": "few"})
    control.queue.move(job.id, ("queued",), "failed", message="The disk is full.")
    at = opened("compatibility")
    assert "The disk is full" in at.error[0].value


def test_a_deleted_run_is_told_and_its_cells_are_missing(opened, study, few):
    runs.delete(few)
    at = opened("compatibility")
    assert at.metric[3].value == "0 of 36"
    assert "train 6 missing" in [b.label for b in at.button]


def test_missing_scores_are_one_job_per_run(opened, study, few):
    other = made_up_run("few")
    studies.store(dataclasses.replace(study, runs=(few, other) * 3))
    for run in (few, other):
        path = runs.open_run(run).path
        manifest.drop(path, outputs.files(path, "few"))
    at = opened("compatibility")
    assert "2 of the study's runs lack scores" in at.warning[0].value
    press(at, "score them")
    run_ids = [job.arguments["run"] for job in control.queue.list_jobs() if job.kind == "predict"]
    assert sorted(run_ids) == sorted((few, other))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"network": "gone"}, "Unknown model 'gone'"),
        ({"runs": []}, "asks for study"),
        ({"id": "another"}, "asks for study"),
        ({"axes": {}}, None),  # an axis that an earlier version did not have takes its default
    ],
)
def test_a_study_that_was_damaged_or_is_of_another_version_is_a_sentence(opened, study, changed, words):
    file = workspace.folder("studies") / f"{study.id}.json"
    workspace.write_sealed(file, workspace.read_json(file) | changed)
    at = opened("compatibility", study=study.id)
    messages = [message.value.replace("\\", "") for message in (*at.error, *at.warning)]
    assert words is None or any(words in message for message in messages)
    assert words is not None or "python -m core compatibility few" in at.code[-1].value
