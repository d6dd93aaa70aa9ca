"""Files -> blocks of rows: waveforms as int16 (n, 2, n_samples), table columns, flags.

A row is an event and a crystal that has a waveform. Files are read entry range by entry range, so memory does not
depend on the size of the file. What is special to HDF5 is in `hdf5_rows`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np

from core.cosine import branches, hdf5, hdf5_rows, rows
from core.cosine.mapping import Mapping, run_and_subrun
from core.errors import DarkroomError
from core.experiment import Block

BLOCK_ENTRIES = 1000  # 1000 entries of one crystal: 16 MB at a time, where the file is not stored in smaller pieces


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file and compute the features of every row.

    Energies that are NaN or absent give NaN and the flag `no_energy`; records of another length the flag `record_length`.
    """
    yield from (hdf5_rows.blocks if mapping.container == "hdf5" else _tree_blocks)(path, mapping)


def _tree_blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    run, subrun = run_and_subrun(mapping, path)
    with branches.open_tree(path, mapping.tree) as tree:
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
    """Which branches are read: `found` maps the mapping's name to the file's."""

    crystals: tuple[int, ...]
    found: dict[str, branches.Leaf]
    others: dict[int, tuple[int, ...]]

    waveform: branches.Leaf

    @property
    def wanted(self) -> list[branches.Leaf]:
        return list(self.found.values())


def _plan(tree: branches.Tree, mapping: Mapping) -> _Plan:
    """Find every branch that the mapping names; the first missing one is named together with those that are there."""
    present = _present(tree, mapping)
    found: dict[str, branches.Leaf] = {}
    for name in filter(None, (mapping.run_branch, mapping.event_branch, mapping.time_branch)):
        found[name] = tree.need(name)
    per_crystal = [*mapping.waveforms, mapping.energy_branch]
    for c in present:
        for name in filter(None, per_crystal):
            found[mapping.named(name, c)] = tree.need(mapping.named(name, c))
        for name in (getattr(mapping, field) for _, field, _, _ in rows.TRUTH):
            leaf = tree.find(mapping.named(name, c)) if name else None  # measured files have no truth
            if leaf is not None:
                found[mapping.named(name, c)] = leaf
    others = {c: tuple(o for o in mapping.crystals if o != c) for c in present}
    for condition in mapping.coincidence:
        if "{other}" not in condition.branch:
            found[condition.branch] = tree.need(condition.branch)
            continue
        for o in mapping.crystals:
            name = mapping.named(condition.branch, o)
            leaf = tree.need(name) if o in present else tree.find(name)
            if leaf is not None:
                found[name] = leaf
    return _Plan(present, found, others, found[mapping.named(mapping.waveforms[0], present[0])])


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
    if len(runs) != 1 or not 0 <= runs[0] < 1_000_000:
        raise DarkroomError(
            f"{path.name}: branch '{mapping.run_branch}' holds runs {list(runs[:5])}: expected one run number below "
            "1,000,000 in a file; split the file by run."
        )
    return int(runs[0])


def _crystal_block(
    arrays: dict[str, Any], plan: _Plan, mapping: Mapping, crystal: int, start: int, run: tuple[int, int], path: Path
) -> Block | None:
    raw, n_samples, entry = _waveforms(arrays, mapping, crystal, path)
    if not len(entry):
        return None
    of_run, of_subrun = (np.full(len(entry), number, np.int64) for number in run)
    found = rows.Rows(raw, n_samples, entry, of_run, of_subrun, entry + start)
    return rows.block(found, arrays, mapping, crystal, plan.others[crystal], path)


def _waveforms(
    arrays: dict[str, Any], mapping: Mapping, crystal: int, path: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(raw int16 (n, 2, record_samples), true lengths (n,), entry within the block (n,)) of the rows that have samples."""
    names = [mapping.named(name, crystal) for name in mapping.waveforms]
    if mapping.per_array:
        both = arrays[names[0]]
        if both.ndim != 3:
            raise DarkroomError(
                f"{path.name}: branch '{names[0]}' has {both.ndim - 1} dimensions per entry: expected 2 (PMT and sample)."
            )
        n_pmts = int(ak.min(ak.num(both, axis=1 if mapping.pmt_axis == "first" else 2), axis=None))
        if max(mapping.pair(crystal)) >= n_pmts:
            raise DarkroomError(
                f"{path.name}: branch '{names[0]}' has {n_pmts} PMTs, the mapping asks for {mapping.pair(crystal)}: "
                "correct 'pmts' (they count from 0) or 'pmt_axis'."
            )
        first, second = (both[:, i] if mapping.pmt_axis == "first" else both[:, :, i] for i in mapping.pair(crystal))
    else:
        first, second = (arrays[name] for name in names)
    pmts = [branches.records(values, path, name) for values, name in ((first, names[0]), (second, names[-1]))]
    lengths, other = (pmt.lengths for pmt in pmts)
    if (lengths != other).any():
        i = int(np.flatnonzero(lengths != other)[0])
        raise DarkroomError(
            f"{path.name}: the two PMTs of crystal {crystal} have {lengths[i]} and {other[i]} samples in the same entry: "
            "expected equal records."
        )
    entry = np.flatnonzero(lengths > 0)
    raw = np.empty((len(entry), 2, mapping.record_samples), np.int16)
    for p, pmt in enumerate(pmts):
        pmt.put(raw[:, p], entry)
    return raw, lengths[entry], entry


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """What the sources table says of a file: run and sub-run."""
    if mapping.container == "hdf5":
        return hdf5_rows.source(path, mapping)
    run, subrun = run_and_subrun(mapping, path)
    if mapping.run_branch:
        with branches.open_tree(path, mapping.tree) as tree:
            run = _single_run(tree, mapping, path)
    return {"run": run, "subrun": subrun}


def preview(path: Path) -> dict[str, Any]:
    """What a ROOT or HDF5 file holds, as plain values for the page and `--json`."""
    is_hdf5 = path.is_file() and h5py.is_hdf5(path)
    return hdf5.preview(path) if is_hdf5 or path.suffix in (".h5", ".hdf5") else branches.preview(path)


def record_meta(mapping: Mapping) -> dict[str, Any]:
    """What a data set must know of its records."""
    return {
        "sampling_ns": mapping.sampling_ns,
        "record_samples": mapping.record_samples,
        "pretrigger_samples": mapping.pretrigger_samples,
        "n_bits": mapping.n_bits,
        "positive": mapping.polarity == "positive",
    }


def is_simulated(table: Any) -> bool:
    """True if any row of a pyarrow table carries simulated truth."""
    return bool((table["truth_class"].to_numpy() >= 0).any())
