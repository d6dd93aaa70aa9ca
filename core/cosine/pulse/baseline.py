"""The baseline of one trace and its noise, compiled: a grouped median and a robust rms, from a histogram of codes."""

import math

import numba
import numpy as np

N_CODES = 65536  # room of each of the four histograms
_jit = numba.njit(nogil=True, cache=True)


@_jit
def quantile(histogram, n_codes, target):  # type: ignore[no-untyped-def]
    """Grouped quantile in bins centred on the integers: L + (target - F)/f, from the first code."""
    below = 0
    for k in range(n_codes):
        count = histogram[k]
        if count > 0 and below + count >= target:
            return k - 0.5 + (target - below) / count
        below += count
    return n_codes - 0.5


@_jit
def baseline(trace, n, histograms):  # type: ignore[no-untyped-def]
    """Grouped median and robust rms of the first `n` samples; NaN for `n` = 0.

    The rms is that of the samples within 3 sigma (sigma from the central 68 %) of the median, so that photoelectrons
    before the trigger neither shift the one nor widen the other. A constant trace gives its value and 0. Samples further
    from the first one than the histogram reaches count at its ends, which moves neither.
    """
    if n <= 0:
        return np.nan, np.nan
    low = trace[0]
    high = trace[0]
    for i in range(n):
        low = min(low, trace[i])
        high = max(high, trace[i])
    if np.int64(high) - np.int64(low) >= N_CODES:  # of 32 bits only: no histogram has room for it
        middle = np.int64(np.median(trace[:n].astype(np.float64)))
        low, high = trace.dtype.type(middle - N_CODES // 2), trace.dtype.type(middle + N_CODES // 2 - 1)
        near = np.empty(n, trace.dtype)
        for i in range(n):
            near[i] = min(max(trace[i], low), high)
        trace = near
    first = np.int64(low)
    n_codes = np.int64(high) - first + 1
    histogram, second, third, fourth = histograms
    for k in range(n_codes):
        histogram[k] = second[k] = third[k] = fourth[k] = 0
    # Four histograms in turn: neighbouring samples share a bin, and one counter would wait for itself.
    n_four = n - n % 4
    for i in range(0, n_four, 4):
        histogram[trace[i] - first] += 1
        second[trace[i + 1] - first] += 1
        third[trace[i + 2] - first] += 1
        fourth[trace[i + 3] - first] += 1
    for i in range(n_four, n):
        histogram[trace[i] - first] += 1
    for k in range(n_codes):
        histogram[k] += second[k] + third[k] + fourth[k]
    median = quantile(histogram, n_codes, 0.5 * n)
    sigma = 0.5 * (quantile(histogram, n_codes, 0.8413 * n) - quantile(histogram, n_codes, 0.1587 * n))
    reach = 3.0 * sigma + 0.5
    count, square = 0, 0.0
    for k in range(max(0, int(median - reach)), min(n_codes, int(median + reach) + 2)):
        if abs(k - median) <= reach:
            count += histogram[k]
            square += histogram[k] * (k - median) ** 2
    return first + median, math.sqrt(square / count)
