"""A run on new images: what is counted, how often it comes, and what its energies and angles look like.

Here stand the plain results that the experiment's analysis gives, which pages and commands draw and print alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.analysis.pressure import Pressure
from core.data.image_rows import Window
from core.judge.report import KeyNumber
from core.statistics.intervals import Interval, defined

if TYPE_CHECKING:
    from core.judge.score_table import ScoreTable


@dataclass(frozen=True)
class Reference:
    """What stands beside the scores that are applied: the run's own data set with its test events, a simulated data set
    on which the counting is calibrated, and the air pressure; each may be missing.
    """

    test: "ScoreTable | None" = None
    calibration: "ScoreTable | None" = None
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


BAD_FIT = 0.001  # p value, below which a curve does not describe the data
BAD = "the fit does not describe the data, its numbers hold nothing"


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
    def is_bad(self) -> bool:
        """Whether there is a curve that does not describe the data (p < 0.001)."""
        return bool(self.p_value < BAD_FIT)

    @property
    def in_words(self) -> str:
        if self.refused:
            return self.refused
        numbers = [
            f"{name} {number.value:.4g} [{number.low:.4g}, {number.high:.4g}] {unit}".rstrip()
            for name, unit, number in self.numbers
        ]
        bad = f"BAD FIT, {BAD}: " if self.is_bad else ""
        agreement = _agreement(self.chi2, self.ndf, self.p_value)
        return f"{bad}{', '.join(numbers)}; {agreement}, n = {int(self.counts.sum()):,}."

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title, "chi2": defined(self.chi2), "ndf": self.ndf, "p_value": defined(self.p_value),
            "is_bad": self.is_bad, "n": int(self.counts.sum()), "refused": self.refused or None, "remark": self.remark,
            **{name: {**number.to_dict(), "unit": unit} for name, unit, number in self.numbers},
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
class Overlay:
    """A window of a classified image for the screen: group int8 (ny, nx), -1 nothing, else a place in `names`. A cell is
    `step_px` pixels a side and holds the group of its brightest pixel, so that no track is lost; owner int32 (ny, nx) is the
    place in `rows` of the row that this pixel belongs to, -1 nobody's.

    `rows` (m,) are the rows drawn, with `row_x`, `row_y` (their centres, pixels), their group and a text for the hover.
    """

    names: tuple[str, ...]
    group: np.ndarray
    owner: np.ndarray
    step_px: int
    window: Window
    rows: np.ndarray
    row_x: np.ndarray
    row_y: np.ndarray
    row_group: np.ndarray
    row_text: tuple[str, ...]


@dataclass(frozen=True)
class RateResult:
    """Everything that a run says of new images. `particle` is what is counted and whose rate is followed; `series` holds
    the panels of the rate, `corrected` those after the pressure correction; `facts` are plain values of what was
    corrected, and how surely. `overlay(number, window)` draws one classified image, all of it without a window.
    """

    particle: str
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
    overlay: Callable[[int, Window | None], Overlay]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; undefined is None."""
        return {
            "counts": [count.to_dict() for count in self.counts], "particles": self.particles.to_dict(),
            "images": [image.to_dict() for image in self.images], "series": [panel.to_dict() for panel in self.series],
            "pressure_corrected": [panel.to_dict() for panel in self.corrected], "bands": list(self.bands),
            "spectra": [fit.to_dict() for fit in self.spectra], "angles": [angle.to_dict() for angle in self.angles],
            **self.facts, "notes": list(self.notes),
        }  # fmt: skip
