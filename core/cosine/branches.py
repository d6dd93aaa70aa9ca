"""Opening a TTree or an RNTuple and finding its branches, with errors that say what is there."""

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import awkward as ak
import numpy as np
import uproot

from core.errors import DarkroomError

RNTUPLE = "ROOT::RNTuple"


@dataclass(frozen=True)
class Leaf:
    """A column of the tree: branch, and field within it for a leaf-list branch; `name` is what the mapping calls it."""

    name: str
    branch: str
    field: str | None = None


@dataclass(frozen=True)
class Tree:
    """An opened TTree."""

    path: Path
    name: str
    n_entries: int
    handle: Any
    branches: dict[str, Any]
    full_names: dict[str, str]

    def ranges(self, leaf: Leaf, at_most: int) -> Iterator[tuple[int, int]]:
        """Entry ranges of at most `at_most` that end where the compressed pieces of a branch do, where that is possible.

        A piece that two ranges share would be decompressed twice.
        """
        for low, high in self._pieces(leaf):
            for start in range(low, high, at_most):
                yield start, min(start + at_most, high)

    def _pieces(self, leaf: Leaf) -> Iterator[tuple[int, int]]:
        yield from itertools.pairwise(self.branches[leaf.branch].entry_offsets)

    def find(self, name: str) -> Leaf | None:
        """The branch called `name`, where `a.b`, `a/b` and `a_b` are the same; None if there is none."""
        for spelled in (name, *(re.sub(r"[./]", sep, name) for sep in "./_")):
            if spelled in self.full_names:
                return Leaf(name, self.full_names[spelled])
        head, _, tail = name.replace("/", ".").partition(".")
        if tail and head in self.branches and tail in self._fields(head):
            return Leaf(name, head, tail)
        return None

    def _fields(self, branch: str) -> tuple[str, ...]:
        """What a branch holds under one name: the leaves of a leaf list."""
        dtype = getattr(self.branches[branch].interpretation, "to_dtype", None)
        return (dtype.names or ()) if dtype is not None else ()

    def need(self, name: str) -> Leaf:
        leaf = self.find(name)
        return leaf if leaf is not None else self.refuse(name)

    def refuse(self, name: str, kind: str = "") -> NoReturn:
        there = [name for name in self.branches if "/" not in name]
        near = difflib.get_close_matches(name, there, n=12, cutoff=0.0)
        listed = ", ".join(near) + (f" and {len(there) - len(near)} more" if len(there) > len(near) else "")
        raise DarkroomError(
            f"{self.path.name}: the {kind + ' ' if kind else ''}branch '{name}' is missing in tree "
            f"'{self.name}'; there are: {listed}. Correct the mapping."
        )

    def read(self, leaves: Sequence[Leaf], start: int, stop: int) -> dict[str, Any]:
        """Awkward arrays of the entries [start, stop), by the mapping's names: all branches in one request."""
        try:
            arrays = self._arrays(frozenset(leaf.branch for leaf in leaves), start, stop)
        except Exception as error:  # noqa: BLE001  (a damaged file can make the parser fail in any way)
            raise DarkroomError(
                f"{self.path.name}: entries {start} to {stop} cannot be read ({type(error).__name__}: {_short(error)}); "
                "the file is truncated, damaged or vanished. Copy it again."
            ) from None
        return {leaf.name: arrays[leaf.branch][leaf.field] if leaf.field else arrays[leaf.branch] for leaf in leaves}

    def _arrays(self, branches: frozenset[str], start: int, stop: int) -> dict[str, Any]:
        wanted = {id(self.branches[name]) for name in branches}
        found: dict[str, Any] = self.handle.arrays(
            filter_branch=lambda branch: id(branch) in wanted,
            entry_start=start, entry_stop=stop, library="ak", how=dict,
        )  # fmt: skip
        return found


@dataclass(frozen=True)
class Ntuple(Tree):
    """An opened RNTuple: its top-level fields are the branches, the fields of a record what a leaf list's leaves are.

    A cluster is always decompressed whole, so the latest is kept while its entries are read piece by piece: memory for
    one cluster, of any size the writer chose. (uproot ignores `cut=` here; nothing in this house uses it.)
    """

    kept: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def _pieces(self, leaf: Leaf) -> Iterator[tuple[int, int]]:
        del leaf  # clusters are the same for all fields
        for cluster in self.handle.cluster_summaries:
            low = int(cluster.num_first_entry)
            yield low, low + int(cluster.num_entries)

    def _fields(self, branch: str) -> tuple[str, ...]:
        return tuple(inner.name for inner in self.branches[branch].fields)

    def _arrays(self, branches: frozenset[str], start: int, stop: int) -> dict[str, Any]:
        low, high = next(((a, b) for a, b in self._pieces(Leaf("", "")) if a <= start and stop <= b), (start, stop))
        key = (branches, low, high)
        if key not in self.kept:
            self.kept.clear()
            self.kept[key] = self.handle.arrays(
                filter_field=lambda inner: inner.path in branches,
                entry_start=low, entry_stop=high, library="ak", how=dict,
            )  # fmt: skip
        return {name: values[start - low : stop - low] for name, values in self.kept[key].items()}


@contextmanager
def open_tree(path: Path, name: str) -> Iterator[Tree]:
    """Open the tree `name` of a ROOT file; every failure is a sentence."""
    if not path.exists():
        raise DarkroomError(f"{path} does not exist: check the path.")
    with _opened(path) as file:
        yield _tree(file, path, name)


