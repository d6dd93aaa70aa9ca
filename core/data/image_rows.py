"""What is drawn of an image that holds many rows: a window of it, and the outlines of the rows in it by class."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data import detector_images
from core.data.dataset import Dataset
from core.errors import DarkroomError

NO_SCORE, OUTSIDE = "no score", "outside the filter"


@dataclass(frozen=True)
class ImageView:
    """How an experiment's images are told apart and what lies in them.

    `unit` is what a pixel counts; `box` the columns with the first and the last pixel of a row, inclusive: x, x, y, y;
    `axis` those with its middle x, y, its length along its main axis [px] and that axis' angle from x towards y [deg].
    `name(facts)` is a short text that no two images of a data set share; `facts(facts)` tells the rest in words.
    The fact `pixel_um` gives images a scale.
    """

    title: str
    explanation: str
    unit: str
    box: tuple[str, str, str, str]
    axis: tuple[str, str, str, str]
    name: Callable[[Mapping[str, Any]], str]
    facts: Callable[[Mapping[str, Any]], dict[str, str]]


@dataclass(frozen=True)
class Window:
    """Columns x0 to x1 and rows y0 to y1 of an image, the ends exclusive."""

    x0: int
    x1: int
    y0: int
    y1: int

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return f"{self.x0}-{self.x1}x{self.y0}-{self.y1}"


@dataclass(frozen=True)
class Outlines:
    """Rows of one class in a window. rows int64 (n,); boxes int32 (n, 4): first and last pixel, x, x, y, y; lines float32
    (n, 4): both ends of the main axis, x, x, y, y.
    """

    rows: np.ndarray
    boxes: np.ndarray
    lines: np.ndarray


def whole(facts: Mapping[str, Any]) -> Window:
    """All of an image."""
    return Window(0, int(facts["n_columns"]), 0, int(facts["n_rows"]))


def window_from(text: str, facts: Mapping[str, Any]) -> Window:
    """The window that a text such as `120-360x0-240` names, cut to the image; all of it for an empty text."""
    if not text:
        return whole(facts)
    try:
        (x0, x1), (y0, y1) = ((int(n) for n in side.split("-")) for side in text.split("x"))
    except ValueError:
        raise DarkroomError(f"The window is '{text}': expected first and last pixels such as 120-360x0-240.") from None
    return fitted(x0, x1, y0, y1, facts)


def fitted(x0: float, x1: float, y0: float, y1: float, facts: Mapping[str, Any], min_px: int = 16) -> Window:
    """A window of whole pixels around these limits (in either order), inside the image, `min_px` a side or more."""
    full = whole(facts)
    return Window(*_side(x0, x1, full.x1, min_px), *_side(y0, y1, full.y1, min_px))


def _side(a: float, b: float, n: int, min_px: int) -> tuple[int, int]:
    length = min(max(round(abs(b - a)), min_px), n)
    first = min(max(round((a + b - length) / 2.0), 0), n - length)
    return first, first + length


def zoomed(window: Window, by: float, facts: Mapping[str, Any]) -> Window:
    """The window enlarged `by` (below 1: made smaller) about its middle."""
    half = np.array([-0.5, 0.5]) * by
    x = (window.x0 + window.x1) / 2.0 + half * (window.x1 - window.x0)
    y = (window.y0 + window.y1) / 2.0 + half * (window.y1 - window.y0)
    return fitted(float(x[0]), float(x[1]), float(y[0]), float(y[1]), facts)


def around(dataset: Dataset, image_view: ImageView, row: int, facts: Mapping[str, Any], times: float = 3.0) -> Window:
    """A square window `times` as large as the row, 48 pixels at least, the row in its middle."""
    x0, x1, y0, y1 = boxes(dataset, image_view, [row])[0].tolist()
    half = max(times * (1 + max(x1 - x0, y1 - y0)), 48.0) / 2.0
    x, y = (x0 + x1 + 1) / 2.0, (y0 + y1 + 1) / 2.0
    return fitted(x - half, x + half, y - half, y + half, facts)


def is_inside(dataset: Dataset, image_view: ImageView, row: int, window: Window) -> bool:
    """Whether all of a row lies in the window."""
    x0, x1, y0, y1 = boxes(dataset, image_view, [row])[0].tolist()
    return bool(window.x0 <= x0 and x1 < window.x1 and window.y0 <= y0 and y1 < window.y1)


def boxes(dataset: Dataset, image_view: ImageView, rows: Sequence[int] | np.ndarray) -> np.ndarray:
    """int32 (n, 4): first and last pixel of each row, x, x, y, y."""
    return np.stack([dataset.column(name)[rows] for name in image_view.box], axis=1).astype(np.int32)


def lines(dataset: Dataset, image_view: ImageView, rows: np.ndarray) -> np.ndarray:
    """float32 (n, 4): both ends of each row's main axis, x, x, y, y; one without an axis is its middle."""
    x, y, length, angle_deg = (dataset.column(name)[rows].astype(np.float32) for name in image_view.axis)
    half = np.nan_to_num(length) / 2.0
    angle = np.deg2rad(np.nan_to_num(angle_deg))
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    return np.stack([x - dx, x + dx, y - dy, y + dy], axis=1)


