"""A table of human votes beside a folder of small images: read with distrust, for it comes from somewhere else.

One line per image: its name, and either one column per class with votes or one column with a label. Class names are
those of the table. Images lie below the table's folder, links followed; whatever leads out of it is refused.
"""

import csv
import io
import math
import unicodedata
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as pictures
from PIL import UnidentifiedImageError

from core.data.classnames import checked_class
from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.connie.mapping import Mapping

MAX_TABLE_BYTES = 50_000_000
MAX_ROWS = 1 << 16  # what an identity has room for
MAX_CLASSES = 40
MAX_FILE_BYTES = 8_000_000
MAX_SIDE_PX = 1024
SUM_TOLERANCE = 0.02  # parts are often rounded to two digits


@dataclass(frozen=True)
class VoteTable:
    """names: of the images (n); classes; votes float32 (n, n_classes) as parts of all judges; crc32 of the file."""

    path: Path
    names: tuple[str, ...]
    classes: tuple[str, ...]
    votes: np.ndarray
    crc32: int

    @property
    def labels(self) -> np.ndarray:
        """int8 (n,): the class with most votes, -1 at a tie and where nobody voted."""
        most = self.votes.max(axis=1, initial=0.0)
        is_clear = (self.votes >= most[:, None] - 1e-6).sum(axis=1) == 1
        return np.where(is_clear & (most > 0), self.votes.argmax(axis=1), -1).astype(np.int8)


def read_table(path: Path, mapping: "Mapping") -> VoteTable:
    """Read and check a table (.csv or .txt; comma, semicolon or tab)."""
    data = _bytes(path)
    header, lines = _cells(path, data)
    image = _place(path, header, mapping.votes_image or header[0], "votes_image")
    if mapping.votes_label:
        label = _place(path, header, mapping.votes_label, "votes_label")
        classes, votes = _from_labels(path, [cells[label] for cells in lines])
    else:
        named = mapping.votes_columns or tuple(name for i, name in enumerate(header) if i != image)
        places = [_place(path, header, name, "votes_columns") for name in named]
        classes = tuple(checked_class(header[i], path.name) for i in places)
        votes = _from_votes(path, header, places, lines, mapping)
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise DarkroomError(f"{path.name}: the table has {len(classes)} classes, expected 2 to {MAX_CLASSES}: correct 'votes_columns' or 'votes_label'.")  # fmt: skip
    names = tuple(cells[image].strip() for cells in lines)
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise DarkroomError(f"{path.name}: the image '{twice}' has several lines, expected one: its votes would be counted twice.")  # fmt: skip
    return VoteTable(path, names, classes, votes, zlib.crc32(data))


def read_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """(header, lines) of a table, nothing of it understood yet."""
    return _cells(path, _bytes(path))


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_TABLE_BYTES:
            raise DarkroomError(f"{path.name}: the table has {size / 1e6:.0f} MB, at most {MAX_TABLE_BYTES / 1e6:.0f} are read: divide it.")  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise DarkroomError(f"{path.name}: cannot be read ({error.strerror}): copy it again.") from None


