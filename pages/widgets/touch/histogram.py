"""A histogram whose cut is moved in it, and whose bins open their rows."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages.widgets import layout

HERE = Path(__file__).parent
SCRIPTS = ("axes", "counts", "handles", "bins", "histogram")  # one module in the browser, the last one is called


def _joined() -> str:
    return "\n".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


_component = st.components.v2.component(
    "darkroom_histogram", js=_joined(), css=(HERE / "touch.css").read_text(encoding="utf-8"), isolate_styles=False
)


@dataclass(frozen=True)
class Opened:
    """What was clicked: values from `low` to `high` (exclusive), of one class or of any (None)."""

    low: float
    high: float
    name: str | None


def histogram(
    picture: Mapping[str, Any], key: str, height_px: int, table: Callable[[], Mapping[str, Sequence[Any]]],
    moved: Callable[[tuple[float | None, ...]], None] | None = None,
) -> Opened | None:  # fmt: skip
    """Draw what `core.figures.touched.picture` says, with its note and its data below; gives what was clicked in this run.

    `moved` is called with the new values of all handles, before the page is drawn: it puts them into the widgets that lead.
    """
    mounted = f"touch-{key}"

    def on_moved() -> None:
        values = _ends(st.session_state[mounted].get("moved"), len(picture["handles"]))
        if moved is not None and values is not None:
            moved(values)

    event = _component(
        key=mounted, data={**picture, "key": key, "height": height_px}, on_moved_change=on_moved, on_opened_change=_nothing
    )  # fmt: skip
    layout.below_figure(str(picture["note"]), key, table)
    return _opened(event.get("opened"), [of["name"] for of in picture["classes"]])


def _nothing() -> None:
    """A click is answered where the page is drawn, as only there another page can be opened."""


def _ends(value: Any, n: int) -> tuple[float | None, ...] | None:
    """The values of n handles as a browser sent them, None if it sent something else."""
    ends = value.get("ends") if isinstance(value, Mapping) else None
    if not isinstance(ends, Sequence) or len(ends) != n:
        return None
    return tuple(ends) if all(end is None or _is_number(end) for end in ends) else None


def _opened(value: Any, names: Sequence[str]) -> Opened | None:
    if not isinstance(value, Mapping):
        return None
    low, high, name = value.get("low"), value.get("high"), value.get("name")
    is_whole = _is_number(low) and _is_number(high) and (name is None or name in names)
    return Opened(float(low), float(high), name) if is_whole else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
