"""The compiled pass over the waveforms: one visit per event, integer sums, no allocation per event.

Records have one channel or several; all but the place of a channel's own quantities is the same for any number. Samples
are whole numbers of steps, one ADC unit or a part of it: `features` converts.

Sample `i` of a record lies at `t_i = (i - i0) dt` after the onset `i0`; a window `a <= t < b` is therefore the
samples `i0 + ceil(a/dt)` up to, not including, `i0 + ceil(b/dt)`. All sums are of the integers
`h = sign (raw - floor(baseline + 1/2))`; the fractional rest of the baseline is taken off afterwards, so the result is
exactly that of the sub-ADC baseline.
"""

import math

import numba
import numpy as np

from core.cosine.pulse.baseline import N_CODES, baseline

FLAGS: tuple[str, ...] = (
    "no_onset",
    "truncated",
    "saturated",
    "negative_charge",
    "asymmetry_out_of_range",
    "empty_pmt",
    "bad_baseline",
    "low_charge",
    "record_length",
    "no_energy",
)
PER_CHANNEL = ("baseline", "noise", "height", "charge")
SHARED = ("nmt500_us", "x1", "x2", "es", "mean_time_parameter", "asymmetry", "n_pulses")


def outputs(n_channels: int) -> tuple[str, ...]:
    """Names of what `run` fills in for every event, in order."""
    numbers = range(1, n_channels + 1)
    before = [f"{name}{i}_adc" for name in PER_CHANNEL[:3] for i in numbers]
    return (*before, "onset_ns", "charge_adc", *(f"charge{i}_adc" for i in numbers), *SHARED)


_NO_ONSET, _TRUNCATED, _SATURATED, _NEGATIVE, _ASYMMETRY, _EMPTY, _BAD_BASELINE, _LOW_CHARGE = (
    1 << i for i in range(8)
)
_BLOCK = 64

# Loops run over slices from 0: an index that the compiler cannot prove to be positive is not vectorised.
_jit = numba.njit(nogil=True, cache=True)


@_jit
def _store(trace, n, level, sign, out):  # type: ignore[no-untyped-def]
    """Write sign (raw - level) into `out`, 0 from sample `n` on; return the lowest and highest raw sample."""
    low = trace[0]
    high = trace[0]
    for i in range(n):
        low = min(low, trace[i])
        high = max(high, trace[i])
    least, most = np.iinfo(out.dtype).min, np.iinfo(out.dtype).max
    if (
        min(sign * (low - level), sign * (high - level)) < least
        or max(sign * (low - level), sign * (high - level)) > most
    ):
        for i in range(n):
            out[i] = min(max(sign * (np.int64(trace[i]) - level), least), most)
    elif sign > 0:
        for i in range(n):
            out[i] = np.int32(trace[i]) - np.int32(level)
    else:
        for i in range(n):
            out[i] = np.int32(level) - np.int32(trace[i])
    out[n:] = 0
    return np.int64(low), np.int64(high)


@_jit
def _onset(h, rest, start, n, threshold):  # type: ignore[no-untyped-def]
    """One sample before the first of `start <= i < n` where the summed pulse exceeds `threshold`; -1 if none does."""
    for i in range(max(start, 0), n):
        total = 0
        for p in range(h.shape[0]):
            total += h[p, i]
        if total - rest > threshold:
            return max(i - 1, 0)
    return -1


@_jit
def _clusters(h, begin, end, threshold, rest):  # type: ignore[no-untyped-def]
    """Pulses of one PMT: a pulse begins above `threshold` and ends at or below half of it, both above the baseline, which
    lies `rest` above the zero of `h`.
    """
    n_clusters = 0
    inside = False
    most = float(np.iinfo(h.dtype).max)
    level = h.dtype.type(min(math.floor(threshold + rest), most))
    release = h.dtype.type(min(math.floor(0.5 * threshold + rest), most))
    for start in range(begin, end, _BLOCK):
        block = h[start : min(start + _BLOCK, end)]
        if not inside:
            above = False
            for i in range(block.size):
                above |= block[i] > level
            if not above:
                continue
        for i in range(block.size):
            if inside:
                inside = block[i] > release
            elif block[i] > level:
                inside = True
                n_clusters += 1
    return n_clusters


@_jit
def _sum(h, begin, end):  # type: ignore[no-untyped-def]
    window = h[begin:end]
    total = 0
    for i in range(window.size):
        total += np.int32(window[i])
    return total


@_jit
def _moment(h, begin, end):  # type: ignore[no-untyped-def]
    window = h[begin:end]
    total = 0
    for i in range(window.size):
        total += i * np.int32(window[i])
    return total


