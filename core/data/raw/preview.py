"""What a ROOT or HDF5 file holds, as plain values for the page and `--json`, at a cost that does not grow with the file."""

from pathlib import Path
from typing import Any

import awkward as ak

from core.data.raw import branches, container, hdf5
from core.data.raw.branches import Leaf, Tree, short
from core.errors import DarkroomError

MAX_BRANCHES = 500
MAX_UNPACKED_BYTES = 64 << 20  # compressed pieces that unpack to more are not unpacked for a look


def preview(path: Path) -> dict[str, Any]:
    """Trees or data sets with their types and first values, whatever the file's name."""
    kind = container.kind_of(path)
    if kind == container.CONTAINERS["hdf5"]:
        return hdf5.preview(path)
    if kind != container.CONTAINERS["root"]:
        raise DarkroomError(f"{path.name} is neither a ROOT nor an HDF5 file (it is {kind}): choose another.")
    with branches.opened(path) as file:
        classes = branches.objects(file, path)
        trees: dict[str, Any] = {}
        for name, of_class in classes.items():
            if of_class not in branches.TREES:
                continue
            try:
                tree = branches.tree_of(file, path, name, of_class)
            except DarkroomError as error:  # one unreadable tree must not hide the others
                lines = [{"branch": "", "type": "cannot be read", "first": str(error)}]
                trees[name] = {"kind": branches.TREES[of_class], "n_entries": 0, "n_branches": 0, "branches": lines}
            else:
                trees[name] = _tree_preview(tree, branches.TREES[of_class])
    return {"file": path.name, "objects": classes, "trees": trees}


def _tree_preview(tree: Tree, kind: str) -> dict[str, Any]:
    names = [name for name in tree.branches if "/" not in name]
    lines = [_line(tree, name) for name in names[:MAX_BRANCHES]]
    return {"kind": kind, "n_entries": tree.n_entries, "n_branches": len(names), "branches": lines}


def _line(tree: Tree, name: str, n_entries: int = 5) -> dict[str, str]:
    """Name, type and first values of a branch; what cannot be told of one does not hide the others."""
    branch, line = tree.branches[name], {"branch": name, "type": "unknown", "first": ""}
    try:
        line["type"] = branch.typename or "record"
        n_bytes = tree.first_bytes(Leaf(name, name))
        if n_bytes > MAX_UNPACKED_BYTES:
            return {**line, "first": f"not read: its first piece unpacks to {hdf5.size(n_bytes)}"}
        head: Any = branch.array(entry_stop=n_entries, library="ak") if tree.n_entries else ()
        line["first"] = short(ak.to_list(head[:, ..., :6] if getattr(head, "ndim", 1) > 1 else head))
    except Exception as error:  # noqa: BLE001  (uproot may raise anything on a type that it does not know)
        line["first"] = f"cannot be read: {short(error)}"
    return line
