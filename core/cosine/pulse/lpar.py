"""lpar: does the shape of a pulse look more like the signal's or the background's mean? (COSINE-100, arXiv:2005.13784)

L_k = sum_i [T_k,i - W_i + W_i ln(W_i / T_k,i)] for the templates k = signal, background, and
lpar = (L_b - L_s) / (L_b + L_s): +1 is exactly the signal's template, -1 the background's. W is the summed pulse of all
channels in the first 600 ns from its onset (the window of X1 and X2), smoothed over 10 ns, negative samples clipped, with unit
area; a term with W_i = 0 is T_k,i. The templates are mean pulses of a selection's training rows, floored at 1e-3 of their
maximum, with unit area. Undefined (NaN) where X1 is: no onset, a window past the record, too little charge.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numba
import numpy as np

from core.cosine.features import window_edges
from core.cosine.pulse import stored_records
from core.data.dataset import Dataset
from core.data.loader import batches
from core.data.splits import TRAIN
from core.data.table import Column, Derived
from core.errors import DarkroomError
from core.selection.selection import Selected

SMOOTH_NS = 10.0
FLOOR = 1e-3
BATCH_ROWS = 2048
COLUMN = Column("lpar", "lpar", "", -1.05, 1.05, 105, 3, "Likeness of the pulse shape to the signal's mean (+1) or the background's (-1)")  # fmt: skip
_jit = numba.njit(nogil=True, cache=True)


@dataclass(frozen=True)
class Pulses:
    """A recipe for `core.data.loader`: the summed pulses of all channels from the onset, float32 (n, n_window + 2 margin).

    The margin on both sides is what smoothing needs. Rows without X1 are NaN throughout.
    """

    arrays: ClassVar[tuple[str, ...]] = ("waveform",)

    def columns(self, dataset: Dataset) -> tuple[str, ...]:
        return ("onset_ns", "x1", *stored_records.baseline_columns(dataset))

    def make(self, arrays: Mapping[str, np.ndarray], table: dict[str, np.ndarray], dataset: Dataset) -> np.ndarray:
        return pulses(arrays["waveform"], table, dataset)


def pulses(raw: np.ndarray, table: dict[str, np.ndarray], dataset: Dataset) -> np.ndarray:
    """The same from stored waveforms (n, n_channels, n_samples) and their columns (n,)."""
    margin = margin_samples(stored_records.sampling_ns(dataset))
    out = np.full((len(raw), n_window(dataset) + 2 * margin), np.nan, np.float32)
    defined = np.flatnonzero(np.isfinite(table["x1"]))
    first = np.rint(table["onset_ns"][defined] / stored_records.sampling_ns(dataset)).astype(np.int64) - margin
    rest = stored_records.rests(table, dataset)[defined].sum(axis=1)
    _sum(raw, defined, first, rest, out)
    return out


def n_window(dataset: Dataset) -> int:
    """Samples of the window of X1 and X2."""
    return window_edges(stored_records.sampling_ns(dataset), stored_records.windows_ns(dataset))[3]


def margin_samples(sampling_ns: float) -> int:
    """Samples on either side of one that it is averaged with: two at 2 ns, five in all."""
    return int(SMOOTH_NS / (2 * sampling_ns) + 1e-9)


@_jit
def _sum(raw, rows, first, rest, out):  # type: ignore[no-untyped-def]
    """Write the summed pulses of `rows` into `out`; what lies outside of the record is 0."""
    n_samples = raw.shape[2]
    for k in range(rows.size):
        row = rows[k]
        for j in range(out.shape[1]):
            i = first[k] + j
            inside = 0 <= i < n_samples
            total = np.float32(0.0)
            if inside:
                for p in range(raw.shape[1]):
                    total += np.float32(raw[row, p, i])
            out[row, j] = total - rest[k] if inside else 0.0


def template(mean: np.ndarray) -> np.ndarray:
    """A mean pulse float64 (n_window,) floored at `FLOOR` of its maximum, with unit area."""
    floored = np.maximum(mean, FLOOR * mean.max())
    return floored / floored.sum()


def lpar(pulses: np.ndarray, signal: np.ndarray, background: np.ndarray) -> np.ndarray:
    """float32 (n,) in [-1, 1] of pulses (n, n_window + 2 margin), margin 0 to take them as smooth as they are."""
    out = np.empty(len(pulses), np.float32)
    margin = (pulses.shape[1] - len(signal)) // 2
    _lpar(np.ascontiguousarray(pulses), margin, np.log(signal), np.log(background), signal.sum(), background.sum(), out)
    return out


@_jit
def _lpar(pulses, margin, log_signal, log_background, area_signal, area_background, out):  # type: ignore[no-untyped-def]
    """L_k = sum(T_k) - sum(W) + sum(W ln W) - sum(W ln T_k): the terms of W alone are the same for both."""
    n = log_signal.size
    w = np.empty(n)
    for row in range(pulses.shape[0]):
        area = 0.0
        for i in range(n):
            total = 0.0
            for j in range(i, i + 2 * margin + 1):
                total += pulses[row, j]
            w[i] = max(total, 0.0)
            area += w[i]
        if not area > 0.0:
            out[row] = np.nan
            continue
        entropy, with_signal, with_background = 0.0, 0.0, 0.0
        for i in range(n):
            if w[i] > 0.0:
                share = w[i] / area
                entropy += share * (math.log(share) - 1.0)
                with_signal += share * log_signal[i]
                with_background += share * log_background[i]
        to_signal = max(area_signal + entropy - with_signal, 0.0)
        to_background = max(area_background + entropy - with_background, 0.0)
        both = to_signal + to_background
        out[row] = (to_background - to_signal) / both if both > 0.0 else np.nan


def compute(
    dataset: Dataset, selected: Selected, progress: Callable[[int, int], None]
) -> tuple[np.ndarray, dict[str, Any]]:
    """lpar of every row, float32 (n_rows,), and the templates it was made with."""
    if len(selected.classes) != 2:
        raise DarkroomError(
            f"lpar compares two classes, and the labels '{selected.selection.labels}' have {', '.join(selected.classes) or 'none'}: "
            "choose labels of two classes."
        )
    signal = selected.classes[selected.signal]
    background = selected.classes[1 - selected.signal]
    rows, labels = selected.rows(TRAIN)
    n_all, means, counts = len(rows) + dataset.n_rows, {}, {}
    done = 0
    for index, name in enumerate(selected.classes):
        means[name], counts[name] = _mean(dataset, rows[labels == index])
        done += int((labels == index).sum())
        progress(done, n_all)
    if not all(counts.values()):
        counted = ", ".join(f"{n} {name}" for name, n in counts.items())
        raise DarkroomError(
            f"Data set '{dataset.name}': the training part of the selection has {counted} with a pulse shape; templates need "
            "both: widen the selection."
        )
    templates = {name: template(mean) for name, mean in means.items()}
    values = np.empty(dataset.n_rows, np.float32)
    at = 0
    for pulses, _, _ in batches(dataset, np.arange(dataset.n_rows), Pulses(), BATCH_ROWS):
        values[at : at + len(pulses)] = lpar(pulses, templates[signal], templates[background])
        at += len(pulses)
        progress(done + at, n_all)
    time_ns = np.arange(len(templates[signal])) * stored_records.sampling_ns(dataset)
    lines = {name: [float(f"{v:.6g}") for v in values] for name, values in templates.items()}
    curves = {"x_title": "time from the onset [ns]", "y_title": "fraction of the charge per sample", "x": time_ns.tolist(), "lines": lines}  # fmt: skip
    return values, {"n": counts, "curves": curves}


def _mean(dataset: Dataset, rows: np.ndarray) -> tuple[np.ndarray, int]:
    """(mean pulse float64 (n_window,), number of rows in it); rows without a pulse shape are left out."""
    margin, n = margin_samples(stored_records.sampling_ns(dataset)), 0
    total = np.zeros(n_window(dataset))
    for pulses, _, _ in batches(dataset, rows, Pulses(), BATCH_ROWS):
        whole = pulses[np.isfinite(pulses[:, 0]), margin : margin + len(total)]
        total += whole.sum(axis=0, dtype=np.float64)
        n += len(whole)
    return total / max(n, 1), n


DERIVED = {
    COLUMN.name: Derived(
        column=COLUMN,
        explanation=(
            "The mean pulses of signal and background, from the training part of a selection only, so that no event of "
            "its validation or test sample is judged with itself; every row is then compared with both."
        ),
        compute=compute,
    )
}
