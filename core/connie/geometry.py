"""Which part of a raw image belongs to which amplifier: active columns, the columns of the pedestal, and where they go.

Widths and heights of CONNIE reads without BIASW in the header: PhMota/CONNIEtools (Image.parse_width, parse_height).
"""

from collections.abc import Mapping as Cards
from dataclasses import dataclass, replace

from core.connie.cards import Value, count
from core.connie.mapping import Mapping
from core.errors import DarkroomError

# width of the file -> amplifiers, overscan columns of each; all are reads of the whole CCD. A width of 9340 is twice
# 4120 + 550 although the mode has 450 overscan columns: what lies between them holds no charge either.
WIDTHS = {
    8540: (2, 150), 9140: (2, 450), 9340: (2, 550),
    4270: (1, 150), 4570: (1, 450), 4262: (1, 150), 4562: (1, 450), 4662: (1, 550),
}  # fmt: skip
# height -> overscan rows, hardware binning
HEIGHTS = {4220: (90, 1), 4216: (90, 1), 900: (70, 5), 899: (70, 5)}
MIN_PEDESTAL_COLUMNS = 8


@dataclass(frozen=True)
class Amplifier:
    """Half-open ranges in the raw image: rows, active columns, pedestal columns. The active part goes to (to_y, to_x) of the
    assembled image, turned round along x if `flip`. `number` counts left, right or the quadrants."""

    number: int
    rows: tuple[int, int]
    active: tuple[int, int]
    pedestal: tuple[int, int]
    to_y: int
    to_x: int
    flip: bool

    @property
    def width(self) -> int:
        return self.active[1] - self.active[0]


@dataclass(frozen=True)
class Geometry:
    """Amplifiers and size (ny, nx) of the assembled image; `average`: the amplifiers are reads of the same pixels.
    `note`: what was chosen without being asked for."""

    amplifiers: tuple[Amplifier, ...]
    shape: tuple[int, int]
    row_binning: int
    average: bool = False
    note: str = ""

    @property
    def seam_columns(self) -> tuple[int, ...]:
        """Columns of the assembled image at which a further amplifier begins."""
        return tuple(sorted({a.to_x for a in self.amplifiers} - {0}))

    @property
    def seam_rows(self) -> tuple[int, ...]:
        """Rows of the assembled image at which a further amplifier begins."""
        return tuple(sorted({a.to_y for a in self.amplifiers} - {0}))


def geometry(shape: tuple[int, int], cards: Cards[str, Value], mapping: Mapping, name: str) -> Geometry:
    """How a raw image (ny, nx) is cut; refuses where the overscan is not known."""
    ny, nx = shape
    n_amplifiers, before, overscan, is_full = _columns(nx, cards, mapping, name)
    rows, binning = _rows(ny, cards, mapping)
    half = nx // 2 if n_amplifiers > 1 else nx
    active = half - before - overscan
    if active < 1 or rows >= ny:
        raise DarkroomError(
            f"{name}: no active pixel is left of {ny} x {nx} with {before} prescan and {overscan} overscan columns per "
            f"amplifier and {rows} overscan rows: correct the geometry in the mapping."
        )
    pedestal = _pedestal(half, before, overscan, mapping, name)
    inside = ((before, half - overscan), pedestal)
    left = Amplifier(0, (0, ny - rows), *inside, 0, 0, False)
    if n_amplifiers == 1:
        return Geometry((left,), (ny - rows, active), binning)
    mirrored = n_amplifiers == 4 or mapping.right_half == "mirrored"
    first, second = ((nx - b, nx - a) if mirrored else (nx - half + a, nx - half + b) for a, b in inside)
    right = Amplifier(1, (0, ny - rows), first, second, 0, active, not mirrored)
    if n_amplifiers == 4:
        return _quadrants(left, right, ny, active, binning)
    reads = mapping.reads if mapping.reads != "auto" else "left" if is_full else "beside"
    if reads == "beside":
        return Geometry((left, right), (ny - rows, 2 * active), binning)
    # both in reading order, so that they show the same pixels
    right = replace(right, to_x=0, flip=mirrored)
    chosen = {"left": (left,), "right": (right,), "mean": (left, right)}[reads]
    note = (
        "two reads of the whole CCD: the left one is used ('reads' in the mapping)" if mapping.reads == "auto" else ""
    )
    return Geometry(chosen, (ny - rows, active), binning, reads == "mean", note)


def _quadrants(left: Amplifier, right: Amplifier, ny: int, active: int, binning: int) -> Geometry:
    """Both lower and both upper quadrants; the rows stand in the file as on the CCD."""
    halves = ((0, ny // 2), (ny // 2, ny))
    places = [(rows, amplifier) for rows in halves for amplifier in (left, right)]
    made = [replace(a, number=i, rows=rows, to_y=rows[0]) for i, (rows, a) in enumerate(places)]
    return Geometry(tuple(made), (ny, 2 * active), binning)


def _pedestal(half: int, before: int, overscan: int, mapping: Mapping, name: str) -> tuple[int, int]:
    """The columns, counted within an amplifier, from which the pedestal is taken."""
    begin, end = (0, before) if mapping.pedestal_from == "prescan" else (half - overscan, half)
    begin += mapping.drop_columns
    if end - begin < MIN_PEDESTAL_COLUMNS:
        raise DarkroomError(
            f"{name}: {max(end - begin, 0)} columns are left for the pedestal ({mapping.pedestal_from} without the first "
            f"{mapping.drop_columns}): expected at least {MIN_PEDESTAL_COLUMNS}. Correct the geometry in the mapping."
        )
    return begin, end


def _columns(nx: int, cards: Cards[str, Value], mapping: Mapping, name: str) -> tuple[int, int, int, bool]:
    """Amplifiers; prescan and overscan columns of each; whether the table knows the width as reads of the whole CCD."""
    before = mapping.prescan_columns or count(cards, mapping.prescan_key)
    n = {"one": 1, "two": 2, "quadrants": 4, "auto": 2}[mapping.amplifiers]
    of_ccd = count(cards, mapping.ccd_columns_key)
    if of_ccd and not mapping.overscan_columns:
        active = of_ccd // 2 // max(1, count(cards, mapping.binning_key))
        return n, before, max(0, (nx // 2 if n > 1 else nx) - before - active), False
    told = mapping.overscan_columns or count(cards, "BIASW")
    known = WIDTHS.get(nx)
    if known is not None and told in (0, known[1]) and mapping.amplifiers in ("auto", ("one", "two")[known[0] - 1]):
        return known[0], before, known[1], True
    if not told and mapping.pedestal_from == "overscan":
        raise DarkroomError(
            f"{name}: the overscan of an image of {nx} columns is not known: expected BIASW in the header or one of the "
            f"widths {', '.join(map(str, sorted(WIDTHS)))}. Set 'overscan_columns' (and 'amplifiers') in the mapping."
        )
    return n, before, told, False


def _rows(ny: int, cards: Cards[str, Value], mapping: Mapping) -> tuple[int, int]:
    """Overscan rows at the end, and rows added up in hardware."""
    rows, binning = HEIGHTS.get(ny, (0, mapping.row_binning))
    if mapping.amplifiers == "quadrants":
        rows, binning = 0, mapping.row_binning
    if mapping.overscan_rows >= 0:
        rows = mapping.overscan_rows
    elif "BIASH" in cards:
        rows = count(cards, "BIASH")
    return rows, count(cards, "REBIN") or binning
