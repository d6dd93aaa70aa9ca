"""The report on one class against the rest: key numbers, efficiency by the axis, and what stands beside the network."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from core.judge.baselines import BOUND
from core.judge.evaluation import Evaluation, Judged
from core.judge.paired import NETWORK, Comparison, InWindow
from core.judge.report import DASH, PERCENT, Figure, KeyNumber, Number, Report, Table, in_words, key_number
from core.statistics.efficiency import ClassTable
from core.statistics.mcnemar import PairedTest
from core.statistics.roc import thinned

AUC = "AUC"
MEANINGS = {
    "signal efficiency": "signal at or above the threshold",
    "background rejection": "background below the threshold, which is rejected ('background efficiency' on the slides); what passes is the leakage",
    "harmonic efficiency": "harmonic mean of signal efficiency and background rejection: what the slides call F1. The ordinary F1, which depends on "
    "how many of each class there are, stands under 'baselines'.",
    "precision": "signal among all that is kept, at the class balance of these events",
    AUC: "area under the ROC curve, whatever the threshold",
}


def report(evaluation: Evaluation, figures: tuple[Figure, ...] = ()) -> Report:
    """What a page and the command write of it: the efficiencies by the axis to read, with every score column in a file."""
    some = next(iter(evaluation.tables.values()))
    title = f"Signal efficiency and background rejection at a score threshold of {some.threshold:g}"
    level = f"{100.0 * some.total.level:g} % {some.total.method} intervals (statistical only)"
    table = Table(title, efficiency_rows(evaluation.tables), level, numbers=cell_rows(evaluation.tables))
    return Report(
        key_numbers(evaluation), (table, scheme_table(evaluation)), figures, evaluation.notes, evaluation.to_dict(),
        title=f"Evaluation, split {evaluation.which_split}, labels {evaluation.label_scheme}",
    )  # fmt: skip


def quantities(judged: Judged) -> dict[str, Number]:
    """What is said of a classifier, by name."""
    point = judged.point
    return {
        "signal efficiency": point.signal, "background rejection": point.background, "harmonic efficiency": point.harmonic,
        "balanced accuracy": point.balanced_accuracy, "precision": point.precision, "ordinary F1": point.f1, AUC: judged.auc,
    }  # fmt: skip


def key_numbers(evaluation: Evaluation) -> tuple[KeyNumber, ...]:
    """The network's own."""
    known = quantities(evaluation.network)
    return tuple(key_number(name, known[name], meaning, unit_of(name)) for name, meaning in MEANINGS.items())


def unit_of(quantity: str) -> str:
    """Percent, or 1 for an area."""
    return "" if quantity == AUC else PERCENT


def scheme_table(evaluation: Evaluation) -> Table:
    """Network and baselines under every label scheme, in words: what stands side by side on a page."""
    schemes = {
        evaluation.label_scheme: {NETWORK: evaluation.network, **evaluation.baselines},
        **evaluation.other_labels,
    }
    rows = [
        {
            "labels": scheme, "classifier": name,
            **{quantity: in_words(n, unit_of(quantity), with_unit=True) for quantity, n in quantities(judged).items()},
        }
        for scheme, group in schemes.items()
        for name, judged in group.items()
    ]  # fmt: skip
    return Table("Under every label scheme", rows)


def efficiency_rows(tables: Mapping[str, ClassTable]) -> list[dict[str, Any]]:
    """One record per bin of the axis, one column per class; last what holds for all bins together."""
    axis = next(iter(tables.values())).axis
    title = axis.title[0].upper() + axis.title[1:]
    bins = [f"{low:.1f}{DASH}{high:.1f}" for low, high in itertools.pairwise(axis.edges)]
    columns = {name.capitalize(): (*table.rows, table.total) for name, table in tables.items()}
    rows = zip([*bins, "all"], zip(*columns.values(), strict=True), strict=True)
    return [{title: place, **dict(zip(columns, numbers, strict=True))} for place, numbers in rows]


def cell_rows(tables: Mapping[str, ClassTable]) -> list[dict[str, Any]]:
    """Plain records: one per class and bin of the axis, one column per score bin."""
    rows = []
    for table in tables.values():
        columns = [f"n_{edge:.2f}" for edge in table.score_edges[:-1]]
        for row in table.to_rows():
            counts = dict(zip(columns, row.pop("counts"), strict=True))
            rows.append({**row, "threshold": table.threshold, **counts})
    return rows


