"""Stored waveforms -> network input: a frozen recipe that is kept with every run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numba
import numpy as np

from core.cosine.pulse import kernel, lpar, stored_records
from core.errors import DarkroomError
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset


_NEEDED_US = {
    **dict.fromkeys(("nmt500_us", "mean_time_parameter"), 0.5),
    **dict.fromkeys(("x1", "x2", "es", lpar.COLUMN.name), 0.6),
    **dict.fromkeys(("charge_adc", "charge1_adc", "charge2_adc", "asymmetry", "n_pulses"), 5.0),
}
"""Until when after the trigger a record is needed for a column [µs]; all begin there."""


@dataclass(frozen=True)
class WaveformInput:
    """The waveforms of all channels, optionally cut to a window around the trigger, pooled and scaled.

    The network sees `f(mean of pool_samples samples / scale_adc)` with f linear or asinh; samples are
    positive-going and have the event's own (fractional) baseline removed.
    """

    arrays: ClassVar[tuple[str, ...]] = ("waveform",)

    n_samples: int = param(0, "record length that is expected, 0 = any", unit="samples", low=0)
    sampling_ns: float = param(0.0, "sampling period that is expected, 0 = any", unit="ns", low=0)
    first_us: float = param(0.0, "window begin relative to the trigger", unit="µs", low=-1000, high=1000)
    last_us: float = param(0.0, "window end relative to the trigger, equal to the begin = whole record", unit="µs")
    pool_samples: int = param(1, "samples averaged into one", unit="samples", low=1, high=64)
    scale_adc: float = param(50.0, "ADC counts that become 1 (before asinh)", unit="ADC", low=0.01, high=4096)
    shape_of_scale: str = param("linear", "how large amplitudes are compressed", choices=("linear", "asinh"))

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:
        """The table columns that `make` needs in addition to the arrays."""
        return stored_records.baseline_columns(dataset)

    @property
    def determines(self) -> tuple[str, ...]:
        """The table columns that can be computed from this input: those whose window it holds. What comes with the file
        (energy, coincidence) is not among them.
        """
        if self.first_us == self.last_us:
            return (*kernel.outputs(2), lpar.COLUMN.name)
        last_us = -math.inf if self.first_us > 0.0 else self.last_us
        return tuple(name for name, needed_us in _NEEDED_US.items() if needed_us <= last_us)

    @property
    def no_light(self) -> float:
        """The network input of a record without light: the baseline, scaled."""
        return 0.0

    def times_ns(self, dataset: "Dataset") -> np.ndarray:
        """Centre of each sample of the input in ns after the trigger, float64 (n_times,)."""
        begin, n_pooled = self._window(dataset)
        centres = (
            begin + (np.arange(n_pooled) + 0.5) * self.pool_samples - 0.5
        )  # a stored sample stands at its own time
        return (centres - stored_records.pretrigger_samples(dataset)) * stored_records.sampling_ns(dataset)

    def check(self) -> None:
        if self.last_us < self.first_us:
            raise DarkroomError(
                f"The input window is upside down: first_us {self.first_us:g} is above last_us {self.last_us:g}, "
                "give the smaller first."
            )

    def shape(self, dataset: "Dataset") -> tuple[int, int]:
        """Shape of one input: (n_times, n_channels). Refuses a data set whose records do not fit."""
        return self._window(dataset)[1], stored_records.n_channels(dataset)

    def make(self, arrays: Mapping[str, np.ndarray], table: dict[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
        """Waveforms (n, n_channels, n_samples), table columns (n,) -> float32 (n, n_times, n_channels).

        The stored waveform lacks the rounded baseline only; the rest is removed here (0 where the
        baseline is NaN).
        """
        raw = arrays["waveform"]
        begin, n_pooled = self._window(dataset)
        rests = stored_records.rests(table, dataset).astype(np.float32)
        out = np.empty((len(raw), n_pooled, raw.shape[1]), np.float32)
        factor = np.float32(stored_records.adc_per_step(dataset) / self.scale_adc)
        _pool(raw, rests, begin, self.pool_samples, factor, out)
        if self.shape_of_scale == "asinh":
            np.arcsinh(out, out=out)  # here, because NumPy's is vectorised and a compiled loop's is not
        return out

    def _window(self, dataset: "Dataset") -> tuple[int, int]:
        """First sample and number of pooled samples of the window."""
        records = f"data set '{dataset.name}' has {stored_records.record_samples(dataset)} samples of {stored_records.sampling_ns(dataset):g} ns"
        if (self.n_samples and stored_records.record_samples(dataset) != self.n_samples) or (
            self.sampling_ns and abs(stored_records.sampling_ns(dataset) - self.sampling_ns) > 1e-6
        ):
            raise DarkroomError(
                f"This network cannot read the waveforms: {records}, expected {self.n_samples} samples of "
                f"{self.sampling_ns:g} ns; choose the network 'compact' or prepare records of that length."
            )
        if self.first_us == self.last_us:
            return 0, stored_records.record_samples(dataset) // self.pool_samples
        begin = stored_records.pretrigger_samples(dataset) + round(
            self.first_us * 1000 / stored_records.sampling_ns(dataset)
        )
        n_pooled = (
            round((self.last_us - self.first_us) * 1000 / stored_records.sampling_ns(dataset)) // self.pool_samples
        )
        if begin < 0 or n_pooled < 1 or begin + n_pooled * self.pool_samples > stored_records.record_samples(dataset):
            raise DarkroomError(
                f"The input window {self.first_us:g} to {self.last_us:g} µs around the trigger does not fit: {records}, "
                f"{stored_records.pretrigger_samples(dataset)} of them before the trigger; set first_us and last_us inside the record."
            )
        return begin, n_pooled


@numba.njit(cache=True, fastmath=True, nogil=True)
def _pool(raw: np.ndarray, rest: np.ndarray, begin: int, pool: int, factor: np.float32, out: np.ndarray) -> None:
    """Mean of `pool` samples, minus the baseline's rest, times factor, into out (n, n_times, n_channels)."""
    n, n_times = out.shape[0], out.shape[1]
    for i in range(n):
        for p in range(raw.shape[1]):
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
