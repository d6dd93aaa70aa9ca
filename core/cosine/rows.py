"""Records of one crystal -> a block of rows: features, flags, energy, coincidence, truth and identity.

Every kind of file ends here; `arrays` holds, by the mapping's names, one value per entry of the piece that was read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

from core.cosine import features
from core.cosine.mapping import Mapping
from core.errors import DarkroomError
from core.experiment import Block

# column, field of the mapping, type, what stands for unknown
TRUTH: tuple[tuple[str, str, type, float], ...] = (
    ("truth_class", "truth_class", np.int8, -1),
    ("truth_population", "truth_population", np.int8, -1),
    ("truth_energy_kev", "truth_energy", np.float32, np.nan),
    ("truth_n_pe", "truth_n_pe", np.int32, -1),
    ("truth_llr", "truth_llr", np.float32, np.nan),
)
UID_BITS = {"run": 20, "subrun": 12, "entry": 27, "crystal": 4}


@dataclass(frozen=True)
class Rows:
    """The records of one crystal, and whose they are.

    raw int16 (n, 2, record_samples); n_samples int32 (n,) true lengths; entry int64 (n,) which entry of the arrays each
    is; run, subrun, number int64 (n,): with the crystal they make the identity, `number` unique in its sub-run.
    """

    raw: np.ndarray
    n_samples: np.ndarray
    entry: np.ndarray
    run: np.ndarray
    subrun: np.ndarray
    number: np.ndarray


def block(
    rows: Rows, arrays: dict[str, Any], mapping: Mapping, crystal: int, others: tuple[int, ...], path: Path
) -> Block:
    """Compute everything that the table holds; `others` are the crystals whose values may make an event coincident."""
    entry, n = rows.entry, len(rows.entry)
    table, flags, waveform = features.compute(rows.raw, feature_parameters(mapping), rows.n_samples)
    flags[rows.n_samples != mapping.record_samples] |= _bit("record_length")
    table["energy_kev"] = _energy(arrays, mapping, crystal, entry, table["charge_adc"], path)
    flags[np.isnan(table["energy_kev"])] |= _bit("no_energy")
    table["flags"] = flags
    table["coincident"] = _coincident(arrays, others, mapping, entry, path)
    table["run"] = rows.run.astype(np.int32)
    table["subrun"] = rows.subrun.astype(np.int32)
    table["crystal"] = np.full(n, crystal, np.int8)
    table["event"] = _as(np.int64, arrays, mapping.event_branch, entry, path, rows.number)
    table["time_s"] = _as(np.int64, arrays, mapping.time_branch, entry, path, np.full(n, -1))
    table["uid"] = uid(rows.run, rows.subrun, rows.number, crystal)
    for column, field, dtype, unknown in TRUTH:
        name = mapping.named(getattr(mapping, field), crystal)
        table[column] = _as(dtype, arrays, name, entry, path, np.full(n, unknown))
    return Block(table, waveform)


def _bit(flag: str) -> np.uint32:
    return np.uint32(1 << features.FLAGS.index(flag))


def feature_parameters(mapping: Mapping) -> features.FeatureParameters:
    return features.FeatureParameters(
        sampling_ns=mapping.sampling_ns,
        pretrigger_samples=mapping.pretrigger_samples,
        baseline_samples=mapping.baseline_samples,
        n_bits=mapping.n_bits,
        positive=mapping.polarity == "positive",
        nominal_noise_adc=mapping.nominal_noise_adc,
        spe_amplitude_adc=mapping.spe_amplitude_adc,
    )


def uid(run: int | np.ndarray, subrun: int | np.ndarray, number: np.ndarray, crystal: int | np.ndarray) -> np.ndarray:
    """Identity of a row, int64: run (20 bits), sub-run (12), entry in the file or event number (27), crystal (4)."""
    made = np.asarray(run, np.int64)
    for part, name in ((subrun, "subrun"), (number, "entry"), (crystal, "crystal")):
        made = (made << UID_BITS[name]) + np.asarray(part, np.int64)
    return made


def scalar(arrays: dict[str, Any], name: str, entry: np.ndarray, path: Path, default: np.ndarray) -> np.ndarray:
    """One number per row, or the default where the file has no such branch."""
    if not name or name not in arrays:
        return default
    values = arrays[name]
    numbers = np.asarray(ak.to_numpy(values)) if values.ndim == 1 and not ak.fields(values) else None
    if numbers is None or numbers.dtype.kind not in "iufb":
        raise DarkroomError(
            f"{path.name}: branch '{name}' holds {ak.type(values).content} per entry: expected one number. Correct the mapping."
        )
    return numbers[entry]


def _as(
    dtype: type, arrays: dict[str, Any], name: str, entry: np.ndarray, path: Path, default: np.ndarray
) -> np.ndarray:
    """`scalar` as a type; what a whole number of this type cannot hold is refused: it would become another one."""
    values = scalar(arrays, name, entry, path, default)
    if np.issubdtype(dtype, np.integer):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        wrong = np.flatnonzero(~((values >= low) & (values <= high)))
        if len(wrong):
            raise DarkroomError(
                f"{path.name}: '{name}' holds {values[wrong[0]]}: expected whole numbers from {low} to {high}; write -1 where "
                "it is unknown."
            )
    return values.astype(dtype)


def _energy(
    arrays: dict[str, Any], mapping: Mapping, crystal: int, entry: np.ndarray, charge: np.ndarray, path: Path
) -> np.ndarray:
    """keV as float32; infinite values count as unknown, and so do those of a file without the branch."""
    unknown = np.full(len(entry), np.nan, np.float32)
    if mapping.energy_branch:
        name = mapping.named(mapping.energy_branch, crystal)
        energy = scalar(arrays, name, entry, path, unknown).astype(np.float32) * np.float32(mapping.energy_scale_to_kev)
    elif mapping.energy_kev_per_charge:
        energy = (charge * mapping.energy_kev_per_charge).astype(np.float32)
    else:
        energy = unknown
    return np.where(np.isfinite(energy), energy, np.nan).astype(np.float32)


_COMPARE = {
    ">=": np.greater_equal, ">": np.greater, "<=": np.less_equal,
    "<": np.less, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip


def _coincident(
    arrays: dict[str, Any], others: tuple[int, ...], mapping: Mapping, entry: np.ndarray, path: Path
) -> np.ndarray:
    """1 coincident, 0 not, -1 unknown: nothing to compare, or no condition holds and a compared value is NaN."""
    result, unknown, compared = np.zeros(len(entry), bool), np.zeros(len(entry), bool), False
    for condition in mapping.coincidence:
        for other in others if "{other}" in condition.branch else (0,):
            name = mapping.named(condition.branch, other)
            if name in arrays:
                values = scalar(arrays, name, entry, path, entry) * condition.scale
                result |= _COMPARE[condition.comparison](values, condition.value)
                unknown |= np.isnan(values)
                compared = True
    return np.where(result, 1, np.where(unknown | (not compared), -1, 0)).astype(np.int8)
