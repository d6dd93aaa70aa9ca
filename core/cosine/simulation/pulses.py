"""Waveforms made of photoelectrons: their times, the trigger that places the record, and the digitised traces.

Compiled. All times are in ns; before the trigger is applied they count from the start of the pulse. A photoelectron is
a log-normal pulse of 12 ns FWHM; its charge is drawn from 85 % Normal(1, 0.35) above 0.05 and 15 % Exp(0.4), the
under-amplified ones. Random numbers come from one numpy Generator, so the same seed gives the same arrays.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np

from core.cosine.pulse import likelihood
from core.errors import DarkroomError

SAMPLING_NS = 2.0
N_SAMPLES = 4080
TRIGGER_SAMPLE = 1200
COINCIDENCE_NS = 200.0
SPE_AREA_ADC = 300.0
SPE_MEAN_CHARGE = 0.85 * 1.0036 + 0.15 * 0.4  # of the two components, the first truncated at 0.05
RANDOM_FROM_NS, RANDOM_TO_NS = -3000.0, 6500.0  # dark counts: covers the record wherever the trigger falls
SIGNAL, FAST, SLOW, AFTERGLOW, PICKUP, SLOW_TAIL, PILEUP = range(7)
_N_PHASES, _N_TEMPLATE, _MAX_PE, _MAX_TRIES = 16, 48, 8192, 100_000

_jit = numba.njit(nogil=True, cache=True)


@dataclass(frozen=True)
class Records:
    """Triggered records and what was generated; the first axis is the event.

    `raw` int16 (n, 2, 4080); `energy_kev` reconstructed, `n_pe`, `trigger_sample` (n,); per PMT (n, 2): `n_pulses`,
    `first_ns` (first photoelectron from the record start, NaN if none), `baseline_adc`, `noise_adc`; `llr` (n,) see
    `core.cosine.pulse.likelihood`.
    """

    raw: np.ndarray
    energy_kev: np.ndarray
    n_pe: np.ndarray
    trigger_sample: np.ndarray
    n_pulses: np.ndarray
    first_ns: np.ndarray
    baseline_adc: np.ndarray
    noise_adc: np.ndarray
    llr: np.ndarray


def spe_template() -> np.ndarray:
    """Log-normal pulse, float32 (16 sub-sample phases, 48 samples), area 300 ADC sample in every phase."""
    width = 0.4
    peak_ns = 12.0 / (2.0 * math.sinh(width * math.sqrt(2.0 * math.log(2.0))))
    phase = (np.arange(_N_PHASES) + 0.5) / _N_PHASES
    t_ns = np.maximum((np.arange(_N_TEMPLATE)[None, :] - phase[:, None]) * SAMPLING_NS, 1e-9)
    shape = np.exp(-0.5 * (np.log(t_ns / peak_ns) / width) ** 2)
    return (SPE_AREA_ADC * shape / shape.sum(1, keepdims=True)).astype(np.float32)


@_jit
def charge(rng):  # type: ignore[no-untyped-def]
    if rng.random() < 0.15:
        return 0.4 * rng.standard_exponential()
    while True:
        charge = 1.0 + 0.35 * rng.standard_normal()
        if charge > 0.05:
            return charge


@_jit
def _split(rng, population, beta):  # type: ignore[no-untyped-def]
    """Probability that a photoelectron is in PMT 1."""
    if population in (FAST, PICKUP):
        return rng.beta(beta[0], beta[1])
    if population in (SLOW, SLOW_TAIL):
        return rng.beta(4.0, 4.0)
    return min(max(0.5 + 0.03 * rng.standard_normal(), 0.0), 1.0)


@_jit
def _shape(rng, population):  # type: ignore[no-untyped-def]
    """Per-event shape: two numbers, of a meaning that depends on the population."""
    if population in (FAST, PICKUP):
        return 15.0 + 35.0 * rng.random(), 0.06
    if population == SLOW:
        return 60.0 + 70.0 * rng.random(), 0.0
    if population == SLOW_TAIL:
        return 100.0 + 100.0 * rng.random(), 0.0
    if population == PILEUP:
        return 240.0, 0.1 + 0.3 * rng.random()
    return 240.0, 0.05


@_jit
def time_ns(rng, population, shape, k):  # type: ignore[no-untyped-def]
    """Time of photoelectron `k`. The first two of an afterglow are its chance coincidence."""
    transit = 2.0 * rng.standard_normal()
    if population == SLOW:
        return shape[0] * (2.5 + rng.standard_normal()) + transit
    if population == AFTERGLOW:
        return rng.random() * (COINCIDENCE_NS if k < 2 else 5000.0)
    if population == PILEUP and rng.random() > shape[1]:
        return rng.random() * 5000.0
    if population in (SIGNAL, PILEUP):
        tau = 1500.0 if rng.random() < 0.05 else 240.0
        transit += 5.0 * rng.standard_exponential()  # the rise of the scintillation; light in a PMT's glass has none
    elif population == SLOW_TAIL:
        tau = shape[0]
    else:
        tau = 240.0 if rng.random() < shape[1] else shape[0]
    return tau * rng.standard_exponential() + transit


@_jit
def _photoelectrons(rng, population, mean_pe, beta, rates, times, pmts, charges, is_light):  # type: ignore[no-untyped-def]
    """Fill the lists with one event; return (all entries, photoelectrons without dark counts and afterpulses)."""
    is_light[:] = False
    n = 0
    n_pe = rng.poisson(mean_pe)
    if population == AFTERGLOW:
        n_pe = max(n_pe, 2)
    split = _split(rng, population, beta)
    shape = _shape(rng, population)
    for k in range(min(n_pe, _MAX_PE // 2)):
        times[n] = time_ns(rng, population, shape, k)
        first = rng.random() < split
        pmts[n] = k if population == AFTERGLOW and k < 2 else (0 if first else 1)
        charges[n] = charge(rng)
        is_light[n] = True
        n += 1
        if rng.random() < rates[1]:
            times[n] = times[n - 1] + 300.0 + 3700.0 * rng.random()
            pmts[n] = pmts[n - 1]
            charges[n] = charge(rng)
            n += 1
    span = RANDOM_TO_NS - RANDOM_FROM_NS
    for p in range(2):
        for _ in range(rng.poisson(rates[0] * 1e-6 * span)):
            times[n] = RANDOM_FROM_NS + span * rng.random()
            pmts[n] = p
            charges[n] = charge(rng)
            n += 1
    return n, n_pe


@_jit
def _trigger(order, times, pmts, charges, threshold):  # type: ignore[no-untyped-def]
    """Time at which the first pair above threshold, one in each PMT and at most 200 ns apart, is complete; or NaN."""
    latest = np.full(2, -np.inf)
    for j in order:
        if charges[j] >= threshold:
            if times[j] - latest[1 - pmts[j]] <= COINCIDENCE_NS:
                return times[j]
            latest[pmts[j]] = times[j]
    return np.nan


@_jit
def _count(order, times, pmts, charges, closing, summary):  # type: ignore[no-untyped-def]
    """Fill charge over 5 µs [PE], pulses per PMT and the time of their first photoelectron from the trigger [ns]."""
    latest = np.full(2, -np.inf)
    summary[:] = 0.0
    summary[3] = summary[4] = np.nan
    for j in order:
        t = times[j] - closing
        if t < -COINCIDENCE_NS or t > 5000.0 - COINCIDENCE_NS:
            continue
        p = pmts[j]
        summary[0] += charges[j]
        if np.isnan(summary[3 + p]):
            summary[3 + p] = t
        if t - latest[p] > 20.0:
            summary[1 + p] += 1.0
        latest[p] = t


@_jit
def _render(rng, trace, n, p, times, pmts, charges, shift, pickup, analogue, template, noise_range):  # type: ignore[no-untyped-def]
    """Digitise one PMT into `trace`; `shift` is the sample of time 0. Returns baseline and noise as generated."""
    baseline = 300.0 + rng.standard_normal()
    noise = noise_range[0] + (noise_range[1] - noise_range[0]) * rng.random()
    wander = 0.2 * rng.random()
    step = 2.0 * math.pi * SAMPLING_NS / (2000.0 + 18000.0 * rng.random())
    phase = 2.0 * math.pi * rng.random()
    # A sine by recurrence: 4080 calls of sin() would cost as much as the noise.
    turn, now, before = 2.0 * math.cos(step), math.sin(phase), math.sin(phase - step)
    for i in range(N_SAMPLES):
        analogue[i] = baseline + wander * now + noise * rng.standard_normal()
        now, before = turn * now - before, now
    for j in range(n):
        if pmts[j] == p:
            at = shift + times[j] / SAMPLING_NS
            first = math.floor(at)
            row = template[int((at - first) * _N_PHASES)]
            for k in range(max(0, -first), min(_N_TEMPLATE, N_SAMPLES - first)):
                analogue[first + k] += charges[j] * row[k]
    amplitude, decay_ns, omega, angle, start = pickup
    if amplitude > 0.0:
        for i in range(int(start), N_SAMPLES):
            t = (i - start) * SAMPLING_NS
            analogue[i] += amplitude * math.exp(-t / decay_ns) * math.sin(omega * t + angle)
    for i in range(N_SAMPLES):
        trace[i] = np.int16(min(max(math.floor(analogue[i] + 0.5), 0.0), 4095.0))
    return baseline, noise


@_jit
def generate(rng, populations, mean_pe, beta, rates, threshold, noise_range, template, model, raw, truth):  # type: ignore[no-untyped-def]
    """Fill `raw` int16 (n, 2, 4080) and `truth` float64 (n, 12) for `populations` and `mean_pe` (n,).

    An event that does not trigger is drawn again at the same expected number of photoelectrons. `rates` = dark counts
    [kHz], afterpulses per photoelectron. `truth` columns: photoelectrons, trigger-closing sample, charge over 5 µs
    [PE], pulses in PMT 1, in PMT 2, first photoelectron in PMT 1, in PMT 2 [ns from record start], baselines 1 and 2,
    noise 1 and 2 [ADC], log-likelihood ratio under `model`. Returns the first event that never triggered, or -1.
    """
    times, charges = np.empty(_MAX_PE + 4096), np.empty(_MAX_PE + 4096)
    pmts, is_light = np.empty(_MAX_PE + 4096, np.int64), np.empty(_MAX_PE + 4096, np.bool_)
    summary, analogue = np.empty(5), np.empty(N_SAMPLES)
    for e in range(len(populations)):
        for _ in range(_MAX_TRIES):
            n, n_pe = _photoelectrons(rng, populations[e], mean_pe[e], beta, rates, times, pmts, charges, is_light)
            order = np.argsort(times[:n])
            closing = _trigger(order, times, pmts, charges, threshold)
            if not np.isnan(closing):
                break
        else:
            return e
        # The same placement for every population: only the trigger, plus a jitter of 3 ns, decides.
        sample = TRIGGER_SAMPLE + 1.5 * rng.standard_normal()
        shift = sample - closing / SAMPLING_NS
        pickup = (0.0, 1.0, 0.0, 0.0, 0.0)
        if populations[e] == PICKUP:
            truth[e, 11] = likelihood.REVEALED
            omega = 2.0 * math.pi * (5.0 + 15.0 * rng.random()) * 1e-3
            start = sample - 50.0 * rng.random()
            pickup = (
                10.0 + 50.0 * rng.random(),
                200.0 + 600.0 * rng.random(),
                omega,
                6.283185 * rng.random(),
                math.floor(start),
            )
        else:
            truth[e, 11] = likelihood.log_ratio(times[:n], pmts[:n], is_light[:n], model)
        for p in range(2):
            truth[e, 7 + p], truth[e, 9 + p] = _render(
                rng, raw[e, p], n, p, times, pmts, charges, shift, pickup, analogue, template, noise_range
            )
        _count(order, times, pmts, charges, closing, summary)
        truth[e, 0], truth[e, 1] = n_pe, sample
        truth[e, 2:5] = summary[:3]
        truth[e, 5:7] = sample * SAMPLING_NS + summary[3:]
    return -1


def records(
    rng: np.random.Generator,
    population: np.ndarray,
    true_kev: np.ndarray,
    light_pe_per_kev: np.ndarray,
    *,
    split: tuple[float, float],
    rates: tuple[float, float],
    threshold_pe: float,
    noise_adc: tuple[float, float],
    mixture: tuple[float, ...],
) -> Records:
    """One triggered record per element of `population`, `true_kev` and `light_pe_per_kev`, all (n,).

    `split`: Beta(a, b) of the light of fast noise; `rates`: dark counts [kHz] and afterpulses per photoelectron;
    `noise_adc`: lowest and highest rms; `mixture`: weights of the populations for the likelihood ratio. The reconstructed energy is the charge of the photoelectrons over 5 µs,
    divided by the light yield and the mean charge.
    """
    raw = np.empty((len(population), 2, N_SAMPLES), np.int16)
    truth = np.empty((len(population), 12))
    kinds, mean_pe = population.astype(np.int64), light_pe_per_kev * true_kev
    model = likelihood.model(mixture, split)
    never = generate(rng, kinds, mean_pe, split, rates, threshold_pe, noise_adc, spe_template(), model, raw, truth)
    if never >= 0:
        raise DarkroomError(
            f"A record of {true_kev[never]:.2f} keV never triggered: expected enough light for one photoelectron in each "
            "PMT; raise the energy or lower trigger_threshold_pe."
        )
    energy = truth[:, 2] / (light_pe_per_kev * SPE_MEAN_CHARGE * (1.0 + rates[1]))
    n_pe, sample, *_, llr = truth.T
    n_pulses, first, baseline, noise = (truth[:, i : i + 2] for i in (3, 5, 7, 9))
    return Records(raw, energy, n_pe, sample, n_pulses, first, baseline, noise, llr)
