"""From a raw image to charge: pedestal, level of the active part, gain, noise, and masks, amplifier by amplifier.

The pedestal is the median of each row's overscan, whose first columns are left out; the noise is
1.4826 median |x - median(x)| of what is left there; the median of the active part, followed along the columns, is then
taken off. An image without overscan gives both itself, its tracks left out.
"""

from dataclasses import dataclass

import numba
import numpy as np

from core.connie.clusters.components import in_parts
from core.connie.mapping import Mapping
from core.connie.raw.fits import Exposure, RawImage
from core.connie.raw.geometry import Amplifier
from core.data.detector_images import STEP
from core.errors import DarkroomError

DEFAULT_GAIN_ADU_PER_E = 7.25
MAD_TO_SIGMA = 1.4826
MIN_ROWS = 256  # of a part that a thread takes
SAMPLE_NOISE = 1 << 18  # pixels of the overscan from which the noise is taken
CLIP_SIGMA = 3.0
GOLDEN = 0.6180339887498949  # its multiples spread most evenly between whole numbers
SAMPLE_ROWS = 512  # rows from which the medians of the columns are taken


@dataclass(frozen=True)
class Image:
    """A calibrated image. charge_e: float32 (ny, nx), 0 where there is no value; usable, saturated: bool (ny, nx).

    Not usable are pixels along the border, in hot columns and without a value; saturated pixels stay usable, their charge
    is at least what is given. sigma_e: float32 (nx,), noise of each column; where quadrants differ along y, of the noisier
    one. noise_e, gain_adu_per_e, pedestal_adu, level_adu: per amplifier. seam_columns, seam_rows: where a further
    amplifier begins. notes: what is odd about the image.
    """

    name: str
    charge_e: np.ndarray
    usable: np.ndarray
    saturated: np.ndarray
    sigma_e: np.ndarray
    noise_e: tuple[float, ...]
    gain_adu_per_e: tuple[float, ...]
    pedestal_adu: tuple[float, ...]
    level_adu: tuple[float, ...]
    hot_columns: tuple[int, ...]
    n_nan: int
    exposure: Exposure
    seam_columns: tuple[int, ...]
    seam_rows: tuple[int, ...]
    row_binning: int
    notes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return self.charge_e.shape[0], self.charge_e.shape[1]


def calibrate(raw: RawImage, mapping: Mapping) -> Image:
    """Assemble and calibrate a raw image; refuses one without any noise."""
    cut = raw.geometry
    charge = np.zeros(cut.shape, np.float32) if cut.average else np.empty(cut.shape, np.float32)
    usable = np.ones(cut.shape, np.bool_)
    saturated = np.zeros(cut.shape, np.bool_)
    sigma = np.zeros(cut.shape[1], np.float32)
    gains, noises, pedestals, levels, hot = [], [], [], [], set()
    share = 1.0 / len(cut.amplifiers) if cut.average else 1.0
    for a in cut.amplifiers:
        gain = _gain(raw, a, mapping)
        pedestal, noise_adu = _pedestal(raw, a, mapping)
        level, is_hot = _columns(raw, a, pedestal, noise_adu, mapping)
        columns = slice(a.to_x, a.to_x + a.width)
        place = (slice(a.to_y, a.to_y + a.rows[1] - a.rows[0]), columns)
        _assemble(raw, a, pedestal, level, share / gain, cut.average, charge[place], usable[place])
        order = -1 if a.flip else 1
        if raw.saturated is not None:
            saturated[place] |= raw.saturated[a.rows[0] : a.rows[1], a.active[0] : a.active[1]][:, ::order]
        for x in np.flatnonzero(is_hot[::order]):
            usable[place[0], a.to_x + x] = False
            hot.add(a.to_x + int(x))
        sigma[columns] = np.maximum(sigma[columns], noise_adu / gain)
        gains.append(gain)
        noises.append(noise_adu / gain)
        pedestals.append(float(np.median(pedestal)))
        levels.append(float(np.median(level)))
    if cut.average:
        sigma[:] = share * float(np.sqrt(np.sum(np.square(noises))))
    if mapping.border_px:
        b = mapping.border_px
        usable[:b] = usable[-b:] = usable[:, :b] = usable[:, -b:] = False
    notes = list(raw.notes)
    if cut.row_binning > 1:
        notes.append(f"{cut.row_binning} rows are added up in hardware: lengths and angles take the pixels as squares")
    return Image(
        raw.name, charge, usable, saturated, sigma, tuple(noises), tuple(gains), tuple(pedestals), tuple(levels),
        tuple(sorted(hot)), raw.n_nan, raw.exposure, cut.seam_columns, cut.seam_rows, cut.row_binning, tuple(notes),
    )  # fmt: skip


