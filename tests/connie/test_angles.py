"""Zenith against cos3 sin, azimuth against flat, acceptance from simulated muons."""

import numpy as np
import pytest

from core.connie.muons import angles


def thrown(n: int, seed: int) -> np.ndarray:
    """Zenith angles [deg] of muons through a horizontal plane."""
    return np.degrees(np.arccos(np.random.default_rng(seed).random(n) ** 0.25))


def test_the_shares_add_up_and_a_quarter_is_above_45_degrees():
    edges = np.array([0.0, 45.0, 90.0])
    assert angles.crossing_share(edges).tolist() == pytest.approx([0.75, 0.25])
    assert angles.crossing_share(angles.ZENITH_EDGES_DEG).sum() == pytest.approx(1.0)


def test_thrown_muons_agree_and_isotropic_ones_do_not():
    zenith = angles.zenith(thrown(20_000, 1))
    assert zenith.p_value > 0.001 and zenith.expected.sum() == pytest.approx(20_000)
    isotropic = np.degrees(np.arccos(np.random.default_rng(1).random(20_000)))
    assert angles.zenith(isotropic).p_value < 1e-9


def test_the_acceptance_takes_out_what_is_lost():
    def kept(theta: np.ndarray, seed: int) -> np.ndarray:
        return theta[np.random.default_rng(seed).random(len(theta)) < np.clip(theta / 30.0, 0.0, 1.0)]

    accepted = angles.acceptance(kept(thrown(20_000, 2), 3), 20_000)
    data = kept(thrown(8_000, 4), 5)
    assert angles.zenith(data).p_value < 1e-9
    assert angles.zenith(data, accepted).p_value > 0.001
    assert accepted.share[8] == pytest.approx(1.0, abs=0.1)  # 40 to 45 degrees: all are kept


def test_a_flat_azimuth_passes_rows_taken_for_tracks_do_not():
    rng = np.random.default_rng(6)
    flat = rng.uniform(-90.0, 90.0, 5_000)
    assert angles.azimuth(flat).p_value > 0.001
    assert angles.azimuth(np.concatenate([flat, np.full(200, 0.1)])).p_value < 1e-6
    # no direction: 100 degrees is -80
    assert angles.azimuth(np.array([100.0, np.nan])).counts[1] == 1


def test_without_tracks_all_is_undefined():
    assert np.isnan(angles.zenith(np.zeros(0)).p_value)