def bin_columns(tables: Mapping[str, ClassTable]) -> dict[str, list[Any]]:
    """The efficiency of every bin as columns, without the score bins."""
    rows = [row for table in tables.values() for row in table.to_rows()]
    return {name: [row[name] for row in rows] for name in rows[0] if name != "counts"} if rows else {}


def roc_columns(judged: Mapping[str, Judged]) -> dict[str, list[Any]]:
    """The curves as columns: classifier, leakage, signal efficiency, threshold."""
    curves = {name: thinned(classifier.roc) for name, classifier in judged.items()}
    columns: dict[str, list[Any]] = {
        "classifier": [name for name, curve in curves.items() for _ in curve.leakage.tolist()]
    }
    for name in ("leakage", "signal efficiency", "threshold"):
        points = (getattr(curve, name.replace(" ", "_")).tolist() for curve in curves.values())
        columns[name] = list(itertools.chain.from_iterable(points))
    return columns


def leakage_rows(comparison: Comparison) -> list[dict[str, str]]:
    """One record per method, one column per window (with its n background events): leakage at 99 % signal efficiency,
    interval, p against the network (with the scatter of the limits).
    """
    n: dict[Any, int] = {}
    for row in comparison.rows:
        n[row.window] = max(n.get(row.window, 0), row.leakage.leakage.n)
    names = {window: comparison.axis.text(*window) if window else "all" for window in n}
    return [
        {"method": method}
        | {f"{names[r.window]}, n = {n[r.window]:,}": _leak(r) for r in comparison.rows if r.method == method}
        for method in comparison.methods
    ]


def _leak(row: InWindow) -> str:
    leaked = row.leakage.leakage
    if not leaked.n:
        return DASH
    value, low, high = (f"{100.0 * v:.3g}" for v in (leaked.value, leaked.low, leaked.high))
    p = "" if math.isnan(row.p_with_limits) else f" p = {row.p_with_limits:.2g}"
    return f"{value} % [{low}, {high}]{p}"


def threshold_rows(comparison: Comparison) -> list[dict[str, str]]:
    """One record per baseline: how much more of each class the network decides rightly, and p, at the usual thresholds."""
    return [
        {
            "network against": rival.method,
            "signal kept, difference": _difference(rival.signal),
            "background rejected, difference": _difference(rival.background),
        }
        for rival in comparison.at_threshold
    ]


def _difference(test: PairedTest) -> str:
    if not test.n:
        return DASH
    value, low, high = (f"{100.0 * v:+.2f}" for v in (test.difference, test.low, test.high))
    return f"{value} % [{low}, {high}] p = {test.p:.2g} n = {test.n:,}"


def cost_rows(comparison: Comparison, costs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """One record per method: parameters, training seconds, microseconds per event; a dash where nobody measured it.

    A cut has no parameters that are trained; the bound is no method that one could apply.
    """
    nothing = {"parameters": 0, "train_seconds": 0.0}
    forms = {"parameters": ("parameters", ",.0f"), "train_seconds": ("training [s]", ",.1f"), "us_per_event": ("per event [µs]", ",.1f")}  # fmt: skip
    rows = []
    for method in comparison.methods:
        known = costs.get(method, nothing if method not in (NETWORK, BOUND) else {})
        texts = {
            title: DASH if known.get(name) is None else format(known[name], form)
            for name, (title, form) in forms.items()
        }
        rows.append({"method": method, **texts})
    return rows


def leakage_columns(comparison: Comparison) -> dict[str, list[Any]]:
    """The rows as columns of plain numbers."""
    axis = comparison.axis
    rows, window = [row.to_dict(axis) for row in comparison.rows], f"window{axis.suffix}"
    columns: dict[str, list[Any]] = {"method": [row["method"] for row in rows]}
    for i, end in enumerate(("low", "high")):
        columns[f"window {end} [{axis.unit}]"] = [row[window][i] if row[window] else None for row in rows]
    for quantity in ("leakage", "signal_efficiency"):
        for name in ("value", "low", "high", "k", "n"):
            columns[f"{quantity} {name}"] = [row[quantity][name] for row in rows]
    columns["p against network"] = [row["against"]["p"] if row["against"] else None for row in rows]
    columns["p against network, with limits"] = [row["p_with_limits"] for row in rows]
    return columns
