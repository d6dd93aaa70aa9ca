"""The mapping of a camera, a validated TOML file: header keys, geometry, thresholds; nothing in it is evaluated.

Three kinds of file: `fits` (raw images), `footprints` (a FITS table of pixels already cut out) and `votes` (a folder of
small images with a table of human votes). Widths of CCD reads and gains: PhMota/CONNIEtools (constants, Image).
"""

import re
from dataclasses import dataclass, fields
from pathlib import Path

from core.errors import DarkroomError
from core.parameters import param

KINDS = ("fits", "footprints", "votes")
AMPLIFIERS = ("auto", "one", "two", "quadrants")
MAX_RUN, MAX_RUNID, MAX_PART = 999_999, 8_388_607, 9_999
MAX_OHDU = 63


@dataclass(frozen=True)
class Mapping:
    """Geometry, keys, gain and thresholds of a camera. Empty text or 0: not given, see the help of the field."""

    title: str = param("", "what this mapping is for")
    kind: str = param(
        "fits",
        "fits: raw images; footprints: a table of pixels already cut out; votes: a folder of images with votes",
        choices=KINDS,
    )
    file_name: str = param(
        "runID_{run}_{runid}_*_p{part}",
        "pattern of the file name without its endings: {run}, {runid} and {part} are up to 6, 7 and 4 digits, * is anything",
    )
    run_key: str = param("RUN", "header key of the run; without it the file name")
    runid_key: str = param("RUNID", "header key of the image number; without it the file name")
    ohdu_key: str = param("OHDU", "header key of the CCD; without it the place of the HDU in the file")
    exposure_key: str = param("EXPTIME", "header key of the exposure; without it stop minus start")
    exposure_scale_s: float = param(1.0, "seconds in one unit of the exposure", unit="s", low=1e-9, high=1e6)
    start_key: str = param(
        "EXPSTART",
        "header key of the begin of the exposure: unix seconds, a (modified) Julian date or an ISO date, UTC unless TIMESYS "
        "says otherwise; a day and its time of day as DATE-OBS+TIME-OBS",
    )
    stop_key: str = param("EXPSTOP", "header key of its end, likewise")
    readout_key: str = param("READTIME", "header key of the time that the readout takes, in seconds")
    readout_s: float = param(0.0, "time of the readout where no header tells it", unit="s", low=0.0, high=1e7)
    pressure_key: str = param("PRESSURE", "header key of the air pressure, in hPa")
    image_rows: int = param(
        0, "rows of every raw image of this camera, overscan included; 0: any", unit="px", low=0, high=65536
    )
    image_columns: int = param(0, "its columns, likewise", unit="px", low=0, high=65536)
    needed_cards: tuple[str, ...] = param((), "header keys without which an image is not of this camera")
    skip_ohdus: tuple[int, ...] = param((), "CCDs that are left out", low=0, high=MAX_OHDU)
    plane: int = param(-1, "which plane of a three-dimensional image is read; -1: such images are refused", low=-1)

    amplifiers: str = param(
        "auto", "auto: one or two, by the table of known widths, else two; quadrants: four corners", choices=AMPLIFIERS
    )
    reads: str = param(
        "auto",
        "two amplifiers: beside: each reads one half of the CCD; left, right, mean: each reads all of it and this one "
        "(or their mean) is used; auto: left for the widths of full reads in the table, else beside",
        choices=("auto", "beside", "left", "right", "mean"),
    )
    right_half: str = param(
        "mirrored",
        "mirrored: the right half of the file is the mirror image of the left one; readout: stored in reading order",
        choices=("mirrored", "readout"),
    )
    ccd_columns_key: str = param("", "header key of the columns of the whole CCD, of which each amplifier reads half")
    prescan_key: str = param("", "header key of the prescan columns")
    binning_key: str = param("", "header key of the columns added up in hardware")
    prescan_columns: int = param(0, "columns per amplifier before the active ones", unit="px", low=0, high=4096)
    overscan_columns: int = param(
        0, "columns per amplifier after the active ones; 0: header BIASW, else the table", unit="px", low=0, high=16384
    )
    overscan_rows: int = param(
        -1, "rows at the end without exposure; -1: header BIASH, else the table", unit="px", low=-1, high=16384
    )
    pedestal_from: str = param(
        "overscan",
        "which columns give pedestal and noise; pixels: the image itself, where it has none of them (as with BIASW 0 in the "
        "header)",
        choices=("overscan", "prescan", "pixels"),
    )
    drop_columns: int = param(10, "first columns of these that are left out", unit="px", low=0, high=1024)
    smooth_rows: int = param(1, "rows of the running median over the pedestal; 1: none", low=1, high=999)

    level_columns: int = param(
        65, "columns of the running median that takes off the level of the active part; 0: one level", low=0, high=999
    )

    gain_adu_per_e: float = param(
        0.0, "gain; 0: header GAIN, else the table of CCDs, else 7.25", unit="ADU/e⁻", low=0.0, high=1e6
    )
    gain_ohdus: tuple[int, ...] = param((), "CCDs of the gain table", low=0, high=MAX_OHDU)
    gain_table_adu_per_e: tuple[float, ...] = param((), "their gains", unit="ADU/e⁻", low=1e-6, high=1e6)
    gains_e_per_dn: tuple[float, ...] = param(
        (),
        "gain per amplifier, turned round: left, right, or the quadrants bottom left, bottom right, top left, top right",
        unit="e⁻/DN",
        low=1e-6,
        high=1e6,
    )
    pixel_um: float = param(15.0, "side of a pixel", unit="µm", low=0.1, high=1000.0)
    row_binning: int = param(1, "rows added up in hardware; header REBIN tells it otherwise", low=1, high=64)
    thickness_um: float = param(675.0, "thickness of the CCD", unit="µm", low=1.0, high=5000.0)
    pair_ev: float = param(3.745, "energy per electron-hole pair", unit="eV", low=1.0, high=10.0)
    saturation_adu: float = param(
        65535.0, "raw values from here on are saturated; marks of 1e10 always are", unit="ADU", low=1.0, high=1e10
    )

    border_px: int = param(0, "pixels along the edge that are masked", unit="px", low=0, high=2000)
    hot_sigma: float = param(3.0, "a column is hot if its median is off by this many times the noise ...", low=0.1)
    hot_mad: float = param(6.0, "... and by this many median deviations of all columns", low=0.1)
    max_nan_share: float = param(0.5, "images with more NaN than this are refused", low=0.0, high=1.0)

    strong_sigma: float = param(10.0, "a cluster has a pixel above this many times the noise", low=1.0, high=1000.0)
    weak_sigma: float = param(4.0, "and consists of pixels above this", low=0.5, high=1000.0)
    min_charge_e: float = param(60.0, "smallest charge of a cluster", unit="e-", low=0.0, high=1e9)
    connectivity: int = param(8, "neighbours of a pixel", choices=(4, 8))

    deblend: bool = param(True, "cut straight lines out of long clusters and join the pieces of one line")
    deblend_length_px: float = param(
        40.0, "shortest diagonal of a cluster that is searched for lines", unit="px", low=5.0, high=1e4
    )
    join_gap_px: float = param(20.0, "widest gap between joined pieces", unit="px", low=0.0, high=1e3)

    footprints_hdu: str = param("", "footprints: name of the table HDU; empty: the first table")
    footprints_id: str = param("fp_id", "footprints: column with the number of the footprint")
    footprints_x: str = param("x0", "footprints: column with the first pixel's column")
    footprints_y: str = param("y0", "footprints: column with its row")
    footprints_values: str = param("pixel_values", "footprints: column with the charges of a row of pixels, in e-")

    votes_image: str = param("", "votes: column of the table with the image; empty: the first column")
    votes_path: str = param(
        "{name}", "votes: where the image lies below the folder of the table; {name}: what the table says"
    )
    votes_label: str = param("", "votes: column with one label; empty: columns with votes, whose names are the classes")
    votes_columns: tuple[str, ...] = param((), "votes: columns with votes; none: all but that of the image")
    votes_are: str = param(
        "fractions", "votes: parts of all judges (0 to 1), or numbers of judges", choices=("fractions", "counts")
    )
    votes_judges: int = param(0, "votes: how many judges were asked; 0: not known", low=0, high=1000)
    votes_threshold_grey: float = param(
        20.0, "votes: pixels above this grey value (0 to 255) are the track", low=0.0, high=254.0
    )

    @property
    def own_keys(self) -> dict[str, str]:
        """The header keys that this mapping names itself, by field: an image that lacks one is told of."""
        return {
            field.name: key
            for field in fields(self)
            if field.name.endswith("_key") and (key := getattr(self, field.name)) not in ("", field.default)
        }

    def check(self) -> None:
        if self.weak_sigma > self.strong_sigma:
            raise DarkroomError(
                f"'weak_sigma' is {self.weak_sigma:g}: expected at most 'strong_sigma' ({self.strong_sigma:g})."
            )
        if len(self.gain_ohdus) != len(self.gain_table_adu_per_e):
            raise DarkroomError(
                f"'gain_table_adu_per_e' has {len(self.gain_table_adu_per_e)} gains for {len(self.gain_ohdus)} CCDs in "
                "'gain_ohdus': expected one for each."
            )
        n_amplifiers = {"one": (1,), "two": (2,), "quadrants": (4,), "auto": (1, 2)}[self.amplifiers]
        if self.gains_e_per_dn and len(self.gains_e_per_dn) not in n_amplifiers:
            raise DarkroomError(
                f"'gains_e_per_dn' has {len(self.gains_e_per_dn)} entries: expected one per amplifier "
                f"({' or '.join(map(str, n_amplifiers))})."
            )
        if self.pedestal_from == "prescan" and self.prescan_columns <= self.drop_columns:
            raise DarkroomError(
                f"'prescan_columns' is {self.prescan_columns}: expected more than 'drop_columns' "
                f"({self.drop_columns}), for the pedestal is taken from them."
            )
        for field in ("{run}", "{runid}", "{part}"):
            if self.file_name.count(field) > 1:
                raise DarkroomError(f"'file_name' is '{self.file_name}': expected {field} at most once.")


@dataclass(frozen=True)
class Named:
    """Run, image and part numbers from a file name; None where the pattern does not fit or lacks the field."""

    run: int | None = None
    runid: int | None = None
    part: int | None = None


def named(mapping: Mapping, path: Path) -> Named:
    """Run, image number and part from the file name, its endings (.fits.fz and the like) left out."""
    stem = re.sub(r"(\.(fits?|fts|fz|gz))+$", "", path.name, flags=re.IGNORECASE)
    pattern = re.escape(mapping.file_name).replace(r"\*", ".*")
    for field, digits in (("run", 6), ("runid", 7), ("part", 4)):
        pattern = pattern.replace(rf"\{{{field}\}}", rf"(?P<{field}>\d{{1,{digits}}})")
    match = re.fullmatch(pattern, stem)
    return Named(**{key: int(value) for key, value in match.groupdict().items()}) if match else Named()
