"""Energies and directions of what was called a muon, and the copper lines among the rest."""

import math

import numpy as np

from core.connie import angles, copper, features, landau
from core.errors import DarkroomError
from core.judge.applying import Angle, Fit
from core.judge.intervals import Interval
from core.judge.scored import Scored

THICKNESS_UM = 675.0
AXIS = "E · 675 µm / L3 [keV]"


def clean(scored: Scored) -> np.ndarray:
    """Bool (n,): no flag that makes a track's length or energy wrong."""
    refused = np.int32(features.EDGE | features.MASKED | features.SATURATED)
    found: np.ndarray = (scored.column("flags") & refused) == 0
    return found


def muon_spectrum(scored: Scored, muons: np.ndarray, low_kev: float, high_kev: float) -> Fit:
    """Energy per 675 um of path of the rows called muon, bool (n,), with Landau (x) Gauss."""
    chosen = muons & clean(scored)
    energy = scored.column("energy_kev")[chosen] * THICKNESS_UM / scored.column("l3_um")[chosen]
    title = "energy of muons along 675 µm"
    remark = (
        "expected: 188-202 keV for one angle; over all angles the mode is 206, as the most probable loss per length grows "
        "with the path."
    )
    try:
        found = landau.fit(energy, low_kev, high_kev)
    except DarkroomError as error:
        return _refused(title, AXIS, energy, (low_kev, high_kev, 5.0), remark, str(error))
    numbers = (
        ("mpv", "keV", found.mpv_kev), ("xi", "keV", found.xi_kev), ("sigma", "keV", found.sigma_kev),
        ("peak", "keV", found.peak_kev),
    )  # fmt: skip
    middle = (found.edges_kev[1:] + found.edges_kev[:-1]) / 2.0
    return Fit(
        title,
        AXIS,
        found.edges_kev,
        found.counts,
        middle,
        found.curve,
        numbers,
        found.chi2,
        found.ndf,
        found.p_value,
        remark,
    )


def copper_lines(scored: Scored, muons: np.ndarray) -> Fit:
    """The region of the copper lines among the clusters that were not called muon."""
    energy = scored.column("energy_kev")[~muons & clean(scored)]
    title, axis = "copper lines", "E [keV]"
    remark = "expected: K-alpha at 8.05 keV; the part of the charge below the weak threshold (1 to 2 %) lowers it."
    try:
        found = copper.fit(energy)
    except DarkroomError as error:
        return _refused(title, axis, energy, (*copper.WINDOW_KEV, copper.BIN_KEV), remark, str(error))
    numbers = (
        ("k_alpha", "keV", found.k_alpha_kev), ("sigma", "keV", found.sigma_kev), ("n_k_alpha", "", found.n_k_alpha),
    )  # fmt: skip
    middle = (found.edges_kev[1:] + found.edges_kev[:-1]) / 2.0
    return Fit(
        title,
        axis,
        found.edges_kev,
        found.counts,
        middle,
        found.curve,
        numbers,
        found.chi2,
        found.ndf,
        found.p_value,
        remark,
    )


def _refused(
    title: str, axis: str, energy: np.ndarray, bins: tuple[float, float, float], remark: str, why: str
) -> Fit:  # fmt: skip
    edges = np.arange(bins[0], bins[1] + bins[2] / 2.0, bins[2])
    counts = np.histogram(energy[np.isfinite(energy)], edges)[0].astype(float)
    return Fit(title, axis, edges, counts, np.zeros(0), np.zeros(0), (), math.nan, 0, math.nan, remark, why)


def directions(
    scored: Scored, muons: np.ndarray, calibration: Scored | None, calibration_muons: np.ndarray | None
) -> tuple[Angle, ...]:
    """Zenith and azimuth of the rows called muon; the acceptance comes from the simulated data set of the calibration."""
    chosen = muons & clean(scored)
    theta, phi = scored.column("theta_deg")[chosen], scored.column("phi_deg")[chosen]
    accepted = None
    if calibration is not None and calibration_muons is not None:
        kept = calibration_muons & clean(calibration)
        n_all = float(calibration.column("truth_n_muons").sum())
        accepted = angles.acceptance(calibration.column("theta_deg")[kept], n_all)
    return angles.zenith(theta, accepted), angles.azimuth(phi)


def peak_of(fits: tuple[Fit, ...]) -> Interval | None:
    """The fitted most probable energy of muons, if there is one."""
    return next((found for name, _, found in fits[0].numbers if name == "mpv"), None) if fits else None
