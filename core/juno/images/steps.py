"""The image of one event, step by step: what the views draw, by the functions that fill the images of networks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.juno.geometry import Geometry
from core.juno.images import aggregate, rotation, squeeze
from core.juno.optics import flights_ns

INNER = (
    np.radians(150.0),
    np.cos(np.radians(25.0)),
)  # azimuth and height over radius within which a map keeps neighbours


@dataclass(frozen=True)
class Light:
    """What m sensors have seen: `place` in the geometry, hits, charge, first and mean time and the spread of times.

    `n_outside`: hits outside of the window around the event, which are not part of it. `centre_m` (3,): the charge centre.
    """

    place: np.ndarray
    n: np.ndarray
    charge_pe: np.ndarray
    first_ns: np.ndarray
    mean_ns: np.ndarray
    std_ns: np.ndarray
    n_outside: int
    centre_m: np.ndarray

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True)
class Places:
    """Where all n sensors stand after the rotation `matrix`, (n, 3) in m, and in which pixel of the canvas (height, width)."""

    matrix: np.ndarray
    moved_m: np.ndarray
    row: np.ndarray
    column: np.ndarray
    height: int
    width: int


def light(event: Mapping[str, np.ndarray], sensors: Geometry, dark_khz: float) -> Light:
    """One event's arrays, in either form, summed per sensor within its window."""
    names = ("pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns")
    place, n, charge, first, mean, spread = aggregate.light(
        *(event[name] for name in names), 1e-6 * dark_khz * len(sensors), len(sensors)
    )
    n_hits = int(event["count"].sum()) if len(event["count"]) else len(event["pmt"])
    centre = rotation.charge_centre(np.ascontiguousarray(sensors.position_m.T), place, charge)
    return Light(place, n, charge, first, mean, spread, n_hits - int(n.sum()), centre)


def without_flight(seen: Light, vertex_m: np.ndarray, sensors: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """First and mean times [ns] (m,) less the time of flight from a vertex."""
    flight = flights_ns(vertex_m, sensors.position_m[seen.place], sensors.ls_radius_m)
    return seen.first_ns - flight, seen.mean_ns - flight


def places(
    seen: Light, sensors: Geometry, is_rank: bool, is_meridian: bool, is_rolled: bool, is_turned: bool = True
) -> Places:
    """Rotation and pixels of an event, of hit sensors and others. `is_rolled`: along the axis of a track; `is_turned`: the charge
    centre into the middle.
    """
    position = np.ascontiguousarray(sensors.position_m.T)
    matrix = rotation.onto_x(seen.centre_m) if is_turned else np.eye(3)
    if is_rolled:
        matrix = rotation.rolled_to_axis(matrix, position, seen.place, seen.charge_pe, seen.first_ns)
    height, width = squeeze.canvas_px(sensors, is_rank, is_meridian)
    everything = np.arange(len(sensors), dtype=np.int32)
    row, column = squeeze.pixels(
        position, matrix, sensors.radius_m, squeeze.row_sizes(sensors), is_rank, is_meridian, height, width, everything
    )
    return Places(matrix, sensors.position_m @ matrix.T, row, column, height, width)


def parting_pair(seen: Light, where: Places, sensors: Geometry) -> tuple[int, int] | None:
    """Two hit sensors, each other's neighbours on the sphere, whose pixels lie farthest apart; None where none are near. Not at the
    poles nor behind, where already the map parts neighbours.
    """
    from scipy.spatial import cKDTree

    x, y, z = where.moved_m[seen.place].T
    is_inner = (np.abs(np.arctan2(y, x)) < INNER[0]) & (np.abs(z) < INNER[1] * sensors.radius_m)
    inner = seen.place[is_inner]
    if len(inner) < 2:
        return None
    distance, neighbour = cKDTree(sensors.position_m[inner]).query(sensors.position_m[inner], k=2)
    other = inner[neighbour[:, 1]]
    apart = np.hypot(where.row[inner] - where.row[other], (where.column[inner] - where.column[other]).astype(float))
    spacing = sensors.radius_m * np.sqrt(4.0 * np.pi / len(sensors))  # of neighbours on a square lattice
    apart[distance[:, 1] > 1.3 * spacing] = -1.0
    widest = int(np.argmax(apart))
    return (int(inner[widest]), int(other[widest])) if apart[widest] > 0.0 else None
