"""Rates: errors of counts, live time, constancy, gaps, air pressure, bands; each against what was put in."""

import math

import numpy as np
import pytest

from core.connie import rates, series
from core.connie.series import Exposed
from core.errors import DarkroomError
from core.judge.pressure import Pressure, read_pressure

DAY_S = 86_400.0


def test_errors_are_the_root_and_of_few_counts_garwoods():
    down, up = rates.count_errors(np.array([0, 1, 3, 19, 20, 100]))
    assert down[0] == 0.0 and up[0] == pytest.approx(1.841, abs=0.001)  # -ln(0.15866)
    assert down[1] == pytest.approx(0.827, abs=0.001) and up[1] == pytest.approx(2.300, abs=0.001)  # Gehrels 1986
    assert down[2] == pytest.approx(1.633, abs=0.001) and up[2] == pytest.approx(2.918, abs=0.001)
    assert up[3] > math.sqrt(19)
    assert down[4] == up[4] == math.sqrt(20) and up[5] == 10.0


def test_a_pixel_waits_half_the_readout_on_the_mean():
    assert rates.live_time_s(10_800.0, 3_600.0) == 12_600.0
    assert rates.live_time_s(10_800.0, 3_600.0, (0.0, 0.5)) == 11_700.0
    assert rates.live_time_s(10_800.0, 3_600.0, (1.0, 1.0)) == 14_400.0


def test_a_constant_rate_has_a_flat_p_value_and_its_mean_is_covered():
    rng = np.random.default_rng(1)
    exposure = rng.uniform(3.0, 200.0, 30)  # from few counts to many
    found = [rates.constancy(rng.poisson(2.0 * exposure), exposure) for _ in range(300)]
    p = np.array([one.p_value for one in found])
    assert 0.4 < p.mean() < 0.6 and (p < 0.01).sum() <= 12
    assert np.mean([one.mean.low < 2.0 < one.mean.high for one in found]) > 0.91
    pulls = np.concatenate([one.pull for one in found])
    assert abs(pulls.mean()) < 0.05 and pulls.std() == pytest.approx(1.0, abs=0.05)


def test_an_outlier_is_seen_and_nothing_at_all_is_undefined():
    n = np.full(20, 400)
    n[7] = 500
    found = rates.constancy(n, np.full(20, 100.0))
    assert np.flatnonzero(np.abs(found.pull) > 3.0).tolist() == [7]
    assert found.p_value > 0.01 and found.ndf == 19
    nothing = rates.constancy(np.zeros(0), np.zeros(0))
    assert math.isnan(nothing.mean.value) and math.isnan(nothing.p_value)


def test_few_counts_are_judged_by_the_exact_probability():
    found = rates.constancy(np.array([12, *[1] * 40]), np.ones(41))
    assert found.pull[0] > 5.0
    assert np.abs(found.pull[1:]).max() < 1.0


def test_gaps_are_where_an_image_is_missing():
    start = np.array([0.0, 10.0, 20.0, 50.0, 60.0]) * 1000.0
    assert rates.gaps(start).tolist() == [False, False, True, False, False]
    assert rates.gaps(start[:1]).tolist() == [False]


def test_the_pressure_coefficient_is_recovered_and_the_corrected_rate_is_flat():
    rng = np.random.default_rng(2)
    beta, n_images = -0.0015, 80
    hpa = rng.normal(1013.0, 8.0, n_images)
    pulls = []
    for _ in range(40):
        n = rng.poisson(7_000 * np.exp(beta * (hpa - 1013.0)))
        found = rates.fit_pressure(n.astype(float), np.sqrt(n), hpa)
        pulls.append((found.beta.value - beta) / ((found.beta.high - found.beta.low) / 3.92))
    assert abs(np.mean(pulls)) < 4.0 / math.sqrt(40) and 0.6 < np.std(pulls) < 1.5
    after = found.correct(n.astype(float), hpa)
    assert abs(np.corrcoef(after, hpa)[0, 1]) < 0.05 < abs(np.corrcoef(n, hpa)[0, 1])
    with pytest.raises(DarkroomError, match=r"^2 images have a rate and a pressure"):
        rates.fit_pressure(np.ones(3), np.ones(3), np.array([1000.0, 1010.0, np.nan]))


def test_pressures_are_read_checked_and_taken_at_the_times_of_images():
    found = read_pressure("time,pressure\n2020-01-01T12:00,1010\n2020-01-01T00:00,1000\n", "air.csv")
    assert found.at(np.array([found.time_s[0] + 6 * 3600.0]))[0] == pytest.approx(1005.0)
    assert np.isnan(found.at(np.array([0.0]))[0])
    for text, told in (
        ("when,hpa\n1,2\n", "expected the columns time and pressure"),
        ("time,pressure\nsoon,1000\n", "line 2 is 'soon'"),
        ("time,pressure\n1,29.9\n", r"expected hPa \(500 to 1100\)"),
        ("", "found no line"),
    ):
        with pytest.raises(DarkroomError, match=told):
            read_pressure(text, "air.csv")


