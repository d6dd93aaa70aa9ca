"""How commands show tables, intervals and progress in a terminal."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.commands.command import Options
from core.plaintext import plain_line

if TYPE_CHECKING:  # else every command would load what judges
    from core.judge.report import Report


def progress(options: Options) -> Callable[..., None]:
    """Progress on standard error, in place; nothing with --json or where nobody looks."""

    def show(done: float, total: float, text: str = "") -> None:
        if not options.json and sys.stderr.isatty():
            end = "\n" if done >= total else "\r"
            print(f"\x1b[K{done:,.0f} of {total:,.0f} {plain_line(text)}", end=end, file=sys.stderr, flush=True)

    return show


def beforehand(options: Options, text: str) -> None:
    """A line beforehand, on standard error; nothing with --json."""
    if not options.json:
        print(text, file=sys.stderr, flush=True)


def table(rows: list[dict[str, Any]]) -> str:
    """Plain columns for the terminal."""
    if not rows:
        return ""
    cells = [list(rows[0])] + [["" if v is None else _cell(v) for v in row.values()] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells)


def report_lines(report: "Report") -> list[str]:
    """Key numbers, tables and notes of a report, one line or block each."""
    lines = [f"{n.label}: {n.value} {n.detail}" for n in report.numbers]
    for part in report.tables:
        lines += ["", part.title, table(part.texts), *filter(None, [part.note])]
    lines += [f"{figure.title}: {figure.note}" for figure in report.figures]
    return [*lines, *(f"note: {note}" for note in report.notes)]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
