"""The time between the arrival of straight light and a hit: its density, as the scintillator and the sensors make it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

STEP_NS, FIRST_NS, LAST_NS = 0.1, -60.0, 600.0
LEAST_SHARE = 1e-6  # of light later than a time: what the grid leaves out


@dataclass(frozen=True)
class TimeProfile:
    """Times of scintillation light: rise [ns], decay times [ns] with weights, and a share that is scattered and comes late by an
    exponential of `scattered_ns`. Defaults as in JUNO's offline software of 2016, with the rise and scattering of our simulation.
    """

    rise_ns: float = 1.2
    decay_ns: tuple[float, ...] = (4.93, 20.6, 190.0)
    weights: tuple[float, ...] = (0.799, 0.171, 0.030)
    scattered_share: float = 0.35
    scattered_ns: float = 8.0


PROFILE = TimeProfile()


@dataclass(frozen=True)
class Template:
    """Densities of residual times on a grid from FIRST_NS in steps of STEP_NS, for m kinds of sensors.

    `density` float64 (m, k): of any hit [1/ns]; `slope` float64 (m, k): its derivative [1/ns2]; `later` float64 (m, k): the
    probability of a later time.
    """

    density: np.ndarray
    slope: np.ndarray
    later: np.ndarray


def _exponential(times_ns: np.ndarray, tau_ns: float) -> np.ndarray:
    """Shares (k,) of an exponential delay in each step of the grid from 0 on."""
    steps = np.arange(len(times_ns)) * STEP_NS
    share: np.ndarray = np.exp(-steps / tau_ns) - np.exp(-(steps + STEP_NS) / tau_ns)
    return share


def density(profile: TimeProfile, tts_ns: float, delays: np.ndarray | None = None) -> np.ndarray:
    """Shares (k,) of hits in each step of the grid: light of this profile at sensors of this transit time spread (sigma).

    `delays` (k,) are shares of an extra delay from 0 on (none: all at once). They add up to what the grid holds.
    """
    times_ns = grid_ns()
    light = np.zeros(len(times_ns))
    for tau_ns, weight in zip(profile.decay_ns, profile.weights, strict=True):
        light += weight * _exponential(times_ns, tau_ns)
    direct = np.zeros(len(times_ns))
    direct[0] = 1.0
    factors = [
        light,
        _exponential(times_ns, profile.rise_ns),
        (1.0 - profile.scattered_share) * direct
        + profile.scattered_share * _exponential(times_ns, profile.scattered_ns),
    ]
    if delays is not None:
        factors.append(delays)
    size = 2 * len(times_ns)  # without wrapping round
    spectrum = np.prod([np.fft.rfft(factor, size) for factor in factors], axis=0)
    frequency = np.fft.rfftfreq(size, STEP_NS)
    # the steps' shares stand at their middles: the three factors are half a step late each
    late_ns = 0.5 * STEP_NS * (2 + profile.scattered_share)
    shift = np.exp(-2j * np.pi * frequency * (late_ns - FIRST_NS - STEP_NS / 2))
    spread = np.exp(-2.0 * (np.pi * frequency * tts_ns) ** 2)
    share: np.ndarray = np.fft.irfft(spectrum * shift * spread, size)[: len(times_ns)]
    return np.clip(share, 0.0, None)


def grid_ns() -> np.ndarray:
    """The middles (k,) of the steps of every template."""
    return np.arange(FIRST_NS, LAST_NS, STEP_NS) + STEP_NS / 2


@lru_cache(maxsize=8)
def template(profile: TimeProfile, tts_ns: tuple[float, ...]) -> Template:
    """The template of sensors with these spreads."""
    densities = np.array([density(profile, tts) for tts in tts_ns]) / STEP_NS
    later = np.clip(1.0 - np.cumsum(densities, axis=1) * STEP_NS, LEAST_SHARE, 1.0)
    return Template(densities, np.gradient(densities, STEP_NS, axis=1), later)
