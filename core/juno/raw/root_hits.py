"""Hits in trees of a ROOT file: lists, one event per row, or one hit per row. Column by column, so that one event of ten
million hits fits into memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from core.data.raw import branches
from core.data.raw.branches import Leaf, Tree
from core.data.raw.hdf5 import size
from core.errors import DarkroomError
from core.juno.mapping import Mapping
from core.juno.raw import hits, truth
from core.juno.raw.hits import Hits, Rows
from core.juno.raw.truth import NO_TRUTH, TruthTable, truth_table

MAX_PIECE_BYTES = 1 << 29  # a basket is unpacked whole
SUMMED = ("count", "mean", "std")
SENSOR_FIELDS = ("id", "x", "y", "z", "tts")


def events(path: Path, mapping: Mapping) -> Iterator[Hits]:
    """The events of a file, in the order of its rows."""
    with branches.open_tree(path, mapping.events) as tree, _beside(path, mapping) as other:
        table = _truth_table(other, mapping) if other else NO_TRUTH
        if mapping.layout == "hits":
            for rows in hits.grouped(_rows(tree, mapping), table.number, path):
                yield Hits(rows.number, rows.offsets, rows.columns, table.of(rows.number))
            return
        here = {name: leaf for name, text in truth.wanted(mapping).items() if name not in table.columns and (leaf := tree.find(text))}  # fmt: skip
        leaves = _leaves(tree, mapping)
        for start, stop in _ranges(tree, leaves["time"]):
            number = np.arange(start, stop)
            if mapping.event_id:
                values = _scalar(tree, tree.need(mapping.event_id), start, stop)
                number = hits.event_numbers(values, f"{path.name}: branch '{mapping.event_id}'")
            offsets, columns = _lists(tree, leaves, mapping, start, stop)
            own = {name: _scalar(tree, leaf, start, stop).astype(np.float64) for name, leaf in here.items()}
            yield Hits(number, offsets, columns, {**table.of(number), **own})


@contextmanager
def _beside(path: Path, mapping: Mapping) -> Iterator[Tree | None]:
    """The tree of the truth, where there is one beside that of the hits."""
    if not mapping.truth or mapping.truth == mapping.events:
        yield None
        return
    with branches.opened(path) as file:
        kind = branches.objects(file, path).get(mapping.truth, "")
        yield branches.tree_of(file, path, mapping.truth, kind) if kind in branches.TREES else None


def _truth_table(tree: Tree, mapping: Mapping) -> TruthTable:
    leaves = {name: leaf for name, text in truth.wanted(mapping).items() if (leaf := tree.find(text))}
    columns = {name: _scalar(tree, leaf, 0, tree.n_entries).astype(np.float64) for name, leaf in leaves.items()}
    if not mapping.truth_id:
        return truth_table(np.arange(tree.n_entries), columns, tree.path)
    number = _scalar(tree, tree.need(mapping.truth_id), 0, tree.n_entries)
    where = f"{tree.path.name}: branch '{mapping.truth_id}' of tree '{tree.name}'"
    return truth_table(hits.event_numbers(number, where), columns, tree.path)


def sensors(path: Path, mapping: Mapping) -> dict[str, np.ndarray] | None:
    """The file's own table of sensors as it stands there: id, x, y, z, maybe tts; None where there is none."""
    if not mapping.sensors:
        return None
    with branches.opened(path) as file:
        kind = branches.objects(file, path).get(mapping.sensors, "")
        if kind not in branches.TREES:
            return None
        tree = branches.tree_of(file, path, mapping.sensors, kind)
        names = {field: str(getattr(mapping, f"sensor_{field}")) for field in SENSOR_FIELDS}
        leaves = {
            field: tree.need(name) for field, name in names.items() if name and (field != "tts" or tree.find(name))
        }
        return {field: _scalar(tree, leaf, 0, tree.n_entries) for field, leaf in leaves.items()}


def _leaves(tree: Tree, mapping: Mapping) -> dict[str, Leaf]:
    """The branches of the hits; those of sums may be absent, all together."""
    named = hits.wanted(mapping)
    if mapping.count and tree.find(mapping.count) is None:
        named = {name: text for name, text in named.items() if name not in SUMMED}
    return {name: tree.need(text) for name, text in named.items()}


