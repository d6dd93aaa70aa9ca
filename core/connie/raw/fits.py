"""Raw CCD images from FITS files: plain, gzip and tile-compressed, one image at a time; and what a file holds.

Everything in the headers is taken with care: values may be text, missing or false, and sizes may lie (`core.connie.raw.hdus`).
"""

import math
import re
from collections.abc import Iterator
from collections.abc import Mapping as Cards
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np

from core.connie.clusters.components import in_parts
from core.connie.mapping import MAX_OHDU, MAX_RUN, MAX_RUNID, Mapping, named
from core.connie.raw import geometry, tiles
from core.connie.raw.cards import Value, card_of, real, unix_s
from core.connie.raw.geometry import Geometry
from core.connie.raw.hdus import MAX_PIXELS, Hdu, Source, Survey, opened, survey
from core.errors import DarkroomError

DTYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
MIN_ROWS = 256  # of a part that a thread takes
ANY = (-math.inf, math.inf)
LONGEST_S = 1e9  # of an exposure or a readout
NO_START = ("DATE", "TIMESYS", "TIMEUNIT", "DATE-END", "TIME-END", "MJD-END", "EXPSTOP")  # times of something else
SATURATED_MARK = 1e9  # pixels marked 1e10 are saturated


@dataclass(frozen=True)
class Exposure:
    """When and where an image was taken; None: not told. `part` is that of the file name, `readout_s` the time of the readout."""

    run: int
    runid: int
    ohdu: int
    part: int | None
    exptime_s: float | None
    readout_s: float | None
    expstart_unix_s: float | None
    expstop_unix_s: float | None
    pressure_hpa: float | None
    gain_adu_per_e: float | None
    simulated: bool


@dataclass(frozen=True)
class RawImage:
    """One image of a file: `pixels` float32 (ny, nx) in ADU with the overscan, NaN where there is no value.

    `saturated`: bool (ny, nx), or None if no pixel is. `hdu` is the place in the file; `notes` tell what is odd about it.
    """

    name: str
    hdu: int
    pixels: np.ndarray
    saturated: np.ndarray | None
    n_nan: int
    exposure: Exposure
    geometry: Geometry
    notes: tuple[str, ...]


def read_images(path: Path, mapping: Mapping) -> Iterator[RawImage]:
    """The two-dimensional images of a file in order, one in memory at a time.

    Units that are cut off, empty or not images are passed over (each image's notes say so); a file without any image
    that can be read is refused, and so is an image without signal or with too many NaN.
    """
    if mapping.kind != "fits":
        raise DarkroomError(
            f"{path.name}: the mapping reads '{mapping.kind}', not raw images: choose one for raw images."
        )
    units = survey(path)
    chosen, notes = _choose(units, mapping)
    primary = units.hdus[0].cards
    source = opened(path)
    with source.handle:
        for hdu in chosen:
            cards = {**primary, **hdu.cards}
            exposure, lacking = _exposure(path, mapping, hdu, cards)
            if exposure.ohdu not in mapping.skip_ohdus:
                yield _image(source, units, hdu, cards, exposure, mapping, notes + lacking)


def first_exposure(path: Path, mapping: Mapping) -> Exposure:
    """When and where the first image that can be read was taken."""
    units = survey(path)
    first = _choose(units, mapping)[0][0]
    return _exposure(path, mapping, first, {**units.hdus[0].cards, **first.cards})[0]


def _choose(units: Survey, mapping: Mapping) -> tuple[list[Hdu], tuple[str, ...]]:
    """The units that are whole images, and notes on the others."""
    chosen, problems = [], list(units.notes)
    images = [hdu for hdu in units.hdus if hdu.kind in ("image", "compressed image")]
    for hdu in images:
        planes = hdu.shape[:-2]
        if hdu.n_pixels > MAX_PIXELS:
            problems.append(f"HDU {hdu.index} declares {hdu.n_pixels:,} pixels: expected at most {MAX_PIXELS:,}")
        elif len(hdu.shape) < 2 or (math.prod(planes) > 1 and (mapping.plane < 0 or len(planes) > 1)):
            problems.append(
                f"HDU {hdu.index} has NAXIS = {len(hdu.shape)} ({' x '.join(map(str, hdu.shape))}): expected two axes; "
                "for three, choose one with 'plane' in the mapping"
            )
        elif planes and mapping.plane >= planes[0]:
            problems.append(f"HDU {hdu.index} has {planes[0]} planes: 'plane' in the mapping is {mapping.plane}")
        elif hdu.n_pixels == 0:
            problems.append(f"HDU {hdu.index} has no pixels")
        elif hdu.is_whole:
            chosen.append(hdu)
    if not chosen:
        listed = "; ".join(f"HDU {hdu.index} {hdu.name}: {hdu.kind}" for hdu in units.hdus[:12])
        if not images:
            problems.append(f"no image HDU; there are: {listed}")
        is_cut = bool(units.notes) or any(not hdu.is_whole for hdu in images)
        advice = "Copy the file again or choose another." if is_cut else "Choose another file, or another mapping."
        raise DarkroomError(f"{units.path.name}: {'; '.join(problems)}. {advice}")
    whole = f"the {len(chosen)} intact image{'s are' if len(chosen) > 1 else ' is'} read"
    return chosen, tuple(f"{problem}; {whole}" for problem in problems)


