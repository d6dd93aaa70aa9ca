"""When light arrives in an event, beside dark hits at any time."""

import math

import numba
import numpy as np

BIN_NS, SIGMAS = 50.0, 5.0
BEFORE_NS, AFTER_NS = 20.0, 500.0  # around the begin of the first bin with light
MOST_BINS = 100_000  # 5 ms; what comes later than that is no part of an event
REFERENCE = 0.005  # quantile of the hits' times that stands for the begin: a dark hit would move the first


@numba.njit(cache=True, nogil=True)
def window_ns(time_ns: np.ndarray, dark_per_ns: float) -> tuple[float, float]:
    """Begin and end [ns] of the light: from 20 ns before to 500 ns after the first bin of 50 ns with 5 sigma more hits than are
    expected of `dark_per_ns`. Without such a bin everything (first to last time); without a hit (0, 0).
    """
    if len(time_ns) == 0:
        return 0.0, 0.0
    first, last = time_ns.min(), time_ns.max()
    n_bins = int(min((last - first) / BIN_NS + 1, MOST_BINS))
    counts = np.zeros(n_bins, np.int64)
    for t in time_ns:
        i = int((t - first) / BIN_NS)
        if i < n_bins:
            counts[i] += 1
    expected = dark_per_ns * BIN_NS
    limit = expected + SIGMAS * math.sqrt(expected)
    for i in range(n_bins):
        if counts[i] > limit:
            begin = first + i * BIN_NS
            return begin - BEFORE_NS, begin + AFTER_NS
    return first, last
