"""Pulses and heights of the kernel beside plain counting, on baselines that lie anywhere between two codes."""

import numpy as np
import pytest

from core.cosine.features import FeatureParameters, compute


def records(n: int) -> np.ndarray:
    """Noise of 1 ADC and single photoelectrons that pile up, int16 (n, 2, 4080)."""
    rng = np.random.default_rng(5)
    raw = rng.normal(300 + rng.uniform(-3, 3, (n, 2, 1)), 1.0, (n, 2, 4080))
    shape = 42.0 * np.exp(-0.5 * ((np.arange(24) - 7) / 2.5) ** 2)
    for e in range(n):
        for p in range(2):
            for t in rng.exponential(120, rng.integers(10, 60)):
                raw[e, p, 1190 + int(t) : 1214 + int(t)] += rng.lognormal(0, 0.4) * shape
    return np.clip(np.rint(raw), 0, 4095).astype(np.int16)


@pytest.mark.parametrize("positive", [True, False])
def test_pulses_and_heights_are_counted_above_the_sub_adc_baseline(positive: bool) -> None:
    """The baselines lie anywhere between two codes; rounding one moves the height and the level at which a pulse ends."""
    raw = records(120) if positive else 4095 - records(120)
    parameters = FeatureParameters(positive=positive)
    columns, _, _ = compute(raw, parameters)
    known = np.flatnonzero(np.isfinite(columns["n_pulses"]))
    assert len(known) > 90
    n_pulses = np.zeros(len(raw))
    for p in range(2):
        baseline = columns[f"baseline{p + 1}_adc"].astype(float)
        height = (raw[:, p] - baseline[:, None]) * (1.0 if positive else -1.0)
        np.testing.assert_allclose(columns[f"height{p + 1}_adc"], height.max(axis=1), rtol=1e-6)
        threshold = np.maximum(5.0 * columns[f"noise{p + 1}_adc"], 0.25 * parameters.spe_amplitude_adc)
        for e in known:
            start = round(float(columns["onset_ns"][e]) / parameters.sampling_ns)
            n_pulses[e] += plain_count(height[e, start : start + 2500], float(threshold[e]))
    np.testing.assert_array_equal(columns["n_pulses"][known], n_pulses[known])


def plain_count(height: np.ndarray, threshold: float) -> int:
    """Pulses that begin above the threshold and end at or below half of it."""
    n, inside = 0, False
    for value in height:
        n += not inside and value > threshold
        inside = value > (threshold / 2.0 if inside else threshold)
    return n
