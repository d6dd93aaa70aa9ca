"""Parallel coordinates in the browser: drag along an axis to keep a part of it, click a line to choose it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.figures.parallel import Parallel

HEIGHT_PX = 300

_component = st.components.v2.component(
    "darkroom_parallel", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def draw(shown: Parallel, key: str, chosen: Sequence[str], label: str) -> tuple[list[str] | None, str | None]:
    """(ids inside all dragged ranges, None where nothing is dragged; the id of a line that was clicked just now).

    The `chosen` lines are thick.
    """
    ids = [line.id for line in shown.lines]
    answer = _component(
        data={**shown.to_dict(), "chosen": list(chosen), "height": HEIGHT_PX, "label": label},
        key=key, default={"kept": None}, on_kept_change=lambda: None, on_picked_change=lambda: None,
    )  # fmt: skip
    kept_ids, picked = answer.get("kept"), answer.get("picked")
    inside = None if kept_ids is None else [i for i in ids if i in kept_ids]
    return inside, picked if picked in ids else None
