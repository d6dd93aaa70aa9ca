"""A classified image: every cluster's pixels in the colour of its group, coarse enough for a screen, no track lost."""

import math
from collections.abc import Sequence

import numba
import numpy as np

from core.analysis.rates import Overlay
from core.connie.clusters.crops import CROP, HALO_PX
from core.connie.detector_images import IMAGE_VIEW
from core.connie.labels.classes import FINE
from core.data import detector_images, image_rows, stored_arrays
from core.data.dataset import open_part
from core.data.image_rows import Window
from core.data.ragged import Ragged
from core.judge.score_table import ScoreTable

REST = "rest"
SHOWN = FINE[:3]  # muon sure, worm, spot: as the slides draw run 246
MAX_CELLS = 700  # a side
WEAK_SIGMA = 4.0  # pixels below are noise inside a cluster's box


def groups_of(classes: Sequence[str]) -> tuple[str, ...]:
    """The groups of an overlay: the classes of the slides, and the rest if the run has other classes."""
    shown = tuple(name for name in SHOWN if name in classes)
    return (*shown, REST) if set(classes) - set(shown) else shown


def group_index(classes: Sequence[str]) -> np.ndarray:
    """int64 (n_classes,): the group of each class."""
    groups = groups_of(classes)
    return np.array([groups.index(name if name in groups else REST) for name in classes])


def overlay(scored: ScoreTable, number: int, predicted: np.ndarray, window: Window | None = None) -> Overlay:
    """The scored clusters in a window of an image (all of it if None); `predicted` int (n,) is the class of each scored row.

    A cell shows the group of its brightest pixel.
    """
    facts = scored.dataset.images[number]
    window = window or image_rows.whole(facts)
    in_image = np.flatnonzero(detector_images.image_of(scored.dataset, scored.rows) == number)
    x_min, x_max, y_min, y_max = image_rows.boxes(scored.dataset, IMAGE_VIEW, scored.rows[in_image]).T
    inside = (x_max >= window.x0) & (x_min < window.x1) & (y_max >= window.y0) & (y_min < window.y1)
    in_image = in_image[inside]
    group = group_index(scored.classes)[predicted[in_image]]
    width, height = window.x1 - window.x0, window.y1 - window.y0
    step = max(1, math.ceil(max(width, height) / MAX_CELLS))
    owner = np.full((math.ceil(height / step), math.ceil(width / step)), -1, np.int32)
    if len(in_image):
        crops = _crops(scored, int(facts["part"]), scored.rows[in_image])
        sizes = (scored.column(f"crop_{name}_px")[in_image].astype(np.int64) for name in ("height", "width"))
        corners = (np.maximum(least[inside] - HALO_PX, 0).astype(np.int64) for least in (y_min, x_min))
        weak_e = WEAK_SIGMA * float(facts["noise_e"])
        _paint(crops.values, crops.offsets, *sizes, *corners, weak_e, window.y0, window.x0, step, owner)
    x, y = scored.column("x_px")[in_image], scored.column("y_px")[in_image]
    texts = _texts(scored, in_image, predicted)
    cells = np.append(group, -1)[owner].astype(np.int8)  # a cell of nobody (-1) takes the last
    return Overlay(groups_of(scored.classes), cells, owner, step, window, scored.rows[in_image], x, y, group, texts)


def _crops(scored: ScoreTable, part: int, rows: np.ndarray) -> Ragged:
    """The crops of rows (n,), ascending, of one part: read in one piece, as nearly all of an image are wanted."""
    stored_part = scored.dataset.parts[part]
    with open_part(scored.dataset, stored_part) as file:
        stored = stored_arrays.read(
            file, CROP.name, int(rows[0]) - stored_part.offset, int(rows[-1]) + 1 - stored_part.offset
        )
    crops: Ragged = stored[rows - rows[0]]
    return crops


def _texts(scored: ScoreTable, in_image: np.ndarray, predicted: np.ndarray) -> tuple[str, ...]:
    energy, lengths = scored.column("energy_kev")[in_image], scored.column("length_px")[in_image]
    certain = scored.probabilities[in_image, predicted[in_image]]
    return tuple(
        f"{scored.classes[k]} (p = {p:.2f})<br>{e:,.1f} keV, {length:.0f} px long"
        for k, p, e, length in zip(predicted[in_image], certain, energy, lengths, strict=True)
    )


@numba.njit(nogil=True, cache=True)
def _paint(values, offsets, heights, widths, tops, lefts, weak_e, y0, x0, step, owner):  # type: ignore[no-untyped-def]
    """Each cell gets the place of the cluster whose pixel above `weak_e` is the brightest in it."""
    best = np.zeros(owner.shape, np.float32)
    for i in range(len(heights)):
        for dy in range(heights[i]):
            for dx in range(widths[i]):
                q = values[offsets[i] + dy * widths[i] + dx]
                y, x = tops[i] + dy - y0, lefts[i] + dx - x0
                if q < weak_e or y < 0 or x < 0:
                    continue
                row, column = y // step, x // step
                if row < owner.shape[0] and column < owner.shape[1] and q > best[row, column]:
                    best[row, column] = q
                    owner[row, column] = i
