"""The command line from raw file to efficiency table, with the keys that other programs rely on."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core import runs
from core.__main__ import main

ROOT = Path(__file__).resolve().parents[1]


def run(capsys, *words: str) -> dict:
    """A command with --json; what it prints last is one JSON object."""
    assert main([*words, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def refused(capsys, *words: str) -> str:
    """A command that is refused: status 2, one line on standard error, nothing on standard output."""
    assert main([*words, "--json"]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    (line,) = captured.err.strip().splitlines()
    assert line.startswith("darkroom: ")
    return line.removeprefix("darkroom: ")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """A workspace with a data set and a trained `compact`, made by the command line in processes of its own."""
    folder = tmp_path_factory.mktemp("commands")
    workspace = folder / "workspace"

    def command(*words: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "core", *words, "--json"], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "DARKROOM_WORKSPACE": str(workspace)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    raw = command(
        "simulate", "cosine", "--out", str(folder / "raw"), "--events", "2000", "--crystals", "1,3", "--seed", "4"
    )
    prepared = command("prepare", "cosine", *raw["files"], "--name", "few")
    words = ("train", "few", "--preset", "cnn2020", "--model", "compact", "--set", "epochs=2", "--wait")
    return workspace, prepared, command(*words)


@pytest.fixture
def few(answers, tmp_path, monkeypatch):
    """A copy of that workspace; gives the run's id."""
    shutil.copytree(answers[0], tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock", "darkroom.sqlite*"))
    with (  # a runner may still be at work there: SQLite's own copy is whole
        closing(sqlite3.connect(answers[0] / "darkroom.sqlite")) as theirs,
        closing(sqlite3.connect(tmp_path / "ws" / "darkroom.sqlite")) as ours,
    ):
        theirs.backup(ours)
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "ws"))
    return answers[2]["run"]


@pytest.mark.network
def test_prepare_and_train_tell_what_they_made(answers):
    _, prepared, trained = answers
    assert {"dataset", "n_rows", "path", "seconds"} <= set(prepared)
    assert prepared["n_rows"] > 2000
    assert {"run", "state", "device", "seconds", "events_per_s"} <= set(trained)
    assert trained["state"] == "finished"
    assert trained["events_per_s"] > 0


def _intervals(plain):
    """Every object with the ends of an interval, however deep."""
    inner = plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ()
    if isinstance(plain, dict) and {"low", "high"} <= set(plain):
        yield plain
    for value in inner:
        yield from _intervals(value)


@pytest.mark.network
def test_evaluate_has_the_keys_that_are_relied_upon(few, capsys):
    got = run(capsys, "evaluate", few)
    for part in (got, got["baselines"]["nmt500"]):
        for name in ("signal_efficiency", "background_efficiency", "background_rejection"):
            assert {"value", "low", "high", "n"} <= set(part[name])
            assert part[name]["low"] <= part[name]["value"] <= part[name]["high"]
        assert {"value", "low", "high", "n_signal", "n_background"} <= set(part["harmonic_efficiency"])
        assert {"value", "low", "high"} <= set(part["auc"])
    assert {"nmt500", "box cut", "trees", "bound"} == set(got["baselines"])
    assert [item["method"] for item in got["comparisons"]["at_threshold"]] == ["nmt500", "box cut", "trees", "bound"]
    assert len(got["comparisons"]["leakage_at_99"]) == 5 * 5  # methods, windows and all
    assert got["costs"]["trees"]["parameters"] > 0
    assert got["baselines"]["nmt500"]["harmonic_efficiency"]["value"] == 1.0  # the published labels are circular
    assert any("The labels are circular: 'published' is cut on" in note for note in got["notes"])
    intervals = list(_intervals(got))
    assert len(intervals) > 50 and all(item.get("method") for item in intervals)
    box = got["baselines"]["box cut"]
    assert box["auc"]["value"] is None and "has no area" in box["auc"]["method"]
    assert box["background_rejection"] == box["background_efficiency"] and box["background_rejection"]["method"]
    assert len(got["energy_table"]) == 40
    assert set(got["other_labels"]) == {"coincidence", "truth"}
    truth = run(capsys, "evaluate", few, "--labels", "truth", "--threshold", "0.7", "--split", "all")
    assert truth["baselines"]["nmt500"]["background_efficiency"]["value"] < 0.95  # slow noise passes the cut


@pytest.mark.network
def test_exports(few, capsys, tmp_path):
    for ending, start in ((".csv", "class,"), (".tex", "\\begin{table}"), (".json", "{"), (".html", "<!doctype")):
        run(capsys, "evaluate", few, "--export", str(tmp_path / f"table{ending}"))
        assert (tmp_path / f"table{ending}").read_text().startswith(start)
    assert "expected .csv, .tex, .json, .html" in refused(capsys, "evaluate", few, "--export", "table.xlsx")


@pytest.mark.network
def test_select_counts_and_stores(few, capsys):
    got = run(capsys, "select", "few", "--preset", "cnn2020", "--cut", "energy_low_kev=4", "--save", "mine")
    assert {"n_rows", "n_signal", "n_background", "cut_flow", "statistics"} <= set(got)
    assert got["n_rows"] == got["n_signal"] + got["n_background"]
    assert {"cut", "alone", "cumulative"} <= set(got["cut_flow"][0])
    assert run(capsys, "select", "few", "--selection", "mine")["n_rows"] == got["n_rows"]


