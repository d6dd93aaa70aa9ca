"""Landau's distribution in the standard of CERNLIB, its smearing, and the fits that recover what was drawn."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from core.connie.energy import cu_kalpha
from core.connie.muons import landau
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
    density = landau.landau_gauss(np.linspace(-100.0, 24_000.0, 2_411), MPV, XI, SIGMA).sum()
    assert density == pytest.approx(1.0 - XI / (24_000.0 - MPV), abs=2e-4)


def test_smearing_keeps_the_mean_of_a_bounded_part_and_moves_the_peak_up():
    edges = np.linspace(0.0, 400.0, 401)
    direct = np.histogram(drawn(400_000, 3), edges)[0] / 400_000
    density = landau.landau_gauss(edges, MPV, XI, SIGMA)
    assert np.abs(direct - density).max() < 5.0 * math.sqrt(density.max() / 400_000)
    assert landau.peak(MPV, XI, 0.5) == pytest.approx(MPV, abs=0.1)
    assert MPV < landau.peak(MPV, XI, 5.0) < landau.peak(MPV, XI, 15.0)


def test_the_fit_recovers_what_was_drawn_within_its_errors():
    names = {"mpv_kev": MPV, "xi_kev": XI, "sigma_kev": SIGMA}
    pulls = []
    for seed in range(6):
        fit = landau.fit(drawn(10_000, seed), 120.0, 450.0)
        assert fit.p_value > 1e-4
        intervals = [(getattr(fit, name), truth) for name, truth in names.items()]
        pulls.append([(item.value - truth) / ((item.high - item.low) / 3.92) for item, truth in intervals])
    # 6 pulls of each: their mean within 4 standard errors, their spread within what chi2 of 6 allows at 1e-4
    assert np.abs(np.mean(pulls, axis=0)).max() < 4.0 / math.sqrt(6)
    assert (np.sum(np.square(pulls), axis=0) > 0.2).all() and (np.sum(np.square(pulls), axis=0) < 27.0).all()


def test_the_interval_of_the_peak_is_that_of_its_own_profile():
    """At its ends the likelihood ratio, smallest over both widths, is larger by the 3.84 of chi2(1) at 95 %."""
    fit = landau.fit(drawn(2_000, 11), 120.0, 450.0)
    assert fit.peak_kev.low < landau.peak(MPV, XI, SIGMA) < fit.peak_kev.high
    assert fit.peak_kev.value == pytest.approx(
        landau.peak(fit.mpv_kev.value, fit.xi_kev.value, fit.sigma_kev.value), abs=0.05
    )
    for end in (fit.peak_kev.low, fit.peak_kev.high):

        def loss(widths: np.ndarray, end: float = end) -> float:
            shares = landau.landau_gauss(fit.edges_kev, end - landau.peak(0.0, *widths), *widths)
            return landau.deviance(fit.counts, fit.counts.sum() * shares / shares.sum())

        start = [fit.xi_kev.value, fit.sigma_kev.value]
        least = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 0.01, "fatol": 0.001})
        assert least.fun - fit.chi2 == pytest.approx(stats.chi2.ppf(0.95, 1), abs=0.05)
    # the widths move the peak against the MPV: the interval of the MPV, moved, would be too narrow
    assert fit.peak_kev.high - fit.peak_kev.low > 1.3 * (fit.mpv_kev.high - fit.mpv_kev.low)


def test_tracks_of_all_lengths_are_fitted_by_their_sum_and_not_by_one_landau():
    relative = 1.0 / np.clip(np.random.default_rng(2).random(40_000) ** 0.25, 0.15, 1.0)  # of cos3 sin
    energy = drawn(40_000, 8) + XI * np.log(relative)
    together = landau.fit(energy, 120.0, 450.0, paths=landau.paths_of(relative))
    assert together.mpv_kev.low < MPV < together.mpv_kev.high
    assert together.xi_kev.low < XI < together.xi_kev.high
    assert together.p_value > 1e-3
    alone = landau.fit(energy, 120.0, 450.0)
    assert alone.mpv_kev.low > MPV + 1.0


def test_too_few_energies_are_refused_and_nan_left_out():
    energies = np.concatenate([drawn(200, 1), np.full(50, np.nan)])
    assert landau.fit(energies, 120.0, 450.0).mpv_kev.n <= 200
    with pytest.raises(DarkroomError, match=r"^\d+ energies lie from 120 to 130 keV, expected at least 100"):
        landau.fit(energies, 120.0, 130.0)


def test_the_copper_lines_are_found_where_they_are():
    rng = np.random.default_rng(4)
    lines = [rng.normal(7.95, 0.14, 900), rng.normal(7.95 * 8.904 / 8.046, 0.147, 180), rng.uniform(6.0, 11.0, 500)]
    fit = cu_kalpha.fit(np.concatenate(lines))
    assert fit.k_alpha_kev.low < 7.95 < fit.k_alpha_kev.high
    assert fit.k_alpha_kev.high - fit.k_alpha_kev.low < 0.03
    assert fit.sigma_kev.value == pytest.approx(0.14, abs=0.015)
    assert fit.n_k_alpha.low < 900 < fit.n_k_alpha.high
    assert fit.p_value > 1e-3


def test_no_copper_without_clusters():
    with pytest.raises(DarkroomError, match=r"^0 clusters lie from 6\.5 to 10\.5 keV"):
        cu_kalpha.fit(np.zeros(0))
