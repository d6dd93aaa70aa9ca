"""Files -> blocks of rows: waveforms as int16 or int32 (n, n_channels, n_samples), table columns, flags.

A row is an event and a crystal that has a waveform. Files are read entry range by entry range, so memory does not
depend on the size of the file. What is special to HDF5 is in `hdf5_rows`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from core.cosine import rows
from core.cosine.mapping import Mapping, run_and_subrun
from core.cosine.raw import hdf5_rows, records
from core.data.raw import branches
from core.data.raw.preview import MAX_UNPACKED_BYTES
from core.data.reading import Block
from core.errors import DarkroomError

BLOCK_ENTRIES = 1000  # 1000 entries of one crystal: 16 MB at a time, where the file is not stored in smaller pieces


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file and compute the features of every row.

    Energies that are NaN or absent give NaN and the flag `no_energy`; records of another length the flag `record_length`.
    """
    yield from (hdf5_rows.blocks if mapping.container == "hdf5" else _tree_blocks)(path, mapping)


def _tree_blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    with branches.open_tree(path, mapping.tree) as tree:
        run, subrun = run_and_subrun(mapping, path)
        plan = _plan(tree, mapping)
        if mapping.run_branch:
            run = _single_run(tree, mapping, path)
        for start, stop in tree.ranges(plan.waveform, BLOCK_ENTRIES):
            arrays = tree.read(plan.wanted, start, stop)
            for crystal in plan.crystals:
                block = _crystal_block(arrays, plan, mapping, crystal, start, (run, subrun), path)
                if block is not None:
                    yield block


@dataclass(frozen=True)
class _Plan:
    """Which branches are read: `leaves` maps the mapping's name to the file's."""

    crystals: tuple[int, ...]
    leaves: dict[str, branches.Leaf]
    others: dict[int, tuple[int, ...]]

    waveform: branches.Leaf

    @property
    def wanted(self) -> list[branches.Leaf]:
        return list(self.leaves.values())


def _plan(tree: branches.Tree, mapping: Mapping) -> _Plan:
    """Find every branch that the mapping names; the first missing one is named together with those that are there."""
    present = _present(tree, mapping)
    leaves: dict[str, branches.Leaf] = {}
    for name in filter(None, (mapping.run_branch, mapping.event_branch, mapping.time_branch)):
        leaves[name] = tree.need(name)
    per_crystal = [*mapping.waveforms, mapping.energy_branch]
    for c in present:
        for name in filter(None, per_crystal):
            leaves[mapping.named(name, c)] = tree.need(mapping.named(name, c))
        for name in (getattr(mapping, field) for _, field, _, _ in rows.TRUTH):
            leaf = tree.find(mapping.named(name, c)) if name else None  # measured files have no truth
            if leaf is not None:
                leaves[mapping.named(name, c)] = leaf
        for label in mapping.label:
            leaves[mapping.named(label.branch, c)] = tree.need(mapping.named(label.branch, c))
    others = {c: tuple(o for o in mapping.crystals if o != c) for c in present}
    for condition in mapping.coincidence:
        if "{other}" not in condition.branch:
            leaves[condition.branch] = tree.need(condition.branch)
            continue
        for o in mapping.crystals:
            name = mapping.named(condition.branch, o)
            leaf = tree.need(name) if o in present else tree.find(name)
            if leaf is not None:
                leaves[name] = leaf
    return _Plan(present, leaves, others, leaves[mapping.named(mapping.waveforms[0], present[0])])


def _present(tree: branches.Tree, mapping: Mapping) -> tuple[int, ...]:
    """The crystals that have waveforms; one that has them of one PMT only is refused, and so is a file without any."""
    present = []
    for c in mapping.crystals:
        names = [mapping.named(name, c) for name in mapping.waveforms]
        missing = [name for name in names if tree.find(name) is None]
        if not missing:
            present.append(c)
        elif len(missing) < len(names):
            tree.refuse(missing[0], "waveform")
    if not present:
        tree.refuse(mapping.named(mapping.waveforms[0], mapping.crystals[0]), "waveform")
    return tuple(present)


def _single_run(tree: branches.Tree, mapping: Mapping, path: Path) -> int:
    """The run number of a file whose mapping takes it from a branch."""
    leaf, entries = tree.need(mapping.run_branch), np.arange(tree.n_entries)
    runs = np.unique(rows.scalar(tree.read([leaf], 0, tree.n_entries), mapping.run_branch, entries, path, entries))
    if len(runs) != 1 or not 0 <= runs[0] <= rows.HIGHEST_RUN:
        raise DarkroomError(
            f"{path.name}: branch '{mapping.run_branch}' holds runs {list(runs[:5])}: expected one run number up to "
            f"{rows.HIGHEST_RUN:,} in a file; split the file by run."
        )
    return int(runs[0])


