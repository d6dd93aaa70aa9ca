"""Hits -> network input: an image with the event in its middle, as a frozen recipe that is kept with every run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numba
import numpy as np

from core.data.ragged import Ragged
from core.errors import DarkroomError
from core.juno import geometry as geometries
from core.juno.geometry import Geometry
from core.juno.images import aggregate, rotation, squeeze
from core.juno.images.fill import CHANNELS, CHARGE_PE, FLOOR, begin_ns, fill
from core.juno.optics import flight_ns
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset

ROLLS = ("minimal", "pca", "random")
VERTICES = {"fitted": "vertex", "charge_centre": "centre", "true": "true"}  # how it is called -> its columns' prefix


@dataclass(frozen=True)
class PmtImage:
    """One event as an image: a pixel per sensor, colours by what it has seen, the direction of the event in the middle."""

    arrays: ClassVar[tuple[str, ...]] = ("pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns")

    mode: str = param("tof", "times as they are, or without the time of flight from the vertex", choices=("raw", "tof"))
    vertex: str = param("fitted", "vertex that times of flight are from", choices=tuple(VERTICES))
    zero: str = param(
        "fitted", "without flight: time of the event, by the fit or by its light", choices=("fitted", "light")
    )
    channels: tuple[str, ...] = param(("first", "mean", "std"), "planes of the image", choices=CHANNELS)
    squeeze: str = param("rank", "rows: as large as the rings, or equal steps of angle", choices=("rank", "bins"))
    column: str = param("meridian", "columns: azimuth 0 in the middle, or rows centred", choices=("meridian", "count"))
    rotation: str = param("charge_centre", "what is turned into the middle", choices=("charge_centre", "none"))
    roll: str = param("minimal", "turn about the middle: least, by the track's axis, by lot", choices=ROLLS)
    height_px: int = param(0, "height of the canvas, 0 = chosen by the sensors", unit="px", low=0, high=1024)
    width_px: int = param(0, "width of the canvas, 0 = chosen by the sensors", unit="px", low=0, high=1024)
    time_span_ns: float = param(250.0, "span of times as they are, after the first", unit="ns", low=1.0, high=1e5)
    before_ns: float = param(10.0, "without flight: span before the time of the event", unit="ns", low=0.0, high=1e4)
    after_ns: float = param(40.0, "without flight: span after it", unit="ns", low=1.0, high=1e5)
    dark_khz: float = param(30.0, "dark hits of a sensor, for the window", unit="kHz", low=0.0, high=1e4)
    as_bytes: bool = param(False, "in 256 steps, as a picture file has them")

    def check(self) -> None:
        if not self.channels or len(set(self.channels)) < len(self.channels):
            raise DarkroomError(
                f"channels is '{', '.join(self.channels)}': name at least one of {', '.join(CHANNELS)}, each once."
            )

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:
        """The table columns that `make` needs in addition to the hits. Refuses true vertices of data that know none."""
        if self.mode == "raw":
            names: tuple[str, ...] = ()
        else:
            if self.vertex == "true" and not dataset.defines("true_x_m"):
                raise DarkroomError(
                    f"Data set '{dataset.name}' has no true vertices: choose vertex=fitted or charge_centre, or simulated data."
                )
            prefixes = dict.fromkeys((VERTICES[self.vertex], "centre"))
            names = tuple(f"{prefix}_{axis}_m" for prefix in prefixes for axis in "xyz")
        return names + ("vertex_t_ns",) * self._is_fitted + ("uid",) * (self.roll == "random")

    def shape(self, dataset: "Dataset") -> tuple[int, int, int]:
        """(height, width, channels) of one image. Refuses sensors that form no sphere and a canvas that is too small for them."""
        sensors = geometries.from_arrays(dataset.geometry)
        if not sensors.is_sphere:
            raise DarkroomError(
                f"The sensors of data set '{dataset.name}' do not stand on one sphere, so there are no images of its events: look at "
                "them in 3-D, or choose a network on lists of hits."
            )
        is_rank = self.squeeze == "rank"
        height, width = squeeze.canvas_px(sensors, is_rank, self.column == "meridian")
        height, width = self.height_px or height, self.width_px or width
        rows, needed = len(squeeze.row_sizes(sensors)), squeeze.needed_px(sensors, is_rank)
        if height < rows or width < needed:
            raise DarkroomError(
                f"The canvas of {height} x {width} pixels is too small for {len(sensors):,} sensors, which need {rows} x {needed} "
                f"with squeeze={self.squeeze}: make it larger, or 0 to let the sensors choose."
            )
        return height, width, len(self.channels)

    def make(self, arrays: Mapping[str, Ragged], table: Mapping[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
        """Hits and table columns (n,) -> float32 (n, height, width, channels). An event without hits becomes 0; one whose vertex is
        not finite takes its charge centre, and one without a fitted time that of its early light.
        """
        shape = self.shape(dataset)
        sensors = geometries.from_arrays(dataset.geometry)
        n = len(arrays["pmt"])
        out = np.zeros((n, *shape), np.float32)
        uid = table["uid"] if self.roll == "random" else np.zeros(n, np.int64)
        event_ns = np.asarray(table["vertex_t_ns"], np.float64) if self._is_fitted else np.full(n, np.nan)
        where = self._vertices(table, n), event_ns, uid.astype(np.int64)
        n_outside = _images(*_flat(arrays), *where, *_of(sensors), self._settings(sensors), out)
        if n_outside:
            raise DarkroomError(
                f"{n_outside} of {n} images of data set '{dataset.name}' do not fit in {shape[1]} columns: set width_px to {shape[1] + 32}."
            )
        return out

    @property
    def _is_fitted(self) -> bool:
        return self.mode == "tof" and self.zero == "fitted"

    @property
    def span_ns(self) -> tuple[float, float]:
        """Times relative to the event's own that become 1 and the least value of a hit."""
        return (0.0, self.time_span_ns) if self.mode == "raw" else (-self.before_ns, self.after_ns)

    def time_ns(self, plane: np.ndarray) -> np.ndarray:
        """Back from a plane of times to times, cut off at the ends of the span; of pixels without a hit it means nothing."""
        low, high = self.span_ns
        return low + (high - low) * (1.0 - plane) / (1.0 - FLOOR)

    @staticmethod
    def charge_pe(plane: np.ndarray) -> np.ndarray:
        """Back from the plane of charge to photoelectrons."""
        return np.asarray(np.expm1(plane * np.log1p(CHARGE_PE)))

    def _vertices(self, table: Mapping[str, np.ndarray], n: int) -> np.ndarray:
        """float64 (n, 3): where light comes from [m]; NaN where that is the event's charge centre, which is not scaled."""
        if self.mode == "raw":
            return np.zeros((n, 3))
        vertex, centre = (
            np.stack([np.asarray(table[f"{name}_{axis}_m"], np.float64) for axis in "xyz"], axis=1)
            for name in (VERTICES[self.vertex], "centre")
        )
        return np.where(np.isfinite(vertex).all(axis=1, keepdims=True), vertex, centre)

    def _settings(self, sensors: Geometry) -> "tuple[Any, ...]":
        return (
            self.mode == "tof", self.rotation == "charge_centre", ROLLS.index(self.roll), self.squeeze == "rank",
            self.column == "meridian", self.as_bytes, np.array([CHANNELS.index(name) for name in self.channels]), self.span_ns,
            1e-6 * self.dark_khz * len(sensors),
        )  # fmt: skip


