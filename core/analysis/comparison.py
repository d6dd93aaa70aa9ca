"""A printed number beside what arithmetic on printed counts gives and what our own results give.

Whether they agree is decided by rules, never by hand: a recomputed number reproduces the printed one if it would be
printed so; ours agrees if the two are no further apart than their intervals reach towards each other (their halves added in
quadrature), and half a printed digit. A printed number of which no counts are known has no interval of its own.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.statistics.intervals import Interval, PairInterval, defined

Number = float | int | str
"""A count, a measured number, or a text such as a shape."""

AGREES, DIFFERS, NO_COMPARISON, NOTHING = "agrees", "differs", "not comparable", "missing"
VERDICTS = (AGREES, DIFFERS, NO_COMPARISON, NOTHING)


@dataclass(frozen=True)
class Comparison:
    """One number of a printed table. None: not printed, cannot be computed, or nothing of ours.

    `printed_low`, `printed_high` is the interval of the printed counts; `low`, `high`, `n` belong to `ours`, which
    always has a `run`: the id of a run, the name of a data set for counts, or "code". `decimals` is how many were
    printed. `comparable`: whether ours means the same; if not, the comment says why.
    """

    table: str
    row: str
    column: str
    printed: Number | None
    recomputed: Number | None = None
    printed_low: float | None = None
    printed_high: float | None = None
    ours: Number | None = None
    run: str | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    comment: str = ""
    decimals: int = 0
    comparable: bool = True

    @property
    def reproduces(self) -> bool | None:
        """Whether arithmetic gives the printed number, rounded as printed; None where one of the two is missing."""
        if self.printed is None or self.recomputed is None:
            return None
        if isinstance(self.printed, str) or isinstance(self.recomputed, str):
            return self.printed == self.recomputed
        return abs(self.printed - self.recomputed) <= 0.5 * 10.0**-self.decimals + 1e-9

    @property
    def wanted(self) -> Number | None:
        """What ours is held against: the printed number, or where none was printed the recomputed one."""
        return self.recomputed if self.printed is None else self.printed

    @property
    def verdict(self) -> str:
        """How ours stands to what was printed: one of `VERDICTS`."""
        if self.ours is None:
            return NOTHING
        if not self.comparable or self.wanted is None:
            return NO_COMPARISON
        if isinstance(self.ours, str) or isinstance(self.wanted, str):
            return AGREES if self.ours == self.wanted else DIFFERS
        half_digit = 0.5 * 10.0**-self.decimals + 1e-9
        return AGREES if abs(self.ours - self.wanted) <= self._reach(self.ours, self.wanted) + half_digit else DIFFERS

    def _reach(self, ours: float, wanted: float) -> float:
        """How far the interval of ours and that of the printed counts reach towards the other number, together."""
        ends = (self.low, self.printed_high) if ours > wanted else (self.high, self.printed_low)
        each = (0.0 if end is None else abs(end - of) for end, of in zip(ends, (ours, wanted), strict=True))
        return math.hypot(*each)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("table", "row", "column", "printed", "recomputed", "ours", "run", "low", "high", "n", "comment")
        values = {name: getattr(self, name) for name in names}
        values |= {"printed_low": self.printed_low, "printed_high": self.printed_high}
        return values | {"reproduces": self.reproduces, "verdict": self.verdict}


@dataclass(frozen=True)
class Inconsistency:
    """What was printed, what follows from it by arithmetic, and where it stands."""

    title: str
    printed: str
    follows: str
    where: str

    def to_dict(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {"title": self.title, "printed": self.printed, "follows": self.follows, "where": self.where}


def percent_of(share: Interval | PairInterval) -> dict[str, Any]:
    """`ours`, `low`, `high` in percent and `n` of an efficiency; None where undefined."""
    n = share.n if isinstance(share, Interval) else share.n_signal + share.n_background
    value, low, high = (defined(100.0 * getattr(share, name)) for name in ("value", "low", "high"))
    return {"ours": value, "low": low, "high": high, "n": n}


def texts(row: Comparison) -> dict[str, str]:
    """What a table shows of a row: numbers as printed, ours with its interval; a dash where there is nothing."""
    ours = _text(row.ours, row.decimals)
    if row.low is not None and row.high is not None:
        ours += f" [{_text(row.low, row.decimals)}, {_text(row.high, row.decimals)}]"
    return {
        "row": row.row,
        "column": row.column,
        "printed": _text(row.printed, row.decimals),
        "recomputed": _text(row.recomputed, row.decimals),
        "ours": ours,
        "n": "–" if row.n is None else f"{row.n:,}",
        "run": row.run or "–",
        "verdict": row.verdict if row.reproduces is not False else f"does not reproduce; {row.verdict}",
        "comment": row.comment,
    }


def _text(value: Number | None, decimals: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    is_whole = isinstance(value, int) or decimals < 0
    return f"{value:,.0f}" if is_whole else f"{value:.{decimals or 1}f}"


FIELDS = ("printed", "recomputed", "ours")
WIDE = 12


def is_wide(rows: Sequence[Comparison]) -> bool:
    """Whether a table has too many columns to be read as a list."""
    return len({row.column for row in rows}) >= WIDE


def pivoted(rows: Sequence[Comparison], field: str) -> list[dict[str, str]]:
    """A table as it was printed, one record per row: one of `FIELDS`, the last column first, as the counts lead to it."""
    columns = list(dict.fromkeys(row.column for row in rows))
    order = [columns[-1], *columns[:-1]] if is_wide(rows) else columns
    by_row: dict[str, dict[str, str]] = {}
    for row in rows:
        by_row.setdefault(row.row, {"row": row.row, **dict.fromkeys(order, "")})[row.column] = texts(row)[field]
    return list(by_row.values())


def columns_of(rows: Sequence[Comparison]) -> dict[str, list[Any]]:
    """All that is known of the rows, as columns for a file; empty where there is nothing."""
    records = [row.to_dict() for row in rows]
    return {
        name: ["" if record[name] is None else record[name] for record in records]
        for name in (records[0] if records else {})
    }


def tally(rows: Sequence[Comparison]) -> dict[str, int]:
    """How many rows there are, of how many the printed number reproduces or does not, and each verdict on ours."""
    reproduced = Counter(row.reproduces for row in rows)
    verdicts = Counter(row.verdict for row in rows)
    counts = {"rows": len(rows), "reproduce": reproduced[True], "do not reproduce": reproduced[False]}
    return counts | {verdict: verdicts[verdict] for verdict in VERDICTS}
