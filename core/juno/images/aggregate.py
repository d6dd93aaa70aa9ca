"""What each sensor has seen of an event: hits, charge, first and mean time and their spread."""

import math

import numba
import numpy as np

from core.juno.window import window_ns


@numba.njit(cache=True, nogil=True)
def by_sensor(pmt, time_ns, charge_pe, low_ns, high_ns, n_sensors):  # type: ignore[no-untyped-def]
    """Hits within [low_ns, high_ns] -> for the m sensors that were hit, in the order of their first entries: place int32, hits
    int32, charge, first, mean and population standard deviation of the times, float64 (m,). One hit: standard deviation 0.
    """
    slot = np.full(n_sensors, -1, np.int32)
    most = min(len(pmt), n_sensors)
    place, n = np.empty(most, np.int32), np.empty(most, np.int32)
    charge, first, mean, spread = np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    m = 0
    for i in range(len(pmt)):
        t = np.float64(time_ns[i])
        if t < low_ns or t > high_ns:
            continue
        k = slot[pmt[i]]
        if k < 0:
            slot[pmt[i]] = m
            place[m], n[m] = pmt[i], 1
            charge[m], first[m], mean[m], spread[m] = charge_pe[i], t, t, 0.0
            m += 1
        else:  # Welford: mean and sum of squares around it, without loss where times are large
            n[k] += 1
            charge[k] += charge_pe[i]
            first[k] = min(first[k], t)
            step = t - mean[k]
            mean[k] += step / n[k]
            spread[k] += step * (t - mean[k])
    for k in range(m):
        if n[k] > 1:
            spread[k] = math.sqrt(spread[k] / n[k])
    return place[:m], n[:m], charge[:m], first[:m], mean[:m], spread[:m]


@numba.njit(cache=True, nogil=True)
def light(pmt, time_ns, charge_pe, count, mean_ns, std_ns, dark_per_ns, n_sensors):  # type: ignore[no-untyped-def]
    """`by_sensor` of an event in either form: hit by hit, cut to its window, or summed up already (`count` as long as `pmt`)."""
    if len(count) != len(pmt) or len(pmt) == 0:
        low, high = window_ns(time_ns, dark_per_ns)
        return by_sensor(pmt, time_ns, charge_pe, low, high, n_sensors)
    return (
        pmt.astype(np.int32), count.astype(np.int32), charge_pe.astype(np.float64), time_ns.astype(np.float64),
        mean_ns.astype(np.float64), std_ns.astype(np.float64),
    )  # fmt: skip
