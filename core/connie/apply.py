"""A run on new images: classes counted, muons corrected for overlap, their rate, energies and directions."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.connie import counting, overlap, rates, series, spectra
from core.connie.imageview import IMAGING
from core.connie.picture import picture
from core.connie.series import Exposed
from core.data.imaging import Window
from core.data.splits import OTHER, TEST
from core.errors import DarkroomError
from core.judge import unfold
from core.judge.applying import Applied, Applying, Beside, Count, ImageCount, Picture, Series
from core.judge.intervals import Interval, poisson
from core.judge.keynumber import KeyNumber
from core.judge.scored import Scored
from core.parameters import param

SURPRISING = 0.001  # p value
_MINUTES = "/(cm² min)"


@dataclass(frozen=True)
class ApplyParameters:
    """What is called a muon, what is corrected, and what a rate is compared with."""

    threshold: float = param(0.5, "score from which a cluster is called muon", low=0.0, high=1.0)
    confusion: bool = param(True, "correct class counts by the confusion matrix of the run's test events")
    fit_low_kev: float = param(120.0, "lower end of the Landau fit", unit="keV", low=20.0, high=1000.0)
    fit_high_kev: float = param(450.0, "upper end of the Landau fit", unit="keV", low=50.0, high=2000.0)
    outlier_sigma: float = param(3.0, "distance from the mean rate of an outlier", unit="sigma", low=1.0, high=10.0)
    bands: str = param("", "stretches of time: 'name start stop', comma-separated, such as 'on 2020-01-01 2020-02-15'")

    def check(self) -> None:
        """Refuse a window of the fit that is upside down, and bands that cannot be read."""
        if self.fit_low_kev + 50.0 > self.fit_high_kev:
            raise DarkroomError(
                f"The Landau fit goes from {self.fit_low_kev:g} to {self.fit_high_kev:g} keV: expected at least 50 keV."
            )
        rates.parse_bands(self.bands)


def apply(scored: Scored, asked: ApplyParameters, beside: Beside) -> Applied:
    """Everything that is said of the scored images."""
    called = counting.called_class(scored, asked.threshold)
    muons = called == counting.muon_index(scored)
    frames, image = counting.images_of(scored)
    per_class = overlap.per_image(image, called, len(frames), len(scored.classes)).astype(int)
    notes: list[str] = []
    corrected = _overlap(scored, called, asked, beside, notes)
    found = _exposed(scored, frames, per_class[:, counting.muon_index(scored)], corrected, beside)
    told = series.series(found, asked.outlier_sigma)
    if not told:
        notes.append("No image tells when and how long it was exposed: there is no rate.")
    bands = rates.parse_bands(asked.bands)
    after, barometer = _pressure(found, asked, notes)
    calibration = beside.calibration
    calibrated_muons = None
    if calibration is not None:
        calibrated_muons = counting.called_class(calibration, asked.threshold) == counting.muon_index(calibration)
    fits = (
        spectra.muon_spectrum(scored, muons, asked.fit_low_kev, asked.fit_high_kev),
        spectra.copper_lines(scored, muons),
    )
    directions = spectra.directions(scored, muons, calibration, calibrated_muons)
    counts = _counts(scored, called, asked, beside, notes)
    images = _images(scored, found, per_class, corrected)
    total = _total(images, corrected)
    facts = {
        "threshold": asked.threshold, "overlap_corrected": corrected is not None, "pressure": barometer,
        "calibrated_on": calibration.dataset.name if calibration and corrected else None,
    }  # fmt: skip
    notes += _warn(scored, beside, told)
    numbers = _key_numbers(total, told, after, fits, corrected is not None, len(images))
    return Applied(
        counts, total, images, told, after, series.band_rows(found, bands), bands, fits, directions, facts, numbers,
        tuple(notes),
    )  # fmt: skip


def _overlap(
    scored: Scored, called: np.ndarray, asked: ApplyParameters, beside: Beside, notes: list[str]
) -> list[overlap.Counted] | None:
    """Muons of each image with the calibration of the counting; None without one."""
    if beside.calibration is None:
        notes.append(
            "Clusters called muon are counted as they are: no simulated data set with scores of this run calibrates the "
            "overlap, so muons that share a cluster are missing."
        )
        return None
    population, x = counting.population(scored, called)
    response = counting.response(beside.calibration, asked.threshold)
    outside = (x < response.low * 0.9) | (x > response.high * 1.1)
    if outside.any():
        notes.append(
            f"{int(outside.sum())} of {len(outside)} images have an occupancy outside {100 * response.low:.2f}-"
            f"{100 * response.high:.2f} %, where the counting was calibrated: their numbers are extrapolated."
        )
    sizes = [np.median([f["n_usable_px"] for f in one.dataset.frames]) for one in (scored, beside.calibration)]
    if not 0.5 < sizes[0] / sizes[1] < 2.0:
        notes.append(
            f"The images have {sizes[0] / 1e6:.1f} million pixels, those of the calibration {sizes[1] / 1e6:.1f}: more tracks are "
            "clipped by the edges of small images, which moves the count by some percent; calibrate on images of the same size."
        )
    return overlap.count(response, population, x)


def _exposed(
    scored: Scored, frames: np.ndarray, n_called: np.ndarray, corrected: list[overlap.Counted] | None, beside: Beside
) -> Exposed:
    if corrected is None:
        muons, error = n_called.astype(float), np.sqrt(n_called)
    else:
        muons, error = (np.array([getattr(c, name) for c in corrected]) for name in ("value", "statistical"))
    facts = scored.dataset.frames
    return series.exposed(facts, frames, muons, error, beside.pressure, corrected is not None)


def _pressure(
    found: Exposed, asked: ApplyParameters, notes: list[str]
) -> tuple[tuple[Series, ...], dict[str, Any] | None]:
    """The series corrected for air pressure and the coefficient, where pressures are known."""
    if not np.isfinite(found.pressure_hpa).any():
        return (), None
    try:
        after, barometer = series.corrected_for_pressure(found)
    except DarkroomError as error:
        notes.append(f"No pressure correction: {error}")
        return (), None
    told = {
        "beta_per_hpa": barometer.beta.to_dict(), "reference_hpa": barometer.reference_hpa, "chi2": barometer.chi2,
        "ndf": barometer.ndf, "p_value": barometer.p_value,
    }  # fmt: skip
    return series.series(after, asked.outlier_sigma), told


def _counts(
    scored: Scored, called: np.ndarray, asked: ApplyParameters, beside: Beside, notes: list[str]
) -> tuple[Count, ...]:
    """Clusters per class over all images, as called and, if asked, unfolded."""
    n = np.bincount(called, minlength=len(scored.classes))
    corrected: list[Interval] | None = None
    if asked.confusion and beside.test is not None:
        test = beside.test.where(beside.test.split == TEST)
        labels = test.class_labels(test.under(test.selection.labels))
        matrix = unfold.confusion(labels, counting.called_class(test, asked.threshold), len(scored.classes))
        try:
            corrected = unfold.unfold(n, matrix)
        except DarkroomError as error:
            notes.append(f"Class counts are not corrected: {error}")
    return tuple(
        Count(name, Interval(float(k), *poisson(int(k)), int(k)), corrected[i] if corrected else None)
        for i, (name, k) in enumerate(zip(scored.classes, n, strict=True))
    )


def _images(
    scored: Scored, found: Exposed, per_class: np.ndarray, corrected: list[overlap.Counted] | None
) -> tuple[ImageCount, ...]:
    facts = scored.dataset.frames
    at = counting.muon_index(scored)
    made = []
    for i, frame in enumerate(found.frame):
        n = int(per_class[i, at])
        if corrected is None:
            muons = Interval(float(n), *poisson(n), n)
        else:
            sigma = 1.96 * math.hypot(corrected[i].statistical, corrected[i].calibration)
            muons = Interval(corrected[i].value, max(corrected[i].value - sigma, 0.0), corrected[i].value + sigma, n)
        exposure = found.exposure[i]
        per = exposure if exposure > 0 else math.nan
        rate = Interval(muons.value / per, muons.low / per, muons.high / per, n)
        kept = {name: facts[frame].get(name) for name in ("run", "runid", "ohdu", "expstart_unix_s", "occupancy")}
        called = dict(zip(scored.classes, per_class[i].tolist(), strict=True))
        made.append(
            ImageCount(int(frame), IMAGING.name(facts[frame]), called, muons, rate, float(found.live_s[i]), kept)
        )
    return tuple(made)


def _total(images: tuple[ImageCount, ...], corrected: list[overlap.Counted] | None) -> Interval:
    """Muons of all images: statistical errors in quadrature, those of the calibration all together."""
    n = sum(one.particles.n for one in images)
    if corrected is None:
        return Interval(float(n), *poisson(n), n)
    value = sum(c.value for c in corrected)
    statistical = math.sqrt(sum(c.statistical**2 for c in corrected))
    calibration = float(np.sum([c.repeats for c in corrected], axis=0).std())
    sigma = 1.96 * math.hypot(statistical, calibration)
    return Interval(value, value - sigma, value + sigma, n, method="population fit, calibration included")


def _warn(scored: Scored, beside: Beside, told: tuple[Series, ...]) -> list[str]:
    notes = []
    seen = int((scored.split != OTHER).sum())
    if seen:
        notes.append(
            f"{seen:,} of {len(scored.rows):,} rows belong to the run's own training data: counts look too good."
        )
    if beside.calibration is not None:
        notes.append(
            f"The overlap correction rests on simulation (data set {beside.calibration.dataset.name}): its error does not hold "
            "how far the simulation is from the detector."
        )
    notes += [
        f"{one.panel}: the rate is not constant (p = {one.p_value:.2g})." for one in told if one.p_value < SURPRISING
    ]
    return notes


def _key_numbers(
    total: Interval, told: tuple[Series, ...], after: tuple[Series, ...], fits: tuple[Any, ...], is_corrected: bool,
    n_images: int,
) -> tuple[KeyNumber, ...]:  # fmt: skip
    how = "corrected for overlap" if is_corrected else "clusters, not corrected for overlap"
    numbers = [
        KeyNumber("muons", f"{total.value:,.0f}", f"[{total.low:,.0f}, {total.high:,.0f}], {n_images} images", how)
    ]
    if told:
        mean = told[0].mean
        numbers.append(
            KeyNumber(
                f"muon rate {_MINUTES}", f"{mean.value:.4g}", f"[{mean.low:.4g}, {mean.high:.4g}]", "per live time"
            )
        )
    for name, one in (("constant", told), ("corrected", after)):
        if one:
            first = one[0]
            odd = f"{int(first.outlier.sum())} outliers"
            p = "undefined" if math.isnan(first.p_value) else f"p = {first.p_value:.2g}"
            numbers.append(
                KeyNumber(
                    f"{name}? χ²/ndf",
                    f"{first.chi2:.1f}/{first.ndf}",
                    f"{p}, {odd}",
                    "rate against its mean, as measured or corrected for air pressure",
                )
            )
    peak = spectra.peak_of(fits)
    if peak is not None:
        detail = f"[{peak.low:.1f}, {peak.high:.1f}], n = {peak.n:,}"
        numbers.append(
            KeyNumber(
                "energy peak [keV]", f"{peak.value:.1f}", detail, "most probable energy along 675 um, Landau (x) Gauss"
            )
        )
    return tuple(numbers)


def draw(scored: Scored, frame: int, asked: ApplyParameters, window: Window | None = None) -> Picture:
    """The classified picture of one image, or of a window of it."""
    return picture(scored, frame, counting.called_class(scored, asked.threshold), window)


APPLYING: Applying = Applying(particle="muon", parameters=ApplyParameters, apply=apply, picture=draw)
