"""Keys that press the buttons of a page: once for every picture that the browser has drawn, whatever has the focus; `?` lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

ARROWS = {"ArrowLeft": "←", "ArrowRight": "→", " ": "space"}
HINT = ":small[:gray[? lists the keys]]"

_component = st.components.v2.component(
    "darkroom_keys", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


@dataclass(frozen=True)
class Key:
    """A key as browsers name it ("1", "u", "ArrowLeft"), the key of the button that it presses, and what that does.

    One that `holds` goes on while it is held down, a step for each picture. One that `types` presses nothing: it puts the
    cursor into the field with the key `button`, from which Escape leads out again.
    """

    key: str
    button: str
    does: str
    holds: bool = False
    types: bool = False


def listen(keys: Sequence[Key], shown: str, turn: int = 0) -> None:
    """Let keys press buttons of this page as long as the browser shows a figure whose `meta` is `shown`.

    Where a press leaves the same row on the page, another `turn` says that it was answered.
    """
    listed = [
        {"key": key.key, "shown": ARROWS.get(key.key, key.key.upper()), "button": key.button, "does": key.does, "holds": key.holds, "types": key.types}
        for key in keys
    ]  # fmt: skip
    _component(data={"keys": listed, "shown": shown, "turn": turn}, key="keys")
