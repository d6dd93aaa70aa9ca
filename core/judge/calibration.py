"""The temperature of a run, stored with it, and the judgement of its scores as probabilities, before and after."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core import manifest, runs, workspace
from core.data.splits import TEST, TRAIN, VALIDATION
from core.errors import DarkroomError
from core.judge.held_out import HELD_OUT, Events, events_of
from core.judge.pileups import PileUp, pile_ups
from core.judge.reliability import (
    EQUAL_WIDTH,
    Bin,
    Mix,
    Point,
    Quality,
    adjusted,
    bin_edges,
    half_point,
    quality,
    reliability_bins,
)
from core.judge.score_table import ScoreTable
from core.statistics.axis import Axis, Window
from core.statistics.efficiency import FEW, SCORE_EDGES
from core.statistics.histogram import histogram
from core.statistics.logits import logit, n_clipped

FILE = "calibration.json"
SPLITS = {"test": (TEST,), "test and other": HELD_OUT, "validation": (VALIDATION,)}
"""What may be judged: events that had no part in training, or those that the temperature was fitted on (it flatters)."""
BALANCED, OF_SAMPLE, TYPED = "as trained", "of this sample", "typed"
MIXES = (BALANCED, OF_SAMPLE, TYPED)
_REACH = 12.0  # of ln T: far more than float32 scores can ask for


@dataclass(frozen=True)
class Temperature:
    """One number by which logits are divided: above 1 the network was too sure of itself, below 1 not sure enough.

    Fitted on `n_signal` and `n_background` events of the validation split under `labels`. `error`: one standard
    deviation. `loss_before`, `loss_after`: log loss at T = 1 and at T. `n_clipped` scores were exactly 0 or 1 (within
    1e-7).
    """

    value: float
    error: float
    n_signal: int
    n_background: int
    n_clipped: int
    loss_before: float
    loss_after: float
    labels: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "temperature": self.value,
            "error": self.error,
            "fitted_on": "validation",
            "labels": self.labels,
            "n_signal": self.n_signal,
            "n_background": self.n_background,
            "n_clipped": self.n_clipped,
            "loss_before": self.loss_before,
            "loss_after": self.loss_after,
        }


def fit_temperature(
    events: Events, *, is_balanced: bool, labels: str = "", whose: str = "this run", n_classes: int = 2
) -> Temperature:
    """Minimise the log loss of logit(score) / T over T; with `is_balanced` each class weighs the same, as in training (of
    more than two classes those that are not the signal together `n_classes` - 1 times as much).

    The loss is convex in 1/T: its only minimum is found by bisection. The error is that of a weighted likelihood: the curvature H
    and the scatter of the gradients g give var(1/T) = sum((w g)^2) / H^2, which without weights and at the right T is
    the curvature's own 1/H. Refused: fewer than 20 events of a class, and classes that the scores part without fault
    (or the wrong way round), where the loss falls for ever.
    """
    n_signal, n_background = events.n_of(1), events.n_of(0)
    if min(n_signal, n_background) < FEW:
        raise DarkroomError(
            f"The validation sample of {whose} has {n_signal} signal and {n_background} background events with a score: at "
            f"least {FEW} of each are needed to fit a temperature; train with more data or a larger validation_fraction."
        )
    z, y = logit(events.score), (events.labels == 1).astype(float)
    n = len(y)
    share = 1.0 / n_classes
    w = np.where(y == 1, share * n / n_signal, (1.0 - share) * n / n_background) if is_balanced else np.ones(n)
    sign = np.where(y == 1, 1.0, -1.0)
    is_faultless, is_useless = bool((z * sign >= 0.0).all()), float(w @ (z * sign)) <= 0.0
    if is_faultless or is_useless:
        verdict = "are all on the right side of 0.5" if is_faultless else "do not part the classes"
        raise DarkroomError(
            f"The scores of the validation sample of {whose} ({n_signal} signal, {n_background} background) {verdict}: no "
            "temperature can be fitted to them; judge the scores as they are, or train with a larger validation_fraction."
        )
    beta = _best_inverse(z * sign, w)
    p = special.expit(beta * z)
    curvature = float(np.sum(w * z * z * p * (1.0 - p)))
    error_of_beta = math.sqrt(float(np.sum((w * z * (p - y)) ** 2))) / curvature
    loss_before, loss_after = (float(np.mean(w * np.logaddexp(0.0, -b * z * sign))) for b in (1.0, beta))
    return Temperature(
        1.0 / beta, error_of_beta / beta**2, n_signal, n_background, n_clipped(events.score), loss_before, loss_after,
        labels,
    )  # fmt: skip


def _best_inverse(margin: np.ndarray, w: np.ndarray) -> float:
    """The b at which sum(w log(1 + exp(-b margin))) is smallest, by bisection of its rising slope in ln b."""
    low, high = -_REACH, _REACH
    for _ in range(60):
        middle = (low + high) / 2.0
        slope = -float(np.sum(w * margin * special.expit(-math.exp(middle) * margin)))
        low, high = (middle, high) if slope < 0.0 else (low, middle)
    return math.exp(low)


def is_balanced(run: runs.Run) -> bool:
    """Whether the run was trained with class weights, so that its scores speak of as much signal as background."""
    return bool(run.params.get("training", {}).get("class_weights", True))


def fit_and_store(run: runs.Run, scored: ScoreTable) -> Temperature:
    """Fit the temperature of a run on its own validation events and labels, and keep it in its folder."""
    temperature = fit_temperature(
        events_of(scored).validation, is_balanced=is_balanced(run), labels=scored.selection.labels,
        whose=f"run '{run.id}'", n_classes=len(run.classes),
    )  # fmt: skip
    with manifest.adding(run.path, _file(run, scored.of_class)) as temporary:
        temporary.write_text(workspace.json_text(temperature.to_dict()), encoding="utf-8")
    return temperature


def _file(run: runs.Run, of_class: str) -> str:
    """Each class that is judged against the rest has a temperature of its own."""
    return f"calibration-{run.classes.index(of_class)}.json" if of_class else FILE


def stored(run: runs.Run, of_class: str = "") -> Temperature | None:
    """The temperature that is kept with a run (for `ScoreTable.of_class`); None if there is none yet."""
    file = _file(run, of_class)
    if file not in manifest.read(run.path):
        return None
    record = workspace.read_json(manifest.checked(run.path, file))
    try:
        names = ("error", "n_signal", "n_background", "n_clipped", "loss_before", "loss_after", "labels")
        return Temperature(record["temperature"], **{name: record[name] for name in names})
    except (KeyError, TypeError) as error:
        raise DarkroomError(
            f"{file} of run '{run.id}' lacks {error}: fit its temperature again with `python -m core calibrate {run.id} --refit`."
        ) from None


@dataclass(frozen=True)
class Judged:
    """Scores as probabilities at a mix and a temperature (1: as they are)."""

    temperature: float
    bins: tuple[Bin, ...]
    whole: Quality
    windows: dict[tuple[float, float], Quality]
    half: Point


@dataclass(frozen=True)
class Calibration:
    """`before` and `after` the temperature, at one mix, on the same events; `after` is None without a temperature."""

    labels: str
    mix: Mix
    n_signal: int
    n_background: int
    binning: str
    before: Judged
    after: Judged | None
    temperature: Temperature | None
    pile_ups: tuple[PileUp, ...]
    n_clipped: int
    axis: Axis


def trained_counts(run: runs.Run) -> np.ndarray:
    """int64 (n_classes,): events of the classes in the mix that the scores were made for: with class weights one each, else
    those of the training sample.
    """
    n_classes = len(run.classes)
    if is_balanced(run):
        return np.ones(n_classes, np.int64)
    stored_rows = runs.read_rows(run)
    return np.bincount(
        stored_rows["label"][(stored_rows["split"] == TRAIN) & (stored_rows["label"] >= 0)], minlength=n_classes
    )


def trained_mix(run: runs.Run, signal: int = 1) -> float:
    """Signal (index in the run's classes) per other event that the scores were made for."""
    n = trained_counts(run)
    return float(n[signal] / max(int(n.sum() - n[signal]), 1))


def mix_of(run: runs.Run, events: Events, kind: str, typed: float | None = None, signal: int = 1) -> Mix:
    """The mix that the scores shall speak of: as trained, that of these events, or signal per background as typed."""
    trained = trained_mix(run, signal)
    if kind not in MIXES:
        raise DarkroomError(f"Unknown mix '{kind}': expected one of {', '.join(MIXES)}.")
    if kind == TYPED and (typed is None or not 0.0 < typed < math.inf):
        raise DarkroomError(f"Parameter 'mix' is {typed}: expected signal per background as a number above 0.")
    n_signal, n_background = events.n_of(1), events.n_of(0)
    wanted = {BALANCED: trained, OF_SAMPLE: n_signal / max(n_background, 1), TYPED: typed or math.nan}[kind]
    return Mix(trained, wanted)


def windows_of(axis: Axis) -> tuple[Window, ...]:
    """The windows in which scores are judged as probabilities: those that methods are compared in, and what lies beside."""
    first, last = axis.range
    inside = axis.windows or ((first, last),)
    beside = (first, inside[0][0]), (inside[-1][1], last)
    return tuple(w for w in (beside[0], *inside, beside[1]) if w[0] < w[1])


def part_of(events: Events, split: str) -> Events:
    """The events of one of `SPLITS`."""
    if split not in SPLITS:
        raise DarkroomError(f"Unknown split '{split}': expected one of {', '.join(SPLITS)}.")
    return events.of(*SPLITS[split])


def judge(
    events: Events, mix: Mix, temperature: Temperature | None = None, *, axis: Axis, binning: str = EQUAL_WIDTH,
    labels: str = "",
) -> Calibration:  # fmt: skip
    """Judge labelled scores as probabilities, whole and per window of the axis. One class missing is refused: no part of
    signal can be observed then.
    """
    n_signal, n_background = events.n_of(1), events.n_of(0)
    if not (n_signal and n_background):
        raise DarkroomError(
            f"The events have {n_signal} signal and {n_background} background under the labels '{labels}': both classes are "
            "needed to judge scores as probabilities; choose another split or other labels."
        )
    windows = windows_of(axis)
    after = _judged(events, mix, temperature.value, binning, windows) if temperature else None
    counts = histogram(events.score, SCORE_EDGES).counts
    return Calibration(
        labels, mix, n_signal, n_background, binning, _judged(events, mix, 1.0, binning, windows), after,
        temperature, pile_ups(counts), n_clipped(events.score), axis,
    )  # fmt: skip


def _judged(
    events: Events, mix: Mix, temperature: float, binning: str, windows: tuple[Window, ...],
) -> Judged:  # fmt: skip
    p = adjusted(events.score, temperature, mix.shift)
    weights = mix.weights(events.labels)
    edges = bin_edges(p, binning)
    in_windows = {}
    for low, high in windows:
        inside = (events.axis_values >= low) & (events.axis_values < high)
        if inside.any():
            in_windows[low, high] = quality(p[inside], events.labels[inside], weights[inside], edges)
    return Judged(
        temperature,
        reliability_bins(p, events.labels, weights, edges),
        quality(p, events.labels, weights, edges),
        in_windows,
        half_point(events, temperature, mix),
    )