@_jit
def _early(h, rest, noise, i0, n, edges, sampling_ns, row):  # type: ignore[no-untyped-def]
    """Fill nmt500, X1, X2, ES and the mean-time parameter (of two channels) of one event; return its flags."""
    k_fast, k_slow, k_mean, k_shape, _ = edges
    n_channels = h.shape[0]
    at = 4 * n_channels + 2
    flags = 0
    if i0 + k_mean > n:
        flags |= _TRUNCATED
    else:
        limit = 3.0 * math.sqrt(k_mean)
        charge, moment, noise_sum, product, is_clear = 0.0, 0.0, 0.0, 1.0, True
        for p in range(n_channels):
            q = _sum(h[p], i0, i0 + k_mean) - rest[p] * k_mean
            m = _moment(h[p], i0, i0 + k_mean) - rest[p] * (0.5 * k_mean * (k_mean - 1))
            charge += q
            moment += m
            noise_sum = math.hypot(noise_sum, noise[p])
            if q > limit * noise[p] and m > 0.0:
                product *= m / q * sampling_ns
            else:
                is_clear = False
        if charge > limit * noise_sum:
            row[at] = moment / charge * sampling_ns * 1e-3
        else:
            flags |= _LOW_CHARGE
        if n_channels == 2:
            if is_clear:
                row[at + 4] = math.log(product)
            else:
                flags |= _LOW_CHARGE
    if i0 + k_shape > n:
        return flags | _TRUNCATED
    first, middle, slow, both, noise_sum = 0, 0, 0, 0.0, 0.0
    for p in range(n_channels):
        first += _sum(h[p], i0, i0 + k_fast)
        middle += _sum(h[p], i0 + k_fast, i0 + k_slow)
        slow += _sum(h[p], i0 + k_slow, i0 + k_shape)
        both += rest[p]
        noise_sum = math.hypot(noise_sum, noise[p])
    total = first + middle + slow - both * k_shape
    if total <= 3.0 * noise_sum * math.sqrt(k_shape):
        return flags | _LOW_CHARGE
    row[at + 1] = (slow - both * (k_shape - k_slow)) / total
    row[at + 2] = (first - both * k_fast) / total
    row[at + 3] = 0.5 * (1.0 - (row[at + 2] - row[at + 1]))
    return flags


@_jit
def _charges(h, rest, noise, i0, n, edges, threshold, row):  # type: ignore[no-untyped-def]
    """Fill charges, asymmetry (of two channels) and pulse count of one event; return its flags."""
    k_charge = edges[4]
    if i0 + k_charge > n:
        return _TRUNCATED
    flags = 0
    n_channels = h.shape[0]
    root_n = math.sqrt(k_charge)
    n_pulses, total, noise_sum = 0, 0.0, 0.0
    at = 3 * n_channels + 2
    for p in range(n_channels):
        row[at + p] = _sum(h[p], i0, i0 + k_charge) - rest[p] * k_charge
        if row[at + p] <= 3.0 * noise[p] * root_n:
            flags |= _EMPTY
        total += row[at + p]
        noise_sum = math.hypot(noise_sum, noise[p])
        n_pulses += _clusters(h[p], i0, i0 + k_charge, threshold[p], rest[p])
    row[at - 1] = total
    row[4 * n_channels + 8] = n_pulses
    if total < 0.0:
        flags |= _NEGATIVE
    if total <= 3.0 * noise_sum * root_n:
        return flags | _LOW_CHARGE
    if n_channels == 2:
        asymmetry = (row[at] - row[at + 1]) / total
        row[4 * n_channels + 7] = asymmetry
        if abs(asymmetry) > 1.0:
            flags |= _ASYMMETRY
    return flags


@_jit
def run(raw, n_samples, settings, integers, edges, waveform, table, flags):  # type: ignore[no-untyped-def]
    """Fill `waveform` int (n, n_channels, L), `table` float64 (n, len(outputs)), `flags` uint32 (n,) for `raw` like it.

    `n_samples` int32 (n,) is the true length of each record. `settings` = sampling period [ns], nominal noise [steps],
    photoelectron amplitude [steps], onset threshold in sigma and in photoelectrons. `integers` = pretrigger, baseline and
    search-before samples, lowest and highest code [steps], sign. `edges`: ends of the windows in samples, as in
    `features.window_edges`. Quantities in ADC are filled in in steps.
    """
    sampling_ns, nominal, amplitude, n_sigma, n_pe = settings
    pretrigger, n_baseline, before, lowest, highest, sign = integers
    n_channels = raw.shape[1]
    histograms = (
        np.empty(N_CODES, np.int32),
        np.empty(N_CODES, np.int32),
        np.empty(N_CODES, np.int32),
        np.empty(N_CODES, np.int32),
    )
    rest, noise, threshold = np.empty(n_channels), np.empty(n_channels), np.empty(n_channels)
    most = float(np.iinfo(waveform.dtype).max)
    for e in range(raw.shape[0]):
        n = min(np.int64(n_samples[e]), raw.shape[2])
        row = table[e]
        row[:] = np.nan
        if n <= 0:
            waveform[e] = 0
            flags[e] = _NO_ONSET | _BAD_BASELINE
            continue
        mark = 0
        rest_sum, noise_sum = 0.0, 0.0
        for p in range(n_channels):
            value, noise[p] = baseline(raw[e, p], min(n_baseline, n), histograms)
            # The table holds float32; the stored waveform must fit what a reader finds there.
            value = np.float64(np.float32(value))
            level = np.int64(math.floor(value + 0.5))
            rest[p] = sign * (value - level)
            low, high = _store(raw[e, p], n, level, sign, waveform[e, p])
            # Below the lowest code a record is none of codes: its pedestal was taken off, and where it ends is not known.
            if low == lowest or (low > lowest and high >= highest):
                mark |= _SATURATED
            if noise[p] > 3.0 * nominal:
                mark |= _BAD_BASELINE
            row[p] = value
            row[n_channels + p] = noise[p]
            row[2 * n_channels + p] = min(sign * ((high if sign > 0 else low) - value), most)
            threshold[p] = max(n_sigma * noise[p], n_pe * amplitude)
            rest_sum += rest[p]
            noise_sum = math.hypot(noise_sum, noise[p])
        i0 = _onset(waveform[e], rest_sum, pretrigger - before, n, max(n_sigma * noise_sum, n_pe * amplitude))
        if i0 < 0:
            flags[e] = mark | _NO_ONSET
            continue
        row[3 * n_channels] = i0 * sampling_ns
        mark |= _early(waveform[e], rest, noise, i0, n, edges, sampling_ns, row)
        flags[e] = mark | _charges(waveform[e], rest, noise, i0, n, edges, threshold, row)