def _cells(path: Path, data: bytes) -> tuple[list[str], list[list[str]]]:
    """(header, lines), every line as long as the header."""
    wanted = "expected a table of text with a header line and one line per image"
    try:
        text = data.decode("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DarkroomError(f"{path.name}: not a table ({error}), {wanted}.") from None
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DarkroomError(f"{path.name}: found {max(len(rows) - 1, 0)} lines below the header, {wanted}.")
    if len(rows) - 1 > MAX_ROWS:
        raise DarkroomError(f"{path.name}: {len(rows) - 1:,} images, at most {MAX_ROWS:,} are read from one table: divide it.")  # fmt: skip
    header = [unicodedata.normalize("NFC", name.strip()) for name in rows[0]]
    if len(set(header)) < len(header):
        raise DarkroomError(f"{path.name}: two columns have the same name ({', '.join(header)[:200]}): rename one.")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise DarkroomError(f"{path.name}: line {number} has {len(row)} cells, expected {len(header)} as in the header.")  # fmt: skip
    return header, rows[1:]


def _place(path: Path, header: list[str], name: str, field: str) -> int:
    name = unicodedata.normalize("NFC", name)
    if name not in header:
        raise DarkroomError(f"{path.name}: there is no column '{name}' (there are: {', '.join(header)[:200]}): correct '{field}'.")  # fmt: skip
    return header.index(name)


def _from_labels(path: Path, labels: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Classes in the order of the alphabet; an empty cell is no label."""
    names = [unicodedata.normalize("NFC", label.strip()) for label in labels]
    classes = tuple(checked_class(name, path.name) for name in sorted(set(names) - {""}))
    if len(classes) > MAX_CLASSES:
        return classes, np.zeros((0, 0), np.float32)  # refused by the caller
    return classes, np.array([[float(label == name) for name in classes] for label in names], np.float32)


def _from_votes(
    path: Path, header: list[str], places: list[int], lines: list[list[str]], mapping: "Mapping"
) -> np.ndarray:
    """float32 (n, n_classes): parts of all judges."""
    is_part = mapping.votes_are == "fractions"
    votes = np.empty((len(lines), len(places)))
    for i, cells in enumerate(lines):
        for j, place in enumerate(places):
            votes[i, j] = _number(path, i + 2, header[place], cells[place], is_part)
        if is_part and votes[i].sum() > 1.0 + SUM_TOLERANCE:
            raise DarkroomError(f"{path.name}: the votes of line {i + 2} add up to {votes[i].sum():g}, expected parts of at most 1 together; numbers of judges need votes_are = \"counts\".")  # fmt: skip
    if not is_part:
        votes /= mapping.votes_judges or np.maximum(votes.sum(axis=1, keepdims=True), 1.0)
        if votes.sum(axis=1).max(initial=0.0) > 1.0 + SUM_TOLERANCE:
            raise DarkroomError(f"{path.name}: a line has more votes than there are judges ({mapping.votes_judges}): correct 'votes_judges'.")  # fmt: skip
    return votes.astype(np.float32)


def _number(path: Path, line: int, column: str, text: str, is_part: bool) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0.0 <= value <= (1.0 if is_part else 1e6)):  # false for NaN
        wanted = "a part from 0 to 1" if is_part else "a number of judges"
        raise DarkroomError(f"{path.name}: line {line} has {text[:40]!r} in column '{column}', expected {wanted}; name the columns with votes in 'votes_columns' if this is none.")  # fmt: skip
    return value


def image_path(table: VoteTable, name: str, mapping: "Mapping") -> Path:
    """Where an image lies: below the table's folder after links were followed, or refused."""
    folder = table.path.resolve().parent
    relative = mapping.votes_path.replace("{name}", name)
    try:
        real = (folder / relative).resolve(strict=True)
        is_inside = not Path(relative).is_absolute() and real.is_relative_to(folder) and real.is_file()
    except FileNotFoundError:
        is_inside = ".." in Path(relative).parts or Path(relative).is_absolute()
        if not is_inside:
            raise DarkroomError(f"{table.path.name}: the image '{relative[:200]}' is missing below the table's folder: copy it there or correct 'votes_path'.") from None  # fmt: skip
        is_inside = False
    except (OSError, RuntimeError, ValueError):
        is_inside = False
    if not is_inside:
        raise DarkroomError(f"{table.path.name}: '{relative[:200]}' is no image below the table's folder: names must not lead out of it.")  # fmt: skip
    return real


def read_grey(path: Path) -> np.ndarray:
    """float32 (height, width): mean of red, green and blue, 0 to 255, of a PNG; transparency is ignored."""
    data = _image_bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pictures.DecompressionBombWarning)
            with pictures.open(io.BytesIO(data), formats=["PNG"]) as picture:
                if max(picture.size) > MAX_SIDE_PX:
                    raise DarkroomError(f"{path.name}: the image has {picture.width} x {picture.height} pixels, at most {MAX_SIDE_PX} on a side are read: cut it out smaller.")  # fmt: skip
                picture.verify()  # every chunk to the end; after it the image has to be opened again
            with pictures.open(io.BytesIO(data), formats=["PNG"]) as picture:
                if picture.mode.startswith("I") or picture.mode == "F":  # 16 bit
                    return (np.asarray(picture, np.float32) / np.float32(257.0)).astype(np.float32)
                return np.asarray(picture.convert("RGB"), np.float32).mean(axis=2, dtype=np.float32)
    except (pictures.DecompressionBombError, pictures.DecompressionBombWarning):
        raise DarkroomError(f"{path.name}: the image has far too many pixels: cut it out smaller.") from None
    except UnidentifiedImageError:
        raise DarkroomError(f"{path.name}: not a PNG image: save it as PNG.") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise DarkroomError(f"{path.name}: the image is damaged ({error}): copy it again.") from None


def _image_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DarkroomError(f"{path.name}: the image has {size / 1e6:.1f} MB, at most {MAX_FILE_BYTES / 1e6:g} are read: cut it out smaller.")  # fmt: skip
        return path.read_bytes()
    except OSError as error:
        raise DarkroomError(f"{path.name}: the image cannot be read ({error.strerror}): copy it again.") from None
