"""The page of printed results: its numbers are the core's, everything is there without data, and what is ours is named."""

from types import SimpleNamespace

import pytest

from core import runs
from core.analysis import comparison
from core.analysis.analysis import Inputs, silent
from core.data.dataset import delete_dataset, list_datasets
from core.jobs import warm
from core.registry import EXPERIMENTS
from core.workflows import analyse, scaled_sample
from core.workflows.analyse import Names
from pages.published import sources as compared
from tests.pages.opening import open_app

EXPERIMENT = next(iter(EXPERIMENTS.values()))
PUBLISHED = EXPERIMENT.analyses["published"]
PRINTED = PUBLISHED.run(Inputs(), PUBLISHED.parameters(), silent).result


def tallied(at) -> list[str]:
    return [metric.value for metric in at.metric]


def wanted(table: str, inputs: Inputs) -> list[str]:
    rows = PUBLISHED.run(inputs, PUBLISHED.parameters(), silent).result.of_table(table)
    tally = comparison.tally(rows)
    return [f"{n:,}" for name, n in tally.items() if name not in ("rows", comparison.NO_COMPARISON)]


@pytest.mark.parametrize("table", PRINTED.tables)
def test_every_table_is_shown_with_the_counts_of_the_core(opened, few, table):
    at = opened("published", table=table, run=few)
    assert tallied(at) == wanted(table, analyse.open_inputs(EXPERIMENT, PUBLISHED, Names("few", few)))
    assert f"core published --data few --run {few}" in at.code[0].value
    assert any("simulated" in c.value for c in at.caption)


def test_without_any_data_the_printed_numbers_are_there(few):
    for run in runs.list_runs():
        runs.delete(run.id)
    for name in list_datasets():
        delete_dataset(name)
    at = open_app("published")
    assert tallied(at) == wanted("cnn_compatibility", Inputs())
    assert at.code[0].value == "python -m core published"


def test_the_misprint_is_all_that_is_left_of_the_long_table_where_only_flagged_rows_are_asked_for(opened, few):
    at = opened("published", table="dnn_efficiency", flagged="true", run="none")
    shown = at.dataframe[0].value
    assert list(shown["row"]) == ["signal 4.5 keV, second copy"]
    assert list(shown["0.600"]) == ["1"]


def test_the_list_of_what_does_not_add_up_holds_every_title(opened, few):
    at = opened("published", show="what does not add up")
    text = " ".join(m.value for m in at.markdown)
    for inconsistency in PRINTED.inconsistencies:
        assert inconsistency.title in text


@pytest.mark.parametrize("table", ["cnn_compatibility", "dnn_efficiency", "cnn_settings"])
def test_figures_are_drawn_where_there_are_numbers(opened, few, table):
    at = opened("published", table=table, show="figure")
    assert not at.exception
    assert any("Squares: as printed" in c.value for c in at.caption)


def test_the_button_says_what_it_costs_and_queues_the_job(opened, few, monkeypatch):
    submitted = []
    monkeypatch.setattr(scaled_sample, "submit", lambda of, fraction: submitted.append((of.key, fraction)))
    at = opened("published")
    cost = EXPERIMENT.simulation.scaled.cost(0.1)
    assert any(f"{cost['n_events']:,.0f} simulated events" in c.value and "GB" in c.value for c in at.caption)
    next(b for b in at.button if b.label.endswith("seed-10")).click().run()
    assert submitted == [(EXPERIMENT.key, 0.1)]


def test_our_networks_are_asked_of_the_warm_process(opened, few, monkeypatch):
    compared.built.clear()
    layer = {"name": "dense_1", "output_shape": [None, 768], "parameters": 6_267_648}
    answer = SimpleNamespace(is_done=True, error="", waited_s=0.0, result={"networks": {"dense": {"layers": [layer]}}})
    monkeypatch.setattr(warm, "submit", lambda _request: answer)
    at = opened("published", table="dnn_layers", run="none")
    assert "missing" in set(at.dataframe[0].value["verdict"])
    next(b for b in at.button if b.label == "build our networks").click().run()
    assert not at.exception
    shown = at.dataframe[0].value
    ours = shown[(shown["row"] == "dense_1") & (shown["column"] == "parameters")]
    assert list(ours["verdict"]) == ["agrees"]
    assert list(ours["run"]) == ["code"]
    compared.built.clear()


def test_a_failed_building_stays_said_and_is_asked_again_only_by_the_button(opened, few, monkeypatch):
    compared.built.clear()
    forgotten = []
    failed = SimpleNamespace(is_done=True, error="The process has died.", waited_s=0.0, result={})
    monkeypatch.setattr(warm, "submit", lambda _request: failed)
    monkeypatch.setattr(warm, "forget", forgotten.append)
    at = opened("published")
    next(b for b in at.button if b.label == "build our networks").click().run()
    n_forgotten = len(forgotten)
    for _ in range(2):
        at.run()
        assert not at.exception
        assert "The process has died." in at.error[0].value
    assert len(forgotten) == n_forgotten
    next(b for b in at.button if b.label == "build our networks").click().run()
    assert len(forgotten) == n_forgotten + 1
