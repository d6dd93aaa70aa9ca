"""Parallel coordinates: each thing a line across axes, one for each quantity; positions only, the browser draws them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from plotly.colors import sample_colorscale

from core.figures.style import NEUTRAL, SEQUENCE

LOG_FROM = 10.0  # an axis of positive numbers that span such a factor is logarithmic
MAX_TICKS = 12
NONE = "–"
DARKEST, BRIGHTEST = 0.25, 0.95  # of the scale: what lies beyond is lost in a dark or a light page
NEAR = 0.05  # ticks nearer than this would be written over each other


@dataclass(frozen=True)
class Axis:
    """A quantity: its name, and labelled ticks (position from 0 to 1, text)."""

    name: str
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Line:
    """A thing: its id and name, where it crosses each axis (0 to 1; None where it has no value), its colour, and what hover says."""

    id: str
    name: str
    at: tuple[float | None, ...]
    colour: str
    text: str


@dataclass(frozen=True)
class Parallel:
    """Axes and lines, ready to be drawn."""

    axes: tuple[Axis, ...]
    lines: tuple[Line, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the browser."""
        return {"axes": [asdict(axis) for axis in self.axes], "lines": [asdict(line) for line in self.lines]}


def parallel(names: Mapping[str, str], values: Mapping[str, Mapping[str, Any]], result: str) -> Parallel:
    """Lines of the things in `names` (id -> name) by their `values` (id -> quantity -> number, text, bool or None).

    The axes are the quantities in which they differ, `result` last, which also gives the colour: dark is low, bright high, grey
    unknown. A list is a text. Quantities of numbers alone have an axis of numbers, others one of choices.
    """
    quantities = list(dict.fromkeys(name for of_thing in values.values() for name in of_thing if name != result))
    columns = {name: [_plain(values[thing].get(name)) for thing in names] for name in quantities}
    columns = {name: column for name, column in columns.items() if len(set(column)) > 1}
    columns[result] = [_plain(values[thing].get(result)) for thing in names]
    axes, places = [], []
    for name, column in columns.items():
        ticks, at = _numbers(column) if _is_numbers(column) else _choices(column)
        axes.append(Axis(name, ticks))
        places.append(at)
    lines = []
    for i, (thing, name) in enumerate(names.items()):
        text = "; ".join(f"{quantity} {_text(column[i])}" for quantity, column in columns.items())
        lines.append(Line(thing, name, tuple(at[i] for at in places), _colour(places[-1][i]), f"{name}: {text}"))
    return Parallel(tuple(axes), tuple(lines))


def _plain(value: Any) -> Any:
    """A number, a text or None; an undefined number is None."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _is_numbers(column: Sequence[Any]) -> bool:
    defined = [value for value in column if value is not None]
    return bool(defined) and not any(isinstance(value, str) for value in defined)


def _numbers(column: Sequence[Any]) -> tuple[tuple[tuple[float, str], ...], list[float | None]]:
    """Ticks, and the place of each number between the least and the greatest; all in the middle where they are alike."""
    defined = [float(value) for value in column if value is not None]
    low, high = min(defined), max(defined)
    is_log = low > 0 and high / low >= LOG_FROM

    def at(value: float) -> float:
        if high == low:
            return 0.5
        return math.log(value / low) / math.log(high / low) if is_log else (value - low) / (high - low)

    different = sorted(set(defined))
    if len(different) > MAX_TICKS // 2:
        different = list((np.geomspace if is_log else np.linspace)(low, high, 5))
    ticks: list[tuple[float, str]] = []
    for value in different:
        if not ticks or at(value) - ticks[-1][0] >= NEAR:
            ticks.append((at(value), f"{value:.3g}"))
    return tuple(ticks), [None if value is None else at(float(value)) for value in column]


def _choices(column: Sequence[Any]) -> tuple[tuple[tuple[float, str], ...], list[float | None]]:
    """Ticks of the different values in their order, evenly; of many not every one is labelled."""
    different = sorted({_text(value) for value in column})
    places = {value: i / (len(different) - 1) if len(different) > 1 else 0.5 for i, value in enumerate(different)}
    step = -(-len(different) // MAX_TICKS)
    return tuple((places[value], value[:24]) for value in different[::step]), [places[_text(value)] for value in column]


def _text(value: Any) -> str:
    return NONE if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _colour(place: float | None) -> str:
    return NEUTRAL if place is None else str(sample_colorscale(SEQUENCE, [DARKEST + (BRIGHTEST - DARKEST) * place])[0])
