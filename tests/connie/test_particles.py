"""Particles in silicon against what is known in closed form, and their charge in pixels against their energy."""

import numpy as np
import pytest
from scipy import stats

from core.connie.simulation import deposit, electrons, particles
from core.connie.simulation.deposit import PAIR_EV, THICKNESS_UM, Deposits


def _muons(n: int, seed: int = 1) -> tuple[particles.Tracks, np.ndarray]:
    rng = np.random.default_rng(seed)
    direction = particles.muon_directions(rng, n)
    return particles.muons(rng, np.full((n, 2), 500.0), direction), direction


def test_landau_steps_add_up_to_the_most_probable_loss_of_the_whole_path():
    rng = np.random.default_rng(3)
    n, steps = 40_000, 135
    energy = sum(particles.landau_kev(rng, np.full(n, THICKNESS_UM / steps)) for _ in range(steps))
    peak = energy[(energy > 175.0) & (energy < 235.0)]
    counts, edges = np.histogram(peak, bins=30)
    # the top of the distribution by a cubic: it is flat enough that a single bin says nothing
    fit = np.polynomial.Polynomial.fit(0.5 * (edges[1:] + edges[:-1]), counts, 3)
    top = [r.real for r in fit.deriv().roots() if abs(r.imag) < 1e-9 and fit.deriv(2)(r.real) < 0]
    assert len(top) == 1
    assert 199.0 <= top[0] <= 202.0
    assert particles.landau_mpv_kev(THICKNESS_UM) == pytest.approx(199.0, abs=0.5)


def test_landau_quantiles_are_scipys():
    rng = np.random.default_rng(5)
    xi = particles.XI_KEV_PER_UM * 100.0
    drawn = particles.landau_kev(rng, np.full(50_000, 100.0), cap_kev=1e9)
    loc = particles.landau_mpv_kev(100.0) + 0.22278 * xi + xi * np.log(np.pi / 2)
    below = drawn[drawn < np.quantile(drawn, 0.99)]
    law = stats.landau(loc=loc, scale=xi * np.pi / 2)
    assert stats.kstest(law.cdf(below) / 0.99, "uniform").pvalue > 1e-3


def test_directions_of_muons():
    theta = np.degrees(np.arccos(-particles.muon_directions(np.random.default_rng(2), 40_000)[:, 2]))
    length_px = THICKNESS_UM / deposit.PIXEL_UM * np.tan(np.radians(theta))
    assert np.median(length_px) == pytest.approx(29.0, abs=0.6)
    assert length_px.mean() == pytest.approx(np.pi / 4 * 45.0, abs=0.8)
    assert np.mean(length_px > 20) == pytest.approx(0.69, abs=0.01)
    assert np.mean(theta > 45) == pytest.approx(0.25, abs=0.01)
    upright = particles.muon_directions(np.random.default_rng(2), 20_000, "vertical")
    assert np.allclose(np.linalg.norm(upright, axis=1), 1.0)
    # through a vertical plane: E[cos2 of the zenith angle] under cos2 sin2 is 1/2
    assert np.mean(upright[:, 1] ** 2) == pytest.approx(0.5, abs=0.01)


def test_energy_of_a_muon_is_that_of_its_steps_and_delta_rays_leave_its_line():
    tracks, direction = _muons(2_000)
    table = tracks.table
    assert np.bincount(tracks.owner, tracks.energy_kev) == pytest.approx(table["energy_kev"])
    path = THICKNESS_UM / -direction[:, 2]
    # the median of a Landau is 1.58 xi above its mode; delta rays that leave take a little away
    assert np.median(table["energy_kev"] / particles.landau_mpv_kev(path)) == pytest.approx(1.09, abs=0.02)
    along = (
        np.array([table["x_end_px"] - table["x_px"], table["y_end_px"] - table["y_px"]]).T / table["length_px"][:, None]
    )
    offset = tracks.place[:, :2] - np.array([table["x_px"], table["y_px"]]).T[tracks.owner]
    across = np.abs(offset[:, 0] * along[tracks.owner, 1] - offset[:, 1] * along[tracks.owner, 0])
    spurs = np.unique(tracks.owner[across > 2.0])
    assert 0.03 < len(spurs) / len(path) < 0.3
    assert np.all((tracks.place[:, 2] >= 0) & (tracks.place[:, 2] <= THICKNESS_UM))


def test_range_of_electrons():
    assert electrons.range_um(np.array([100.0, 500.0, 1000.0])) == pytest.approx([58.0, 700.0, 1770.0], rel=0.02)


def test_electrons_stop_after_their_range_and_lose_most_at_the_end():
    rng = np.random.default_rng(4)
    n, energy = 200, 300.0
    start = np.tile([0.0, 0.0, THICKNESS_UM / 2], (n, 1))
    owner, place, left = electrons.propagate(rng, np.arange(n), start, particles.isotropic(rng, n), np.full(n, energy))
    whole = np.bincount(owner, left, n)
    inside = np.flatnonzero(np.isclose(whole, energy))
    assert len(inside) > 0.5 * n
    steps = np.bincount(owner, minlength=n)[inside]
    assert steps == pytest.approx(electrons.range_um(energy) / electrons.STEP_UM, abs=1.0)
    deposited = left[owner == inside[0]]
    assert deposited[-6:-1].mean() > 2.0 * deposited[:10].mean()
    reach = np.linalg.norm((place - start[0]) * [15.0, 15.0, 1.0], axis=1).max()
    assert reach <= electrons.range_um(energy)