def _crystal_block(
    arrays: dict[str, Any], plan: _Plan, mapping: Mapping, crystal: int, start: int, run: tuple[int, int], path: Path
) -> Block | None:
    raw, n_samples, entry = _waveforms(arrays, mapping, crystal, path)
    if not len(entry):
        return None
    of_run, of_subrun = (np.full(len(entry), number, np.int64) for number in run)
    waveforms = rows.Rows(raw, n_samples, entry, of_run, of_subrun, entry + start)
    return rows.block(waveforms, arrays, mapping, crystal, plan.others[crystal], path)


def _waveforms(
    arrays: dict[str, Any], mapping: Mapping, crystal: int, path: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(raw (n, channels, record_samples), true lengths (n,), entry within the block (n,)) of the rows that have samples."""
    names = [mapping.named(name, crystal) for name in mapping.waveforms]
    if mapping.per_array and not (mapping.channels == 1 and arrays[names[0]].ndim == 2):
        of_channels = _divided(arrays[names[0]], mapping, crystal, f"{path.name}: branch '{names[0]}'")
        names *= mapping.channels
    else:
        of_channels = [arrays[name] for name in names]

    def converted(samples: np.ndarray, where: str) -> np.ndarray:
        return rows.samples(samples, mapping, where)

    channels = [records.records(values, path, name, converted) for values, name in zip(of_channels, names, strict=True)]
    lengths = channels[0].lengths
    for other in channels[1:]:
        if (lengths != other.lengths).any():
            i = int(np.flatnonzero(lengths != other.lengths)[0])
            raise DarkroomError(
                f"{path.name}: two channels of crystal {crystal} have {lengths[i]} and {other.lengths[i]} samples in the "
                "same entry: expected equal records."
            )
    entry = np.flatnonzero(lengths > 0)
    raw = np.empty((len(entry), mapping.channels, mapping.record_samples), channels[0].samples.dtype)
    for p, channel in enumerate(channels):
        channel.put(raw[:, p], entry)
    return raw, lengths[entry], entry


def _divided(all_channels: Any, mapping: Mapping, crystal: int, where: str) -> list[Any]:
    """The channels of a crystal from a branch that holds several."""
    if all_channels.ndim != 3:
        raise DarkroomError(
            f"{where} has {all_channels.ndim - 1} dimensions per entry: expected 2 (channel and sample)."
        )
    n_there = int(ak.min(ak.num(all_channels, axis=1 if mapping.pmt_axis == "first" else 2), axis=None))
    if max(mapping.indices(crystal)) >= n_there:
        raise DarkroomError(
            f"{where} has {n_there} PMTs, the mapping asks for {mapping.indices(crystal)}: correct 'pmts' (they count from 0) "
            "or 'pmt_axis'."
        )
    at = mapping.indices(crystal)
    return [all_channels[:, i] if mapping.pmt_axis == "first" else all_channels[:, :, i] for i in at]


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """What the sources table says of a file: run and sub-run; no file tells its live time."""
    if mapping.container == "hdf5":
        return hdf5_rows.source(path, mapping)
    run, subrun = run_and_subrun(mapping, path)
    if mapping.run_branch:
        with branches.open_tree(path, mapping.tree) as tree:
            run = _single_run(tree, mapping, path)
    return {"run": run, "subrun": subrun, "live_s": None}


def trial(path: Path, mapping: Mapping) -> bool:
    """Whether a mapping finds a row at the start of a file; refused if it does not read it.

    Where the first rows lie in a piece that unpacks to more than a look may cost, what the file declares has to do.
    """
    if mapping.container == "root":
        with branches.open_tree(path, mapping.tree) as tree:
            run_and_subrun(mapping, path)
            plan = _plan(tree, mapping)
            if sum(tree.first_bytes(leaf) for leaf in plan.wanted) > MAX_UNPACKED_BYTES:
                return True
    return next(blocks(path, mapping), None) is not None


def record_meta(mapping: Mapping) -> dict[str, Any]:
    """Metadata of the stored records."""
    return {
        "sampling_ns": mapping.sampling_ns,
        "record_samples": mapping.record_samples,
        "pretrigger_samples": mapping.pretrigger_samples,
        "n_bits": mapping.n_bits,
        "n_channels": mapping.channels,
        "steps_per_adc": mapping.steps_per_adc,
        "windows_ns": list(mapping.windows_ns),
        "classes": list(mapping.classes),
        "positive": mapping.polarity == "positive",
    }
