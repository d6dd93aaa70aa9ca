"""A calibration in words, as rows of a table, as columns for a file and as plain values."""

import math
from typing import Any

from core.judge.calibration import Calibration, Judged
from core.judge.intervals import Interval
from core.judge.keynumber import KeyNumber
from core.judge.reliability import Quality

BEFORE, AFTER = "as it is", "with temperature"
ONE_AGAINST_THE_REST = (
    "With several classes the mix is that of one class against all others together; these keep the parts that they have in "
    "these events, also where the mix is another one. All classes at once are judged on page Evaluate."
)


def versions(found: Calibration) -> dict[str, Judged]:
    """The scores as they are and, where there is a temperature, after it."""
    return {BEFORE: found.before} | ({AFTER: found.after} if found.after else {})


def to_dict(found: Calibration) -> dict[str, Any]:
    """Plain values for JSON, None where undefined."""
    return {
        "labels": found.labels,
        "n_signal": found.n_signal,
        "n_background": found.n_background,
        "n_clipped": found.n_clipped,
        "mix": {
            "trained": found.mix.trained,
            "wanted": found.mix.wanted,
            "shift": found.mix.shift,
        },
        "temperature": found.temperature.to_dict() if found.temperature else None,
        "before": _plain(found.before),
        "after": _plain(found.after) if found.after else None,
        "pile_ups": [{"low": p.low, "high": p.high, "n": p.n, "share": p.share} for p in found.pile_ups],
    }


def _plain(judged: Judged) -> dict[str, Any]:
    return {
        "all": judged.whole.to_dict(),
        "windows": [{"window_kev": list(window), **one.to_dict()} for window, one in judged.windows.items()],
        "half": judged.half.to_dict(),
        "bins": [
            {"score_low": b.low, "score_high": b.high, "mean_score": b.mean_score, "observed": b.observed.to_dict()}
            for b in judged.bins
        ],
    }


def key_numbers(found: Calibration) -> tuple[KeyNumber, ...]:
    """Temperature, Brier score, calibration error beside that by chance, and the threshold for an even chance."""
    best = found.after or found.before
    t, whole, half = found.temperature, best.whole, best.half
    suffix = " after T" if found.after else ""
    told = f"n={t.n_signal + t.n_background:,}" if t else "not fitted"
    return (
        KeyNumber(
            "temperature T", f"{t.value:.3f}" if t else "–", f"± {t.error:.3f}, {told}" if t else told,
            "Logits are divided by it: above 1 the network was too sure of itself. Fitted on the validation split.",
        ),
        KeyNumber("Brier score" + suffix, f"{whole.brier.value:.4f}", _interval(whole.brier),
                  "Mean squared distance of score and label: 0 is best; one score for all events has at best s (1 - s) at a part s of signal."),
        KeyNumber(
            "ECE" + suffix, f"{whole.ece.value:.4f}", f"chance: {whole.ece_expected:.4f}, n={whole.ece.n:,}",
            "Expected calibration error: mean distance of score and observed part of signal. It is never 0 for few events: 'chance' is what a perfectly "
            f"calibrated score gives with these scores, at most {whole.ece_expected_high:.4f} in 95 % of cases.",
        ),
        KeyNumber("even chance at", f"{half.threshold:.4f}", f"keeps {_percent(half.signal_efficiency)}",
                  "The score, as the network gives it, at which an event of this mix is signal as likely as not."),
        KeyNumber("precision there", _percent(half.precision), _percent_interval(half.precision),
                  "Signal among all that is kept from that score on, at this mix."),
    )  # fmt: skip


def window_rows(found: Calibration) -> list[dict[str, Any]]:
    """One record per energy window and version, all events first, as text; – where undefined."""
    rows = []
    for version, judged in versions(found).items():
        parts = {"all": judged.whole, **{f"{a:g}-{b:g}": one for (a, b), one in judged.windows.items()}}
        rows += [{"energy [keV]": window, "scores": version, **_texts(one)} for window, one in parts.items()]
    return sorted(rows, key=lambda row: list(parts).index(row["energy [keV]"]))


def _texts(one: Quality) -> dict[str, str]:
    verdict = {None: "–", True: "yes", False: "no"}[one.is_compatible]
    return {
        "signal": f"{one.n_signal:,}",
        "background": f"{one.n_background:,}",
        "Brier": _number(one.brier.value),
        "Brier interval": _interval(one.brier, is_numbered=False),
        "reliability": _number(one.reliability),
        "resolution": _number(one.resolution),
        "uncertainty": _number(one.uncertainty),
        "ECE": _number(one.ece.value),
        "ECE interval": _interval(one.ece, is_numbered=False),
        "ECE by chance": _number(one.ece_expected),
        "chance enough?": verdict,
    }


def bin_columns(found: Calibration) -> dict[str, list[Any]]:
    """The reliability diagrams as columns for a file."""
    rows = [
        {
            "scores": version, "low": b.low, "high": b.high, "mean_score": b.mean_score, "signal_part": b.observed.value,
            "signal_low": b.observed.low, "signal_high": b.observed.high, "n": b.observed.n,
        }
        for version, judged in versions(found).items()
        for b in judged.bins
    ]  # fmt: skip
    return {name: [row[name] for row in rows] for name in rows[0]}


def mix_in_words(found: Calibration) -> str:
    """What was done to the scores so that they speak of the mix, and what follows from it."""
    mix, half = found.mix, (found.after or found.before).half
    trained = "as much signal as background" if mix.trained == 1.0 else f"{mix.trained:.3g} signal per background"
    if mix.shift == 0.0:
        return (
            f"The network was trained as if there were {trained}, and its score is a probability only there. The events "
            "are weighted to that mix here; in nature signal is far rarer, and an event of the same score far less likely signal."
        )
    return (
        f"The network was trained as if there were {trained}. For {mix.wanted:.3g} signal per background Bayes' theorem adds "
        f"ln({mix.wanted:.3g}) - ln({mix.trained:.3g}) = {mix.shift:+.2f} to the logit of every score, and the events are "
        f"weighted to that mix. An even chance, 0.5, is then where the network says {half.threshold:.4f}: kept from there on, "
        f"{_percent(half.signal_efficiency)} of the signal, of which the sample is pure to {_percent(half.precision)} "
        f"{_percent_interval(half.precision)}."
    )


def notes(found: Calibration, *, is_simulated: bool, meaning: str) -> list[str]:
    """What must be known before a score is believed: pile-ups, clipped scores, what the labels are."""
    told = [str(pile_up) for pile_up in found.pile_ups]
    if found.n_clipped:
        told.append(f"{found.n_clipped:,} scores are 0 or 1 within 1e-7: their logit is taken as -16.1 or 16.1.")
    kind = "simulated events" if is_simulated else "measured events, which have no truth"
    told.append(
        f"Calibrated against the labels '{found.labels}' of {kind}: a score can be no more right than they. {meaning}"
    )
    return told


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _percent(one: Interval) -> str:
    return "–" if math.isnan(one.value) else f"{100 * one.value:.1f} %"


def _percent_interval(one: Interval) -> str:
    return "" if math.isnan(one.value) else f"[{100 * one.low:.1f}, {100 * one.high:.1f}] n={one.n:,}"


def _interval(one: Interval, *, is_numbered: bool = True) -> str:
    if math.isnan(one.low):
        return "–"
    return f"[{one.low:.4f}, {one.high:.4f}]" + f" n={one.n:,}" * is_numbered
