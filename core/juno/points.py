"""Hits -> network input: a list of points, as a frozen recipe that is kept with every run. Any detector's sensors will do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numba
import numpy as np

from core.data.ragged import Ragged
from core.juno import geometry as geometries
from core.juno.optics import flight_ns
from core.juno.recipe import VERTICES
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset

N_VALUES = 7
TIME_NS, EARLIEST_NS, LATEST_NS = 5.0, -20.0, 80.0  # what is 1; times beyond are put there


@dataclass(frozen=True)
class HitPoints:
    """One event as points: position over the detector's radius (x, y, z), time less flight and event time, ln(1 + charge),
    sharpness (least transit time spread over the sensor's), 1. Rows beyond the event's hits are 0.

    Of an event with more hits than `points`, hits in equal steps of the list are taken: a share of them, not the first ones.
    """

    arrays: ClassVar[tuple[str, ...]] = ("pmt", "time_ns", "charge_pe")

    points: int = param(4096, "most hits of an event", low=16, high=8192)
    vertex: str = param("fitted", "vertex that times of flight are from", choices=tuple(VERTICES))

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:  # noqa: ARG002
        """The table columns that `make` needs in addition to the hits."""
        return (*(f"{VERTICES[self.vertex]}_{axis}_m" for axis in "xyz"), "vertex_t_ns", "start_ns")

    def shape(self, dataset: "Dataset") -> tuple[int, int]:  # noqa: ARG002
        """Points and values of each."""
        return self.points, N_VALUES

    def make(self, arrays: Mapping[str, Ragged], table: Mapping[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
        """Hits and table columns (n,) -> float32 (n, points, N_VALUES). Without a vertex: no flight is taken off, and times count from
        the event's begin.
        """
        sensors = geometries.from_arrays(dataset.geometry)
        hits = arrays["pmt"]
        out = np.zeros((len(hits), self.points, N_VALUES), np.float32)
        vertex = np.stack(
            [np.asarray(table[f"{VERTICES[self.vertex]}_{axis}_m"], np.float64) for axis in "xyz"], axis=1
        )
        begin = np.where(np.isfinite(table["vertex_t_ns"]), table["vertex_t_ns"], table["start_ns"]).astype(np.float64)
        sharpness = (sensors.tts_ns.min() / sensors.tts_ns).astype(np.float64)
        _points(
            hits.values, arrays["time_ns"].values, arrays["charge_pe"].values, hits.offsets, vertex, begin,
            sensors.position_m, sensors.radius_m, sensors.ls_radius_m, sharpness, out,
        )  # fmt: skip
        return out


@numba.njit(cache=True, nogil=True)
def _points(pmt, time_ns, charge_pe, offsets, vertex, begin, position, radius_m, ls_radius_m, sharpness, out):  # type: ignore[no-untyped-def]
    for e in range(len(out)):
        n_hits, x = offsets[e + 1] - offsets[e], vertex[e]
        n = min(n_hits, out.shape[1])
        has_vertex = np.isfinite(x).all()
        for k in range(n):
            i = offsets[e] + k * n_hits // n
            at = position[pmt[i]]
            late = np.float64(time_ns[i]) - begin[e]
            if has_vertex:
                late -= flight_ns(x[0], x[1], x[2], at[0], at[1], at[2], ls_radius_m)
            out[e, k, :3] = at / radius_m
            out[e, k, 3] = min(max(late, EARLIEST_NS), LATEST_NS) / TIME_NS
            out[e, k, 4] = np.log1p(charge_pe[i])
            out[e, k, 5] = sharpness[pmt[i]]
            out[e, k, 6] = 1.0
