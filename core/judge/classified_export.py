"""A run of several classes as key numbers, rows and columns: what pages show, the terminal prints and files keep."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.judge.classcurves import THRESHOLDS
from core.judge.classified import WANTED_EFFICIENCY, Classified, Judged, Kept
from core.judge.intervals import Efficiency, Interval, defined
from core.judge.keynumber import KeyNumber

NONE = "none"  # what an event is called that no class is sure of
NETWORK = "network"
DIGITS = 2


def percent(found: Interval, with_n: bool = True) -> str:
    """`97.10 [96.50, 97.62] n = 3,012`, in percent; undefined is a dash."""
    if math.isnan(found.value):
        return "–"
    value, low, high = (f"{100 * v:.{DIGITS}f}" for v in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]" + (f" n = {found.n:,}" if with_n else "")


def _number(label: str, found: Interval, help: str, digits: int = 1, scale: float = 100.0) -> KeyNumber:
    if math.isnan(found.value):
        return KeyNumber(label, "undefined", f"n={found.n:,}", help)
    value, low, high = (f"{scale * v:.{digits}f}" for v in (found.value, found.low, found.high))
    unit = " %" if scale == 100.0 else ""
    return KeyNumber(label, f"{value}{unit}", f"[{low}, {high}] n={found.n:,}", help)


def key_numbers(found: Classified) -> tuple[KeyNumber, ...]:
    """All classes in one number, the signal class's purity and efficiency, the calibration error."""
    network, signal = found.network, found.of(found.signal)
    chance = f"perfectly calibrated probabilities give {network.calibration.expected:.4f} by chance"
    purity = signal.purity_of_all if network.confusion.others.sum() else signal.purity
    counted = "events without a label count as wrong" if network.confusion.others.sum() else "all events have a label"
    return (
        _number("macro-F1", network.summary.macro_f1, "mean of the classes' F1, at the mix of these events", 3, 1.0),
        _number(f"{found.signal}: purity", purity, f"part of what is called {found.signal} that is; {counted}"),
        _number(f"{found.signal}: efficiency", signal.efficiency, f"part of {found.signal} that is called so"),
        _number("balanced accuracy", network.summary.balanced_accuracy, "mean of the classes' efficiencies"),
        _number(
            "calibration error", network.calibration.ece,
            "mean distance of the probability of the called class and the part that is right, with probabilities moved to the "
            f"mix of these events; {chance}", 3, 1.0,
        ),
    )  # fmt: skip


def confusion_rows(judged: Judged) -> list[dict[str, Any]]:
    """One record per true class: percent called each class with interval, n; the last one events without a label."""
    found = judged.confusion
    names = [*found.classes, NONE]
    rows: list[dict[str, Any]] = []
    for i, name in enumerate(found.classes):
        cells = {f"called {one}": percent(found.share(i, j), False) for j, one in enumerate(names)}
        rows.append({"true": name, **cells, "n": int(found.n_true[i])})
    if found.others.any():
        counts = {f"called {one}": f"{int(n):,} events" for one, n in zip(names, found.others, strict=True)}
        rows.append({"true": "no label", **counts, "n": int(found.others.sum())})
    return rows


def confusion_columns(judged: Judged) -> dict[str, list[Any]]:
    """The matrix as columns for a file: one line per cell."""
    found, columns = judged.confusion, ("true", "called", "k", "n", "share", "low", "high")
    lines: list[tuple[Any, ...]] = []
    for i, name in enumerate(found.classes):
        for j, other in enumerate((*found.classes, NONE)):
            one = found.share(i, j)
            lines.append((name, other, one.k, one.n, *map(defined, (one.value, one.low, one.high))))
    lines += [
        ("no label", other, int(k), int(found.others.sum()), None, None, None)
        for other, k in zip((*found.classes, NONE), found.others, strict=True)
    ]
    return {column: [line[i] for line in lines] for i, column in enumerate(columns)}


def class_rows(judged: Judged) -> list[dict[str, Any]]:
    """One record per class, percent with intervals."""
    has_others, rows = bool(judged.confusion.others.any()), []
    for one in judged.classes:
        row = {"class": one.name, "efficiency [%]": percent(one.efficiency), "purity [%]": percent(one.purity)}
        if has_others:
            row["purity of all [%]"] = percent(one.purity_of_all)
        row["F1 [%]"] = percent(one.f1, False)
        if one.purity_at_mix is not None:
            row["purity at the mix [%]"] = percent(one.purity_at_mix, False)
        rows.append(row)
    return rows


def method_rows(found: Classified) -> list[dict[str, Any]]:
    """The network beside the trees, on the same events: macro-F1 and its difference, balanced accuracy, calibration."""
    rows = []
    for name, one in {NETWORK: found.network, **found.baselines}.items():
        told, other = one.summary, found.differences.get(name)
        rows.append(
            {
                "method": name,
                "macro-F1 [%]": percent(told.macro_f1),
                "network minus it [%]": "" if other is None else percent(other.difference, False),
                "p": "" if other is None else other.told_p,
                "balanced accuracy [%]": percent(told.balanced_accuracy, False),
                "accuracy [%]": percent(told.accuracy, False),
                "calibration error [%]": percent(one.calibration.ece, False),
            }
        )
    return rows


def signal_rows(found: Classified) -> list[dict[str, Any]]:
    """What every method keeps of the signal class: at 90 % efficiency, and the cuts as they are."""
    at = {f"{one.name}, {100 * WANTED_EFFICIENCY:g} % kept": one for one in found.at_efficiency}
    return [_kept_row(name, one) for name, one in (at | {one.name: one for one in found.cuts}).items()]


def _kept_row(name: str, one: Kept) -> dict[str, Any]:
    threshold = "" if math.isnan(one.threshold) else f"{one.threshold:.4f}"
    numbers: Mapping[str, Efficiency] = {
        "efficiency [%]": one.efficiency, "purity [%]": one.purity, "purity of all [%]": one.purity_of_all,
    }  # fmt: skip
    return {"method": name, "threshold": threshold, **{key: percent(number) for key, number in numbers.items()}}


def curve_columns(found: Classified) -> dict[str, Sequence[Any]]:
    """Purity and efficiency against threshold as columns for a file."""
    columns: dict[str, list[Any]] = {"class": [], "threshold": []}
    for curve in found.curves:
        columns["class"] += [curve.name] * len(THRESHOLDS)
        columns["threshold"] += THRESHOLDS.tolist()
        for name in ("efficiency", "purity", "purity_of_all"):
            band = getattr(curve, name)
            for end in ("value", "low", "high"):
                columns.setdefault(f"{name} {end}", []).extend(defined(v) for v in getattr(band, end))
            for count in ("k", "n"):
                columns.setdefault(f"{name} {count}", []).extend(getattr(band, count).tolist())
    return dict(columns)


def energy_columns(found: Classified) -> dict[str, Sequence[Any]]:
    """Purity and efficiency per class and energy bin as columns for a file."""
    columns: dict[str, list[Any]] = {}
    for row in itertools.chain.from_iterable(one.to_rows() for one in found.energy):
        flat = {name: row[name] for name in ("class", "energy_low_kev", "energy_high_kev")}
        for quantity in ("efficiency", "purity"):
            flat |= {f"{quantity} {key}": value for key, value in row[quantity].items()}
        for name, value in flat.items():
            columns.setdefault(name, []).append(value)
    return dict(columns)
