"""The simulated truth of events: as a file has it, matched by the events' numbers, then our columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.juno.mapping import MEV, NS, M, Mapping

FIELDS = ("pdg", "energy", "x", "y", "z", "edep_x", "edep_y", "edep_z", "px", "py", "pz", "zenith", "azimuth", "t")
CLASSES = {11: 0, -11: 1, 13: 2, -13: 2}  # PDG code -> electron, positron, muon


@dataclass(frozen=True)
class TruthTable:
    """Truth by event: `columns` by field, float64 (k,), of the events `number` int64 (k,), ascending."""

    number: np.ndarray
    columns: dict[str, np.ndarray]

    def of(self, number: np.ndarray) -> dict[str, np.ndarray]:
        """The truth of these events (n,); NaN where it has none."""
        if not len(self.number):
            return {}
        at = np.searchsorted(self.number, number).clip(max=len(self.number) - 1)
        is_there = self.number[at] == number
        return {name: np.where(is_there, values[at], np.nan) for name, values in self.columns.items()}


NO_TRUTH = TruthTable(np.zeros(0, np.int64), {})


def truth_table(number: np.ndarray, columns: dict[str, np.ndarray], path: Path) -> TruthTable:
    """Truth in any order; of an event that stands twice the first line counts."""
    if any(len(values) != len(number) for values in columns.values()):
        raise DarkroomError(f"{path.name}: the truth's columns are of different lengths: expected one value per event. Write the file again.")  # fmt: skip
    ascending, at = np.unique(number, return_index=True)
    return TruthTable(ascending, {name: values[at] for name, values in columns.items()})


def wanted(mapping: Mapping) -> dict[str, str]:
    """Field -> what it is called in the file."""
    names = {field: str(getattr(mapping, f"truth_{field}")) for field in FIELDS}
    return {field: name for field, name in names.items() if name}


def truth_columns(raw: dict[str, np.ndarray], mapping: Mapping) -> dict[str, np.ndarray]:
    """`truth_class` int32 (-1 unknown), `true_energy_mev`, `true_x_m`, `true_y_m`, `true_z_m` (vertex), `true_edep_x_m` and
    so on (centre of the deposited energy), `true_dir_x`, `true_dir_y`,
    `true_dir_z` (of the initial momentum; NaN at rest), `true_t_ns`, float32 (n,): NaN where unknown; {} of no truth.
    """
    if not raw:
        return {}
    n = len(next(iter(raw.values())))
    nothing = np.full(n, np.nan)
    pdg = raw.get("pdg", nothing)
    truth_class = np.full(n, -1, np.int32)
    for code, number in CLASSES.items():
        truth_class[pdg == code] = number
    columns = {"true_energy_mev": MEV[mapping.energy_unit] * raw.get("energy", nothing)}
    columns |= {f"true_{axis}_m": M[mapping.length_unit] * raw.get(axis, nothing) for axis in "xyz"}
    columns |= {f"true_edep_{a}_m": M[mapping.length_unit] * raw.get(f"edep_{a}", nothing) for a in "xyz"}
    columns |= {f"true_dir_{axis}": values for axis, values in zip("xyz", _direction(raw, nothing), strict=True)}
    columns["true_t_ns"] = NS[mapping.time_unit] * raw.get("t", nothing)
    with np.errstate(over="ignore"):
        narrow = {name: values.astype(np.float32) for name, values in columns.items()}
    for values in narrow.values():
        values[~np.isfinite(values)] = np.nan
    return {"truth_class": truth_class, **narrow}


def _direction(raw: dict[str, np.ndarray], nothing: np.ndarray) -> np.ndarray:
    """(3, n): unit vectors, from the momentum, else from angles."""
    if "px" in raw or "zenith" not in raw:
        p = np.stack([raw.get(name, nothing) for name in ("px", "py", "pz")])
        length = np.sqrt((p**2).sum(axis=0))
        return np.divide(p, length, out=np.full_like(p, np.nan), where=length > 0)
    zenith, azimuth = raw["zenith"], raw.get("azimuth", nothing)
    return np.stack([np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith)])
