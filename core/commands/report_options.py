"""The commands that write what was judged for others: a report, and its figures as files."""

from pathlib import Path

from core.commands.command import Options, command, needed, option, word
from core.commands.option_groups import THRESHOLD

SPLITS = ("train", "validation", "test", "other", "all")


@command(
    "reporting", "a page of HTML on a run, a study, a sweep or a data set: figures, tables, LaTeX, provenance, commands"
)
class Report(Options):
    name: str = word(metavar="RUN|STUDY|SWEEP|DATASET")
    out: Path = needed("file that is written, .html (about 5 MB with figures), .tex or .json", metavar="FILE")
    threshold: float = option(0.5, THRESHOLD)
    split: str | None = option(
        None, "of a run: default test, or other for data that it was not trained on", choices=SPLITS
    )
    labels: str | None = option(None, "label scheme (default: that of the run or study)")
    data: str | None = option(None, "of a run: data set with its scores (default: its own)", metavar="NAME")


@command("reporting", "a figure of a report as PDF, PNG or SVG (needs Chromium), or without its name the list of them")
class Figure(Options):
    name: str = word(metavar="RUN|STUDY|SWEEP|DATASET")
    figure: str | None = word(metavar="FIGURE", count="?")
    out: Path | None = option(None, "file that is written: .pdf, .png or .svg", metavar="FILE")
    width_mm: float = option(85.0, "width on paper (default: 85, one column)")
    height_mm: float | None = option(None, "height (default: 0.75 of the width, and the legend)")
    dpi: int = option(300, "dots per inch of a PNG")
    threshold: float = option(0.5, THRESHOLD)
    split: str | None = option(
        None, "of a run: default test, or other for data that it was not trained on", choices=SPLITS
    )
    labels: str | None = option(None, "label scheme (default: that of the run or study)")
    data: str | None = option(None, "of a run: data set with its scores (default: its own)", metavar="NAME")
