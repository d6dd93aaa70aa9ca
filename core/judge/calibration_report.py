"""The report on a calibration: key numbers, windows of the axis, what the mix does and what must be known."""

import math
from typing import Any

from core.judge.calibration import Calibration, Judged
from core.judge.reliability import Quality
from core.judge.report import DASH, KeyNumber, Report, Table, key_number, scaled
from core.statistics.axis import Axis
from core.statistics.intervals import Interval

BEFORE, AFTER = "as it is", "with temperature"
ONE_AGAINST_THE_REST = (
    "With several classes the mix is that of one class against all others together; these keep the parts that they have in "
    "these events, also where the mix is another one. All classes at once are judged on page Evaluate."
)


def report(calibration: Calibration, notes: list[str]) -> Report:
    """Everything that the command prints of it."""
    windows = Table(f"by {calibration.axis.name}", window_rows(calibration), mix_in_words(calibration))
    return Report(key_numbers(calibration), (windows,), (), tuple(notes), to_dict(calibration))


def versions(calibration: Calibration) -> dict[str, Judged]:
    """The scores as they are and, where there is a temperature, after it."""
    return {BEFORE: calibration.before} | ({AFTER: calibration.after} if calibration.after else {})


def to_dict(calibration: Calibration) -> dict[str, Any]:
    """Plain values for JSON, None where undefined."""
    mix = calibration.mix
    return {
        **{name: getattr(calibration, name) for name in ("labels", "n_signal", "n_background", "n_clipped")},
        "mix": {"trained": mix.trained, "wanted": mix.wanted, "shift": mix.shift},
        "temperature": calibration.temperature.to_dict() if calibration.temperature else None,
        "before": _plain(calibration.before, calibration.axis),
        "after": _plain(calibration.after, calibration.axis) if calibration.after else None,
        "pile_ups": [vars(pile_up) for pile_up in calibration.pile_ups],
    }


def _plain(judged: Judged, axis: Axis) -> dict[str, Any]:
    return {
        "all": judged.whole.to_dict(),
        "windows": [
            {f"window{axis.suffix}": list(window), **part.to_dict()} for window, part in judged.windows.items()
        ],
        "half": judged.half.to_dict(),
        "bins": [
            {"score_low": b.low, "score_high": b.high, "mean_score": b.mean_score, "observed": b.observed.to_dict()}
            for b in judged.bins
        ],
    }


def key_numbers(calibration: Calibration) -> tuple[KeyNumber, ...]:
    """Temperature, Brier score, calibration error beside that by chance, and the threshold for an even chance."""
    best = calibration.after or calibration.before
    t, whole, half = calibration.temperature, best.whole, best.half
    suffix = " after T" if calibration.after else ""
    fitted_on = f"n={t.n_signal + t.n_background:,}" if t else "not fitted"
    return (
        KeyNumber(
            "temperature T", f"{t.value:.3f}" if t else DASH, f"± {t.error:.3f}, {fitted_on}" if t else fitted_on,
            "Logits are divided by it: above 1 the network was too sure of itself. Fitted on the validation split.",
        ),
        key_number("Brier score" + suffix, whole.brier,
                   "Mean squared distance of score and label: 0 is best; one score for all events has at best s (1 - s) at a part s of signal.", ""),
        key_number(
            "ECE" + suffix, whole.error.ece,
            "Expected calibration error: mean distance of score and part of signal, freed of the scatter of the bins, so that a perfectly calibrated "
            f"score has 0 within its interval. As the literature counts it, scatter included: {whole.error.plain:.4f}, of which chance gives {whole.error.expected:.4f}.", "",
        ),
        KeyNumber("even chance at", f"{half.threshold:.4f}", f"keeps {_percent(half.signal_efficiency)}",
                  "The score, as the network gives it, at which an event of this mix is signal as likely as not."),
        key_number("precision there", half.precision, "Signal among all that is kept from that score on, at this mix.", digits=1),
    )  # fmt: skip


