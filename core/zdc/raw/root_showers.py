"""Showers in trees of a ROOT file: images of fixed size, lists of cells or steps per shower, or one cell or step per row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from core.data.raw import branches
from core.data.raw.branches import Leaf, Tree
from core.data.raw.hdf5 import size
from core.errors import DarkroomError
from core.zdc.mapping import Mapping
from core.zdc.raw import images, lists
from core.zdc.raw.lists import Lists, Rows
from core.zdc.raw.raw_showers import CHUNK_BYTES, RawShowers, truth_names

MAX_PIECE_BYTES = 1 << 29  # a basket is unpacked whole


def image_shape(path: Path, mapping: Mapping) -> tuple[int, int]:
    """(n_y, n_x) of the images of a file."""
    with branches.open_tree(path, mapping.table) as tree:
        leaf = tree.need(mapping.energy)
        _piece_bytes(tree, leaf, 0)
        values = _dense(tree, leaf, 0, min(tree.n_entries, 1))
        return images.shape_of((tree.n_entries, *values.shape[1:]), mapping, path).image


def image_showers(path: Path, mapping: Mapping) -> Iterator[RawShowers]:
    """The showers of a file with an image per entry."""
    with branches.open_tree(path, mapping.table) as tree:
        leaf, truth = tree.need(mapping.energy), _truth_leaves(tree, mapping)
        for start, stop in _ranges(tree, leaf):
            values = _dense(tree, leaf, start, stop)
            depth = tree.find(mapping.depth) if mapping.depth else None
            yield images.raw_showers(
                number=_numbers(tree, mapping, start, stop), values=values,
                depth=None if depth is None else _dense(tree, depth, start, stop),
                truth={name: _scalar(tree, leaf, start, stop) for name, leaf in truth.items()},
                shape=images.shape_of(values.shape, mapping, path), mapping=mapping, path=path,
            )  # fmt: skip


def list_showers(path: Path, mapping: Mapping) -> Iterator[RawShowers]:
    """The showers of a file with lists of cells or steps, or with one of them per row: what the branches hold tells."""
    with branches.open_tree(path, mapping.table) as tree:
        leaves = {field: tree.need(name) for field, name in lists.entry_names(mapping).items()}
        truth = _truth_leaves(tree, mapping)
        if not tree.n_entries:
            return
        is_row_wise = tree.read([leaves["energy"]], 0, 1)[mapping.energy].ndim == 1
        if is_row_wise:
            for some in lists.grouped(_rows(tree, leaves, truth, mapping), tuple(truth), path):
                yield from lists.showers(some, mapping, path)
            return
        for start, stop in _ranges(tree, leaves["energy"]):
            offsets, columns = _lists(tree, leaves, start, stop)
            known = {name: _scalar(tree, leaf, start, stop) for name, leaf in truth.items()}
            yield from lists.showers(
                Lists(_numbers(tree, mapping, start, stop), offsets, columns, known), mapping, path
            )


def _truth_leaves(tree: Tree, mapping: Mapping) -> dict[str, Leaf]:
    return {ours: leaf for ours, name in truth_names(mapping).items() if (leaf := tree.find(name))}


def _numbers(tree: Tree, mapping: Mapping, start: int, stop: int) -> np.ndarray:
    """The numbers of the showers, counted where the mapping or the file has none."""
    leaf = tree.find(mapping.event_id) if mapping.event_id else None
    return np.arange(start, stop) if leaf is None else _scalar(tree, leaf, start, stop)


def _rows(tree: Tree, leaves: dict[str, Leaf], truth: dict[str, Leaf], mapping: Mapping) -> Iterator[Rows]:
    """(number of the shower, columns) of a tree with one cell or step per row."""
    event = tree.need(mapping.event_id)
    for start, stop in _ranges(tree, leaves["energy"]):
        number = _scalar(tree, event, start, stop)
        if not (np.isfinite(number) & (number == np.floor(number)) & (np.abs(number) < 2**53)).all():
            raise DarkroomError(f"{tree.path.name}: branch '{event.name}' holds values that are not whole numbers: correct 'event_id' in the mapping.")  # fmt: skip
        columns = {
            name: _scalar(tree, leaf, start, stop, takes_first=False) for name, leaf in {**leaves, **truth}.items()
        }
        yield number.astype(np.int64), columns


def _lists(tree: Tree, leaves: dict[str, Leaf], start: int, stop: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(offsets int64 (n + 1,), columns (m,)) of entries that hold lists."""
    columns, lengths = {}, np.zeros(stop - start, np.int64)
    for field, leaf in leaves.items():
        where = f"{tree.path.name}: branch '{leaf.name}'"
        values = tree.read([leaf], start, stop)[leaf.name]
        if values.ndim != 2:
            raise DarkroomError(
                f"{where} has {values.ndim - 1} dimensions per entry: expected 1, a list. Correct the mapping."
            )
        n = np.asarray(ak.to_numpy(ak.num(values, axis=1)), np.int64)
        lengths = n if field == "energy" else lengths
        if (n != lengths).any():
            i = int(np.argmax(n != lengths))
            raise DarkroomError(f"{where} has {n[i]:,} values for the {lengths[i]:,} energies of entry {start + i}: expected as many. Correct the mapping, or write the file again.")  # fmt: skip
        columns[field] = _as_numbers(ak.flatten(values, axis=1), where)
    return np.concatenate([[0], np.cumsum(lengths)]), columns