def _ranges(tree: Tree, leaf: Leaf) -> Iterator[tuple[int, int]]:
    """Ranges of entries that end where the compressed pieces of a branch do, about PIECE_BYTES each."""
    if isinstance(tree, branches.Ntuple):
        yield from tree.ranges(leaf, max(tree.n_entries, 1))
        return
    start, n_bytes = 0, 0
    for i, (begin, _) in enumerate(tree.pieces(leaf)):
        piece = _piece_bytes(tree, leaf, i)
        if n_bytes and n_bytes + piece > hits.PIECE_BYTES:
            yield start, begin
            start, n_bytes = begin, 0
        n_bytes += piece
    if start < tree.n_entries:
        yield start, tree.n_entries


def _piece_bytes(tree: Tree, leaf: Leaf, i: int) -> int:
    with branches.parsing(tree.path, f"branch '{leaf.branch}' cannot be looked at"):
        n_bytes = int(tree.branches[leaf.branch].basket_uncompressed_bytes(i))
    if n_bytes > MAX_PIECE_BYTES:
        raise DarkroomError(
            f"{tree.path.name}: a basket of branch '{leaf.branch}' unpacks to {size(n_bytes)}: expected at most "
            f"{size(MAX_PIECE_BYTES)}, so that the file can be read piece by piece. Write it again with smaller baskets."
        )
    return n_bytes


def _lists(
    tree: Tree, leaves: dict[str, Leaf], mapping: Mapping, start: int, stop: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    """(offsets int64 (n + 1,), columns (m,)) of the entries."""
    lengths, columns = np.zeros(stop - start, np.int64), {}
    for name, leaf in sorted(leaves.items(), key=lambda pair: pair[0] != "time"):
        where = f"{tree.path.name}: branch '{leaf.name}'"
        n, flat = _flat(tree.read([leaf], start, stop)[leaf.name], where)
        values = hits.narrow(name, flat, mapping, where)
        del flat  # the next branch is as large
        if name == "time":
            lengths = n
        is_summed = (n == lengths) & (n > 0)
        if not (is_summed | (n == 0)).all() or (name not in SUMMED and (n != lengths).any()):
            i = int(np.argmax(n != lengths))
            raise DarkroomError(
                f"{where} has {n[i]:,} values for the {lengths[i]:,} times of entry {start + i}: expected as many. Correct the "
                "mapping, or write the file again."
            )
        if name in SUMMED:
            full = np.zeros(int(lengths.sum()), values.dtype)
            full[np.repeat(is_summed, lengths)] = values
            values = full
        columns[name] = values
    return np.concatenate([[0], np.cumsum(lengths)]), columns


def _flat(values: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(lengths int64 (n,), values (m,)) of lists."""
    if values.ndim != 2:
        raise DarkroomError(
            f"{where} has {values.ndim - 1} dimensions per entry: expected 1, a list of hits. If a row is a hit, set 'layout' to "
            "hits in the mapping."
        )
    lengths = np.asarray(ak.to_numpy(ak.num(values, axis=1)), np.int64)
    return lengths, np.asarray(ak.to_numpy(ak.flatten(values, axis=1)))


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
    numbers = np.asarray(ak.to_numpy(values))
    if numbers.dtype.kind not in "iufb":
        raise DarkroomError(f"{where} holds {numbers.dtype} values: expected numbers. Correct the mapping.")
    return numbers


def _rows(tree: Tree, mapping: Mapping) -> Iterator[Rows]:
    """(event number, columns) of a tree with one hit per row, piece by piece."""
    leaves, event = _leaves(tree, mapping), tree.need(mapping.event_id)
    for start, stop in _ranges(tree, leaves["time"]):
        number = _scalar(tree, event, start, stop)
        columns = {}
        for name, leaf in leaves.items():
            where = f"{tree.path.name}: branch '{leaf.name}'"
            columns[name] = hits.narrow(name, _scalar(tree, leaf, start, stop, takes_first=False), mapping, where)
        yield hits.event_numbers(number, f"{tree.path.name}: branch '{mapping.event_id}'"), columns
