"""Tile-compressed images (`.fits.fz`): decoded by astropy, after it is known that no tile can grow beyond its size."""

import gzip
import io
import math
import re
import warnings
import zlib
from collections.abc import Mapping as Cards

import numpy as np

from core.connie.raw.cards import Value, real
from core.connie.raw.hdus import Hdu
from core.connie.raw.tables import alone
from core.errors import DarkroomError

# what fpack makes of CCD images; the decoders of the other kinds trust sizes within the stream
KINDS = ("RICE_1", "GZIP_1", "GZIP_2")
COLUMNS = ("COMPRESSED_DATA", "GZIP_COMPRESSED_DATA", "UNCOMPRESSED_DATA")
WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "A": 1, "P": 8, "Q": 16}
WIDEST_PIXEL = 8


def decode(name: str, hdu: Hdu, data: bytes) -> np.ndarray:
    """float32 pixels of a compressed image, of the shape in its header."""
    from astropy.io import fits  # half a second that other files need not spend
    from astropy.io.fits.hdu.compressed._compression import CfitsioException  # it has no public name

    problem = _problem(hdu, data)
    if problem:
        raise DarkroomError(f"{name}: the compressed image {problem}. Unpack it with funpack, or copy the file again.")
    file = io.BytesIO(alone(hdu.cards, data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the header was checked here, and what cannot be decoded raises
            with fits.open(file, memmap=False) as opened:
                pixels = opened[1].data
    except (EOFError, zlib.error, gzip.BadGzipFile, CfitsioException) as error:
        raise DarkroomError(f"{name}: the compressed image cannot be decoded ({_in_words(error)}): it is damaged. Copy the file again.") from None  # fmt: skip
    except (
        KeyError,
        TypeError,
        ValueError,
        fits.VerifyError,
    ) as error:  # of astropy, by a header beyond the checks above
        raise DarkroomError(f"{name}: the header of the compressed image cannot be understood ({_in_words(error)}). Unpack it with funpack or compress it anew.") from None  # fmt: skip
    if pixels is None or pixels.shape != hdu.shape:
        raise DarkroomError(
            f"{name}: the compressed image is {None if pixels is None else pixels.shape}, its header says {hdu.shape}. "
            "Compress it anew."
        )
    return np.asarray(pixels, np.float32)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"


def _problem(hdu: Hdu, data: bytes) -> str:
    """What in the header or the table of tiles does not fit; "" if all does."""
    cards = hdu.cards
    kind = cards.get("ZCMPTYPE")
    if kind not in KINDS:
        return f"is of kind {str(kind)[:20]}: expected one of {', '.join(KINDS)}"
    tile = [cards.get(f"ZTILE{i + 1}", hdu.shape[-1] if i == 0 else 1) for i in range(len(hdu.shape))]
    if not all(isinstance(t, int) and 1 <= t <= n for t, n in zip(tile, hdu.shape[::-1], strict=True)):
        return f"has tiles of {' x '.join(map(str, tile))}: expected at least 1 and at most the image"
    n_tiles = math.prod(-(-n // int(t)) for t, n in zip(tile, hdu.shape[::-1], strict=True))
    if cards.get("NAXIS2") != n_tiles:
        return f"has {cards.get('NAXIS2')} tiles: expected {n_tiles}"
    for i in range(1, 10):
        value = real(cards, f"ZVAL{i}") or 0
        if cards.get(f"ZNAME{i}") == "BLOCKSIZE" and not 1 <= value <= 1024:
            return f"has a BLOCKSIZE of {value:g}: expected 16 or 32"
    return _heap_problem(cards, data, n_tiles, math.prod(map(int, tile)) * WIDEST_PIXEL)


def _heap_problem(cards: Cards[str, Value], data: bytes, n_tiles: int, most_bytes: int) -> str:
    """Whether each tile lies in the data, and the gzip ones do not grow beyond `most_bytes`; "" if so."""
    row, at = int(cards["NAXIS1"]), 0
    heap = cards.get("THEAP", row * n_tiles)
    if not isinstance(heap, int) or not row * n_tiles <= heap <= len(data):
        return "has its tiles outside of the data"
    table = np.frombuffer(data, np.uint8, count=row * n_tiles).reshape(n_tiles, row)
    for i in range(1, int(real(cards, "TFIELDS") or 0) + 1):
        form = re.match(r"(\d*)([LBIJKEDAPQ])([BIJED]?)", str(cards.get(f"TFORM{i}", "")))
        if form is None:
            return f"has a column of kind {str(cards.get(f'TFORM{i}'))[:20]}"
        repeat, letter = int(form.group(1) or 1), form.group(2)
        width = repeat * WIDTHS[letter]
        if at + width > row:
            return f"has columns wider than its rows of {row} bytes"
        column = str(cards.get(f"TTYPE{i}", "")).upper()
        if column in COLUMNS and letter in "PQ" and repeat == 1:
            kind = ">i4" if letter == "P" else ">i8"
            lengths, begins = table[:, at : at + width].copy().view(kind).astype(np.int64).T
            lengths = lengths * WIDTHS[form.group(3) or "B"]
            if (lengths < 0).any() or (begins < 0).any() or (begins + lengths > len(data) - heap).any():
                return "has tiles outside of the data"
            if column.startswith("GZIP") or (column == "COMPRESSED_DATA" and str(cards["ZCMPTYPE"]).startswith("GZIP")):
                for begin, length in zip(begins + heap, lengths, strict=True):
                    if _grows(data[begin : begin + length], most_bytes):
                        return "has a tile that unpacks to more than its pixels"
        at += width
    return ""


def _grows(packed: bytes, most_bytes: int) -> bool:
    """Whether a gzip stream unpacks to more than it may (damage is left to the decoder)."""
    try:
        return len(zlib.decompressobj(31).decompress(packed, most_bytes + 1)) > most_bytes
    except zlib.error:
        return False
