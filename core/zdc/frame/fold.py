"""The frame of a shower: a window centred on a cell, turned and mirrored so that showers that are alike look alike.

Where the impact is known, the window is centred on the cell that was hit, and its eight symmetries are folded so that the impact's offset
from the middle of that cell obeys a >= b >= 0 (in cells). Where it is not, the brightest cell is in the middle, and it is folded by
the four cells beside it: right at least left, above at least below, right at least above; the offset is 0 then.
Compiled, one shower at a time.
"""

import numba
import numpy as np

HALF_PX = 14  # the window reaches so many cells from its middle: 29 x 29


@numba.njit(cache=True, nogil=True)
def of_impact(x_mm, y_mm, cell_mm, n_x, n_y):  # type: ignore[no-untyped-def]
    """(column, row, mirrored x, mirrored y, swapped, a, b) of an impact; the cell may lie outside of the grid."""
    u = x_mm / cell_mm + 0.5 * (n_x - 1)
    v = y_mm / cell_mm + 0.5 * (n_y - 1)
    column, row = int(np.floor(u + 0.5)), int(np.floor(v + 0.5))
    fx, fy = u - column, v - row
    return column, row, fx < 0.0, fy < 0.0, abs(fy) > abs(fx), max(abs(fx), abs(fy)), min(abs(fx), abs(fy))


@numba.njit(cache=True, nogil=True)
def of_brightest(cells):  # type: ignore[no-untyped-def]
    """The same of an image (n_y, n_x) by its brightest cell; of an empty one the middle."""
    n_y, n_x = cells.shape
    place = np.argmax(cells)
    row, column = place // n_x, place % n_x
    if cells[row, column] <= 0.0:
        return n_x // 2, n_y // 2, False, False, False, 0.0, 0.0
    left = cells[row, column - 1] if column > 0 else 0.0
    right = cells[row, column + 1] if column + 1 < n_x else 0.0
    below = cells[row - 1, column] if row > 0 else 0.0
    above = cells[row + 1, column] if row + 1 < n_y else 0.0
    return column, row, left > right, below > above, max(below, above) > max(left, right), 0.0, 0.0


@numba.njit(cache=True, nogil=True)
def place(frame, across, along):  # type: ignore[no-untyped-def]
    """(column, row) in the image of the cell that lies (`across`, `along`) from the middle of the folded window."""
    column, row, mirror_x, mirror_y, swapped, _, _ = frame
    if swapped:
        across, along = along, across
    return column + (-across if mirror_x else across), row + (-along if mirror_y else along)