def _image(
    source: Source,
    units: Survey,
    hdu: Hdu,
    cards: Cards[str, Value],
    exposure: Exposure,
    mapping: Mapping,
    notes: tuple[str, ...],
) -> RawImage:
    name = f"{units.path.name}, HDU {hdu.index}"
    shape = (hdu.shape[-2], hdu.shape[-1])
    cut = geometry.geometry(shape, cards, mapping, name)
    if source.skip_to(hdu.data_at) < hdu.data_at:
        raise DarkroomError(f"{name}: the file has become shorter while it was read. Copy it again.")
    data = source.read(hdu.n_bytes)
    if len(data) < hdu.n_bytes:
        raise DarkroomError(f"{name} is truncated: {len(data):,} of {hdu.n_bytes:,} bytes. Copy the file again.")
    pixels = tiles.decode(name, hdu, data) if hdu.is_compressed_image else _plain(hdu, data)
    del data
    pixels = pixels.reshape(-1, *shape)[max(mapping.plane, 0) if len(hdu.shape) > 2 else 0]
    limit = np.float32(mapping.saturation_adu)
    seen = np.array(in_parts(lambda a, b: _look(pixels[a:b], limit), len(pixels), MIN_ROWS))
    n_nan, n_saturated, low, high = int(seen[:, 0].sum()), int(seen[:, 1].sum()), seen[:, 2].min(), seen[:, 3].max()
    if n_nan > mapping.max_nan_share * pixels.size:
        raise DarkroomError(
            f"{name}: {n_nan:,} of {pixels.size:,} pixels are NaN: expected at most {100 * mapping.max_nan_share:g} %. "
            "Leave the image out ('skip_ohdus' in the mapping)."
        )
    if not low < high:
        raise DarkroomError(
            f"{name}: no signal, all pixels are {low:g}: expected an image with noise. Leave it out ('skip_ohdus' in the mapping)."
        )
    notes += (*cut.notes, *(f"{n:,} pixels are NaN and masked" for n in (n_nan,) if n))
    saturated = None
    if n_saturated:
        saturated = np.zeros(pixels.shape, np.bool_)
        _mark(pixels, limit, saturated)
    return RawImage(name, hdu.index, pixels, saturated, n_nan, exposure, cut, notes)


def _plain(hdu: Hdu, data: bytes) -> np.ndarray:
    """float32 pixels of an image that is not compressed: BLANK becomes NaN, then BSCALE and BZERO are applied."""
    bits = int(hdu.cards["BITPIX"])
    stored = np.frombuffer(data, DTYPES[bits], count=hdu.n_pixels)
    zero, scale = real(hdu.cards, "BZERO", *ANY) or 0.0, real(hdu.cards, "BSCALE", *ANY)
    wide = bits in (32, 64) and zero  # beyond what float32 holds exactly
    with np.errstate(all="ignore"):  # what overflows is infinite, and masked as such
        pixels = stored.astype(np.float64 if wide else np.float32)
        if scale not in (None, 1.0):
            np.multiply(pixels, scale, out=pixels)
        if zero:
            np.add(pixels, zero, out=pixels)
        blank = hdu.cards.get("BLANK")
        if bits > 0 and isinstance(blank, int) and not isinstance(blank, bool):
            pixels[stored == blank] = np.nan
        return pixels.astype(np.float32, copy=False)


@numba.njit(nogil=True, cache=True)
def _look(pixels, saturation):  # type: ignore[no-untyped-def]
    """Number of NaN (infinite and absurdly negative values become NaN) and of saturated pixels, smallest and largest value."""
    ny, nx = pixels.shape
    n_nan, n_saturated = 0, 0
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for y in range(ny):
        for x in range(nx):
            value = pixels[y, x]
            if not np.isfinite(value) or value < -SATURATED_MARK:
                pixels[y, x] = np.nan
                n_nan += 1
                continue
            n_saturated += value >= saturation
            low, high = min(low, value), max(high, value)
    return n_nan, n_saturated, low, high


