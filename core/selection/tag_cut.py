"""The cut on tags: rows that somebody has tagged are kept or dropped, as a line of the cut flow like any other cut."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core import parameters, workspace
from core.data.cuts import Cut
from core.errors import DarkroomError
from core.labels import tags
from core.labels.tag_log import checked_tag
from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset

KEPT, DROPPED = "tags: kept", "tags: dropped"  # what the columns are called that the cuts read; no table has such names


@dataclass(frozen=True)
class TagCut:
    """Which tags rows must have and must not have."""

    keep: tuple[str, ...] = param((), "only rows with at least one of these tags are kept")
    drop: tuple[str, ...] = param((), "rows with one of these tags are dropped")

    def check(self) -> None:
        for name in (*self.keep, *self.drop):
            if not workspace.is_name(name):
                checked_tag(name)
                raise DarkroomError(f"The tag name {name!r} is not composed (NFC): type it again.")
        if both := sorted(set(self.keep) & set(self.drop)):
            raise DarkroomError(f"The tag '{both[0]}' is to be kept and to be dropped: choose one.")

    def __bool__(self) -> bool:
        return bool(self.keep or self.drop)


def tag_cut(keep: Sequence[str], drop: Sequence[str]) -> TagCut:
    """The cut on tags as they were typed."""
    names = [tuple(dict.fromkeys(map(checked_tag, typed))) for typed in (keep, drop)]
    return parameters.build(TagCut, dict(zip(("keep", "drop"), names, strict=True)))


@dataclass(frozen=True)
class Tagging:
    """What a cut on tags meets in a data set.

    columns: bool (n_rows,) by name, which `cuts` read; n_rows: rows with each tag of the cut; id: changes whenever another row
    has one of them, '' without a cut.
    """

    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    cuts: tuple[Cut, ...] = ()
    n_rows: Mapping[str, int] = field(default_factory=dict)
    id: str = ""

    @property
    def unknown(self) -> list[str]:
        """The tags of the cut that are on no row."""
        return [name for name, n in self.n_rows.items() if not n]


NO_TAGS = Tagging()


def tagging(dataset: "Dataset", mapping_type: type, cut: TagCut) -> Tagging:
    """The tags of a data set as they are now, as cuts; nothing is read where the cut asks for none."""
    if not cut:
        return NO_TAGS
    known = tags.open_tags(dataset, mapping_type)
    columns, cuts = {}, []
    for column, names, words, wanted in ((KEPT, cut.keep, "tag", 1), (DROPPED, cut.drop, "no tag", 0)):
        if names:
            columns[column] = known.has(names).astype(np.uint8)
            cuts.append(Cut(f"{words} {_listed(names)}", column, values=(wanted,)))
    digest = hashlib.sha256(b"".join(np.packbits(values).tobytes() for values in columns.values()))
    digest.update(repr((cut.keep, cut.drop)).encode())
    n_rows = {name: known.counts.get(name, 0) for name in (*cut.keep, *cut.drop)}
    return Tagging(columns, tuple(cuts), n_rows, digest.hexdigest()[:16])


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names)
