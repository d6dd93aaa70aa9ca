"""Lists of cells or steps -> images: every shower is a run of entries, each with an energy and a place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.zdc.mapping import GEV, MM
from core.zdc.mapping import Mapping as FileMapping
from core.zdc.raw.images import truth_in_our_units
from core.zdc.raw.raw_showers import RawShowers, rows_at_once

MOST_ENTRIES = 50_000_000  # of one shower
MOST_OUTSIDE = 0.5  # of the energy of steps may lie outside the cells
FIELDS = {"cells": ("energy", "column", "row"), "steps": ("energy", "x", "y", "z")}

Rows = tuple[np.ndarray, dict[str, np.ndarray]]
"""One entry per row: the number of its shower int64 (m,), and columns float64 (m,) by field of the mapping, truth by our names."""


@dataclass(frozen=True)
class Lists:
    """n showers with m entries in all: those of shower i are offsets[i] to offsets[i + 1].

    number (n,); columns float64 (m,) by the mapping's fields, in the file's units; truth (n,) by our names.
    """

    number: np.ndarray
    offsets: np.ndarray
    columns: Mapping[str, np.ndarray]
    truth: Mapping[str, np.ndarray]


def entry_names(mapping: FileMapping) -> dict[str, str]:
    """Field -> what the file calls it, of those that each entry has."""
    names = {field: str(getattr(mapping, field)) for field in FIELDS[mapping.layout]}
    return {field: name for field, name in names.items() if name}


def grouped(pieces: Iterator[Rows], truth: tuple[str, ...], path: Path) -> Iterator[Lists]:
    """Pieces of rows, those of a shower one after the other, as showers; the last one of a piece waits for the next.

    The columns named in `truth` are the same in all rows of a shower: its first counts.
    """
    number, columns = np.zeros(0, np.int64), dict[str, np.ndarray]()
    for more, values in pieces:
        if not len(more):
            continue
        columns = {name: np.concatenate([columns[name], v]) for name, v in values.items()} if len(number) else values
        number = np.concatenate([number, more])
        last = int(np.flatnonzero(number != number[-1])[-1]) + 1 if number[0] != number[-1] else 0
        if last:
            yield _lists(number[:last], {name: v[:last] for name, v in columns.items()}, truth)
        number, columns = number[last:], {name: v[last:] for name, v in columns.items()}
        if len(number) > MOST_ENTRIES:
            raise DarkroomError(
                f"{path.name}: shower {number[0]:,} has more than {MOST_ENTRIES:,} entries: divide it, or sum its steps."
            )
    if len(number):
        yield _lists(number, columns, truth)


def _lists(number: np.ndarray, columns: dict[str, np.ndarray], truth: tuple[str, ...]) -> Lists:
    begins = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])
    offsets = np.append(begins, len(number))
    entries = {name: values for name, values in columns.items() if name not in truth}
    return Lists(number[begins], offsets, entries, {name: columns[name][begins] for name in truth})


def showers(lists: Lists, mapping: FileMapping, path: Path) -> Iterator[RawShowers]:
    """Lists as images of n_y x n_x cells, some showers at a time."""
    step = rows_at_once(mapping.n_x * mapping.n_y)
    for start in range(0, len(lists.number), step):
        stop = min(start + step, len(lists.number))
        begin, end = lists.offsets[start], lists.offsets[stop]
        offsets = lists.offsets[start : stop + 1] - begin
        columns = {name: np.asarray(values[begin:end], np.float64) for name, values in lists.columns.items()}
        owner = np.repeat(np.arange(stop - start), np.diff(offsets))
        energy_mev = columns["energy"] * (GEV[mapping.energy_unit] * 1e3)
        of = _by_index if mapping.layout == "cells" else _by_position
        row, column, inside = of(columns, energy_mev, mapping, path)
        cells = _summed(
            owner[inside], row * mapping.n_x + column, energy_mev[inside], stop - start, mapping.n_x * mapping.n_y
        )
        truth = {name: values[start:stop] for name, values in lists.truth.items()}
        yield RawShowers(
            lists.number[start:stop], cells.reshape(-1, mapping.n_y, mapping.n_x),
            _by_depth(columns, energy_mev, owner, stop - start, mapping), truth_in_our_units(truth, mapping, stop - start, path),
        )  # fmt: skip


def _summed(owner: np.ndarray, at: np.ndarray, energy_mev: np.ndarray, n: int, n_cells: int) -> np.ndarray:
    """float32 (n, n_cells): the energies summed up where they belong."""
    return np.bincount(owner * n_cells + at, energy_mev, n * n_cells).reshape(n, n_cells).astype(np.float32)


def _by_index(
    columns: dict[str, np.ndarray], energy_mev: np.ndarray, mapping: FileMapping, path: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """(row, column, all of them) of entries that name their cell; one beyond the grid is refused."""
    places = []
    for field, n in (("row", mapping.n_y), ("column", mapping.n_x)):
        index = columns[field] - mapping.index_base
        is_cell = (index == np.floor(index)) & (index >= 0) & (index < n)
        if not is_cell.all():
            raise DarkroomError(
                f"{path.name}: '{getattr(mapping, field)}' holds {columns[field][np.argmin(is_cell)]:g}: expected whole numbers from "
                f"{mapping.index_base} to {n - 1 + mapping.index_base}, the cells of the mapping. Correct 'n_{'y' if field == 'row' else 'x'}' "
                "or 'index_base'."
            )
        places.append(index.astype(np.int64))
    return places[0], places[1], np.ones(len(energy_mev), bool)


def _by_position(
    columns: dict[str, np.ndarray], energy_mev: np.ndarray, mapping: FileMapping, path: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """(row, column) of the entries inside the cells, and which are: the others are lost, as in a calorimeter that ends there."""
    scale = MM[mapping.length_unit] / mapping.cell_mm
    with np.errstate(invalid="ignore"):
        column, row = (
            np.floor(columns[axis] * scale + 0.5 * n) for axis, n in (("x", mapping.n_x), ("y", mapping.n_y))
        )
        inside = (column >= 0) & (column < mapping.n_x) & (row >= 0) & (row < mapping.n_y)
    lost = np.nansum(energy_mev[~inside])
    if lost > MOST_OUTSIDE * np.nansum(energy_mev):
        raise DarkroomError(
            f"{path.name}: {lost / np.nansum(energy_mev):.0%} of the energy lies outside the {mapping.n_x} x {mapping.n_y} cells of "
            f"{mapping.cell_mm:g} mm: expected at most {MOST_OUTSIDE:.0%}. Correct 'length_unit', 'cell_mm', 'x' or 'y' in the mapping."
        )
    return row[inside].astype(np.int64), column[inside].astype(np.int64), inside


def _by_depth(columns: dict[str, np.ndarray], energy_mev: np.ndarray, owner: np.ndarray, n: int, mapping: FileMapping) -> np.ndarray:  # fmt: skip
    """float32 (n, n_depth): energy by depth in radiation lengths, whatever lies beside the cells; n_depth is 0 without z."""
    if "z" not in columns:
        return np.zeros((n, 0), np.float32)
    with np.errstate(invalid="ignore"):
        depth = np.floor((columns["z"] * MM[mapping.length_unit] - mapping.front_z_mm) / mapping.x0_mm)
        inside = (depth >= 0) & (depth < mapping.n_depth)
    return _summed(owner[inside], depth[inside].astype(np.int64), energy_mev[inside], n, mapping.n_depth)
