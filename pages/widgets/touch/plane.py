"""A plane of two quantities in which a region is drawn, and whose cells open their rows."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import DarkroomError
from core.selection import region as regions
from core.selection.plane import Plane
from core.selection.region import Region
from pages.widgets import layout

HERE = Path(__file__).parent
SCRIPTS = ("axes", "regions", "lasso", "plane")  # one module in the browser, the last one is called


def _joined() -> str:
    return "\n".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


_component = st.components.v2.component(
    "darkroom_plane", js=_joined(), css=(HERE / "touch.css").read_text(encoding="utf-8"), isolate_styles=False
)


def draw(
    plane: Plane, picture: Mapping[str, Any], key: str, height_px: int, drawn: Callable[[Region | None], None]
) -> Region | None:
    """Draw what `core.figures.planes.picture` says, with its note and its data below; gives the cell that was clicked in this run.

    `drawn` is called with the region that was drawn, or None where one was cleared, before the page is drawn.
    """
    mounted = f"plane-{key}"

    def on_drawn() -> None:
        value = st.session_state[mounted].get("drawn")
        region = _region(plane, value)
        if region is not None or (isinstance(value, Mapping) and value.get("vertices") == []):
            drawn(region)

    event = _component(
        key=mounted, data={**picture, "key": key, "height": height_px}, on_drawn_change=on_drawn, on_opened_change=_nothing
    )  # fmt: skip
    layout.below_figure(str(picture["note"]), key, plane.columns)
    return _region(plane, event.get("opened"))


def _nothing() -> None:
    """A click is answered where the page is drawn, as only there another page can be opened."""


def _region(plane: Plane, value: Any) -> Region | None:
    """The region whose vertices a browser sent, None if it sent something else."""
    vertices = value.get("vertices") if isinstance(value, Mapping) else None
    if not isinstance(vertices, Sequence) or not all(_is_vertex(vertex) for vertex in vertices):
        return None
    points = tuple((float(x), float(y)) for x, y in vertices)
    try:
        return regions.checked(Region(plane.x.name, plane.y.name, points, plane.x.is_log, plane.y.is_log))
    except DarkroomError:
        return None


def _is_vertex(value: Any) -> bool:
    is_pair = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2
    return is_pair and all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in value)
