"""Rates: errors of counts, live time, constancy, gaps, air pressure, bands; each against what was put in."""

import math

import numpy as np
import pytest

from core.analysis.pressure import Pressure, read_pressure
from core.analysis.rates import Band
from core.connie.muons import rate_series, rates
from core.connie.muons.rate_series import Exposed
from core.errors import DarkroomError

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
    constancies = [rates.constancy(rng.poisson(2.0 * exposure), exposure) for _ in range(300)]
    p = np.array([constancy.p_value for constancy in constancies])
    assert 0.4 < p.mean() < 0.6 and (p < 0.01).sum() <= 12
    assert np.mean([constancy.mean.low < 2.0 < constancy.mean.high for constancy in constancies]) > 0.91
    pulls = np.concatenate([constancy.pull for constancy in constancies])
    assert abs(pulls.mean()) < 0.05 and pulls.std() == pytest.approx(1.0, abs=0.05)


def test_an_outlier_is_seen_and_nothing_at_all_is_undefined():
    n = np.full(20, 400)
    n[7] = 500
    constancy = rates.constancy(n, np.full(20, 100.0))
    assert np.flatnonzero(np.abs(constancy.pull) > 3.0).tolist() == [7]
    assert constancy.p_value > 0.01 and constancy.ndf == 19
    nothing = rates.constancy(np.zeros(0), np.zeros(0))
    assert math.isnan(nothing.mean.value) and math.isnan(nothing.p_value)


def test_few_counts_are_judged_by_the_exact_probability():
    constancy = rates.constancy(np.array([12, *[1] * 40]), np.ones(41))
    assert constancy.pull[0] > 5.0
    assert np.abs(constancy.pull[1:]).max() < 1.0


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
        fit = rates.fit_pressure(n.astype(float), np.sqrt(n), hpa)
        pulls.append((fit.beta.value - beta) / ((fit.beta.high - fit.beta.low) / 3.92))
    assert abs(np.mean(pulls)) < 4.0 / math.sqrt(40) and 0.6 < np.std(pulls) < 1.5
    after = fit.correct(n.astype(float), hpa)
    assert abs(np.corrcoef(after, hpa)[0, 1]) < 0.05 < abs(np.corrcoef(n, hpa)[0, 1])
    with pytest.raises(DarkroomError, match=r"^2 images have a rate and a pressure"):
        rates.fit_pressure(np.ones(3), np.ones(3), np.array([1000.0, 1010.0, np.nan]))


def test_pressures_are_read_checked_and_taken_at_the_times_of_images():
    pressure = read_pressure("time,pressure\n2020-01-01T12:00,1010\n2020-01-01T00:00,1000\n", "air.csv")
    assert pressure.at(np.array([pressure.time_s[0] + 6 * 3600.0]))[0] == pytest.approx(1005.0)
    assert np.isnan(pressure.at(np.array([0.0]))[0])
    for text, sentence in (
        ("when,hpa\n1,2\n", "expected the columns time and pressure"),
        ("time,pressure\nsoon,1000\n", "line 2 is 'soon'"),
        ("time,pressure\n1577934000,29.9\n", r"expected hPa \(500 to 1100\)"),
        ("time,pressure\n2020-01-01,1000\n", "line 2 is '2020-01-01', a day without a time of day"),
        ("time,pressure\n5,1000\n", "5 is no time of the years"),
        ("time,pressure\n2020-02-30T00:00,1000\n", "no date of the calendar"),
        ("", "found no line"),
    ):
        with pytest.raises(DarkroomError, match=sentence):
            read_pressure(text, "air.csv")


def test_pressures_stand_at_julian_dates_and_in_other_zones_too():
    pressure = read_pressure("time,pressure\n58850.125,1000\n2020-01-02T06:00+02:00,1010\n", "air.csv")
    assert pressure.time_s == pytest.approx([1_577_934_000.0, 1_577_937_600.0], abs=1e-3)


def test_bands_are_read_and_a_step_of_the_rate_is_measured():
    first = 1_577_836_800.0  # 2020-01-01
    bands = rates.parse_bands(f"on 2020-01-01 58859\n off  {first + 864_000:.0f} 2020-01-21T02:00+02:00")
    assert [(band.name, band.start_s - first, band.stop_s - first) for band in bands] == [("on", 0, 864_000), ("off", 864_000, 1_728_000)]  # fmt: skip
    time_s = first + (np.arange(20) + 0.5) * DAY_S
    n = np.where(np.arange(20) < 10, 110, 100)
    means = {name: rates.constancy(n[at], np.ones(at.sum())).mean for name, at in rates.in_bands(bands, time_s).items()}
    assert means["on"].value == pytest.approx(110.0) and means["off"].value == pytest.approx(100.0)
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
        np.sqrt(called) * scale, np.zeros((n, 0)), hpa,
    )  # fmt: skip


