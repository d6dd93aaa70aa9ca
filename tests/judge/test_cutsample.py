"""Cut studies of a data set: what is chosen on and quoted on never overlap, and the training events serve neither."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.made_up import made_up_run
from core.__main__ import main
from core.data.dataset import open_dataset
from core.data.splits import TRAIN
from core.errors import DarkroomError
from core.judge import cutsample, cutstudy_report
from core.registry import EXPERIMENTS
from core.runs import open_run
from core.selection.selection import preset, select
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("cutsample")))
        files = EXPERIMENT.simulation.simulate(tmp_path_factory.mktemp("raw"), n_events=900, seed=4)
        prepare(EXPERIMENT, files, "few", default_mapping(EXPERIMENT))
        yield made_up_run("few")


def events_of(run_id: str | None) -> cutsample.CutSample:
    dataset = open_dataset("few")
    scored = open_scored(open_run(run_id), EXPERIMENT, dataset) if run_id else None
    selection = scored.selection if scored else preset(EXPERIMENT.selecting, next(iter(EXPERIMENT.selecting.presets)))
    return cutsample.sample(select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, selection), scored)


@pytest.mark.parametrize("has_run", [True, False])
def test_what_is_chosen_on_is_not_quoted_on(run: str, has_run: bool) -> None:
    events = events_of(run if has_run else None)
    assert events.chosen.any()
    assert events.quoted.any()
    assert not (events.chosen & events.quoted).any()
    if has_run:
        assert not (events.split[events.chosen | events.quoted] == TRAIN).any()
        assert np.isfinite(events.score).all()


def test_a_cut_is_quoted_as_plain_counting_says(run: str) -> None:
    events = events_of(run)
    quoted = cutsample.quote(events, cutsample.move(events, ["nmt500_us", "es"], ["above", "below"]), (0.1, 0.8), 0.5)
    passed = ((events.column("nmt500_us") >= np.float32(0.1)) & (events.column("es") < np.float32(0.8)))[events.quoted]
    labels, network = events.labels[events.quoted], events.score[events.quoted] >= 0.5
    assert quoted.points["cut"].signal.k == int((passed & (labels == 1)).sum())
    assert quoted.points["cut and network"].background.k == int((~(passed & network) & (labels == 0)).sum())
    assert len(cutstudy_report.combined_rows(quoted)) == 4


def test_by_energy_the_cut_adds_up_to_the_whole(run: str) -> None:
    events = events_of(run)
    quoted = cutsample.quote(events, cutsample.move(events, ["nmt500_us"]))
    energy = next(column for column in EXPERIMENT.table.columns if column.name == EXPERIMENT.judging.axis.column)
    for by in (energy, None):
        tables, _ = cutstudy_report.by_quantity(events, quoted, by)
        counted = tables["signal"]
        assert sum(row.k for row in counted.rows) + counted.n_outside >= quoted.points["cut"].signal.k
        assert sum(row.n for row in counted.rows) + counted.n_outside == quoted.points["cut"].signal.n


def test_the_columns_of_a_scan_hold_every_position(run: str) -> None:
    events = events_of(run)
    moved = cutsample.move(events, ["nmt500_us", "es"])
    columns = cutstudy_report.scan_columns(moved)
    assert {len(column) for column in columns.values()} == {60 * 60}


def test_what_cannot_be_studied_is_refused_in_a_sentence(run: str) -> None:
    events = events_of(run)
    with pytest.raises(DarkroomError, match="expected one, or two different ones"):
        cutsample.move(events, ["es", "es"])
    with pytest.raises(DarkroomError, match="expected above, below or auto"):
        cutsample.move(events, ["es"], ["sideways"])
    with pytest.raises(DarkroomError, match="expected numbers above 0"):
        cutsample.move(events, ["es"], expected=(0.0, 5.0))
    with pytest.raises(DarkroomError, match="expected numbers above 0"):
        cutsample.move(events, ["es"], expected=(1.0, float("nan")))
    with pytest.raises(DarkroomError, match="is to be quoted at nan: expected numbers"):
        cutsample.quote(events, cutsample.move(events, ["es"]), (float("nan"),))
    with pytest.raises(DarkroomError, match="'threshold' is nan"):
        cutsample.quote(events, cutsample.move(events, ["es"]), threshold=float("nan"))
    with pytest.raises(DarkroomError, match="expected one of harmonic"):
        cutsample.move(events, ["es"], merit="best")
    with pytest.raises(DarkroomError, match="expected 1, one per feature"):
        cutsample.quote(events, cutsample.move(events, ["es"]), (0.1, 0.2))


def test_the_command_gives_the_same_numbers(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study-cut", "few", "--feature", "nmt500_us", "--run", run, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    events = events_of(run)
    moved = cutsample.move(events, ["nmt500_us"])
    assert answer["optimum"] == moved.best.to_dict()
    assert answer["quoted"]["cut"]["signal_efficiency"]["k"] == cutsample.quote(events, moved).points["cut"].signal.k
    assert {row["class"] for row in answer["correlations"]} == {"all", "signal", "background"}
    assert main(["study-cut", "few", "--feature", "colour"]) == 2
    assert "no feature 'colour'" in capsys.readouterr().err