def outlines(
    dataset: Dataset,
    image_view: ImageView,
    i: int,
    window: Window,
    classes: np.ndarray,
    names: Sequence[str],
    inside_filter: np.ndarray,
    without: str,
) -> dict[str, Outlines]:
    """What lies in a window of image i, by class name in order; classes int8 (n_rows,), -1 for none.

    Rows that are not among `inside_filter` (k,), ascending, stand under OUTSIDE, those of no class under `without`. Empty ones are
    left out.
    """
    rows = detector_images.rows_in(dataset, i)
    own = boxes(dataset, image_view, rows)
    x0, x1, y0, y1 = own.T
    inside = (x1 >= window.x0) & (x0 < window.x1) & (y1 >= window.y0) & (y0 < window.y1)
    rows, own = rows[inside], own[inside]
    axes = lines(dataset, image_view, rows)
    code = np.where(np.isin(rows, inside_filter, assume_unique=True), classes[rows], -2)
    wanted = {**{name: k for k, name in enumerate(names)}, without: -1, OUTSIDE: -2}
    parts = {name: Outlines(rows[code == k], own[code == k], axes[code == k]) for name, k in wanted.items()}
    return {name: part for name, part in parts.items() if len(part.rows)}


@dataclass(frozen=True)
class Spots:
    """Squares of `step_px` pixels a side that together hold the pixels of rows: rows int64, x, y float32 (k,), their middles."""

    step_px: int
    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray


def spots(rows: np.ndarray, boxes: np.ndarray, crops: Sequence[np.ndarray], low: float, step_px: int) -> Spots:
    """Where a click hits a row: the squares that hold a pixel of its crop (height, width) at `low` or above.

    boxes int32 (n, 4): first and last pixel of rows (n,), x, x, y, y. A crop begins one pixel outside of its box, or at the edge
    of the image. A square in which two rows meet is there for both.
    """
    cells = [np.empty((0, 3), np.int64)]
    for row, (x0, _, y0, _), crop in zip(rows.tolist(), boxes.tolist(), crops, strict=True):
        y, x = np.nonzero(np.nan_to_num(crop, nan=-np.inf) >= low)
        squares = np.stack([x + max(x0 - 1, 0), y + max(y0 - 1, 0)], axis=1) // step_px
        squares = np.unique(squares, axis=0)
        cells.append(np.column_stack([np.full(len(squares), row), squares]))
    squares = np.concatenate(cells)
    middle_x, middle_y = (((squares[:, axis] + 0.5) * step_px - 0.5).astype(np.float32) for axis in (1, 2))
    return Spots(step_px, squares[:, 0], middle_x, middle_y)


def predicted(n_rows: int, rows: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """int8 (n_rows,): the most probable class of rows (k,) with probabilities (k, n_classes); -1 where there are none."""
    classes = np.full(n_rows, -1, np.int8)
    there = ~np.isnan(probabilities).any(axis=1)
    classes[rows[there]] = probabilities[there].argmax(axis=1)
    return classes
