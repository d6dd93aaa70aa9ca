"""What particles leave where, against closed forms and published numbers."""

import dataclasses

import numpy as np
import pytest
from scipy import integrate, stats

from core.errors import DarkroomError
from core.juno.optics import LIGHT_M_PER_NS
from core.juno.simulate import SimulationParameters, detector, physics_of
from core.juno.simulation import deposits, gammas, showers
from core.juno.simulation.deposits import ELECTRON, MUON, POSITRON
from core.juno.simulation.gammas import ENERGY, T
from core.juno.simulation.generate import START_NS, START_SPREAD_NS, TRUTH, deposited

EPEM, MUE = SimulationParameters(), SimulationParameters(task="mue")


def klein_nishina(cosine: float, k: float) -> float:
    """Differential cross-section over r_e^2 / 2."""
    left = 1.0 / (1.0 + k * (1.0 - cosine))
    return left * left * (left + 1.0 / left - 1.0 + cosine * cosine)


@pytest.mark.parametrize(("energy_mev", "free_path_cm"), [(0.511, 12.0), (0.2, 8.5), (0.1, 7.0)])
def test_mean_free_path(energy_mev: float, free_path_cm: float) -> None:
    k = energy_mev / gammas.ELECTRON_MEV
    area = np.pi * gammas.RADIUS2_M2 * integrate.quad(klein_nishina, -1.0, 1.0, args=(k,))[0]
    assert gammas.compton_per_m(energy_mev) == pytest.approx(gammas.ELECTRONS_PER_M3 * area, rel=1e-6)
    assert 100.0 / gammas.compton_per_m(energy_mev) == pytest.approx(free_path_cm, abs=0.06)


def test_scatter_has_the_angles_of_klein_and_nishina() -> None:
    rng, k = np.random.default_rng(1), 0.511 / gammas.ELECTRON_MEV
    drawn = np.array([gammas.scattered(rng, 0.511) for _ in range(4000)])
    np.testing.assert_allclose(drawn[:, 0], 0.511 / (1.0 + k * (1.0 - drawn[:, 1])), rtol=1e-9)
    grid = np.linspace(-1.0, 1.0, 2001)
    cdf = integrate.cumulative_trapezoid(klein_nishina(grid, k), grid, initial=0.0)
    assert stats.kstest(drawn[:, 1], lambda x: np.interp(x, grid, cdf / cdf[-1])).pvalue > 1e-3


def test_turned_has_its_angle() -> None:
    rng = np.random.default_rng(2)
    for u in (np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, -1.0]), np.array([0.6, 0.0, 0.8])):
        v = np.array([gammas.turned(rng, *u, 0.3) for _ in range(500)])
        np.testing.assert_allclose(np.linalg.norm(v, axis=1), 1.0)
        np.testing.assert_allclose(v @ u, 0.3, atol=1e-9)
        np.testing.assert_allclose(v.mean(axis=0), 0.3 * u, atol=0.2)


def test_annihilation_energy_spreads_as_published() -> None:
    rng, out = np.random.default_rng(3), gammas.table(300)
    rows = []
    for _ in range(4000):
        n = gammas.chain(rng, out, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, gammas.ELECTRON_MEV)
        assert out[:n, ENERGY].sum() == pytest.approx(gammas.ELECTRON_MEV)
        rows.append(out[:n].copy())
    deposit = np.concatenate(rows)
    distance_cm, energy = 100.0 * np.linalg.norm(deposit[:, :3], axis=1), deposit[:, ENERGY]
    order = np.argsort(distance_cm)
    share = np.cumsum(energy[order]) / energy.sum()
    quantiles = distance_cm[order][np.searchsorted(share, [0.5, 0.68, 0.9])]
    np.testing.assert_allclose(quantiles, [19.0, 29.0, 51.0], rtol=0.05)
    assert np.average(distance_cm, weights=energy) == pytest.approx(24.0, rel=0.04)
    assert np.average(deposit[:, T], weights=energy) == pytest.approx(1.2, abs=0.25)


