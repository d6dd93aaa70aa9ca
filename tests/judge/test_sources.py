"""Which data set, study and run stand beside printed results, and how they are drawn."""

import dataclasses

import pytest

from benchmarks.made_up import made_up_run
from core import runs
from core.analysis.comparison import Comparison, is_wide, pivoted, texts
from core.analysis.comparison_figures import beside
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows import analyse
from core.workflows import cross_training as studies
from core.workflows.analyse import Names
from core.workflows.cross_training import Study
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT = next(iter(EXPERIMENTS.values()))
PUBLISHED = EXPERIMENT.analyses["published"]


def newest(dataset: str = "", run: str = "", study: str = "") -> tuple[str, str, str]:
    """(data set, study, run) that stand beside what was printed."""
    names = analyse.with_newest(EXPERIMENT, PUBLISHED, Names(dataset, run, study))
    inputs = analyse.open_inputs(EXPERIMENT, PUBLISHED, dataclasses.replace(names, study=""))
    assert (inputs.dataset.name if inputs.dataset else "") == names.dataset
    return names.dataset, names.study, names.run


@pytest.fixture
def two(workspace, tmp_path) -> dict[str, str]:
    """Data sets a (with a run) and b; gives the run's id."""
    for name, seed in (("a", 1), ("b", 2)):
        files = EXPERIMENT.simulation.simulate(tmp_path / name, n_events=200 * seed, seed=seed)
        prepare(EXPERIMENT, files, name, default_mapping(EXPERIMENT))
    return made_up_run("a")


def stored(dataset_name: str) -> Study:
    study = Study(
        id=f"20200101-000000-compact-{dataset_name}", title="made up", created_at="2020-01-01T00:00:00Z",
        experiment=EXPERIMENT.key, dataset=dataset_name, rows_key=open_dataset(dataset_name).rows_id, network="compact",
        parameters={}, training={}, selection={}, axes={}, regions=(), runs=(), empty=(),
    )  # fmt: skip
    studies.store(study)
    return study


def test_nothing_is_there_in_an_empty_workspace(workspace):
    assert newest() == ("", "", "")


def test_the_newest_run_names_the_data_set_and_a_study_goes_before_it(two):
    assert newest() == ("a", "", two)
    study = stored("b")
    assert newest() == ("b", study.id, "")
    assert newest("a") == ("a", "", two)
    assert newest(study=study.id)[0] == "b"


def test_without_runs_it_is_the_largest_data_set(two):
    runs.delete(two)
    assert newest()[0] == "b"


def test_what_does_not_belong_together_is_refused(two):
    study = stored("b")
    with pytest.raises(DarkroomError, match="is of data set 'b', not of 'a'"):
        newest("a", study=study.id)
    with pytest.raises(DarkroomError, match="There is no run 'nowhere'"):
        newest("a", run="nowhere")


def rows() -> list[Comparison]:
    return [
        Comparison("t", "one", "x", 10, 10, 8.0, 12.0, ours=7, run="r", low=5.0, high=9.5, n=7),
        Comparison("t", "two", "x", 20, comparable=False, ours=30, run="r", low=28.0, high=33.0, n=30),
        Comparison("t", "three", "x", "(3, 2)", "(3, 2)"),
    ]


def test_the_figure_has_both_numbers_with_their_intervals():
    figure = beside(rows(), "x")
    printed, ours, pale = figure.data
    assert list(printed.y) == [10.0, 20.0]
    assert (list(printed.error_y.array), list(printed.error_y.arrayminus)) == ([2.0, 0.0], [2.0, 0.0])
    assert (list(ours.y), list(ours.error_y.array), list(ours.error_y.arrayminus)) == ([7.0], [2.5], [2.0])
    assert list(pale.y) == [30.0]
    assert pale.marker.symbol == "circle-open"
    assert list(figure.layout.xaxis.ticktext) == ["one", "two", "three"]


def test_a_long_table_is_labelled_here_and_there():
    many = [Comparison("t", f"row {i}", "x", i) for i in range(80)]
    axis = beside(many, "x").layout.xaxis
    assert list(axis.ticktext) == [f"row {i}" for i in axis.tickvals]
    assert 10 <= len(axis.tickvals) <= 16


def test_texts_are_as_printed_and_a_pivot_keeps_the_places():
    first, second, third = rows()
    assert texts(first)["ours"] == "7 [5.0, 9.5]"
    assert texts(second)["recomputed"] == "–"
    assert texts(third)["printed"] == "(3, 2)"
    assert texts(Comparison("t", "r", "c", 99.6, decimals=2))["printed"] == "99.60"
    assert not is_wide(rows())
    assert [row["x"] for row in pivoted(rows(), "printed")] == ["10", "20", "(3, 2)"]
