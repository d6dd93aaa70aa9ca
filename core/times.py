"""Points in time as unix seconds, from ISO dates, unix seconds, and (modified) Julian dates.

A number tells its own unit as long as it lies between the years 1973 and 2105: unix seconds then begin at 1e8, modified
Julian dates end at 90 297 and Julian dates lie near 2.45 million. Anything else is no time that can be told.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

DAY_S = 86_400.0
EARLIEST_UNIX_S, LATEST_UNIX_S = 1e8, 2.0**32  # no camera is older; a clock that was never set says 1970
FIRST_YEAR, LAST_YEAR = "1973", "2105"
RANGES = {
    "unix": (EARLIEST_UNIX_S, LATEST_UNIX_S),
    "mjd": (40_587.0 + EARLIEST_UNIX_S / DAY_S, 40_587.0 + LATEST_UNIX_S / DAY_S),
    "jd": (2_440_587.5 + EARLIEST_UNIX_S / DAY_S, 2_440_587.5 + LATEST_UNIX_S / DAY_S),
}
IN_WORDS = {"unix": "unix seconds", "mjd": "a modified Julian date", "jd": "a Julian date"}
EXPECTED = "unix seconds, a (modified) Julian date or a date such as 2020-01-31T12:00"
_DATE = r"(?P<date>\d{4}-\d\d-\d\d)"
_TIME = r"(?P<time>\d\d:\d\d(:\d\d(\.\d*)?)?)"
_ZONE = r"(?P<zone>Z|UTC|UT|GMT|[+-]\d\d(:?\d\d)?)"
_ISO = re.compile(rf"{_DATE}(?:(?:T|\s+){_TIME}\s*{_ZONE}?)?", re.IGNORECASE)
_OF_DAY = re.compile(rf"{_TIME}\s*{_ZONE}?", re.IGNORECASE)
_OLD = re.compile(r"(\d\d)/(\d\d)/(\d\d)")  # FITS before the year 2000


@dataclass(frozen=True)
class Written:
    """A point in time as it was written. `form`: isot, unix, mjd or jd; `offset_s` is its zone's distance from UTC.

    `has_time`: a date alone names a day and no point in it. `has_zone`: it says itself how far from UTC it is.
    """

    form: str
    value: str | float
    has_time: bool = True
    offset_s: float = 0.0
    has_zone: bool = False

    def at(self, time_of_day: str) -> "Written":
        """A date with the time of day that stands beside it; ValueError if that is none."""
        match = _OF_DAY.fullmatch(time_of_day.strip())
        if match is None:
            raise ValueError(f"'{time_of_day.strip()[:40]}' is no time of day")
        return replace(_with_zone(f"{str(self.value)[:10]}T{match['time']}", match["zone"]), has_time=True)


def read(text: str | float, form: str = "") -> Written:
    """What is meant by a number or a text; `form` (unix, mjd, jd) where it is known. ValueError where nothing is."""
    number = _number(text)
    if number is not None:
        forms = [f for f, (low, high) in RANGES.items() if f == form or not form if low <= number <= high]
        if not forms:
            raise ValueError(
                f"{number:.12g} is no time of the years {FIRST_YEAR} to {LAST_YEAR}: expected {IN_WORDS.get(form, EXPECTED)}"
            )
        return Written(forms[0], number, has_zone=forms[0] == "unix")
    old = _OLD.fullmatch(str(text).strip())
    match = _ISO.fullmatch(f"19{old[3]}-{old[2]}-{old[1]}" if old else str(text).strip())
    if match is None or not FIRST_YEAR <= match["date"][:4] <= LAST_YEAR:
        raise ValueError(
            f"'{str(text).strip()[:40]}' is no time of the years {FIRST_YEAR} to {LAST_YEAR}: expected {EXPECTED}"
        )
    if match["time"] is None:
        return Written("isot", f"{match['date']}T00:00", has_time=False)
    return _with_zone(f"{match['date']}T{match['time']}", match["zone"])


def unix_s(written: Sequence[Written], scale: str = "utc") -> np.ndarray:
    """Unix seconds float64 (n,) of points in time; those that name no zone are of this time scale (of astropy's).

    A date alone is its midnight. ValueError for a date that no calendar has.
    """
    out = np.empty(len(written))
    kinds = [(point.form, "utc" if point.has_zone else scale) for point in written]
    for form, its_scale in set(kinds):
        chosen = [i for i, kind in enumerate(kinds) if kind == (form, its_scale)]
        values = np.array([written[i].value for i in chosen])
        out[chosen] = values if form == "unix" else _converted(values, form, its_scale)
        out[chosen] -= [written[i].offset_s for i in chosen]
    return out


def in_words(time_s: float) -> str:
    """A time [s]: a date where it is unix seconds, else seconds of a clock of its own; 'unknown' where it is not finite."""
    if not np.isfinite(time_s):
        return "unknown"
    if EARLIEST_UNIX_S <= time_s <= LATEST_UNIX_S:
        return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{time_s:,.6g} s"


def _converted(values: np.ndarray, form: str, scale: str) -> np.ndarray:
    from astropy.time import Time  # half a second that pages without times need not spend
    from astropy.utils import iers
    from erfa import ErfaWarning

    iers.conf.auto_download, iers.conf.auto_max_age = False, None  # leap seconds as installed: nothing is fetched
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErfaWarning)  # of years whose leap seconds nobody knows yet
        try:
            seconds: np.ndarray = Time(values, format=form, scale=scale).utc.unix
        except ValueError:
            raise ValueError(f"'{values[0]}' (or one beside it) is no date of the calendar") from None
    return seconds


def _number(text: str | float) -> float | None:
    if isinstance(text, str):
        return (
            float(text) if re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*", text, re.IGNORECASE) else None
        )
    return None if isinstance(text, bool) else float(text)


def _with_zone(text: str, zone: str | None) -> Written:
    if zone is None:
        return Written("isot", text)
    sign, digits = (-1.0 if zone[0] == "-" else 1.0), re.sub(r"\D", "", zone).ljust(4, "0")
    return Written("isot", text, offset_s=sign * (int(digits[:2]) * 3600.0 + int(digits[2:]) * 60.0), has_zone=True)