def test_positron_is_kinetic_energy_and_annihilation() -> None:
    rng, out = np.random.default_rng(4), gammas.table(300)
    n = deposits.positron(rng, out, 3.0, 0.0, 0.0, 1.0, 0.5, 3.0)
    assert out[0, ENERGY] == pytest.approx(3.0 - 1.022, abs=1e-4)
    assert np.all(out[0, :4] == 0.0)
    assert out[1:n, ENERGY].sum() == pytest.approx(1.022, abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_annihilation_is_delayed_by_positronium(share: float) -> None:
    rng, out, delays = np.random.default_rng(5), gammas.table(300), []
    for _ in range(3000):
        deposits.positron(rng, out, 2.0, 0.0, 0.0, 1.0, share, 3.0)
        delays.append(out[1, T] - np.linalg.norm(out[1, :3]) / LIGHT_M_PER_NS)  # of the first scatter, less its flight

    def cdf(t: np.ndarray) -> np.ndarray:
        return share * stats.expon.cdf(t, scale=3.0) + (1.0 - share) * stats.expon.cdf(t, scale=deposits.PROMPT_NS)

    assert stats.kstest(delays, cdf).pvalue > 1e-3


def events_of(parameters: SimulationParameters, particle: int, energy_mev: float, n: int) -> list[tuple]:
    """Deposits and truth of n events."""
    d, p, out = detector(parameters), physics_of(parameters), gammas.table(deposits.MOST_DEPOSITS)
    rows_and_truth = []
    for i in range(n):
        truth = np.empty(len(TRUTH))
        rows = deposited(np.random.default_rng(i), d, p, particle, energy_mev, out, truth)
        rows_and_truth.append((out[:rows].copy(), dict(zip(TRUTH, truth, strict=True))))
    return rows_and_truth


def vector(truth: dict[str, float], name: str) -> np.ndarray:
    return np.array([truth[f"true_{name.format(a)}"] for a in "xyz"])


@pytest.mark.parametrize("energy_mev", [50.0, 300.0, 2000.0])
def test_muon_is_as_long_as_its_energy_and_contained(energy_mev: float) -> None:
    length = energy_mev / 200.0
    for rows, truth in events_of(dataclasses.replace(MUE, equal_light=False), MUON, energy_mev, 20):
        start, u = vector(truth, "{}_m"), vector(truth, "dir_{}")
        end = start + length * u
        along = (rows[:, :3] - start) @ u
        assert rows[:, ENERGY].sum() == pytest.approx(energy_mev)
        assert along.max() + along.min() == pytest.approx(length)
        np.testing.assert_allclose(rows[:, :3] - start, along[:, None] * u, atol=1e-9)
        np.testing.assert_allclose(rows[:, T] - truth["true_t_ns"], along / LIGHT_M_PER_NS)
        assert max(np.linalg.norm(start), np.linalg.norm(end)) < MUE.fiducial_radius_m + 0.5 * length * 0.2


@pytest.mark.parametrize(("energy_mev", "low_m", "high_m"), [(50.0, 0.15, 0.8), (1000.0, 1.8, 3.4)])
def test_shower_keeps_its_energy_and_has_its_length(energy_mev: float, low_m: float, high_m: float) -> None:
    rng, out, lengths = np.random.default_rng(6), gammas.table(deposits.MOST_DEPOSITS), []
    for _ in range(30):
        n = showers.shower(rng, out, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, energy_mev)
        assert out[:n, ENERGY].sum() == pytest.approx(energy_mev)
        order = np.argsort(out[:n, 2])
        share = np.cumsum(out[:n, ENERGY][order]) / energy_mev
        lengths.append(out[:n, 2][order][np.searchsorted(share, 0.9)])
    assert low_m < np.mean(lengths) < high_m  # 90 % of 1 GeV within about 2.5 m


@pytest.mark.parametrize("particle", [ELECTRON, MUON])
def test_tracks_and_showers_lie_with_their_centre_where_a_muon_is_contained(particle: int) -> None:
    half = 0.5 * 1000.0 / 200.0
    for rows, truth in events_of(MUE, particle, 1000.0, 30):
        centre, u = vector(truth, "edep_{}_m"), vector(truth, "dir_{}")
        for end in (centre - half * u, centre + half * u):
            assert np.linalg.norm(end) <= MUE.fiducial_radius_m + 1e-3
        assert START_NS <= np.average(rows[:, T], weights=rows[:, ENERGY]) <= START_NS + START_SPREAD_NS + 0.5


@pytest.mark.parametrize(
    ("parameters", "particle", "energy_mev"),
    [(EPEM, ELECTRON, 2.0), (EPEM, POSITRON, 2.0), (MUE, ELECTRON, 300.0), (MUE, MUON, 300.0), (MUE, MUON, 2000.0)],
)
def test_every_event_gives_the_light_of_a_point_at_its_centre(
    parameters: SimulationParameters, particle: int, energy_mev: float
) -> None:
    d = detector(parameters)
    radii = np.linspace(0.0, d.sensors.ls_radius_m, len(d.relative))
    for rows, truth in events_of(parameters, particle, energy_mev, 10):
        centre = vector(truth, "{}_m") if parameters is EPEM else vector(truth, "edep_{}_m")
        r = np.linalg.norm(rows[:, :3], axis=1)
        assert r.max() < d.sensors.ls_radius_m
        light = (rows[:, ENERGY] * np.interp(r, radii, d.relative)).sum()
        assert light == pytest.approx(energy_mev * np.interp(np.linalg.norm(centre), radii, d.relative), rel=1e-3)
        assert rows[:, ENERGY].sum() == pytest.approx(energy_mev, rel=0.12)


def test_michel_electron_comes_later_and_at_the_end() -> None:
    with_michel = dataclasses.replace(MUE, with_michel=True)
    later, energies = [], []
    for rows, truth in events_of(with_michel, MUON, 100.0, 400):
        michel = rows[5:]  # the track has five steps of 10 cm
        later.append(michel[0, T] - rows[4, T])
        energies.append(michel[:, ENERGY].sum())
        end = vector(truth, "{}_m") + 0.5 * vector(truth, "dir_{}")
        assert np.linalg.norm(michel[0, :3] - end) < 0.1
    assert np.mean(later) == pytest.approx(2197.0, abs=4.0 * 2197.0 / 20.0)
    assert np.max(energies) < 52.9
    assert np.mean(energies) == pytest.approx(0.7 * 52.83, abs=2.0)  # of Michel's spectrum


def test_contradictions_are_refused() -> None:
    for changes, words in (
        ({"energy_low_mev": 5.0, "energy_high_mev": 2.0}, "at most energy_high_mev"),
        ({"energies_mev": ()}, "at least one energy"),
        ({"task": "mue", "energies_mev": (5000.0,), "fiducial_radius_m": 5.0}, "Lower energies_mev"),
    ):
        with pytest.raises(DarkroomError, match=words):
            detector(dataclasses.replace(EPEM, **changes))
    with pytest.raises(DarkroomError, match="less than the scintillator's radius"):
        detector(dataclasses.replace(EPEM, fiducial_radius_m=18.0))
