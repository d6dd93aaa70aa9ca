"""`python -m core trigger`: its keys, the chain after a cut, and what it refuses."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare


def test_points_beside_the_closed_form(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["trigger", "--energies", "0.5,1", "--events", "500", "--set", "hit_efficiency=0.95", "--json"]
    assert main(words) == 0
    got = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert got["parameters"]["hit_efficiency"] == 0.95
    assert [point["energy_kev"] for point in got["points"]] == [0.5, 1.0]
    first = got["points"][0]
    assert first["closed_form"] == pytest.approx(0.9445, abs=1e-3)
    assert first["efficiency"]["n"] == 500
    assert first["efficiency"]["low"] < first["efficiency"]["value"] < first["closed_form"]
    assert set(first) >= {"difference", "helped_by_dark_counts", "accidental", "closed_form_above_threshold"}
    assert got["simulated"] is True
    assert main(words[:-1]) == 0
    assert "closed form" in capsys.readouterr().out


def test_a_selection_after_it_is_kept_apart(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = next(known for known in EXPERIMENTS.values() if "trigger" in known.analyses)
    files = experiment.simulation.simulate(tmp_path / "raw", n_events=200, seed=2)
    prepare(experiment, files, "few", default_mapping(experiment))
    assert main(["trigger", "--data", "few", "--up-to", "10", "--events", "50", "--json"]) == 0
    got = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(got["chain"]) == 10
    for row in got["chain"]:
        trigger, selection, total = (row[name] for name in ("trigger", "selection", "total"))
        if selection["n"]:
            assert total["value"] == pytest.approx(trigger["value"] * selection["value"])
    assert sum(row["selection"]["n"] for row in got["chain"]) > 20


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--energies", "low"), "--energies is 'low'"),
        (("--energies", "-1"), "expected at least one of both"),
        (("--events", "0"), "--events is 0"),
        (("--up-to", "0"), "highest energy"),
        (("--set", "coincidence_ns=0"), "coincidence_ns"),
        (("--seed", "-1"), "--seed is -1"),
    ],
)
def test_refusals(words: tuple[str, str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trigger", f"{words[0]}={words[1]}"]) == 2
    assert sentence in capsys.readouterr().err
