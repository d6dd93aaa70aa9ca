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
from core.judge.held_out import Events
from core.statistics.axis import Axis
from core.statistics.efficiency import CLASSES, FEW
from core.statistics.intervals import defined
from core.statistics.logits import as_score, logit

N_BELOW = 3  # signal events expected below the quantile of a bin: fewer do not determine it
MAX_BINS, MIN_BINS, N_FOLDS = 12, 3, 5
MIN_ERROR = 0.05  # logit; ties among few events would give a bin no error at all
MIN_ERROR_SHARE = 0.5  # of the median bin's error: an error from few events is too small by chance now and then


@dataclass(frozen=True)
class Form:
    """A curve logit(threshold) = f(E): `text` is its formula, `start` where the fit begins, `bounds` of the parameters; `lengths`
    are those parameters that count in units of the axis' range, in `start` and `bounds`.
    """

    text: str
    names: tuple[str, ...]
    f: Callable[..., np.ndarray]
    start: tuple[float, ...]
    bounds: tuple[tuple[float, ...], tuple[float, ...]]
    lengths: tuple[int, ...] = ()

    def scaled(self, values: tuple[float, ...], span: float) -> tuple[float, ...]:
        """Parameters on an axis whose range is `span` wide."""
        return tuple(value * span if i in self.lengths else value for i, value in enumerate(values))


