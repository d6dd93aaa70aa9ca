"""The mapping of hit lists to events: which tree and branches, units, and where the sensors stand. A validated TOML file.

In a ROOT file names are branches of a tree, in an HDF5 file data sets of a group, in a Parquet file columns. `A[2]` is column 2
of the two-dimensional data set A, `A.x` the field x of a compound one. Nothing in the file is evaluated.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import DarkroomError
from core.juno.geometry import DYNODE_TTS_NS, MCP_TTS_NS, RADIUS_M
from core.juno.response import RESPONSE, Response
from core.parameters import param

CONTAINERS = ("root", "hdf5", "parquet")
NS, M, MEV = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}, {"mm": 1e-3, "cm": 1e-2, "m": 1.0}, {"keV": 1e-3, "MeV": 1.0, "GeV": 1e3}  # fmt: skip
RUN_DIGITS, SUBRUN_DIGITS = 7, 4
MAX_SUBRUN = 4095


@dataclass(frozen=True)
class Mapping:
    """Where the hits, the truth and the sensors stand in a file. Empty text: the file does not have it."""

    title: str = param("", "what this mapping is for")
    container: str = param("root", "kind of file: trees of ROOT, data sets of HDF5, or a Parquet table", choices=CONTAINERS)  # fmt: skip
    layout: str = param(
        "events",
        "events: a row is an event with lists of hits (in HDF5 lists one after the other, and 'offsets'); hits: a row is a hit",
        choices=("events", "hits"),
    )
    file_name: str = param(
        "juno_{run}_{subrun}_sim",
        "pattern of the file name without its ending: {run} is up to 7 digits, {subrun} up to 4, * is anything",
    )
    events: str = param("evt", "tree (ROOT) or group (HDF5) of the hits")
    event_id: str = param("evtID", "number of the event; without it events are counted")
    offsets: str = param("", "HDF5, layout events: where each event's hits begin, and the end of the last")
    pmt: str = param("pmtID", "number of the sensor of a hit; without it the nearest to the hit's position")
    time: str = param("hitTime", "time of a hit")
    charge: str = param("nPE", "charge of a hit in photoelectrons; without it every hit counts as one")
    hit_x: str = param("", "position of a hit, where it names no sensor")
    hit_y: str = param("", "the same, y")
    hit_z: str = param("", "the same, z")
    count: str = param("", "hits of a sensor, of events that are summed up per sensor: then times are the first ones")
    mean: str = param("", "mean of their times")
    std: str = param("", "standard deviation of their times")

    truth: str = param("geninfo", "tree or group of the simulated truth; what it lacks is taken from that of the hits")
    truth_id: str = param("evtID", "number of the event there")
    truth_pdg: str = param("InitPDGID", "PDG code of the particle: 11 electron, -11 positron, 13 and -13 muon")
    truth_energy: str = param("edep", "visible energy")
    truth_x: str = param("InitX", "vertex")
    truth_y: str = param("InitY", "the same, y")
    truth_z: str = param("InitZ", "the same, z")
    truth_edep_x: str = param("edepX", "centre of the deposited energy")
    truth_edep_y: str = param("edepY", "the same, y")
    truth_edep_z: str = param("edepZ", "the same, z")
    truth_px: str = param("InitPX", "momentum, of which the direction counts")
    truth_py: str = param("InitPY", "the same, y")
    truth_pz: str = param("InitPZ", "the same, z")
    truth_zenith: str = param("", "instead of a momentum: angle of the direction to the z axis", unit="rad")
    truth_azimuth: str = param("", "and its angle about the z axis", unit="rad")
    truth_t: str = param("InitT", "time of the event")

    time_unit: str = param("ns", "unit of times", choices=tuple(NS))
    length_unit: str = param("mm", "unit of positions of hits and vertices", choices=tuple(M))
    energy_unit: str = param("MeV", "unit of energies", choices=tuple(MEV))

    table: str = param(
        "", "file with the sensors' positions, beside the raw file or below a data root; empty: the file's own, else made by rule"
    )  # fmt: skip
    sensors: str = param("pmt", "tree or group of the file's own table of sensors")
    sensor_id: str = param("pmtID", "number of a sensor there")
    sensor_x: str = param("x", "its position, in mm or m, which the size of the detector tells")
    sensor_y: str = param("y", "the same, y")
    sensor_z: str = param("z", "the same, z")
    sensor_tts: str = param("tts", "its transit time spread (sigma); the file may lack it", unit="ns")
    table_radius_m: float = param(
        RADIUS_M, "radius of the sensors, for a table of angles only", unit="m", low=0.1, high=1000.0
    )
    ls_radius_m: float = param(
        0.0, "radius of the scintillator; 0: the same share of the sensors' radius as in JUNO", unit="m", low=0.0, high=1000.0
    )  # fmt: skip
    types: tuple[str, ...] = param(
        ("Hamamatsu", "R12860", "dynode", "NNVT", "HighQENNVT", "MCP"), "types of sensors, as a table names them"
    )
    types_tts_ns: tuple[float, ...] = param(
        (DYNODE_TTS_NS,) * 3 + (MCP_TTS_NS,) * 3, "their transit time spreads (sigma)", unit="ns", low=0.0, high=1000.0
    )
    tts_ns: float = param(MCP_TTS_NS, "that of sensors of no or another type", unit="ns", low=0.0, high=1000.0)
    response: Response = param(RESPONSE, "light yield, charge centre and dark rate")  # noqa: RUF009 - frozen
    pool_low: int = param(50_000, "sensors from here ...", low=-1, high=1 << 31)
    pool_high: int = param(52_399, "... to here see the water pool and are left out; -1: none", low=-1, high=1 << 31)

    def check(self) -> None:
        for field in ("{run}", "{subrun}"):
            if self.file_name.count(field) > 1:
                raise DarkroomError(f"'file_name' is '{self.file_name}': expected {field} at most once.")
        if not self.time:
            raise DarkroomError("'time' is empty: expected the name of the hits' times.")
        if not self.pmt and not (self.hit_x and self.hit_y and self.hit_z):
            raise DarkroomError(
                "'pmt' is empty: expected the name of the hits' sensors, or 'hit_x', 'hit_y' and 'hit_z'."
            )
        if bool(self.offsets) != (self.container == "hdf5" and self.layout == "events"):
            raise DarkroomError(
                "'offsets' belongs to HDF5 files of the layout 'events', which need it: correct the mapping."
            )
        if self.layout == "hits" and not self.event_id:
            raise DarkroomError("'event_id' is empty: where a row is a hit, something has to tell events apart.")
        if self.count and (self.layout == "hits" or not (self.mean and self.std)):
            raise DarkroomError(
                "'count' needs 'mean' and 'std' beside it, and the layout 'events': correct the mapping."
            )
        if len(self.types) != len(self.types_tts_ns):
            raise DarkroomError(
                f"'types_tts_ns' has {len(self.types_tts_ns)} entries for {len(self.types)} 'types': expected one for each."
            )


def run_and_subrun(mapping: Mapping, path: Path) -> tuple[int, int]:
    """Run and sub-run from the file name, its ending left out; 0 where the pattern does not fit or has no such field."""
    pattern = (
        re.escape(mapping.file_name)
        .replace(r"\*", ".*")
        .replace(r"\{run\}", rf"(?P<run>[0-9]{{1,{RUN_DIGITS}}})")
        .replace(r"\{subrun\}", rf"(?P<subrun>[0-9]{{1,{SUBRUN_DIGITS}}})")
    )
    match = re.fullmatch(pattern, path.stem)
    numbers = match.groupdict() if match else {}
    run, subrun = int(numbers.get("run") or 0), int(numbers.get("subrun") or 0)
    if subrun > MAX_SUBRUN:
        raise DarkroomError(
            f"{path.name}: sub-run {subrun} is beyond {MAX_SUBRUN}, the largest that can be told apart."
        )
    return run, subrun