def _gain(raw: RawImage, a: Amplifier, mapping: Mapping) -> float:
    """ADU per electron: the mapping's, else the header's, else that of the CCD in the mapping's table, else 7.25."""
    if mapping.gains_e_per_dn:
        return 1.0 / mapping.gains_e_per_dn[min(a.number, len(mapping.gains_e_per_dn) - 1)]
    if mapping.gain_adu_per_e > 0:
        return mapping.gain_adu_per_e
    if raw.exposure.gain_adu_per_e is not None:
        return raw.exposure.gain_adu_per_e
    table = dict(zip(mapping.gain_ohdus, mapping.gain_table_adu_per_e, strict=True))
    return table.get(raw.exposure.ohdu, DEFAULT_GAIN_ADU_PER_E)


def _pedestal(raw: RawImage, a: Amplifier, mapping: Mapping) -> tuple[np.ndarray, float]:
    """Pedestal of each row, float32 (n_rows,), and the noise, both in ADU."""
    pixels = raw.pixels[a.rows[0] : a.rows[1], a.pedestal[0] : a.pedestal[1]]
    if raw.geometry.from_pixels:
        return _own_pedestal(raw, pixels)
    pedestal = _row_medians(pixels)
    known = np.isfinite(pedestal)
    if not known.any():
        raise DarkroomError(f"{raw.name}: every pixel of the overscan is NaN: correct the geometry in the mapping.")
    pedestal[~known] = np.median(pedestal[known])
    if mapping.smooth_rows > 1:
        pedestal = _smooth(pedestal, mapping.smooth_rows)
    noise = _noise(pixels - pedestal[:, None], pixels.shape[1])
    if not noise > 0:
        raise DarkroomError(
            f"{raw.name}: no signal, the overscan has no noise (columns {a.pedestal[0]} to {a.pedestal[1] - 1}): "
            "correct the geometry in the mapping or leave the image out."
        )
    return pedestal, noise


