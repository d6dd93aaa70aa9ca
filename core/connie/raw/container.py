"""The kind of a file by its first bytes, independent of its name."""

import gzip
import zlib
from pathlib import Path

from core.errors import DarkroomError

FITS = "a FITS file"
TEXT = "text"
MAGIC = (
    (b"SIMPLE  =", FITS), (b"\x89HDF\r\n\x1a\n", "an HDF5 file"), (b"root\0", "a ROOT file"), (b"PAR1", "a Parquet file"),
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"II*\0", "a TIFF image"), (b"MM\0*", "a TIFF image"),
    (b"\x93NUMPY", "a NumPy array"), (b"PK\x03\x04", "a ZIP archive"), (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ", "an xz archive"),
    (b"%PDF", "a PDF document"), (b"XTENSION", "a part of a FITS file without its beginning"),
)  # fmt: skip
HEAD_BYTES = 4096


def described(head: bytes) -> str:
    """The kind of a file by its first bytes (unpacked), in words; '' where that is not known, TEXT for text."""
    known = next((words for magic, words in MAGIC if head.startswith(magic)), "")
    if known or not head:
        return known
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # a letter may be cut in two at the end of what was read
            return ""
        text = head[: error.start].decode("utf-8-sig")
    return TEXT if all(c.isprintable() or c in "\t\r\n" for c in text) else ""


def of(path: Path) -> str:
    """The kind of a file, a gzip stream unpacked; see `described`."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(path, "rb") as unpacked:
                head = unpacked.read(HEAD_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return "a gzip file that is cut off or damaged"
    except OSError as error:
        raise DarkroomError(
            f"{path.name} cannot be opened ({error.strerror}): choose a file that can be read."
        ) from None
    return described(head)
