"""What a file must not be: events that stand twice, times in another unit, hits of another detector. Each a sentence."""

from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.juno.geometry import Geometry

LEAST_SPREAD_NS = 1.0  # light alone needs longer through any detector of this kind
FARTHEST_NS = 1e7  # a float32 there has steps of 1 ns
ENOUGH_HITS = 20  # of an event whose spread counts
MOST_UNKNOWN = 0.1  # of the hits: dead sensors are few
HITS_PER_SENSOR, LEAST_REACH = 10, 0.8


class Numbers:
    """The numbers of the events of a file so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[np.ndarray] = []
        self.highest = np.iinfo(np.int64).min

    def need_new(self, number: np.ndarray) -> None:
        """Refuse an event that stood before."""
        if not len(number):
            return
        if number[0] > self.highest and (np.diff(number) > 0).all():
            repeated = np.zeros(0, np.int64)
        else:
            everything, n = np.unique(np.concatenate([*self.seen, number]), return_counts=True)
            repeated = everything[n > 1]
        if len(repeated):
            raise DarkroomError(
                f"{self.path.name}: event {repeated[0]:,} stands there twice: expected each once. Divide the file by run, or correct "
                "'event_id' in the mapping (empty: events are counted)."
            )
        if number.min() < 0:
            raise DarkroomError(f"{self.path.name}: an event has the number {number.min():,}: expected numbers from 0.")
        self.seen.append(number)
        self.highest = max(self.highest, int(number.max()))


def need_times(offsets: np.ndarray, columns: dict[str, np.ndarray], path: Path) -> None:
    """Refuse times that are in another unit than the mapping says, as far as an event's hits tell."""
    time_ns = columns["time"]
    rows = np.flatnonzero(np.diff(offsets) >= ENOUGH_HITS)
    if not len(rows):
        return
    pieces = [time_ns[offsets[i] : min(offsets[i + 1], offsets[i] + 10_000)] for i in rows[:200]]
    finite = [piece[np.isfinite(piece)] for piece in pieces]
    finite = [piece for piece in finite if len(piece) >= ENOUGH_HITS]
    if not finite:
        return
    spread_ns = float(np.median([np.ptp(piece.astype(np.float64)) for piece in finite]))
    middle_ns = float(np.median([np.median(piece) for piece in finite]))
    if abs(middle_ns) > FARTHEST_NS:
        raise DarkroomError(
            f"{path.name}: hits lie at {middle_ns:.3g} ns (median): expected times from the begin of the event, at most "
            f"{FARTHEST_NS:.0e} ns away. Correct 'time_unit' in the mapping, or take the event's time off."
        )
    if spread_ns < LEAST_SPREAD_NS:
        raise DarkroomError(
            f"{path.name}: the hits of an event lie within {spread_ns:.3g} ns (median): expected some hundred, as light needs to cross "
            "a detector. The times are in a longer unit: set 'time_unit' (us, ms or s) in the mapping."
        )


def need_this_detector(
    n_hits: int, n_unknown: int, highest: int, farthest: int, standing: Geometry, path: Path
) -> None:  # fmt: skip
    """Refuse hits that belong to another table of sensors: many of unknown ones, or none in the last part of the table.

    `highest` is the greatest number of a hit's sensor, `farthest` the greatest place in the table.
    """
    table = f"{len(standing):,} sensors (numbers {standing.pmt_id[0]:,} to {standing.pmt_id[-1]:,})"
    advice = "The table is of another detector: name that of this one as 'table' in the mapping."
    if n_unknown > MOST_UNKNOWN * n_hits:
        raise DarkroomError(
            f"{path.name}: {n_unknown:,} of {n_hits:,} hits are of sensors up to {highest:,} that the table of {table} does not "
            f"have: expected its numbers. {advice}"
        )
    if n_hits >= HITS_PER_SENSOR * len(standing) and farthest < LEAST_REACH * len(standing):
        raise DarkroomError(
            f"{path.name}: {n_hits:,} hits are all of the first {farthest + 1:,} of {table}: expected hits everywhere. {advice}"
        )