def _own_pedestal(raw: RawImage, pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """The same from the pixels of an image without overscan: one pedestal for all rows, as a row may be full of a track.

    Evenly spread rows; the level of each column is taken off before the noise is; pixels beyond 3 sigma of the median,
    those of tracks, are left out until no more are (Gaussian noise comes out 0.3 % small).
    """
    sample = pixels[:: max(1, pixels.size // SAMPLE_NOISE)]
    levels = _row_medians(np.ascontiguousarray(sample.T))
    known = np.isfinite(levels)
    if not known.any():
        raise DarkroomError(f"{raw.name}: no signal, every pixel of an amplifier is NaN. Leave the image out.")
    noise = _noise(_clipped(sample[:, known] - levels[known])[:, None], len(sample))
    if not noise > 0:
        raise DarkroomError(
            f"{raw.name}: no noise, more than half of the pixels have the same value: pedestal and noise cannot be taken from "
            "an image whose pixels below a threshold were set to zero. Take the image before that, or leave it out."
        )
    pedestal = np.median(_clipped(sample))
    return np.full(len(pixels), pedestal, np.float32), noise


def _clipped(values: np.ndarray) -> np.ndarray:
    """(m,): the finite values within CLIP_SIGMA of their own median; sigma from the median deviation."""
    clipped = values[np.isfinite(values)]
    while len(clipped):
        off = np.abs(clipped - np.median(clipped))
        inside = off <= CLIP_SIGMA * MAD_TO_SIGMA * np.median(off)
        if inside.all():
            break
        clipped = clipped[inside]
    return clipped


def _row_medians(values: np.ndarray) -> np.ndarray:
    """float32 (n_rows,): the median of each row without NaN; NaN for a row of nothing else."""
    medians = np.empty(len(values), np.float32)
    in_parts(lambda a, b: _medians(values[a:b], medians[a:b]), len(values), MIN_ROWS)
    return medians


@numba.njit(nogil=True, cache=True)
def _medians(values, medians):  # type: ignore[no-untyped-def]
    ny, nx = values.shape
    row = np.empty(nx, np.float32)
    for y in range(ny):
        n = 0
        for x in range(nx):
            if values[y, x] == values[y, x]:
                row[n] = values[y, x]
                n += 1
        medians[y] = np.median(row[:n]) if n else np.nan


def _smooth(values: np.ndarray, n: int) -> np.ndarray:
    """Running median over n (made odd) neighbours, those at the edge repeated."""
    half = n // 2
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, half, mode="edge"), 2 * half + 1)
    return _row_medians(windows)


def _noise(residuals: np.ndarray, n_of_median: int) -> float:
    """1.4826 times the median deviation of overscan (n_rows, n_columns) from its median, without NaN, in ADU; 0 if constant.

    Whole ADU would leave only a few values for a median, so whole numbers are first spread evenly over their steps; what
    that adds to the variance (1/12) is taken off again. The median of n values, taken off each, makes them spread less by 1/n.
    Evenly spread rows are enough.
    """
    flat = residuals[:: max(1, residuals.size // SAMPLE_NOISE)].ravel()
    flat = flat[np.isfinite(flat)]
    if not len(flat) or flat.min() == flat.max():
        return 0.0
    in_steps = bool((np.rint(2.0 * flat) == 2.0 * flat).all())  # a median of whole numbers may be a half
    if in_steps:
        flat = flat + (np.arange(len(flat)) * GOLDEN % 1.0 - 0.5).astype(np.float32)
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(flat - np.median(flat))))
    return float(np.sqrt(max(sigma**2 - in_steps / 12.0, 0.0))) * n_of_median / max(n_of_median - 1, 1)


def _columns(
    raw: RawImage, a: Amplifier, pedestal: np.ndarray, noise_adu: float, mapping: Mapping
) -> tuple[np.ndarray, np.ndarray]:
    """Level of each active column above the pedestal [ADU], float32 (nx,), and which columns are hot, bool (nx,).

    The level is the median of evenly spread rows, followed along the columns by a running median, so that it takes up
    what the amplifier adds to the whole image but no hot column. A column without any value is hot.
    """
    rows = np.arange(0, a.rows[1] - a.rows[0], max(1, (a.rows[1] - a.rows[0]) // SAMPLE_ROWS))
    sample = raw.pixels[a.rows[0] + rows, a.active[0] : a.active[1]] - pedestal[rows, None]
    medians = _row_medians(np.ascontiguousarray(sample.T))
    known = np.isfinite(medians)
    if not known.any():
        raise DarkroomError(f"{raw.name}: no signal, every pixel of the active part is NaN. Leave the image out.")
    typical = np.float32(np.median(medians[known]))
    filled = np.where(known, medians, typical)
    level = _smooth(filled, mapping.level_columns) if mapping.level_columns else np.full(a.width, typical, np.float32)
    off = np.abs(filled - level)
    limit = max(mapping.hot_sigma * noise_adu, mapping.hot_mad * float(np.median(off)))
    return level, (off > limit) | ~known


def _assemble(
    raw: RawImage, a: Amplifier, pedestal: np.ndarray, level: np.ndarray, factor: float, add: bool,
    charge: np.ndarray, usable: np.ndarray,
) -> None:  # fmt: skip
    """Write (or add) (pixels - pedestal - level) * factor to the place of an amplifier; NaN is 0 and not usable."""
    order = -1 if a.flip else 1
    pixels = raw.pixels[a.rows[0] : a.rows[1], a.active[0] : a.active[1]][:, ::order]
    level = np.ascontiguousarray(level[::order])

    def part(begin: int, end: int) -> None:
        rows = slice(begin, end)
        _charge(
            pixels[rows], pedestal[rows], level, np.float32(factor), add, np.float32(STEP), charge[rows], usable[rows]
        )

    in_parts(part, len(pixels), MIN_ROWS)


@numba.njit(nogil=True, cache=True)
def _charge(pixels, pedestal, level, factor, add, step, charge, usable):  # type: ignore[no-untyped-def]
    ny, nx = pixels.shape
    for y in range(ny):
        for x in range(nx):
            value = (pixels[y, x] - pedestal[y] - level[x]) * factor
            if value != value:
                usable[y, x] = False
                value = np.float32(0.0)
            value = np.rint(value / step) * step  # as images are stored: clusters found again in one are the same
            charge[y, x] = charge[y, x] + value if add else value
