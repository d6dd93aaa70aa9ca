"""The vertex from first hit times: gradients, densities, and simulated vertices asked back."""

import numpy as np
import pytest

from core.juno.geometry import rings
from core.juno.optics import flight_ns
from core.juno.simulate import SimulationParameters, simulate_events
from core.juno.vertex.fit import LEAST_HITS, FirstHits, fit, flight_with_gradient, sensors_of
from core.juno.vertex.residuals import PROFILE, STEP_NS, density, grid_ns, template
from tests.juno.flashes import hits

SENSORS = rings()
READY = sensors_of(SENSORS)


@pytest.mark.parametrize(
    "point", [(1.0, 2.0, 3.0), (16.0, 3.0, 2.0), (17.9, 1.0, 1.0), (-12.0, 11.0, 3.0), (0.0, 0.0, 18.5)]
)
def test_flight_and_its_gradient(point: tuple[float, ...]) -> None:
    at, gradient = np.array(point), np.zeros(3)
    for place in (0, 5000, 17_000):
        sensor = SENSORS.position_m[place]
        assert flight_with_gradient(at, sensor, 17.7, gradient) == pytest.approx(
            flight_ns(*at, *sensor, 17.7), abs=1e-9
        )
        steps = np.eye(3) * 1e-5
        numeric = [
            (
                flight_with_gradient(at + s, sensor, 17.7, np.zeros(3))
                - flight_with_gradient(at - s, sensor, 17.7, np.zeros(3))
            )
            / 2e-5
            for s in steps
        ]
        np.testing.assert_allclose(gradient, numeric, atol=1e-5)


@pytest.mark.parametrize("tts_ns", [1.3, 7.0])
def test_density_of_residuals(tts_ns: float) -> None:
    shares, middles = density(PROFILE, tts_ns), grid_ns()
    assert shares.sum() == pytest.approx(1.0, abs=2e-3)  # 0.13 % of the slowest light comes after the grid
    late = 0.030 * 190.0
    mean = PROFILE.rise_ns + 0.799 * 4.93 + 0.171 * 20.6 + late + PROFILE.scattered_share * PROFILE.scattered_ns
    cut_off = 0.030 * np.exp(-600.0 / 190.0) * (600.0 + 190.0)
    assert (shares * middles).sum() == pytest.approx(mean - cut_off, abs=0.05)
    early = np.searchsorted(middles, 0.0)
    assert np.cumsum(shares)[early] < 0.2  # hardly any light before straight light


def test_template_has_what_the_likelihood_needs() -> None:
    tables = template(PROFILE, (1.3, 7.0))
    assert tables.density.shape == tables.slope.shape == tables.later.shape == (2, len(grid_ns()))
    np.testing.assert_allclose(np.cumsum(tables.slope, axis=1)[:, -1] * STEP_NS, 0.0, atol=1e-4)
    assert (np.diff(tables.later, axis=1) <= 0).all()


def test_simulated_vertices_come_back_with_right_errors() -> None:
    events = simulate_events(60, 5, SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0))
    truth = np.stack([events.truth[f"true_{axis}_m"] for axis in "xyz"], axis=1)
    is_electron = events.truth["truth_class"] == 0
    off, errors = [], []
    for i in np.flatnonzero(is_electron):
        pmt, time = events.pmt.item(i).astype(np.int64), events.time_ns.item(i).astype(float)
        inside = (time > truth[i, 0] * 0.0 + events.truth["true_t_ns"][i] - 20.0) & (
            time < events.truth["true_t_ns"][i] + 450.0
        )
        order = np.lexsort((time[inside], pmt[inside]))
        sorted_pmt, sorted_time = pmt[inside][order], time[inside][order]
        is_first = np.r_[True, np.diff(sorted_pmt) > 0]
        counts = np.diff(np.r_[np.flatnonzero(is_first), len(sorted_pmt)])
        start = 1.2 * SENSORS.position_m[sorted_pmt].mean(axis=0)
        fitted = fit(start, FirstHits(sorted_pmt[is_first], sorted_time[is_first], counts), READY, 0.53)
        assert fitted.is_at_rest
        off.append(fitted.parameters[:3] - truth[i])
        errors.append(fitted.errors[:3])
    assert np.median(np.linalg.norm(off, axis=1)) < 0.11  # 7.3 cm in many events, 15 cm is promised
    pulls = np.array(off) / np.array(errors)
    assert 0.8 < pulls.std() < 1.5
    assert abs(pulls.mean()) < 3.0 * pulls.std() / np.sqrt(pulls.size)


def test_a_start_far_outside_is_no_obstacle() -> None:
    vertex = np.array([8.0, -6.0, 3.0])
    pmt, time, _ = hits(SENSORS, vertex, 3000, seed=4, decay_ns=5.0)
    counted = FirstHits(pmt[:3000].astype(np.int64), time[:3000].astype(float), np.ones(3000, np.int64))
    fitted = fit(np.array([-40.0, 30.0, 0.0]), counted, READY, 0.0)
    assert fitted.is_at_rest
    assert np.linalg.norm(fitted.parameters[:3] - vertex) < 0.3


def test_too_few_hits_have_no_vertex() -> None:
    n = LEAST_HITS - 1
    fitted = fit(np.zeros(3), FirstHits(np.arange(n), np.zeros(n), np.ones(n, np.int64)), READY, 0.0)
    assert not fitted.is_at_rest
    assert np.isnan(fitted.parameters).all()
