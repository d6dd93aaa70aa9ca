"""The order in which events are played."""

import numpy as np

from core.selection import events


def after(rows: np.ndarray, row: int, is_loop: bool) -> int | None:
    """The row that is played after `row` in ascending `rows` (k,), which need not hold it; at the end the first again, or None.

    None of an empty list. A list of one event ends with it unless it is a loop.
    """
    if not len(rows):
        return None
    if row >= int(rows[-1]):
        return int(rows[0]) if is_loop else None
    return events.step(rows, row, 1)
