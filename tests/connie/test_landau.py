"""Landau's distribution in the standard of CERNLIB, its smearing, and the fits that recover what was drawn."""

import math

import numpy as np
import pytest
from scipy import stats

from core.connie import copper, landau
from core.errors import DarkroomError

MPV, XI, SIGMA = 199.0, 12.0, 10.0


def drawn(n: int, seed: int, sigma: float = SIGMA) -> np.ndarray:
    """Energies [keV]: Landau by the scaling of the brief, and a Gauss."""
    rng = np.random.default_rng(seed)
    place, scale = MPV + 0.22278 * XI + XI * math.log(math.pi / 2.0), XI * math.pi / 2.0
    return stats.landau.rvs(place, scale, size=n, random_state=rng) + rng.normal(0.0, sigma, n)


def test_the_maximum_lies_at_the_mpv_and_the_width_is_four_xi():
    x = np.linspace(100.0, 400.0, 30_001)
    density = landau.landau(x, MPV, XI)
    assert x[density.argmax()] == pytest.approx(MPV, abs=0.02)
    above = x[density > density.max() / 2.0]
    assert (above[-1] - above[0]) / XI == pytest.approx(4.018, abs=0.005)


def test_scipys_own_location_and_scale_would_be_wrong():
    x = np.linspace(100.0, 400.0, 30_001)
    assert abs(x[stats.landau.pdf(x, MPV, XI).argmax()] - MPV) > 5.0


def test_the_smeared_density_adds_up_to_one():
    # beyond an energy E the tail holds xi / (E - MPV)
    found = landau.landau_gauss(np.linspace(-100.0, 24_000.0, 2_411), MPV, XI, SIGMA).sum()
    assert found == pytest.approx(1.0 - XI / (24_000.0 - MPV), abs=2e-4)


def test_smearing_keeps_the_mean_of_a_bounded_part_and_moves_the_peak_up():
    edges = np.linspace(0.0, 400.0, 401)
    direct = np.histogram(drawn(400_000, 3), edges)[0] / 400_000
    made = landau.landau_gauss(edges, MPV, XI, SIGMA)
    assert np.abs(direct - made).max() < 5.0 * math.sqrt(made.max() / 400_000)
    assert landau.peak(MPV, XI, 0.5) == pytest.approx(MPV, abs=0.1)
    assert MPV < landau.peak(MPV, XI, 5.0) < landau.peak(MPV, XI, 15.0)


def test_the_fit_recovers_what_was_drawn_within_its_errors():
    names = {"mpv_kev": MPV, "xi_kev": XI, "sigma_kev": SIGMA}
    pulls = []
    for seed in range(6):
        found = landau.fit(drawn(10_000, seed), 120.0, 450.0)
        assert found.p_value > 1e-4
        intervals = [(getattr(found, name), truth) for name, truth in names.items()]
        pulls.append([(one.value - truth) / ((one.high - one.low) / 3.92) for one, truth in intervals])
    # 6 pulls of each: their mean within 4 standard errors, their spread within what chi2 of 6 allows at 1e-4
    assert np.abs(np.mean(pulls, axis=0)).max() < 4.0 / math.sqrt(6)
    assert (np.sum(np.square(pulls), axis=0) > 0.2).all() and (np.sum(np.square(pulls), axis=0) < 27.0).all()


def test_too_few_energies_are_refused_and_nan_left_out():
    energies = np.concatenate([drawn(200, 1), np.full(50, np.nan)])
    assert landau.fit(energies, 120.0, 450.0).mpv_kev.n <= 200
    with pytest.raises(DarkroomError, match=r"^\d+ energies lie from 120 to 130 keV, expected at least 100"):
        landau.fit(energies, 120.0, 130.0)


def test_the_copper_lines_are_found_where_they_are():
    rng = np.random.default_rng(4)
    lines = [rng.normal(7.95, 0.14, 900), rng.normal(7.95 * 8.904 / 8.046, 0.147, 180), rng.uniform(6.0, 11.0, 500)]
    found = copper.fit(np.concatenate(lines))
    assert found.k_alpha_kev.low < 7.95 < found.k_alpha_kev.high
    assert found.k_alpha_kev.high - found.k_alpha_kev.low < 0.03
    assert found.sigma_kev.value == pytest.approx(0.14, abs=0.015)
    assert found.n_k_alpha.low < 900 < found.n_k_alpha.high
    assert found.p_value > 1e-3


def test_no_copper_without_clusters():
    with pytest.raises(DarkroomError, match=r"^0 clusters lie from 6\.5 to 10\.5 keV"):
        copper.fit(np.zeros(0))