def test_scattering_angle_of_one_step():
    rng = np.random.default_rng(6)
    n = 4_000
    start = np.tile([0.0, 0.0, 300.0], (n, 1))
    owner, place, _ = electrons.propagate(rng, np.arange(n), start, np.tile([1.0, 0.0, 0.0], (n, 1)), np.full(n, 500.0))
    second = place[np.flatnonzero(np.diff(owner, prepend=-1)) + 1]
    # half of the second step goes in the new direction
    plane_angle = np.arctan2(second[:, 1] * 15.0, second[:, 0] * 15.0 - electrons.STEP_UM)
    assert plane_angle.std() == pytest.approx(0.083, rel=0.05)


def test_fano_width_survives_the_pixels():
    rng = np.random.default_rng(7)
    n = 3_000
    free = particles.electrons_of(rng, np.full(n, 8.046))
    pixels = deposit.scatter(rng, np.arange(n), np.full(n, 20.0), np.full(n, 20.3), np.full(n, 1.1), free, (40, 40))
    total = np.bincount(pixels.particle, pixels.charge_e)
    assert total.mean() == pytest.approx(8046.0 / PAIR_EV, abs=1.5)
    assert total.std() == pytest.approx(17.0, abs=1.0)


def test_lines_come_from_both_sides_and_lie_shallow():
    tracks = particles.spots(np.random.default_rng(8), np.zeros((20_000, 2)), (0.0, 1.0, 0.0))
    assert np.all(tracks.energy_kev == 8.046)
    depth = tracks.place[:, 2]
    assert np.mean(depth < THICKNESS_UM / 2) == pytest.approx(0.5, abs=0.015)
    assert np.minimum(depth, THICKNESS_UM - depth).mean() == pytest.approx(66.0, rel=0.06)
    flat = particles.spots(np.random.default_rng(8), np.zeros((20_000, 2)), (0.0, 0.0, 0.0))
    assert 0.05 <= flat.energy_kev.min() < 0.1 and 19.9 < flat.energy_kev.max() <= 20.0


def test_error_functions_give_the_same_picture_as_single_electrons():
    rng = np.random.default_rng(9)
    n, charge, place = 400, 4_000, (30.3, 29.8)
    particle = np.arange(n)
    x, y, sigma = (np.full(n, v) for v in (*place, 1.1))
    fast = deposit.collect(rng, Deposits(particle, x, y, sigma, np.full(n, float(charge))), (60, 60))
    slow = deposit.scatter(rng, particle, x, y, sigma, np.full(n, charge), (60, 60))
    images = [np.zeros((n, 3600)), np.zeros((n, 3600))]
    for image, pixels in zip(images, (fast, slow), strict=True):
        image[pixels.particle, pixels.pixel] = pixels.charge_e
    for image in images:
        assert image.sum(1) == pytest.approx(charge, abs=15)  # what is rounded, and beyond the reach
    bright = images[1].mean(0) > 30
    assert bright.sum() > 10
    mean, error = images[1][:, bright].mean(0), images[1][:, bright].std(0) / np.sqrt(n)
    assert np.all(np.abs(images[0][:, bright].mean(0) - mean) < 5 * np.sqrt(2) * error)
    assert images[0][:, bright].std(0) == pytest.approx(images[1][:, bright].std(0), rel=0.25)


def test_width_of_a_point_is_the_diffusion_of_its_depth():
    rng = np.random.default_rng(10)
    depth = np.array([250.0, 450.0, 670.0])
    sigma = deposit.sigma_px(depth, 258.817, 9.82e-4)
    assert sigma[2] == pytest.approx(1.11, abs=0.01)
    pixels = deposit.collect(
        rng, Deposits(np.arange(3), np.full(3, 50.0), np.full(3, 50.0), sigma, np.full(3, 1e6)), (100, 100)
    )
    for i in range(3):
        of_point = pixels.particle == i
        column, weight = pixels.pixel[of_point] % 100, pixels.charge_e[of_point]
        spread = np.average((column - 50.0) ** 2, weights=weight) - 1.0 / 12.0
        assert np.sqrt(spread) == pytest.approx(sigma[i], rel=0.01)


def test_charge_outside_the_image_is_lost():
    rng = np.random.default_rng(11)
    pixels = deposit.collect(
        rng,
        Deposits(np.array([0, 1]), np.array([-0.5, -40.0]), np.full(2, 10.0), np.ones(2), np.full(2, 1e4)),
        (20, 20),
    )
    assert set(pixels.particle) == {0}
    assert pixels.charge_e.sum() == pytest.approx(5e3, rel=0.01)
