"""A threshold that follows the energy so that the same part of the signal is kept everywhere.

Chosen on validation events: in bins of equally many signal events the quantile of the logit score that lets the wanted
part pass, with its uncertainty; then a smooth curve through them by weighted least squares, moved up or down as a whole
until the wanted part of all validation signal passes (so that a wrong weight of some bin cannot shift the average).
The form is the simplest one whose pinball loss (the proper score of a quantile) in five-fold cross-validation on the
single validation events is within one standard error of the best. Quoted on events that neither the network nor the
curve has seen (`core.judge.threshold_quote`).
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.judge.efficiency import CLASSES, FEW
from core.judge.intervals import defined
from core.judge.logits import as_score, logit
from core.judge.unseen import Events

N_BELOW = 3  # signal events expected below the quantile of a bin: fewer do not determine it
MAX_BINS, MIN_BINS, N_FOLDS = 12, 3, 5
MIN_ERROR = 0.05  # logit; ties among few events would give a bin no error at all
MIN_ERROR_SHARE = 0.5  # of the median bin's error: an error from few events is too small by chance now and then


@dataclass(frozen=True)
class Form:
    """A curve logit(threshold) = f(E): `text` is its formula, `start` where the fit begins, `bounds` of the parameters."""

    text: str
    names: tuple[str, ...]
    f: Callable[..., np.ndarray]
    start: tuple[float, ...]
    bounds: tuple[tuple[float, ...], tuple[float, ...]]


def _free(n: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (-np.inf,) * n, (np.inf,) * n


FORMS = {
    "constant": Form("a", ("a",), lambda e, a: a + 0.0 * e, (0.0,), _free(1)),
    "line": Form("a + b E", ("a", "b"), lambda e, a, b: a + b * e, (0.0, 0.0), _free(2)),
    "exponential": Form(
        "a + b exp(-E / c)", ("a", "b", "c"), lambda e, a, b, c: a + b * np.exp(-e / c), (0.0, -1.0, 2.0),
        ((-np.inf, -np.inf, 0.2), (np.inf, np.inf, 20.0)),
    ),
    "parabola": Form(
        "a + b E + c E^2", ("a", "b", "c"), lambda e, a, b, c: a + b * e + c * e * e, (0.0, 0.0, 0.0), _free(3)
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Quantiles:
    """The wanted quantile of the logit score per energy bin of n signal events each, with its error, (m,)."""

    energy_kev: np.ndarray
    low_kev: np.ndarray
    high_kev: np.ndarray
    logit: np.ndarray
    error: np.ndarray
    n: np.ndarray


@dataclass(frozen=True)
class ThresholdCurve:
    """A fitted curve, E in keV; beyond `low_kev` and `high_kev`, where there was nothing to fit, it stays constant.

    `constant` is the one score threshold that keeps the same part of all validation signal. `loss_over_best`: per form
    how much its cross-validated loss exceeds the best one's, and the standard error of that. `note` says why there is
    no more than a constant, else ''.
    """

    wanted: float
    form: str
    parameters: tuple[float, ...]
    errors: tuple[float, ...]
    low_kev: float
    high_kev: float
    constant: float
    points: Quantiles
    n_signal: int
    loss_over_best: dict[str, tuple[float, float]]
    note: str = ""

    def at(self, energy_kev: np.ndarray) -> np.ndarray:
        """The threshold on the score (n,) at energies (n,); NaN energy gives NaN."""
        inside = np.clip(np.asarray(energy_kev, float), self.low_kev, self.high_kev)
        return as_score(FORMS[self.form].f(inside, *self.parameters))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        form = FORMS[self.form]
        return {
            "wanted_signal_efficiency": self.wanted,
            "form": self.form,
            "logit_threshold": form.text,
            "parameters": {
                name: {"value": value, "error": defined(error)}
                for name, value, error in zip(form.names, self.parameters, self.errors, strict=True)
            },
            "valid_kev": [self.low_kev, self.high_kev],
            "constant_threshold": self.constant,
            "chosen_on": "validation",
            "n_signal": self.n_signal,
            "loss_over_best": {name: list(told) for name, told in self.loss_over_best.items()},
            "note": self.note,
        }


def checked_part(wanted: float) -> float:
    """Refuse a signal efficiency that no threshold can be chosen for."""
    if not 0.5 <= wanted <= 0.999:
        raise DarkroomError(f"Parameter 'signal_efficiency' is {wanted:g}: expected a number from 0.5 to 0.999.")
    return wanted


def choose(validation: Events, wanted: float) -> ThresholdCurve:
    """Choose the curve on validation events that keeps the part `wanted` (0.5 to 0.999) of the signal at every energy.

    Too few signal events for three bins: a constant threshold, and a note that says so. Without the events for even
    one bin it is refused.
    """
    checked_part(wanted)
    signal = validation.where((validation.labels == CLASSES["signal"]) & np.isfinite(validation.energy_kev))
    energy, z = signal.energy_kev.astype(float), logit(signal.score)
    n_needed = max(FEW, math.ceil(N_BELOW / (1.0 - wanted) - 1e-9))
    if len(z) < n_needed:
        raise DarkroomError(
            f"The validation sample has {len(z)} signal events, at least {n_needed} are needed for a threshold that keeps "
            f"{100 * wanted:g} %: ask for a lower efficiency, or train with a larger validation_fraction."
        )
    constant = _quantile(z, 1.0 - wanted)
    score = float(as_score(np.array(constant)))
    n_bins = min(MAX_BINS, len(z) // n_needed)
    points = quantiles(energy, z, 1.0 - wanted, max(n_bins, 1))
    ends = float(points.low_kev[0]), float(points.high_kev[-1])
    if n_bins < MIN_BINS:
        note = (
            f"The {len(z)} signal events of the validation sample make {n_bins} bins of {n_needed}, a curve needs "
            f"{MIN_BINS}: the threshold is constant."
        )
        value, error = constant, _quantile_error(z, 1.0 - wanted)
        return ThresholdCurve(wanted, "constant", (value,), (error,), *ends, score, points, len(z), {}, note)
    losses = _cross_validated(energy, z, 1.0 - wanted, n_bins)
    form = _simplest(losses)
    parameters, errors = _fitted(FORMS[form], energy, z, 1.0 - wanted, points) or ((constant,), (math.nan,))
    return ThresholdCurve(
        wanted, form, parameters, errors, *ends, score, points, len(z), losses
    )  # fmt: skip


def quantiles(energy_kev: np.ndarray, z: np.ndarray, part: float, n_bins: int) -> Quantiles:
    """The quantile `part` of logit scores z (n,) in `n_bins` energy bins of equally many events."""
    order = np.argsort(energy_kev, kind="stable")
    energies, values = np.array_split(energy_kev[order], n_bins), np.array_split(z[order], n_bins)
    return Quantiles(
        np.array([np.median(e) for e in energies]),
        np.array([e[0] for e in energies]),
        np.array([e[-1] for e in energies]),
        np.array([_quantile(v, part) for v in values]),
        np.array([_quantile_error(v, part) for v in values]),
        np.array([len(v) for v in values]),
    )


def _quantile(z: np.ndarray, part: float) -> float:
    """The estimate at rank part (n + 1), above which the wanted part of new events lies on the average."""
    return float(np.quantile(z, part, method="weibull"))


def _quantile_error(z: np.ndarray, part: float) -> float:
    """Half the distance between the values one binomial standard deviation of ranks below and above the quantile."""
    n = len(z)
    reach = math.sqrt(part * (1.0 - part) / n)
    low, high = np.quantile(z, np.clip([part - reach, part + reach], 0.0, 1.0), method="weibull")
    return max(float(high - low) / 2.0, MIN_ERROR)


def _fitted(
    form: Form, energy_kev: np.ndarray, z: np.ndarray, part: float, points: Quantiles
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Parameters and their errors, fitted to the points and once more to the quantiles of what is left of z (n,).

    The second time because the quantile of a wide bin lies below the curve where that is steep. At last the constant,
    the first parameter, is moved so that the wanted part of all z lies above.
    """
    found = _fit(form, points)
    if found is None:
        return None
    left = quantiles(energy_kev, z - form.f(energy_kev, *found[0]), part, len(points.n))
    straight = form.f(points.energy_kev, *found[0]) + left.logit
    (first, *others), errors = _fit(form, replace(points, logit=straight, error=left.error)) or found
    return (first + _quantile(z - form.f(energy_kev, first, *others), part), *others), errors


