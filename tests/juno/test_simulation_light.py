"""Light of known deposits against closed forms: how much, where, when; and hits without light."""

import dataclasses

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import cKDTree

from core.juno.geometry import rings
from core.juno.optics import flights_ns
from core.juno.simulate import SimulationParameters, detector, simulate_events
from core.juno.simulation import gammas, light
from core.juno.simulation.deposits import ELECTRON
from core.juno.simulation.generate import Detector
from core.juno.simulation.sensors import nearest, sensors

QUIET = SimulationParameters(dark_rate_khz=0.0)
GEOMETRY = rings()


def hits_of(d: Detector, energy_mev: float, point_m: tuple[float, float, float], seed: int = 1) -> light.Hits:
    """Hits of a point that moves along +z, at t = 300 ns."""
    hits, out = light.room(50_000, len(GEOMETRY)), gammas.table(1)
    light.cleared(hits)
    gammas.put(out, 0, *point_m, 300.0, energy_mev, 0.0, 0.0, 1.0, 0.0)
    light.shine(np.random.default_rng(seed), d.sensors, d.medium, out, 1, hits)
    n = hits.size[0]
    return hits._replace(pmt=hits.pmt[:n], time_ns=hits.time_ns[:n], charge_pe=hits.charge_pe[:n])


def with_medium(parameters: SimulationParameters, sharp: bool = False, **changes: float) -> Detector:
    d = detector(parameters)
    s = d.sensors._replace(tts_ns=np.zeros(len(GEOMETRY))) if sharp else d.sensors
    return d._replace(sensors=s, medium=d.medium._replace(**changes))


def test_nearest_sensor() -> None:
    s, rng = sensors(GEOMETRY), np.random.default_rng(1)
    points = rng.normal(size=(20_000, 3))
    points *= GEOMETRY.radius_m / np.linalg.norm(points, axis=1, keepdims=True)
    ours = np.array([nearest(s.position_m, s.near, s.cell, *p) for p in points])
    theirs = cKDTree(GEOMETRY.position_m).query(points)[1]
    assert np.mean(ours == theirs) > 0.9999


# A table of a toy with 20 m attenuation and no total reflection: hit PMTs, share of them with two hits or more
@pytest.mark.parametrize(
    ("energy_mev", "r_m", "n_hit", "share"), [(1.0, 0.0, 1295, 0.04), (5.0, 0.0, 5590, 0.18), (5.0, 16.0, 4158, 0.38)]
)
def test_occupancy(energy_mev: float, r_m: float, n_hit: int, share: float) -> None:
    d = detector(dataclasses.replace(QUIET, attenuation_m=20.0, total_reflection=False, cherenkov_share=0.0))
    counts = [np.bincount(hits_of(d, energy_mev, (0.0, r_m, 0.0), i).pmt, minlength=len(GEOMETRY)) for i in range(12)]
    assert np.mean([(c > 0).sum() for c in counts]) == pytest.approx(n_hit, rel=0.02)
    assert np.mean([(c > 1).sum() / (c > 0).sum() for c in counts]) == pytest.approx(share, abs=0.01)
    if r_m > 0:
        assert 22 < np.mean([c.max() for c in counts]) < 42  # 27 are expected on the brightest


@pytest.mark.parametrize("r_m", [0.0, 12.0, 17.0])
def test_light_yield_at_a_radius(r_m: float) -> None:
    # Without attenuation the yield is the solid angle that is not reflected: all, or all less sqrt(1 - (n' R / n r)^2)
    d = detector(dataclasses.replace(QUIET, attenuation_m=1000.0, cherenkov_share=0.0))
    flat = 17.7 * 1.33 / 1.49 / max(r_m, 1.0)
    expected = 1.0 - np.sqrt(1.0 - flat**2) if flat < 1.0 else 1.0
    at = np.interp(r_m, np.linspace(0.0, 17.7, len(d.relative)), d.relative)
    assert at == pytest.approx(expected, abs=0.01)
    n = sum(len(hits_of(d, 10.0, (0.0, 0.0, r_m), i).pmt) for i in range(4))
    assert n == pytest.approx(40.0 * 1345.0 * at, abs=4.0 * np.sqrt(n) + 0.002 * n)


def test_light_is_more_at_the_edge_and_total_reflection_takes_it_away() -> None:
    radii = np.linspace(0.0, 17.7, 301)
    bare, reflecting = (light.relative_yield(40.0, 17.7, reflects) for reflects in (False, True))
    np.testing.assert_allclose(bare[radii < 15.7], reflecting[radii < 15.7])
    assert np.all(np.diff(bare) > 0)
    begin = 17.7 * 1.33 / 1.49
    assert np.all(np.diff(reflecting[radii > begin]) < 0)
    ratio = np.interp(17.0, radii, reflecting) / np.interp(17.0, radii, bare)
    assert ratio == pytest.approx(0.86 / 1.47, abs=0.02)


