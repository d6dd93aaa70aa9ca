"""The page on low energy: its numbers are the core's, only unseen events count, missing energies are made by a job."""

import csv
import json
import shlex

import numpy as np
import pytest

from core import outputs, runs
from core.__main__ import main
from core.commands.find import find_dataset
from core.jobs import control
from core.judge import held_out, lowenergy
from core.registry import EXPERIMENTS
from core.selection.selection import select
from core.workflows.scored import open_scored

EXPERIMENT = next(iter(EXPERIMENTS.values()))
TABS = ("efficiency", "score", "what it is called", "pure samples", "threshold by energy")


@pytest.fixture
def scored(few):
    return open_scored(runs.open_run(few), *find_dataset("few"))


def score_everything(scored):
    """Give every row of 0-20 keV a score, as the predict job would; those outside the run's cuts were never seen."""
    wide = select(EXPERIMENT.selecting, EXPERIMENT.labels, scored.dataset, held_out.widened(scored)).preselected
    split = np.full(len(wide), 3, np.int8)
    split[np.isin(wide, scored.rows)] = scored.split
    score = np.random.default_rng(1).random(len(wide)).astype(np.float32)
    uid, source = scored.dataset.column("uid")[wide], scored.dataset.origin_of(wide)
    outputs.write(scored.run.path, "few", uid, source, split, {"score": score})


def test_key_numbers_are_those_of_the_core(opened, few, scored):
    at = opened("lowenergy", run=few, threshold="0.6", scheme="coincidence", bin="1.0")
    events = held_out.events_of(scored, "coincidence").held_out
    low_energy = lowenergy.judge(events, 0.6, lowenergy.binned(EXPERIMENT.judging.axis, 1.0))
    assert [(m.label, m.value, m.delta) for m in at.metric] == [
        (n.label, n.value, n.detail) for n in lowenergy.key_numbers(low_energy)
    ]
    assert f"core low-energy {few} --threshold 0.6 --bin 1 --labels coincidence --keep 95" in at.code[0].value


@pytest.mark.parametrize("tab", TABS)
def test_every_figure_is_drawn(opened, few, tab):
    at = opened("lowenergy", run=few, show=tab, wanted="80")
    assert not at.exception
    assert not at.error
    if tab == "pure samples":
        shown = " ".join(c.value for c in at.caption)
        assert all(
            scheme.meaning in shown
            for name, scheme in EXPERIMENT.labels.schemes.items()
            if not scheme.is_own and name != "hand"
        )
    if tab == "threshold by energy":
        assert list(at.dataframe[0].value["threshold"]) == ["follows the energy", "constant"]


def test_the_command_below_gives_the_same_numbers(opened, few, scored, capsys, tmp_path):
    at = opened("lowenergy", run=few, threshold="0.6", wanted="80")
    words = [*shlex.split(at.code[0].value)[3:], "--json", "--export", str(tmp_path / "curve.csv")]
    assert main(words) == 0
    got = json.loads(capsys.readouterr().out)
    own = scored.selection.labels
    low_energy = lowenergy.judge(
        held_out.events_of(scored).held_out, 0.6, lowenergy.binned(EXPERIMENT.judging.axis, 1.0), own
    )
    assert got["labels"][own] == low_energy.to_dict()
    assert got["not_scored_kev"][0] == [0.0, 3.0]
    assert got["threshold_curve"]["wanted_signal_efficiency"] == 0.8
    curve = list(csv.DictReader((tmp_path / "curve.csv").read_text().splitlines()))
    assert [float(row["score_threshold"]) for row in curve] == got["threshold_curve"]["curve"]["score_threshold"]
    assert main(["analyse", "threshold", "--run", few, "--set", "keep_percent=80", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)["values"]
    same = {name: value for name, value in got["threshold_curve"].items() if name in values and name != "quoted"}
    assert len(same) == 10 and same == {name: values[name] for name in same}
    assert main(["low-energy", few, "--keep", "99.5", "--json"]) == 0
    refused = json.loads(capsys.readouterr().out)
    assert "at least 600 are needed" in refused["threshold_curve"]["refused"]
    assert set(refused["labels"]) == {
        name for name, scheme in EXPERIMENT.labels.schemes.items() if not scheme.is_own and name != "hand"
    }
    assert main(["low-energy", few, "--bin", "3"]) == 2
    assert main(["low-energy", few, "--keep", "nan"]) == 2
    assert main(["low-energy", few, "--threshold", "nan"]) == 2
    assert main(["trigger", "--run", few, "--threshold", "2", "--events", "10"]) == 2


def test_too_few_validation_events_are_told(opened, few):
    at = opened("lowenergy", run=few, show="threshold by energy", wanted="99.5")
    assert "at least 600 are needed for a threshold that keeps 99.5 %" in at.error[0].value


def test_only_events_outside_training_and_validation_count(few, scored):
    own = held_out.events_of(scored)
    assert set(own.split) == {0, 1, 2}
    assert set(own.held_out.split) == {2}
    score_everything(scored)
    wide = held_out.events_of(open_scored(scored.run, EXPERIMENT, scored.dataset))
    low, high = scored.selection.cuts.energy_low_kev, scored.selection.cuts.energy_high_kev
    outside = (wide.axis_values < low) | (wide.axis_values >= high)
    assert outside.any()
    assert set(wide.split[outside]) == {3}
    assert len(wide.held_out.score) == (own.split == 2).sum() + outside.sum()  # labelled by the scheme, at every energy


def test_energies_outside_the_runs_cuts_are_scored_by_a_job(opened, few, scored, monkeypatch):
    submitted = []

    def submit(kind, title, arguments):
        submitted.append((kind, arguments))
        return control.queue.submit(kind, title, arguments)

    monkeypatch.setattr(control, "submit", submit)
    at = opened("lowenergy", run=few)
    n = len(held_out.unscored_values(scored))
    assert f"{n:,} rows of 0-20 keV have no score: all of 0-3 keV, 10-" in at.warning[0].value
    next(b for b in at.button if b.label == "score 0-20 keV").click().run()
    ((kind, arguments),) = submitted
    assert kind == "predict"
    cuts = {**runs.open_run(few).selection["cuts"], "energy_low_kev": 0.0, "energy_high_kev": 20.0}
    assert arguments["selection"]["cuts"] == cuts
    score_everything(scored)
    assert not opened("lowenergy", run=few).warning


def test_measured_data_have_no_truth_and_say_so(opened, few, scored, monkeypatch):
    monkeypatch.setattr(type(scored.dataset), "simulated", property(lambda _self: False))
    at = opened("lowenergy", run=few, show="pure samples")
    assert "they have no truth" in at.info[0].value
    assert "truth" not in [o for group in at.get("button_group") for o in group.options]
