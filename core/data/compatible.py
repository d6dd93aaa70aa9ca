"""Which parts may stand side by side in one data set: the same columns and geometry, and no row twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.data import geometry
from core.data.parts import Record, table_of
from core.data.uid import Uid


@dataclass
class Chosen:
    """The parts that may stay, the files that may not with the reason, and what was replaced, in sentences."""

    parts: list[Record]
    refused: list[dict[str, str]] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)

    def refuse(self, part: Record, reason: str) -> None:
        self.parts.remove(part)
        self.refused.append({"file": part["path"], "reason": reason})


def compatible(uids: Uid, folder: Path, parts: Sequence[Record]) -> Chosen:
    """Of parts in the order of their right to stay those that fit all before them.

    Of two that hold the same row the later is refused, unless it comes from the same file, which was changed since: then it
    stands in the place of the earlier one.
    """
    chosen = Chosen(list(parts))
    _refuse_other_columns(folder, chosen)
    _refuse_other_geometry(folder, chosen)
    while pairs := [*_sharing_rows(uids, folder, chosen.parts), *_sharing_images(chosen.parts)]:
        for first, second, what in pairs:  # then again, as of three with one row only neighbours are seen
            if first in chosen.parts and second in chosen.parts:
                _settle(chosen, first, second, what)
    return chosen


def _settle(chosen: Chosen, first: Record, second: Record, what: str) -> None:
    """Leave one of two parts that hold the same row or image."""
    if first["path"] == second["path"]:
        chosen.parts.remove(first)
        chosen.replaced.append(
            f"{first['path']} has changed since it was prepared: the {first['n_rows']:,} rows it gave then are replaced by the "
            f"{second['n_rows']:,} that it gives now."
        )
        return
    name, other = _told_apart(first, second)
    chosen.refuse(
        second,
        f"{name} and {other} both hold {what}, with other content: events would count twice. Leave one out, or, if they are "
        "other data, let their names or a column in the mapping tell the runs apart.",
    )


def _told_apart(first: Record, second: Record) -> tuple[str, str]:
    """Names of two files; whole paths where the names are equal."""
    paths = Path(first["path"]), Path(second["path"])
    is_unique = paths[0].name != paths[1].name
    names = tuple(path.name if is_unique else str(path) for path in paths)
    return names[0], names[1]


def _refuse_other_columns(folder: Path, chosen: Chosen) -> None:
    """Refuse files whose rows have other columns, such as tables that name other classes, or the same in another order."""
    with_rows = [part for part in chosen.parts if part["n_rows"]]
    if not with_rows:
        return
    wanted, first = pq.read_schema(table_of(folder, with_rows[0])), Path(with_rows[0]["path"]).name
    for part in with_rows[1:]:
        schema = pq.read_schema(table_of(folder, part))
        if not schema.equals(wanted):
            second = Path(part["path"]).name
            chosen.refuse(
                part,
                f"{first} and {second} do not give the same columns ({_difference(first, wanted, second, schema)}): expected them "
                "alike in all files of a data set. Prepare them as data sets of their own.",
            )


def _refuse_other_geometry(folder: Path, chosen: Chosen) -> None:
    """Refuse files of which another geometry holds: rows could not be looked at by one."""
    with_rows = [part for part in chosen.parts if part["n_rows"]]
    for part in with_rows[1:]:
        if part.get("geometry", "") != with_rows[0].get("geometry", ""):
            with h5py.File(folder / with_rows[0]["file"]) as first, h5py.File(folder / part["file"]) as second:
                how = geometry.difference(geometry.read(first), geometry.read(second))
            name, other = _told_apart(with_rows[0], part)
            chosen.refuse(
                part,
                f"{name} and {other} do not have the same geometry ({how}): expected it alike in all files of a data set. Prepare "
                "them as data sets of their own, or name the same table of positions for both.",
            )


def _difference(first: str, wanted: pa.Schema, second: str, schema: pa.Schema) -> str:
    only = (first, set(wanted.names) - {*schema.names}), (second, set(schema.names) - {*wanted.names})
    listed = [f"only {file} has {', '.join(map(repr, sorted(names)))}" for file, names in only if names]
    return "; ".join(listed) or "they stand in another order or are of another kind"


def _sharing_images(parts: Sequence[Record]) -> Iterator[tuple[Record, Record, str]]:
    """Pairs of parts that hold the same image, with rows or without, the earlier one first."""
    first_with: dict[tuple[Any, ...], Record] = {}
    for part in parts:
        for image in part["frames"]:
            if (identity := tuple(image.get("identity", ()))) and (
                first := first_with.setdefault(identity, part)
            ) is not part:
                yield first, part, f"the image {image['name']}"


def _sharing_rows(uids: Uid, folder: Path, parts: Sequence[Record]) -> Iterator[tuple[Record, Record, str]]:
    """Pairs of parts that hold the same row, the earlier one first, and that row in words; every pair once."""
    with_rows = [part for part in parts if part["n_rows"]]
    if not with_rows:
        return
    per_part = [pq.read_table(table_of(folder, part), columns=["uid"])["uid"].to_numpy() for part in with_rows]
    uid, owner = np.concatenate(per_part), np.repeat(np.arange(len(per_part)), [len(u) for u in per_part])
    order = np.argsort(uid, kind="stable")  # among equal ones the earlier part comes first
    uid, owner = uid[order], owner[order]
    same = np.flatnonzero(np.diff(uid) == 0)
    _, first_of_pair = np.unique(owner[same] * len(per_part) + owner[same + 1], return_index=True)
    for i in same[np.sort(first_of_pair)]:
        yield (
            with_rows[owner[i]],
            with_rows[owner[i + 1]],
            f"{uids.row} {uids.text(int(uid[i]))}",
        )
