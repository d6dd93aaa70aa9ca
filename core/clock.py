"""Points in time and ages in words, for whoever reads a page or a terminal."""

import calendar
import time

_STORED = "%Y-%m-%dT%H:%M:%SZ"
_UNITS = ((86_400.0 * 2, 86_400.0, "days"), (5_400.0, 3_600.0, "h"), (90.0, 60.0, "min"))


def utc_text(seconds: float) -> str:
    """Unix seconds as '2026-12-01 12:31 UTC'."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def stored_s(text: str) -> float | None:
    """Unix seconds of a time as data sets and runs keep it ('2026-12-01T12:31:00Z'); None if it is none."""
    try:
        return float(calendar.timegm(time.strptime(text, _STORED)))
    except (TypeError, ValueError):
        return None


def ago(seconds: float, now: float) -> str:
    """How long ago something was: 'just now', '3 min ago', '2 h ago', '5 days ago'; a time to come counts as now."""
    age_s = now - seconds
    for least, unit, name in _UNITS:
        if age_s >= least:
            return f"{age_s / unit:.0f} {name} ago"
    return "just now" if age_s < 60.0 else "1 min ago"


def when(seconds: float, now: float) -> str:
    """'3 min ago, 12:31 UTC' on the same day, else with the date."""
    is_today = time.gmtime(seconds)[:3] == time.gmtime(now)[:3]
    at = utc_text(seconds)
    return f"{ago(seconds, now)}, {at.split(' ', 1)[1] if is_today else at}"
