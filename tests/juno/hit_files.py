"""Hit lists of known content, and files of all kinds that hold them."""

from dataclasses import dataclass
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot

from core.juno.geometry import Geometry, rings

SMALL = rings(radius_m=2.0)  # as many sensors as the detector's own table


@dataclass(frozen=True)
class Truth:
    """n events: hits one after the other (ids of sensors, ns, pe) and what was simulated (m, MeV, ns)."""

    number: np.ndarray
    lengths: np.ndarray
    pmt: np.ndarray
    time_ns: np.ndarray
    charge_pe: np.ndarray
    pdg: np.ndarray
    vertex_m: np.ndarray
    momentum: np.ndarray
    energy_mev: np.ndarray

    @property
    def offsets(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum(self.lengths)])


def made_up(lengths: tuple[int, ...] = (40, 0, 300, 25), n_sensors: int = 17540, seed: int = 3) -> Truth:
    """Events with this many hits each."""
    rng = np.random.default_rng(seed)
    n, m = len(lengths), sum(lengths)
    return Truth(
        np.arange(n) * 2 + 5, np.array(lengths), rng.integers(0, n_sensors, m).astype(np.int32),
        rng.uniform(0.0, 600.0, m), rng.uniform(0.2, 3.0, m).astype(np.float32),
        rng.choice([11, -11, 13, -13, 22], n), rng.uniform(-10.0, 10.0, (n, 3)), rng.normal(size=(n, 3)),
        rng.uniform(1.0, 10.0, n),
    )  # fmt: skip


def lists(values: np.ndarray, lengths: np.ndarray) -> ak.Array:
    return ak.unflatten(values, lengths)


def write_root(path: Path, truth: Truth, standing: Geometry | None = None, **other: np.ndarray | ak.Array) -> Path:
    """The own ROOT format: trees evt and geninfo, and pmt where there is a table; `other` replaces branches of evt."""
    hits = {
        "evtID": truth.number, "nPhotons": truth.lengths, "edep": truth.energy_mev,
        "hitTime": lists(truth.time_ns, truth.lengths), "pmtID": lists(truth.pmt, truth.lengths),
        "nPE": lists(truth.charge_pe, truth.lengths),
    } | other  # fmt: skip
    born = {
        "evtID": truth.number[::-1],
        "InitPDGID": truth.pdg[::-1],
        "InitT": np.arange(len(truth.number), dtype=float),
    }
    for i, axis in enumerate("XYZ"):
        born[f"Init{axis}"] = 1000.0 * truth.vertex_m[::-1, i]
        born[f"InitP{axis}"] = truth.momentum[::-1, i]
    with uproot.recreate(path) as file:
        for name, branches in (("evt", hits), ("geninfo", born)):
            file.mktree(name, {n: v.type if isinstance(v, ak.Array) else v.dtype for n, v in branches.items()})
            file[name].extend(branches)
        if standing is not None:
            position_mm = 1000.0 * standing.position_m
            table = {"pmtID": standing.pmt_id, **dict(zip("xyz", position_mm.T, strict=True)), "tts": standing.tts_ns}
            file.mktree("pmt", {n: v.dtype for n, v in table.items()})
            file["pmt"].extend(table)
    return path


def write_csr(path: Path, truth: Truth, **other: np.ndarray) -> Path:
    """The own HDF5 form: lists one after the other and offsets; `other` replaces data sets."""
    hits = {"offsets": truth.offsets, "pmt_id": truth.pmt, "t": truth.time_ns, "q": truth.charge_pe}
    born = {"pdg": truth.pdg, "energy": truth.energy_mev}
    born |= {axis: truth.vertex_m[:, i] for i, axis in enumerate("xyz")}
    born |= {f"p{axis}": truth.momentum[:, i] for i, axis in enumerate("xyz")}
    with h5py.File(path, "w") as file:
        for name, values in (hits | {f"truth/{name}": values for name, values in born.items()} | other).items():
            file[name] = values
    return path


def write_rows(path: Path, truth: Truth, **other: np.ndarray) -> Path:
    """One hit per row, ROOT, HDF5 or Parquet by the file's ending, in the names of the Parquet form; the truth in a tree or
    group `truth`, where the file can have one.
    """
    rows = {
        "event_id": np.repeat(truth.number, truth.lengths), "pmt_id": truth.pmt, "t": truth.time_ns,
        "q": truth.charge_pe,
    } | other  # fmt: skip
    born = {"event_id": truth.number, "pdg": truth.pdg, "energy": truth.energy_mev}
    if path.suffix == ".root":
        with uproot.recreate(path) as file:
            for name, columns in (("hits", rows), ("truth", born)):
                file.mktree(name, {n: v.dtype for n, v in columns.items()})
                file[name].extend(columns)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, values in (rows | {f"truth/{name}": values for name, values in born.items()}).items():
                file[name] = values
    else:
        beside = {name: np.repeat(values, truth.lengths) for name, values in born.items() if name != "event_id"}
        pq.write_table(pa.table(rows | beside), path, row_group_size=100)
    return path


def write_parquet(path: Path, truth: Truth, **other: object) -> Path:
    """One event per row; `other` replaces columns."""
    columns = {
        "event_id": truth.number, "pdg": truth.pdg, "energy": truth.energy_mev,
        **{axis: truth.vertex_m[:, i] for i, axis in enumerate("xyz")},
        **{
            name: pa.array([v.tolist() for v in np.split(values, truth.offsets[1:-1])])
            for name, values in (("pmt_id", truth.pmt), ("t", truth.time_ns), ("q", truth.charge_pe))
        },
    } | other  # fmt: skip
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path
