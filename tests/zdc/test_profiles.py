"""Shapes of showers: parameters that were put in are asked back with their errors, and fits reach the values known for GFlash's showers."""

import dataclasses

import numpy as np
import pytest

from core.data.ragged import from_records
from core.zdc.grid import Grid
from core.zdc.profiles import longitudinal, transverse
from core.zdc.profiles.longitudinal import EXPECTED, OBSERVED
from core.zdc.profiles.report import dense
from core.zdc.simulate import PRESETS, SimulationParameters, beam_of, simulate_showers
from core.zdc.simulation import shower

BETA = 0.52
N_BINS = 22


def spots_by_depth(n: int, n_spots: int, t0: float, seed: int) -> np.ndarray:
    """Showers of exactly Eq. 1 in spots of 1 MeV, their number by chance; float64 (n, N_BINS)."""
    rng = np.random.default_rng(seed)
    depths = [rng.gamma(BETA * t0 + 1.0, 1.0 / BETA, rng.poisson(n_spots)) for _ in range(n)]
    return np.stack([np.histogram(t, np.arange(N_BINS + 1.0))[0] for t in depths]).astype(float)


def test_eq_1_is_a_gamma_distribution_with_its_maximum_at_t0() -> None:
    """a = b T0 + 1: the integral is E0, and dE/dt is largest at T0."""
    fine = longitudinal.shape(np.array([6.13 * 50.0]), BETA / 50.0, 4000)[0]  # bins of a fiftieth
    assert fine.sum() == pytest.approx(1.0, abs=1e-6)
    assert (fine.argmax() + 0.5) / 50.0 == pytest.approx(6.13, abs=0.02)
    t = np.arange(0.01, 80.0, 0.02)
    slide = (BETA * t) ** (BETA * 6.13) * BETA * np.exp(-BETA * t)
    np.testing.assert_allclose(fine, slide / slide.sum(), atol=2e-5)


@pytest.mark.parametrize(("n_spots", "t0"), [(400, 3.8), (3000, 6.1), (22_000, 8.4)])
def test_e0_and_t0_are_asked_back(n_spots: int, t0: float) -> None:
    """Pulls: 0 within 4 standard errors, and as wide as Student's t of 11 to 19 bins, 1.06 to 1.1 (asked: 0.95 to 1.2)."""
    n = 800
    fits = longitudinal.fit(spots_by_depth(n, n_spots, t0, 3), BETA)
    assert fits.is_fitted.all()
    for pull in ((fits.e0_mev - n_spots) / fits.e0_error_mev, (fits.t0 - t0) / fits.t0_error):
        assert abs(pull.mean()) < 4.0 / np.sqrt(n)
        assert 0.95 < pull.std() < 1.2


def true_maxima(n: int, seed: int, p: SimulationParameters) -> np.ndarray:
    """The T that the simulation drew for its first showers, from the same random numbers."""
    out = []
    for k in range(n):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,)))
        energy, *_ = shower.placed(rng, beam_of(p))
        out.append(shower.longitudinal(rng, PRESETS[p.preset][0], energy)[0])
    return np.array(out)


@pytest.mark.parametrize(
    ("energy_gev", "share", "spread", "t0_spread"), [(10.0, 0.979, 0.018, 0.20), (100.0, 0.989, 0.014, 0.097)]
)
def test_gflash_showers(energy_gev: float, share: float, spread: float, t0_spread: float) -> None:
    """Known of weights of observed energies: E0/E and T0 - T (asked: 0.008 and half the spreads). Expected energies do not lose the tail."""
    n = 500
    p = SimulationParameters(energy_low_gev=energy_gev, energy_high_gev=energy_gev, impact="cell")
    depth = simulate_showers(n, 5, p).depth_mev
    t_max = true_maxima(n, 5, p)
    fits = longitudinal.fit(depth[:, : longitudinal.whole_bins(depth)], BETA, OBSERVED)
    ratio = fits.e0_mev / (1000.0 * energy_gev)
    assert ratio.mean() == pytest.approx(share, abs=0.008)
    assert ratio.std() == pytest.approx(spread, rel=0.5)
    assert (fits.t0 - t_max).mean() == pytest.approx(0.0, abs=0.03)
    assert (fits.t0 - t_max).std() == pytest.approx(t0_spread, rel=0.2)
    unbiased = longitudinal.fit(depth[:, : longitudinal.whole_bins(depth)], BETA, EXPECTED)
    assert (unbiased.e0_mev / (1000.0 * energy_gev)).mean() == pytest.approx(0.997, abs=0.002)


def test_only_whole_bins_are_fitted() -> None:
    """22.5 radiation lengths: 22 whole ones; 6.1: six. Without an end in sight all are whole."""
    for preset, n_whole in (("pwo20", 22), ("epic_lyso7", 6)):
        p = SimulationParameters(preset=preset, energy_low_gev=90.0)
        assert longitudinal.whole_bins(simulate_showers(50, 1, p).depth_mev) == n_whole
    assert longitudinal.whole_bins(np.ones((2, 24))) == 24
    assert longitudinal.whole_bins(np.zeros((2, 24))) == 0


def test_showers_that_cannot_be_fitted() -> None:
    """Fewer than five bins with energy, or none at all, give NaN beside a neighbour that is fitted."""
    depth = np.zeros((3, N_BINS))
    depth[0, :4] = 10.0
    depth[2] = 1000.0 * longitudinal.shape(np.array([5.0]), BETA, N_BINS)[0]
    fits = longitudinal.fit(depth, BETA)
    assert fits.is_fitted.tolist() == [False, False, True]
    assert (fits.e0_mev[2], fits.t0[2]) == pytest.approx((1000.0, 5.0), rel=1e-4)
    assert len(longitudinal.fit(np.empty((0, N_BINS)), BETA).t0) == 0


