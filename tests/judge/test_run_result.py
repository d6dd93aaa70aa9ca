"""The numbers of a run in lists: as page and command judge it, kept, made again when its scores are other ones."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made_up import made_up_run
from core import manifest, outputs, runs
from core.data.dataset import open_dataset
from core.judge import run_result
from core.judge.judged_sample import judge_run
from core.judge.run_result import LEAKAGE, SIGNAL, Quantity, Result
from core.registry import experiment_by_key
from core.statistics.intervals import Interval, PairInterval, efficiency
from core.workflows import run_results
from core.workflows.scored import open_scored
from tests.pages.conftest import few as few  # a data set and a run on it


def test_the_result_is_what_the_evaluation_says(few: str) -> None:
    run = runs.open_run(few)
    evaluation = judge_run(open_scored(run, experiment_by_key(run.experiment), open_dataset(run.dataset))).network
    result = run_results.judge(few)
    signal, leakage = result.of(SIGNAL), result.of(LEAKAGE)
    assert signal is not None
    assert leakage is not None
    assert signal.number == evaluation.point.signal
    rejected = evaluation.point.background
    assert (leakage.number.value, leakage.number.low, leakage.number.high) == (
        1 - rejected.value, 1 - rejected.high, 1 - rejected.low,
    )  # fmt: skip
    assert result.counted_on == "test sample of few, labels " + str(run.selection["labels"]) + ", threshold 0.5"
    assert run_results.stored(runs.list_runs()) == {few: result}
    assert (run.path / runs.RESULT).exists()
    assert runs.list_runs()[0].state == "finished"


def test_new_scores_make_it_again_and_a_damaged_file_costs_nothing(few: str) -> None:
    run = runs.open_run(few)
    before = run_results.judge(few)
    scores = runs.read_scores(run, "few")
    outputs.write(
        run.path, "few", scores["uid"], scores["source"], scores["split"], {"score": np.ones(len(scores["uid"]))}
    )
    assert run_results.stored(runs.list_runs()) == {}
    after = run_results.complete(runs.list_runs())[few]
    assert after != before
    assert [quantity.number.value for quantity in after.numbers] == [1.0, 1.0]
    for content in ("", "[]", "{}", json.dumps({"state": run_result.state_of(run.path, "few"), "numbers": 3})):
        (run.path / runs.RESULT).write_text(content)
        assert run_result.read(few, "few") is None
    assert run_results.complete(runs.list_runs())[few] == after


def test_a_list_of_results_keeps_to_its_time_and_says_what_is_missing(few: str) -> None:
    other = made_up_run("few")
    assert run_results.complete(runs.list_runs(), within_s=-1.0) == {}
    assert set(run_results.complete(runs.list_runs())) == {few, other}
    manifest.drop(runs.runs_folder() / other, outputs.files(runs.runs_folder() / other, "few"))
    results = run_results.complete(runs.list_runs())
    assert (results[other].numbers, results[other].why) == ((), "it has no scores")


def test_numbers_read_as_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "runs_folder", lambda: tmp_path)
    monkeypatch.setattr(run_result, "state_of", lambda *_: "now")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / manifest.FILE).write_text("{}")
    numbers = (
        Quantity("part", efficiency(3, 4), "%"), Quantity("area", PairInterval(0.7, 0.6, 0.8, 5, 7)),
        Quantity("undefined", Interval(math.nan, math.nan, math.nan, 0, method="none")),
    )  # fmt: skip
    run_result.write("r", "d", Result(numbers, "rows"))
    read = run_result.read("r", "d")
    assert read is not None
    assert read.numbers[:2] == numbers[:2]
    assert math.isnan(read.numbers[2].number.value)
    assert [quantity.text for quantity in read.numbers] == [
        "75 % [19, 99] n = 4 (few)", "0.70 [0.60, 0.80] n = 12 (few)", "–",
    ]  # fmt: skip


def test_the_line_of_a_generators_report_is_its_result() -> None:
    area = PairInterval(0.93, 0.92, 0.94, 100, 100).to_dict()
    result = run_result.of_quality({"n": 100, "dataset": "d", "auc_high": area, "auc_low": None})
    assert result.text == "AUC, boosted trees 0.930 [0.920, 0.940] n = 200"
    assert result.counted_on == "100 generated rows of d beside as many true ones"
