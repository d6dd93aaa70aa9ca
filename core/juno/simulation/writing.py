"""Events as ROOT: hits in the tree `evt`, truth in `geninfo`, the sensors in `pmt`."""

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

from core import workspace
from core.data.ragged import Ragged
from core.juno.events import Events
from core.juno.geometry import Geometry
from core.juno.simulation.deposits import ANNIHILATION_MEV, MUON, MUON_MEV, POSITRON
from core.juno.simulation.gammas import ELECTRON_MEV

PDG = (11, -11, 13)  # of the classes electron, positron, muon
_AXES = ("x", "y", "z")


def write_events(path: Path, events: Events, geometry: Geometry, compact: bool = False) -> None:
    """Write `events` with their truth (columns as `simulate_events` gives them) and the sensors, whole or not at all. Lengths in mm."""
    compression = uproot.LZMA(6) if compact else uproot.ZSTD(3)
    with workspace.replacing(path) as temporary, uproot.recreate(temporary, compression=compression) as file:
        for name, branches in (
            ("evt", _hits(events, geometry)),
            ("geninfo", _truth(events)),
            ("pmt", _sensors(geometry)),
        ):
            types = {
                n: "var * " + str(b.type.content.content) if isinstance(b, ak.Array) else b.dtype
                for n, b in branches.items()
            }
            file.mktree(name, types, title="JUNO, simulated").extend(branches)


def _hits(events: Events, geometry: Geometry) -> dict[str, Any]:
    charge, truth = events.charge_pe, events.truth
    ends = np.concatenate([[0.0], np.cumsum(charge.values, dtype=float)])[charge.offsets]
    branches: dict[str, Any] = {
        "evtID": events.number.astype(np.int32),
        "nPhotons": events.n_hits.astype(np.int32),
        "totalPE": np.diff(ends).astype(np.float32),
        "hitTime": _jagged(events.time_ns),
        "pmtID": _jagged(Ragged(geometry.pmt_id[events.pmt.values].astype(np.int32), events.pmt.offsets)),
        "nPE": _jagged(charge),
        "hitCount": _jagged(events.count),
        "hitMean": _jagged(events.mean_ns),
        "hitStd": _jagged(events.std_ns),
        "edep": truth["true_energy_mev"].astype(np.float32),
    }
    return branches | {f"edep{a.upper()}": (1000.0 * truth[f"true_edep_{a}_m"]).astype(np.float32) for a in _AXES}


def _truth(events: Events) -> dict[str, Any]:
    truth = events.truth
    kind = truth["truth_class"]
    kinetic = truth["true_energy_mev"] - np.where(kind == POSITRON, ANNIHILATION_MEV, 0.0)
    mass = np.where(kind == MUON, MUON_MEV, ELECTRON_MEV)
    momentum = np.sqrt(kinetic * (kinetic + 2.0 * mass))
    branches: dict[str, Any] = {"evtID": events.number.astype(np.int32), "InitPDGID": np.array(PDG, np.int32)[kind]}
    branches |= {f"Init{a.upper()}": (1000.0 * truth[f"true_{a}_m"]).astype(np.float32) for a in _AXES}
    branches |= {f"InitP{a.upper()}": (momentum * truth[f"true_dir_{a}"]).astype(np.float32) for a in _AXES}
    return branches | {"InitT": truth["true_t_ns"].astype(np.float32)}


def _sensors(geometry: Geometry) -> dict[str, Any]:
    branches: dict[str, Any] = {"pmtID": geometry.pmt_id.astype(np.int32)}
    branches |= {a: (1000.0 * geometry.position_m[:, i]).astype(np.float32) for i, a in enumerate(_AXES)}
    return branches | {"tts": geometry.tts_ns.astype(np.float32)}


def _jagged(records: Ragged) -> ak.Array:
    content = ak.contents.NumpyArray(np.ascontiguousarray(records.values))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(records.offsets), content))
