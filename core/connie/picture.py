"""A classified image: every cluster's pixels in the colour of its group, coarse enough for a screen, no track lost."""

import math
from collections.abc import Sequence

import numba
import numpy as np

from core.connie.classes import FINE
from core.connie.crops import HALO_PX
from core.connie.imageview import IMAGING
from core.data import frames, imaging
from core.data.dataset import open_part, read_rows
from core.data.imaging import Window
from core.data.ragged import Ragged
from core.judge.applying import Picture
from core.judge.scored import Scored

REST = "rest"
SHOWN = FINE[:3]  # muon sure, worm, spot: as the slides draw run 246
MAX_CELLS = 700  # a side
WEAK_SIGMA = 4.0  # pixels below are noise inside a cluster's box


def groups_of(classes: Sequence[str]) -> tuple[str, ...]:
    """What a picture tells apart: the classes of the slides, and the rest if the run has other classes."""
    shown = tuple(name for name in SHOWN if name in classes)
    return (*shown, REST) if set(classes) - set(shown) else shown


def group_index(classes: Sequence[str]) -> np.ndarray:
    """int64 (n_classes,): the group of each class."""
    groups = groups_of(classes)
    return np.array([groups.index(name if name in groups else REST) for name in classes])


def picture(scored: Scored, frame: int, called: np.ndarray, window: Window | None = None) -> Picture:
    """The scored clusters in a window of an image (all of it if None); `called` int (n,) is the class of each scored row.

    A cell shows the group of its brightest pixel.
    """
    facts = scored.dataset.frames[frame]
    window = window or imaging.whole(facts)
    mine = np.flatnonzero(frames.frame_of(scored.dataset, scored.rows) == frame)
    x_min, x_max, y_min, y_max = imaging.boxes(scored.dataset, IMAGING, scored.rows[mine]).T
    inside = (x_max >= window.x0) & (x_min < window.x1) & (y_max >= window.y0) & (y_min < window.y1)
    mine = mine[inside]
    group = group_index(scored.classes)[called[mine]]
    width, height = window.x1 - window.x0, window.y1 - window.y0
    step = max(1, math.ceil(max(width, height) / MAX_CELLS))
    cells = np.full((math.ceil(height / step), math.ceil(width / step)), -1, np.int8)
    if len(mine):
        crops = _crops(scored, int(facts["part"]), scored.rows[mine])
        sizes = (scored.column(f"crop_{name}_px")[mine].astype(np.int64) for name in ("height", "width"))
        corners = (np.maximum(least[inside] - HALO_PX, 0).astype(np.int64) for least in (y_min, x_min))
        weak_e = WEAK_SIGMA * float(facts["noise_e"])
        _paint(crops.values, crops.offsets, *sizes, *corners, group, weak_e, window.y0, window.x0, step, cells)
    x, y = scored.column("x_px")[mine], scored.column("y_px")[mine]
    texts = _texts(scored, mine, called)
    return Picture(groups_of(scored.classes), cells, step, window, scored.rows[mine], x, y, group, texts)


def _crops(scored: Scored, part: int, rows: np.ndarray) -> Ragged:
    """The crops of rows (n,), ascending, of one part: read in one piece, as nearly all of an image are wanted."""
    own = scored.dataset.parts[part]
    with open_part(scored.dataset, own) as file:
        found = read_rows(file, int(rows[0]) - own.offset, int(rows[-1]) + 1 - own.offset)
    crops: Ragged = found[rows - rows[0]]
    return crops


def _texts(scored: Scored, mine: np.ndarray, called: np.ndarray) -> tuple[str, ...]:
    energy, lengths = scored.column("energy_kev")[mine], scored.column("length_px")[mine]
    certain = scored.probabilities[mine, called[mine]]
    return tuple(
        f"{scored.classes[k]} (p = {p:.2f})<br>{e:,.1f} keV, {length:.0f} px long"
        for k, p, e, length in zip(called[mine], certain, energy, lengths, strict=True)
    )


@numba.njit(nogil=True, cache=True)
def _paint(values, offsets, heights, widths, tops, lefts, group, weak_e, y0, x0, step, cells):  # type: ignore[no-untyped-def]
    """Each cell gets the group of the brightest pixel above `weak_e` in it."""
    best = np.zeros(cells.shape, np.float32)
    for i in range(len(heights)):
        for dy in range(heights[i]):
            for dx in range(widths[i]):
                q = values[offsets[i] + dy * widths[i] + dx]
                y, x = tops[i] + dy - y0, lefts[i] + dx - x0
                if q < weak_e or y < 0 or x < 0:
                    continue
                row, column = y // step, x // step
                if row < cells.shape[0] and column < cells.shape[1] and q > best[row, column]:
                    best[row, column] = q
                    cells[row, column] = group[i]
