"""Darkroom in the browser: page setup and the table of contents, no more."""

from pathlib import Path

import streamlit as st

# An icon of our own: without one the browser asks a foreign host for each page's symbol.
ICON = Path(__file__).parent / "pages" / "parts" / "icon.png"

# Without symbols all of these fit into a narrow window.
WORK = [
    st.Page("pages/overview.py", title="Overview", default=True),
    st.Page("pages/data.py", title="Data", url_path="data"),
    st.Page("pages/select.py", title="Select", url_path="select"),
    st.Page("pages/inspect.py", title="Inspect", url_path="inspect"),
    st.Page("pages/label.py", title="Label", url_path="label"),
    st.Page("pages/train.py", title="Train", url_path="train"),
    st.Page("pages/runs.py", title="Runs", url_path="runs"),
    st.Page("pages/evaluate.py", title="Evaluate", url_path="evaluate"),
    st.Page("pages/apply.py", title="Apply", url_path="apply"),
]
TRUST = [
    st.Page("pages/compatibility.py", title="Compatibility", url_path="compatibility", icon=":material/grid_on:"),
    st.Page("pages/lowenergy.py", title="Low energy", url_path="lowenergy", icon=":material/low_priority:"),
    st.Page("pages/calibration.py", title="Calibration", url_path="calibration", icon=":material/balance:"),
    st.Page("pages/cutstudy.py", title="Cut study", url_path="cutstudy", icon=":material/content_cut:"),
    st.Page("pages/trigger.py", title="Trigger", url_path="trigger", icon=":material/bolt:"),
    st.Page("pages/published.py", title="Published", url_path="published", icon=":material/menu_book:"),
]

st.set_page_config(page_title="Darkroom", page_icon=str(ICON), layout="wide")
st.navigation({"": WORK, "Trust": TRUST}, position="top").run()
