"""The compiled pass over the waveforms: one visit per event, integer sums, no allocation per event.

Sample `i` of a record lies at `t_i = (i - i0) dt` after the onset `i0`; a window `a <= t < b` is therefore the
samples `i0 + ceil(a/dt)` up to, not including, `i0 + ceil(b/dt)`. All sums are of the integers
`h = sign (raw - floor(baseline + 1/2))`; the fractional rest of the baseline is taken off afterwards, so the result is
exactly that of the sub-ADC baseline.
"""

import math

import numba
import numpy as np

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
OUTPUTS: tuple[str, ...] = (
    "baseline1_adc",
    "baseline2_adc",
    "noise1_adc",
    "noise2_adc",
    "height1_adc",
    "height2_adc",
    "onset_ns",
    "charge_adc",
    "charge1_adc",
    "charge2_adc",
    "nmt500_us",
    "x1",
    "x2",
    "es",
    "mean_time_parameter",
    "asymmetry",
    "n_pulses",
)
_NO_ONSET, _TRUNCATED, _SATURATED, _NEGATIVE, _ASYMMETRY, _EMPTY, _BAD_BASELINE, _LOW_CHARGE = (
    1 << i for i in range(8)
)
_CODES = 65536
_BLOCK = 64

# Loops run over slices from 0: an index that the compiler cannot prove to be positive is not vectorised.
_jit = numba.njit(nogil=True, cache=True)


@_jit
def _quantile(histogram, n_codes, target):  # type: ignore[no-untyped-def]
    """Grouped quantile in bins centred on the integers: L + (target - F)/f, from the first code."""
    below = 0
    for k in range(n_codes):
        count = histogram[k]
        if count > 0 and below + count >= target:
            return k - 0.5 + (target - below) / count
        below += count
    return n_codes - 0.5


@_jit
def _baseline(trace, n, histograms):  # type: ignore[no-untyped-def]
    """Grouped median and robust rms of the first `n` samples; NaN for `n` = 0.

    The rms is that of the samples within 3 sigma (sigma from the central 68 %) of the median, so that photoelectrons
    before the trigger neither shift the one nor widen the other. A constant trace gives its value and 0.
    """
    if n <= 0:
        return np.nan, np.nan
    low = trace[0]
    high = trace[0]
    for i in range(n):
        low = min(low, trace[i])
        high = max(high, trace[i])
    first = np.int64(low)
    n_codes = np.int64(high) - first + 1
    one, two, three, four = histograms
    for k in range(n_codes):
        one[k] = two[k] = three[k] = four[k] = 0
    # Four histograms in turn: neighbouring samples share a bin, and one counter would wait for itself.
    n_four = n - n % 4
    for i in range(0, n_four, 4):
        one[trace[i] - first] += 1
        two[trace[i + 1] - first] += 1
        three[trace[i + 2] - first] += 1
        four[trace[i + 3] - first] += 1
    for i in range(n_four, n):
        one[trace[i] - first] += 1
    for k in range(n_codes):
        one[k] += two[k] + three[k] + four[k]
    median = _quantile(one, n_codes, 0.5 * n)
    sigma = 0.5 * (_quantile(one, n_codes, 0.8413 * n) - _quantile(one, n_codes, 0.1587 * n))
    reach = 3.0 * sigma + 0.5
    count, square = 0, 0.0
    for k in range(max(0, int(median - reach)), min(n_codes, int(median + reach) + 2)):
        if abs(k - median) <= reach:
            count += one[k]
            square += one[k] * (k - median) ** 2
    return first + median, math.sqrt(square / count)


@_jit
def _store(trace, n, level, sign, out):  # type: ignore[no-untyped-def]
    """Write sign (raw - level) into `out`, 0 from sample `n` on; return the lowest and highest raw sample."""
    low = trace[0]
    high = trace[0]
    for i in range(n):
        low = min(low, trace[i])
        high = max(high, trace[i])
    if (
        min(sign * (low - level), sign * (high - level)) < -32768
        or max(sign * (low - level), sign * (high - level)) > 32767
    ):
        for i in range(n):
            out[i] = min(max(sign * (np.int64(trace[i]) - level), -32768), 32767)
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
        if h[0, i] + h[1, i] - rest > threshold:
            return max(i - 1, 0)
    return -1