def window_rows(calibration: Calibration) -> list[dict[str, Any]]:
    """One record per window and version, all events first, as text; – where undefined."""
    parts = {
        version: {"all": judged.whole, **{f"{a:g}-{b:g}": part for (a, b), part in judged.windows.items()}}
        for version, judged in versions(calibration).items()
    }
    return [
        {calibration.axis.title: window, "scores": version, **_texts(parts[version][window])}
        for window in parts[BEFORE]
        for version in parts
    ]


def _texts(quality: Quality) -> dict[str, str]:
    return {
        "signal": f"{quality.n_signal:,}",
        "background": f"{quality.n_background:,}",
        **_with_bounds("Brier", quality.brier),
        "reliability": _number(quality.reliability),
        "resolution": _number(quality.resolution),
        "uncertainty": _number(quality.uncertainty),
        **_with_bounds("ECE", quality.error.ece),
        "ECE, scatter included": _number(quality.error.plain),
        "of that by chance": _number(quality.error.expected),
        "chance enough?": {None: DASH, True: "yes", False: "no"}[quality.error.is_compatible],
    }


def _with_bounds(name: str, number: Interval) -> dict[str, str]:
    value, low, high = scaled(number, "")
    return {name: value, f"{name} interval": DASH if math.isnan(number.low) else f"[{low}, {high}]"}


def bin_columns(calibration: Calibration) -> dict[str, list[Any]]:
    """The reliability diagrams as columns for a file."""
    rows = [
        {
            "scores": version, "low": b.low, "high": b.high, "mean_score": b.mean_score, "signal_part": b.observed.value,
            "signal_low": b.observed.low, "signal_high": b.observed.high, "n": b.observed.n,
        }
        for version, judged in versions(calibration).items()
        for b in judged.bins
    ]  # fmt: skip
    return {name: [row[name] for row in rows] for name in rows[0]}


def mix_in_words(calibration: Calibration) -> str:
    """What was done to the scores so that they speak of the mix, and what follows from it."""
    mix, half = calibration.mix, (calibration.after or calibration.before).half
    trained = "as much signal as background" if mix.trained == 1.0 else f"{mix.trained:.3g} signal per background"
    if mix.shift == 0.0:
        return (
            f"The network was trained as if there were {trained}, and its score is a probability only there. The events "
            "are weighted to that mix here; in nature signal is far rarer, and an event of the same score far less likely signal."
        )
    _, low, high = scaled(half.precision, "%", 1)
    return (
        f"The network was trained as if there were {trained}. For {mix.wanted:.3g} signal per background Bayes' theorem adds "
        f"ln({mix.wanted:.3g}) - ln({mix.trained:.3g}) = {mix.shift:+.2f} to the logit of every score, and the events are "
        f"weighted to that mix. An even chance, 0.5, is then where the network says {half.threshold:.4f}: kept from there on, "
        f"{_percent(half.signal_efficiency)} of the signal, of which the sample is pure to {_percent(half.precision)} "
        f"[{low}, {high}] n={half.precision.n:,}."
    )


def notes(calibration: Calibration, *, is_simulated: bool, meaning: str) -> list[str]:
    """What must be known before a score is believed: pile-ups, clipped scores, what the labels are."""
    sentences = [str(pile_up) for pile_up in calibration.pile_ups]
    if calibration.n_clipped:
        sentences.append(
            f"{calibration.n_clipped:,} scores are 0 or 1 within 1e-7: their logit is taken as -16.1 or 16.1."
        )
    kind = "simulated events" if is_simulated else "measured events, which have no truth"
    sentences.append(
        f"Calibrated against the labels '{calibration.labels}' of {kind}: a score can be no more right than they. {meaning}"
    )
    return sentences


def _number(value: float) -> str:
    return DASH if math.isnan(value) else f"{value:.4f}"


def _percent(number: Interval) -> str:
    value = scaled(number, "%", 1)[0]
    return value if value == DASH else f"{value} %"
