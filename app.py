"""Darkroom in the browser: page setup and the table of contents, no more."""

from pathlib import Path

import streamlit as st

from pages.widgets import cached, contents, guide, history, named_view, room

# An icon of our own: without one the browser asks a foreign host for each page's symbol.
ICON = Path(__file__).parent / "pages" / "widgets" / "icon.png"

# Without symbols all of these fit into a narrow window. The last word: what an experiment must have for its page.
WORK = [
    ("pages/overview/page.py", "Overview", "", ""),
    ("pages/data/page.py", "Data", "data", ""),
    ("pages/select/page.py", "Select", "select", ""),
    ("pages/inspect/page.py", "Inspect", "inspect", ""),
    ("pages/label/page.py", "Label", "label", "by_hand"),
    ("pages/train/page.py", "Train", "train", "networks"),
    ("pages/sweep/page.py", "Sweep", "sweep", "networks"),
    ("pages/runs/page.py", "Runs", "runs", "networks"),
    ("pages/generate/page.py", "Generate", "generate", "generating"),
    ("pages/evaluate/page.py", "Evaluate", "evaluate", "networks"),
    ("pages/apply/page.py", "Apply", "apply", "analyses.rates"),
]
TRUST = [
    ("pages/compatibility/page.py", "Compatibility", "compatibility", "grid", ":material/grid_on:"),
    ("pages/lowenergy/page.py", "Low energy", "lowenergy", "labels", ":material/low_priority:"),
    ("pages/calibration/page.py", "Calibration", "calibration", "labels", ":material/balance:"),
    ("pages/cutstudy/page.py", "Cut study", "cutstudy", "labels", ":material/content_cut:"),
    ("pages/trigger/page.py", "Trigger", "trigger", "analyses.trigger", ":material/bolt:"),
    ("pages/published/page.py", "Published", "published", "analyses.published", ":material/menu_book:"),
    ("pages/analysis/page.py", "Analysis", "analysis", "analyses", ":material/query_stats:"),
    ("pages/workspace/page.py", "Workspace", "workspace", "", ":material/inventory_2:"),
]

st.set_page_config(page_title="Darkroom", page_icon=str(ICON), layout="wide")
history.keep()
navigation = st.navigation({"": contents.pages(WORK), "Trust": contents.pages(TRUST)}, position="top")
named_view.follow()
room.furnish()  # after the navigation, which makes the address anew
navigation.run()
guide.at_foot()
cached.settle()