def _dense(tree: Tree, leaf: Leaf, start: int, stop: int) -> np.ndarray:
    """(n, ...): arrays that have the same size in all entries."""
    values = tree.read([leaf], start, stop)[leaf.name]
    where = f"{tree.path.name}: branch '{leaf.name}'"
    for axis in range(1, values.ndim):
        lengths = ak.flatten(ak.num(values, axis=axis), axis=None)
        if len(lengths) and ak.min(lengths) != ak.max(lengths):
            raise DarkroomError(
                f"{where} holds {ak.min(lengths):,} to {ak.max(lengths):,} values per entry: expected the same number in all, as an image has. "
                "If they are lists of cells, set 'layout' to cells in the mapping."
            )
    if values.ndim == 1:
        raise DarkroomError(f"{where} holds one number per entry: expected an image. Correct the mapping.")
    return _as_numbers(ak.to_regular(values, axis=None) if len(values) else values, where)


def _scalar(tree: Tree, leaf: Leaf, start: int, stop: int, takes_first: bool = True) -> np.ndarray:
    """(n,): one number per entry; of a list its first, NaN where it is empty, or it is refused."""
    values = tree.read([leaf], start, stop)[leaf.name]
    where = f"{tree.path.name}: branch '{leaf.name}'"
    if values.ndim == 2 and takes_first:
        values = ak.fill_none(ak.firsts(values), np.nan)
    if values.ndim != 1:
        raise DarkroomError(
            f"{where} has {values.ndim - 1} dimensions per entry: expected one number. Correct the mapping."
        )
    return _as_numbers(values, where)


def _as_numbers(values: Any, where: str) -> np.ndarray:
    try:
        numbers = np.asarray(ak.to_numpy(values))
    except (TypeError, ValueError):
        raise DarkroomError(
            f"{where} holds no numbers: expected energies, places or indices. Correct the mapping."
        ) from None
    if numbers.dtype.kind not in "iufb":
        raise DarkroomError(f"{where} holds {numbers.dtype} values: expected numbers. Correct the mapping.")
    return numbers


def _ranges(tree: Tree, leaf: Leaf) -> Iterator[tuple[int, int]]:
    """Ranges of entries that end where the compressed pieces of a branch do, about 16 MB of it each."""
    if isinstance(tree, branches.Ntuple):
        yield from tree.ranges(leaf, max(tree.n_entries, 1))
        return
    start, n_bytes = 0, 0
    for i, (begin, _) in enumerate(tree.pieces(leaf)):
        piece = _piece_bytes(tree, leaf, i)
        if n_bytes and n_bytes + piece > CHUNK_BYTES:
            yield start, begin
            start, n_bytes = begin, 0
        n_bytes += piece
    if start < tree.n_entries:
        yield start, tree.n_entries


def _piece_bytes(tree: Tree, leaf: Leaf, i: int) -> int:
    branch = tree.branches[leaf.branch]
    with branches.parsing(tree.path, f"branch '{leaf.branch}' cannot be looked at"):
        n_bytes = int(branch.basket_uncompressed_bytes(i)) if getattr(branch, "num_baskets", 0) else 0
    if n_bytes > MAX_PIECE_BYTES:
        raise DarkroomError(
            f"{tree.path.name}: a basket of branch '{leaf.branch}' unpacks to {size(n_bytes)}: expected at most {size(MAX_PIECE_BYTES)}, so that "
            "the file can be read piece by piece. Write it again with smaller baskets."
        )
    return n_bytes
