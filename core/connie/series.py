"""The muon rate of each image, and as a series in time: together, per CCD, inside bands, corrected for air pressure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.connie import rates
from core.judge.applying import Band, Series
from core.judge.intervals import Interval
from core.judge.pressure import Pressure

ALL = "all CCDs"
MEAN_LENGTH_UM = math.pi / 4.0 * 675.0  # of the projections of muons through a horizontal sensor
_CM_PER_UM = 1e-4


@dataclass(frozen=True)
class Exposed:
    """What images (m,) were exposed to, and the muons in them with the statistical error (one sigma) of their number.

    `exposure` is area times live time [cm2 min]; NaN where an image does not tell how long it was exposed.
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
    pressure_hpa: np.ndarray

    def where(self, chosen: np.ndarray) -> "Exposed":
        """Only these images: bool (m,) or places."""
        return Exposed(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    @property
    def middle_s(self) -> np.ndarray:
        return (self.start_s + self.stop_s) / 2.0

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
    facts: Sequence[Mapping[str, Any]], frames: np.ndarray, muons: np.ndarray, error: np.ndarray,
    pressure: Pressure | None, counts_clipped: bool,
) -> Exposed:  # fmt: skip
    """From what is known of the images `frames` (m,) and the muons in them; pressures given win over those in headers.

    `counts_clipped`: the muons include those that only clip an edge, so the area is wider by half their length there.
    """
    own = [facts[i] for i in frames]
    start, stop = _column(own, "expstart_unix_s"), _column(own, "expstop_unix_s")
    live = np.array([
        rates.live_time_s(a, 0.0 if math.isnan(b) else b)
        for a, b in zip(_column(own, "exptime_s"), _column(own, "readout_s"), strict=True)
    ])  # fmt: skip
    stop = np.where(np.isnan(stop), start + _column(own, "exptime_s"), stop)
    area = np.array([area_cm2(one, counts_clipped) for one in own])
    hpa = _column(own, "pressure_hpa") if pressure is None else pressure.at((start + stop) / 2.0)
    runid, ohdu = (np.array([int(one.get(name) or 0) for one in own]) for name in ("runid", "ohdu"))
    return Exposed(frames, runid, ohdu, start, stop, live, area * live / 60.0, muons, error, hpa)


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
    return np.array([math.nan if one.get(name) is None else float(one[name]) for one in facts])


def series(found: Exposed, limit_sigma: float) -> tuple[Series, ...]:
    """The rate of all CCDs together per exposure, then of each CCD; images without times or exposure are left out."""
    usable = found.where(np.isfinite(found.exposure) & np.isfinite(found.middle_s) & (found.exposure > 0))
    if not len(usable.frame):
        return ()
    panels = {f"OHDU {number}": usable.where(usable.ohdu == number) for number in np.unique(usable.ohdu)}
    if len(panels) > 1:
        panels = {ALL: together(usable), **panels}
    return tuple(
        one_series(name, panel.where(np.argsort(panel.start_s)), limit_sigma) for name, panel in panels.items()
    )


def together(found: Exposed) -> Exposed:
    """The CCDs of each exposure summed."""
    runids, first, at = np.unique(found.runid, return_index=True, return_inverse=True)
    summed = {name: np.bincount(at, getattr(found, name), len(runids)) for name in ("exposure", "muons")}
    error = np.sqrt(np.bincount(at, found.error**2, len(runids)))
    return Exposed(
        found.frame[first], runids, np.zeros(len(runids), int), found.start_s[first], found.stop_s[first],
        found.live_s[first], summed["exposure"], summed["muons"], error, found.pressure_hpa[first],
    )  # fmt: skip


def one_series(panel: str, found: Exposed, limit_sigma: float) -> Series:
    """One panel, in time order."""
    n, exposure = found.effective_n, found.effective_exposure
    told = rates.constancy(n, exposure)
    down, up = rates.count_errors(n)
    return Series(
        panel, found.frame, found.middle_s, n / exposure, down / exposure, up / exposure, told.pull,
        np.abs(told.pull) > limit_sigma, rates.gaps(found.start_s), told.mean, told.chi2, told.ndf,
        told.p_value,
    )  # fmt: skip


def corrected_for_pressure(found: Exposed) -> tuple[Exposed, rates.Barometric]:
    """The same images with muons as they would be at the mean pressure, and the coefficient that was fitted to them.

    Images without pressure are left out.
    """
    told = found.where(np.isfinite(found.pressure_hpa) & np.isfinite(found.exposure) & (found.exposure > 0))
    rate, error = told.muons / told.exposure, told.error / told.exposure
    fitted = rates.fit_pressure(rate, error, told.pressure_hpa)
    # the exposure is scaled, not the counts: their Poisson errors stay what they are
    factor = np.exp(fitted.beta.value * (told.pressure_hpa - fitted.reference_hpa))
    values = {name: getattr(told, name) for name in Exposed.__dataclass_fields__}
    return Exposed(**{**values, "exposure": told.exposure * factor}), fitted


def band_rows(found: Exposed, bands: Sequence[Band]) -> tuple[dict[str, Any], ...]:
    """The mean rate within the bands of each name, and the difference of the first two in sigma."""
    usable = found.where(np.isfinite(found.exposure) & (found.exposure > 0))
    by_name = rates.by_band(bands, usable.middle_s, usable.effective_n, usable.effective_exposure)
    rows: list[dict[str, Any]] = [
        {"band": name, "rate": one.mean.to_dict(), "chi2": one.chi2, "ndf": one.ndf, "images": len(one.pull)}
        for name, one in by_name.items()
    ]
    means = [one.mean for one in by_name.values()][:2]
    if len(means) == 2 and all(m.n for m in means):
        rows.append({"band": f"{rows[0]['band']} - {rows[1]['band']}", **_difference(*means)})
    return tuple(rows)


def _difference(first: Interval, second: Interval) -> dict[str, Any]:
    errors = [m.value / math.sqrt(m.n) for m in (first, second)]
    value, sigma = first.value - second.value, math.hypot(*errors)
    found = Interval(value, value - 1.96 * sigma, value + 1.96 * sigma, first.n + second.n)
    return {"rate": found.to_dict(), "sigma": value / sigma}
