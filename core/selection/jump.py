"""Where a text leads among events: a place in the list, an identity, a run or event number, a file, a point in time."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import times
from core.data.dataset import Dataset
from core.data.table import Table
from core.errors import DarkroomError
from core.selection import events

FORMS = "#1200 of the list, an identity, run 1544, a file, 2017-03-01 12:00 (UTC) or time 12.5"
LONGEST = 200  # characters of a text that is read
_PLACE = re.compile(r"#\s*([\d,]{1,15})")
_NUMBERS = re.compile(r"(?:[a-z][a-z_-]*[\s=:]*\d{1,19}[\s,;]*)+", re.IGNORECASE)
_NUMBER = re.compile(r"([a-z][a-z_-]*)[\s=:]*(\d{1,19})", re.IGNORECASE)
_DATE = re.compile(r"(?:(?:time|t)[\s=:]+)?(\d{4}-\d\d-\d\d.*)", re.IGNORECASE)
_OWN_TIME = re.compile(r"(?:time|t)[\s=:]+(\S+)(?:\s*s)?", re.IGNORECASE)


@dataclass(frozen=True)
class Landing:
    """A row, and in words what it is the first of; empty where the text named it alone."""

    row: int
    words: str = ""


def jump(table: Table, dataset: Dataset, rows: np.ndarray, text: str) -> Landing:
    """The row that a text leads to: one of `rows` (k,), ascending, if any of them fits, else any row of the data set.

    It understands FORMS. Of several rows that fit the first is taken; of a time the first row at or after it. DarkroomError where
    nothing fits or the text cannot be understood.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise DarkroomError(f"A text of {len(text):,} characters names no event: expected {FORMS}.")
    for pattern, way in _WAYS:
        if match := pattern.fullmatch(text):
            return way(table, dataset, rows, match)
    if (chosen := _of_file(dataset, text)) is not None:
        return _first(rows, chosen, f"file {text}", dataset)
    try:
        uid = table.uid.parse(text)
    except DarkroomError as error:
        raise DarkroomError(f"{error} Also understood: {FORMS}.") from None
    return Landing(events.row_of(dataset, uid))


def _place(_table: Table, _dataset: Dataset, rows: np.ndarray, match: re.Match[str]) -> Landing:
    place = int(match[1].replace(",", "") or 0)
    if not 1 <= place <= len(rows):
        raise DarkroomError(
            f"There is no #{place:,} in the list: it has {len(rows):,} events, expected 1 to {len(rows):,}."
        )
    return Landing(int(rows[place - 1]))


def _numbers(table: Table, dataset: Dataset, rows: np.ndarray, match: re.Match[str]) -> Landing:
    """Rows by numbers with names, such as `run 1544 subrun 3`: columns of whole numbers, or what the identity is made of."""
    fits = np.ones(dataset.n_rows, bool)
    for name, digits in _NUMBER.findall(match[0]):
        values = _numbers_of(table, dataset, name)
        here = fits & (values == min(int(digits), np.iinfo(np.int64).max))
        if not here.any():
            raise DarkroomError(f"No event has '{match[0].strip()}': {_there(name, values[fits])}.")
        fits = here
    return _first(rows, np.flatnonzero(fits), match[0].strip(), dataset)


def _there(name: str, values: np.ndarray) -> str:
    """Which values there are, in words."""
    distinct = np.unique(values)
    if len(distinct) > 8:
        return f"{name} goes from {distinct[0]} to {distinct[-1]} there"
    return f"{name} is {', '.join(map(str, distinct))} there"


