"""How another experiment's ROOT branches or HDF5 data sets become ours: a validated TOML file.

Only typed comparisons, names and numbers; nothing in the file is evaluated. `{c}` in a branch name stands for the
crystal (detector) number, `{other}` for every other one. Leaves may be written `a.b`, `a/b` or `a_b`.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from core import parameters
from core.errors import DarkroomError
from core.parameters import param

CRYSTAL_NUMBERS = (0, 15)
COMPARISONS = (">=", ">", "<=", "<", "==", "!=")


@dataclass(frozen=True)
class Condition:
    """`branch * scale  comparison  value`: one way in which an event counts as coincident."""

    branch: str = param("", "branch that is compared")
    comparison: str = param(">=", "comparison", choices=COMPARISONS)
    value: float = param(0.0, "number it is compared with")
    scale: float = param(1.0, "factor applied to the branch before comparing")


@dataclass(frozen=True)
class Mapping:
    """Where the quantities of an event stand in a file. Empty text: the file does not have it."""

    title: str = param("", "what this mapping is for")
    container: str = param(
        "root", "root: a TTree or RNTuple; hdf5: data sets of equal length, one entry per row", choices=("root", "hdf5")
    )
    tree: str = param("ntp", "name of the TTree or RNTuple")
    file_name: str = param("mrgd_M{run}.root.{subrun}", "pattern of the file name: {run} and {subrun} are digits")
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
    waveforms: tuple[str, ...] = param(
        ("wf{c}1", "wf{c}2"), "two branches, one per PMT, or one branch with an axis for the PMTs"
    )
    pmts: tuple[int, ...] = param((0, 1), "pairs of PMT indices on that axis, one pair per crystal", low=0, high=63)
    pmt_axis: str = param(
        "first", "place of the PMT axis in a two-dimensional waveform branch", choices=("first", "last")
    )
    record_samples: int = param(
        4080, "samples per PMT; other records are padded or cut, and flagged", low=16, high=65536
    )
    sampling_ns: float = param(2.0, "sampling period", unit="ns", low=0.1, high=1000.0)
    pretrigger_samples: int = param(1200, "samples before the trigger", low=1, high=65536)
    baseline_samples: int = param(1000, "samples at the start that give the baseline", low=8, high=65536)
    polarity: str = param("positive", "sign of the pulses", choices=("positive", "negative"))
    n_bits: int = param(12, "bits of the digitiser", low=8, high=15)
    spe_amplitude_adc: float = param(42.0, "height of a single photoelectron", unit="ADC", low=0.1, high=4096.0)
    nominal_noise_adc: float = param(1.5, "usual rms of the electronics noise", unit="ADC", low=0.01, high=1000.0)
    energy_branch: str = param("", "branch with the energy")
    energy_scale_to_kev: float = param(1.0, "factor from the energy branch to keV", low=1e-12, high=1e12)
    energy_kev_per_charge: float = param(
        0.0, "without an energy branch: energy per unit of our 5 us charge; 0: no energy", unit="keV/ADC", low=0.0
    )
    truth_class: str = param("", "simulated data: branch with the true class")
    truth_population: str = param("", "simulated data: branch with the true population")
    truth_energy: str = param("", "simulated data: branch with the true energy", unit="keV")
    truth_n_pe: str = param("", "simulated data: branch with the number of photoelectrons")
    truth_llr: str = param("", "simulated data: branch with the log-likelihood ratio that the truth allows")
    coincidence: tuple[Condition, ...] = param((), "the event is coincident if one of these holds; none: unknown")

    def check(self) -> None:
        if not self.crystals or len(set(self.crystals)) != len(self.crystals):
            raise DarkroomError(f"'crystals' is {list(self.crystals)}: expected at least one, and none of them twice.")
        for field in ("{run}", "{subrun}"):
            if self.file_name.count(field) > 1:
                raise DarkroomError(f"'file_name' is '{self.file_name}': expected {field} at most once.")
        if len(self.waveforms) not in (1, 2):
            raise DarkroomError(f"'waveforms' names {len(self.waveforms)} branches: expected one or two.")
        if self.container == "hdf5" and (len(self.waveforms) != 1 or len(self.crystals) != 1):
            raise DarkroomError("An HDF5 mapping names one data set in 'waveforms' and one crystal in 'crystals'.")
        if self.container == "root" and (self.subrun_branch or self.crystal_branch):
            raise DarkroomError("'subrun_branch' and 'crystal_branch' belong to HDF5 files: set 'container' to hdf5.")
        if self.per_array and len(self.pmts) != 2 * len(self.crystals):
            raise DarkroomError(
                f"'pmts' has {len(self.pmts)} entries for {len(self.crystals)} crystals: expected a pair for each."
            )
        if self.baseline_samples > self.pretrigger_samples:
            raise DarkroomError(
                f"'baseline_samples' is {self.baseline_samples}: expected at most "
                f"'pretrigger_samples' ({self.pretrigger_samples}), or pulses would raise the baseline."
            )
        if self.pretrigger_samples >= self.record_samples:
            raise DarkroomError("'pretrigger_samples' must be smaller than 'record_samples'.")

    def named(self, branch: str, crystal: int) -> str:
        """The name of a branch for one crystal."""
        return branch.replace("{c}", str(crystal)).replace("{other}", str(crystal))

    @property
    def per_array(self) -> bool:
        """True if one branch holds several PMTs."""
        return len(self.waveforms) == 1

    def pair(self, crystal: int) -> tuple[int, int]:
        """PMT indices of a crystal in a branch that holds several."""
        i = 2 * self.crystals.index(crystal)
        return self.pmts[i], self.pmts[i + 1]


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DarkroomError(
            f"Mapping file {path} cannot be read: {error}. Expected TOML, see the shipped ones."
        ) from None
    try:
        return parameters.build(Mapping, values)
    except DarkroomError as error:
        raise DarkroomError(f"Mapping file {path.name}: {error}") from None


def run_and_subrun(mapping: Mapping, path: Path) -> tuple[int, int]:
    """Run and sub-run from the file name; 0 where the pattern has no such field."""
    match = _match(mapping, path)
    if not match:
        raise DarkroomError(
            f"{path.name}: the file name does not fit the mapping's pattern '{mapping.file_name}': "
            "rename the file or correct 'file_name' in the mapping."
        )
    found = match.groupdict()
    run, subrun = int(found.get("run") or 0), int(found.get("subrun") or 0)
    if subrun > 4095:
        raise DarkroomError(f"{path.name}: sub-run {subrun} is beyond 4095, the largest that can be told apart.")
    return run, subrun


def run_in_name(mapping: Mapping, path: Path) -> tuple[int, int]:
    """The same for files that may say it elsewhere: 0 for a name that does not fit."""
    return run_and_subrun(mapping, path) if _match(mapping, path) else (0, 0)


def _match(mapping: Mapping, path: Path) -> re.Match[str] | None:
    pattern = (
        re.escape(mapping.file_name)
        .replace(r"\{run\}", r"(?P<run>\d{1,6})")
        .replace(r"\{subrun\}", r"(?P<subrun>\d{1,4})")
    )
    return re.fullmatch(pattern, path.name)
