"""Figures as files for a paper or a talk, drawn by a Chromium of this machine, without a network: PDF with lines and letters, SVG, PNG."""

import base64
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import workspace
from core.errors import DarkroomError
from core.judge.report_html import data_block, page_file, plotly_script, policy, unthemed

if TYPE_CHECKING:
    import plotly.graph_objects as go

KINDS = ("pdf", "png", "svg")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PX_PER_MM = 96.0 / 25.4  # of CSS, on paper too
TITLE_PX, SMALL_PX, NARROW_PX = 13, 10, 500
LEGEND_LETTERS, LEGEND_LINE_MM = 8, 4.2  # what a mark in the legend is wide, and a line of it high
PAPER_SCALE = 0.82  # letters of 13 px on a page are 8 pt on paper
LIMITS_MM, LIMITS_DPI = (20.0, 2000.0), (50, 1200)
TIMEOUT_S, BUDGET_MS = 120, 30_000
_FLAGS = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars", f"--virtual-time-budget={BUDGET_MS}",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """What a figure takes on paper [mm], and the dots per inch of a PNG."""

    width_mm: float
    height_mm: float
    dpi: int = 300

    def __post_init__(self) -> None:
        for name, value, (low, high) in (
            ("width-mm", self.width_mm, LIMITS_MM), ("height-mm", self.height_mm, LIMITS_MM), ("dpi", self.dpi, LIMITS_DPI),
        ):  # fmt: skip
            if not low <= value <= high:
                raise DarkroomError(f"--{name} is {value:g}: expected a number from {low:g} to {high:g}.")

    @property
    def px(self) -> tuple[int, int]:
        """Width and height that the figure is laid out in, before it is scaled to paper."""
        return round(self.width_mm * PX_PER_MM / PAPER_SCALE), round(self.height_mm * PX_PER_MM / PAPER_SCALE)


def usual_height_mm(figure: "go.Figure", width_mm: float) -> float:
    """Three quarters of the width, and what the lines of the legend beyond the first take."""
    letters = width_mm * PX_PER_MM / PAPER_SCALE / (0.55 * TITLE_PX)
    names = [str(trace.name) for trace in figure.data if trace.name and trace.showlegend is not False]
    n_in_a_row = max(1, int(letters / (max(map(len, names), default=1) + LEGEND_LETTERS)))
    n_lines = -(-len(names) // n_in_a_row)
    return 0.75 * width_mm + LEGEND_LINE_MM * max(0, n_lines - 1)


def picture_page(figure: "go.Figure", size: Size, kind: str) -> str:
    """A page with nothing but the figure, as large as its sheet; with a `kind` (png, svg) it becomes the data URL of the figure in
    that kind.
    """
    width, height = size.px
    scripts = [plotly_script(), page_file("draw.js"), *([page_file("picture.js")] if kind else [])]
    # The sheet hides what is wider than paper, else the printer would shrink all of it; plotly measures its letters on the screen,
    # so that nothing is scaled before it is printed.
    style = (
        f"@page{{size:{size.width_mm:g}mm {size.height_mm:g}mm;margin:0}}body{{margin:0;background:white}}.modebar{{display:none!important}}"
        f".sheet{{width:{size.width_mm:g}mm;height:{size.height_mm:g}mm;overflow:hidden}}.plot{{width:{width}px;height:{height}px}}"
        f"@media print{{.plot{{transform:scale({PAPER_SCALE:g});transform-origin:0 0}}}}"
    )
    traces, layout = unthemed(figure)
    if width < NARROW_PX:
        smaller_texts(traces)
    body = f'<div class="sheet"><div class="plot"></div>{data_block(traces, for_paper(layout, width, height))}</div>'
    body += "".join(f"<script>{script}</script>" for script in scripts[1:])
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy(scripts, [figure])}">'
    head += f"<style>{style}</style><script>{scripts[0]}</script>"
    how = f' data-format="{kind}" data-scale="{size.dpi / 96.0 * PAPER_SCALE:g}"' if kind else ""
    return f'<!doctype html><html lang="en"{how}><head>{head}</head><body>{body}</body></html>\n'


def for_paper(layout: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    """The layout of a page in `width` x `height` px: narrow margins, titles in lines that fit."""
    paper = {
        **layout,
        "width": width,
        "height": height,
        "margin": {**layout.get("margin", {}), "l": 45, "t": 25, "b": 40},
    }
    for name in layout:
        if re.fullmatch(r"[xy]axis\d*", name):
            axis, reach = layout[name], width if name[0] == "x" else height
            start, end = axis.get("domain", (0.0, 1.0))
            title = {"font": {"size": TITLE_PX}} | axis.get("title", {})
            if "text" in title:
                title["text"] = in_lines(title["text"], int(0.8 * reach * (end - start) / (0.55 * TITLE_PX)))
            paper[name] = {**axis, "title": title}
    return paper


def smaller_texts(traces: list[dict[str, Any]]) -> None:
    """On a narrow sheet: texts in cells in small letters, and no bar of the colours beside cells that carry their numbers."""
    with_text = [trace for trace in traces if "texttemplate" in trace or "text" in trace.get("mode", "")]
    for trace in with_text:
        trace["textfont"] = {**trace.get("textfont", {}), "size": SMALL_PX}
    for trace in traces:
        if trace["type"] == "heatmap" and with_text:
            trace["showscale"] = False


def in_lines(text: str, n_letters: int) -> str:
    """A text of a figure in lines of at most so many letters; one with tags stays as it is."""
    return text if "<" in text else "<br>".join(textwrap.wrap(text, max(n_letters, 12), break_long_words=False))


def chromium() -> str:
    """The Chromium that draws (`CHROMIUM`, else one of the usual names), or a refusal that says what to install."""
    named = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), "")
    if not named or not shutil.which(named):
        raise DarkroomError(
            f"Files of figures are drawn by Chromium, and {named or 'none'} was found: install the package chromium (or Google Chrome), or set "
            "CHROMIUM=/path/to/chromium. Pages export SVG without it (the camera of a figure)."
        )
    return named


def write(figure: "go.Figure", path: Path, size: Size) -> None:
    """Write the figure in the kind that the ending says (`KINDS`), on white; it is there whole or not at all.

    A PDF holds lines and letters with their fonts (colour maps and what is drawn by WebGL are pixels in it).
    """
    browser, kind = chromium(), path.suffix.removeprefix(".")
    with tempfile.TemporaryDirectory(prefix="darkroom-figure-") as name:
        folder = Path(name)
        page = folder / "figure.html"
        page.write_text(picture_page(figure, size, "" if kind == "pdf" else kind), encoding="utf-8")
        content = _printed(browser, folder, page) if kind == "pdf" else _exported(browser, folder, page)
    with workspace.replacing(path) as temporary:
        temporary.write_bytes(content)


def _printed(browser: str, folder: Path, page: Path) -> bytes:
    out = folder / "figure.pdf"
    _run(browser, folder, "--no-pdf-header-footer", f"--print-to-pdf={out}", page.as_uri())
    if not out.exists() or not out.read_bytes().startswith(b"%PDF-"):
        raise DarkroomError(f"{browser} wrote no PDF: try a newer one, by CHROMIUM=/path/to/chromium.")
    return out.read_bytes()


def _exported(browser: str, folder: Path, page: Path) -> bytes:
    """The data URL that the page has come to, as bytes."""
    text = _run(browser, folder, "--dump-dom", page.as_uri())
    url = re.search(r"<body>data:image/(?:png;base64,([A-Za-z0-9+/=]+)|svg\+xml,([^\s<\"]+))", text)
    if url is None:
        raise DarkroomError(f"{browser} drew no figure: try a newer one, by CHROMIUM=/path/to/chromium.")
    return base64.b64decode(url[1]) if url[1] else urllib.parse.unquote(url[2]).encode()


def _run(browser: str, folder: Path, *arguments: str) -> str:
    """What the browser prints; with a profile of its own, and in a process of its own that ends with the page."""
    sandbox = (
        ["--no-sandbox"] if os.geteuid() == 0 else []
    )  # root's Chromium has none; the page is ours and loads nothing
    command = [browser, *_FLAGS, *sandbox, f"--user-data-dir={folder / 'profile'}", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise DarkroomError(
            f"{browser} did not end within {TIMEOUT_S} s: try again, or another by CHROMIUM=..."
        ) from None
    except OSError as error:
        raise DarkroomError(
            f"{browser} cannot be started ({error.strerror}): set CHROMIUM=/path/to/chromium."
        ) from None
    return done.stdout
