"""The counts of the CNN slides' data statistics, simulated: at full size or a part of them, in the real file format.

Per crystal and energy window the files hold as many labelled events as the slides' training, validation and test
samples together: signal = calibration, coincident, nmt500 > 0.12 µs; background = physics, alone, nmt500 < 0.12 µs;
energy and nmt500 as reconstructed. Events of the ordinary simulation (noise mixed as there, scintillation among it)
are generated around each cell and kept where they fall into it, until its number is full. Nothing else is in the
files: what a label leaves out is not there, so cuts and other labels cannot be studied with them.

Cost, measured on an idle core of a server with two: 10,000 events take 10 s to simulate (of three generated events one
falls into its cell), 1 s to prepare, 40 MB of raw files and 40 MB as a data set; the whole, 775,799 events in 173
files, about a quarter of an hour and 6.2 GB; at most 0.7 GB of memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

from core import workspace
from core.cosine import features, mapping, rows, select, simulate
from core.cosine.published import results
from core.cosine.simulation import pulses
from core.data.cuts import cut_table
from core.data.mapping import load_mapping
from core.data.simulation import ScaledSample
from core.errors import DarkroomError

MAPPING = Path(__file__).resolve().parents[1] / "mappings" / "cosine.toml"
CELLS = tuple(row.cell for row in results.CNN_STATISTICS)
CRYSTALS = tuple(sorted({cell.crystal for cell in CELLS}))
PARAMETERS = simulate.SimulationParameters(second_crystal=0.0)  # a partner's row would count as well
SUBRUN_EVENTS = 5000
MIN_SUBRUNS = 20  # of each kind, so that a tenth of them is a test sample that holds every cell
MIN_BLOCK, MAX_BLOCK = 50, 1000
ACCEPTED = 0.36  # about the part of the generated events that falls into its cell
SECONDS_PER_EVENT, PREPARE_SECONDS_PER_EVENT = 1.0e-3, 1.0e-4
RAW_BYTES_PER_EVENT, PREPARED_BYTES_PER_EVENT = 4000.0, 4000.0


@dataclass(frozen=True)
class SubRun:
    """One file: `quota` int64 (n_cells,) labelled events of each cell of `CELLS`; all of one class."""

    class_name: str
    run: int
    subrun: int
    quota: np.ndarray

    @property
    def name(self) -> str:
        return f"mrgd_M{self.run:06d}.root.{self.subrun:03d}"

    @property
    def n_events(self) -> int:
        return int(self.quota.sum())


def wanted(fraction: float = 1.0) -> dict[str, np.ndarray]:
    """Labelled events per class, int64 (n_cells,): the printed totals times `fraction`, rounded, at least 1."""
    if not 0.0 < fraction <= 1.0:
        raise DarkroomError(f"The fraction is {fraction:g}: expected above 0, at most 1 (the size of the slides).")
    totals = np.array([row.totals for row in results.CNN_STATISTICS])
    scaled = np.maximum(np.rint(totals * fraction), 1).astype(np.int64)
    return {name: scaled[:, k] for k, name in enumerate(select.CLASSES)}


def subruns(fraction: float = 1.0) -> list[SubRun]:
    """The files in order: at least 20 sub-runs of each kind where there are events enough, every cell dealt evenly."""
    planned = []
    for name, runs in (("signal", simulate.CALIBRATION_RUNS), ("background", simulate.PHYSICS_RUNS)):
        counts = wanted(fraction)[name]
        n = int(counts.sum())
        n_files = min(max(MIN_SUBRUNS, -(-n // SUBRUN_EVENTS)), n)
        dealt = simulate.deal(n, counts, n_files)
        planned += [SubRun(name, runs[k % 2], k // 2, dealt[:, k]) for k in range(n_files)]
    return planned


def cost(fraction: float = 1.0) -> dict[str, float]:
    """What `fraction` takes: events, seconds (simulating and preparing), GB on disk (raw files and data set)."""
    n = float(sum(counts.sum() for counts in wanted(fraction).values()))
    return {
        "n_events": n,
        "seconds": n * (SECONDS_PER_EVENT + PREPARE_SECONDS_PER_EVENT),
        "gb": n * (RAW_BYTES_PER_EVENT + PREPARED_BYTES_PER_EVENT) / 1e9,
    }


def simulate_scaled(
    out: Path, fraction: float = 1.0, seed: int = 1, progress: simulate.Progress | None = None
) -> list[Path]:
    """Write the files to `out`, one after the other, each to another name first; those that are there are passed over.

    `progress(events done, of all)` is called for each block and may raise to stop. Same seed and fraction, same
    arrays, however often it was stopped: every file has random numbers of its own. One file is in memory at a time.
    """
    workspace.make_folder(out)
    for left in out.glob(".mrgd_*.part"):  # of a killed process
        left.unlink()
    planned = subruns(fraction)
    n_all, done = sum(sub.n_events for sub in planned), 0
    n_todo = sum(sub.n_events for sub in planned if not (out / sub.name).exists())
    workspace.need_free(out, n_todo * RAW_BYTES_PER_EVENT)

    def report(n_of_file: int) -> None:
        if progress is not None:
            progress(done + n_of_file, n_all)

    for sub in planned:
        if not (out / sub.name).exists():
            _write(out / sub.name, sub, seed, report)
        done += sub.n_events
        report(0)
    return [out / sub.name for sub in planned]


def _write(path: Path, sub: SubRun, seed: int, report: Callable[[int], None]) -> None:
    """One file. Its entries are in the order of their times, which mixes the cells; numbered from 0."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(sub.run, sub.subrun)))
    n, pieces = sub.n_events, []
    for piece in _filling(rng, sub):
        pieces.append(piece)
        report(sum(len(written["eventNumber"]) for written in pieces))
    entries = {name: ak.concatenate([piece.pop(name) for piece in pieces]) for name in list(pieces[0])}
    order = np.argsort(ak.to_numpy(entries["trgtime"]), kind="stable")
    number = np.empty(n, np.int32)
    number[order] = sub.subrun * 100_000 + np.arange(n)
    entries["eventNumber"] = number
    with workspace.replacing(path) as temporary, uproot.recreate(temporary, compression=uproot.ZSTD(3)) as file:
        tree = file.mktree("ntp", simulate.branches_of(CRYSTALS), title="COSINE-100, simulated, counts of 2020")
        for start in range(0, n, MAX_BLOCK):
            tree.extend({name: values[order[start : start + MAX_BLOCK]] for name, values in entries.items()})


