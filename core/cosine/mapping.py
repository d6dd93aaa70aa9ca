"""The mapping of ROOT branches or HDF5 data sets to the quantities of an analysis: a validated TOML file.

A detector ("crystal") has one channel (a photomultiplier, a germanium contact) or several; what needs two of them is NaN
for one. Floating-point samples are kept in steps of 1/16 ADC unit. Labels in the file become the label scheme `file`.

Only typed comparisons, names and numbers; nothing in the file is evaluated. `{c}` in a branch name stands for the
crystal (detector) number, `{other}` for every other one. Leaves may be written `a.b`, `a/b` or `a_b`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from core.data.classnames import checked_class
from core.errors import DarkroomError
from core.parameters import param

CRYSTAL_NUMBERS = (0, 255)
RUN_DIGITS, SUBRUN_DIGITS = 8, 4
COMPARISONS = (">=", ">", "<=", "<", "==", "!=")
FLOAT_STEPS = 16


@dataclass(frozen=True)
class Condition:
    """`branch * scale  comparison  value`: one way in which an event counts as coincident."""

    branch: str = param("", "branch that is compared")
    comparison: str = param(">=", "comparison", choices=COMPARISONS)
    value: float = param(0.0, "number it is compared with")
    scale: float = param(1.0, "factor applied to the branch before comparing")


@dataclass(frozen=True)
class Label:
    """`branch * scale  comparison  value`: a condition of the class `name`, which has an event that fulfils all of its own."""

    name: str = param("", "name of the class; the class 'signal', else the first one, is judged against the rest")
    branch: str = param("", "branch that is compared")
    comparison: str = param("==", "comparison", choices=COMPARISONS)
    value: float = param(1.0, "number it is compared with; true is 1")
    scale: float = param(1.0, "factor applied to the branch before comparing")


@dataclass(frozen=True)
class Mapping:
    """Where the quantities of an event stand in a file. Empty text: the file does not have it."""

    title: str = param("", "what this mapping is for")
    container: str = param(
        "root", "root: a TTree or RNTuple; hdf5: data sets of equal length, one entry per row", choices=("root", "hdf5")
    )
    tree: str = param("ntp", "name of the TTree or RNTuple, with its folders: daq/ntp")
    group: str = param("", "HDF5: group in which the names are looked up; * stands for one name: */raw")
    file_name: str = param(
        "mrgd_M{run}.root.{subrun}",
        "pattern of the file name: {run} is up to 8 digits, {subrun} up to 4, * is anything",
    )
    run_branch: str = param("", "branch with the run number, instead of the file name")
    subrun_branch: str = param("", "HDF5: data set with the sub-run, instead of the file name")
    crystal_branch: str = param("", "HDF5: data set with the crystal; without it the one in 'crystals'")
    event_branch: str = param("", "branch with the event number; without it the entry number counts")
    time_branch: str = param("", "branch with the unix time", unit="s")
    crystals: tuple[int, ...] = param(
        (1,),
        "crystals to look for; those without waveforms are passed over",
        low=CRYSTAL_NUMBERS[0],
        high=CRYSTAL_NUMBERS[1],
    )
    channels: int = param(2, "channels (PMTs) of a crystal", low=1, high=16)
    waveforms: tuple[str, ...] = param(
        ("wf{c}1", "wf{c}2"), "one branch per channel, or one branch with an axis for the channels"
    )
    pmts: tuple[int, ...] = param(
        (0, 1), "indices on that axis: those of the first crystal's channels, then the next one's", low=0, high=255
    )
    pmt_axis: str = param(
        "first", "place of the PMT axis in a two-dimensional waveform branch", choices=("first", "last")
    )
    record_samples: int = param(
        4080, "samples per PMT; other records are padded or cut, and flagged", low=16, high=65536
    )
    sampling_ns: float = param(2.0, "sampling period", unit="ns", low=0.01, high=100_000.0)
    sampling_branch: str = param(
        "", "HDF5: data set with the sampling period of each record, which must agree", unit="ns"
    )
    sample_type: str = param(
        "whole", "whole: ADC counts; float: any numbers, kept within 1/16 ADC unit", choices=("whole", "float")
    )
    sample_scale: float = param(1.0, "float: factor from a sample to ADC units", low=1e-12, high=1e12)
    pretrigger_samples: int = param(1200, "samples before the trigger", low=1, high=65536)
    baseline_samples: int = param(1000, "samples at the start that give the baseline", low=8, high=65536)
    polarity: str = param("positive", "sign of the pulses", choices=("positive", "negative"))
    n_bits: int = param(12, "bits of the digitiser; 0: unknown, then nothing counts as saturated", low=0, high=24)
    lowest_code: int = param(
        0, "lowest code of the digitiser, -2048 for 12 bits with a sign; records below it had their pedestal taken off",
        low=-(1 << 23), high=1 << 23,
    )  # fmt: skip
    spe_amplitude_adc: float = param(42.0, "height of a single photoelectron", unit="ADC", low=0.1, high=4096.0)
    nominal_noise_adc: float = param(1.5, "usual rms of the electronics noise", unit="ADC", low=0.01, high=1000.0)
    fast_ns: float = param(50.0, "end of the fast window, of X2", unit="ns", low=0.1, high=1e6)
    slow_ns: float = param(100.0, "begin of the slow window, of X1", unit="ns", low=0.1, high=1e6)
    mean_time_ns: float = param(
        500.0, "end of the window of the mean times, from the onset", unit="ns", low=0.1, high=1e6
    )
    shape_ns: float = param(600.0, "end of the window of X1, X2 and ES", unit="ns", low=0.1, high=1e6)
    charge_ns: float = param(5000.0, "end of the window of charge, asymmetry and pulses", unit="ns", low=0.1, high=1e7)
    energy_branch: str = param("", "branch with the energy")
    energy_scale_to_kev: float = param(1.0, "factor from the energy branch to keV", low=1e-12, high=1e12)
    energy_kev_per_charge: float = param(
        0.0, "without an energy branch: energy per unit of our charge; 0: no energy", unit="keV/ADC", low=0.0
    )
    truth_class: str = param("", "simulated data: branch with the true class")
    truth_population: str = param("", "simulated data: branch with the true population")
    truth_energy: str = param("", "simulated data: branch with the true energy", unit="keV")
    truth_n_pe: str = param("", "simulated data: branch with the number of photoelectrons")
    truth_llr: str = param("", "simulated data: branch with the log-likelihood ratio that the truth allows")
    coincidence: tuple[Condition, ...] = param((), "the event is coincident if one of these holds; none: unknown")
    label: tuple[Label, ...] = param((), "classes that the file tells; of one class all conditions hold")

    def check(self) -> None:
        if not self.crystals or len(set(self.crystals)) != len(self.crystals):
            raise DarkroomError(f"'crystals' is {list(self.crystals)}: expected at least one, and none of them twice.")
        for field in ("{run}", "{subrun}"):
            if self.file_name.count(field) > 1:
                raise DarkroomError(f"'file_name' is '{self.file_name}': expected {field} at most once.")
        if len(self.waveforms) not in (1, self.channels):
            raise DarkroomError(
                f"'waveforms' names {len(self.waveforms)} branches: expected one, or {self.channels}, one per channel."
            )
        if self.container == "hdf5" and (len(self.waveforms) != 1 or len(self.crystals) != 1):
            raise DarkroomError("An HDF5 mapping names one data set in 'waveforms' and one crystal in 'crystals'.")
        of_hdf5 = {
            name: getattr(self, name) for name in ("subrun_branch", "crystal_branch", "group", "sampling_branch")
        }
        if self.container == "root" and any(of_hdf5.values()):
            named = " and ".join(f"'{name}'" for name, value in of_hdf5.items() if value)
            raise DarkroomError(f"{named} belong to HDF5 files: set 'container' to hdf5.")
        n_indices = self.channels * len(self.crystals)
        if (
            self.per_array and len(self.pmts) != n_indices and not (n_indices == 1 and self.pmts)
        ):  # the default is a pair
            raise DarkroomError(
                f"'pmts' has {len(self.pmts)} entries for {len(self.crystals)} crystals of {self.channels} channels: expected "
                f"{n_indices}."
            )
        if self.sample_type == "whole" and self.sample_scale != 1.0:
            raise DarkroomError("'sample_scale' belongs to floating-point samples: set 'sample_type' to float.")
        self._check_times()
        self._check_labels()

    def _check_times(self) -> None:
        if self.baseline_samples > self.pretrigger_samples:
            raise DarkroomError(
                f"'baseline_samples' is {self.baseline_samples}: expected at most "
                f"'pretrigger_samples' ({self.pretrigger_samples}), or pulses would raise the baseline."
            )
        if self.pretrigger_samples >= self.record_samples:
            raise DarkroomError("'pretrigger_samples' must be smaller than 'record_samples'.")
        if not self.fast_ns <= self.slow_ns < self.shape_ns:
            raise DarkroomError(
                f"'fast_ns', 'slow_ns' and 'shape_ns' are {self.fast_ns:g}, {self.slow_ns:g} and {self.shape_ns:g}: expected "
                "them in rising order."
            )

    def _check_labels(self) -> None:
        for label in self.label:
            if not label.branch or checked_class(label.name, "[[label]]") != label.name:
                raise DarkroomError(f"[[label]] '{label.name}': expected a name without space around it, and a branch.")
        if len(self.classes) == 1:
            raise DarkroomError(f"All [[label]] are of the class '{self.classes[0]}': expected at least two classes.")

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the file's label column, in the order of the mapping."""
        return tuple(dict.fromkeys(label.name for label in self.label))

    @property
    def windows_ns(self) -> tuple[float, float, float, float, float]:
        """Edges of the features' windows from the onset: fast, slow, mean time, shape, charge."""
        return self.fast_ns, self.slow_ns, self.mean_time_ns, self.shape_ns, self.charge_ns

    @property
    def steps_per_adc(self) -> int:
        """Stored steps per ADC unit."""
        return FLOAT_STEPS if self.sample_type == "float" else 1

    @property
    def is_wide(self) -> bool:
        """Whether samples need 32 bits: a pulse of 16 bits less its baseline, or one in steps of 1/16 ADC, does not fit 16."""
        return self.sample_type == "float" or not 1 <= self.n_bits <= 15

    def named(self, branch: str, crystal: int) -> str:
        """The name of a branch for one crystal."""
        return branch.replace("{c}", str(crystal)).replace("{other}", str(crystal))

    @property
    def per_array(self) -> bool:
        """True if one branch holds several channels."""
        return len(self.waveforms) == 1

    def indices(self, crystal: int) -> tuple[int, ...]:
        """Indices of a crystal's channels in a branch that holds several."""
        i = self.channels * self.crystals.index(crystal)
        return self.pmts[i : i + self.channels]


