"""Page Evaluate of a generator: all of them in one table with the truth, the rows a judge is surest about, and who was not judged."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import parameters, runs
from core.data.dataset import open_dataset
from core.jobs import control
from core.judge.generation import judges, pairs
from core.registry import EXPERIMENTS
from core.workflows import analyse
from core.workflows.analyse import Names
from pages.evaluate import quality
from tests.pages.opening import open_app
from tests.zdc.conftest import trained as trained

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
EXPERIMENT = EXPERIMENTS["zdc"]
FEW = {"n_rows": 0, "has_network": False, "fpd_rows": 100, "kpd_rows": 100, "neighbour_rows": 10, "queries": 10}


@pytest.fixture
def judged(trained: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A workspace of one's own with a report on one of the two generators; the runs by network."""
    shutil.copytree(Path(runs.runs_folder()).parent, tmp_path / "workspace")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(judges, "FEWEST_ROWS", 30)
    analysis, names = EXPERIMENT.analyses["quality"], Names(dataset="few", run=trained["vae"])
    values = parameters.build(analysis.parameters, FEW)
    report = analysis.run(analyse.open_inputs(EXPERIMENT, analysis, names), values, lambda *_: None)
    analyse.store(analyse.key_of(EXPERIMENT, "quality", names, values), report)
    return trained


def texts(at: AppTest) -> str:
    return " ".join(str(part.value) for part in (*at.caption, *at.info, *at.warning, *at.error))


def test_generators_stand_in_one_table_with_the_truth_in_its_last_line(judged: dict[str, str]) -> None:
    at = open_app("evaluate", run=judged["default"])
    table = at.dataframe[0].value
    assert table["generator"].tolist() == ["vae", "truth"]
    assert (
        table["parameters"].iloc[0] == pytest.approx(float(table["parameters"].iloc[0]))
        and table["run"].iloc[0] == judged["vae"]
    )
    assert f"Not judged on few: {judged['default']}" in texts(at)
    at.button(key="judge-missing").click().run()
    assert not at.exception
    (job,) = control.list_jobs()
    assert (job.kind, job.arguments["analysis"], job.arguments["names"]["run"]) == (
        "analysis",
        "quality",
        judged["default"],
    )


def test_the_line_of_a_generator_opens_the_rows_that_a_judge_is_surest_about(
    judged: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticked = {"selection": {"rows": [0]}}
    original = quality.st.dataframe
    monkeypatch.setattr(
        quality.st,
        "dataframe",
        lambda *a, **k: (original(*a, **k), ticked)[1] if k.get("key") == "generators" else original(*a, **k),
    )
    at = open_app("evaluate", run=judged["vae"])
    assert "No judge was asked" not in texts(at)
    assert len(at.get("plotly_chart")) == 3, "the rows, and two figures of the run"
    links = [link.proto.query_string for link in at.get("page_link")]
    of_run = next(part for part in analyse.stored_values() if part["run"] == judged["vae"])
    row = of_run["judges"]["hard"]["most_fake"][0]["row"]
    dataset, run = open_dataset("few"), runs.open_run(judged["vae"])
    place = pairs.place_among_unseen(dataset, run, tuple(run.provenance["ranges"]), row)
    assert any(f"event={place}" in link for link in links)
    assert pairs.unseen_rows(dataset, [run], ["true_energy_gev"])[place] == row


def test_a_bin_without_generated_rows_is_empty_not_a_failure(trained: dict[str, str]) -> None:
    at = open_app("evaluate", run=trained["vae"])
    assert not at.error
    lines = at.dataframe[-1].value
    assert lines["mean of the sum of a sample [MeV]"].iloc[-1] == "–"
