"""One row as the views need it: its hits, its sensors, and where it was reconstructed and simulated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.dataset import Dataset, read_array
from core.data.ragged import Ragged
from core.errors import DarkroomError
from core.juno import geometry as geometries
from core.juno.geometry import Geometry
from core.juno.images import steps
from core.juno.recipe import PmtImage

POINTS = {"charge centre": "centre", "fitted vertex": "vertex", "true vertex": "true"}
LOOKS = {"charge centre": ("#E69F00", "circle"), "fitted vertex": ("#0072B2", "square"), "true vertex": ("#000000", "x")}  # fmt: skip
TIMES = ("as they are", "without flight")


@dataclass(frozen=True)
class Event:
    """Sensors, light, the points (3,) [m] that are known of it, by their names in POINTS, and its fitted time, NaN without one."""

    sensors: Geometry
    light: steps.Light
    points: dict[str, np.ndarray]
    fitted_ns: float

    def times_ns(self, which: str) -> np.ndarray:
        """First times (m,), of TIMES: from the earliest one hundredth on, or less the flight from the best known vertex and, where it
        was fitted, the time of the event.
        """
        if not len(self.light):
            return np.empty(0)
        times = self.light.first_ns
        if which == TIMES[1]:
            times = steps.without_flight(self.light, self.vertex_m, self.sensors)[0]
            if np.isfinite(self.fitted_ns):
                return times - self.fitted_ns
        return times - np.quantile(times, 0.01)

    @property
    def vertex_m(self) -> np.ndarray:
        """The fitted vertex; where there is none the charge centre, scaled or as it is."""
        return self.points.get("fitted vertex", self.points.get("charge centre", self.light.centre_m))

    def hover(self) -> tuple[np.ndarray, str]:
        """What is said of each hit sensor: custom data float32 (m, 4) and the text that names them."""
        seen = self.light
        columns = self.sensors.pmt_id[seen.place], seen.first_ns, seen.charge_pe, seen.n
        text = (
            "PMT %{customdata[0]:d}<br>first hit %{customdata[1]:,.1f} ns<br>%{customdata[2]:,.2f} pe, hits: %{customdata[3]:,d}"
            "<extra></extra>"
        )
        return np.stack(columns, axis=1).astype(np.float32), text

    def sentence(self) -> str:
        """How much light there is, and how far the reconstruction lies from the truth."""
        seen = self.light
        if not len(seen):
            return "no light within the window"
        text = f"{seen.charge_pe.sum():,.0f} pe on {len(seen):,} PMTs"
        if "true vertex" in self.points and "fitted vertex" in self.points:
            away = np.linalg.norm(self.points["fitted vertex"] - self.points["true vertex"])
            text += f", fitted {100.0 * away:.0f} cm off"
        return text + (f", {seen.n_outside:,} hits outside the window" if seen.n_outside else "")


def sensors_of(dataset: Dataset) -> Geometry:
    """The sensors of a data set; a sentence where it was prepared without."""
    if not dataset.geometry:
        raise DarkroomError(
            f"Data set '{dataset.name}' does not know where its sensors stand: prepare it again with a table of them."
        )
    return geometries.from_arrays(dataset.geometry)


def event_of(dataset: Dataset, row: int, truth: bool = True) -> Event:
    """One row's hits, and the points that its table knows (not those that are not finite); without `truth` not the simulated one."""
    sensors = sensors_of(dataset)
    arrays = {name: read_array(dataset, name, [row]).values for name in PmtImage.arrays}
    points = {}
    for title, name in POINTS.items():
        if name == "true" and not truth:
            continue
        columns = [f"{name}_{axis}_m" for axis in "xyz"]
        if all(dataset.has(column) for column in columns):
            point = np.array([float(dataset.column(column)[row]) for column in columns])
            if np.isfinite(point).all():
                points[title] = point
    fitted_ns = float(dataset.column("vertex_t_ns")[row]) if dataset.has("vertex_t_ns") else np.nan
    return Event(sensors, steps.light(arrays, sensors, PmtImage().dark_khz), points, fitted_ns)


def images_of(dataset: Dataset, rows: Sequence[int] | np.ndarray, recipe: PmtImage) -> np.ndarray:
    """float32 (n, height, width, channels) of some rows."""
    arrays: dict[str, Ragged] = {name: read_array(dataset, name, rows) for name in recipe.arrays}
    wanted = np.asarray(rows, np.int64)
    table = {name: values[wanted] for name, values in dataset.columns(recipe.columns(dataset)).items()}
    return recipe.make(arrays, table, dataset)
