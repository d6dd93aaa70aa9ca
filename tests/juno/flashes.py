"""Flashes of light for the tests: hits of known place and time, in the arrays of a data set."""

from types import SimpleNamespace

import numpy as np

from core.data.ragged import Ragged, concatenate, from_records
from core.juno.geometry import Geometry
from core.juno.optics import flights_ns

AT_NS = 300.0  # when every flash is
NOTHING = {"count": np.int32, "mean_ns": np.float32, "std_ns": np.float32}


def dataset(geometry: Geometry, name: str = "flashes") -> SimpleNamespace:
    """What a recipe needs of a data set."""
    return SimpleNamespace(name=name, geometry=geometry.arrays(), defines=lambda _column: True)


def vertices(n: int, seed: int, most_m: float = 15.0) -> np.ndarray:
    """Points (n, 3), even in the volume."""
    generator = np.random.default_rng(seed)
    direction = generator.normal(size=(n, 3))
    return most_m * generator.random((n, 1)) ** (1 / 3) * direction / np.linalg.norm(direction, axis=1, keepdims=True)


def hits(
    geometry: Geometry, vertex: np.ndarray, n_hits: int, seed: int, decay_ns: float = 20.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(pmt, time, charge) of a flash: by solid angle, after the flight and an exponential delay, smeared; and 100 dark hits."""
    generator = np.random.default_rng(seed)
    way = geometry.position_m - vertex
    length = np.linalg.norm(way, axis=1)
    weight = np.einsum("ij,ij->i", way, geometry.position_m) / length**3
    pmt = generator.choice(len(geometry), n_hits, p=weight / weight.sum())
    flight = flights_ns(vertex, geometry.position_m[pmt], geometry.ls_radius_m)
    time = AT_NS + flight + generator.exponential(decay_ns, n_hits) + generator.normal(0.0, geometry.tts_ns[pmt])
    dark = generator.integers(0, len(geometry), 100)
    charge = np.maximum(generator.normal(1.0, 0.3, n_hits + 100), 0.1)
    times = np.concatenate([time, generator.uniform(0.0, 1250.0, 100)])
    return np.concatenate([pmt, dark]).astype(np.int32), times.astype(np.float32), charge.astype(np.float32)


def arrays(events: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, Ragged]:
    """Events hit by hit as a data set stores them."""
    listed = {name: from_records([event[i] for event in events]) for i, name in enumerate(("pmt", "time_ns", "charge_pe"))}  # fmt: skip
    empty = np.zeros(len(events) + 1, np.int64)
    return listed | {name: Ragged(np.empty(0, kind), empty) for name, kind in NOTHING.items()}


def summed(events: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, Ragged]:
    """The same events as those of too many hits are stored: one entry per sensor."""
    records: dict[str, list[np.ndarray]] = {name: [] for name in ("pmt", "time_ns", "charge_pe", *NOTHING)}
    for pmt, time, charge in events:
        place, of = np.unique(pmt, return_inverse=True)
        n = np.bincount(of)
        mean = np.bincount(of, time) / n
        first = np.full(len(place), np.inf)
        np.minimum.at(first, of, time)
        spread = np.sqrt(np.bincount(of, (time - mean[of]) ** 2) / n)
        values = place.astype(np.int32), first, np.bincount(of, charge), n.astype(np.int32), mean, spread
        for name, column in zip(records, values, strict=True):
            records[name].append(column if column.dtype == np.int32 else column.astype(np.float32))
    return {name: from_records(columns) for name, columns in records.items()}


def table(points: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of the reconstruction, all at the same points (n, 3) and at the true time; NaN where the point is."""
    columns = {
        f"{name}_{axis}_m": points[:, i] for name in ("vertex", "centre", "true") for i, axis in enumerate("xyz")
    }
    time = np.where(np.isfinite(points).all(axis=1), AT_NS, np.nan)
    return columns | {"vertex_t_ns": time, "uid": np.arange(len(points), dtype=np.int64)}


class Rows:
    """Rows in memory that look like a data set to the modules whose `read_array` is replaced."""

    name = "flashes"

    def __init__(self, sensors, events, points, monkeypatch, *modules) -> None:
        self.geometry, self.arrays, self.table = sensors.arrays(), arrays(events), table(points)
        for module in modules:
            monkeypatch.setattr(module, "read_array", _read)

    def has(self, name: str) -> bool:
        return name in self.table

    defines = has

    def column(self, name: str) -> np.ndarray:
        return self.table[name]

    def columns(self, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        return {name: self.table[name] for name in names}


def _read(dataset: Rows, name: str, rows) -> Ragged:
    return concatenate([dataset.arrays[name][np.array([row])] for row in rows])