def residuals_ns(d: Detector, energy_mev: float, point_m: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Hit times less flight and t = 300 ns, by half a step late; and whose they are."""
    hits = hits_of(d, energy_mev, point_m)
    flights = flights_ns(np.array(point_m), GEOMETRY.position_m, GEOMETRY.ls_radius_m)
    return hits.time_ns + 0.5 / light.TIME_STEPS - flights[hits.pmt] - 300.0, hits.pmt


def test_scintillation_has_its_time_constants() -> None:
    d = with_medium(QUIET, sharp=True, scattered_share=0.0, cherenkov_share=0.0)
    times, _ = residuals_ns(d, 8.0, (3.0, -4.0, 5.0))

    def cdf(t: np.ndarray) -> np.ndarray:
        t = np.maximum(t, 0.0)
        a, total = light.RISE_NS, np.zeros_like(t)
        for tau, share in zip(light.DECAY_NS, light.DECAY_SHARES, strict=True):
            total += share * (1.0 - (tau * np.exp(-t / tau) - a * np.exp(-t / a)) / (tau - a))
        return total

    assert len(times) > 8000
    assert times.min() > -0.1
    assert stats.kstest(times, cdf).pvalue > 1e-3


def test_scattered_light_is_later() -> None:
    d = with_medium(QUIET, sharp=True, cherenkov_share=1.0)  # prompt, but for scattering
    times, _ = residuals_ns(d, 8.0, (3.0, -4.0, 5.0))
    later = times[times > 0.1]
    assert len(later) / len(times) == pytest.approx(0.35 * np.exp(-0.1 / 8.0), abs=0.02)
    assert stats.kstest(later - 0.1, stats.expon(scale=8.0).cdf).pvalue > 1e-3


def test_each_type_of_sensor_has_its_transit_time_spread() -> None:
    d = with_medium(QUIET, scattered_share=0.0, cherenkov_share=1.0)
    times, pmt = residuals_ns(d, 8.0, (0.0, 0.0, 0.0))
    for tts_ns in (1.3, 7.0):
        of_type = times[np.isclose(GEOMETRY.tts_ns[pmt], tts_ns)]
        assert of_type.std() == pytest.approx(tts_ns, rel=4.0 / np.sqrt(2.0 * len(of_type)))
        assert of_type.mean() == pytest.approx(0.0, abs=4.0 * tts_ns / np.sqrt(len(of_type)))


def test_charge_of_a_photoelectron() -> None:
    charge = hits_of(detector(QUIET), 8.0, (0.0, 0.0, 0.0)).charge_pe
    assert charge.mean() == pytest.approx(1.0 + 0.5 / light.CHARGE_STEPS, abs=0.015)
    assert charge.std() == pytest.approx(0.3, abs=0.01)
    assert charge.min() >= 0.1


def test_dark_hits_are_as_many_as_expected_anywhere_any_time() -> None:
    events = simulate_events(60, 3, SimulationParameters(light_yield_pe_per_mev=0.0))
    expected = 30e3 * 1250e-9 * len(GEOMETRY)
    assert expected == pytest.approx(660.0, abs=3.0)
    assert events.n_hits.mean() == pytest.approx(expected, abs=4.0 * np.sqrt(expected / 60))
    assert events.n_hits.var() == pytest.approx(expected, rel=4.0 * np.sqrt(2.0 / 60))
    assert stats.kstest(events.time_ns.values + 1.0 / 32.0, stats.uniform(0.0, 1250.0).cdf).pvalue > 1e-3
    height = GEOMETRY.position_m[events.pmt.values, 2]
    assert height.mean() == pytest.approx(0.0, abs=4.0 * height.std() / np.sqrt(len(height)))


@pytest.mark.parametrize("task", ["epem", "mue"])
def test_cherenkov_light_is_directional_for_every_particle(task: str) -> None:
    parameters = SimulationParameters(
        task=task, energy_low_mev=5.0, energy_high_mev=5.0, energies_mev=(100.0,), cherenkov_share=1.0,
        dark_rate_khz=0.0, light_yield_pe_per_mev=300.0, scattered_share=0.0, fiducial_radius_m=2.0,
    )  # fmt: skip
    events = simulate_events(40, 5, parameters)
    cosines: dict[int, list[float]] = {}
    for i in range(40):
        source, u = (
            np.array([events.truth[f"true_{name.format(a)}"][i] for a in "xyz"]) for name in ("edep_{}_m", "dir_{}")
        )
        seen = GEOMETRY.position_m[events.pmt.item(i)] - source
        cosine = seen @ u / np.linalg.norm(seen, axis=1)
        cosines.setdefault(int(events.truth["truth_class"][i]), []).append(float(cosine.mean()))
    assert len(cosines) == 2
    for kind, values in cosines.items():
        # on the cone 0.67; an electron at rest within a point turns, and annihilation gammas (a fifth) have no direction
        assert np.mean(values) > 0.4, kind
    ideal = 1.0 / light.INDEX_LS
    if task == "mue":
        assert np.mean(cosines[2]) == pytest.approx(ideal, abs=0.02)
    else:
        assert np.mean(cosines[ELECTRON]) == pytest.approx(ideal * (1.0 - 0.35**2), abs=0.03)
