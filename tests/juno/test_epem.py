"""What times of hits tell of positrons: the spread of annihilation light, likelihood ratios, and the report."""

import numpy as np
import pytest

from core.juno.epem.histograms import NONE, ResidualHistograms
from core.juno.epem.ratio import DELAY_EDGES_NS, GAMMA_NS, OPS_NS, delay_shares, gamma_kernel, log_ratios
from core.juno.features import measure
from core.juno.geometry import rings
from core.juno.response import Response
from core.juno.simulate import SimulationParameters, simulate_events
from core.juno.vertex.residuals import STEP_NS
from core.statistics.roc import auc
from tests.juno import flashes

SENSORS = rings()


def test_annihilation_light_is_a_nanosecond_late_in_the_mean() -> None:
    kernel = gamma_kernel()
    late_ns = np.arange(len(kernel)) * STEP_NS - GAMMA_NS
    assert kernel.sum() == pytest.approx(1.0)
    assert (kernel * late_ns).sum() == pytest.approx(1.2, abs=0.25)  # the way of the gammas; directions cancel


def test_delays_add_up_and_decay_as_positronium() -> None:
    shares = delay_shares()
    assert shares.sum() == pytest.approx(1.0)
    late = DELAY_EDGES_NS[:-1] >= 4.0
    assert shares[late].sum() == pytest.approx(0.5 * np.exp(-4.0 / OPS_NS), rel=0.01)


def test_histograms_hold_every_hit_at_its_residual() -> None:
    vertex = np.array([9.0, -3.0, 2.0])
    pmt, time, _ = flashes.hits(SENSORS, vertex, 500, seed=3, decay_ns=4.0)
    recipe = ResidualHistograms(vertex="true", low_ns=-1500.0, high_ns=1500.0, step_ns=1.0)
    table = {name: np.array([value]) for name, value in zip(recipe.columns(None), (*vertex, 300.0), strict=True)}  # type: ignore[arg-type]
    arrays = {"pmt": flashes.from_records([pmt]), "time_ns": flashes.from_records([time])}
    histogram = recipe.make(arrays, table, flashes.dataset(SENSORS))[0]  # type: ignore[arg-type]
    assert histogram.sum() == len(pmt)
    assert histogram[0].sum() == np.count_nonzero(SENSORS.tts_ns[pmt] < 3.0)
    sharp_mean = (histogram[0] * recipe.middles_ns)[1490:1530].sum() / histogram[0][1490:1530].sum()
    assert sharp_mean == pytest.approx(4.0, abs=1.0)


def test_without_a_vertex_there_is_nothing() -> None:
    recipe = ResidualHistograms(vertex="fitted")
    table = {name: np.array([np.nan]) for name in recipe.columns(None)}  # type: ignore[arg-type]
    pmt, time, _ = flashes.hits(SENSORS, np.zeros(3), 50, seed=3)
    arrays = {"pmt": flashes.from_records([pmt]), "time_ns": flashes.from_records([time])}
    assert not recipe.make(arrays, table, flashes.dataset(SENSORS)).any()  # type: ignore[arg-type]


def test_the_likelihood_ratio_tells_simulated_positrons() -> None:
    """0.94 in many events of 2 MeV; a network or a baseline that knows only times cannot do better at the true vertex."""
    events = simulate_events(240, 11, SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0))
    table = {**measure(events, SENSORS, Response()), **events.truth}
    arrays = {"pmt": events.pmt, "time_ns": events.time_ns}
    areas = {}
    for vertex in ("true", "fitted", NONE):
        recipe = ResidualHistograms(vertex=vertex, low_ns=-40.0)
        histograms = recipe.make(arrays, table, flashes.dataset(SENSORS))  # type: ignore[arg-type]
        ratio = log_ratios(histograms, recipe.middles_ns, np.full(240, 2.0), SENSORS, 0.526)
        assert np.isfinite(ratio).all()
        areas[vertex] = auc(ratio, events.truth["truth_class"])
    assert areas["true"].low > 0.85
    assert areas["fitted"].low > 0.85
    assert areas[NONE].value < 0.7


def test_below_the_annihilation_energy_no_ratio() -> None:
    recipe = ResidualHistograms()
    histograms = np.ones((2, *recipe.shape(None)), np.float32)  # type: ignore[arg-type]
    ratio = log_ratios(histograms, recipe.middles_ns, np.array([0.9, 2.0]), SENSORS, 0.5)
    assert np.isnan(ratio).tolist() == [True, False]
