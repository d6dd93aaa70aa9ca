"""Opening a TTree or an RNTuple and finding its branches, with errors that say what is there.

What uproot cannot read is called damaged only where bytes are missing; else it may as well be of a kind that uproot
does not know, and the sentence says both.
"""

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import uproot

from core.data.raw import container
from core.errors import DarkroomError

RNTUPLE = "ROOT::RNTuple"
TREES = {"TTree": "TTree", RNTUPLE: "RNTuple"}  # class -> what it is called


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
        for low, high in self.pieces(leaf):
            for start in range(low, high, at_most):
                yield start, min(start + at_most, high)

    def pieces(self, leaf: Leaf) -> list[tuple[int, int]]:
        """The entries that a branch holds compressed together, from first to behind the last."""
        with parsing(self.path, f"branch '{leaf.branch}' cannot be looked at"):
            return list(itertools.pairwise(self.branches[leaf.branch].entry_offsets))

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
        try:
            dtype = getattr(self.branches[branch].interpretation, "to_dtype", None)
        except Exception:  # noqa: BLE001  (uproot may raise anything on a type that it does not know)
            return ()
        return (dtype.names or ()) if dtype is not None else ()

    def first_bytes(self, leaf: Leaf) -> int:
        """How many bytes have to be unpacked for the first entry of a branch."""
        branch = self.branches[leaf.branch]
        with parsing(self.path, f"branch '{leaf.branch}' cannot be looked at"):
            return int(branch.basket_uncompressed_bytes(0)) if branch.num_baskets else 0

    def need(self, name: str) -> Leaf:
        leaf = self.find(name)
        return leaf if leaf is not None else self.refuse(name)

    def refuse(self, name: str, kind: str = "") -> NoReturn:
        names = [name for name in self.branches if "/" not in name]
        near = difflib.get_close_matches(name, names, n=12, cutoff=0.0)
        listed = ", ".join(near) + (f" and {len(names) - len(near)} more" if len(names) > len(near) else "")
        raise DarkroomError(
            f"{self.path.name}: the {kind + ' ' if kind else ''}branch '{name}' is missing in tree "
            f"'{self.name}'; there are: {listed}. Correct the mapping."
        )

    def read(self, leaves: Sequence[Leaf], start: int, stop: int) -> dict[str, Any]:
        """Awkward arrays of the entries [start, stop), by the mapping's names: all branches in one request."""
        with parsing(self.path, f"entries {start} to {stop} of tree '{self.name}' cannot be read"):
            arrays = self._arrays(frozenset(leaf.branch for leaf in leaves), start, stop)
        return {leaf.name: arrays[leaf.branch][leaf.field] if leaf.field else arrays[leaf.branch] for leaf in leaves}

    def _arrays(self, branches: frozenset[str], start: int, stop: int) -> dict[str, Any]:
        wanted = {id(self.branches[name]) for name in branches}
        arrays: dict[str, Any] = self.handle.arrays(
            filter_branch=lambda branch: id(branch) in wanted,
            entry_start=start, entry_stop=stop, library="ak", how=dict,
        )  # fmt: skip
        return arrays


@dataclass(frozen=True)
class Ntuple(Tree):
    """An opened RNTuple: its top-level fields are the branches, the fields of a record what a leaf list's leaves are.

    A cluster is always decompressed whole, so the latest one stays in memory while its entries are read piece by piece: memory for
    one cluster, of any size the writer chose. (uproot ignores `cut=` here; nothing in this house uses it.)
    """

    latest: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def pieces(self, leaf: Leaf) -> list[tuple[int, int]]:
        del leaf  # clusters are the same for all fields
        clusters = self.handle.cluster_summaries
        return [(int(c.num_first_entry), int(c.num_first_entry) + int(c.num_entries)) for c in clusters]

    def _fields(self, branch: str) -> tuple[str, ...]:
        return tuple(inner.name for inner in self.branches[branch].fields)

    def first_bytes(self, leaf: Leaf) -> int:
        """How many bytes have to be unpacked for the first entry of a field: those of its columns in the first cluster."""
        inside, records = {self.branches[leaf.branch].field_id}, self.handle.field_records
        for number, record in enumerate(records):  # a field stands before those within it
            if record.parent_field_id in inside:
                inside.add(number)
        pages = self.handle.page_link_list[0] if self.handle.page_link_list else ()
        columns = zip(self.handle.column_records, pages, strict=False)
        bits = sum(
            c.nbits * sum(p.num_elements for p in column_pages.pages)
            for c, column_pages in columns
            if c.field_id in inside
        )
        return int(bits) // 8

    def _arrays(self, branches: frozenset[str], start: int, stop: int) -> dict[str, Any]:
        low, high = next(((a, b) for a, b in self.pieces(Leaf("", "")) if a <= start and stop <= b), (start, stop))
        key = (branches, low, high)
        if key not in self.latest:
            self.latest.clear()
            self.latest[key] = self.handle.arrays(
                filter_field=lambda inner: inner.path in branches,
                entry_start=low, entry_stop=high, library="ak", how=dict,
            )  # fmt: skip
        return {name: values[start - low : stop - low] for name, values in self.latest[key].items()}


