"""Tables of FITS files: one unit at a time, by astropy, with a header of its own that holds only what a table needs.

A file may break its other headers in ways on which astropy stumbles when it opens the whole of it.
"""

import io
import re
import warnings
from collections.abc import Mapping as Cards
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.connie.raw.cards import BLOCK, CARD, Value
from core.connie.raw.hdus import Hdu, opened
from core.errors import DarkroomError

KEPT = re.compile(
    r"XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM|SCAL|ZERO|NULL|DIM)\d+|BZERO|BSCALE|BLANK"
    r"|Z(IMAGE|BITPIX|NAXIS\d*|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|QUANTIZ|DITHER0|BLANK|SCALE|ZERO|TENSION|PCOUNT|GCOUNT)"
)


def columns(path: Path, unit: Hdu, needed: Sequence[str]) -> dict[str, np.ndarray | list[np.ndarray]]:
    """All columns of a whole unit in the machine's byte order: arrays (n,), lists of arrays where their length varies.

    Refuses a unit that is no table, lacks one of the columns that are needed, or has a header that makes no sense.
    """
    from astropy.io import fits

    source = opened(path)
    with source.handle:
        source.skip_to(unit.data_at)
        data = source.read(unit.n_bytes)
    title = unit.name or f"HDU {unit.index}"
    table: dict[str, np.ndarray | list[np.ndarray]] = {}
    known = {str(value).strip() for key, value in unit.cards.items() if re.fullmatch(r"TTYPE\d+", key)}
    missing = [name for name in needed if name not in known]
    if missing:
        raise DarkroomError(
            f"{path.name}: its table {title} has the columns {', '.join(sorted(known))[:300] or 'none'}, expected "
            f"{', '.join(missing)} too: correct the names in the mapping, or write the file anew."
        )
    file = io.BytesIO(alone(unit.cards, data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the bytes are all there, and what cannot be understood raises
            with fits.open(file, memmap=False) as hdus:
                records = hdus[1].data
                for name in records.names:
                    values = records[name]
                    table[name] = [np.array(v) for v in values] if values.dtype == object else _native(np.array(values))
    except (
        AttributeError,
        IndexError,
        KeyError,
        OSError,
        OverflowError,
        TypeError,
        ValueError,
        fits.VerifyError,
    ) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
        raise DarkroomError(f"{path.name}: the header of its table {title} cannot be understood ({reason}): write it anew.") from None  # fmt: skip
    return table


def _native(values: np.ndarray) -> np.ndarray:
    return values.astype(values.dtype.newbyteorder("="))


def alone(cards: Cards[str, Value], data: bytes) -> bytes:
    """A FITS file with this unit alone, of whose header only what astropy needs is kept."""
    primary = _header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True})
    header = _header({key: value for key, value in cards.items() if KEPT.fullmatch(key)})
    return b"".join([primary, header, data, bytes(-len(data) % BLOCK)])


def _header(cards: Cards[str, Value]) -> bytes:
    """Header blocks of these cards; texts among them are short names, for others were left out."""
    lines = []
    for key, value in cards.items():
        text = {True: "T", False: "F"}[value] if isinstance(value, bool) else repr(value)
        if isinstance(value, str):
            text = "'" + value.replace("'", "''").ljust(8) + "'"
        lines.append(f"{key:8}= {text:>20}".ljust(CARD)[:CARD])
    header = "".join([*lines, "END".ljust(CARD)]).encode("ascii", errors="replace")
    return header.ljust(-(-len(header) // BLOCK) * BLOCK)