def _flat(arrays: Mapping[str, Ragged]) -> tuple[np.ndarray, ...]:
    """Values of the hits and of what is summed up, and where each event's begin."""
    hits, sums = arrays["pmt"], arrays["count"]
    names = ("pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns")
    return (*(arrays[name].values for name in names), hits.offsets, sums.offsets)


def _of(sensors: Geometry) -> tuple[Any, ...]:
    """What the images need of the sensors: positions (3, n), their radius, that of the scintillator, rows, sharpness."""
    position = np.ascontiguousarray(sensors.position_m.T)
    sharpness = (sensors.tts_ns.min() / sensors.tts_ns).astype(np.float64)
    return position, sensors.radius_m, sensors.ls_radius_m, squeeze.row_sizes(sensors), sharpness


@numba.njit(cache=True, nogil=True)
def _matrix(position, place, charge, first, centre, is_rotated, roll, uid):  # type: ignore[no-untyped-def]
    matrix = rotation.onto_x(centre) if is_rotated else np.eye(3)
    if roll == 1:
        return rotation.rolled_to_axis(matrix, position, place, charge, first)
    if roll == 2:
        return rotation.rolled_at_random(matrix, uid)
    return matrix


@numba.njit(cache=True, nogil=True)
def _images(  # type: ignore[no-untyped-def]
    pmt, time_ns, charge_pe, count, mean_ns, std_ns, offsets, sum_offsets, vertices, event_ns, uid, position, radius_m, ls_radius_m,
    row_sizes, sharpness, settings, out,
):  # fmt: skip
    """Fills out (n, height, width, channels); how many events did not fit."""
    is_tof, is_rotated, roll, is_rank, is_meridian, as_bytes, which, span_ns, dark_per_ns = settings
    n_outside = 0
    for e in range(len(out)):
        a, b, c, d = offsets[e], offsets[e + 1], sum_offsets[e], sum_offsets[e + 1]
        place, _, charge, first, mean, spread = aggregate.light(
            pmt[a:b], time_ns[a:b], charge_pe[a:b], count[c:d], mean_ns[c:d], std_ns[c:d], dark_per_ns, position.shape[1]
        )  # fmt: skip
        if len(place) == 0:
            continue
        centre = rotation.charge_centre(position, place, charge)
        matrix = _matrix(position, place, charge, first, centre, is_rotated, roll, uid[e])
        if is_tof:
            v = vertices[e] if np.isfinite(vertices[e]).all() else centre
            for k in range(len(place)):
                i = place[k]
                flight = flight_ns(v[0], v[1], v[2], position[0, i], position[1, i], position[2, i], ls_radius_m)
                first[k] -= flight
                mean[k] -= flight
        zero_ns = event_ns[e] if np.isfinite(event_ns[e]) else begin_ns(first, place, sharpness, is_tof)
        row, column = squeeze.pixels(
            position, matrix, radius_m, row_sizes, is_rank, is_meridian, out.shape[1], out.shape[2], place
        )
        times = first - zero_ns, mean - zero_ns
        n_outside += not fill(out[e], row, column, place, charge, *times, spread, span_ns, which, sharpness, as_bytes)
    return n_outside
