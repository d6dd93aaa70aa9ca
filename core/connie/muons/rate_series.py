"""The muon rate of each image, and as a series in time: together, per CCD, inside bands, corrected for air pressure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis.pressure import Pressure
from core.analysis.rates import Band, Series
from core.connie.muons import rates
from core.statistics.intervals import Interval

ALL = "all CCDs"
MEAN_LENGTH_UM = math.pi / 4.0 * 675.0  # of the projections of muons through a horizontal sensor
_CM_PER_UM = 1e-4


@dataclass(frozen=True)
class Exposed:
    """What images (m,) were exposed to, and the muons in them with the statistical error (one sigma) of their number.

    `exposure` is area times live time [cm2 min]; NaN where an image does not tell how long it was exposed. `repeats`
    (m, n_repeats) are the muons with resampled calibrations, n_repeats = 0 where they were counted as called.
    """

    frame: np.ndarray
    runid: np.ndarray
    ohdu: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray
    live_s: np.ndarray
    exposure: np.ndarray
    muons: np.ndarray
    error: np.ndarray
    repeats: np.ndarray
    pressure_hpa: np.ndarray

    def where(self, chosen: np.ndarray) -> "Exposed":
        """Only these images: bool (m,) or places."""
        return Exposed(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @property
    def has_time(self) -> np.ndarray:
        """Bool (m,): whether it is known when and how long an image was exposed; else it has no place in a series."""
        return np.isfinite(self.exposure) & (self.exposure > 0) & np.isfinite(self.middle_s)

    @property
    def middle_s(self) -> np.ndarray:
        return (self.start_s + self.stop_s) / 2.0

    @property
    def repeated_rates(self) -> np.ndarray:
        """(n_repeats,): the mean rate with each resampled calibration, whose error all images share."""
        with np.errstate(divide="ignore", invalid="ignore"):
            rates: np.ndarray = self.repeats.sum(axis=0) / self.exposure.sum()
        return rates

    @property
    def effective_n(self) -> np.ndarray:
        """(m,): the counted number with the same relative error as the muons, which have been corrected."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.error > 0, (self.muons / self.error) ** 2, 0.0)

    @property
    def effective_exposure(self) -> np.ndarray:
        """(m,): the exposure in which that many would come at the rate of the muons."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.muons > 0, self.effective_n * self.exposure / self.muons, self.exposure)


def exposed(
    facts: Sequence[Mapping[str, Any]], numbers: np.ndarray, counted: tuple[np.ndarray, np.ndarray, np.ndarray],
    pressure: Pressure | None, counts_clipped: bool,
) -> Exposed:  # fmt: skip
    """From what is known of the images `numbers` (m,) and what was counted in them: muons, error and repeats as in
    `Exposed`. Pressures given win over those in headers.

    `counts_clipped`: the muons include those that only clip an edge, so the area is wider by half their length there.
    """
    image_facts = [facts[i] for i in numbers]
    start, stop = _column(image_facts, "expstart_unix_s"), _column(image_facts, "expstop_unix_s")
    live = np.array([
        rates.live_time_s(a, 0.0 if math.isnan(b) else b)
        for a, b in zip(_column(image_facts, "exptime_s"), _column(image_facts, "readout_s"), strict=True)
    ])  # fmt: skip
    stop = np.where(np.isnan(stop), start + _column(image_facts, "exptime_s"), stop)
    area = np.array([area_cm2(image, counts_clipped) for image in image_facts])
    hpa = _column(image_facts, "pressure_hpa") if pressure is None else pressure.at((start + stop) / 2.0)
    runid, ohdu = (np.array([int(image.get(name) or 0) for image in image_facts]) for name in ("runid", "ohdu"))
    return Exposed(numbers, runid, ohdu, start, stop, live, area * live / 60.0, *counted, hpa)


def area_cm2(facts: Mapping[str, Any], counts_clipped: bool) -> float:
    """Area in which muons are counted: that of the usable pixels and, with clipped ones, perimeter * mean length / pi more
    (Crofton: so many segments hit a convex region though their middle lies outside).
    """
    pixel_cm = float(facts["pixel_um"]) * _CM_PER_UM
    area = float(facts["n_usable_px"]) * pixel_cm**2
    if counts_clipped:
        perimeter_cm = 2.0 * (float(facts["n_rows"]) + float(facts["n_columns"])) * pixel_cm
        area += perimeter_cm * MEAN_LENGTH_UM * _CM_PER_UM / math.pi
    return area


def _column(facts: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    return np.array([math.nan if image.get(name) is None else float(image[name]) for image in facts])


def series(images: Exposed, limit_sigma: float) -> tuple[Series, ...]:
    """The rate of all CCDs together per exposure, then of each CCD; images without times or exposure are left out."""
    usable = images.where(images.has_time)
    if not len(usable.frame):
        return ()
    panels = {f"OHDU {number}": usable.where(usable.ohdu == number) for number in np.unique(usable.ohdu)}
    if len(panels) > 1:
        panels = {ALL: together(usable), **panels}
    return tuple(
        one_series(name, panel.where(np.argsort(panel.start_s)), limit_sigma) for name, panel in panels.items()
    )


def together(images: Exposed) -> Exposed:
    """The CCDs of each exposure summed."""
    runids, first, at = np.unique(images.runid, return_index=True, return_inverse=True)
    summed = {name: np.bincount(at, getattr(images, name), len(runids)) for name in ("exposure", "muons")}
    error = np.sqrt(np.bincount(at, images.error**2, len(runids)))
    repeats = np.zeros((len(runids), images.repeats.shape[1]))
    np.add.at(repeats, at, images.repeats)
    return Exposed(
        images.frame[first], runids, np.zeros(len(runids), int), images.start_s[first], images.stop_s[first],
        images.live_s[first], summed["exposure"], summed["muons"], error, repeats, images.pressure_hpa[first],
    )  # fmt: skip


def one_series(panel: str, images: Exposed, limit_sigma: float) -> Series:
    """One panel, in time order."""
    n, exposure = images.effective_n, images.effective_exposure
    fit = rates.constancy(n, exposure)
    down, up = rates.count_errors(n)
    return Series(
        panel, images.frame, images.middle_s, n / exposure, down / exposure, up / exposure, fit.pull,
        np.abs(fit.pull) > limit_sigma, rates.gaps(images.start_s), with_calibration(fit.mean, images), fit.chi2, fit.ndf,
        fit.p_value,
    )  # fmt: skip


def with_calibration(mean: Interval, images: Exposed) -> Interval:
    """A mean rate whose interval also holds the error of the calibration, which all images share; as it is without one.

    The two are added in quadrature on either side.
    """
    resampled = images.repeated_rates
    if len(resampled) < 2 or math.isnan(mean.value) or not mean.value:
        return mean
    reach = 1.96 * float(resampled.std()) / float(resampled.mean()) * mean.value
    down, up = math.hypot(mean.value - mean.low, reach), math.hypot(mean.high - mean.value, reach)
    method = f"{mean.method}, calibration in quadrature"
    return Interval(mean.value, max(mean.value - down, 0.0), mean.value + up, mean.n, mean.level, method=method)


def corrected_for_pressure(images: Exposed) -> tuple[Exposed, rates.Barometric]:
    """The same images with muons as they would be at the mean pressure, and the coefficient that was fitted to them.

    Images without pressure are left out.
    """
    with_pressure = images.where(
        np.isfinite(images.pressure_hpa) & np.isfinite(images.exposure) & (images.exposure > 0)
    )
    rate, error = with_pressure.muons / with_pressure.exposure, with_pressure.error / with_pressure.exposure
    fitted = rates.fit_pressure(rate, error, with_pressure.pressure_hpa)
    # the exposure is scaled, not the counts: their Poisson errors stay what they are
    factor = np.exp(fitted.beta.value * (with_pressure.pressure_hpa - fitted.reference_hpa))
    values = {name: getattr(with_pressure, name) for name in Exposed.__dataclass_fields__}
    return Exposed(**{**values, "exposure": with_pressure.exposure * factor}), fitted


def band_rows(images: Exposed, bands: Sequence[Band]) -> tuple[dict[str, Any], ...]:
    """The mean rate within the bands of each name, and the difference of the first two in sigma."""
    usable = images.where(np.isfinite(images.exposure) & (images.exposure > 0))
    inside = {name: usable.where(chosen) for name, chosen in rates.in_bands(bands, usable.middle_s).items()}
    by_name = {name: rates.constancy(panel.effective_n, panel.effective_exposure) for name, panel in inside.items()}
    rows: list[dict[str, Any]] = [
        {"band": name, "rate": with_calibration(fit.mean, inside[name]).to_dict(), "chi2": fit.chi2, "ndf": fit.ndf,
         "images": len(fit.pull)}
        for name, fit in by_name.items()
    ]  # fmt: skip
    means = [fit.mean for fit in by_name.values()][:2]
    if len(means) == 2 and all(m.n for m in means):
        first, second = (panel.repeated_rates for panel in list(inside.values())[:2])
        rows.append(
            {"band": f"{rows[0]['band']} - {rows[1]['band']}", **_difference(means[0], means[1], first - second)}
        )
    return tuple(rows)


def _difference(first: Interval, second: Interval, resampled: np.ndarray) -> dict[str, Any]:
    """`resampled` (n_repeats,): the difference with resampled calibrations, of which most cancels."""
    errors = [m.value / math.sqrt(m.n) for m in (first, second)]
    value, sigma = first.value - second.value, math.hypot(*errors, float(resampled.std()) if len(resampled) else 0.0)
    method = "normal, calibration in quadrature" if len(resampled) else "normal"
    difference = Interval(value, value - 1.96 * sigma, value + 1.96 * sigma, first.n + second.n, method=method)
    return {"rate": difference.to_dict(), "sigma": value / sigma}