def _free(n: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (-np.inf,) * n, (np.inf,) * n


FORMS = {
    "constant": Form("a", ("a",), lambda e, a: a + 0.0 * e, (0.0,), _free(1)),
    "line": Form("a + b E", ("a", "b"), lambda e, a, b: a + b * e, (0.0, 0.0), _free(2)),
    "exponential": Form(
        "a + b exp(-E / c)", ("a", "b", "c"), lambda e, a, b, c: a + b * np.exp(-e / c), (0.0, -1.0, 0.1),
        ((-np.inf, -np.inf, 0.01), (np.inf, np.inf, 1.0)), lengths=(2,),
    ),
    "parabola": Form(
        "a + b E + c E^2", ("a", "b", "c"), lambda e, a, b, c: a + b * e + c * e * e, (0.0, 0.0, 0.0), _free(3)
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Quantiles:
    """The wanted quantile of the logit score per energy bin of n signal events each, with its error, (m,)."""

    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    logit: np.ndarray
    error: np.ndarray
    n: np.ndarray


@dataclass(frozen=True)
class ThresholdCurve:
    """A fitted curve, E in the unit of the axis; beyond `low` and `high`, where there was nothing to fit, it stays constant.

    `constant` is the one score threshold that keeps the same part of all validation signal. `loss_over_best`: per form
    how much its cross-validated loss exceeds the best one's, and the standard error of that. `note` says why there is
    no more than a constant, else ''.
    """

    wanted: float
    form: str
    parameters: tuple[float, ...]
    errors: tuple[float, ...]
    low: float
    high: float
    constant: float
    points: Quantiles
    n_signal: int
    loss_over_best: dict[str, tuple[float, float]]
    axis: Axis
    note: str = ""

    def at(self, values: np.ndarray) -> np.ndarray:
        """The threshold on the score (n,) at values (n,) of the axis; NaN gives NaN."""
        inside = np.clip(np.asarray(values, float), self.low, self.high)
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
            f"valid{self.axis.suffix}": [self.low, self.high],
            "constant_threshold": self.constant,
            "chosen_on": "validation",
            "n_signal": self.n_signal,
            "loss_over_best": {name: list(excess) for name, excess in self.loss_over_best.items()},
            "note": self.note,
        }


def checked_part(wanted: float) -> float:
    """Refuse a signal efficiency that no threshold can be chosen for."""
    if not 0.5 <= wanted <= 0.999:
        raise DarkroomError(f"Parameter 'signal_efficiency' is {wanted:g}: expected a number from 0.5 to 0.999.")
    return wanted


def choose(validation: Events, wanted: float, axis: Axis) -> ThresholdCurve:
    """Choose the curve on validation events that keeps the part `wanted` (0.5 to 0.999) of the signal at every energy.

    Too few signal events for three bins: a constant threshold, and a note that says so. Without the events for even
    one bin it is refused.
    """
    checked_part(wanted)
    signal = validation.where((validation.labels == CLASSES["signal"]) & np.isfinite(validation.axis_values))
    energy, z = signal.axis_values.astype(float), logit(signal.score)
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
    ends = float(points.low[0]), float(points.high[-1])
    if n_bins < MIN_BINS:
        note = (
            f"The {len(z)} signal events of the validation sample make {n_bins} bins of {n_needed}, a curve needs "
            f"{MIN_BINS}: the threshold is constant."
        )
        value, error = constant, _quantile_error(z, 1.0 - wanted)
        return ThresholdCurve(wanted, "constant", (value,), (error,), *ends, score, points, len(z), {}, axis, note)
    span = axis.range[1] - axis.range[0]
    losses = _cross_validated(energy, z, 1.0 - wanted, n_bins, span)
    form = _simplest(losses)
    parameters, errors = _fitted(FORMS[form], energy, z, 1.0 - wanted, points, span) or ((constant,), (math.nan,))
    return ThresholdCurve(wanted, form, parameters, errors, *ends, score, points, len(z), losses, axis)


def quantiles(values: np.ndarray, z: np.ndarray, part: float, n_bins: int) -> Quantiles:
    """The quantile `part` of logit scores z (n,) in `n_bins` energy bins of equally many events."""
    order = np.argsort(values, kind="stable")
    places, logits = np.array_split(values[order], n_bins), np.array_split(z[order], n_bins)
    return Quantiles(
        np.array([np.median(place) for place in places]),
        np.array([place[0] for place in places]),
        np.array([place[-1] for place in places]),
        np.array([_quantile(logit, part) for logit in logits]),
        np.array([_quantile_error(logit, part) for logit in logits]),
        np.array([len(logit) for logit in logits]),
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
    form: Form, values: np.ndarray, z: np.ndarray, part: float, points: Quantiles, span: float
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Parameters and their errors, fitted to the points and once more to the quantiles of what is left of z (n,).

    The second time because the quantile of a wide bin lies below the curve where that is steep. At last the constant,
    the first parameter, is moved so that the wanted part of all z lies above.
    """
    parameters = _fit(form, points, span)
    if parameters is None:
        return None
    left = quantiles(values, z - form.f(values, *parameters[0]), part, len(points.n))
    straight = form.f(points.values, *parameters[0]) + left.logit
    (first, *others), errors = _fit(form, replace(points, logit=straight, error=left.error), span) or parameters
    return (first + _quantile(z - form.f(values, first, *others), part), *others), errors


def _fit(form: Form, points: Quantiles, span: float) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Parameters and errors by weighted least squares; None if there are no more points than parameters."""
    from scipy import optimize  # here, because it takes a while to import

    if len(points.logit) <= len(form.names):
        return None
    error = np.maximum(points.error, MIN_ERROR_SHARE * np.median(points.error))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optimize.OptimizeWarning)  # no covariance: its errors are infinite then
        try:
            parameters, covariance = optimize.curve_fit(
                form.f, points.values, points.logit, form.scaled(form.start, span), error, absolute_sigma=True,
                bounds=[form.scaled(bound, span) for bound in form.bounds], method="trf", max_nfev=2000,
            )  # fmt: skip
        except RuntimeError:  # it did not converge
            return None
    return tuple(map(float, parameters)), tuple(map(float, np.sqrt(np.diag(covariance))))


def _cross_validated(
    values: np.ndarray, z: np.ndarray, part: float, n_bins: int, span: float
) -> dict[str, tuple[float, float]]:
    """Per form that can be fitted: mean pinball loss on left-out events over that of the best form, and its error."""
    fold = np.random.default_rng(1).permutation(len(z)) % N_FOLDS
    losses = {name: np.full(len(z), np.nan) for name in FORMS}
    for k in range(N_FOLDS):
        out = fold == k
        points = quantiles(values[~out], z[~out], part, n_bins)
        for name, form in FORMS.items():
            fitted = _fitted(form, values[~out], z[~out], part, points, span)
            if fitted is not None:
                inside = np.clip(values[out], points.low[0], points.high[-1])
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
        f"logit(threshold) = {FORMS[curve.form].text} with {_parameters(curve)} (E in {curve.axis.unit}), fitted to {len(curve.points.n)} bins of "
        f"{curve.n_signal:,} validation signal events from {curve.low:.2g} to {curve.high:.2g} {curve.axis.unit} and constant beyond."
    )


def _parameters(curve: ThresholdCurve) -> str:
    names = FORMS[curve.form].names
    values = zip(names, curve.parameters, curve.errors, strict=True)
    return ", ".join(f"{name} = {value:.4g} ± {error:.2g}" for name, value, error in values)


def curve_columns(curve: ThresholdCurve) -> dict[str, list[Any]]:
    """The curve as columns for a file, in 200 steps: energy, threshold on the score and its logit; the formula beside every
    line.
    """
    energy = np.round(np.linspace(*curve.axis.range, 201), 6)
    score = curve.at(energy)
    formula = (
        f"logit(threshold) = {FORMS[curve.form].text}; {_parameters(curve)}; E in {curve.axis.unit}, constant outside {curve.low:.3g}-{curve.high:.3g} {curve.axis.unit}; "
        f"keeps {100 * curve.wanted:g} % of the signal of the validation sample (n = {curve.n_signal})"
    )
    return {
        f"{curve.axis.name}{curve.axis.suffix}": energy.tolist(),
        "score_threshold": score.tolist(),
        "logit_threshold": logit(score).tolist(),
        "formula": [formula] * len(energy),
    }
