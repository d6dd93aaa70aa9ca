"""The one writer of reports: CSV, LaTeX, JSON, and a page of HTML that needs nothing from elsewhere (`report_html`, LaTeX: `latex`)."""

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import DarkroomError
from core.judge.latex import to_latex
from core.judge.report import Columns, Report
from core.judge.report_html import to_html


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


def to_json(report: Report) -> str:
    """Its plain values; undefined is null."""
    return workspace.json_text(dict(report.values) or report.to_dict())


WRITERS: dict[str, tuple[Callable[[Report], str], str]] = {
    "csv": (to_csv, "text/csv"), "tex": (to_latex, "text/x-tex"), "json": (to_json, "application/json"),
    "html": (to_html, "text/html"),
}  # fmt: skip
"""Ending -> (what writes it, its media type)."""


def refuse(path: Path, endings: Collection[str], option: str = "--export") -> None:
    """Refuse a file of another kind or in no folder, before anything is computed for it."""
    if path.suffix.removeprefix(".") not in endings:
        raise DarkroomError(f"{option} {path}: the ending is '{path.suffix}', expected .{', .'.join(endings)}.")
    if not path.parent.is_dir():
        raise DarkroomError(f"{option} {path}: there is no folder {path.parent}.")


def write(report: Report, path: Path) -> None:
    """A file of the kind that its ending says; it is there whole or not at all."""
    refuse(path, WRITERS)
    with workspace.replacing(path) as temporary:
        temporary.write_text(WRITERS[path.suffix.removeprefix(".")][0](report), encoding="utf-8")
