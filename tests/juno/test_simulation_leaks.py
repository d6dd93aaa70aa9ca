"""What must not tell the class does not: total charge, charge at a place, place, direction, dark hits, each alone."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from core.juno.events import Events
from core.juno.simulate import SimulationParameters, geometry_of, simulate_events
from core.statistics.roc import auc

EPEM = SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0)
MANY_MEV = SimulationParameters()
DARK = SimulationParameters(light_yield_pe_per_mev=0.0)
# little light, so that it is quick: what is matched is the same
TRACKS = SimulationParameters(task="mue", energies_mev=(300.0,), light_yield_pe_per_mev=30.0)
LONG = dataclasses.replace(TRACKS, energies_mev=(2000.0,), light_yield_pe_per_mev=10.0)
N = {EPEM: 800, MANY_MEV: 300, DARK: 800, TRACKS: 600, LONG: 600}


@cache
def events_of(parameters: SimulationParameters) -> Events:
    return simulate_events(N[parameters], 6, parameters)


def radius_m(events: Events, name: str) -> np.ndarray:
    return np.sqrt(sum(events.truth[f"true_{name.format(a)}"] ** 2 for a in "xyz"))


def charge(events: Events) -> np.ndarray:
    return np.array([q.sum() for q in events.charge_pe], dtype=float)


def mean_time_ns(events: Events) -> np.ndarray:
    """Of the hits; of events that are summed up, of the sensors' means."""
    summed_up = events.count.lengths > 0
    return np.array([(events.mean_ns if sums else events.time_ns).item(i).mean() for i, sums in enumerate(summed_up)])


def charge_centre_m(events: Events, parameters: SimulationParameters) -> np.ndarray:
    position_m = geometry_of(parameters).position_m
    pairs = zip(events.charge_pe, events.pmt, strict=True)
    return np.array([np.linalg.norm(q @ position_m[pmt]) / q.sum() for q, pmt in pairs])


def assert_tells_nothing(values: np.ndarray, events: Events, pick: np.ndarray | slice = slice(None)) -> None:
    """The AUC of `values` has 0.5 in its interval, one of a thousand."""
    area = auc(values[pick], events.truth["truth_class"][pick] > 0, level=0.999)
    assert area.low < 0.5 < area.high
    assert area.high - area.low < 0.4


@pytest.mark.parametrize("parameters", N, ids=["2 MeV", "1.5-10 MeV", "dark hits", "300 MeV", "2 GeV"])
def test_charge_and_place_tell_nothing(parameters: SimulationParameters) -> None:
    events = events_of(parameters)
    assert_tells_nothing(charge(events), events)
    assert_tells_nothing(charge(events) / events.truth["true_energy_mev"], events)
    assert_tells_nothing(charge_centre_m(events, parameters), events)
    place = "edep_{}_m" if parameters.task == "mue" else "{}_m"
    assert_tells_nothing(radius_m(events, place), events)
    for axis in "xyz":
        assert_tells_nothing(events.truth[f"true_{place.format(axis)}"], events)
        assert_tells_nothing(events.truth[f"true_dir_{axis}"], events)
    assert_tells_nothing(mean_time_ns(events), events)
    place_along = sum(events.truth[f"true_{place.format(a)}"] * events.truth[f"true_dir_{a}"] for a in "xyz")
    assert_tells_nothing(np.abs(place_along), events)


@pytest.mark.parametrize("parameters", [EPEM, TRACKS, LONG], ids=["2 MeV", "300 MeV", "2 GeV"])
def test_charge_at_a_radius_tells_nothing(parameters: SimulationParameters) -> None:
    events = events_of(parameters)
    r = radius_m(events, "edep_{}_m" if parameters.task == "mue" else "{}_m")
    outer = np.quantile(r, 0.67)
    for low, high in ((0.0, np.quantile(r, 0.33)), (np.quantile(r, 0.33), outer), (outer, 20.0)):
        assert_tells_nothing(charge(events), events, (r >= low) & (r < high))


def test_a_leak_would_be_seen() -> None:
    parameters = dataclasses.replace(LONG, equal_light=False)
    events = simulate_events(300, 6, parameters)
    outer = radius_m(events, "edep_{}_m") > 13.5
    assert auc(charge(events)[outer], events.truth["truth_class"][outer] > 0).high < 0.5


def test_dark_hits_alone_tell_nothing() -> None:
    events = events_of(DARK)
    assert_tells_nothing(events.n_hits.astype(float), events)
    assert_tells_nothing(np.array([t.mean() for t in events.time_ns]), events)
    assert_tells_nothing(np.array([t.min() for t in events.time_ns]), events)


def test_classes_and_energies_are_equal_in_number() -> None:
    parameters = SimulationParameters(task="mue", energies_mev=(50.0, 100.0, 200.0), light_yield_pe_per_mev=0.0)
    truth = simulate_events(12, 2, parameters).truth
    pairs = sorted(zip(truth["truth_class"].tolist(), truth["true_energy_mev"].tolist(), strict=True))
    assert pairs == sorted(2 * [(k, e) for k in (0, 2) for e in (50.0, 100.0, 200.0)])


def test_energies_are_uniform() -> None:
    truth = simulate_events(400, 2, DARK).truth
    energy = np.sort(truth["true_energy_mev"])
    np.testing.assert_allclose(energy, np.linspace(1.5, 10.0, 400), atol=8.5 * 1.7 / np.sqrt(400))
    assert truth["truth_class"].mean() == 0.5