def run_and_subrun(mapping: Mapping, path: Path) -> tuple[int, int]:
    """Run and sub-run from the file name; 0 where the pattern has no such field."""
    match = _match(mapping, path)
    if not match:
        raise DarkroomError(
            f"{path.name}: the file name does not fit the mapping's pattern '{mapping.file_name}', in which {{run}} stands for 1 to "
            f"{RUN_DIGITS} digits and {{subrun}} for 1 to {SUBRUN_DIGITS}: rename the file or correct 'file_name' in the mapping."
        )
    numbers = match.groupdict()
    run, subrun = int(numbers.get("run") or 0), int(numbers.get("subrun") or 0)
    if subrun > 4095:
        raise DarkroomError(f"{path.name}: sub-run {subrun} is beyond 4095, the largest that can be told apart.")
    return run, subrun


def run_in_name(mapping: Mapping, path: Path) -> tuple[int, int]:
    """The same for files that may say it elsewhere: 0 for a name that does not fit."""
    return run_and_subrun(mapping, path) if _match(mapping, path) else (0, 0)


def _match(mapping: Mapping, path: Path) -> re.Match[str] | None:
    pattern = (
        re.escape(mapping.file_name)
        .replace(r"\*", ".*")
        .replace(r"\{run\}", rf"(?P<run>[0-9]{{1,{RUN_DIGITS}}})")
        .replace(r"\{subrun\}", rf"(?P<subrun>[0-9]{{1,{SUBRUN_DIGITS}}})")
    )
    return re.fullmatch(pattern, path.name)