def _filling(rng: np.random.Generator, sub: SubRun) -> Iterator[dict[str, Any]]:
    """Pieces of entries until every cell has its number."""
    left = sub.quota.copy()
    kind = "calibration" if sub.class_name == "signal" else "physics"
    while left.any():
        plan = _block(rng, sub.class_name, left)
        entries = simulate.entries_of(rng, plan, kind, (sub.run, sub.subrun), CRYSTALS, PARAMETERS)
        cell = np.where(_labelled(entries, plan, sub), plan["cell"], -1)
        taken = np.zeros(len(cell), bool)
        for i in np.flatnonzero(left):
            taken[np.flatnonzero(cell == i)[: left[i]]] = True
        left -= np.bincount(plan["cell"][taken], minlength=len(left))
        yield {name: values[taken] for name, values in entries.items()}


def _block(rng: np.random.Generator, class_name: str, left: np.ndarray) -> dict[str, np.ndarray]:
    """A block of simulated events around the cells that are not full; true energies two resolutions beyond the window.

    An event counts only for the cell that it was drawn for, so the reconstructed spectrum of a cell is flat.
    """
    n = int(np.clip(left.sum() / ACCEPTED, MIN_BLOCK, MAX_BLOCK))
    cell = rng.choice(len(CELLS), n, p=left / left.sum())
    crystal = np.array([c.crystal for c in CELLS])[cell]
    light = np.array([simulate.LIGHT_YIELD_PE_PER_KEV[c.crystal] for c in CELLS])[cell]
    low, high = (np.array([getattr(c, f"energy_{side}_kev") for c in CELLS])[cell] for side in ("low", "high"))
    low, high = low - 2.0 * np.sqrt(low / light), high + 2.0 * np.sqrt(high / light)
    population = np.full(n, pulses.SIGNAL)
    if class_name == "background":
        weights = np.array(PARAMETERS.physics_weights)
        weights[pulses.PICKUP] = 0.0  # almost no net charge: it reconstructs at low energy only
        population = rng.choice(len(weights), n, p=weights / weights.sum())
    return {
        "event": np.arange(n),
        "cell": cell,
        "population": population,
        "crystal": crystal,
        "energy_kev": rng.uniform(low, high),
        "time_ns": rng.integers(0, simulate.SUBRUN_S * 1_000_000_000, n),
    }


def _labelled(entries: dict[str, Any], plan: dict[str, np.ndarray], sub: SubRun) -> np.ndarray:
    """Bool (n,): whether the reader and the published labels will give the row the class and cell it was drawn for."""
    n, index = len(plan["cell"]), select.CLASSES.index(sub.class_name)
    nmt500, energy = np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32)
    parameters = rows.feature_parameters(load_mapping(MAPPING, mapping.Mapping))
    for c in CRYSTALS:
        in_crystal = np.flatnonzero(plan["crystal"] == c)
        pmts = [ak.to_numpy(ak.flatten(entries[f"wf{c}{i}"])).reshape(-1, pulses.N_SAMPLES) for i in (1, 2)]
        nmt500[in_crystal] = features.compute(np.stack(pmts, 1), parameters)[0]["nmt500_us"]
        energy[in_crystal] = entries[f"crystal{c}_energy"][in_crystal]
    columns = {"run": np.full(n, sub.run), "coincident": np.full(n, index), "nmt500_us": nmt500}
    labels = cut_table(columns, (), select.label_cuts(select.Cuts(), "published")).labels
    edges = np.array([(cell.energy_low_kev, cell.energy_high_kev) for cell in CELLS])[plan["cell"]]
    inside: np.ndarray = (labels == index) & (energy >= edges[:, 0]) & (energy < edges[:, 1])
    return inside


SCALED = ScaledSample("the numbers of the CNN slides' data statistics", cost, simulate_scaled)
