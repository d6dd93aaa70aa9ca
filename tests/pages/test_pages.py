"""What holds for every page: it opens, nobody sees another's state, and none of them imports a training library."""

import csv
import io
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import runs
from core import workspace as workspace_module
from core.data.dataset import delete_dataset
from core.judge.report_files import csv_of_columns
from core.statistics.histogram import histogram
from pages.widgets import layout
from tests.pages.opening import PAGES, ROOT, open_app

RUN_ALL = """
import itertools
import sys
from tests.pages.opening import open_app
for page, (data, run) in itertools.product({pages}, {opened}.items()):
    at = open_app(page, data=data, run=run, scores=run)
    assert any(m.value.startswith("#### ") for m in at.markdown), page
found = [m for m in ("keras", "tensorflow", "jax", "torch") if m in sys.modules]
assert not found, found
print("pages:", len({pages}))
"""


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_an_empty_workspace(workspace, page):
    at = open_app(page)
    assert any(m.value.startswith("#### ") for m in at.main.markdown)


def test_every_page_opens_with_data_of_each_experiment_and_none_imports_a_training_library(few, tracks, hits):
    """In a process of its own, because other tests of this one do import keras."""
    code = RUN_ALL.format(pages=PAGES, opened={"few": few, "tracks": tracks, "hits": hits})
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"pages: {len(PAGES)}" in done.stdout


def test_two_sessions_never_see_each_others_state(opened):
    first, second = opened("select"), opened("select")
    first.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(7.0).run()
    second.run()
    assert second.number_input(key="cut-cosine/few-energy_low_kev-typed").value == 3.0
    assert first.number_input(key="cut-cosine/few-energy_low_kev-typed").value == 7.0
    assert [m.value for m in first.metric] != [m.value for m in second.metric]


@pytest.mark.parametrize("page", PAGES)
def test_a_workspace_that_cannot_be_used_is_a_sentence_on_every_page(tmp_path, monkeypatch, page):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "file" / "workspace"))
    at = open_app(page)
    assert "set DARKROOM_WORKSPACE to a folder that you may write to" in at.error[0].value.replace("\\", "")


@pytest.mark.parametrize("page", ["data", "overview", "published"])
def test_a_damaged_data_set_is_named_and_the_others_stay(opened, few, page):
    bad = workspace_module.folder("datasets", "bad") / "dataset.json"
    bad.write_text("{")
    at = opened(page)
    assert "bad/dataset.json cannot be read as JSON" in at.warning[0].value.replace("\\", "")
    listed = [value for frame in at.dataframe for value in frame.value.to_numpy().flat]
    assert "few" in (at.selectbox(key="data").options if page == "published" else listed)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("overview", "runs", "train")])
@pytest.mark.parametrize("gone", ["run", "data set"])
def test_what_is_deleted_while_a_page_is_open_is_a_sentence(opened, few, page, gone):
    folder = workspace_module.folder("datasets")
    shutil.copytree(folder / "few", folder / "other")
    at = opened(page)
    if gone == "run":
        runs.delete(few)
    else:
        delete_dataset("few")
    at.run()
    assert not at.exception, at.exception[0].message
    assert any(m.value.startswith("#### ") for m in at.markdown)


def test_what_a_link_says_is_shown_as_it_is_and_not_as_markdown(opened):
    at = opened("inspect", uid="[look](https://example.org)")
    assert r"\[look\](https\://example.org)" in at.error[0].value


def picking() -> None:
    import streamlit as st

    from pages.widgets import choose

    st.button("b", on_click=choose.put, args=("x", "b"))
    if st.toggle("drawn"):
        st.write(choose.one_of("x", ["a", "b", "c"], "x"))


def test_what_was_clicked_wins_over_the_link_that_the_page_was_opened_with():
    at = AppTest.from_function(picking, default_timeout=60)
    at.query_params["x"] = "c"
    at.run()
    at.button[0].click().run()
    at.toggle[0].set_value(True).run()
    assert at.selectbox[0].value == "b"
    assert at.query_params["x"] == "b"


def test_no_cell_of_a_file_begins_like_a_formula():
    answer = {"signal": histogram(np.array([0.5, 1.5]), np.array([0.0, 1.0, 2.0]))}
    columns = layout.histogram_columns(answer) | {"=SUM(A1)": ["@run", "\t=1"]}
    cells = [cell for row in csv.reader(io.StringIO(csv_of_columns(columns))) for cell in row]
    assert {"error low signal", "error high signal", "'=SUM(A1)", "'@run", "'\t=1"} <= set(cells)
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t")]
