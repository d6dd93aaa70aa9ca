"""What a run says of new images, as figures, tables and sentences."""

from typing import Any

from core.analysis import rate_figures, series_figures
from core.analysis.analysis import Need
from core.analysis.rates import RateResult, Series
from core.judge.report import Figure, Report, Table
from core.statistics.intervals import Interval, defined

_ENDS = ("value", "low", "high")
RATE = "/(cm² min)"
COUNTS_NOTE = (
    "Clusters per class in all images, 95 % intervals. Called: as the run says, Poisson. Corrected: the confusion matrix of "
    "the run's test events inverted, bootstrap of both; it corrects what is mistaken, not what overlaps."
)
SERIES_NOTE = (
    "Rate per exposure with Poisson errors (68 %), dashed: the mean. Ringed: outliers. The line breaks where images are "
    "missing. A step that all CCDs share is a change of the source or of the air; one in a single CCD is the CCD."
)
CALIBRATION_HELP = (
    "a simulated data set that this run has scored, with images of many rates: it tells how many particles the clusters "
    "hold, misclassified and overlapping ones included. To make one: simulate and prepare it on page Data, then score it "
    "here by choosing it as the data set."
)
PRESSURE_HELP = (
    "time: unix seconds or 2020-01-31T12:00 (UTC); pressure in hPa. Without it, pressures in the headers count."
)
NEEDS = {
    "run": Need("run", True),
    "dataset": Need("applied to data set", True),
    "calibration": Need("counting calibrated on", help=CALIBRATION_HELP),
    "pressure": Need("air pressure (CSV: time, pressure)", help=PRESSURE_HELP),
}
NO_RATE = "No image tells when and how long it was exposed: there is no rate."


def report(result: RateResult) -> Report:
    """Everything that is said of the images, in the groups counts, rate in time, energy and direction."""
    counts = Figure(
        "counts per class", rate_figures.counts(result.counts), COUNTS_NOTE, count_columns(result), "counts"
    )
    series = [_series(result, result.series, "rate in time", "")] if result.series else []
    if result.corrected:
        title = "corrected for pressure"
        series.append(_series(result, result.corrected, title, f" {pressure_in_words(result)}"))
    spectra = [
        Figure(fit.title, rate_figures.spectrum(fit), f"{fit.title}, {fit.in_words} {fit.remark}", rate_figures.fit_columns(fit), "energy")
        for fit in result.spectra
    ]  # fmt: skip
    angles = [
        Figure(
            angle.title, rate_figures.angle(angle), f"{angle.title}: {angle.in_words} Dashed: {angle.remark}",
            rate_figures.angle_columns(angle), "direction",
        )
        for angle in result.angles
    ]  # fmt: skip
    tables = [Table("counts per image", image_rows(result), group="counts")]
    if result.bands:
        tables.append(Table("mean rate inside each band", band_table(result), group="rate in time"))
    return Report(
        result.key_numbers, tuple(tables), (counts, *series, *spectra, *angles), result.notes, result.to_dict(), result
    )


def _series(result: RateResult, panels: tuple[Series, ...], group: str, remark: str) -> Figure:
    figure = series_figures.rate_in_time(panels, result.band_spans, RATE, result.particle)
    return Figure(group, figure, SERIES_NOTE + remark, series_figures.series_columns(panels), group)


def count_columns(result: RateResult) -> dict[str, list[Any]]:
    """Counts per class as columns: as called and corrected, with intervals; None where not corrected."""
    columns: dict[str, list[Any]] = {"class": [count.name for count in result.counts]}
    for kind in ("called", "corrected"):
        intervals: list[Interval | None] = [getattr(count, kind) for count in result.counts]
        for end in _ENDS:
            name = kind if end == "value" else f"{kind} {end}"
            columns[name] = [None if interval is None else defined(getattr(interval, end)) for interval in intervals]
    return columns


def image_rows(result: RateResult) -> list[dict[str, Any]]:
    """One flat record per image, for a table."""
    return [
        {
            "image": image.name, **image.called, f"{result.particle}s": image.particles.value, "low": image.particles.low,
            "high": image.particles.high, "rate /(cm2 min)": defined(image.rate.value), "live time [s]": defined(image.live_s),
            "occupancy": image.facts.get("occupancy"),
        }
        for image in result.images
    ]  # fmt: skip


def band_table(result: RateResult) -> list[dict[str, Any]]:
    """Mean rate inside the bands of each name, and the difference of the first two."""
    return [
        {
            "band": row["band"], "rate": row["rate"]["value"], "low": row["rate"]["low"], "high": row["rate"]["high"],
            "images": row.get("images"), "chi2": row.get("chi2"), "ndf": row.get("ndf"), "difference [sigma]": row.get("sigma"),
        }
        for row in result.bands
    ]  # fmt: skip


def pressure_in_words(result: RateResult) -> str:
    """The coefficient that was fitted, in percent per hPa; '' without pressures."""
    pressure = result.facts.get("pressure")
    if not pressure:
        return ""
    value, low, high = (100.0 * pressure["beta_per_hpa"][end] for end in _ENDS)
    return (
        f"pressure: ln(R/R0) = beta (P - {pressure['reference_hpa']:.1f} hPa), beta = {value:.3f} [{low:.3f}, {high:.3f}] %/hPa, "
        f"chi2/ndf {pressure['chi2']:.1f}/{pressure['ndf']}, {pressure['beta_per_hpa']['n']} images"
    )
