"""Events with too many hits: what is left of them is one entry per sensor."""

from dataclasses import dataclass

import numba
import numpy as np

from core.data.ragged import Ragged
from core.juno.events import MOST_HITS


@dataclass(frozen=True)
class Lists:
    """Hits of n events, and the sums of those that were too many; see `core.juno.events.Events`."""

    pmt: Ragged
    time_ns: Ragged
    charge_pe: Ragged
    count: Ragged
    mean_ns: Ragged
    std_ns: Ragged
    n_hits: np.ndarray


@numba.njit(cache=True, nogil=True)
def sums(
    place: np.ndarray, time_ns: np.ndarray, charge_pe: np.ndarray, n_sensors: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(place int32, first time, charge float32, count int32, mean, standard deviation float32) (k,) of the k sensors that were
    hit, ascending. The deviation is that of the population, taken about the running mean (Welford).
    """
    count = np.zeros(n_sensors, np.int32)
    first, mean, square, charge = np.empty(n_sensors), np.zeros(n_sensors), np.zeros(n_sensors), np.zeros(n_sensors)
    for i in range(len(place)):
        p, t = place[i], np.float64(time_ns[i])
        if count[p] == 0 or t < first[p]:
            first[p] = t
        count[p] += 1
        off = t - mean[p]
        mean[p] += off / count[p]
        square[p] += off * (t - mean[p])
        charge[p] += charge_pe[i]
    hit = np.flatnonzero(count)
    std = np.sqrt(square[hit] / count[hit])
    return (
        hit.astype(np.int32), first[hit].astype(np.float32), charge[hit].astype(np.float32), count[hit],
        mean[hit].astype(np.float32), std.astype(np.float32),
    )  # fmt: skip


def lists(offsets: np.ndarray, columns: dict[str, np.ndarray], n_sensors: int) -> Lists:
    """Good hits (m,) of n events as lists: an event of more than MOST_HITS hits is summed up by sensor, unless the file has
    it so (`count` above 0).

    `columns`: `place` int32, `time`, `charge` float32, maybe `count`, `mean`, `std`.
    """
    n_entries = np.diff(offsets)
    is_summed = np.zeros(len(n_entries), bool)
    n_hits = n_entries.astype(np.int64)
    nothing = np.zeros(len(offsets), np.int64)
    count, mean, std = Ragged(np.zeros(0, np.int32), nothing), *(Ragged(np.zeros(0, np.float32), nothing),) * 2
    if "count" in columns:
        is_of_sum = columns["count"] > 0
        is_summed[np.repeat(np.arange(len(n_entries)), n_entries)[is_of_sum]] = True
        ends = np.concatenate([[0], np.cumsum(np.where(is_summed, n_entries, 0))])
        inside = np.repeat(is_summed, n_entries)
        count, mean, std = (Ragged(columns[name][inside], ends) for name in ("count", "mean", "std"))
        totals = np.concatenate([[0], np.cumsum(count.values, dtype=np.int64)])
        n_hits[is_summed] = np.diff(totals[ends])[is_summed]
    place, time_ns, charge_pe = whole = tuple(Ragged(columns[name], offsets) for name in ("place", "time", "charge"))
    large = np.flatnonzero((n_entries > MOST_HITS) & ~is_summed)
    if not len(large):
        return Lists(place, time_ns, charge_pe, count, mean, std, n_hits)
    new = {int(i): sums(*(hits.item(int(i)) for hits in whole), n_sensors) for i in large}
    place, time_ns, charge_pe = (_replaced(hits, {i: of[k] for i, of in new.items()}) for k, hits in enumerate(whole))
    counts, means, deviations = (
        _replaced(hits, {i: of[k] for i, of in new.items()}) for k, hits in enumerate((count, mean, std), 3)
    )
    return Lists(place, time_ns, charge_pe, counts, means, deviations, n_hits)


def _replaced(records: Ragged, by_event: dict[int, np.ndarray]) -> Ragged:
    """The records, those of some events in the place of what was there."""
    lengths = records.lengths.copy()
    for i, values in by_event.items():
        lengths[i] = len(values)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    out = np.empty(offsets[-1], records.values.dtype)
    for i in range(len(lengths)):
        out[offsets[i] : offsets[i + 1]] = by_event[i] if i in by_event else records.item(i)
    return Ragged(out, offsets)
