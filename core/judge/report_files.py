"""The one writer of reports: CSV, LaTeX, JSON, and a page of HTML that needs nothing from elsewhere."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import DarkroomError
from core.judge.report import PERCENT, Columns, Number, Report, Table, is_few, n_of, scaled

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_STYLE = (
    "body{font:16px sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse}"
    "td,th{border:1px solid #888;padding:.3em .6em;text-align:right}"
)
_DAGGER = r"$^\dagger$"


def to_csv(report: Report) -> str:
    """The records of its first table, or of the key numbers where there is none."""
    return csv_text((*report.tables, report.number_table)[0].records)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Records with the same keys as CSV; None is empty. Texts that a spreadsheet would take for a formula are quoted."""
    return csv_of_columns({name: [row[name] for row in rows] for name in (rows[0] if rows else ())})


def csv_of_columns(columns: Columns) -> str:
    """The same of equally long columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(safe, columns))
    writer.writerows([safe(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def safe(value: Any) -> Any:
    """A value for a spreadsheet: what it would take for a formula becomes a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def to_latex(report: Report) -> str:
    """Its tables, for the booktabs package."""
    return "\n".join(map(_latex_table, report.tables))


def _latex_table(table: Table) -> str:
    """Numbers with asymmetric intervals and n; those of fewer than 20 events carry a dagger, undefined is a dash."""
    names = list(table.rows[0]) if table.rows else []
    has_numbers = any(isinstance(cell, Number) for row in table.rows for cell in row.values())
    caption = [f"{table.title}, in percent" if has_numbers and table.unit == PERCENT else table.title, table.note]
    caption += ["In brackets: n; daggers: fewer than 20 events."] if has_numbers else []
    sentences = " ".join(latex_text(sentence.rstrip(".")) + "." for sentence in caption if sentence)
    lines = [
        r"\begin{table}",
        rf"\caption{{{sentences}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(names) - 1)}}}",
        r"\toprule",
    ]
    lines += [" & ".join(map(latex_text, names)) + r" \\", r"\midrule"]
    lines += [" & ".join(_latex_cell(cell, table.unit) for cell in row.values()) + r" \\" for row in table.rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]) + "\n"


def latex_text(text: str) -> str:
    """A text in which LaTeX finds nothing to obey."""
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_cell(cell: Any, unit: str) -> str:
    if not isinstance(cell, Number):
        return latex_text(_short(cell))
    counted = f" ({n_of(cell)})" + _DAGGER * is_few(cell)
    return f"{latex_number(cell, unit)}{counted}"


def latex_number(number: Number, unit: str = PERCENT) -> str:
    """Value and interval as $x^{+a}_{-b}$; undefined is a dash."""
    if math.isnan(number.value):
        return "--"
    factor, digits = (100.0, 2) if unit == PERCENT else (1.0, 4)
    up, down = factor * (number.high - number.value), factor * (number.value - number.low)
    return f"${scaled(number, unit)[0]}^{{+{up:.{digits}f}}}_{{-{down:.{digits}f}}}$"


def to_json(report: Report) -> str:
    """Its plain values; undefined is null."""
    return workspace.json_text(dict(report.values) or report.to_dict())


def to_html(report: Report) -> str:
    """A page to keep or send: notes, figures with plotly inside (about 5 MB), tables to read and the records of files where
    these are others. Every text is escaped.
    """
    import plotly.graph_objects as go  # here: half a second that no other file waits for

    parts = [f"<h1>{escape(report.title)}</h1>", *(f"<p>{escape(note)}</p>" for note in report.notes)]
    for i, figure in enumerate(report.figures):
        drawn = go.Figure(figure.figure).update_layout(
            width=1100, height=650, paper_bgcolor="white", plot_bgcolor="white"
        )
        picture = drawn.to_html(full_html=False, include_plotlyjs=i == 0, config={"displaylogo": False})
        parts += [f"<h2>{escape(figure.title)}</h2>", picture, f"<p>{escape(figure.note)}</p>"]
    for table in (*([report.number_table] if report.numbers else ()), *report.tables):
        parts += [f"<h2>{escape(table.title)}</h2>", _html_table(table.texts), f"<p>{escape(table.note)}</p>"]
        parts += ["<h2>All numbers</h2>", _html_table(table.records)] if table.numbers else []
    head = f'<meta charset="utf-8"><title>{escape(report.title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _html_table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else ()))
    lines = ("".join(f"<td>{escape(_short(cell))}</td>" for cell in row.values()) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _short(cell: Any) -> str:
    return "" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell)


WRITERS: dict[str, tuple[Callable[[Report], str], str]] = {
    "csv": (to_csv, "text/csv"), "tex": (to_latex, "text/x-tex"), "json": (to_json, "application/json"),
    "html": (to_html, "text/html"),
}  # fmt: skip
"""Ending -> (what writes it, its media type)."""


def write(report: Report, path: Path) -> None:
    """A file of the kind that its ending says; it is there whole or not at all."""
    ending = path.suffix.removeprefix(".")
    if ending not in WRITERS:
        raise DarkroomError(f"--export {path}: the ending is '{path.suffix}', expected .{', .'.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise DarkroomError(f"--export {path}: there is no folder {path.parent}.")
    with workspace.replacing(path) as temporary:
        temporary.write_text(WRITERS[ending][0](report), encoding="utf-8")
