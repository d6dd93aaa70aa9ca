"""Tables of sensors, as JUNO's groups and RAT write them, to a `Geometry`.

Text: commas or white space, a header or none, lines that begin with # or " are comments, blank lines are passed over. Without a
header the columns are number x y z (others are ignored), x y z, or place-in-ring theta phi: then numbers count from 0. RAT:
`PMTINFO.ratdb`, arrays x, y, z, type by name. Lengths are mm where sensors stand beyond 100, angles degrees where they pass pi.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.juno.geometry import LS_RADIUS_M, RADIUS_M, Geometry
from core.juno.mapping import Mapping

MAX_BYTES = 64 << 20
LEAST_SENSORS = 12  # fewer cannot enclose anything
BEYOND_IS_MM = 100.0
MOST_ALIKE = 0.9  # RAT's sphere has some sensors twice, where its rings close
HEADERS = {
    "id": ("pmtid", "pmt_id", "id", "copyno", "copy", "sipmid", "pmt", "channel"),
    "x": ("x",), "y": ("y",), "z": ("z",), "r": ("r", "radius"),
    "theta": ("theta",), "phi": ("phi",), "type": ("type", "pmttype", "kind"),
}  # fmt: skip
_RATDB = re.compile(r'"?(x|y|z|type)"?\s*:\s*\[([^\]]*)\]')

Columns = dict[str, np.ndarray]
"""Of n sensors: id, x, y, z, or theta, phi and maybe r instead; maybe tts [ns] or type."""


PLAIN = Mapping()


def read_table(path: Path, mapping: Mapping = PLAIN) -> Geometry:
    """The sensors of a table, ascending by number."""
    text = _text(path)
    columns = _ratdb(text, path) if text.lstrip().startswith("{") else _lines(text, path)
    return geometry(columns, mapping, path)


def _text(path: Path) -> str:
    try:
        n_bytes = path.stat().st_size
        if n_bytes > MAX_BYTES:
            raise DarkroomError(
                f"{path.name} has {n_bytes:,} bytes: expected a table of sensors, at most {MAX_BYTES:,}."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DarkroomError(
            f"{path.name} is no text: expected a table of sensors, in text (UTF-8). Choose another."
        ) from None
    except OSError as error:
        raise DarkroomError(f"{path.name} cannot be read ({error.strerror}): expected a table of sensors.") from None


def _ratdb(text: str, path: Path) -> Columns:
    text = re.sub(r"//[^\n]*", "", text)
    columns: Columns = {}
    for name, values in _RATDB.findall(text):
        words = [word.rstrip("fd") for word in values.replace(",", " ").split()]
        columns.setdefault(name, _numbers(words, path, f"'{name}'"))
    if not {"x", "y", "z"} <= columns.keys() or len({len(values) for values in columns.values()}) != 1:
        lengths = ", ".join(f"{name} {len(values):,}" for name, values in columns.items()) or "none"
        raise DarkroomError(
            f"{path.name}: expected arrays x, y and z of equal length, there are: {lengths}. Choose another table."
        )
    if "type" in columns:
        columns["type"] = np.array([f"{number:g}" for number in columns["type"]])
    return {"id": np.arange(len(columns["x"])), **columns}


def _lines(text: str, path: Path) -> Columns:
    """The columns of a table of text."""
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith(("#", '"')):
            rows.append((number, [word for word in re.split(r"[,;\s]+", line.strip()) if word]))
    if not rows:
        raise DarkroomError(f"{path.name} holds no line of a table: expected one per sensor. Choose another.")
    names = [] if _is_number(rows[0][1][0]) else [word.strip("'\"").lower() for word in rows.pop(0)[1]]
    width = len(rows[0][1]) if rows else len(names)
    odd = next(((number, row) for number, row in rows if len(row) != width), None)
    if odd:
        raise DarkroomError(
            f"{path.name}: line {odd[0]} has {len(odd[1])} columns, the first has {width}: expected as many in all. Correct the table."
        )
    table = [[row[i] for _, row in rows] for i in range(width)]
    where = {i: f"column {i + 1} ({names[i]})" if i < len(names) else f"column {i + 1}" for i in range(width)}
    return _named(table, names, path, where) if names else _unnamed(table, path, where)


def _named(table: Sequence[list[str]], names: list[str], path: Path, where: dict[int, str]) -> Columns:
    columns: Columns = {}
    for i, (name, words) in enumerate(zip(names, table, strict=False)):
        field = next((field for field, spellings in HEADERS.items() if re.sub(r"\W.*", "", name) in spellings), None)
        if field and field not in columns:
            columns[field] = np.array(words) if field == "type" else _numbers(words, path, where[i])
    has_place = {"x", "y", "z"} <= columns.keys() or {"theta", "phi"} <= columns.keys()
    if not has_place:
        raise DarkroomError(
            f"{path.name} has the columns {', '.join(names)}: expected x, y and z, or theta and phi, of sensors. Choose another."
        )
    columns.setdefault("id", np.arange(len(table[0])))
    return columns


def _unnamed(table: Sequence[list[str]], path: Path, where: dict[int, str]) -> Columns:
    of_numbers = [i for i, words in enumerate(table) if _is_number(words[0])]
    numeric = [_numbers(table[i], path, where[i]) for i in of_numbers]
    if len(numeric) < 3:
        raise DarkroomError(
            f"{path.name} has {len(numeric)} columns of numbers: expected number, x, y and z of sensors. Choose another."
        )
    types = [np.array(words) for i, words in enumerate(table) if i not in of_numbers]
    extra = {"type": types[0]} if types else {}
    counted = np.arange(len(numeric[0]))
    if len(numeric) > 3:
        return {"id": numeric[0], **dict(zip("xyz", numeric[1:4], strict=True)), **extra}
    first, theta, phi = numeric
    if (first == np.floor(first)).all() and (theta >= 0).all() and theta.max() <= 180.0 and np.abs(phi).max() <= 360.0:
        return {"id": counted, "theta": theta, "phi": phi, **extra}
    return {"id": counted, **dict(zip("xyz", numeric, strict=True)), **extra}


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(words: Sequence[str], path: Path, where: str) -> np.ndarray:
    try:
        return np.array(words, np.float64)
    except ValueError:
        bad = next(word for word in words if not _is_number(word))
        raise DarkroomError(f"{path.name}: {where} holds '{bad[:40]}': expected numbers. Correct the table.") from None


def geometry(columns: Columns, mapping: Mapping, path: Path) -> Geometry:
    """Columns of a table as a geometry in m, ascending by number; what cannot be one is refused. Water-pool sensors are left out."""
    number = np.asarray(columns["id"], np.float64)
    place = _placed(columns, mapping)
    tts = np.asarray(columns["tts"], np.float64) if "tts" in columns else _tts_of_type(columns, mapping)
    lengths = {len(number), len(place), len(tts)}
    if len(lengths) > 1:
        raise DarkroomError(
            f"{path.name}: the columns of the table of sensors are of different lengths: write it again."
        )
    if not np.isfinite(place).all() or not np.isfinite(number).all() or not np.isfinite(tts).all():
        broken = ~(np.isfinite(place).all(axis=1) & np.isfinite(number) & np.isfinite(tts))
        raise DarkroomError(
            f"{path.name}: sensor {int(np.argmax(broken)) + 1} of the table has no place (NaN): correct the table."
        )
    if not ((number == np.floor(number)) & (number >= 0) & (number < 2**31)).all():
        raise DarkroomError(
            f"{path.name}: the first column of the table is no number of a sensor (whole, from 0): choose another."
        )
    in_pool = (number >= mapping.pool_low) & (number <= mapping.pool_high) & (mapping.pool_low >= 0)
    order = np.argsort(number[~in_pool], kind="stable")
    number, place, tts = (values[~in_pool][order] for values in (number, place, tts))
    if len(number) < LEAST_SENSORS:
        raise DarkroomError(
            f"{path.name} lists {len(number)} sensors: expected at least {LEAST_SENSORS}. Choose another table."
        )
    if len(same := np.flatnonzero(np.diff(number) == 0)):
        raise DarkroomError(
            f"{path.name} lists sensor {number[same[0]]:.0f} twice: expected each once. Correct the table."
        )
    if (n_places := len(np.unique(place, axis=0))) < MOST_ALIKE * len(place):
        raise DarkroomError(
            f"{path.name}: {len(place):,} sensors stand at {n_places:,} places: expected each at its own. Choose another table."
        )
    radius = float(np.median(np.linalg.norm(place, axis=1)))
    if not radius > 0:
        raise DarkroomError(f"{path.name}: the sensors stand at the centre: expected positions. Choose another table.")
    position_m = place / 1000.0 if radius > BEYOND_IS_MM else place
    radius_m = radius / 1000.0 if radius > BEYOND_IS_MM else radius
    ls_radius_m = mapping.ls_radius_m or radius_m * LS_RADIUS_M / RADIUS_M
    return Geometry(number.astype(np.int64), position_m, tts.astype(np.float32), ls_radius_m)


def _placed(columns: Columns, mapping: Mapping) -> np.ndarray:
    """float64 (n, 3), in the table's unit."""
    if {"x", "y", "z"} <= columns.keys():
        return np.stack([np.asarray(columns[axis], np.float64) for axis in "xyz"], axis=1)
    theta, phi = columns["theta"], columns["phi"]
    if theta.max() > np.pi + 1e-3 or np.abs(phi).max() > 2.0 * np.pi + 1e-3:
        theta, phi = np.radians(theta), np.radians(phi)
    direction = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)
    return direction * np.asarray(columns.get("r", mapping.table_radius_m)).reshape(-1, 1)


def _tts_of_type(columns: Columns, mapping: Mapping) -> np.ndarray:
    tts_ns = np.full(len(columns["id"]), mapping.tts_ns)
    for name, of_type in zip(mapping.types, mapping.types_tts_ns, strict=True):
        if "type" in columns:
            tts_ns[np.char.lower(columns["type"].astype(str)) == name.lower()] = of_type
    return tts_ns
