"""A compatibility matrix as a file: CSV, a LaTeX table, and a page of its own that needs no network to be opened."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from core.judge.compatibility import METRICS, Cell, Matrix
from core.judge.compatibility_summary import UNITLESS, Found, interval, is_missing, n_of, number
from core.judge.export import csv_text, latex_percent
from core.judge.intervals import defined

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_STYLE = (
    "body{font:16px sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse}"
    "td,th{border:1px solid #888;padding:.3em .6em;text-align:right}.own{outline:3px solid #CC79A7}"
)


def rows(matrix: Matrix, runs: Sequence[str | None]) -> list[dict[str, Any]]:
    """One plain record per cell: trained, tested, run, counts, and of every metric value, low, high, k, n.

    A missing cell has its names only; undefined is None. `runs` are the run ids in the order of the regions. `k` is None
    for what is no part of a count (harmonic efficiency, area), `n` then is that of both classes.
    """
    return [_row(matrix, i, j, runs[i]) for i in range(len(matrix.regions)) for j in range(len(matrix.regions))]


def _row(matrix: Matrix, i: int, j: int, run: str | None) -> dict[str, Any]:
    cell = _there(matrix.cells[i][j])
    row: dict[str, Any] = {"trained_on": matrix.regions[i].name, "tested_on": matrix.regions[j].name, "run": run or ""}
    row |= {"threshold": matrix.threshold, "labels": matrix.scheme, "level": matrix.level}
    row |= {
        "n_signal": cell.point.signal.n if cell else None,
        "n_background": cell.point.background.n if cell else None,
        "n_left_out": cell.n_left_out if cell else None,
    }
    for metric, known in METRICS.items():
        row |= _numbers(metric, known.of(cell) if cell else None)
    return row


def _there(cell: Cell | None) -> Cell | None:
    return None if is_missing(cell) else cell


def _numbers(metric: str, found: Found | None) -> dict[str, Any]:
    names = (metric, f"{metric}_low", f"{metric}_high", f"{metric}_k", f"{metric}_n")
    if found is None:
        return dict.fromkeys(names)
    values = (defined(found.value), defined(found.low), defined(found.high), getattr(found, "k", None), n_of(found))
    return dict(zip(names, values, strict=True))


def to_csv(matrix: Matrix, runs: Sequence[str | None]) -> str:
    """`rows` as CSV; missing and undefined are empty."""
    return csv_text(rows(matrix, runs))


def to_latex(matrix: Matrix, metric: str) -> str:
    """One metric as a LaTeX table for booktabs: trained on (rows), tested on (columns), with asymmetric intervals.

    Cells of fewer than 20 events carry a dagger; undefined is a dash, missing is empty.
    """
    unit = "" if metric in UNITLESS else " in percent"
    title = latex_text(METRICS[metric].title)
    caption = (
        f"{title[:1].upper()}{title[1:]}{unit} at a score threshold of {matrix.threshold:g}, labels "
        f"{latex_text(matrix.scheme)}, with {100.0 * matrix.level:g}\\,\\% intervals (statistical only). Only events "
        r"outside the training's own training and validation samples. $\dagger$: fewer than 20 events of a class."
    )
    names = [latex_text(region.name) for region in matrix.regions]
    lines = [
        r"\begin{table}",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{l{'r' * len(names)}}}",
        r"\toprule",
        " & ".join([r"trained on $\backslash$ tested on", *names]) + r" \\",
        r"\midrule",
    ]
    for name, cells in zip(names, matrix.cells, strict=True):
        lines.append(" & ".join([name, *(_latex_cell(metric, _there(cell)) for cell in cells)]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]) + "\n"


def latex_text(text: str) -> str:
    """A text in which LaTeX finds nothing to obey."""
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_cell(metric: str, cell: Cell | None) -> str:
    if cell is None:
        return ""
    dagger = r"$^\dagger$" if cell.few else ""
    found = METRICS[metric].of(cell)
    if metric not in UNITLESS:
        return latex_percent(found) + dagger
    if math.isnan(found.value):
        return "--" + dagger
    return f"${found.value:.4f}^{{+{found.high - found.value:.4f}}}_{{-{found.value - found.low:.4f}}}${dagger}"


def to_html(matrix: Matrix, runs: Sequence[str | None], metric: str, facts: str, figure: go.Figure) -> str:
    """A page to keep or send: the heatmap with plotly inside (about 5 MB), every number as a table, the notes.

    Every text is escaped. `facts` says how the numbers came about.
    """
    title = escape(f"Compatibility, {METRICS[metric].title}")
    notes = "".join(f"<p>{escape(note)}</p>" for note in (facts, *matrix.notes))
    drawn = go.Figure(figure).update_layout(width=1100, height=650, paper_bgcolor="white", plot_bgcolor="white")
    picture = drawn.to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False})
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{notes}{picture}{_html_table(matrix, metric)}{_html_list(matrix, runs)}</body></html>\n"
    )


def _html_table(matrix: Matrix, metric: str) -> str:
    names = [escape(region.name) for region in matrix.regions]
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(
        f"<tr><th>{name}</th>{''.join(_html_cell(metric, _there(cell), i == j) for j, cell in enumerate(cells))}</tr>"
        for i, (name, cells) in enumerate(zip(names, matrix.cells, strict=True))
    )
    return f"<h2>{escape(METRICS[metric].title)}</h2><table><tr><th>trained on, tested on</th>{head}</tr>{body}</table>"


def _html_cell(metric: str, cell: Cell | None, is_own: bool) -> str:
    own = ' class="own"' if is_own else ""
    if cell is None:
        return f"<td{own}>missing</td>"
    found = METRICS[metric].of(cell)
    told = "" if math.isnan(found.value) else f" {interval(metric, found)}"
    few = "<br>fewer than 20" if cell.few else ""
    return f"<td{own}>{number(metric, found.value)}{told}<br>n = {n_of(found):,}{few}</td>"


def _html_list(matrix: Matrix, runs: Sequence[str | None]) -> str:
    """All metrics of all cells."""
    found = rows(matrix, runs)
    head = "".join(f"<th>{escape(name)}</th>" for name in found[0]) if found else ""
    lines = ("".join(f"<td>{_plain(value)}</td>" for value in row.values()) for row in found)
    return f"<h2>All numbers</h2><table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else escape(str(value))