@_jit
def _clusters(h, begin, end, threshold):  # type: ignore[no-untyped-def]
    """Pulses of one PMT: a pulse begins above `threshold` and ends at or below half of it."""
    n_clusters = 0
    inside = False
    level = np.int16(min(math.floor(threshold), 32767.0))
    release = np.int16(min(math.floor(0.5 * threshold), 32767.0))
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
    """Fill nmt500, X1, X2, ES and the mean-time parameter of one event; return its flags."""
    k50, k100, k500, k600, _ = edges
    flags = 0
    noise_sum = math.hypot(noise[0], noise[1])
    if i0 + k500 > n:
        return _TRUNCATED
    q = np.empty(2)
    m = np.empty(2)
    for p in range(2):
        q[p] = _sum(h[p], i0, i0 + k500) - rest[p] * k500
        m[p] = _moment(h[p], i0, i0 + k500) - rest[p] * (0.5 * k500 * (k500 - 1))
    limit = 3.0 * math.sqrt(k500)
    if q[0] + q[1] > limit * noise_sum:
        row[10] = (m[0] + m[1]) / (q[0] + q[1]) * sampling_ns * 1e-3
    else:
        flags |= _LOW_CHARGE
    if q[0] > limit * noise[0] and q[1] > limit * noise[1] and m[0] > 0.0 and m[1] > 0.0:
        row[14] = math.log((m[0] / q[0] * sampling_ns) * (m[1] / q[1] * sampling_ns))
    else:
        flags |= _LOW_CHARGE
    if i0 + k600 > n:
        return flags | _TRUNCATED
    both = rest[0] + rest[1]
    first = _sum(h[0], i0, i0 + k50) + _sum(h[1], i0, i0 + k50)
    slow = _sum(h[0], i0 + k100, i0 + k600) + _sum(h[1], i0 + k100, i0 + k600)
    middle = _sum(h[0], i0 + k50, i0 + k100) + _sum(h[1], i0 + k50, i0 + k100)
    total = first + middle + slow - both * k600
    if total <= 3.0 * noise_sum * math.sqrt(k600):
        return flags | _LOW_CHARGE
    row[11] = (slow - both * (k600 - k100)) / total
    row[12] = (first - both * k50) / total
    row[13] = 0.5 * (1.0 - (row[12] - row[11]))
    return flags


@_jit
def _charges(h, rest, noise, i0, n, edges, threshold, row):  # type: ignore[no-untyped-def]
    """Fill charges, asymmetry and pulse count over 0-5 us of one event; return its flags."""
    k5000 = edges[4]
    if i0 + k5000 > n:
        return _TRUNCATED
    flags = 0
    root_n = math.sqrt(k5000)
    n_pulses = 0
    for p in range(2):
        row[8 + p] = _sum(h[p], i0, i0 + k5000) - rest[p] * k5000
        if row[8 + p] <= 3.0 * noise[p] * root_n:
            flags |= _EMPTY
        n_pulses += _clusters(h[p], i0, i0 + k5000, threshold[p] + rest[p])
    total = row[8] + row[9]
    row[7] = total
    row[16] = n_pulses
    if total < 0.0:
        flags |= _NEGATIVE
    if total <= 3.0 * math.hypot(noise[0], noise[1]) * root_n:
        return flags | _LOW_CHARGE
    row[15] = (row[8] - row[9]) / total
    if abs(row[15]) > 1.0:
        flags |= _ASYMMETRY
    return flags


@_jit
def run(raw, n_samples, settings, integers, edges, waveform, table, flags):  # type: ignore[no-untyped-def]
    """Fill `waveform` int16 (n, 2, L), `table` float64 (n, len(OUTPUTS)), `flags` uint32 (n,) for `raw` (n, 2, L).

    `n_samples` int32 (n,) is the true length of each record. `settings` = sampling period [ns], nominal noise [ADC],
    photoelectron amplitude [ADC], onset threshold in sigma and in photoelectrons. `integers` = pretrigger, baseline and
    search-before samples, lowest and highest code, sign. `edges` = 50, 100, 500, 600, 5000 ns in samples.
    """
    sampling_ns, nominal, amplitude, n_sigma, n_pe = settings
    pretrigger, n_baseline, before, lowest, highest, sign = integers
    histograms = (
        np.empty(_CODES, np.int32),
        np.empty(_CODES, np.int32),
        np.empty(_CODES, np.int32),
        np.empty(_CODES, np.int32),
    )
    rest, noise, threshold = np.empty(2), np.empty(2), np.empty(2)
    for e in range(raw.shape[0]):
        n = min(np.int64(n_samples[e]), raw.shape[2])
        row = table[e]
        row[:] = np.nan
        if n <= 0:
            waveform[e] = 0
            flags[e] = _NO_ONSET | _BAD_BASELINE
            continue
        mark = 0
        for p in range(2):
            value, noise[p] = _baseline(raw[e, p], min(n_baseline, n), histograms)
            # The table holds float32; the stored waveform must fit what a reader finds there.
            value = np.float64(np.float32(value))
            level = np.int64(math.floor(value + 0.5))
            rest[p] = sign * (value - level)
            low, high = _store(raw[e, p], n, level, sign, waveform[e, p])
            if low <= lowest or high >= highest:
                mark |= _SATURATED
            if noise[p] > 3.0 * nominal:
                mark |= _BAD_BASELINE
            row[p] = value
            row[2 + p] = noise[p]
            row[4 + p] = min(sign * ((high if sign > 0 else low) - level), 32767)
            threshold[p] = max(n_sigma * noise[p], n_pe * amplitude)
        both = max(n_sigma * math.hypot(noise[0], noise[1]), n_pe * amplitude)
        i0 = _onset(waveform[e], rest[0] + rest[1], pretrigger - before, n, both)
        if i0 < 0:
            flags[e] = mark | _NO_ONSET
            continue
        row[6] = i0 * sampling_ns
        mark |= _early(waveform[e], rest, noise, i0, n, edges, sampling_ns, row)
        flags[e] = mark | _charges(waveform[e], rest, noise, i0, n, edges, threshold, row)
