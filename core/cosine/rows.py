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
from core.data.reading import Block, StoredArray
from core.data.uid import Uid
from core.errors import DarkroomError

WAVEFORM = StoredArray(
    "waveform", "ADC", ("int16", "int32"),
    help="records of all channels (n_channels, n_samples), positive-going, less their rounded baseline; in steps of 1/16 ADC "
    "where a file holds floating-point samples",
)  # fmt: skip

# column, field of the mapping, type, what stands for unknown
TRUTH: tuple[tuple[str, str, type, float], ...] = (
    ("truth_class", "truth_class", np.int8, -1),
    ("truth_population", "truth_population", np.int8, -1),
    ("truth_energy_kev", "truth_energy", np.float32, np.nan),
    ("truth_n_pe", "truth_n_pe", np.int32, -1),
    ("truth_llr", "truth_llr", np.float32, np.nan),
)
LABEL = "file_label"  # column: place of the class among `mapping.classes`, -1 for none
MAX_STEPS = 1 << 24  # of a sample: whole numbers up to here are exact in float32, and 64 of them add up in 32 bits
HIGHEST_RUN = 99_999_999  # eight digits: a run may be called by its date
HIGHEST = {"subrun": (1 << 12) - 1, "entry": (1 << 27) - 1, "crystal": (1 << 8) - 1}
UID = Uid(
    "event and crystal", "run.subrun.entry.crystal", "1765.3.42.1",
    bits={"run": 20, "subrun": 12, "entry": 27, "crystal": 4},
    wide={"run": 27, "subrun": 6, "entry": 22, "crystal": 8},
    highest={"run": HIGHEST_RUN},
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """The records of one crystal, and whose they are.

    raw int16 or int32 (n, channels, record_samples), see `samples`; n_samples int32 (n,) true lengths; entry int64 (n,) which entry of the arrays each
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
    if mapping.label:
        table[LABEL] = _labels(arrays, mapping, crystal, entry, path)
    table["run"] = rows.run.astype(np.int32)
    table["subrun"] = rows.subrun.astype(np.int32)
    table["crystal"] = np.full(n, crystal, np.int16)
    table["event"] = _as(np.int64, arrays, mapping.event_branch, entry, path, rows.number)
    table["time_s"] = _as(np.int64, arrays, mapping.time_branch, entry, path, np.full(n, -1))
    table["uid"] = UID.pack(rows.run, rows.subrun, rows.number, crystal, where=f"{path.name}: ")
    for column, field, dtype, unknown in TRUTH:
        name = mapping.named(getattr(mapping, field), crystal)
        table[column] = _as(dtype, arrays, name, entry, path, np.full(n, unknown))
    return Block(table, {WAVEFORM.name: waveform})


def _bit(flag: str) -> np.uint32:
    return np.uint32(1 << features.FLAGS.index(flag))


def feature_parameters(mapping: Mapping) -> features.FeatureParameters:
    return features.FeatureParameters(
        sampling_ns=mapping.sampling_ns,
        pretrigger_samples=mapping.pretrigger_samples,
        baseline_samples=mapping.baseline_samples,
        n_bits=mapping.n_bits,
        lowest_adc=mapping.lowest_code,
        windows_ns=mapping.windows_ns,
        steps_per_adc=mapping.steps_per_adc,
        positive=mapping.polarity == "positive",
        nominal_noise_adc=mapping.nominal_noise_adc,
        spe_amplitude_adc=mapping.spe_amplitude_adc,
    )


def samples(values: np.ndarray, mapping: Mapping, where: str) -> np.ndarray:
    """Samples of a file in the steps that are stored, int16 or (`mapping.is_wide`) int32; `where` begins a refusal.

    Floating-point samples are scaled to ADC units and rounded to the nearest 1/16; NaN is refused.
    """
    if mapping.sample_type == "whole":
        if values.dtype.kind not in "iu":
            raise DarkroomError(
                f"{where} holds {values.dtype}: expected whole ADC counts, or 'sample_type' float in the mapping, with "
                "'sample_scale' for what is not in ADC units."
            )
        steps, highest = values, MAX_STEPS if mapping.is_wide else 32767
        advice = f"of at most {'24' if mapping.is_wide else '15'} bits" + "; set 'n_bits' to 16 or more" * (
            not mapping.is_wide
        )
    else:
        if values.dtype.kind not in "iuf":
            raise DarkroomError(f"{where} holds {values.dtype}: expected numbers.")
        steps, highest = np.rint(values * (mapping.sample_scale * mapping.steps_per_adc)), MAX_STEPS
        advice = f"below {MAX_STEPS // mapping.steps_per_adc:,} units; correct 'sample_scale'"
    if values.dtype != np.int16 and steps.size:
        low, high = steps.min(), steps.max()
        if not (low >= -highest - 1 and high <= highest):  # false for NaN
            low, high = (x / mapping.steps_per_adc if mapping.steps_per_adc > 1 else x for x in (low, high))
            raise DarkroomError(f"{where} holds values from {low} to {high}: expected ADC counts {advice}.")
    return steps.astype(np.int32 if mapping.is_wide else np.int16, copy=False)


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


def _labels(arrays: dict[str, Any], mapping: Mapping, crystal: int, entry: np.ndarray, path: Path) -> np.ndarray:
    """int8 (n,): the class of which all conditions hold, -1 where that is none or more than one; NaN fulfils none."""
    holds = np.ones((len(mapping.classes), len(entry)), bool)
    for label in mapping.label:
        values = scalar(arrays, mapping.named(label.branch, crystal), entry, path, entry) * label.scale
        is_true = _COMPARE[label.comparison](values, label.value) & ~np.isnan(values)
        holds[mapping.classes.index(label.name)] &= is_true
    return np.where(holds.sum(axis=0) == 1, holds.argmax(axis=0), -1).astype(np.int8)


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
