"""The analysis of shower shapes on a prepared data set: tables, figures and notes, of truth alone and beside generated showers."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.analysis.analysis import Inputs, silent
from core.data.dataset import Dataset, open_dataset, read_array
from core.errors import DarkroomError
from core.judge.report import Report
from core.judge.report_files import csv_of_columns
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.zdc.experiment import EXPERIMENT
from core.zdc.profiles import report as shapes
from core.zdc.profiles.report import PROFILES, ProfileParameters
from core.zdc.simulate import SimulationParameters, simulate

TWO_BINS = ProfileParameters(edges_gev=(2.0, 10.0, 40.0))


def _fill(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        files = simulate(folder / "raw", 1000, 9, SimulationParameters(energy_high_gev=40.0))
        prepare(EXPERIMENT, files, "shapes", default_mapping(EXPERIMENT))


@pytest.fixture
def dataset(once: Callable[[str, Callable[[Path], None]], Path], monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """1,000 electrons of 2 to 40 GeV in ten files. Not to be written to."""
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(once("zdc-shapes", _fill) / "workspace"))
    return open_dataset("shapes")


def run(dataset: Dataset, scored: Any = None, p: ProfileParameters = TWO_BINS) -> Report:
    return PROFILES.run(Inputs(dataset=dataset, scored=scored), p, silent)


def rows_of(answer: Report, title: str) -> list[dict[str, Any]]:
    (table,) = (table for table in answer.tables if table.title == title)
    return [dict(row) for row in table.rows]


def generated(dataset: Dataset, factor: float) -> SimpleNamespace:
    """What a generator gave for every other row: the truth without cells below `factor` MeV."""
    rows = np.arange(0, dataset.n_rows, 2)
    cells = read_array(dataset, "cells_mev", rows)
    samples = np.where(cells > factor, cells, np.float32(0.0))
    return SimpleNamespace(rows=rows, outputs={"samples": samples}, run=SimpleNamespace(id="g"))


def test_both_profiles_of_truth(dataset: Dataset) -> None:
    answer = run(dataset)
    by_depth, by_distance = rows_of(answer, "Longitudinal fits"), rows_of(answer, "Transverse fits")
    assert sum(row["showers"] for row in by_depth) == sum(row["showers"] for row in by_distance) == 1000
    for row in by_depth:
        assert row["fitted"] == row["showers"]
        assert row["E0 / E"].value == pytest.approx(0.997, abs=0.003)
        assert row["T0 - GFlash [X0]"].value == pytest.approx(0.05, abs=0.15)
    assert by_depth[0]["T0 [X0]"].high < by_depth[1]["T0 [X0]"].low
    for row in by_distance:
        assert row["R_C [mm]"].low < 2.56 < row["R_C [mm]"].high + 0.1
        assert row["R_T [mm]"].value == pytest.approx(16.9, abs=0.8)
    assert any("dE/dt: the slide writes dE/dr" in note for note in answer.notes)
    assert any("An image has no depth" in note for note in answer.notes)
    for figure in answer.figures:
        assert csv_of_columns(figure.columns).count("\n") > 1
        assert len(figure.figure.data)


def test_generated_showers_beside_the_truth_of_the_same_rows(dataset: Dataset) -> None:
    """Where the generator is the truth, so are its radii; where faint cells are lost, the tail is too short."""
    same = rows_of(run(dataset, generated(dataset, 0.0)), "Transverse fits")
    truth, copies = (
        [row["R_T [mm]"] for row in same if row["sample"] == name] for name in (shapes.TRUTH, shapes.GENERATED)
    )
    assert truth == copies
    assert sum(interval.n for interval in truth) == 500
    cut = rows_of(run(dataset, generated(dataset, 5.0)), "Transverse fits")
    short = [row["R_T [mm]"] for row in cut if row["sample"] == shapes.GENERATED]
    assert short[0].high < truth[0].low
    answer = run(dataset, generated(dataset, 0.0))
    assert {*answer.figures[-1].columns["sample"]} == {"truth", "generated"}
    assert len(rows_of(answer, "Longitudinal fits")) == 2


def test_few_rows_are_taken_evenly(dataset: Dataset) -> None:
    answer = run(dataset, p=dataclasses.replace(TWO_BINS, n_showers=250))
    assert answer.notes[0] == "250 of 1,000 showers of 'shapes' (simulated)."
    assert sum(row["showers"] for row in rows_of(answer, "Longitudinal fits")) == 250


def test_without_depths_and_impacts(dataset: Dataset) -> None:
    """Of a file of images alone: the centre of gravity stands for the impact, and no radius is fitted."""
    known = shapes.read(dataset, np.arange(1000), None, TWO_BINS, silent)
    answer = shapes.report(
        dataset, dataclasses.replace(known, is_impact=False, depth_mev=np.empty((1000, 0))), TWO_BINS, 1000
    )
    assert any("No depth is known" in note for note in answer.notes)
    assert any("distances are from the centre of gravity" in note for note in answer.notes)
    assert [table.title for table in answer.tables] == ["Transverse fits"]
    assert not any(np.isfinite(row["R_T [mm]"].value) for row in rows_of(answer, "Transverse fits"))
    assert len(answer.figures[0].columns["share"]) == 150
    assert not answer.numbers


def test_energies_without_showers(dataset: Dataset) -> None:
    answer = run(dataset, p=ProfileParameters(edges_gev=(200.0, 300.0)))
    assert (answer.tables, answer.figures, answer.numbers) == ((), (), ())
    assert "Fewer than 10 showers lie in any of the energies (200.0, 300.0) GeV" in answer.notes[-1]


def test_refusals(dataset: Dataset) -> None:
    with pytest.raises(DarkroomError, match="Run 'c' has generated no showers of 'shapes'"):
        run(dataset, SimpleNamespace(run=SimpleNamespace(id="c"), score=np.zeros(3)))
    with pytest.raises(DarkroomError, match="expected two edges or more, ascending"):
        dataclasses.replace(TWO_BINS, edges_gev=(5.0, 1.0)).check()
