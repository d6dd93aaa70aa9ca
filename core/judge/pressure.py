"""Air pressure beside images, as a table of its own: read, checked, taken at the times of the images."""

import csv
import hashlib
import io
import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from core.errors import DarkroomError


@dataclass(frozen=True)
class Pressure:
    """Air pressure beside the images: time_s (m,) unix seconds, ascending, and hpa (m,); `name`: of the file."""

    name: str
    time_s: np.ndarray
    hpa: np.ndarray

    @property
    def digest(self) -> str:
        """Changes with the content: a cache key."""
        return hashlib.sha256(self.time_s.tobytes() + self.hpa.tobytes()).hexdigest()

    def at(self, time_s: np.ndarray) -> np.ndarray:
        """hPa (n,) by linear interpolation; NaN outside the times that were given."""
        return np.interp(time_s, self.time_s, self.hpa, left=np.nan, right=np.nan)


def read_pressure(text: str, name: str) -> Pressure:
    """A CSV with the columns time and pressure: unix seconds or an ISO time (UTC unless it says otherwise), and hPa."""
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows or not {"time", "pressure"} <= set(rows[0]):
        found = ", ".join(map(str, rows[0])) if rows else "no line"
        raise DarkroomError(f"{name}: found {found}, expected the columns time and pressure: rename them.")
    times, values = [], []
    for number, row in enumerate(rows, 2):
        try:
            times.append(unix_s(row["time"]))
            values.append(float(row["pressure"]))
        except (TypeError, ValueError):
            raise DarkroomError(
                f"{name}: line {number} is {row['time']!r}, {row['pressure']!r}, expected a time (unix seconds or "
                "2020-01-31T12:00) and a pressure in hPa: mend it."
            ) from None
    order = np.argsort(times)
    hpa = np.array(values)[order]
    if not np.all((hpa > 500.0) & (hpa < 1100.0)):
        raise DarkroomError(f"{name}: pressures from {hpa.min():g} to {hpa.max():g}, expected hPa (500 to 1100).")
    return Pressure(name, np.array(times)[order], hpa)


def unix_s(text: str) -> float:
    """A time as unix seconds: a number, or ISO text (UTC unless it says otherwise). ValueError for anything else."""
    try:
        value = float(text)
    except ValueError:
        told = datetime.fromisoformat(text.strip())
        value = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(value):
        raise ValueError(text)
    return value
