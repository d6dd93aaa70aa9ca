"""The features of pulses that are known in closed form, every flag by name, and the kernel beside slow NumPy."""

import dataclasses
import math

import numpy as np
import pytest

from core.cosine.features import COLUMNS, FLAGS, FeatureParameters, compute
from core.errors import DarkroomError

LENGTH, START = 4080, 1200
WIDE = FeatureParameters(n_bits=16)
DEFAULT = FeatureParameters()
# nmt500 [µs] of exponentials, printed in the project's physics notes
NMT500 = {230: 0.166, 250: 0.172, 200: 0.155, 100: 0.097, 60: 0.060, 50: 0.050, 30: 0.030}
SHAPES = {"exponential 250": (0.637, 0.199, 0.719), "exponential 50": (0.135, 0.632, 0.252)}


def flagged(flags: np.ndarray) -> set[str]:
    return {name for i, name in enumerate(FLAGS) if flags[0] >> i & 1}


def record(*pulses: np.ndarray, level: float = 300.0, dtype: type = np.uint16) -> np.ndarray:
    """One event (1, 2, L) with the pulses of the two PMTs (second = first if not given) at START."""
    raw = np.full((1, 2, LENGTH), level)
    for p in range(2):
        pulse = pulses[p % len(pulses)]
        raw[0, p, START : START + len(pulse)] += pulse
    return np.floor(raw + 0.5).astype(dtype)


def exponential(tau_ns: float, amplitude: float = 30000.0, dt_ns: float = 2.0, n: int = 2880) -> np.ndarray:
    return amplitude * np.exp(-np.arange(n) * dt_ns / tau_ns)


