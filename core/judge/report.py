"""What a judgement or an analysis answers: key numbers, tables and figures, notes; and its numbers in words."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.statistics.efficiency import FEW
from core.statistics.intervals import Interval, PairInterval, defined

if TYPE_CHECKING:  # half a second that a command which draws nothing does not wait for
    import plotly.graph_objects as go

DASH = "–"  # what stands where a number is undefined
PERCENT = "%"
Number = Interval | PairInterval
Columns = Mapping[str, Sequence[Any]]


def n_of(number: Number) -> int:
    """Events that a number was counted from, of both classes where it needs both."""
    return number.n if isinstance(number, Interval) else number.n_signal + number.n_background


def is_few(number: Number) -> bool:
    """Whether it was counted from fewer than 20 events, of either class where it needs both."""
    n = number.n if isinstance(number, Interval) else min(number.n_signal, number.n_background)
    return n < FEW


def scaled(number: Number, unit: str, digits: int | None = None) -> tuple[str, str, str]:
    """Value, low and high as text: in percent with two digits, in units of 1 with four; a limit that is not known (the
    area of one event) is a dash.
    """
    factor, usual = (100.0, 2) if unit == PERCENT else (1.0, 4)
    ends = (factor * end for end in (number.value, number.low, number.high))
    value, low, high = (DASH if math.isnan(end) else f"{end:.{usual if digits is None else digits}f}" for end in ends)
    return value, low, high


def in_words(
    number: Number, unit: str = PERCENT, *, digits: int | None = None, with_unit: bool = False, with_n: bool = True
) -> str:
    """`97.10 [96.50, 97.62] n = 3,012`, `with_unit` `97.10 % [...`; undefined is a dash."""
    if math.isnan(number.value):
        return DASH
    value, low, high = scaled(number, unit, digits)
    return (
        f"{value}{f' {unit}' if with_unit and unit else ''} [{low}, {high}]{f' n = {n_of(number):,}' if with_n else ''}"
    )


@dataclass(frozen=True)
class KeyNumber:
    """One of the few numbers that stand above a page's main figure, as text: label, value, interval with n, meaning."""

    label: str
    value: str
    detail: str
    help: str


def key_number(
    label: str, number: Number, help: str, unit: str = PERCENT, *, digits: int | None = None, of: str = ""
) -> KeyNumber:
    """A number with its interval as a key number; `of` says what the n are."""
    value, low, high = scaled(number, unit, digits)
    counted = f"n={n_of(number):,}{f' {of}' if of else ''}"
    if value == DASH:
        return KeyNumber(label, DASH, counted, help)
    return KeyNumber(label, f"{value} {unit}".rstrip(), f"[{low}, {high}] {counted}", help)


@dataclass(frozen=True)
class Table:
    """Rows of cells, all with the same names: plain values, or numbers with intervals, which are in `unit` ("%", or "" for
    1). Units of plain values stand in the names, as in `line [DN]`. `numbers` are the records of a file where it holds
    others than the rows.
    """

    title: str
    rows: Sequence[Mapping[str, Any]]
    note: str = ""
    group: str = ""
    unit: str = PERCENT
    numbers: Sequence[Mapping[str, Any]] = ()

    @property
    def texts(self) -> list[dict[str, Any]]:
        """The rows to read: numbers with intervals in words."""
        return [{name: self._text(cell) for name, cell in row.items()} for row in self.rows]

    def _text(self, cell: Any) -> Any:
        return in_words(cell, self.unit) if isinstance(cell, Number) else cell

    @property
    def records(self) -> list[dict[str, Any]]:
        """Plain values for a file; of an interval value, low, high and n."""
        return [dict(_flat(row)) for row in self.numbers or self.rows]


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, cell in row.items():
        if isinstance(cell, Number):
            ends = {"": cell.value, " low": cell.low, " high": cell.high}
            yield from ((name + end, defined(value)) for end, value in ends.items())
            yield f"{name} n", n_of(cell)
        else:
            yield name, cell


@dataclass(frozen=True)
class Figure:
    """A figure, one line on what it shows and what would be surprising, and its numbers as columns for a file."""

    title: str
    figure: "go.Figure"
    note: str
    columns: Columns = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True)
class Report:
    """An answer. Figures and tables of one group stand together. `values` is all of it as plain values; `result` its own
    record, for a page that shows more of it. A report that was read from a file has no `result`. `parts` are reports that follow it,
    each under its title; `commands` are lines for a shell that give the numbers again.
    """

    numbers: tuple[KeyNumber, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    title: str = ""
    parts: tuple["Report", ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def whole(self) -> Iterator["Report"]:
        """Itself, then its parts and theirs, in order."""
        yield self
        for part in self.parts:
            yield from part.whole

    @property
    def number_table(self) -> Table:
        """The key numbers as a table."""
        return Table("Key numbers", [vars(number) for number in self.numbers])

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of figures and tables, in order."""
        parts: tuple[Figure | Table, ...] = (*self.figures, *self.tables)
        return tuple(dict.fromkeys(part.group or part.title for part in parts))

    def of_group(self, group: str) -> tuple[list[Figure], list[Table]]:
        """Its figures and its tables."""
        return (
            [figure for figure in self.figures if (figure.group or figure.title) == group],
            [table for table in self.tables if (table.group or table.title) == group],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; figures by title, note and numbers."""
        return {
            "numbers": [vars(number) for number in self.numbers],
            "tables": [{"title": t.title, "note": t.note, "rows": plain(t.texts)} for t in self.tables],
            "figures": [{"title": f.title, "note": f.note, "columns": plain(f.columns)} for f in self.figures],
            "notes": list(self.notes),
            "values": dict(self.values),
        }


def plain(value: Any) -> Any:
    """Numbers of numpy and undefined ones as JSON has them."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if hasattr(value, "item"):
        value = value.item()
    return defined(value) if isinstance(value, float) else value


def short(cell: Any) -> str:
    """A plain value as a text: six digits, nothing for None."""
    return "" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell)