@contextmanager
def open_tree(path: Path, name: str) -> Iterator[Tree]:
    """Open the tree `name`, or the one at the path `name` within folders of a ROOT file; every failure is a sentence."""
    with opened(path) as file:
        classes = objects(file, path)
        if classes.get(name) not in TREES:
            content = ", ".join(f"{key} ({kind})" for key, kind in list(classes.items())[:12]) or "nothing"
            raise DarkroomError(
                f"{path.name}: there is no TTree or RNTuple '{name}'; the file holds {content}. Correct 'tree' in the mapping."
            )
        yield tree_of(file, path, name, classes[name])


def objects(file: Any, path: Path) -> dict[str, str]:
    """The class of everything in a ROOT file, folders included, by its path."""
    with parsing(path, "its list of objects cannot be read"):
        classes: dict[str, str] = file.classnames(recursive=True, cycle=False)
    return classes


def tree_of(file: Any, path: Path, name: str, kind: str) -> Tree:
    """A tree of an opened file with its branches; `kind` is one of TREES."""
    with parsing(path, f"the tree '{name}' cannot be opened"):
        handle = file[name]
        n_entries = int(handle.num_entries)
        if kind == RNTUPLE:
            fields = {inner.name: inner for inner in handle.fields}
            return Ntuple(path, name, n_entries, handle, fields, {n: n for n in fields})
        return Tree(path, name, n_entries, handle, *_branches(handle))


def _branches(handle: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Every branch by its full name, and the full name by what it may be called; looked up once, as uproot is slow."""
    by_path: dict[str, Any] = {}
    full_names: dict[str, str] = {}
    for branch in handle.itervalues(recursive=True):
        path, above = branch.name, branch.parent
        while above is not handle:
            path, above = f"{above.name}/{path}", above.parent
        by_path[path] = branch
        full_names.setdefault(branch.name, path)
    return by_path, full_names | {path: path for path in by_path}


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A ROOT file, opened by uproot."""
    container.need(path, "root")
    with parsing(path, "cannot be opened as a ROOT file"):
        # every entry is read once, so a cache would only fill memory; the plain file source costs least per request
        file = uproot.open(path, handler=uproot.MultithreadedFileSource, num_workers=1, array_cache=None)
    with file:
        yield file


@contextmanager
def parsing(path: Path, what: str) -> Iterator[None]:
    """Whatever uproot raises becomes a sentence that says `what` failed. Only calls of uproot belong below it: a fault of
    our own must not be blamed on the file."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (a damaged file can make the parser fail in any way)
        raise DarkroomError(
            f"{path.name} {what} ({type(error).__name__}: {short(error)}): {_blame(path, error)}."
        ) from None


def _blame(path: Path, error: Exception) -> str:
    """Why uproot failed, as far as it can be told."""
    if not path.exists():
        return "the file vanished; copy it again"
    wanted, length = container.root_length(path), path.stat().st_size
    if length < wanted or not wanted:
        return f"the file is truncated, {length:,} of {wanted:,} bytes; copy it again"
    if isinstance(error, NotImplementedError | uproot.interpretation.identify.UnknownInterpretation):
        return "its type is not supported by uproot; write it as numbers or arrays of numbers"
    return (
        "the file has its full length, so bytes within it are damaged or of a class that uproot does not know; "
        "copy it again, and if that does not help, write it as a plain TTree"
    )


def short(value: object) -> str:
    """A value as text of at most 160 characters on one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:157] + "..."