def _tree(file: Any, path: Path, name: str) -> Tree:
    with _parsing(path):
        classes = file.classnames(recursive=False, cycle=False)
        if classes.get(name) not in ("TTree", RNTUPLE):
            there = ", ".join(f"{key} ({kind})" for key, kind in list(classes.items())[:12]) or "nothing"
            raise DarkroomError(
                f"{path.name}: there is no TTree or RNTuple '{name}'; the file holds {there}. Correct 'tree' in the mapping."
            )
        handle = file[name]
        if classes[name] == RNTUPLE:
            fields = {inner.name: inner for inner in handle.fields}
            tree: Tree = Ntuple(path, name, int(handle.num_entries), handle, fields, {n: n for n in fields})
        else:
            tree = Tree(path, name, int(handle.num_entries), handle, *_branches(handle))
    if tree.n_entries == 0:
        raise DarkroomError(
            f"{path.name}: the tree '{name}' is empty: expected at least one entry. Leave the file out."
        )
    return tree


def _branches(handle: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Every branch by its full name, and the full name by what it may be called; looked up once, as uproot is slow."""
    found: dict[str, Any] = {}
    full_names: dict[str, str] = {}
    for branch in handle.itervalues(recursive=True):
        path, above = branch.name, branch.parent
        while above is not handle:
            path, above = f"{above.name}/{path}", above.parent
        found[path] = branch
        full_names.setdefault(branch.name, path)
    return found, full_names | {path: path for path in found}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with _parsing(path):
        # every entry is read once, so a cache would only fill memory; the plain file source costs least per request
        file = uproot.open(path, handler=uproot.MultithreadedFileSource, num_workers=1, array_cache=None)
    with file:
        yield file


@contextmanager
def _parsing(path: Path) -> Iterator[None]:
    """Turn whatever a parser does with a damaged file into a sentence; refusals pass through."""
    try:
        yield
    except DarkroomError:
        raise
    except Exception as error:  # noqa: BLE001  (a damaged file can make the parser fail in any way)
        raise DarkroomError(
            f"{path.name} cannot be opened as a ROOT file ({type(error).__name__}: {_short(error)}): "
            "expected an intact ROOT file. Copy it again or choose another."
        ) from None


@dataclass(frozen=True)
class Records:
    """The records of one PMT: `samples` int16, one after the other, and their `lengths` int32 (n,)."""

    samples: np.ndarray
    lengths: np.ndarray

    def put(self, out: np.ndarray, entries: np.ndarray) -> None:
        """Write the records of `entries` (ascending, none of them empty) to `out` (n, n_samples), padded with 0 or cut."""
        n_samples = out.shape[1]
        if (self.lengths[entries] == n_samples).all() and len(self.samples) == len(entries) * n_samples:
            out[:] = self.samples.reshape(len(entries), n_samples)
            return
        starts = np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])
        out[:] = 0
        for row, i in enumerate(entries):
            n = min(int(self.lengths[i]), n_samples)
            out[row, :n] = self.samples[starts[i] : starts[i] + n]


def records(values: Any, path: Path, name: str) -> Records:
    """One PMT's records from a regular or jagged array of whole numbers, without a copy where that is possible."""
    if values.ndim != 2:
        raise DarkroomError(
            f"{path.name}: branch '{name}' has {values.ndim - 1} dimensions per entry: expected 1 (samples)."
        )
    lengths = np.asarray(ak.to_numpy(ak.num(values, axis=1)), np.int32)
    samples = np.asarray(ak.to_numpy(ak.flatten(values, axis=1)))
    if samples.dtype.kind not in "iu":
        raise DarkroomError(f"{path.name}: branch '{name}' holds {samples.dtype}: expected whole ADC counts.")
    if samples.dtype != np.int16 and samples.size and (samples.min() < -32768 or samples.max() > 32767):
        raise DarkroomError(
            f"{path.name}: branch '{name}' holds values from {samples.min()} to {samples.max()}: expected ADC counts of at most 15 bits."
        )
    return Records(samples.astype(np.int16, copy=False), lengths)


def preview(path: Path, n_entries: int = 5) -> dict[str, Any]:
    """Trees, branches, types and the first values of a ROOT file, as plain values for the page and `--json`."""
    with _opened(path) as file, _parsing(path):
        classes = file.classnames(recursive=False, cycle=False)
        kinds = {"TTree": "TTree", RNTUPLE: "RNTuple"}
        trees = {
            key: _tree_preview(file[key], kinds[kind], n_entries) for key, kind in classes.items() if kind in kinds
        }
    return {"file": path.name, "objects": classes, "trees": trees}


def _tree_preview(tree: Any, kind: str, n_entries: int) -> dict[str, Any]:
    branches, there = [], tree.branches if kind == "TTree" else tree.fields
    for branch in there[:500]:
        try:
            head = branch.array(entry_stop=n_entries, library="ak")
            first = _short(ak.to_list(head[:n_entries, ..., :6] if head.ndim > 1 else head[:n_entries]))
        except Exception as error:  # noqa: BLE001  (one unreadable branch must not hide the others)
            first = f"cannot be read: {_short(error)}"
        typename = branch.typename or "record"
        branches.append({"branch": branch.name, "type": typename, "first": first})
    return {
        "kind": kind,
        "n_entries": int(tree.num_entries),
        "n_branches": len(there),
        "branches": branches,
    }


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:157] + "..."
