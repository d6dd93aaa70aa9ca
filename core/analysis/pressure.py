"""Air pressure beside images, as a table of its own: read, checked, taken at the times of the images."""

import csv
import hashlib
import io
from dataclasses import dataclass

import numpy as np

from core import times
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
    """A CSV with the columns time and pressure [hPa]; times as in `core.times`, UTC unless they say otherwise. A day
    without a time of day is refused, for nobody can tell to which hour its pressure belongs.
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    if not rows or not {"time", "pressure"} <= set(rows[0]):
        header = ", ".join(map(str, rows[0])) if rows else "no line"
        raise DarkroomError(f"{name}: found {header}, expected the columns time and pressure: rename them.")
    written, values = [], []
    for number, row in enumerate(rows, 2):
        try:
            written.append(times.read(row["time"] or ""))
            values.append(float(row["pressure"]))
        except (TypeError, ValueError) as error:
            raise DarkroomError(
                f"{name}: line {number} is {row['time']!r}, {row['pressure']!r}, expected a time ({times.EXPECTED}) and a "
                f"pressure in hPa: mend it ({error})."
            ) from None
        if not written[-1].has_time:
            raise DarkroomError(f"{name}: line {number} is {row['time']!r}, a day without a time of day: add it, such as {row['time']}T12:00.")  # fmt: skip
    try:
        time_s = times.unix_s(written)
    except ValueError as error:
        raise DarkroomError(f"{name}: {error}: mend it.") from None
    order = np.argsort(time_s)
    hpa = np.array(values)[order]
    if not np.all((hpa > 500.0) & (hpa < 1100.0)):
        raise DarkroomError(f"{name}: pressures from {hpa.min():g} to {hpa.max():g}, expected hPa (500 to 1100).")
    return Pressure(name, time_s[order], hpa)
