"""lpar: closed forms, what is undefined, and the table of expected medians on simulated pulses."""

from functools import cache

import numpy as np
import pytest

from core.cosine.features import FeatureParameters, compute
from core.cosine.pulse import lpar
from core.cosine.pulse.lpar import margin_samples, pulses, template
from core.cosine.simulate import waveforms
from core.learn.network import Record

N_WINDOW, MARGIN = 300, 2
T_NS = np.arange(N_WINDOW) * 2.0
GEOMETRY = {"sampling_ns": 2.0, "record_samples": 4080, "pretrigger_samples": 1200}
RECORD, DOWN = (Record("a record", {**GEOMETRY, "positive": up}) for up in (True, False))
SLOW, FAST = template(np.exp(-T_NS / 240)), template(np.exp(-T_NS / 30))
# population, keV: median of lpar, from a toy whose window, smoothing and tail of the fast noise are not recorded
EXPECTED = {
    ("signal", 1.0): 0.42, ("signal", 2.0): 0.53, ("signal", 3.0): 0.60, ("signal", 8.0): 0.78,
    ("fast", 1.0): -0.57, ("fast", 3.0): -0.77, ("slow", 1.0): 0.50, ("slow", 3.0): 0.62,
}  # fmt: skip


@cache
def simulated(population: str, energy_kev: float, n: int = 800) -> np.ndarray:
    """Summed pulses float32 (n, N_WINDOW + 2 MARGIN) of simulated records, NaN where they have no shape."""
    columns, _, stored = compute(waveforms(population, energy_kev, n, seed=21).raw, FeatureParameters())
    return pulses(stored, columns, RECORD)


@cache
def templates() -> tuple[np.ndarray, np.ndarray]:
    """Signal and fast noise of the training energies of the slides."""
    means = []
    for population in ("signal", "fast"):
        shapes = np.concatenate([simulated(population, e, 300) for e in (3.5, 5.0, 7.0, 9.0)])
        means.append(template(shapes[:, MARGIN:-MARGIN].mean(axis=0, dtype=float)))
    return means[0], means[1]


def direct(w: np.ndarray, t: np.ndarray) -> float:
    """L_k as it is written down."""
    terms = np.where(w > 0, t - w + w * np.log(np.where(w > 0, w, 1.0) / t), t)
    return float(terms.sum())


def test_the_templates_themselves_are_at_the_ends():
    values = lpar.lpar(np.stack([SLOW, FAST, 700 * SLOW]), SLOW, FAST)
    np.testing.assert_allclose(values, [1.0, -1.0, 1.0], atol=1e-6)


def test_it_is_the_formula():
    rng = np.random.default_rng(4)
    w = np.maximum(rng.normal(0.1, 1.0, (20, N_WINDOW)), 0.0)  # many samples are exactly 0
    shares = w / w.sum(axis=1, keepdims=True)
    deviances = np.array([[direct(share, SLOW), direct(share, FAST)] for share in shares])
    wanted = (deviances[:, 1] - deviances[:, 0]) / deviances.sum(axis=1)
    np.testing.assert_allclose(lpar.lpar(w, SLOW, FAST), wanted, atol=1e-6)


def test_alike_templates_tell_nothing_and_exchanged_ones_turn_the_sign():
    w = simulated("signal", 3.0)[:50]
    assert (lpar.lpar(w, SLOW, SLOW) == 0).all()
    np.testing.assert_allclose(lpar.lpar(w, SLOW, FAST), -lpar.lpar(w, FAST, SLOW), atol=1e-6)


def test_pulses_are_smoothed_over_10_ns_and_clipped_after_it():
    assert [margin_samples(dt) for dt in (1.0, 2.0, 2.5, 10.0, 100.0)] == [5, 2, 2, 0, 0]
    pulse = np.zeros((1, N_WINDOW + 2 * MARGIN))
    pulse[0, 100] = 5.0
    flat = np.zeros((1, N_WINDOW))
    flat[0, 96:101] = 1.0  # sample 100 of the pulse with margin is 98 of the window
    assert lpar.lpar(pulse, SLOW, FAST) == pytest.approx(lpar.lpar(flat, SLOW, FAST), abs=1e-6)
    pulse[0, 200] = -3.0
    assert lpar.lpar(pulse, SLOW, FAST) == pytest.approx(lpar.lpar(flat, SLOW, FAST), abs=1e-6)


def test_undefined_is_nan():
    nothing = np.stack([np.full(N_WINDOW, np.nan), np.zeros(N_WINDOW), np.full(N_WINDOW, -1.0)])
    assert np.isnan(lpar.lpar(nothing, SLOW, FAST)).all()
    assert len(lpar.lpar(nothing[:0], SLOW, FAST)) == 0


def test_pulses_are_both_pmts_above_the_true_baseline_from_the_onset():
    raw = np.zeros((3, 2, 1000), np.int16)
    raw[:, 0, 500:] = 7
    raw[:, 1, 501:] = 4
    table = {"onset_ns": np.array([1000.0, 1000.0, 4.0]), "x1": np.array([0.5, np.nan, 0.5])}
    table |= {"baseline1_adc": np.full(3, 300.25), "baseline2_adc": np.full(3, 299.75)}
    shapes = pulses(raw, table, RECORD)
    rest = 0.25 - 0.25  # of 300 and 300, the whole counts that were taken off
    np.testing.assert_allclose(shapes[0, :5], np.array([0, 0, 7, 11, 11]) - rest)
    assert np.isnan(shapes[1]).all()
    assert (shapes[2, :300] == 0).all()
    up = pulses(raw, table | {"baseline2_adc": np.full(3, 300.25)}, RECORD)
    down = pulses(raw, table | {"baseline2_adc": np.full(3, 300.25)}, DOWN)
    np.testing.assert_allclose([up[0, 5], down[0, 5]], [10.5, 11.5])


def test_a_floor_keeps_logarithms_finite():
    shape = template(np.array([4.0, 2.0, -1.0, 0.0]))
    np.testing.assert_allclose(shape, np.array([4.0, 2.0, 0.004, 0.004]) / 6.008)


@pytest.mark.parametrize("case", EXPECTED)
def test_populations_have_the_expected_medians(case):
    """800 events: 0.01 on the median. The rest of 0.08 is the window and the smoothing, which the table does not name:
    from 500 ns to 1 µs and from 10 to 20 ns the medians move by up to 0.08."""
    values = lpar.lpar(simulated(*case), *templates())
    assert np.isfinite(values).mean() > 0.9
    assert np.nanmedian(values) == pytest.approx(EXPECTED[case], abs=0.08)


def test_it_tells_fast_noise_apart_better_with_energy_and_never_the_slow_one():
    medians = {case: float(np.nanmedian(lpar.lpar(simulated(*case), *templates()))) for case in EXPECTED}
    assert medians["signal", 1.0] < medians["signal", 2.0] < medians["signal", 3.0] < medians["signal", 8.0]
    assert medians["fast", 3.0] < medians["fast", 1.0] < 0
    assert medians["slow", 3.0] > 0.5
