"""The scores of each class, with the threshold to drag."""

import streamlit as st

from core.figures import touched
from core.figures.touched import Handle
from core.judge.evaluation import Evaluation
from pages.widgets import layout
from pages.widgets.touch.histogram import Opened, histogram


def score_spectrum(judged: Evaluation, key: str, height_px: int, note: str, *, opens: str = "") -> Opened | None:
    """Scores of each class; dragging the threshold moves that of the page (`run_picker.choose_threshold`)."""
    handle = Handle("threshold", judged.network.point.threshold, low=0.0, high=1.0)
    picture = touched.picture(
        judged.moving, "score (probability of signal)", "", [handle], rows="events", is_closed=True, opens=opens, note=note
    )  # fmt: skip
    return histogram(picture, key, height_px, lambda: layout.histogram_columns(judged.spectra), _move)


def _move(values: tuple[float | None, ...]) -> None:
    (value,) = values
    if value is not None and 0.0 <= value <= 1.0:
        st.session_state["threshold"] = float(value)
