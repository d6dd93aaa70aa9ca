"""Stored waveforms -> network input: a frozen recipe that is kept with every run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

from core.errors import DarkroomError
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset


@dataclass(frozen=True)
class WaveformInput:
    """Both PMT waveforms, optionally cut to a window around the trigger, pooled and scaled.

    The network sees `f(mean of pool_samples samples / scale_adc)` with f linear or asinh; samples are
    positive-going and have the event's own (fractional) baseline removed.
    """

    n_samples: int = param(0, "record length that is expected, 0 = any", unit="samples", low=0)
    sampling_ns: float = param(0.0, "sampling period that is expected, 0 = any", unit="ns", low=0)
    first_us: float = param(0.0, "window begin relative to the trigger", unit="us", low=-1000, high=1000)
    last_us: float = param(0.0, "window end relative to the trigger, equal to the begin = whole record", unit="us")
    pool_samples: int = param(1, "samples averaged into one", unit="samples", low=1, high=64)
    scale_adc: float = param(50.0, "ADC counts that become 1 (before asinh)", unit="ADC", low=0.01, high=4096)
    shape_of_scale: str = param("linear", "how large amplitudes are compressed", choices=("linear", "asinh"))

    @property
    def columns(self) -> tuple[str, ...]:
        """The table columns that `make` needs beside the arrays."""
        return ("baseline1_adc", "baseline2_adc")

    @property
    def no_light(self) -> float:
        """What the network sees where there is no light: the baseline, scaled."""
        return 0.0

    def times_ns(self, dataset: "Dataset") -> np.ndarray:
        """Centre of each sample of the input in ns after the trigger, float64 (n_times,)."""
        begin, n_pooled = self._window(dataset)
        centres = (
            begin + (np.arange(n_pooled) + 0.5) * self.pool_samples - 0.5
        )  # a stored sample stands at its own time
        return (centres - dataset.pretrigger_samples) * dataset.sampling_ns

    def check(self) -> None:
        if self.last_us < self.first_us:
            raise DarkroomError(
                f"The input window is upside down: first_us {self.first_us:g} is above last_us {self.last_us:g}, "
                "give the smaller first."
            )

    def shape(self, dataset: "Dataset") -> tuple[int, int]:
        """Shape of one input: (n_times, 2). Refuses a data set whose records do not fit."""
        return self._window(dataset)[1], 2

    def make(self, raw: np.ndarray, table: dict[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
        """raw int16 (n, 2, n_samples), table columns (n,) -> float32 (n, n_times, 2).

        The stored waveform lacks the rounded baseline only; the rest is removed here (0 where the
        baseline is NaN).
        """
        begin, n_pooled = self._window(dataset)
        baseline = np.stack([table["baseline1_adc"], table["baseline2_adc"]], axis=1).astype(np.float32)
        rest = np.nan_to_num(baseline - np.floor(baseline + np.float32(0.5)), nan=0.0)
        sign = np.float32(1.0 if dataset.meta.get("positive", True) else -1.0)
        out = np.empty((len(raw), n_pooled, 2), np.float32)
        _pool(raw, sign * rest, begin, self.pool_samples, np.float32(1.0 / self.scale_adc), out)
        if self.shape_of_scale == "asinh":
            np.arcsinh(out, out=out)  # here, because NumPy's is vectorised and a compiled loop's is not
        return out

    def _window(self, dataset: "Dataset") -> tuple[int, int]:
        """First sample and number of pooled samples of the window."""
        found = f"data set '{dataset.name}' has {dataset.record_samples} samples of {dataset.sampling_ns:g} ns"
        if (self.n_samples and dataset.record_samples != self.n_samples) or (
            self.sampling_ns and abs(dataset.sampling_ns - self.sampling_ns) > 1e-6
        ):
            raise DarkroomError(
                f"This network cannot read the waveforms: {found}, expected {self.n_samples} samples of "
                f"{self.sampling_ns:g} ns; choose the network 'compact' or prepare records of that length."
            )
        if self.first_us == self.last_us:
            return 0, dataset.record_samples // self.pool_samples
        begin = dataset.pretrigger_samples + round(self.first_us * 1000 / dataset.sampling_ns)
        n_pooled = round((self.last_us - self.first_us) * 1000 / dataset.sampling_ns) // self.pool_samples
        if begin < 0 or n_pooled < 1 or begin + n_pooled * self.pool_samples > dataset.record_samples:
            raise DarkroomError(
                f"The input window {self.first_us:g} to {self.last_us:g} us around the trigger does not fit: {found}, "
                f"{dataset.pretrigger_samples} of them before the trigger; set first_us and last_us inside the record."
            )
        return begin, n_pooled


@numba.njit(cache=True, fastmath=True, nogil=True)
def _pool(raw: np.ndarray, rest: np.ndarray, begin: int, pool: int, factor: np.float32, out: np.ndarray) -> None:
    """Mean of `pool` samples, minus the baseline's rest, times factor, into out (n, n_times, 2)."""
    n, n_times = out.shape[0], out.shape[1]
    for i in range(n):
        for p in range(2):
            trace = raw[i, p]
            per_sample = factor / np.float32(pool)
            offset = rest[i, p] * factor
            if pool == 1:
                for t in range(n_times):
                    out[i, t, p] = np.float32(trace[begin + t]) * per_sample - offset
            else:
                for t in range(n_times):
                    total = np.int32(0)
                    start = begin + t * pool
                    for k in range(pool):
                        total += trace[start + k]
                    out[i, t, p] = np.float32(total) * per_sample - offset
