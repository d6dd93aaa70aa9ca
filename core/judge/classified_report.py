"""The report on a run of several classes: key numbers, confusion matrix, classes, methods."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.judge.classified import WANTED_EFFICIENCY, Classified, Judged
from core.judge.report import KeyNumber, Report, Table, in_words, key_number
from core.statistics.classcurves import THRESHOLDS
from core.statistics.intervals import Interval, defined

NONE = "none"  # what an event is called that no class is sure of
NETWORK = "network"


def report(classified: Classified) -> Report:
    """Everything that the command prints of it."""
    tables = (
        Table("confusion matrix [%]", confusion_rows(classified.network)),
        Table("classes", class_rows(classified.network)),
        Table("methods", method_rows(classified)),
        Table(f"{classified.signal}, thresholds from {classified.chosen_on}", signal_rows(classified)),
    )
    return Report(key_numbers(classified), tables, (), classified.notes, classified.to_dict())


def key_numbers(classified: Classified) -> tuple[KeyNumber, ...]:
    """All classes in one number, the signal class's purity and efficiency, the calibration error."""
    network, name = classified.network, classified.signal
    signal, summary = classified.of(name), network.summary
    has_others = bool(network.confusion.others.sum())
    purity = signal.purity_of_all if has_others else signal.purity
    counted = "events without a label count as wrong" if has_others else "all events have a label"
    called = "called so, unlabelled too" if has_others else "called so"
    efficiency = f"part of {name} that is called so"
    balanced = "mean of the classes' efficiencies"
    error = (
        "mean distance of the probability of the called class and the part that is right, with probabilities moved to the "
        "mix of these events, freed of the scatter of the bins"
    )
    return (
        key_number("macro-F1", summary.macro_f1, "mean of the classes' F1, at the mix of the labelled events", "", digits=3, of="labelled"),
        key_number(f"{name}: purity", purity, f"part of what is called {name} that is; {counted}", digits=1, of=called),
        key_number(f"{name}: efficiency", signal.efficiency, efficiency, digits=1, of="of the class"),
        key_number("balanced accuracy", summary.balanced_accuracy, balanced, digits=1, of="labelled"),
        key_number("calibration error", network.calibration.ece, error, "", digits=3, of="labelled"),
    )  # fmt: skip


def _without_n(number: Interval) -> str:
    return in_words(number, with_n=False)


def confusion_rows(judged: Judged) -> list[dict[str, Any]]:
    """One record per true class: percent called each class with interval, n; the last one events without a label."""
    matrix = judged.confusion
    columns = [f"called {name}" for name in (*matrix.classes, NONE)]
    rows: list[dict[str, Any]] = [
        {"true": name, **{c: _without_n(matrix.share(i, j)) for j, c in enumerate(columns)}, "n": int(matrix.n_true[i])}
        for i, name in enumerate(matrix.classes)
    ]
    if matrix.others.any():
        counts = {column: f"{int(n):,} events" for column, n in zip(columns, matrix.others, strict=True)}
        rows.append({"true": "no label", **counts, "n": int(matrix.others.sum())})
    return rows


def confusion_columns(judged: Judged) -> dict[str, list[Any]]:
    """The matrix as columns for a file: one line per cell."""
    matrix, columns = judged.confusion, ("true", "called", "k", "n", "share", "low", "high")
    lines: list[tuple[Any, ...]] = []
    for i, j in itertools.product(range(len(matrix.classes)), range(len(matrix.classes) + 1)):
        share = matrix.share(i, j)
        ends = map(defined, (share.value, share.low, share.high))
        lines.append((matrix.classes[i], (*matrix.classes, NONE)[j], share.k, share.n, *ends))
    lines += [
        ("no label", name, int(k), int(matrix.others.sum()), None, None, None)
        for name, k in zip((*matrix.classes, NONE), matrix.others, strict=True)
    ]
    return {column: [line[i] for line in lines] for i, column in enumerate(columns)}


def class_rows(judged: Judged) -> list[dict[str, Any]]:
    """One record per class, percent with intervals."""
    has_others, rows = bool(judged.confusion.others.any()), []
    for quality in judged.classes:
        row = {
            "class": quality.name,
            "efficiency [%]": in_words(quality.efficiency),
            "purity [%]": in_words(quality.purity),
        }
        row |= {"purity of all [%]": in_words(quality.purity_of_all)} if has_others else {}
        row["F1 [%]"] = _without_n(quality.f1)
        row |= {"purity at the mix [%]": _without_n(quality.purity_at_mix)} if quality.purity_at_mix else {}
        rows.append(row)
    return rows


def method_rows(classified: Classified) -> list[dict[str, Any]]:
    """The network beside the trees, on the same events: macro-F1 and its difference, balanced accuracy, calibration."""
    rows = []
    for name, judged in {NETWORK: classified.network, **classified.baselines}.items():
        summary, rival = judged.summary, classified.differences.get(name)
        rows.append(
            {
                "method": name,
                "macro-F1 [%]": in_words(summary.macro_f1),
                "network minus it [%]": _without_n(rival.difference) if rival else "",
                "p": rival.p_in_words if rival else "",
                "balanced accuracy [%]": _without_n(summary.balanced_accuracy),
                "accuracy [%]": _without_n(summary.accuracy),
                "calibration error [%]": _without_n(judged.calibration.ece),
            }
        )
    return rows


def signal_rows(classified: Classified) -> list[dict[str, Any]]:
    """What every method keeps of the signal class: at 90 % efficiency, and the cuts as they are."""
    named = {f"{cut.name}, {100 * WANTED_EFFICIENCY:g} % kept": cut for cut in classified.at_efficiency}
    named |= {cut.name: cut for cut in classified.cuts}
    return [
        {
            "method": name, "threshold": "" if math.isnan(cut.threshold) else f"{cut.threshold:.4f}",
            "efficiency [%]": in_words(cut.efficiency), "purity [%]": in_words(cut.purity),
            "purity of all [%]": in_words(cut.purity_of_all),
        }
        for name, cut in named.items()
    ]  # fmt: skip


def curve_columns(classified: Classified) -> dict[str, Sequence[Any]]:
    """Purity and efficiency against threshold as columns for a file."""
    columns: dict[str, list[Any]] = {"class": [], "threshold": []}
    for curve in classified.curves:
        columns["class"] += [curve.name] * len(THRESHOLDS)
        columns["threshold"] += THRESHOLDS.tolist()
        for name in ("efficiency", "purity", "purity_of_all"):
            band = getattr(curve, name)
            for end in ("value", "low", "high"):
                columns.setdefault(f"{name} {end}", []).extend(defined(v) for v in getattr(band, end))
            for count in ("k", "n"):
                columns.setdefault(f"{name} {count}", []).extend(getattr(band, count).tolist())
    return dict(columns)


def bin_columns(classified: Classified) -> dict[str, Sequence[Any]]:
    """Purity and efficiency per class and bin of the axis as columns for a file."""
    rows = [_flat(row) for row in itertools.chain.from_iterable(by_class.to_rows() for by_class in classified.by_bin)]
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: row[name] for name in row if name not in ("efficiency", "purity", "few")}
    for quantity in ("efficiency", "purity"):
        flat |= {f"{quantity} {key}": value for key, value in row[quantity].items()}
    return flat