@numba.njit(nogil=True, cache=True)
def _mark(pixels, saturation, is_saturated):  # type: ignore[no-untyped-def]
    """Set bool (ny, nx) where pixels are saturated; marks far above the range are set to where saturation begins."""
    ny, nx = pixels.shape
    for y in range(ny):
        for x in range(nx):
            if pixels[y, x] >= saturation:
                is_saturated[y, x] = True
                if pixels[y, x] >= SATURATED_MARK:
                    pixels[y, x] = saturation


def _exposure(path: Path, mapping: Mapping, hdu: Hdu, cards: Cards[str, Value]) -> tuple[Exposure, tuple[str, ...]]:
    """The facts of an image from its header, the primary header, the file name, in this order; and what they lack."""
    name = named(mapping, path)
    notes = [
        f"the header has no card {key} ('{field}' in the mapping)"
        for field, key in mapping.own_keys.items()
        if any(card_of(cards, part) is None for part in key.split("+"))
    ]
    begin, end = (_time(cards, mapping, field, notes) for field in ("start_key", "stop_key"))
    exptime = real(cards, mapping.exposure_key, 0.0, LONGEST_S / mapping.exposure_scale_s)
    if exptime is not None:
        exptime *= mapping.exposure_scale_s
    elif begin is not None and end is not None and 0.0 < end - begin <= LONGEST_S:
        exptime = end - begin
    for key, value in (
        (mapping.exposure_key, exptime),
        (mapping.pressure_key, real(cards, mapping.pressure_key, 1.0, 1e4)),
    ):
        if value is None and card_of(cards, key) not in (None, ""):
            notes.append(f"the card {key} is {card_of(cards, key)!r:.40}, which cannot be used: it counts as not told")
    readout = real(cards, mapping.readout_key, 0.0, LONGEST_S)
    exposure = Exposure(
        run=_number(cards, mapping.run_key, name.run, MAX_RUN),
        runid=_number(cards, mapping.runid_key, name.runid, MAX_RUNID),
        ohdu=_number(cards, mapping.ohdu_key, hdu.index, MAX_OHDU),
        part=name.part,
        exptime_s=exptime,
        readout_s=readout if readout is not None else mapping.readout_s or None,
        expstart_unix_s=begin,
        expstop_unix_s=end,
        pressure_hpa=real(cards, mapping.pressure_key, 1.0, 1e4),
        gain_adu_per_e=real(cards, "GAIN", 1e-6, 1e6),
        simulated=cards.get("SIMULATD") is True,
    )  # fmt: skip
    return exposure, tuple(notes)


def _time(cards: Cards[str, Value], mapping: Mapping, field: str, notes: list[str]) -> float | None:
    """A time in unix seconds, None where it cannot be told: then a note says why."""
    key = getattr(mapping, field)
    try:
        time_s = unix_s(cards, key)
    except ValueError as error:
        notes.append(f"{key} tells no time and is left out: {error} ('{field}' in the mapping)")
        return None
    others = [name for name in cards if re.match(r"(MJD|JD|DATE|TIME|UT|EXPST)[A-Z-]*$", name) and name not in NO_START]
    if time_s is None and field == "start_key" and others and field not in mapping.own_keys:
        notes.append(f"when the exposure began is not known, there is no card {key}: name one of {', '.join(others[:8])} in 'start_key' of the mapping")  # fmt: skip
    return time_s


def _number(cards: Cards[str, Value], key: str, otherwise: int | None, at_most: int) -> int:
    """A run-like number from the header if it is there and in range, else the other one, else 0."""
    value = real(cards, key, 0, at_most)
    if value is not None and value == int(value):
        return int(value)
    return otherwise if otherwise is not None and otherwise <= at_most else 0


def preview(path: Path) -> dict[str, Any]:
    """The units of a FITS file and the cards of their headers, as plain values for the page and `--json`."""
    units = survey(path)
    objects, trees = {}, {}
    for hdu in units.hdus:
        size = " x ".join(map(str, hdu.shape))
        key = f"{hdu.index} {hdu.name}".strip()
        objects[key] = f"{hdu.kind} {size}".strip()
        rows = [{"branch": k, "type": type(v).__name__, "first": str(v)} for k, v in list(hdu.cards.items())[:500]]
        trees[key] = {"kind": hdu.kind, "n_entries": hdu.n_pixels, "n_branches": len(hdu.cards), "branches": rows}
    return {"file": path.name, "objects": objects, "trees": trees, "notes": list(units.notes)}