def _fit(form: Form, points: Quantiles) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Parameters and errors by weighted least squares; None if there are no more points than parameters."""
    from scipy import optimize  # here, because it takes a while to import

    if len(points.logit) <= len(form.names):
        return None
    error = np.maximum(points.error, MIN_ERROR_SHARE * np.median(points.error))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optimize.OptimizeWarning)  # no covariance: its errors are infinite then
        try:
            found, covariance = optimize.curve_fit(
                form.f, points.energy_kev, points.logit, form.start, error, absolute_sigma=True, bounds=form.bounds,
                method="trf", max_nfev=2000,
            )  # fmt: skip
        except RuntimeError:  # it did not converge
            return None
    return tuple(map(float, found)), tuple(map(float, np.sqrt(np.diag(covariance))))


def _cross_validated(energy_kev: np.ndarray, z: np.ndarray, part: float, n_bins: int) -> dict[str, tuple[float, float]]:
    """Per form that can be fitted: mean pinball loss on left-out events over that of the best form, and its error."""
    fold = np.random.default_rng(1).permutation(len(z)) % N_FOLDS
    losses = {name: np.full(len(z), np.nan) for name in FORMS}
    for k in range(N_FOLDS):
        out = fold == k
        points = quantiles(energy_kev[~out], z[~out], part, n_bins)
        for name, form in FORMS.items():
            fitted = _fitted(form, energy_kev[~out], z[~out], part, points)
            if fitted is not None:
                inside = np.clip(energy_kev[out], points.low_kev[0], points.high_kev[-1])
                above = z[out] - form.f(inside, *fitted[0])
                losses[name][out] = np.where(above >= 0.0, part, part - 1.0) * above
    whole = {name: loss for name, loss in losses.items() if not np.isnan(loss).any()}
    best = min(whole.values(), key=np.mean)
    return {
        name: (float(np.mean(loss - best)), float(np.std(loss - best) / math.sqrt(len(z))))
        for name, loss in whole.items()
    }


def _simplest(losses: dict[str, tuple[float, float]]) -> str:
    """The first form, in the order of `FORMS`, within one standard error of the best."""
    return next(name for name, (excess, error) in losses.items() if excess <= error)


def sentence(curve: ThresholdCurve) -> str:
    """The curve in words, for a page or a terminal."""
    if curve.note:
        return curve.note
    return (
        f"logit(threshold) = {FORMS[curve.form].text} with {_parameters(curve)} (E in keV), fitted to {len(curve.points.n)} bins of "
        f"{curve.n_signal:,} validation signal events from {curve.low_kev:.2g} to {curve.high_kev:.2g} keV and constant beyond."
    )


def _parameters(curve: ThresholdCurve) -> str:
    names = FORMS[curve.form].names
    values = zip(names, curve.parameters, curve.errors, strict=True)
    return ", ".join(f"{name} = {value:.4g} ± {error:.2g}" for name, value, error in values)


def curve_columns(curve: ThresholdCurve, range_kev: tuple[float, float] = (0.0, 20.0)) -> dict[str, list[Any]]:
    """The curve as columns for a file, in 200 steps: energy, threshold on the score and its logit; the formula beside every
    line.
    """
    energy = np.round(np.linspace(*range_kev, 201), 6)
    score = curve.at(energy)
    formula = (
        f"logit(threshold) = {FORMS[curve.form].text}; {_parameters(curve)}; E in keV, constant outside {curve.low_kev:.3g}-{curve.high_kev:.3g} keV; "
        f"keeps {100 * curve.wanted:g} % of the signal of the validation sample (n = {curve.n_signal})"
    )
    return {
        "energy_kev": energy.tolist(),
        "score_threshold": score.tolist(),
        "logit_threshold": logit(score).tolist(),
        "formula": [formula] * len(energy),
    }
