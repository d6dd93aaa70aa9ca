"""Every page opens with the toy: it works, or says in a sentence that this experiment has nothing of the kind."""

import dataclasses
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import runs
from core.data.dataset import Dataset, open_dataset
from core.data.splits import TEST
from core.jobs import control, queue, runner
from core.registry import EXPERIMENTS
from pages.widgets import contents
from tests.pages.opening import PAGES, open_app
from tests.test_commands import refused
from tests.test_commands import run as command
from tests.toy.conftest import Trained
from tests.toy.experiment import AXIS, EXPERIMENT

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
NOTHING = {
    "apply": "no trained network of an experiment with images",
    "calibration": "tells? (no )?classes apart",
    "compatibility": "has no regions",
    "cutstudy": "has no labels",
    "generate": "No network of .* generates rows",
    "label": "has no labels by hand",
    "lowenergy": "tells? (no )?classes apart",
    "published": "has no analysis 'published'",
    "trigger": "has no analysis 'trigger'",
}
"""What a page says that has nothing of the toy."""


def heading(at: AppTest) -> str:
    (text,) = [text.value for text in at.markdown if text.value.startswith("#### ")]
    return str(text).removeprefix("#### ").split(" :gray")[0].replace(" ", "").lower()


def sentences(at: AppTest) -> str:
    return " ".join(str(part.value) for part in (*at.info, *at.error, *at.warning, *at.caption))


def numbers(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def n_figures(at: AppTest) -> int:
    return len(at.get("plotly_chart"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_or_says_that_there_is_nothing_of_the_kind(page: str, runs_of_showers: Trained) -> None:
    for query in ({"data": "showers"}, *({"run": run} for run in runs_of_showers.values())):
        at = open_app(page, **query)
        assert heading(at) == page
        if page in NOTHING:
            assert re.search(NOTHING[page], sentences(at)), sentences(at)
        else:
            assert not at.error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_where_an_experiment_has_nothing_but_data(
    page: str, showers: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = dataclasses.replace(EXPERIMENT, judging=None, networks={}, analyses={})
    monkeypatch.setitem(EXPERIMENTS, EXPERIMENT.key, bare)
    assert heading(open_app(page, data=showers.name)) == page


def test_the_navigation_offers_what_it_has(registered: None) -> None:
    del registered
    for needed in ("", "networks", "analyses"):
        assert contents.has(EXPERIMENT, needed)
    for needed in ("generating", "by_hand", "labels", "grid", "analyses.rates", "analyses.trigger"):
        assert not contents.has(EXPERIMENT, needed)


def test_a_regression_is_evaluated_in_mev_along_the_axis(
    runs_of_showers: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs.open_run(runs_of_showers["energy"])
    n_test = int((runs.read_rows(run)["split"] == TEST).sum())
    at = open_app("evaluate", run=run.id)
    assert list(numbers(at)) == ["rows", "bias of true_mev [MeV]", "resolution of true_mev [MeV]"]
    assert numbers(at)["rows"] == f"{n_test}"
    assert n_figures(at) == 2
    answer = command(capsys, "evaluate", run.id, "--split", "all")
    assert answer["task"] == "regress"
    outputs = runs.read_outputs(run, "showers")
    showers = open_dataset("showers")
    rows = np.searchsorted(showers.column("uid"), outputs["uid"])
    residual = outputs["true_mev"] - showers.column("true_mev")[rows]
    bias = answer["summary"]["true_mev"]["bias"]
    assert bias["value"] == pytest.approx(float(np.median(residual)), rel=1e-4)
    assert bias["low"] <= bias["value"] <= bias["high"]
    energy = showers.column(AXIS.column)[rows]
    first = (energy >= AXIS.edges[0]) & (energy < AXIS.edges[1])
    assert answer["by_axis"][0]["energy_high_mev"] == pytest.approx(AXIS.edges[1])
    assert answer["by_axis"][0]["bias of true_mev [MeV]"] == pytest.approx(float(np.median(residual[first])), rel=1e-4)
    assert command(capsys, "evaluate", run.id)["summary"]["true_mev"]["resolution"]["n"] == n_test
    for words in (("calibrate", run.id), ("low-energy", run.id), ("baselines", run.id, "showers")):
        assert "has no scores: choose another run" in refused(capsys, *words)
    assert "has no labels, so no cut parts" in refused(capsys, "study-cut", "showers", "--feature", "n_hits")


def test_a_generator_tells_how_many_rows_it_made(runs_of_showers: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    run = runs.open_run(runs_of_showers["showers"])
    at = open_app("evaluate", run=run.id, split="all")
    assert numbers(at)["rows"] == f"{int((runs.read_rows(run)['split'] == TEST).sum()):,}"
    answer = command(capsys, "evaluate", run.id, "--split", "all")
    outputs = runs.read_outputs(run, "showers")
    assert answer["summary"]["the sum of a sample"]["mean"]["value"] == pytest.approx(
        float(outputs["samples"].sum(axis=(1, 2)).mean()), rel=1e-5
    )
    assert sum(row["mean of the sum of a sample n"] for row in answer["by_axis"]) == len(outputs["uid"])


def test_runs_show_their_loss(runs_of_showers: Trained) -> None:
    at = open_app("runs", compared=list(runs_of_showers.values()))
    assert n_figures(at) == 1
    assert "validation" in sentences(at)
    assert "signal" not in sentences(at)
    at = open_app("runs", compared=runs_of_showers["energy"], **{"runs-show": "details"})
    names = [name for table in at.dataframe if "name" in table.value for name in table.value["name"]]
    assert "true_mev.resolution.value" in names


def test_a_training_is_asked_for(runs_of_showers: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    del runs_of_showers
    for module in (control, runner):
        monkeypatch.setattr(module, "ensure_runner", lambda: False)
    at = open_app("train", data="showers")
    assert int(numbers(at)["train sample"]) > int(numbers(at)["test sample"]) > 0
    next(button for button in at.button if button.label.startswith("train ")).click().run()
    (job,) = queue.list_jobs()
    assert (job.kind, job.arguments["network"]) == ("train", "energy")
    assert job.arguments["selection"]["labels"] == ""


def test_a_shower_is_inspected_without_a_label(runs_of_showers: Trained) -> None:
    del runs_of_showers
    at = open_app("inspect", data="showers")
    assert n_figures(at) == 1
    facts = at.dataframe[0].value["of this event"].tolist()
    assert "label" not in facts
    assert "Energy [MeV]" in facts
    assert "label" not in at.dataframe[1].value.columns


def test_a_selection_is_cut_without_labels(runs_of_showers: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    del runs_of_showers
    at = open_app("select", data="showers", cut="energy_low_mev=10")
    n = int((open_dataset("showers").column("energy_mev") >= 10.0).sum())
    assert numbers(at) == {"rows": "200", "inside the cuts": f"{n}"}
    answer = command(capsys, "select", "showers", "--cut", "energy_low_mev=10")
    assert (answer["n_rows"], sum(answer["splits"].values())) == (n, n)


def test_its_analysis_is_drawn_and_printed(runs_of_showers: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    del runs_of_showers
    assert n_figures(open_app("analysis", data="showers")) == 1
    answer = command(capsys, "analyse", "response", "--experiment", "toy", "--data", "showers")
    assert answer["figures"][0]["title"] == "Response"
