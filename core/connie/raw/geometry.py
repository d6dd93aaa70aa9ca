"""Which part of a raw image belongs to which amplifier: active columns, the columns of the pedestal, and where they go.

Widths and heights of CONNIE reads without BIASW in the header: PhMota/CONNIEtools (Image.parse_width, parse_height).
"""

from collections.abc import Mapping as Cards
from dataclasses import dataclass, replace

from core.connie.mapping import Mapping
from core.connie.raw.cards import Value, card_of, count, real
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
    """Half-open ranges in the raw image: rows, active columns, pedestal columns (the active ones if there is no
    overscan). The active part goes to (to_y, to_x) of the
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
    """Amplifiers and size (ny, nx) of the assembled image; `average`: the amplifiers are reads of the same pixels;
    `from_pixels`: pedestal and noise come from the active pixels. `notes`: what was chosen without being asked for."""

    amplifiers: tuple[Amplifier, ...]
    shape: tuple[int, int]
    row_binning: int
    average: bool = False
    from_pixels: bool = False
    notes: tuple[str, ...] = ()

    @property
    def seam_columns(self) -> tuple[int, ...]:
        """Columns of the assembled image at which a further amplifier begins."""
        return tuple(sorted({a.to_x for a in self.amplifiers} - {0}))

    @property
    def seam_rows(self) -> tuple[int, ...]:
        """Rows of the assembled image at which a further amplifier begins."""
        return tuple(sorted({a.to_y for a in self.amplifiers} - {0}))


def geometry(shape: tuple[int, int], cards: Cards[str, Value], mapping: Mapping, name: str) -> Geometry:
    """How a raw image (ny, nx) is cut; refuses one of another camera, and where the overscan is not known."""
    ny, nx = shape
    _check_camera(shape, cards, mapping, name)
    n_amplifiers, before, overscan, is_full = _columns(nx, cards, mapping, name)
    rows, binning = _rows(ny, cards, mapping)
    half = nx // 2 if n_amplifiers > 1 else nx
    active = half - before - overscan
    if active < 1 or rows >= ny:
        raise DarkroomError(
            f"{name}: no active pixel is left of {ny} x {nx} with {before} prescan and {overscan} overscan columns per "
            f"amplifier and {rows} overscan rows: correct the geometry in the mapping."
        )
    from_pixels = mapping.pedestal_from == "pixels" or (mapping.pedestal_from == "overscan" and not overscan)
    pedestal = (before, half - overscan) if from_pixels else _pedestal(half, before, overscan, mapping, name)
    amplifiers, size, notes = _placed(shape, rows, (before, half - overscan), pedestal, n_amplifiers, is_full, mapping)
    if from_pixels:
        notes = (*notes, "there is no overscan: pedestal and noise are those of the image's own pixels")
    is_mean = mapping.reads == "mean" and n_amplifiers == 2
    return Geometry(amplifiers, size, binning, is_mean, from_pixels, notes)


def _check_camera(shape: tuple[int, int], cards: Cards[str, Value], mapping: Mapping, name: str) -> None:
    """Refuse an image that lacks what every image of the mapping's camera has."""
    wanted = (mapping.image_rows or shape[0], mapping.image_columns or shape[1])
    problems = (
        [f"{shape[0]:,} x {shape[1]:,} pixels, expected {wanted[0]:,} x {wanted[1]:,}"] if shape != wanted else []
    )
    missing = [key for key in mapping.needed_cards if card_of(cards, key) is None]
    problems += [f"no card {', '.join(missing)} in the header"] if missing else []
    if problems:
        raise DarkroomError(
            f"{name} is no image of this camera ({mapping.title or 'the mapping has no title'}): {'; '.join(problems)}. Choose "
            "another mapping ('image_rows', 'image_columns', 'needed_cards' say what it needs)."
        )


def _placed(
    shape: tuple[int, int], rows: int, inside: tuple[int, int], pedestal: tuple[int, int], n_amplifiers: int, is_full: bool,
    mapping: Mapping,
) -> tuple[tuple[Amplifier, ...], tuple[int, int], tuple[str, ...]]:  # fmt: skip
    """The amplifiers, the size of the assembled image, and notes on defaults that were chosen.

    `inside`, `pedestal`: columns of the left amplifier; `rows`: of overscan.
    """
    (ny, nx), active = shape, inside[1] - inside[0]
    half = nx // 2 if n_amplifiers > 1 else nx
    left = Amplifier(0, (0, ny - rows), inside, pedestal, 0, 0, False)
    if n_amplifiers == 1:
        return (left,), (ny - rows, active), ()
    mirrored = n_amplifiers == 4 or mapping.right_half == "mirrored"
    first, second = ((nx - b, nx - a) if mirrored else (nx - half + a, nx - half + b) for a, b in (inside, pedestal))
    right = Amplifier(1, (0, ny - rows), first, second, 0, active, not mirrored)
    if n_amplifiers == 4:
        return _quadrants(left, right, ny), (ny, 2 * active), ()
    reads = mapping.reads if mapping.reads != "auto" else "left" if is_full else "beside"
    if reads == "beside":
        return (left, right), (ny - rows, 2 * active), ()
    # both in reading order, so that they show the same pixels
    right = replace(right, to_x=0, flip=mirrored)
    chosen = {"left": (left,), "right": (right,), "mean": (left, right)}[reads]
    note = "two reads of the whole CCD: the left one is used ('reads' in the mapping)"
    return chosen, (ny - rows, active), (note,) * (mapping.reads == "auto")


def _quadrants(left: Amplifier, right: Amplifier, ny: int) -> tuple[Amplifier, ...]:
    """Both lower and both upper quadrants; the rows stand in the file as on the CCD."""
    halves = ((0, ny // 2), (ny // 2, ny))
    places = [(rows, amplifier) for rows in halves for amplifier in (left, right)]
    return tuple(replace(a, number=i, rows=rows, to_y=rows[0]) for i, (rows, a) in enumerate(places))


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
    overscan = mapping.overscan_columns or count(cards, "BIASW")
    known = WIDTHS.get(nx)
    if known is not None and overscan in (0, known[1]) and mapping.amplifiers in ("auto", ("one", "two")[known[0] - 1]):
        return known[0], before, known[1], True
    if not overscan and mapping.pedestal_from == "overscan" and real(cards, "BIASW") != 0:
        raise DarkroomError(
            f"{name}: the overscan of an image of {nx} columns is not known: expected BIASW in the header or one of the "
            f"widths {', '.join(map(str, sorted(WIDTHS)))}. Set 'overscan_columns' (and 'amplifiers') in the mapping, or "
            'pedestal_from = "pixels" for a camera without overscan.'
        )
    return n, before, overscan, False


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