def noisy(n: int = 60, seed: int = 4, dt_ns: float = 2.0) -> np.ndarray:
    """Random photoelectron-like records with early pulses, empty PMTs and saturated ones, int16 (n, 2, L)."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(300 + rng.uniform(-3, 3, (n, 2, 1)), rng.uniform(0.8, 1.6, (n, 2, 1)), (n, 2, LENGTH))
    shape = 42.0 * np.exp(-0.5 * ((np.arange(24) - 7) * dt_ns / 5.0) ** 2)
    for e in range(n):
        for p in range(2):
            for t in rng.exponential(240 / dt_ns, rng.integers(0, 60)):
                at = START - 20 + int(t) if rng.random() > 0.03 else int(rng.integers(0, LENGTH))
                stop = min(at + len(shape), LENGTH)
                raw[e, p, at:stop] += rng.lognormal(0, 0.4) * shape[: stop - at]
    raw[0] += record(np.full(20, 5000.0))[0] - 300.0
    return np.clip(np.floor(raw + 0.5), 0, 4095).astype(np.int16)


@pytest.mark.parametrize(("tau_ns", "expected"), NMT500.items())
def test_exponential_gives_the_printed_nmt500(tau_ns: float, expected: float) -> None:
    columns, flags, _ = compute(record(exponential(tau_ns)), WIDE)
    assert columns["nmt500_us"][0] == pytest.approx(expected, abs=0.0016)  # 1 ns of sampling and 0.5 ns of print
    assert flagged(flags) == set()
    mean_ns = 1000 * columns["nmt500_us"][0]
    assert columns["mean_time_parameter"][0] == pytest.approx(2 * math.log(mean_ns), abs=1e-4)


@pytest.mark.parametrize(("name", "shape"), SHAPES.items())
def test_exponential_gives_the_printed_x1_x2_es(name: str, shape: tuple[float, float, float]) -> None:
    tau_ns = float(name.split()[1])
    columns, _, _ = compute(record(exponential(tau_ns)), WIDE)
    # The onset lies one sample before the pulse: each edge moves by up to 2 ns of the decay.
    for column, expected in zip(("x1", "x2", "es"), shape, strict=True):
        assert columns[column][0] == pytest.approx(expected, abs=2.0 / tau_ns * 0.8 + 5e-4)


def test_gaussian_pulse_gives_the_printed_x1_x2_es() -> None:
    t = np.arange(0, 700, 2.0)
    columns, _, _ = compute(record(np.where(t < 2, 20, 0) + 30000 * np.exp(-0.5 * ((t - 250) / 100) ** 2)), WIDE)
    for column, expected in (("x1", 0.939), ("x2", 0.017), ("es", 0.961)):
        assert columns[column][0] == pytest.approx(expected, abs=0.004)


def reference(raw: np.ndarray, p: FeatureParameters) -> dict[str, float]:
    """One event by plain NumPy, straight from the definitions."""
    base, noise = [], []
    for trace in raw.astype(int):
        head = trace[: p.baseline_samples]
        values, counts = np.unique(head, return_counts=True)
        total = np.cumsum(counts)

        def at(q: float, values=values, counts=counts, total=total) -> float:  # type: ignore[no-untyped-def]
            k = int(np.searchsorted(total, q * total[-1]))
            return values[k] - 0.5 + (q * total[-1] - (total[k] - counts[k])) / counts[k]

        reach = 1.5 * (at(0.8413) - at(0.1587)) + 0.5
        inside = head[np.abs(head - at(0.5)) <= reach]
        base.append(at(0.5))
        noise.append(math.sqrt(np.mean((inside - at(0.5)) ** 2)))
    h = raw - np.array(base)[:, None]
    s = h.sum(0)
    sigma = math.hypot(*noise)
    begin = p.pretrigger_samples - p.search_before_samples
    above = np.flatnonzero(s[begin:] > max(5 * sigma, 0.25 * p.spe_amplitude_adc))
    out = dict.fromkeys(
        ("onset_ns", "charge_adc", "nmt500_us", "x1", "x2", "es", "asymmetry", "mean_time_parameter"), np.nan
    )
    out |= {"baseline1_adc": base[0], "baseline2_adc": base[1], "noise1_adc": noise[0], "noise2_adc": noise[1]}
    if not len(above):
        return out
    i0 = begin + above[0] - 1
    t = (np.arange(raw.shape[1]) - i0) * p.sampling_ns

    def q(x: np.ndarray, a: float, b: float) -> float:
        return float(x[(t >= a) & (t < b)].sum())

    def count(b: float) -> int:
        return int(np.sum((t >= 0) & (t < b)))

    out["onset_ns"] = i0 * p.sampling_ns
    if t[-1] + p.sampling_ns >= 5000 and q(s, 0, 5000) > 3 * sigma * math.sqrt(count(5000)):
        out["asymmetry"] = (q(h[0], 0, 5000) - q(h[1], 0, 5000)) / q(s, 0, 5000)
    if t[-1] + p.sampling_ns >= 5000:
        out["charge_adc"] = q(s, 0, 5000)
    if q(s, 0, 500) > 3 * sigma * math.sqrt(count(500)):
        out["nmt500_us"] = q(s * t, 0, 500) / q(s, 0, 500) / 1000
    if q(s, 0, 600) > 3 * sigma * math.sqrt(count(600)):
        out["x1"] = q(s, 100, 600) / q(s, 0, 600)
        out["x2"] = q(s, 0, 50) / q(s, 0, 600)
        out["es"] = (1 - (out["x2"] - out["x1"])) / 2
    each = [(q(x, 0, 500), q(x * t, 0, 500), n) for x, n in zip(h, noise, strict=True)]
    if all(c > 3 * n * math.sqrt(count(500)) and m > 0 for c, m, n in each):
        out["mean_time_parameter"] = math.log(each[0][1] / each[0][0] * each[1][1] / each[1][0])
    return out


@pytest.mark.parametrize("dt_ns", [2.0, 2.5])
def test_kernel_agrees_with_plain_numpy(dt_ns: float) -> None:
    raw = noisy(dt_ns=dt_ns)
    parameters = FeatureParameters(sampling_ns=dt_ns)
    columns, _, waveform = compute(raw, parameters)
    expected = [reference(r, parameters) for r in raw]
    for name in expected[0]:
        np.testing.assert_allclose(columns[name], [e[name] for e in expected], rtol=2e-4, atol=2e-3, err_msg=name)
    level = np.floor(np.stack([columns["baseline1_adc"], columns["baseline2_adc"]], 1).astype(float) + 0.5)
    np.testing.assert_array_equal(waveform, raw - level[:, :, None])
    np.testing.assert_array_equal(
        columns["height1_adc"], (raw[:, 0].max(1) - columns["baseline1_adc"]).astype(np.float32)
    )
    assert np.isfinite(columns["nmt500_us"]).mean() > 0.8


def test_baseline_is_sub_adc_robust_and_exact_when_constant() -> None:
    columns, flags, _ = compute(record(exponential(230.0), level=287.0), WIDE)
    assert (columns["baseline1_adc"][0], columns["noise1_adc"][0]) == (287.0, 0.0)
    assert flagged(flags) == set()
    rng = np.random.default_rng(1)
    raw = rng.normal(300.3, 1.2, (200, 2, LENGTH))
    raw[:, :, 400:440] += 60.0  # early photoelectrons
    columns, _, _ = compute(np.rint(raw).astype(np.int16), DEFAULT)
    assert columns["baseline1_adc"].mean() == pytest.approx(300.36, abs=0.03)  # 4 % of the samples lie high
    assert columns["noise1_adc"].mean() == pytest.approx(math.hypot(1.2, 1 / math.sqrt(12)), rel=0.03)


def test_added_constant_changes_only_the_baseline() -> None:
    raw = noisy(seed=5)[1:]  # event 0 is saturated
    before, flags_before, waveform_before = compute(raw, DEFAULT)
    after, flags_after, waveform_after = compute(raw + np.int16(100), dataclasses.replace(DEFAULT, n_bits=13))
    for name in before:
        shift = 100.0 if name.startswith("baseline") else 0.0
        np.testing.assert_allclose(after[name], before[name] + shift, rtol=1e-4, atol=1e-3, err_msg=name)
    np.testing.assert_array_equal(waveform_after, waveform_before)
    np.testing.assert_array_equal(flags_after, flags_before)


def test_pmt_swap_flips_the_asymmetry_only() -> None:
    raw = noisy(seed=6)
    first, _, _ = compute(raw, DEFAULT)
    two, _, _ = compute(np.ascontiguousarray(raw[:, ::-1]), DEFAULT)
    np.testing.assert_array_equal(first["nmt500_us"], two["nmt500_us"])
    np.testing.assert_allclose(first["asymmetry"], -two["asymmetry"], rtol=1e-6)
    np.testing.assert_array_equal(first["charge1_adc"], two["charge2_adc"])


def test_polarity_is_only_a_sign() -> None:
    raw = noisy(seed=7)
    up, flags_up, _ = compute(raw, DEFAULT)
    down, flags_down, waveform = compute((4095 - raw).astype(np.int16), dataclasses.replace(DEFAULT, positive=False))
    for name in up:
        expected = 4095 - up[name] if name.startswith("baseline") else up[name]
        # float32 resolves a baseline of 3795 to 1.2e-4, over 2500 samples of two PMTs
        atol = 0.7 if name.startswith("charge") else 2e-3
        np.testing.assert_allclose(down[name], expected, rtol=1e-4, atol=atol, err_msg=name)
    np.testing.assert_array_equal(flags_down, flags_up)
    assert waveform.max() > 1000


def test_flags_by_name() -> None:
    quiet = np.zeros(1)
    pulse = exponential(230.0, 1000.0)
    late = np.zeros(2880)
    late[2000:2020] = 500.0
    cases = {
        "no_onset": (record(quiet), DEFAULT, {"no_onset"}),
        "truncated": (record(late), DEFAULT, {"truncated"}),
        "saturated high": (record(pulse * 4), DEFAULT, {"saturated"}),
        "saturated low": (record(np.r_[pulse[:2500], np.full(9, -300.0)]), DEFAULT, {"saturated"}),
        "empty": (record(pulse, quiet), DEFAULT, {"empty_pmt", "low_charge"}),
        "negative": (
            record(np.r_[pulse[:20], np.full(900, -250.0)]),
            DEFAULT,
            {"negative_charge", "empty_pmt", "low_charge"},
        ),
        "asymmetry": (
            record(pulse, np.r_[np.full(5, 50.0), np.full(900, -5.0)]),
            DEFAULT,
            {"asymmetry_out_of_range", "empty_pmt", "low_charge"},
        ),
    }
    for name, (raw, parameters, expected) in cases.items():
        assert flagged(compute(raw, parameters)[1]) == expected, name


def test_noisy_baseline_is_flagged() -> None:
    raw = record(exponential(230.0, 1000.0)) + np.rint(np.random.default_rng(0).normal(0, 6, (1, 2, LENGTH)))
    assert "bad_baseline" in flagged(compute(raw.astype(np.int16), DEFAULT)[1])


def test_undefined_is_nan_and_never_zero() -> None:
    columns, _, waveform = compute(record(np.zeros(1)), DEFAULT)
    for name in (
        "onset_ns",
        "charge_adc",
        "charge1_adc",
        "nmt500_us",
        "x1",
        "x2",
        "es",
        "asymmetry",
        "mean_time_parameter",
    ):
        assert np.isnan(columns[name][0]), name
    assert np.isnan(columns["n_pulses"][0])
    assert not waveform.any()
    alone, _, _ = compute(record(exponential(230.0, 1000.0), np.zeros(1)), DEFAULT)
    assert alone["asymmetry"][0] == 1.0
    assert np.isnan(alone["mean_time_parameter"][0])
    assert np.isfinite(alone["nmt500_us"][0])


def test_short_records_are_used_up_to_their_true_length() -> None:
    raw = np.repeat(record(exponential(230.0, 1000.0)), 4, axis=0)
    lengths = np.array([LENGTH, START + 280, START + 260, 0], np.int32)
    raw[1:, :, START + 280 :] = 4095  # beyond the true length: must not be looked at
    columns, flags, waveform = compute(raw, DEFAULT, lengths)
    truncated = (flags >> FLAGS.index("truncated") & 1).astype(bool)
    assert truncated.tolist() == [False, True, True, False]
    assert columns["nmt500_us"][1] == columns["nmt500_us"][0] == columns["nmt500_us"][2]
    assert np.isnan(columns["x1"][[1, 2]]).all()
    assert np.isnan(columns["charge_adc"][1:]).all()
    assert flagged(flags[1:2]) == {"truncated"}
    assert flagged(flags[3:]) == {"no_onset", "bad_baseline"}
    assert np.isnan(columns["baseline1_adc"][3])
    assert not waveform[1, :, START + 280 :].any()


def test_pulses_are_counted_in_both_pmts() -> None:
    spikes = np.zeros(2000)
    spikes[[0, 100, 700]] = 60.0
    columns, _, _ = compute(record(spikes, spikes[:50]), DEFAULT)
    assert columns["n_pulses"][0] == 4


def test_int16_and_uint16_agree_and_other_types_are_refused() -> None:
    raw = noisy(8)
    signed, unsigned = compute(raw, DEFAULT)[0], compute(raw.astype(np.uint16), DEFAULT)[0]
    np.testing.assert_array_equal(signed["nmt500_us"], unsigned["nmt500_us"])
    with pytest.raises(DarkroomError, match="expected \\(events, channels, samples\\)"):
        compute(raw[:, 0], DEFAULT)
    with pytest.raises(DarkroomError, match="float64"):
        compute(raw.astype(float), DEFAULT)


def test_no_events_give_empty_columns() -> None:
    columns, flags, waveform = compute(np.empty((0, 2, LENGTH), np.int16), DEFAULT)
    assert {len(c) for c in columns.values()} == {0}
    assert (len(flags), waveform.shape) == (0, (0, 2, LENGTH))


def test_every_column_is_computed_or_read() -> None:
    columns, _, _ = compute(noisy(2), DEFAULT)
    assert {c.name for c in COLUMNS} == set(columns) | {"energy_kev"}
