"""Processed views from known truth: white noise, a tone, a step."""

import numpy as np
import pytest

from core.cosine.views.processed import WINDOWS, accumulated, power

SAMPLING_NS, N = 2.0, 4000


@pytest.mark.parametrize("window", WINDOWS)
def test_power_integrates_to_the_variance_and_is_flat_for_white_noise(window):
    noise = np.random.default_rng(3).normal(0.0, 1.5, (2, N))
    frequency_mhz, density = power(noise, SAMPLING_NS, window)
    assert frequency_mhz[-1] == pytest.approx(250.0)
    integral = density.sum(axis=1) * frequency_mhz[1]
    assert integral == pytest.approx(noise.var(axis=1), rel=1e-12 if window == "none" else 0.05)
    flat = 2.0 * 1.5**2 * SAMPLING_NS * 1e-3
    assert density[:, 1:-1].mean() == pytest.approx(flat, rel=0.05)


def test_a_tone_stands_at_its_frequency():
    time_ns = np.arange(N) * SAMPLING_NS
    frequency_mhz, density = power(np.sin(2 * np.pi * 0.025 * time_ns)[None] + 7.0, SAMPLING_NS, "Hann")
    assert frequency_mhz[density[0].argmax()] == pytest.approx(25.0)
    assert density[0, :2].max() < 1e-6 * density[0].max()


def test_charge_adds_up_from_the_onset():
    above = np.array([[5.0, -5.0, 1.0, 2.0, 3.0]])
    assert accumulated(above, 2)[0, 2:].tolist() == [1.0, 3.0, 6.0]
    assert accumulated(above, 0)[0].tolist() == [5.0, 0.0, 1.0, 3.0, 6.0]
