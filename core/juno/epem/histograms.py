"""Residual times of an event's hits as histograms, one for sharp and one for dull sensors: a frozen recipe like those of networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numba
import numpy as np

from core.data.ragged import Ragged
from core.juno import geometry as geometries
from core.juno.optics import flight_ns
from core.juno.recipe import VERTICES
from core.juno.vertex.fit import MEDIAN_NS
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset

NONE = "none"
SHARP_NS = 3.0  # sensors with a smaller transit time spread are sharp


@dataclass(frozen=True)
class ResidualHistograms:
    """Hits per bin of (time less flight and event time), for sharp and dull sensors: float32 (2, n_bins)."""

    arrays: ClassVar[tuple[str, ...]] = ("pmt", "time_ns")

    vertex: str = param(
        "fitted", "vertex that times of flight are from; none: times as they are", choices=(*VERTICES, NONE)
    )
    low_ns: float = param(-20.0, "first edge", unit="ns", low=-1e3, high=1e3)
    high_ns: float = param(100.0, "last edge", unit="ns", low=-1e3, high=1e4)
    step_ns: float = param(0.5, "width of a bin", unit="ns", low=0.05, high=100.0)

    @property
    def n_bins(self) -> int:
        """Bins of each histogram."""
        return round((self.high_ns - self.low_ns) / self.step_ns)

    @property
    def middles_ns(self) -> np.ndarray:
        """float64 (n_bins,)."""
        return self.low_ns + (np.arange(self.n_bins) + 0.5) * self.step_ns

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:  # noqa: ARG002
        """The vertex, and the event time that belongs to it; the charge centre has none."""
        if self.vertex == NONE:
            return ()
        times = {"true": ("true_t_ns",), "fitted": ("vertex_t_ns",)}.get(self.vertex, ())
        return (*(f"{VERTICES[self.vertex]}_{axis}_m" for axis in "xyz"), *times)

    def shape(self, dataset: "Dataset") -> tuple[int, int]:  # noqa: ARG002
        """Kinds of sensors and bins."""
        return 2, self.n_bins

    def make(self, arrays: Mapping[str, Ragged], table: Mapping[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
        """Hits and table columns (n,) -> float32 (n, 2, n_bins). Without a vertex: zeros. Without an event time, that for which half
        the hits are later than scintillation light's median.
        """
        sensors, hits = geometries.from_arrays(dataset.geometry), arrays["pmt"]
        columns = [np.asarray(table[name], np.float64) for name in self.columns(dataset)]
        # from the centre the flight to all sensors of a sphere is the same, so that times stay as they are
        x, y, z, *times = columns or np.zeros((3, len(hits)))
        begin = times[0] if times else np.full(len(hits), np.nan)
        out = np.zeros((len(hits), *self.shape(dataset)), np.float32)
        _fill(
            hits.values, arrays["time_ns"].values, hits.offsets, np.stack([x, y, z], axis=1), begin, sensors.position_m,
            sensors.ls_radius_m, (sensors.tts_ns >= SHARP_NS).astype(np.int64), self.low_ns, self.step_ns, out,
        )  # fmt: skip
        return out


@numba.njit(cache=True, nogil=True)
def _fill(pmt, time_ns, offsets, vertex, begin, position, ls_radius_m, kind, low_ns, step_ns, out):  # type: ignore[no-untyped-def]
    for e in range(len(out)):
        x, first, n = vertex[e], offsets[e], offsets[e + 1] - offsets[e]
        if n == 0 or not np.isfinite(x).all():
            continue
        late_ns = np.empty(n)
        for k in range(n):
            at = position[pmt[first + k]]
            late_ns[k] = time_ns[first + k] - flight_ns(x[0], x[1], x[2], at[0], at[1], at[2], ls_radius_m)
        late_ns -= begin[e] if np.isfinite(begin[e]) else np.median(late_ns) - MEDIAN_NS
        for k in range(n):
            cell = int(np.floor((late_ns[k] - low_ns) / step_ns))
            if 0 <= cell < out.shape[2]:
                out[e, kind[pmt[first + k]], cell] += 1.0
