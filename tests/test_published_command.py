"""The command `published`: all rows with the keys relied upon, on an empty workspace too; what is refused."""

import json

import pytest

from core.__main__ import main
from core.analysis.comparison import VERDICTS
from core.jobs import control, queue
from core.registry import EXPERIMENTS
from core.workflows import scaled_sample

EXPERIMENT = next(iter(EXPERIMENTS.values()))
KEYS = {"table", "row", "column", "printed", "recomputed", "ours", "run", "low", "high", "n", "comment"}


def refused(capsys, *words: str) -> str:
    assert main([*words, "--json"]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    return captured.err


def test_an_empty_workspace_gives_all_rows_and_what_to_make(workspace, capsys):
    """With the networks built, as a user would have it."""
    assert main(["published", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (answer["dataset"], answer["study"], answer["run"]) == (None, None, None)
    assert set(answer["rows"][0]) >= KEYS
    assert answer["tally"]["rows"] == len(answer["rows"]) > 1800
    total = next(r for r in answer["rows"] if r["table"] == "dnn_layers" and r["row"] == "all")
    assert total["printed"] == total["recomputed"] == total["ours"] == 7_778_306
    assert total["run"] == "code"
    layers = [r for r in answer["rows"] if r["table"] in ("cnn_layers", "dnn_layers")]
    assert {r["verdict"] for r in layers} == {"agrees"}
    assert {r["verdict"] for r in answer["rows"]} <= set(VERDICTS)
    assert len(answer["inconsistencies"]) >= 12
    assert all(set(entry) == {"title", "printed", "follows", "where"} for entry in answer["inconsistencies"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--fraction", "0.1"), "--fraction belongs to --scale seed"),
        (("--scale", "seed", "--fraction", "2"), "expected above 0, at most 1"),
        (("--scale", "seed", "--fraction", "0"), "expected above 0, at most 1"),
    ],
)
def test_what_makes_no_sense_is_refused(workspace, capsys, words, sentence):
    assert sentence in refused(capsys, "published", *words)


def test_the_scale_is_made_by_a_job_whose_cost_is_told(workspace, capsys, monkeypatch):
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    waited = []

    def wait(job_id, on_progress):
        waited.append(job_id)
        queue.move(job_id, ("queued",), "finished")
        return queue.get(job_id)

    monkeypatch.setattr(control, "wait", wait)
    assert main(["published", "--scale", "seed", "--fraction", "0.01", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert waited == [answer["job"]]
    assert answer["dataset"] == scaled_sample.dataset_name(EXPERIMENT, 0.01)
    assert answer["expected"]["n_events"] == 7757
    assert answer["expected"]["gb"] > 0
    job = queue.get(answer["job"])
    assert (job.kind, job.lane) == (scaled_sample.KIND, "data")
