"""Energy and direction spectra of predicted muons, and the copper lines among the other clusters."""

import math

import numpy as np

from core.analysis.rates import Angle, Fit
from core.connie import features
from core.connie.energy import cu_kalpha
from core.connie.muons import angles, landau
from core.errors import DarkroomError
from core.judge.score_table import ScoreTable
from core.statistics.intervals import Interval

THICKNESS_UM = 675.0
_CUT_OUT = np.int32(features.DEBLENDED | features.JOINED)
AXIS = "E · 675 µm / L3 [keV]"


def clean(scored: ScoreTable) -> np.ndarray:
    """Bool (n,): no flag that makes a track's length or energy wrong."""
    refused = np.int32(features.EDGE | features.MASKED | features.SATURATED)
    is_clean: np.ndarray = (scored.column("flags") & refused) == 0
    return is_clean


def muon_spectrum(scored: ScoreTable, muons: np.ndarray, low_kev: float, high_kev: float) -> Fit:
    """Energy per 675 µm of path of the predicted muons, bool (n,), with Landau (x) Gauss summed over the path lengths.

    Tracks that were cut out of a larger cluster or joined of pieces are left out: their charge is shared with another.
    """
    whole = (scored.column("flags") & _CUT_OUT) == 0
    chosen = muons & clean(scored) & whole
    relative_length = scored.column("l3_um")[chosen].astype(float) / THICKNESS_UM
    energy = scored.column("energy_kev")[chosen] / relative_length
    title = "energy of muons along 675 µm"
    remark = (
        "The curve is the sum over the path lengths of these tracks, as the most probable loss per length grows with the "
        "path; its numbers are those of 675 µm, where 188-202 keV are expected. Left out: tracks cut out of a larger "
        f"cluster or joined of pieces ({int((muons & clean(scored) & ~whole).sum()):,})."
    )
    try:
        fit = landau.fit(energy, low_kev, high_kev, paths=landau.paths_of(relative_length))
    except DarkroomError as error:
        return _refused(title, AXIS, energy, (low_kev, high_kev, 5.0), remark, str(error))
    numbers = (
        ("mpv", "keV", fit.mpv_kev), ("xi", "keV", fit.xi_kev), ("sigma", "keV", fit.sigma_kev),
        ("peak", "keV", fit.peak_kev),
    )  # fmt: skip
    middle = (fit.edges_kev[1:] + fit.edges_kev[:-1]) / 2.0
    return Fit(
        title,
        AXIS,
        fit.edges_kev,
        fit.counts,
        middle,
        fit.curve,
        numbers,
        fit.chi2,
        fit.ndf,
        fit.p_value,
        remark,
    )


def copper_lines(scored: ScoreTable, muons: np.ndarray) -> Fit:
    """The region of the copper lines among the clusters not predicted as muons."""
    energy = scored.column("energy_kev")[~muons & clean(scored)]
    title, axis = "copper lines", "E [keV]"
    remark = "expected: K-alpha at 8.05 keV; the part of the charge below the weak threshold (1 to 2 %) lowers it."
    try:
        fit = cu_kalpha.fit(energy)
    except DarkroomError as error:
        return _refused(title, axis, energy, (*cu_kalpha.WINDOW_KEV, cu_kalpha.BIN_KEV), remark, str(error))
    numbers = (
        ("k_alpha", "keV", fit.k_alpha_kev), ("sigma", "keV", fit.sigma_kev), ("n_k_alpha", "", fit.n_k_alpha),
    )  # fmt: skip
    middle = (fit.edges_kev[1:] + fit.edges_kev[:-1]) / 2.0
    return Fit(
        title,
        axis,
        fit.edges_kev,
        fit.counts,
        middle,
        fit.curve,
        numbers,
        fit.chi2,
        fit.ndf,
        fit.p_value,
        remark,
    )


def _refused(
    title: str, axis: str, energy: np.ndarray, bins: tuple[float, float, float], remark: str, why: str
) -> Fit:  # fmt: skip
    edges = np.arange(bins[0], bins[1] + bins[2] / 2.0, bins[2])
    counts = np.histogram(energy[np.isfinite(energy)], edges)[0].astype(float)
    return Fit(title, axis, edges, counts, np.zeros(0), np.zeros(0), (), math.nan, 0, math.nan, remark, why)


def directions(
    scored: ScoreTable, muons: np.ndarray, calibration: ScoreTable | None, calibration_muons: np.ndarray | None
) -> tuple[Angle, ...]:
    """Zenith and azimuth of predicted muons; the acceptance comes from the simulated data set of the calibration."""
    chosen = muons & clean(scored)
    theta, phi = scored.column("theta_deg")[chosen], scored.column("phi_deg")[chosen]
    accepted = None
    if calibration is not None and calibration_muons is not None:
        chosen_calibration = calibration_muons & clean(calibration)
        n_all = float(calibration.column("truth_n_muons").sum())
        accepted = angles.acceptance(calibration.column("theta_deg")[chosen_calibration], n_all)
    return angles.zenith(theta, accepted), angles.azimuth(phi)


def peak_of(fits: tuple[Fit, ...]) -> Interval | None:
    """The fitted energy at the peak of the muons, if there is a fit that describes the data."""
    if not fits or fits[0].is_bad:
        return None
    return next((value for name, _, value in fits[0].numbers if name == "peak"), None)
