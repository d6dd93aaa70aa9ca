"""Figures for paper: what is refused in a sentence, how titles are broken, and one PDF of a real browser."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import plotly.graph_objects as go
import pytest

from core.errors import DarkroomError
from core.judge import figure_files
from core.judge.figure_files import Size

FIGURE = go.Figure(go.Scatter(x=[1, 2, 3], y=[2, 1, 3], name="network")).update_xaxes(title_text="energy [keV]")


@pytest.fixture
def browser(missing: Callable[[str], NoReturn]) -> None:
    """A Chromium, or the test is skipped."""
    try:
        figure_files.chromium()
    except DarkroomError as error:
        missing(str(error))


def test_without_a_chromium_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    with pytest.raises(DarkroomError, match=r"nowhere was found: install the package chromium .* CHROMIUM="):
        figure_files.write(FIGURE, tmp_path / "figure.pdf", Size(85, 60))
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(DarkroomError, match="none was found"):
        figure_files.chromium()


def test_a_browser_that_draws_nothing_is_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", shutil.which("true") or "/bin/true")
    for ending, message in (("pdf", "wrote no PDF"), ("png", "drew no figure")):
        with pytest.raises(DarkroomError, match=message):
            figure_files.write(FIGURE, tmp_path / f"figure.{ending}", Size(85, 60))
    assert not list(tmp_path.glob("figure*"))


@pytest.mark.parametrize("values", [{"width_mm": 5.0}, {"height_mm": 5000.0}, {"dpi": 10}])
def test_a_size_that_no_paper_has_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(DarkroomError, match="expected a number from"):
        Size(**{"width_mm": 85.0, "height_mm": 60.0, **values})  # type: ignore[arg-type]


def test_long_titles_are_broken_and_texts_with_tags_stay() -> None:
    assert figure_files.in_lines("leakage (part of the background that passes)", 30).count("<br>") == 1
    assert figure_files.in_lines("efficiency [%]<br>(left)", 12) == "efficiency [%]<br>(left)"
    layout = figure_files.for_paper({"xaxis2": {"domain": [0.5, 1.0], "title": {"text": "a " * 40}}}, 300, 200)
    assert "<br>" in layout["xaxis2"]["title"]["text"]


def test_a_pdf_has_the_size_lines_and_letters(browser: None, tmp_path: Path) -> None:
    """A page of 85 x 60 mm is 241 x 170 points; its fonts are in it."""
    path = tmp_path / "figure.pdf"
    figure_files.write(FIGURE, path, Size(85, 60))
    content = path.read_bytes()
    box = re.search(rb"/MediaBox *\[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert box is not None
    assert (float(box[1]), float(box[2])) == pytest.approx((240.9, 170.1), abs=1.0)
    assert b"/FontFile2" in content or b"/FontFile3" in content
    assert b"/Subtype /Image" not in content and b"/Subtype/Image" not in content


def test_a_png_has_the_dots_of_its_size(browser: None, tmp_path: Path) -> None:
    path = tmp_path / "figure.png"
    figure_files.write(FIGURE, path, Size(85, 60, dpi=150))
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20], "big") == pytest.approx(85 / 25.4 * 150, abs=3)
