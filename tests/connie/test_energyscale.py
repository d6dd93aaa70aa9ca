"""The Fe-55 line: a line put among charges comes back with an honest interval, and the camera's own gains do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.connie.energy.energy_scale import K_ALPHA_KEV, K_BETA_KEV, LineParameters, energy_scales, fit_line
from core.connie.mapping import Mapping
from core.data.mapping import load_mapping
from core.errors import DarkroomError

MSFC = load_mapping(Path(__file__).resolve().parents[2] / "core" / "connie" / "mappings" / "msfc.toml", Mapping)
FRAMES = ("ESIS3_05400.fit.gz", "ESIS3_05408.fit.gz")


def charges(rng, place_dn, n_line=60, n_shelf=40, n_flat=20, sigma_dn=8.0):
    """Simulated charges: K-alpha and 12 % K-beta, a shelf below, a flat background."""
    n_beta = rng.binomial(n_line, 0.12)
    ratio = K_BETA_KEV / K_ALPHA_KEV
    return np.concatenate([
        rng.normal(place_dn, sigma_dn, n_line - n_beta),
        rng.normal(ratio * place_dn, ratio * sigma_dn, n_beta),
        rng.uniform(0.5 * place_dn, place_dn, n_shelf),
        rng.uniform(0.5 * place_dn, 1.5 * place_dn, n_flat),
    ])  # fmt: skip


def test_a_simulated_line_is_found_with_an_honest_interval():
    rng = np.random.default_rng(7)
    places = rng.uniform(590.0, 670.0, 25)
    lines = [fit_line(charges(rng, place), 630.0) for place in places]
    off = np.array([line.place_dn for line in lines]) - places
    assert np.abs(off).max() < 0.015 * 630
    covered = sum(line.low_dn <= place <= line.high_dn for line, place in zip(lines, places, strict=True))
    assert 10 <= covered <= 23  # 68 % of 25 within 3 standard deviations
    assert np.median([line.sigma_dn for line in lines]) == pytest.approx(8.0, rel=0.15)
    assert all(line.significance > 4 for line in lines)


def test_many_clusters_give_the_place_to_a_part_in_a_thousand():
    line = fit_line(charges(np.random.default_rng(1), 641.0, 3000, 1000, 500), 630.0)
    assert line.place_dn == pytest.approx(641.0, abs=0.641)
    assert 0.1 < line.high_dn - line.low_dn < 1.0
    assert line.n_line == pytest.approx(0.88 * 3000, rel=0.06)


def test_without_a_line_or_clusters_there_is_no_scale():
    rng = np.random.default_rng(5)
    with pytest.raises(DarkroomError, match=r"no K-alpha line among .* sigma"):
        fit_line(rng.uniform(300, 900, 200), 630.0)
    with pytest.raises(DarkroomError, match="0 clusters between 536 and 724 DN: expected at least 12"):
        fit_line(np.empty(0), 630.0)
    with pytest.raises(DarkroomError, match="No image to find a line in"):
        energy_scales([], MSFC)


@pytest.fixture(scope="module")
def frames(test_data):
    return [test_data / "ccd" / "msfc" / name for name in FRAMES]


def test_quadrants_of_a_camera_of_others(frames):
    scales = energy_scales(frames, MSFC)
    assert [scale.amplifier for scale in scales] == [0, 1, 2, 3]
    for scale in scales:
        assert scale.line.place_dn == pytest.approx(1602 / MSFC.gains_e_per_dn[scale.amplifier], rel=0.03)
        assert scale.low_e_per_dn < scale.gain_e_per_dn < scale.high_e_per_dn
        assert scale.high_e_per_dn - scale.low_e_per_dn < 0.015 * scale.gain_e_per_dn


@pytest.mark.parametrize("which", [0, 1])
def test_one_frame_is_enough_for_a_common_factor(which, frames):
    scales = energy_scales(frames[which : which + 1], MSFC, LineParameters(together=True))
    assert len({round(scale.gain_e_per_dn / scale.assumed_e_per_dn, 9) for scale in scales}) == 1
    assert np.mean([scale.line.place_dn for scale in scales]) == pytest.approx(630, rel=0.03)
    assert scales[0].line.significance > 5


def test_a_wrong_gain_is_mended(frames):
    wrong = replace(MSFC, gains_e_per_dn=tuple(1.05 * g for g in MSFC.gains_e_per_dn))
    scales = energy_scales(frames, wrong, LineParameters(together=True))
    for scale, known in zip(scales, MSFC.gains_e_per_dn, strict=True):
        assert scale.gain_e_per_dn == pytest.approx(known, rel=0.02)
