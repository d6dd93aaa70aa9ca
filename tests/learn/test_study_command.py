"""`python -m core compatibility`: the keys that other programs rely on, what is reused, refused and failed."""

import argparse
import dataclasses
import json
from typing import Any

import pytest

from core import manifest, outputs, runs
from core.__main__ import main
from core.commands import compatibility as command
from core.data.dataset import Dataset
from core.jobs import control, queue
from core.jobs.queue import Job
from core.workflows import cross_training_job, prediction_job
from tests.learn.learning_toy import Listener

WORDS = (
    "compatibility", "toy", "--model", "compact", "--crystals", "1,3", "--windows", "0-10", "--labels", "truth",
    "--cut", "signal_runs=", "--cut", "background_runs=",
    "--division", "validation_fraction=0.2", "--division", "test_fraction=0.2", "--set", "epochs=1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    """Jobs are done in this process when they are waited for."""

    def wait(job: Job, _options: argparse.Namespace) -> Job:
        work = {"study": cross_training_job.run_job, "predict": prediction_job.run_job}[job.kind]
        work(Listener(job.arguments))
        queue.move(job.id, ("queued",), "finished")
        return control.get(job.id)

    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    monkeypatch.setattr(command, "_wait", wait)
    monkeypatch.setattr(runs, "verify", lambda _run: None)


def got(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0, capsys.readouterr().err
    answer: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return answer


def test_a_study_by_the_command_line_and_again(toy: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    first = got(capsys, *WORDS)
    assert {"study", "state", "seconds", "trainings", "trainings_reused", "cells"} <= set(first)
    assert (first["state"], first["trainings"], first["trainings_reused"]) == ("finished", 2, 0)
    assert [cell["trained_on"]["crystal"] for cell in first["cells"]] == [1, 1, 3, 3]
    for cell in first["cells"]:
        assert cell["tested_on"]["window_kev"] == [0.0, 10.0]
        assert {"value", "low", "high", "n"} <= set(cell["signal_efficiency"])
        assert {"value", "low", "high", "n"} <= set(cell["background_efficiency"])
        assert {"value", "low", "high", "n_signal", "n_background"} <= set(cell["harmonic_efficiency"])
        assert {"value", "low", "high"} <= set(cell["auc"])
        assert (cell["auc"]["value"], cell["n_missing"]) == (0.5, 0)
    assert got(capsys, *WORDS)["trainings_reused"] == 2
    (listed,) = got(capsys, "compatibility", "--list")["studies"]
    assert (listed["id"], listed["trained"], listed["regions"]) == (first["study"], 2, 2)
    assert got(capsys, "compatibility", "--delete", first["study"])["studies"] == []
    assert len(runs.list_runs()) == 2


def test_an_empty_region_is_undefined_and_said(toy: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*WORDS, "--crystals", "1,7"]
    answer = got(capsys, *words)
    assert (answer["trainings"], list(answer["empty"])) == (1, ["C7 0-10 keV"])
    empty = [cell for cell in answer["cells"] if cell["trained_on"]["crystal"] == 7]
    assert [cell["run"] for cell in empty] == [None, None]
    assert empty[0]["signal_efficiency"]["value"] is None
    one_class = answer["cells"][1]  # crystal 7 has signal alone
    assert one_class["signal_efficiency"]["n"] == int((toy.column("crystal") == 7).sum())
    assert one_class["background_efficiency"]["value"] is None
    assert one_class["precision"]["value"] is None
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "no training" in text
    assert "note: C7 0-10 keV is empty: " in text
    assert "(simulated)" in text


def test_missing_scores_are_filled_by_one_job_per_run(toy: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    for run in (cell["run"] for cell in got(capsys, *WORDS)["cells"][::2]):
        path = runs.open_run(run).path
        manifest.drop(path, outputs.files(path, "toy"))
    cells = got(capsys, *WORDS)["cells"]
    assert [cell["n_missing"] for cell in cells] == [0] * 4
    kinds = [(job.kind, job.arguments.get("run")) for job in control.list_jobs()]
    assert sorted(kinds[:2]) == sorted([("predict", cells[0]["run"]), ("predict", cells[2]["run"])])


def test_a_job_that_failed_gives_status_1(
    toy: Dataset, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"state": "failed", "message": "The disk is full."}
    monkeypatch.setattr(command, "_wait", lambda job, _options: dataclasses.replace(job, **failed))
    assert main([*WORDS, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["state"], answer["message"]) == ("failed", "The disk is full.")


@pytest.mark.usefixtures("toy")
def test_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    cases = {
        ("compatibility",): "Which data set and which network?",
        ("compatibility", "toy", "--model", "odd"): "Unknown model 'odd': expected one of",
        (*WORDS, "--windows", "10-3"): "'10-3' is upside down",
        (*WORDS, "--crystals", "one"): "Parameter 'crystals' is 'one': expected a whole number",
        (*WORDS, "--crystals", "2"): "Nothing can be trained on any of the 1 regions",
        (*WORDS, "--threshold", "2"): "'threshold' is 2.0",
        ("compatibility", "--delete", "../x"): "The study name '../x' is not allowed",
        ("compatibility", "--delete", "x"): "There is no study 'x'",
    }
    for words, sentence in cases.items():
        assert main(list(words)) == 2, words
        assert sentence in capsys.readouterr().err, words
    assert runs.list_runs() == []  # refused before anything is trained
