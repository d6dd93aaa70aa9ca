"""A run on new images: classes counted, muons corrected for overlap, their rate, energies and directions."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis import rate_report
from core.analysis.analysis import Analysis, Inputs, Progress
from core.analysis.rates import BAD, Count, Fit, ImageCount, Overlay, RateResult, Reference, Series
from core.connie.detector_images import IMAGE_VIEW
from core.connie.muons import counting, overlap, rate_series, rates, spectra
from core.connie.muons.rate_series import Exposed
from core.connie.overlay import overlay as image_overlay
from core.data.image_rows import Window
from core.data.splits import TEST, TRAIN, VALIDATION
from core.errors import DarkroomError
from core.judge.report import DASH, KeyNumber, Report
from core.judge.score_table import ScoreTable
from core.parameters import param
from core.statistics import multiclass, unfold
from core.statistics.intervals import Interval, counted

SURPRISING = 0.001  # p value
POPULATION = "population fit, calibration included"
_MINUTES = "/(cm² min)"


@dataclass(frozen=True)
class RateParameters:
    """Threshold on the muon score, corrections, and the stretches of time that are compared."""

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


def apply(scored: ScoreTable, parameters: RateParameters, reference: Reference) -> RateResult:
    """Counts per class, muon rate, spectra and directions of the scored images."""
    picture = functools.lru_cache(4)(functools.partial(draw, scored, parameters.threshold))
    scored, n_partly = counting.countable(scored)
    predicted = counting.predicted_class(scored, parameters.threshold)
    muon = counting.muon_index(scored)
    muons = predicted == muon
    image_numbers, place = counting.images_of(scored)
    per_class = overlap.per_image(place, predicted, len(image_numbers), len(scored.classes)).astype(int)
    notes: list[str] = []
    if n_partly:
        notes.append(
            f"{n_partly} images are scored in part and left out: `python -m core predict {scored.run.id} {scored.dataset.name}` "
            "scores the rest."
        )
    corrected = _overlap(scored, predicted, parameters, reference, notes)
    exposed = _exposed(scored, image_numbers, per_class[:, muon], corrected, reference)
    series = rate_series.series(exposed, parameters.outlier_sigma)
    n_without_time = int((~exposed.has_time).sum())
    if not series:
        notes.append("No image tells when and how long it was exposed: there is no rate.")
    elif n_without_time:
        notes.append(
            f"{n_without_time} of {len(exposed.frame)} images do not tell when or how long they were exposed: they are in no rate."
        )
    bands = rates.parse_bands(parameters.bands)
    after, barometer = _pressure(exposed, parameters, notes)
    calibration = reference.calibration
    fits = (
        spectra.muon_spectrum(scored, muons, parameters.fit_low_kev, parameters.fit_high_kev),
        spectra.copper_lines(scored, muons),
    )
    calibrated = None if calibration is None else counting.predicted_class(calibration, parameters.threshold) == muon
    directions = spectra.directions(scored, muons, calibration, calibrated)
    counts = _counts(scored, predicted, parameters, reference, notes)
    images = _images(scored, exposed, per_class, corrected)
    total = _total(images, corrected)
    facts = {
        "threshold": parameters.threshold, "overlap_corrected": corrected is not None, "pressure": barometer,
        "calibrated_on": calibration.dataset.name if calibration and corrected else None,
    }  # fmt: skip
    notes += _warn(scored, reference, series, fits)
    numbers = _key_numbers(total, series, after, fits, corrected is not None, len(images))
    return RateResult(
        "muon", counts, total, images, series, after, rate_series.band_rows(exposed, bands), bands, fits, directions, facts, numbers,
        tuple(notes), picture,
    )  # fmt: skip


def _overlap(
    scored: ScoreTable, predicted: np.ndarray, parameters: RateParameters, reference: Reference, notes: list[str]
) -> list[overlap.Counted] | None:
    """Muons of each image with the calibration of the counting; None without one."""
    if reference.calibration is None:
        notes.append(
            "Clusters called muon are counted as they are: no simulated data set with scores of this run calibrates the "
            "overlap, so muons that share a cluster are missing."
        )
        return None
    population, x = counting.population(scored, predicted)
    response = counting.response(reference.calibration, parameters.threshold)
    outside = (x < response.low * 0.9) | (x > response.high * 1.1)
    if outside.any():
        notes.append(
            f"{int(outside.sum())} of {len(outside)} images have an occupancy outside {100 * response.low:.2f}-"
            f"{100 * response.high:.2f} %, where the counting was calibrated: their numbers are extrapolated."
        )
    sizes = [np.median([f["n_usable_px"] for f in table.dataset.images]) for table in (scored, reference.calibration)]
    if not 0.5 < sizes[0] / sizes[1] < 2.0:
        notes.append(
            f"The images have {sizes[0] / 1e6:.1f} million pixels, those of the calibration {sizes[1] / 1e6:.1f}: more tracks are "
            "clipped by the edges of small images, which moves the count by some percent; calibrate on images of the same size."
        )
    return overlap.count(response, population, x)


def _exposed(
    scored: ScoreTable,
    numbers: np.ndarray,
    n_called: np.ndarray,
    corrected: list[overlap.Counted] | None,
    beside: Reference,
) -> Exposed:
    if corrected is None:
        muons, error, repeats = n_called.astype(float), np.sqrt(n_called), np.zeros((len(n_called), 0))
    else:
        muons, error, repeats = (
            np.array([getattr(c, name) for c in corrected]) for name in ("value", "statistical", "repeats")
        )
    facts = scored.dataset.images
    return rate_series.exposed(facts, numbers, (muons, error, repeats), beside.pressure, corrected is not None)


def _pressure(
    exposed: Exposed, parameters: RateParameters, notes: list[str]
) -> tuple[tuple[Series, ...], dict[str, Any] | None]:
    """The series corrected for air pressure and the coefficient, where pressures are known."""
    if not np.isfinite(exposed.pressure_hpa).any():
        return (), None
    try:
        after, barometer = rate_series.corrected_for_pressure(exposed)
    except DarkroomError as error:
        notes.append(f"No pressure correction: {error}")
        return (), None
    coefficient = {
        "beta_per_hpa": barometer.beta.to_dict(), "reference_hpa": barometer.reference_hpa, "chi2": barometer.chi2,
        "ndf": barometer.ndf, "p_value": barometer.p_value,
    }  # fmt: skip
    return rate_series.series(after, parameters.outlier_sigma), coefficient


def _counts(
    scored: ScoreTable, predicted: np.ndarray, parameters: RateParameters, reference: Reference, notes: list[str]
) -> tuple[Count, ...]:
    """Clusters per predicted class over all images and, with `confusion`, unfolded by the confusion matrix."""
    n = np.bincount(predicted, minlength=len(scored.classes))
    corrected: list[Interval] | None = None
    if parameters.confusion and reference.test is not None:
        test = reference.test.where(reference.test.side == TEST)
        labels = test.class_labels(test.under(test.selection.labels))
        matrix = multiclass.confusion(labels, counting.predicted_class(test, parameters.threshold), scored.classes)
        try:
            corrected = unfold.unfold(n, matrix.counts[:, :-1])
        except DarkroomError as error:
            notes.append(f"Class counts are not corrected: {error}")
    return tuple(
        Count(name, counted(int(k)), corrected[i] if corrected else None)
        for i, (name, k) in enumerate(zip(scored.classes, n, strict=True))
    )


def _images(
    scored: ScoreTable, exposed: Exposed, per_class: np.ndarray, corrected: list[overlap.Counted] | None
) -> tuple[ImageCount, ...]:
    facts = scored.dataset.images
    at = counting.muon_index(scored)
    counts = []
    for i, number in enumerate(exposed.frame):
        n = int(per_class[i, at])
        if corrected is None:
            muons = counted(n)
        else:
            sigma = 1.96 * math.hypot(corrected[i].statistical, corrected[i].calibration)
            value = corrected[i].value
            muons = Interval(value, max(value - sigma, 0.0), value + sigma, n, method=POPULATION)
        exposure = exposed.exposure[i]
        per = exposure if exposure > 0 else math.nan
        rate = Interval(muons.value / per, muons.low / per, muons.high / per, n, method=muons.method)
        image_facts = {
            name: facts[number].get(name) for name in ("run", "runid", "ohdu", "expstart_unix_s", "occupancy")
        }
        by_class = dict(zip(scored.classes, per_class[i].tolist(), strict=True))
        name = IMAGE_VIEW.name(facts[number])
        counts.append(ImageCount(int(number), name, by_class, muons, rate, float(exposed.live_s[i]), image_facts))
    return tuple(counts)


def _total(images: tuple[ImageCount, ...], corrected: list[overlap.Counted] | None) -> Interval:
    """Muons of all images: statistical errors in quadrature, those of the calibration all together."""
    n = sum(image.particles.n for image in images)
    if corrected is None:
        return counted(n)
    value = sum(c.value for c in corrected)
    statistical = math.sqrt(sum(c.statistical**2 for c in corrected))
    calibration = float(np.sum([c.repeats for c in corrected], axis=0).std())
    sigma = 1.96 * math.hypot(statistical, calibration)
    return Interval(value, value - sigma, value + sigma, n, method=POPULATION)


def _warn(scored: ScoreTable, reference: Reference, series: tuple[Series, ...], fits: tuple[Fit, ...]) -> list[str]:
    notes = []
    n_trained = int(np.isin(scored.split, (TRAIN, VALIDATION)).sum())
    if n_trained:
        notes.append(
            f"The run was trained or validated on {n_trained:,} of {len(scored.rows):,} rows: counts look too good."
        )
    notes += [f"{fit.title}: bad fit (p = {fit.p_value:.2g}), {BAD}." for fit in fits if fit.is_bad]
    if reference.calibration is not None:
        notes.append(
            f"The overlap correction rests on simulation (data set {reference.calibration.dataset.name}): its error does not hold "
            "how far the simulation is from the detector."
        )
    notes += [
        f"{panel.panel}: the rate is not constant (p = {panel.p_value:.2g})."
        for panel in series
        if panel.p_value < SURPRISING
    ]
    return notes


def _key_numbers(
    total: Interval, measured: tuple[Series, ...], corrected: tuple[Series, ...], fits: tuple[Fit, ...], is_corrected: bool,
    n_images: int,
) -> tuple[KeyNumber, ...]:  # fmt: skip
    how = "corrected for overlap" if is_corrected else "clusters, not corrected for overlap"
    numbers = [
        KeyNumber("muons", f"{total.value:,.0f}", f"[{total.low:,.0f}, {total.high:,.0f}], {n_images} images", how)
    ]
    if measured:
        mean = measured[0].mean
        numbers.append(
            KeyNumber(
                f"muon rate {_MINUTES}", f"{mean.value:.4g}", f"[{mean.low:.4g}, {mean.high:.4g}]", "per live time"
            )
        )
    for name, panels in (("constant", measured), ("corrected", corrected)):
        if panels:
            first = panels[0]
            odd = f"{int(first.outlier.sum())} outliers"
            p = DASH if math.isnan(first.p_value) else f"p = {first.p_value:.2g}"
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
        help = "peak of the energy along 675 µm, Landau (x) Gauss summed over the path lengths"
        numbers.append(KeyNumber("energy peak [keV]", f"{peak.value:.1f}", detail, help))
    return tuple(numbers)


def draw(scored: ScoreTable, threshold: float, number: int, window: Window | None = None) -> Overlay:
    """The classified picture of one image, or of a window of it; also of one that is scored in part."""
    return image_overlay(scored, number, counting.predicted_class(scored, threshold), window)


def run(inputs: Inputs, parameters: RateParameters, progress: Progress) -> Report:
    """The report on the images that a run has scored."""
    progress(0, 1, "counting")
    if inputs.scored is None:
        raise DarkroomError("There are no scores to count: choose a run and a data set that it has scored.")
    reference = Reference(inputs.own, inputs.calibration, inputs.pressure)
    return rate_report.report(apply(inputs.scored, parameters, reference))


RATES = Analysis(
    title="Rates in new images",
    explanation="What a run says of new images: particles corrected for overlap, their rate, energies and directions.",
    parameters=RateParameters,
    needs=rate_report.NEEDS,
    run=run,
)