def _numbers_of(table: Table, dataset: Dataset, name: str) -> np.ndarray:
    """int64 (n_rows,) of a named number."""
    plain = name.lower().replace("-", "").replace("_", "")
    of_identity = {field.lower(): field for field in table.uid.bits}
    of_table = {column.replace("_", ""): column for column in ("run", "subrun", "event") if dataset.has(column)}
    if plain in of_table:
        return dataset.column(of_table[plain]).astype(np.int64)
    if plain in of_identity:
        return table.uid.numbers(dataset.column("uid"))[of_identity[plain]]
    known = ", ".join(dict.fromkeys([*of_table, *of_identity]))
    raise DarkroomError(
        f"'{name[:40]}' is no number that events have here: expected {known}. Also understood: {FORMS}."
    )


def _of_file(dataset: Dataset, text: str) -> np.ndarray | None:
    """The rows of a raw file, by its name with or without `file` before it; None where no file is called so."""
    name = re.sub(r"^file[\s=:]+", "", text, flags=re.IGNORECASE)
    names = [
        str(part.get("path") or part["file"]).replace("\\", "/").rsplit("/", 1)[-1] for part in dataset.meta["parts"]
    ]
    for part, own in zip(dataset.parts, names, strict=True):
        if own == name and part.n_rows:
            return np.arange(part.offset, part.offset + part.n_rows)
    if name != text:
        raise DarkroomError(f"No event is from a file '{name[:80]}': expected one such as {names[0]}.")
    return None


def _date(table: Table, dataset: Dataset, rows: np.ndarray, match: re.Match[str]) -> Landing:
    try:
        wanted_s = float(times.unix_s([times.read(match[1])])[0])
    except ValueError as error:
        raise DarkroomError(f"{error}.") from None
    return _after(table, dataset, rows, wanted_s)


def _own_time(table: Table, dataset: Dataset, rows: np.ndarray, match: re.Match[str]) -> Landing:
    try:
        wanted_s = float(match[1])
    except ValueError:
        raise DarkroomError(
            f"'{match[1][:40]}' is no time: expected seconds, or a date such as 2017-03-01 12:00."
        ) from None
    return _after(table, dataset, rows, wanted_s)


def _after(table: Table, dataset: Dataset, rows: np.ndarray, wanted_s: float) -> Landing:
    """The first row at or after a time [s]."""
    if table.time_s is None:
        raise DarkroomError(f"The events of data set '{dataset.name}' keep no time: expected another of {FORMS}.")
    at_s = table.time_s(dataset, np.arange(dataset.n_rows))
    known = at_s[np.isfinite(at_s)]
    if not len(known):
        raise DarkroomError(f"No event of data set '{dataset.name}' has a time: its files tell none.")
    if not wanted_s <= known.max():
        raise DarkroomError(
            f"No event is at or after {times.in_words(wanted_s)}: those of data set '{dataset.name}' are from {times.in_words(known.min())} to "
            f"{times.in_words(known.max())}."
        )
    candidates = rows if len(rows) and bool((at_s[rows] >= wanted_s).any()) else np.arange(dataset.n_rows)
    later_s = np.where(at_s[candidates] >= wanted_s, at_s[candidates], np.inf)
    row = int(candidates[np.argmin(later_s)])
    return Landing(row, f"the first at or after {times.in_words(wanted_s)}, at {times.in_words(float(at_s[row]))}")


def _first(rows: np.ndarray, fitting: np.ndarray, words: str, dataset: Dataset) -> Landing:
    """The first of the fitting rows, of those in the list where there are any."""
    inside = fitting[np.isin(fitting, rows, assume_unique=True)]
    chosen = inside if len(inside) else fitting
    if len(chosen) == 1:
        return Landing(int(chosen[0]))
    where = "of the list" if len(inside) else f"of data set {dataset.name}, none of them in the list"
    return Landing(int(chosen[0]), f"the first of {len(chosen):,} events {where} that {words} names")


Way = Callable[[Table, Dataset, np.ndarray, re.Match[str]], Landing]
_WAYS: tuple[tuple[re.Pattern[str], Way], ...] = (
    (_PLACE, _place), (_DATE, _date), (_OWN_TIME, _own_time), (_NUMBERS, _numbers),
)  # fmt: skip