def test_a_series_has_a_panel_for_all_and_one_per_ccd():
    panels = rate_series.series(images(), 3.0)
    assert [panel.panel for panel in panels] == ["all CCDs", "OHDU 0", "OHDU 1"]
    for panel in panels:
        assert panel.mean.low < 1.0 < panel.mean.high
        assert panel.p_value > 0.001 and np.flatnonzero(panel.gap).tolist() == [9]
    # of 30 * 2 * 200 counted muons, not of the corrected number
    assert panels[0].mean.n == pytest.approx(12_000, rel=0.05)


def test_the_mean_rate_holds_the_error_of_the_calibration_which_all_images_share():
    exposed = images()
    shared = 1.0 + np.tile([-0.05, 0.05], 30)  # 5 % on every image alike
    calibrated = Exposed(**{**exposed.__dict__, "repeats": exposed.muons[:, None] * shared})
    for before, after in zip(rate_series.series(exposed, 3.0), rate_series.series(calibrated, 3.0), strict=True):
        half_before, half_after = ((item.mean.high - item.mean.low) / 2.0 for item in (before, after))
        assert half_after == pytest.approx(np.hypot(half_before, 1.96 * 0.05 * after.mean.value), rel=0.01)
        assert (before.chi2, before.mean.value) == (after.chi2, after.mean.value)
        assert after.mean.method == "Garwood, calibration in quadrature"
    middle = 15 * 13_200.0 + DAY_S
    bands = (Band("on", 0.0, middle), Band("off", middle, 10.0 * DAY_S))
    on, off, difference = rate_series.band_rows(calibrated, bands)
    assert on["rate"]["high"] - on["rate"]["low"] > 0.19 and off["rate"]["high"] - off["rate"]["low"] > 0.19
    spread = difference["rate"]["high"] - difference["rate"]["low"]
    plain = rate_series.band_rows(exposed, bands)[2]["rate"]
    assert spread == pytest.approx(plain["high"] - plain["low"], rel=0.05)  # what is shared cancels


def test_images_without_exposure_have_no_rate():
    exposed = images()
    nothing = Exposed(**{**exposed.__dict__, "exposure": np.full(60, np.nan)})
    assert rate_series.series(nothing, 3.0) == ()


def test_a_pressure_effect_is_taken_out():
    exposed = images(n_exposures=100)
    factor = np.exp(-0.01 * (exposed.pressure_hpa - 1013.0))
    moved = Exposed(**{**exposed.__dict__, "muons": exposed.muons * factor, "error": exposed.error * np.sqrt(factor)})
    before = rate_series.series(moved, 3.0)[0]
    after, barometer = rate_series.corrected_for_pressure(moved)
    assert barometer.beta.low < -0.01 < barometer.beta.high
    assert before.p_value < 1e-6 < rate_series.series(after, 3.0)[0].p_value


def test_clipped_tracks_widen_the_area_as_crofton_says():
    facts = {"pixel_um": 15.0, "n_usable_px": 1000 * 1000, "n_rows": 1000, "n_columns": 1000}
    rng = np.random.default_rng(3)
    # segments of 530 µm, thrown far beyond the image: how many touch it, per density
    half, n, side = 530.0 / 15.0 / 2.0, 60_000, 1100.0
    middle, angle = rng.uniform(-side / 2, side / 2, (n, 2)), rng.uniform(0, np.pi, n)
    steps = np.linspace(-half, half, 21)[:, None]
    x, y = middle[:, 0] + steps * np.cos(angle), middle[:, 1] + steps * np.sin(angle)
    touching = ((np.abs(x) < 500) & (np.abs(y) < 500)).any(axis=0).mean() * side**2
    assert rate_series.area_cm2(facts, True) / (1.5e-3) ** 2 == pytest.approx(touching, rel=0.007)
    assert rate_series.area_cm2(facts, False) == pytest.approx(2.25)


def test_a_pressure_keeps_its_digest():
    first, other = Pressure("a", np.zeros(2), np.ones(2)), Pressure("a", np.zeros(2), np.array([1.0, 2.0]))
    assert first.digest != other.digest
