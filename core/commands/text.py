"""How commands show tables, intervals and progress in a terminal."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

Result = tuple[dict[str, Any], str]
Command = Callable[[argparse.Namespace], Result]


def progress(options: argparse.Namespace) -> Callable[..., None]:
    """Progress on standard error, in place; nothing with --json or where nobody looks."""

    def show(done: float, total: float, text: str = "") -> None:
        if not options.json and sys.stderr.isatty():
            end = "\n" if done >= total else "\r"
            print(f"\x1b[K{done:,.0f} of {total:,.0f} {text}", end=end, file=sys.stderr, flush=True)

    return show


def table(rows: list[dict[str, Any]]) -> str:
    """Plain columns for the terminal."""
    if not rows:
        return ""
    cells = [list(rows[0])] + [["" if v is None else _cell(v) for v in row.values()] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells)


def interval(value: dict[str, Any]) -> str:
    """`99.1 % [97.0, 99.8] n = 312` from a plain efficiency; undefined is a dash."""
    if value["value"] is None:
        return "undefined"
    n = f" n = {value['n']:,}" if "n" in value else ""
    return f"{100 * value['value']:.2f} % [{100 * value['low']:.2f}, {100 * value['high']:.2f}]{n}"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
