"""The command `published`: all rows with the keys relied upon, on an empty workspace too; what is refused."""

import json

import pytest

from core.__main__ import main
from core.data import seedscale
from core.jobs import control, queue
from core.judge.comparison import VERDICTS
from core.registry import EXPERIMENTS

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
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["dataset"], told["study"], told["run"]) == (None, None, None)
    assert set(told["rows"][0]) >= KEYS
    assert told["tally"]["rows"] == len(told["rows"]) > 1800
    total = next(r for r in told["rows"] if r["table"] == "dnn_layers" and r["row"] == "all")
    assert total["printed"] == total["recomputed"] == total["ours"] == 7_778_306
    assert total["run"] == "code"
    layers = [r for r in told["rows"] if r["table"] in ("cnn_layers", "dnn_layers")]
    assert {r["verdict"] for r in layers} == {"agrees"}
    assert {r["verdict"] for r in told["rows"]} <= set(VERDICTS)
    assert len(told["inconsistencies"]) >= 12
    assert all(set(one) == {"title", "printed", "follows", "where"} for one in told["inconsistencies"])


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
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert waited == [told["job"]]
    assert told["dataset"] == seedscale.dataset_name(EXPERIMENT, 0.01)
    assert told["expected"]["n_events"] == 7757
    assert told["expected"]["gb"] > 0
    job = queue.get(told["job"])
    assert (job.kind, job.lane) == (seedscale.KIND, "data")
