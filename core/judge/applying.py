"""A run on new images: what is counted, how often it comes, and what its energies and angles look like.

The experiment fills the record `Applying`; here stand the plain results that it gives, which pages and commands draw
and print alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import runs
from core.data.dataset import Dataset, list_datasets, open_dataset
from core.data.imaging import Window
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.intervals import Interval, defined
from core.judge.keynumber import KeyNumber
from core.judge.pressure import Pressure
from core.judge.scored import Scored, open_scored


@dataclass(frozen=True)
class Beside:
    """What stands beside the scores that are applied: the run's own data set with its test events, a simulated data set
    on which the counting is calibrated, and the air pressure; each may be missing.
    """

    test: Scored | None = None
    calibration: Scored | None = None
    pressure: Pressure | None = None


@dataclass(frozen=True)
class Count:
    """Rows of a group of classes: as called (Poisson interval), and corrected by the confusion matrix."""

    name: str
    called: Interval
    corrected: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        corrected = self.corrected.to_dict() if self.corrected else None
        return {"class": self.name, "called": self.called.to_dict(), "corrected": corrected}


@dataclass(frozen=True)
class ImageCount:
    """One image: rows per group as called, the particles in it (corrected for overlap if that is calibrated), its facts.

    `rate` is per cm2 and minute; NaN where the image tells no exposure.
    """

    frame: int
    name: str
    called: Mapping[str, int]
    particles: Interval
    rate: Interval
    live_s: float
    facts: Mapping[str, Any]

    @property
    def n_rows(self) -> int:
        return sum(self.called.values())

    @property
    def in_words(self) -> str:
        return ", ".join(f"{n:,} {name}" for name, n in self.called.items())

    def to_dict(self) -> dict[str, Any]:
        return {
            "frame": self.frame, "name": self.name, "called": dict(self.called), "particles": self.particles.to_dict(),
            "rate_per_cm2_min": self.rate.to_dict(), "live_s": defined(self.live_s), **self.facts,
        }  # fmt: skip


@dataclass(frozen=True)
class Series:
    """A rate in time: all arrays (m,), in time order. `mean` is that of one source, chi2 against it being constant.

    `gap` says that after this point there is a gap, `outlier` that the point is further than the limit from the mean.
    """

    panel: str
    frame: np.ndarray
    time_s: np.ndarray
    rate: np.ndarray
    error_low: np.ndarray
    error_high: np.ndarray
    pull: np.ndarray
    outlier: np.ndarray
    gap: np.ndarray
    mean: Interval
    chi2: float
    ndf: int
    p_value: float

    @property
    def in_words(self) -> str:
        odd = f"{int(self.outlier.sum())} outliers, {int(self.gap.sum())} gaps"
        mean = f"mean {self.mean.value:.4g} [{self.mean.low:.4g}, {self.mean.high:.4g}]"
        return f"{mean}, {_agreement(self.chi2, self.ndf, self.p_value)}, {odd}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the summary and one record per point."""
        points = zip(self.frame, self.time_s, self.rate, self.error_low, self.error_high, self.pull, strict=True)
        names = ("frame", "time_s", "rate", "error_low", "error_high", "pull")
        return {
            "panel": self.panel, "mean": self.mean.to_dict(), "chi2": defined(self.chi2), "ndf": self.ndf,
            "p_value": defined(self.p_value), "n_outliers": int(self.outlier.sum()), "n_gaps": int(self.gap.sum()),
            "points": [
                {"frame": int(p[0]), **{k: defined(v) for k, v in zip(names[1:], p[1:], strict=True)}}
                | {"outlier": bool(o), "gap_after": bool(g)}
                for p, o, g in zip(points, self.outlier, self.gap, strict=True)
            ],
        }  # fmt: skip


def _agreement(chi2: float, ndf: int, p_value: float) -> str:
    return f"chi2/ndf {chi2:.1f}/{ndf}, p = {p_value:.2g}".replace("p = nan", "p undefined")


@dataclass(frozen=True)
class Band:
    """A stretch of time with a name, such as a source that is on; `start_s` and `stop_s` unix seconds."""

    name: str
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class Fit:
    """A histogram with a fitted curve: edges (m + 1,), counts (m,), curve x and y in counts per bin.

    `numbers` are (name, unit, value with interval); `remark` says what is expected. Without a fit, `refused` says why.
    """

    title: str
    axis: str
    edges: np.ndarray
    counts: np.ndarray
    curve_x: np.ndarray
    curve_y: np.ndarray
    numbers: tuple[tuple[str, str, Interval], ...]
    chi2: float
    ndf: int
    p_value: float
    remark: str
    refused: str = ""

    @property
    def in_words(self) -> str:
        if self.refused:
            return self.refused
        told = [
            f"{name} {one.value:.4g} [{one.low:.4g}, {one.high:.4g}] {unit}".rstrip()
            for name, unit, one in self.numbers
        ]
        return f"{', '.join(told)}; {_agreement(self.chi2, self.ndf, self.p_value)}, n = {int(self.counts.sum()):,}."

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title, "chi2": defined(self.chi2), "ndf": self.ndf, "p_value": defined(self.p_value),
            "n": int(self.counts.sum()), "refused": self.refused or None, "remark": self.remark,
            **{name: {**found.to_dict(), "unit": unit} for name, unit, found in self.numbers},
        }  # fmt: skip


