"""Tables of reports as LaTeX, for the booktabs package; texts in which LaTeX finds nothing to obey."""

import math
from typing import Any

from core.judge.report import PERCENT, Number, Report, Table, is_few, n_of, scaled, short

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_DAGGER = r"$^\dagger$"


def to_latex(report: Report) -> str:
    """Its tables and those of its parts, for the booktabs package."""
    return "\n".join(latex_table(table) for part in report.whole for table in part.tables)


def latex_table(table: Table) -> str:
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
        return latex_text(short(cell))
    counted = f" ({n_of(cell)})" + _DAGGER * is_few(cell)
    return f"{latex_number(cell, unit)}{counted}"


def latex_number(number: Number, unit: str = PERCENT) -> str:
    """Value and interval as $x^{+a}_{-b}$; undefined is a dash."""
    if math.isnan(number.value):
        return "--"
    factor, digits = (100.0, 2) if unit == PERCENT else (1.0, 4)
    up, down = factor * (number.high - number.value), factor * (number.value - number.low)
    return f"${scaled(number, unit)[0]}^{{+{up:.{digits}f}}}_{{-{down:.{digits}f}}}$"
