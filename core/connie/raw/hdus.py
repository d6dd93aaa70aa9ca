"""The header and data units of a FITS file that may come from anywhere: found by their sizes before anything is decoded.

Headers are read block by block with a bound on their length, and data are never allocated before it is known that they
are there: a header may promise what the file does not hold, and a gzip stream may grow without end.
(Standard: FITS 4.0, https://fits.gsfc.nasa.gov/fits_standard.html; tiled compression is its section 10.)
"""

import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.connie.raw import container
from core.connie.raw.cards import BLOCK, CARD, Value, parse
from core.errors import DarkroomError

MAX_HEADER_BLOCKS = 400
MAX_HDUS = 256
MAX_PIXELS = 80_000_000  # of one image; two reads of a CCD with the widest overscan have 39 million
MAX_DATA_BYTES = 16 * MAX_PIXELS
MAX_UNPACKED_BYTES = 4 << 30  # of a gzip stream
CHUNK = 1 << 20


@dataclass(frozen=True)
class Hdu:
    """One unit: `cards` by keyword, where its data begin in the (unpacked) file, how many bytes they have to be and how many are there."""

    index: int
    cards: Mapping[str, Value]
    data_at: int
    n_bytes: int
    n_there: int

    @property
    def name(self) -> str:
        return str(self.cards.get("EXTNAME", "PRIMARY" if self.index == 0 else ""))[:40]

    @property
    def is_compressed_image(self) -> bool:
        return self.cards.get("XTENSION") == "BINTABLE" and self.cards.get("ZIMAGE") is True

    @property
    def kind(self) -> str:
        """image, compressed image, table, empty (a header alone) or other."""
        if self.is_compressed_image:
            return "compressed image"
        extension = self.cards.get("XTENSION", "IMAGE")
        if extension == "IMAGE":
            return "image" if self.shape else "empty"
        return "table" if extension in ("BINTABLE", "TABLE") else "other"

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the image, slowest first as NumPy has them; () without an image."""
        z = "Z" if self.is_compressed_image else ""
        return axes(self.cards, z)[::-1]

    @property
    def n_pixels(self) -> int:
        return math.prod(self.shape) if self.shape else 0

    @property
    def is_whole(self) -> bool:
        return self.n_there >= self.n_bytes


@dataclass(frozen=True)
class Survey:
    """What a file holds. `notes` tell what is odd about it, such as a missing end; `size` in bytes, unpacked."""

    path: Path
    size: int
    is_gzip: bool
    hdus: tuple[Hdu, ...]
    notes: tuple[str, ...]


@dataclass
class Source:
    """Bytes of a plain or gzip file, read forwards in the order of its units; `end` is set when a gzip stream stops."""

    path: Path
    is_gzip: bool
    handle: BinaryIO
    at: int = 0
    damage: str = field(default="")

    def read(self, n: int) -> bytes:
        """The next n bytes, or what there is of them; grows only with what is really there."""
        if not self.is_gzip:
            data = self._stored(n)
            self.at += len(data)
            return data
        parts: list[bytes] = []
        left = n
        while left:
            piece = self._unpack(min(left, CHUNK))
            if not piece:
                break
            parts.append(piece)
            left -= len(piece)
        return b"".join(parts)

    def skip_to(self, at: int) -> int:
        """Go forward to this byte; how far it got."""
        if not self.is_gzip:
            size = self.path.stat().st_size
            self.at = min(at, size)
            self.handle.seek(self.at)
            return self.at
        while self.at < at and self._unpack(min(at - self.at, CHUNK)):
            pass
        return self.at

    def _stored(self, n: int) -> bytes:
        try:
            return self.handle.read(n)
        except gzip.BadGzipFile:
            raise
        except OSError as error:
            raise DarkroomError(
                f"{self.path.name} cannot be read beyond byte {self.at:,} ({error.strerror or error}): that is the disk or the "
                "network, not the file. Try again or copy it from elsewhere."
            ) from None

    def _unpack(self, n: int) -> bytes:
        if self.damage:
            return b""
        try:
            piece = self._stored(n)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.damage = f"the gzip stream breaks off or is damaged after {self.at:,} bytes ({error})"
            return b""
        self.at += len(piece)
        if self.at > MAX_UNPACKED_BYTES:
            raise DarkroomError(
                f"{self.path.name}: unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB: expected images of a CCD. "
                "Unpack and split it."
            )
        return piece


def opened(path: Path) -> Source:
    """Open a file for reading; the caller closes `handle`."""
    try:
        with path.open("rb") as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
        return Source(path, is_gzip, gzip.open(path, "rb") if is_gzip else path.open("rb"))  # type: ignore[arg-type]
    except OSError as error:
        raise DarkroomError(
            f"{path.name} cannot be opened ({error.strerror}): choose a file that can be read."
        ) from None


def survey(path: Path) -> Survey:
    """List the units of a file without reading its images (a gzip stream is unpacked once, piece by piece)."""
    source = opened(path)
    with source.handle:
        hdus, notes = [], []
        for hdu, problem in _units(source):
            notes += [problem] if problem else []
            if hdu is not None:
                hdus.append(hdu)
        size = source.at if source.is_gzip else path.stat().st_size
        notes += [source.damage] if source.damage else []
    return Survey(path, size, source.is_gzip, tuple(hdus), tuple(notes))


def _units(source: Source) -> Iterator[tuple[Hdu | None, str]]:
    """Every unit with what is wrong with it; ends at the end of the file or where units can no longer be told apart."""
    for index in range(MAX_HDUS):
        cards, problem = _header(source, index)
        if cards is None:
            if index == 0:
                problem = source.damage or problem
                raise DarkroomError(f"{source.path.name}: not a FITS file ({problem}): choose a FITS image.")
            yield None, problem
            return
        n_bytes = data_bytes(cards)
        if n_bytes < 0:
            raise DarkroomError(
                f"{source.path.name}: the sizes in the header of HDU {index} make no sense: expected whole numbers of "
                "at least 0 in NAXISn, PCOUNT and GCOUNT. Copy the file again or write it anew."
            )
        if n_bytes > MAX_DATA_BYTES:
            raise DarkroomError(
                f"{source.path.name}: HDU {index} declares {n_bytes:,} bytes: expected an image of at most "
                f"{MAX_PIXELS:,} pixels. Cut it or leave it out."
            )
        data_at = source.at
        padded = data_at + -(-n_bytes // BLOCK) * BLOCK
        reached = source.skip_to(padded)
        there = min(n_bytes, reached - data_at)
        hdu = Hdu(index, cards, data_at, n_bytes, there)
        if there < n_bytes:
            yield hdu, f"HDU {index} is truncated: {reached:,} of {data_at + n_bytes:,} bytes"
            return
        if reached < padded:
            yield hdu, f"the padding after HDU {index} is missing ({padded - reached:,} bytes); the data are whole"
            return
        yield hdu, ""
    yield None, f"only the first {MAX_HDUS} units are read"


def _header(source: Source, index: int) -> tuple[dict[str, Value] | None, str]:
    """The cards of the header that begins here, or None and why there is none ("" at the end of the file)."""
    text = b""
    for _ in range(MAX_HEADER_BLOCKS):
        block = source.read(BLOCK)
        if not text:
            if not block:
                return None, "it is empty" if index == 0 else ""
            if not block.startswith(b"SIMPLE  =" if index == 0 else b"XTENSION="):
                return None, _no_header(block, index)
        text += block
        cards = [text[i : i + CARD] for i in range(len(text) - len(block), len(text), CARD)]
        if any(card.rstrip() == b"END" for card in cards):
            return parse(text), ""
        if len(block) < BLOCK:
            return None, f"the header of HDU {index} is cut off"
    return None, f"the header of HDU {index} has no END within {MAX_HEADER_BLOCKS * BLOCK // CARD:,} cards"


def _no_header(block: bytes, index: int) -> str:
    if index:
        return f"what follows HDU {index - 1} is not a FITS unit"
    words = container.described(block)
    return f"it is {words}" if words not in ("", container.FITS) else "it does not begin with SIMPLE"


def axes(cards: Mapping[str, Value], z: str = "") -> tuple[int, ...]:
    """NAXISn (with `z` = "Z": those of the compressed image), fastest first; () where they are missing or no numbers."""
    n = cards.get(f"{z}NAXIS", 0)
    if not _is_count(n) or not 0 < int(n) <= 16:
        return ()
    sizes = [cards.get(f"{z}NAXIS{i + 1}", -1) for i in range(int(n))]
    return tuple(int(size) for size in sizes) if all(map(_is_count, sizes)) else ()


def data_bytes(cards: Mapping[str, Value]) -> int:
    """Bytes of the data of a unit without padding; -1 where the header makes no sense."""
    n, bits = cards.get("NAXIS", 0), cards.get("BITPIX", 0)
    group, extra = cards.get("GCOUNT", 1), cards.get("PCOUNT", 0)
    if not all(map(_is_count, (n, group, extra))) or bits not in (8, 16, 32, 64, -32, -64):
        return -1
    if n == 0:
        return 0
    sizes = axes(cards)
    if not sizes:
        return -1
    if sizes[0] == 0 and cards.get("GROUPS") is True:
        sizes = sizes[1:]
    return abs(int(bits)) // 8 * int(group) * (int(extra) + math.prod(sizes))


def _is_count(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
