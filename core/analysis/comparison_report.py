"""The report on printed results: table by table as printed, recomputed and ours, and what does not add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.analysis import comparison
from core.analysis.comparison import AGREES, DIFFERS, NO_COMPARISON, NOTHING, Comparison, Inconsistency
from core.analysis.comparison_figures import beside, is_number
from core.judge.report import Figure, KeyNumber, Report, Table

TALLIED = {
    "rows": ("rows", "printed numbers, and totals that follow from them"),
    "reproduce": ("reproduce", "printed numbers that arithmetic on the printed counts gives again, rounded as printed"),
    "do not reproduce": ("do not", "printed numbers that arithmetic on the printed counts does not give"),
    AGREES: ("ours agrees", "no further apart than both intervals reach towards each other, and half a printed digit"),
    DIFFERS: ("ours differs", "it does not; the comment gives reasons"),
    NO_COMPARISON: ("no comparison", "ours does not mean the same, or its size was chosen; the comment says why"),
    NOTHING: ("ours missing", "the comment says what to make"),
}
FIGURE_NOTE = (
    "Squares: as printed, with the interval of the printed counts where there are any; circles: ours, 95 %. "
    "Ours outside its own interval is flagged in the table; open circles cannot be compared."
)
WRONG = "what does not add up"


@dataclass(frozen=True)
class PrintedResult:
    """All rows, the titles of their tables, and what does not add up. `figures` show what a table cannot."""

    tables: Mapping[str, str]
    rows: tuple[Comparison, ...]
    inconsistencies: tuple[Inconsistency, ...]
    figures: tuple[Figure, ...] = ()

    def of_table(self, key: str) -> list[Comparison]:
        """The rows of one table."""
        return [row for row in self.rows if row.table == key]


def report(result: PrintedResult, notes: Sequence[str] = ()) -> Report:
    """One group per printed table: its figure and its rows; then the figures of the result, and what does not add up."""
    tables, figures = [], []
    for key, title in result.tables.items():
        rows = result.of_table(key)
        tables.append(Table(title, [comparison.texts(row) for row in rows], group=title))
        if drawable := drawable_columns(rows):
            figures.append(figure(title, rows, drawable[-1]))
    wrong = [inconsistency.to_dict() for inconsistency in result.inconsistencies]
    if wrong:
        tables.append(Table(WRONG, wrong))
    tally = comparison.tally(result.rows)
    numbers = tuple(KeyNumber(label, f"{tally[key]:,}", "", help) for key, (label, help) in TALLIED.items())
    values = {"tally": tally, "rows": [row.to_dict() for row in result.rows], "inconsistencies": wrong}
    return Report(numbers, tuple(tables), (*figures, *result.figures), tuple(notes), values, result)


def drawable_columns(rows: Sequence[Comparison]) -> list[str]:
    """The columns that hold a number, printed or ours."""
    return list(dict.fromkeys(row.column for row in rows if is_number(row.wanted) or is_number(row.ours)))


def figure(title: str, rows: Sequence[Comparison], column: str) -> Figure:
    """One column of a table, printed and ours with intervals."""
    chosen = [row for row in rows if row.column == column]
    columns = comparison.columns_of(chosen)
    return Figure(f"{title}: {column}", beside(chosen, column), f"{title}. {FIGURE_NOTE}", columns, title)