def showers_of_eq_2(
    n: int, truth: tuple[float, float, float], rng: np.random.Generator, n_spots: int = 800
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (n, 20, 20) of spots with radii of exactly Eq. 2, and their impacts, even in +-1 cell."""
    r_core, r_tail, share = truth
    edges = np.linspace(-300.0, 300.0, 21)
    x, y = rng.uniform(-30.0, 30.0, (2, n))
    cells = np.zeros((n, 20, 20))
    for k in range(n):
        q, phi = rng.random(n_spots), rng.uniform(0.0, 2.0 * np.pi, n_spots)
        r = np.where(rng.random(n_spots) < share, r_core, r_tail) * np.sqrt(q / (1.0 - q))
        cells[k] = np.histogram2d(y[k] + r * np.sin(phi), x[k] + r * np.cos(phi), bins=(edges, edges))[0]
    return cells, x, y


def test_radii_are_asked_back() -> None:
    """A core of a tenth of a cell: pulls of 12 samples of 250 showers, mean within 4 standard errors, width 0.5 to 1.6."""
    truth, rng = (3.0, 16.0, 0.8), np.random.default_rng(3)
    pulls = []
    for _ in range(12):
        fit = transverse.fit(transverse.edge_shares(*showers_of_eq_2(250, truth, rng), Grid()))
        assert fit is not None
        pulls.append([(fit[n].value - v) / (0.5 * (fit[n].high - fit[n].low) / 2.093) for n, v in zip(transverse.NAMES, truth, strict=True)])  # fmt: skip
    values = np.array(pulls)
    assert np.all(np.abs(values.mean(axis=0)) < 4.0 / np.sqrt(12.0))
    assert np.all((values.std(axis=0) > 0.5) & (values.std(axis=0) < 1.6))


def test_a_half_plane_of_eq_2() -> None:
    """S(d) beside a sum of Eq. 2 over a fine plane, and what is measured on a small grid beside the closed form of a corner."""
    step = 0.25
    at = np.arange(-400.0, 400.0, step) + 0.5 * step
    r2 = at[:, None] ** 2 + at[None, :] ** 2
    density = sum(w * r**2 / np.pi / (r2 + r**2) ** 2 for r, w in ((3.0, 0.8), (16.0, 0.2))) * step**2
    for d in (0.0, 5.0, 20.0, 60.0):
        assert density[:, at > d].sum() == pytest.approx(
            float(transverse.beyond(np.array(d), 3.0, 16.0, 0.8)), abs=2e-4
        )
    inside = (np.abs(at)[:, None] < 90.0) & (at[None, :] > -120.0) & (at[None, :] < 60.0)
    share = density[inside & (at[None, :] > 20.0)].sum() / density[inside].sum()
    ends = (np.array([end]) for end in (60.0, 120.0, 90.0))
    points = transverse.Curve(np.array([20.0]), np.zeros(1), np.ones(1), np.ones(1), *ends)
    assert transverse.expected(points, 1e-3, 3.0, 16.0, 0.8)[0] == pytest.approx(share, abs=2e-4)


def test_showers_of_one_place_do_not_tell_the_core() -> None:
    p = SimulationParameters(energy_low_gev=10.0, energy_high_gev=10.0, impact="fixed", impact_x_mm=15.0)
    showers = simulate_showers(150, 1, p)
    x, y = showers.truth["impact_x_mm"], showers.truth["impact_y_mm"]
    assert transverse.fit(transverse.edge_shares(showers.cells_mev, x, y, showers.grid)) is None
    spread = simulate_showers(150, 1, dataclasses.replace(p, impact="cell"))
    x, y = spread.truth["impact_x_mm"], spread.truth["impact_y_mm"]
    fit = transverse.fit(transverse.edge_shares(spread.cells_mev, x, y, spread.grid))
    assert fit is not None
    assert fit["R_C"].low > 2.0
    assert fit["R_T"].value == pytest.approx(16.8, abs=1.5)
    few = transverse.edge_shares(spread.cells_mev[:99], x[:99], y[:99], spread.grid)
    assert transverse.fit(few) is None


def test_edge_shares_by_hand() -> None:
    """Two columns of three: 3 MeV left and 1 MeV right of an edge 3 mm right of the impact; empty and unplaced showers are left out."""
    grid = Grid(2, 2, 30.0, 0.0)
    cells = np.array([[[1.0, 0.5], [2.0, 0.5]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]])
    x, y = np.array([-3.0, 0.0, np.nan]), np.array([2.5, 0.0, 0.0])
    shares = transverse.edge_shares(cells, x, y, grid)
    assert shares.n_showers == 1
    n, distance, share, _, same, opposite, across = shares.sums.sum(axis=1)
    at_x, at_y = 3, 2  # bins of 1 mm
    assert (n.sum(), n[at_x], n[at_y]) == (2.0, 1.0, 1.0)
    assert (distance[at_x], share[at_x]) == (3.0, 0.25)
    assert (distance[at_y], share[at_y]) == (2.5, 1.5 / 4.0)  # below y = 0
    np.testing.assert_allclose([same[at_x], opposite[at_x]], [1.0 / 33.0**2, 1.0 / 30.0**2])  # no nearer than a cell
    np.testing.assert_allclose(across[at_x], 0.5 / 32.5**2 + 0.5 / 30.0**2)
    both = shares + shares
    assert (both.n_showers, both.sums.sum()) == (2, 2.0 * shares.sums.sum())


def test_records_of_depth_side_by_side() -> None:
    records = from_records([np.array([1.0, 2.0]), np.array([]), np.array([3.0])])
    assert dense(records).tolist() == [[1.0, 2.0], [0.0, 0.0], [3.0, 0.0]]