def test_bands_are_read_and_a_step_of_the_rate_is_measured():
    bands = rates.parse_bands("on 1970-01-01 1970-01-11\n off  864000 1728000")
    assert [(one.name, one.start_s, one.stop_s) for one in bands] == [("on", 0, 864_000), ("off", 864_000, 1_728_000)]
    time_s = (np.arange(20) + 0.5) * DAY_S
    found = rates.by_band(bands, time_s, np.where(np.arange(20) < 10, 110, 100), np.ones(20))
    assert found["on"].mean.value == pytest.approx(110.0) and found["off"].mean.value == pytest.approx(100.0)
    for wrong in ("on 2020-01-02 2020-01-01", "2020-01-01 2020-01-02", "on then now"):
        with pytest.raises(DarkroomError, match="is not a stretch of time"):
            rates.parse_bands(wrong)


def images(n_ccds: int = 2, n_exposures: int = 30, scale: float = 1.5) -> Exposed:
    """Constant rate 1.0 /(cm2 min) with a missing day after the tenth exposure; muons are counted short by `scale` and
    corrected, so that their error is larger than the root.
    """
    rng = np.random.default_rng(6)
    n = n_ccds * n_exposures
    runid, ohdu = np.repeat(np.arange(n_exposures), n_ccds), np.tile(np.arange(n_ccds), n_exposures)
    start = runid * 13_200.0 + (runid >= 10) * DAY_S
    exposure = np.full(n, 300.0)
    called = rng.poisson(exposure / scale)
    hpa = 1013.0 + 10.0 * np.sin(runid)
    return Exposed(
        np.arange(n), runid, ohdu, start, start + 10_800.0, np.full(n, 10_800.0), exposure, called * scale,
        np.sqrt(called) * scale, hpa,
    )  # fmt: skip


def test_a_series_has_a_panel_for_all_and_one_per_ccd():
    found = series.series(images(), 3.0)
    assert [one.panel for one in found] == ["all CCDs", "OHDU 0", "OHDU 1"]
    for one in found:
        assert one.mean.low < 1.0 < one.mean.high
        assert one.p_value > 0.001 and np.flatnonzero(one.gap).tolist() == [9]
    # of 30 * 2 * 200 counted muons, not of the corrected number
    assert found[0].mean.n == pytest.approx(12_000, rel=0.05)


def test_images_without_exposure_have_no_rate():
    found = images()
    nothing = Exposed(**{**found.__dict__, "exposure": np.full(60, np.nan)})
    assert series.series(nothing, 3.0) == ()


def test_a_pressure_effect_is_taken_out():
    found = images(n_exposures=100)
    factor = np.exp(-0.01 * (found.pressure_hpa - 1013.0))
    moved = Exposed(**{**found.__dict__, "muons": found.muons * factor, "error": found.error * np.sqrt(factor)})
    before = series.series(moved, 3.0)[0]
    after, barometer = series.corrected_for_pressure(moved)
    assert barometer.beta.low < -0.01 < barometer.beta.high
    assert before.p_value < 1e-6 < series.series(after, 3.0)[0].p_value


def test_clipped_tracks_widen_the_area_as_crofton_says():
    facts = {"pixel_um": 15.0, "n_usable_px": 1000 * 1000, "n_rows": 1000, "n_columns": 1000}
    rng = np.random.default_rng(3)
    # segments of 530 um, thrown far beyond the image: how many touch it, per density
    half, n, side = 530.0 / 15.0 / 2.0, 60_000, 1100.0
    middle, angle = rng.uniform(-side / 2, side / 2, (n, 2)), rng.uniform(0, np.pi, n)
    steps = np.linspace(-half, half, 21)[:, None]
    x, y = middle[:, 0] + steps * np.cos(angle), middle[:, 1] + steps * np.sin(angle)
    touching = ((np.abs(x) < 500) & (np.abs(y) < 500)).any(axis=0).mean() * side**2
    assert series.area_cm2(facts, True) / (1.5e-3) ** 2 == pytest.approx(touching, rel=0.007)
    assert series.area_cm2(facts, False) == pytest.approx(2.25)


def test_a_pressure_keeps_its_digest():
    one, other = Pressure("a", np.zeros(2), np.ones(2)), Pressure("a", np.zeros(2), np.array([1.0, 2.0]))
    assert one.digest != other.digest
