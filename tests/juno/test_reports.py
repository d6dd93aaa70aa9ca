"""The analyses of a small simulated data set: numbers with intervals, and refusals that say what to do."""

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.analysis.analysis import Inputs, silent
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.juno.epem import derived
from core.juno.epem import report as epem_report
from core.juno.epem.report import BOUND, POSITRONS, PositronParameters
from core.juno.experiment import EXPERIMENT
from core.juno.vertex import report as vertex_report
from core.juno.vertex.report import CENTRE, FIT, RECONSTRUCTION, ReconstructionParameters
from core.selection.selection import select


def inputs(dataset: Dataset | None, **more: Any) -> Inputs:
    selecting = functools.partial(select, EXPERIMENT.selecting, EXPERIMENT.labels, dataset) if dataset else None
    return Inputs(dataset=dataset, select=selecting, **more)


def test_vertex_and_energy_beside_the_truth(epem: Dataset) -> None:
    report = RECONSTRUCTION.run(inputs(epem), ReconstructionParameters(), silent)
    assert report.values["distance_cm"]["value"] < 15.0
    distances = {(row["method"], row["true energy [MeV]"]): row["distance [cm]"] for row in report.tables[0].rows}
    assert distances[FIT, "1.5-2.5"].high < distances[CENTRE, "1.5-2.5"].low
    response = report.values["response"]
    assert response["light_yield_pe_per_mev"] == pytest.approx(1400.0, rel=0.1)
    assert 1.1 < response["centre_k"] < 1.4
    assert len(response["radius_m"]) == len(response["light"]) == vertex_report.NODES
    assert sum(number.label == "pull" for number in report.numbers) == 1


def test_methods_stand_beside_the_bound(epem: Dataset) -> None:
    report = POSITRONS.run(inputs(epem), PositronParameters(test_fraction=0.5), silent)
    areas = report.values["auc"]
    assert areas[BOUND]["value"] > 0.8
    assert areas["linear, times as they are"]["value"] < areas["linear, fitted vertex"]["value"]
    n_test = sum(areas[BOUND][n] for n in ("n_signal", "n_background"))
    assert 60 <= n_test <= 90
    assert report.tables[0].rows[-1]["energy [MeV]"] == "all"


def test_two_networks_are_compared_on_the_same_events() -> None:
    labels = np.tile([0, 1], 50)
    perfect, by_chance = labels + 1e-3 * np.arange(100), np.random.default_rng(2).random(100)
    first, *_, last = epem_report.NETWORKS
    (row,) = epem_report.paired({first: perfect, last: by_chance}, labels)
    assert row["right: first [%]"] > 60.0
    assert row["n"] == 100
    assert row["only first right"] - row["only second right"] == round(
        row["right: first [%]"] - row["right: second [%]"]
    )
    assert epem_report.paired({first: perfect}, labels) == []


def test_ratios_are_a_derived_column(epem: Dataset) -> None:
    done = []
    values, facts = derived.DERIVED[derived.BOUND].compute(epem, None, lambda n, total: done.append((n, total)))
    assert isinstance(values, np.ndarray)
    assert values.shape == (epem.n_rows,)
    assert facts == {"vertex": "true"}
    assert done[-1] == (epem.n_rows, epem.n_rows)
    kind = epem.column("truth_class")
    assert np.median(values[kind == 1]) > 0.0 > np.median(values[kind == 0])


def test_without_truth_there_is_nothing_to_compare() -> None:
    for analysis, parameters in ((RECONSTRUCTION, ReconstructionParameters()), (POSITRONS, PositronParameters())):
        with pytest.raises(DarkroomError, match="simulated"):
            analysis.run(inputs(None), parameters, silent)


def test_edges_must_ascend() -> None:
    with pytest.raises(DarkroomError, match="ascending"):
        replace(ReconstructionParameters(), edges_mev=(2.0, 1.0)).check()


def test_trainings_differ_in_what_they_compare_only() -> None:
    trainings = epem_report.trainings(PositronParameters())
    assert len({str(t.selection) for t in trainings.values()}) == 1
    assert {t.network for t in trainings.values()} == {"compact", "points"}
    for training in (*trainings.values(), *vertex_report.trainings(ReconstructionParameters()).values()):
        network = EXPERIMENT.networks[training.network]
        network.parameters(**training.parameters)
