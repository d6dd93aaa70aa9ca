"""Parallel coordinates in the browser: drag along an axis to keep a part of it, click a line to choose it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from core.figures.parallel import Parallel

HEIGHT_PX = 300

_component = st.components.v2.component(
    "darkroom_parallel", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def draw(
    shown: Parallel, key: str, chosen: Sequence[str], label: str, on_brush: Callable[[list[str] | None], None],
    on_pick: Callable[[str], None],
) -> None:  # fmt: skip
    """Draw the lines, the `chosen` ones thick.

    Before the page is drawn again, `on_brush` is called with the ids inside all dragged ranges (None where nothing is dragged), and
    `on_pick` with the id of a line that was clicked.
    """
    ids = [line.id for line in shown.lines]

    def brushed() -> None:
        kept_ids = st.session_state[key].get("kept")
        on_brush([i for i in ids if i in kept_ids] if isinstance(kept_ids, list) else None)

    def picked() -> None:
        run_id = st.session_state[key].get("picked")
        if run_id in ids:
            on_pick(run_id)

    _component(
        data={**shown.to_dict(), "chosen": list(chosen), "height": HEIGHT_PX, "label": label},
        key=key, on_kept_change=brushed, on_picked_change=picked,
    )  # fmt: skip
