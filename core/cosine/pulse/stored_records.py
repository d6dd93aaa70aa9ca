"""Metadata of the stored records: channels, steps per ADC unit, windows, and the fraction of a step in the baseline.

A data set from before these were kept has two channels, whole ADC counts and the windows of NaI(Tl).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.cosine.features import WINDOWS_NS

if TYPE_CHECKING:
    from core.data.dataset import Dataset


def sampling_ns(dataset: "Dataset") -> float:
    """Sampling period of the records [ns]."""
    return float(dataset.meta["sampling_ns"])


def record_samples(dataset: "Dataset") -> int:
    """Samples of a record."""
    return int(dataset.meta["record_samples"])


def pretrigger_samples(dataset: "Dataset") -> int:
    """Samples of a record before its trigger."""
    return int(dataset.meta["pretrigger_samples"])


def n_channels(dataset: "Dataset") -> int:
    """Channels (photomultipliers, contacts) of a detector."""
    return int(dataset.meta.get("n_channels", 2))


def channel_names(dataset: "Dataset") -> tuple[str, ...]:
    """Names of the channels: PMT 1 and 2 of a pair, else channel 1, 2, ..."""
    n = n_channels(dataset)
    return tuple(f"{'PMT' if n == 2 else 'channel'} {i}" for i in range(1, n + 1))


def adc_per_step(dataset: "Dataset") -> float:
    """ADC units that a step of a stored sample is worth: 1, or 1/16 of floating-point samples."""
    return 1.0 / float(dataset.meta.get("steps_per_adc", 1))


def windows_ns(dataset: "Dataset") -> tuple[float, ...]:
    """Edges of the features' windows from the onset: fast, slow, mean time, shape, charge."""
    return tuple(map(float, dataset.meta.get("windows_ns", WINDOWS_NS)))


def baseline_columns(dataset: "Dataset") -> tuple[str, ...]:
    """The table columns that `rests` needs."""
    return tuple(f"baseline{i}_adc" for i in range(1, n_channels(dataset) + 1))


def rests(table: Mapping[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
    """What the baseline leaves over in every stored sample, float64 (n, n_channels) in steps; 0 where it is NaN.

    The stored waveform lacks the rounded baseline only.
    """
    baseline = np.stack([table[name] for name in baseline_columns(dataset)], axis=-1).astype(np.float64)
    baseline = np.nan_to_num(baseline / adc_per_step(dataset), nan=0.0)
    sign = 1.0 if dataset.meta.get("positive", True) else -1.0
    rest: np.ndarray = sign * (baseline - np.floor(baseline + 0.5))
    return rest
