"""What stands in the pixels: times and charges as numbers between 0 and 1. Nothing was seen where all channels are 0.

Whatever was seen is at least FLOOR: one hit, whose times have no spread, stays apart from none, and the latest from none.
"""

import math

import numba
import numpy as np

CHANNELS = ("first", "mean", "std", "charge", "mask", "sharp")
FLOOR = 0.05
STD_NS, CHARGE_PE = 50.0, 1000.0  # that become 1; charge in ln(1 + q), and more than 1 above
CELLS = 1024
RAW_SHARE, RESIDUAL_SHARE = 0.005, 0.15  # of the first times: beyond the dark hits, and the best known of residuals
LEAST_SHARP, FEWEST_SHARP = 0.5, 10  # sensors that give the time of residuals, where so many of them are hit


@numba.njit(cache=True, nogil=True)
def quantile_ns(time_ns: np.ndarray, share: float) -> float:
    """The time at rank floor(share (m - 1)) of m > 0 times in order."""
    rank = int(share * (len(time_ns) - 1))
    low, high = time_ns.min(), time_ns.max()
    if not high > low:
        return low
    count, scale = np.zeros(CELLS, np.int64), (CELLS - 1) / (high - low)
    for t in time_ns:
        count[int((t - low) * scale)] += 1
    cell = 0
    while rank >= count[cell]:
        rank -= count[cell]
        cell += 1
    members, m = np.empty(count[cell]), 0
    for t in time_ns:
        if int((t - low) * scale) == cell:
            members[m] = t
            m += 1
    members.sort()
    return members[rank]


@numba.njit(cache=True, nogil=True)
def begin_ns(first_ns: np.ndarray, place: np.ndarray, sharpness: np.ndarray, is_residual: bool) -> float:
    """When an event's light begins, of m > 0 first times: their 0.5 % quantile, of residuals the 15 % quantile of sharp sensors.

    Of electrons and positrons of 2 MeV the latter varies by 0.75 ns around the true time, the 10 % quantile of all sensors by some
    2 ns, a fit by 0.64 ns; and a network that looks at residuals loses what the time of the event varies by.
    """
    if not is_residual:
        return quantile_ns(first_ns, RAW_SHARE)
    chosen, m = np.empty(len(first_ns)), 0
    for k in range(len(first_ns)):
        if sharpness[place[k]] >= LEAST_SHARP:
            chosen[m] = first_ns[k]
            m += 1
    return quantile_ns(chosen[:m] if m >= FEWEST_SHARP else first_ns, RESIDUAL_SHARE)


@numba.njit(cache=True, nogil=True)
def early(time_ns: float, low_ns: float, high_ns: float) -> float:
    """1 at the begin of a span and before, FLOOR at its end and after."""
    return 1.0 - (1.0 - FLOOR) * min(max((time_ns - low_ns) / (high_ns - low_ns), 0.0), 1.0)


@numba.njit(cache=True, nogil=True)
def channel(
    which: int, charge: float, first: float, mean: float, spread: float, low: float, high: float, sharp: float
) -> float:
    """The value of a sensor in channel number `which` of CHANNELS."""
    if which == 0:
        return early(first, low, high)
    if which == 1:
        return early(mean, low, high)
    if which == 2:
        return FLOOR + (1.0 - FLOOR) * min(spread / STD_NS, 1.0)
    if which == 3:
        return math.log1p(charge) / math.log1p(CHARGE_PE)
    if which == 4:
        return 1.0
    return sharp


@numba.njit(cache=True, nogil=True)
def fill(out, row, column, place, charge, first, mean, spread, span_ns, which, sharpness, as_bytes):  # type: ignore[no-untyped-def]
    """Writes m sensors into out (height, width, n_channels), and whether all of them lay within it. `span_ns`: (low, high) that
    times are spread over. `sharpness` (n,): least transit time spread over that of the sensor. `as_bytes`: in 256 steps from 0 to 1.
    """
    height, width, n_channels = out.shape
    low, high = span_ns
    for k in range(len(place)):
        if not (0 <= row[k] < height and 0 <= column[k] < width):
            return False
        for c in range(n_channels):
            value = channel(which[c], charge[k], first[k], mean[k], spread[k], low, high, sharpness[place[k]])
            if as_bytes:
                value = np.rint(255.0 * min(value, 1.0)) / 255.0
            out[row[k], column[k], c] = value
    return True
