"""The page that judges a run: the numbers are the core's, a cell opens exactly its events, missing scores are told."""

import pytest

from core import manifest, outputs, runs
from core.data.dataset import open_dataset
from core.jobs import control
from core.judge import evaluation_report
from core.judge.judged_sample import judge_run
from core.judge.paired import compare_run
from core.registry import EXPERIMENTS
from core.workflows import baselines_job
from core.workflows.scored import open_scored

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture
def judged(few):
    """The core's judgement of the made-up run."""
    scored = open_scored(runs.open_run(few), EXPERIMENT, open_dataset("few"))
    return lambda **options: judge_run(scored, **options)


def numbers(at) -> list[tuple[str, str]]:
    return [(m.value, m.delta) for m in at.metric]


def wanted(evaluation) -> list[tuple[str, str]]:
    return [(n.value, n.detail) for n in evaluation_report.key_numbers(evaluation)]


def test_key_numbers_are_those_of_the_core(opened, few, judged):
    at = opened("evaluate", run=few)
    assert [m.label for m in at.metric][2] == "harmonic efficiency"
    assert "what the slides call F1" in at.metric[2].help
    assert numbers(at) == wanted(judged(threshold=0.5))


def test_a_link_gives_threshold_split_and_labels(opened, few, judged):
    at = opened("evaluate", run=few, threshold="0.6", split="all", scheme="coincidence")
    assert numbers(at) == wanted(judged(threshold=0.6, which_split="all", scheme="coincidence"))
    assert f"core evaluate {few} --threshold 0.6 --split all --labels coincidence" in at.code[0].value


def test_a_typed_threshold_moves_the_slider_and_back(opened, few, judged):
    at = opened("evaluate", run=few)
    at.number_input(key="threshold-typed").set_value(0.73).run()
    assert at.slider(key="threshold").value == 0.73
    assert numbers(at) == wanted(judged(threshold=0.73))
    at.slider(key="threshold").set_value(0.4).run()
    assert at.number_input(key="threshold-typed").value == 0.4


@pytest.mark.parametrize("tab", ["efficiency by energy", "ROC", "score spectra", "energy x score", "baselines"])
def test_every_figure_is_drawn(opened, few, tab):
    at = opened("evaluate", run=few, show=tab)
    assert not at.exception
    if tab == "baselines":
        rows = at.dataframe[3].value
        assert set(rows["labels"]) == {
            name for name, scheme in EXPERIMENT.labels.schemes.items() if not scheme.is_own and name != "hand"
        }
        assert {"network"} < set(rows["classifier"])


def test_baselines_are_those_of_the_core(opened, few):
    at = opened("evaluate", run=few, show="baselines", scheme="truth", split="all")
    compared = compare_run(open_scored(runs.open_run(few), EXPERIMENT, open_dataset("few")), 0.5, "all", "truth")
    assert compared.methods == ["network", "nmt500", "box cut", "bound"]
    assert at.dataframe[0].value.to_dict("records") == evaluation_report.leakage_rows(compared)
    assert at.dataframe[1].value.to_dict("records") == evaluation_report.threshold_rows(compared)
    assert list(at.dataframe[2].value["method"]) == compared.methods


def test_the_trees_scores_are_made_by_a_job(opened, few, monkeypatch):
    at = opened("evaluate", run=few, show="baselines")
    assert any("Left out of the baselines" in c.value and "trees" in c.value for c in at.caption)
    next(b for b in at.button if b.label == "make the trees' scores").click().run()
    (job,) = [j for j in control.list_jobs() if j.kind == "baselines"]
    assert job.arguments == {"run": few, "dataset": "few"}
    baselines_job.make(runs.open_run(few), open_dataset("few"))  # what the job does
    at = opened("evaluate", run=few, show="baselines")
    assert "trees" in list(at.dataframe[0].value["method"])
    assert "make the trees' scores" not in [b.label for b in at.button]


def test_a_cell_named_by_keyboard_opens_as_many_events_as_it_holds(opened, few, judged):
    table = judged(threshold=0.5, which_split="test").tables["signal"]
    row, column = divmod(int(table.counts.argmax()), table.counts.shape[1])
    n = int(table.counts[row, column])
    assert n > 1
    at = opened("evaluate", run=few, show="energy x score")
    at.selectbox(key="cell-row").select_index(row)
    at.selectbox(key="cell-column").select_index(column + 1)
    next(b for b in at.button if b.label == "open signal events").click().run()
    assert not at.exception
    assert any(f"of the {n:,} events that pass the filter" in c.value for c in at.caption)


def test_notes_and_downloads_are_there(opened, few):
    at = opened("evaluate", run=few)
    assert any("Intervals are statistical" in c.value for c in at.caption)
    assert {b.label for b in at.get("download_button")} >= {"csv", "tex", "json", "report"}


def test_missing_scores_are_made_by_a_job(opened, few, monkeypatch):
    submitted = []
    path = runs.open_run(few).path
    manifest.drop(path, outputs.files(path, "few"))

    def submit(kind, title, arguments):
        submitted.append((kind, arguments))
        return control.queue.submit(kind, title, arguments)

    monkeypatch.setattr(control, "submit", submit)
    at = opened("evaluate", run=few)
    assert "has no scores of data set 'few'" in at.info[0].value
    next(b for b in at.button if b.label.startswith("score the data set")).click().run()
    assert submitted == [("predict", {"run": few, "dataset": "few"})]
    assert not at.exception


def test_without_a_run_the_page_says_where_to_train(opened):
    for run in runs.list_runs():
        runs.delete(run.id)
    at = opened("evaluate")
    assert "no trained network yet" in at.info[0].value
    assert not at.metric
