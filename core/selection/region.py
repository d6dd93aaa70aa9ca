"""A region drawn in the plane of two quantities: which rows lie in it, exactly, and its short form for addresses and commands.

A quantity is a column of the table (`energy_kev`), or one that a run gives (`RUN/score`, `RUN/pca.1`); what it stands for is
looked up elsewhere. Sides are straight where the axes are as they were drawn, linear or logarithmic.
"""

import math
import re
from dataclasses import dataclass

import numba
import numpy as np

from core.errors import DarkroomError

MAX_VERTICES = 200
MAX_TEXT = 16_000
FORM = "X:Y:x1,y1;x2,y2;x3,y3 (log(X) for a logarithmic axis)"

_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{0,20})?([eE][+-]?\d{1,3})?", re.ASCII)
_QUANTITY = re.compile(r"\w[\w.-]{0,99}(/\w[\w.-]{0,99})?")
_LOG = re.compile(r"log\((.*)\)")
_STRIPS = 256


@dataclass(frozen=True)
class Region:
    """A polygon in the plane of the quantities `x` and `y`: 3 to 200 vertices in their units; the last is joined to the first.

    A row is inside if a line from it towards larger x crosses an odd number of sides (even-odd rule: where a polygon crosses
    itself, what it encloses twice is outside). Of a side the points belong to what lies to the right of it or above it, so
    that a rectangle holds [low, high) of both quantities and neighbours share no row.
    """

    x: str
    y: str
    vertices: tuple[tuple[float, float], ...]
    x_log: bool = False
    y_log: bool = False

    def __str__(self) -> str:
        names = (f"log({name})" if is_log else name for name, is_log in ((self.x, self.x_log), (self.y, self.y_log)))
        return ":".join((*names, ";".join(f"{_text(x)},{_text(y)}" for x, y in self.vertices)))


def checked(region: Region) -> Region:
    """The region, or a refusal where it is none."""
    for name in (region.x, region.y):
        if not _QUANTITY.fullmatch(name):
            raise DarkroomError(f"A region is drawn over {name[:60]!r}, which names no quantity: expected {FORM}.")
    n = len(region.vertices)
    if not 3 <= n <= MAX_VERTICES:
        raise DarkroomError(f"A region has {n} vertices: expected 3 to {MAX_VERTICES}, as {FORM}.")
    for k, (axis, is_log) in enumerate((("x", region.x_log), ("y", region.y_log))):
        values = [vertex[k] for vertex in region.vertices]
        if not all(map(math.isfinite, values)):
            raise DarkroomError(f"A region has a vertex whose {axis} is not finite: expected numbers, as {FORM}.")
        if is_log and min(values) <= 0.0:
            raise DarkroomError(
                f"A region on a logarithmic axis has {axis} = {min(values):g}: expected numbers above zero."
            )
    return region


def rectangle(
    x: str, y: str, x_window: tuple[float, float], y_window: tuple[float, float], logs: tuple[bool, bool] = (False, False)
) -> Region:  # fmt: skip
    """The rows with x in [low, high) and y in [low, high)."""
    (left, right), (bottom, top) = x_window, y_window
    corners = (left, bottom), (right, bottom), (right, top), (left, top)
    return checked(Region(x, y, corners, *logs))


def parse(text: str) -> Region:
    """A region from its short form, e.g. `energy_kev:log(nmt500_us):2,0.1;6,0.1;4,3`."""
    if len(text) > MAX_TEXT:
        raise DarkroomError(
            f"The text of a region has {len(text):,} characters: expected at most {MAX_TEXT:,}, as {FORM}."
        )
    parts = text.split(":")
    if len(parts) != 3:
        raise DarkroomError(f"The region {_short(text)} has {len(parts)} parts between ':', expected 3: {FORM}.")
    (x, x_log), (y, y_log) = _axis(parts[0]), _axis(parts[1])
    return checked(Region(x, y, tuple(_vertex(pair) for pair in parts[2].split(";")), x_log, y_log))


def _axis(text: str) -> tuple[str, bool]:
    """(quantity, whether its axis is logarithmic)."""
    within = _LOG.fullmatch(text)
    return (within[1], True) if within else (text, False)


def _vertex(text: str) -> tuple[float, float]:
    numbers = text.split(",")
    if len(numbers) != 2 or not all(_NUMBER.fullmatch(number) for number in numbers):
        raise DarkroomError(
            f"A region has the vertex {_short(text)}: expected two numbers as 1.5,-2e3; the whole: {FORM}."
        )
    return float(numbers[0]), float(numbers[1])


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _text(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def inside(region: Region, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """bool (n,): which of the points x, y (n,) of any real type are inside; NaN and infinite values are not, and on a
    logarithmic axis nothing that is not above zero.
    """
    x_vertices, y_vertices = np.array(region.vertices, np.float64).T
    x_axis, y_axis = (as_drawn(v, is_log) for v, is_log in ((x_vertices, region.x_log), (y_vertices, region.y_log)))
    sides = _sides(x_axis, y_axis)
    box = x_axis.min(), x_axis.max(), y_axis.min(), y_axis.max()
    return _inside(as_drawn(x, region.x_log), as_drawn(y, region.y_log), *sides, *box)


def as_drawn(values: np.ndarray, is_log: bool) -> np.ndarray:
    """Values float64 where their axis is straight: themselves, or their logarithm, -inf or NaN where there is none."""
    values = np.ascontiguousarray(values, np.float64)
    if not is_log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(values)


def _sides(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(sides float64 (m, 4) as x, y of the lower end and of the upper one, first (_STRIPS + 1,), which (k,)): the sides
    `which[first[s] : first[s + 1]]` reach into the strip s of equal height between the lowest and the highest vertex.

    Level sides are left out: no line towards larger x crosses them.
    """
    ends = np.column_stack([x, y, np.roll(x, -1), np.roll(y, -1)])
    ends = ends[ends[:, 1] != ends[:, 3]]
    ends = np.where(
        (ends[:, 1] > ends[:, 3])[:, None], ends[:, [2, 3, 0, 1]], ends
    )  # alike in whichever sense it is drawn
    height = (y.max() - y.min()) or 1.0
    strip = np.clip((ends[:, [1, 3]] - y.min()) * (_STRIPS / height), 0, _STRIPS - 1).astype(np.int64)
    reaches = [np.flatnonzero((strip[:, 0] <= s) & (s <= strip[:, 1])) for s in range(_STRIPS)]
    first = np.cumsum([0, *map(len, reaches)])
    return ends, first, np.concatenate(reaches)


@numba.njit(nogil=True, cache=True)
def _inside(x, y, ends, first, which, left, right, bottom, top):  # type: ignore[no-untyped-def]
    out = np.zeros(x.size, np.bool_)
    n_strips = first.size - 1
    scale = n_strips / (top - bottom) if top > bottom else 0.0
    for i in range(x.size):
        a, b = x[i], y[i]
        if not (left <= a < right and bottom <= b < top):
            continue
        strip = min(int((b - bottom) * scale), n_strips - 1)
        is_in = False
        for k in range(first[strip], first[strip + 1]):
            side = ends[which[k]]
            if side[1] <= b < side[3] and a < side[0] + (b - side[1]) * ((side[2] - side[0]) / (side[3] - side[1])):
                is_in = not is_in
        out[i] = is_in
    return out