@dataclass(frozen=True)
class Angle:
    """Counts per bin of an angle against what is expected of a cause: edges_deg (m + 1,), counts and expected (m,)."""

    title: str
    axis: str
    edges_deg: np.ndarray
    counts: np.ndarray
    expected: np.ndarray
    chi2: float
    ndf: int
    p_value: float
    remark: str

    @property
    def in_words(self) -> str:
        return f"{_agreement(self.chi2, self.ndf, self.p_value)}, n = {int(self.counts.sum()):,}."

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title, "chi2": defined(self.chi2), "ndf": self.ndf, "p_value": defined(self.p_value),
            "n": int(self.counts.sum()), "edges_deg": self.edges_deg.tolist(), "counts": self.counts.tolist(),
            "expected": [defined(v) for v in self.expected], "remark": self.remark,
        }  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A window of a classified image for the screen: group int8 (ny, nx), -1 nothing, else a place in `names`. A cell is
    `step_px` pixels a side and holds the group of its brightest pixel, so that no track is lost.

    `rows` (m,) are the rows drawn, with `row_x`, `row_y` (their centres, pixels), their group and a text for the hover.
    """

    names: tuple[str, ...]
    group: np.ndarray
    step_px: int
    window: Window
    rows: np.ndarray
    row_x: np.ndarray
    row_y: np.ndarray
    row_group: np.ndarray
    row_text: tuple[str, ...]


@dataclass(frozen=True)
class Applied:
    """Everything that a run says of new images. `series` holds the panels of the rate, `corrected` those after the
    pressure correction; `facts` are plain values of what was corrected, and how surely.
    """

    counts: tuple[Count, ...]
    particles: Interval
    images: tuple[ImageCount, ...]
    series: tuple[Series, ...]
    corrected: tuple[Series, ...]
    bands: tuple[dict[str, Any], ...]
    band_spans: tuple[Band, ...]
    spectra: tuple[Fit, ...]
    angles: tuple[Angle, ...]
    facts: Mapping[str, Any]
    key_numbers: tuple[KeyNumber, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; undefined is None."""
        return {
            "counts": [one.to_dict() for one in self.counts], "particles": self.particles.to_dict(),
            "images": [one.to_dict() for one in self.images], "series": [one.to_dict() for one in self.series],
            "pressure_corrected": [one.to_dict() for one in self.corrected], "bands": list(self.bands),
            "spectra": [one.to_dict() for one in self.spectra], "angles": [one.to_dict() for one in self.angles],
            **self.facts, "notes": list(self.notes),
        }  # fmt: skip


@dataclass(frozen=True)
class Applying:
    """How an experiment applies a run to new images.

    `particle` is what is counted and whose rate is followed. `apply(scored, parameters, beside)` gives everything;
    `picture(scored, frame, parameters, window)` a window of one classified image, all of it if None.
    """

    particle: str
    parameters: type
    apply: Callable[[Scored, Any, Beside], Applied]
    picture: Callable[[Scored, int, Any, Window | None], Picture]


def applying_of(experiment: Experiment) -> Applying:
    """The experiment's way to apply a run, or a refusal."""
    if experiment.applying is None:
        raise DarkroomError(f"{experiment.title} has no images to apply a run to: choose a run of another experiment.")
    return experiment.applying


def calibrations(run: runs.Run, without: str) -> list[str]:
    """Simulated data sets that the run has scored, but `without` the one that is counted."""
    names = [
        name for name in runs.scored_datasets(run) if name in list_datasets() and name not in (without, run.dataset)
    ]
    return [name for name in names if open_dataset(name).simulated]


def stand_beside(scored: Scored, calibration: Dataset | None, pressure: Pressure | None, own: Dataset | None) -> Beside:
    """Open what stands beside the scores: `own` is the data set of the run."""
    run, experiment = scored.run, scored.experiment
    return Beside(
        open_scored(run, experiment, own) if own is not None else None,
        open_scored(run, experiment, calibration) if calibration is not None else None,
        pressure,
    )
