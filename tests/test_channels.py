"""Dead and hot channels from known truth, the map's geometry, and the command of it."""

import numpy as np
import pytest

from core.data.channels import Channels, DetectorMap, Hits, hits_of, number_of
from core.errors import DarkroomError
from core.figures import detector_map
from core.juno.views.projection import mollweide
from core.statistics.channel_states import ALIVE, ALPHA, DEAD, HOT, states

SIDE = 20
PLACE = np.stack([axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE))], axis=1).astype(float)
KIND = np.zeros(len(PLACE), int)


def grid(live_s: float = 3600.0) -> Channels:
    names = tuple(f"cell {i}" for i in range(len(PLACE)))
    return Channels(names, PLACE, np.full(len(PLACE), 8), PLACE, KIND, ("cell",), np.full(len(PLACE), live_s))


def test_a_dead_and_a_hot_channel_are_marked_and_no_other():
    generator = np.random.default_rng(5)
    counts = generator.poisson(30.0, len(PLACE))
    counts[[0, 210, 211]] = 0  # a corner, and two beside each other
    counts[105] = 200
    code = states(counts, PLACE, KIND)
    assert np.flatnonzero(code == DEAD).tolist() == [0, 210, 211]
    assert np.flatnonzero(code == HOT).tolist() == [105]


@pytest.mark.parametrize("mean", [0.5, 5.0, 30.0, 1000.0])
def test_of_channels_without_a_fault_few_maps_mark_any(mean):
    generator = np.random.default_rng(7)
    n_maps = 100
    marked = sum(bool((states(generator.poisson(mean, len(PLACE)), PLACE, KIND) != ALIVE).any()) for _ in range(n_maps))
    assert marked <= 3  # 1 is expected at most with ALPHA = 1 %: more than 3 in a hundred has a probability of 2 %
    assert ALPHA == 0.01


def test_a_beam_that_falls_outwards_marks_none():
    distance = np.linalg.norm(PLACE - PLACE.mean(axis=0), axis=1)
    for seed in range(20):
        counts = np.random.default_rng(seed).poisson(2000.0 * np.exp(-distance / 2.0))
        assert (states(counts, PLACE, KIND) == ALIVE).all()


def test_few_events_call_nothing_dead():
    counts = np.full(len(PLACE), 3)
    counts[50] = 0
    assert (states(counts, PLACE, KIND) == ALIVE).all()
    assert states(np.array([0]), np.zeros((1, 2)), np.zeros(1, int)).tolist() == [ALIVE]


def test_only_channels_of_a_kind_are_neighbours():
    counts, kind, place = np.array([0, 0, 0, 100, 100, 100]), np.array([0, 0, 0, 1, 1, 1]), np.arange(6.0)[:, None]
    assert (states(counts, place, kind) == ALIVE).all()
    assert states(counts, np.zeros((6, 1)), np.zeros(6, int)).tolist() == [DEAD] * 3 + [ALIVE] * 3


def test_rates_are_events_per_hour_with_garwoods_interval_or_a_share():
    hits = Hits(np.arange(9), np.zeros(9, int), 9, 9)
    value, low, high, unit = detector_map.rates(grid(1800.0), hits)
    assert (value[0], value[1], unit) == (18.0, 0.0, "events / h")
    assert (low[0], high[0]) == (pytest.approx(2 * 4.115, rel=1e-3), pytest.approx(2 * 17.085, rel=1e-3))
    value, low, high, unit = detector_map.rates(grid(np.nan), hits)
    assert (value[0], unit) == (1.0, "share of events")
    assert low[0] < 1.0 == high[0]


def test_of_many_rows_some_are_taken_evenly_and_it_is_said():
    detector = DetectorMap("t", "e", "sees", lambda _: grid(), lambda _, rows: (rows, rows % 4), n_at_most=10)
    hits = hits_of(detector, None, np.arange(1000))
    assert (hits.n_rows, hits.n_of, hits.row[0], hits.row[-1]) == (10, 1000, 0, 999)
    assert "10 events, taken evenly of 1,000" in detector_map.sentence(detector, grid(), hits)
    with pytest.raises(DarkroomError, match="expected one such as cell 0"):
        number_of(grid(), "<b>")


def test_the_projection_keeps_areas_and_ends_at_its_ellipse():
    direction = np.random.default_rng(1).normal(size=(200_000, 3))
    x, y = mollweide(direction).T
    assert ((x / 2.0) ** 2 + y**2 <= 1.0 + 1e-9).all()
    inside = [np.mean(((x / 2.0) ** 2 + y**2) < radius**2) for radius in (0.3, 0.6, 0.9)]
    assert inside == pytest.approx([0.09, 0.36, 0.81], abs=0.005)
    assert mollweide(np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, -2.0]])) == pytest.approx(
        np.array([[0.0, 1.0], [0.0, 0.0], [0.0, -1.0]]), abs=1e-3
    )