@pytest.mark.network
def test_jobs_and_runs_are_listed(few, capsys):
    (job,) = run(capsys, "jobs")["jobs"]
    assert {"id", "run", "state", "user", "pid"} <= set(job)
    assert (job["run"], job["state"]) == (few, "finished")
    assert run(capsys, "jobs", "log", str(job["id"]))["log"]
    assert [r["id"] for r in run(capsys, "runs")["runs"]] == [few]
    assert run(capsys, "runs", "delete", few)["runs"] == []


@pytest.mark.network
def test_networks_have_the_printed_sizes(capsys):
    got = run(capsys, "networks", "cosine")
    assert got["cnn"]["parameters"] == 9_716_770
    assert got["dense"]["parameters"] == 7_778_306
    assert got["compact"]["parameters"] <= 300_000
    shapes = [layer["output_shape"] for layer in got["cnn"]["layers"]]
    assert [None, 1348, 96] in shapes
    assert {"name", "output_shape", "parameters"} == set(got["cnn"]["layers"][0])


@pytest.mark.network
def test_a_damaged_model_file_is_refused_by_its_hash(few, capsys):
    model = runs.open_run(few).path / runs.MODEL
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    assert main(["predict", few, "few", "--wait", "--json"]) == 1
    job = json.loads(capsys.readouterr().out)
    assert job["state"] == "failed"
    assert "is damaged or was changed: found" in job["message"]


@pytest.mark.network
def test_refusals(few, capsys):
    cases = {
        ("select", "few", "--preset", "nothing"): "Unknown preset 'nothing': expected one of cnn2020, dnn2020",
        ("select", "few", "--selection", "nothing"): "has no selection 'nothing'",
        ("select", "few", "--labels", "nothing"): "Unknown label scheme 'nothing'",
        ("select", "few", "--cut", "energy_low_kev=11"): "The energy window is upside down (11 to 10 keV)",
        ("select", "few", "--cut", "energy_low=1"): "Unknown parameter 'energy_low' for Cuts",
        ("select", "few", "--cut", "energy_low_kev=900", "--cut", "energy_high_kev=901"): "both classes are needed",
        ("select", "few", "--cut", "nmt500_threshold_us=0"): "leaves 0 background",
        ("select", "nothing"): "There is no data set 'nothing' (there are: few)",
        ("select", "../few"): "The data set name '../few' is not allowed",
        ("select", "few", "--preset", "cnn2020", "--selection", "a"): "Both --selection and --preset are given",
        ("train", "few", "--model", "nothing"): "Unknown model 'nothing': expected one of cnn, dense, compact",
        ("train", "few", "--model", "compact", "--set", "epoch=1"): "Unknown parameter 'epoch'",
        ("train", "few", "--model", "compact", "--set", "epochs=0"): "'epochs' is 0: expected a whole number from 1",
        ("train", "few", "--model", "compact", "--set", "epochs"): "'epochs' is not an assignment",
        ("evaluate", few, "--threshold", "1.5"): "1.5",
        ("evaluate", "nothing"): "There is no run 'nothing'",
        ("evaluate", "../x"): "The run name '../x' is not allowed",
        ("jobs", "stop", "99"): "There is no job 99",
        ("simulate", "nothing", "--out", "/tmp", "--events", "1"): "Unknown experiment 'nothing'",
        ("prepare", "cosine", "/no/such.root", "--name", "a"): "/no/such.root does not exist",
        ("prepare", "cosine", __file__, "--name", "../a"): "The data set name '../a' is not allowed",
        ("prepare", "cosine", __file__, "--name", "a", "--mapping", "odd"): "Unknown mapping 'odd'",
    }
    for words, sentence in cases.items():
        assert sentence in refused(capsys, *words), words


def test_a_report_holds_the_numbers_of_evaluate_and_names_what_it_draws(capsys, few, tmp_path):
    file = tmp_path / "report.html"
    written = run(capsys, "report", few, "--out", str(file))
    judged = run(capsys, "evaluate", few)
    assert written["path"] == str(file.resolve())
    assert written["bytes"] == file.stat().st_size > 4_000_000
    assert written["values"] == {name: judged[name] for name in written["values"]}
    page = file.read_text(encoding="utf-8")
    for text in (
        "cut flow",
        "Provenance",
        "python -m core train few --preset cnn2020 --model compact",
        r"\begin{table}",
    ):
        assert text in page
    listed = run(capsys, "figure", few)["figures"]
    assert [part["figure"] for part in listed] == written["figures"]
    assert {"roc", "training-curves", "reliability", "leakage"} <= set(written["figures"])
    assert run(capsys, "report", "few", "--out", str(tmp_path / "few.html"))["kind"] == "data set"


def test_what_no_report_can_be_is_refused_before_anything_is_judged(capsys, few, tmp_path):
    assert "expected .csv, .tex, .json, .html" in refused(capsys, "report", few, "--out", "report.pdf")
    assert "there is no folder" in refused(capsys, "report", few, "--out", str(tmp_path / "none" / "r.html"))
    assert "no run, study, sweep or data set" in refused(capsys, "report", "../x", "--out", str(tmp_path / "r.html"))
    assert "expected .pdf, .png, .svg" in refused(capsys, "figure", few, "roc", "--out", "roc.gif")
    assert "Give --out" in refused(capsys, "figure", few, "roc")
    assert "has no figure 'rock': expected one of" in refused(
        capsys, "figure", few, "rock", "--out", str(tmp_path / "r.pdf")
    )
