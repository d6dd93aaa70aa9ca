"""The page on calibration: its numbers are the core's, the temperature is fitted and kept, what cannot be fitted says why."""

import json
import shlex

import numpy as np
import pytest

from core import manifest, outputs, runs
from core.__main__ import main
from core.commands.find import find_dataset
from core.judge import calibration, calibration_report, held_out
from core.learn.progress import Silent
from core.workflows import training_job
from core.workflows.scored import open_scored


@pytest.fixture
def scored(few):
    return open_scored(runs.open_run(few), *find_dataset("few"))


def rescore(scored, score):
    uid, source = scored.dataset.column("uid")[scored.rows], scored.dataset.origin_of(scored.rows)
    outputs.write(scored.run.path, "few", uid, source, scored.split, {"score": score.astype(np.float32)})


def shown(at):
    return [(m.label, m.value, m.delta) for m in at.metric]


def wanted(scored, split="test", kind=calibration.BALANCED, typed=None, scheme=None):
    events = calibration.part_of(held_out.events_of(scored, scheme), split)
    mix = calibration.mix_of(scored.run, events, kind, typed)
    qualities = calibration.judge(events, mix, calibration.stored(scored.run), axis=scored.axis)
    return [(n.label, n.value, n.detail) for n in calibration_report.key_numbers(qualities)]


def test_the_temperature_is_fitted_kept_and_shown_beside_the_raw_scores(opened, few, scored):
    at = opened("calibration", run=few)
    assert shown(at) == wanted(scored)
    assert at.metric[0].value == "–"
    next(b for b in at.button if b.label == "fit the temperature").click().run()
    temperature = calibration.stored(scored.run)
    assert temperature is not None
    assert temperature.n_signal + temperature.n_background == len(held_out.events_of(scored).validation.score)
    assert shown(at) == wanted(scored)
    again = opened("calibration", run=few)
    assert again.metric[0].value == f"{temperature.value:.3f}"
    assert not [b for b in again.button if b.label == "fit the temperature"]
    assert set(again.dataframe[0].value["scores"]) == {calibration_report.BEFORE, calibration_report.AFTER}


def test_a_link_gives_mix_split_and_labels(opened, few, scored):
    at = opened("calibration", run=few, mix="typed", part="validation", scheme="coincidence", told="what the mix does",
                **{"signal-per-background": "0.05"})  # fmt: skip
    assert shown(at) == wanted(scored, "validation", calibration.TYPED, 0.05, "coincidence")
    assert any("For 0\\.05 signal" in m.value or "For 0.05 signal" in m.value for m in at.markdown)
    assert f"calibrate {few} --labels coincidence --split 'validation' --mix 0.05" in at.code[0].value


def test_the_command_below_gives_the_same_numbers(opened, few, scored, capsys):
    at = opened("calibration", run=few, mix="of this sample", bins="equal count")
    assert main([*shlex.split(at.code[0].value)[3:], "--json"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert got["temperature"] == calibration.stored(scored.run).to_dict()
    again = opened("calibration", run=few, mix="of this sample", bins="equal count")
    assert again.metric[1].value == f"{got['after']['all']['brier']['value']:.4f}"
    assert again.metric[2].value == f"{got['after']['all']['ece']['value']:.4f}"
    assert got["mix"]["wanted"] == pytest.approx(got["n_signal"] / got["n_background"])
    assert {"window_kev", "brier", "ece", "ece_expected", "n_signal"} <= set(got["before"]["windows"][0])
    rescore(scored, np.where(scored.labels(scored.selection.labels) == 1, 0.99, 0.01))
    assert main(["calibrate", few, "--refit"]) == 0
    assert "no temperature can be fitted" in capsys.readouterr().out
    assert main(["calibrate", few, "--mix", "odd"]) == 2


@pytest.mark.parametrize("query", [{"axes": "odds", "bins": "equal count"}, {"told": "what to know"}])
def test_every_view_is_drawn(opened, few, query):
    at = opened("calibration", run=few, **query)
    assert not at.exception
    assert not at.error


def test_a_pile_up_of_scores_is_warned_of(opened, few, scored):
    score = scored.score.copy()
    score[::5] = 0.42
    rescore(scored, score)
    at = opened("calibration", run=few)
    assert "score between 0.40 and 0.45" in at.warning[0].value.replace("\\", "")


def test_where_no_temperature_can_be_fitted_the_page_says_why(opened, few, scored):
    labels = scored.labels(scored.selection.labels)
    rescore(scored, np.where(labels == 1, 0.99, 0.01))
    at = opened("calibration", run=few)
    next(b for b in at.button if b.label == "fit the temperature").click().run()
    assert "are all on the right side of 0.5" in at.error[0].value
    assert calibration.stored(scored.run) is None


def test_every_training_ends_with_a_temperature_and_survives_without_one(few, scored, monkeypatch, capsys):
    monkeypatch.setattr(training_job, "STEPS", training_job.STEPS[:1])
    training_job.complete(few, Silent())
    assert calibration.stored(scored.run) == calibration.fit_and_store(scored.run, scored)
    manifest.drop(scored.run.path, [calibration.FILE])
    rescore(scored, np.where(scored.labels(scored.selection.labels) == 1, 0.99, 0.01))
    training_job.complete(few, Silent())
    assert "No temperature: The scores of the validation sample" in capsys.readouterr().out
    assert calibration.stored(scored.run) is None


def test_a_damaged_temperature_is_named(opened, few, scored):
    calibration.fit_and_store(scored.run, scored)
    (scored.run.path / calibration.FILE).write_text(json.dumps({"temperature": 1.0}))
    assert "--refit" in opened("calibration", run=few).error[0].value.replace("\\", "")


def test_a_run_without_class_weights_speaks_of_its_training_mix(few, scored):
    path = scored.run.path / "params.json"
    params = json.loads(path.read_text())
    path.write_text(json.dumps({**params, "training": {"class_weights": False}}))
    runs.seal(scored.run.path, scored.run.provenance)
    own = runs.read_rows(scored.run)
    labels = own["label"][own["split"] == 0]
    assert calibration.trained_mix(runs.open_run(few)) == pytest.approx((labels == 1).sum() / (labels == 0).sum())
    assert calibration.trained_mix(scored.run) == 1.0
