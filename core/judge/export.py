"""An evaluation as text: JSON, CSV and a LaTeX table."""

import csv
import io
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.judge.efficiency import ClassTable
from core.judge.evaluation import Evaluation, Judged
from core.judge.intervals import Efficiency, Interval, PairInterval
from core.judge.roc import thinned

_SUMMARY = (
    ("signal efficiency", lambda judged: judged.point.signal),
    ("background efficiency", lambda judged: judged.point.background),
    ("harmonic efficiency", lambda judged: judged.point.harmonic),
    ("balanced accuracy", lambda judged: judged.point.balanced_accuracy),
    ("precision", lambda judged: judged.point.precision),
    ("ordinary F1", lambda judged: judged.point.f1),
    ("area under the ROC curve", lambda judged: judged.auc),
)


def to_json(evaluation: Evaluation) -> str:
    """One JSON object; undefined is null."""
    return json.dumps(evaluation.to_dict(), indent=1, allow_nan=False) + "\n"


def summary_rows(evaluation: Evaluation) -> list[dict[str, object]]:
    """One plain record per judged classifier, label scheme and quantity; undefined is None."""
    rows: list[dict[str, object]] = []
    schemes: dict[str, dict[str, Judged]] = {
        evaluation.label_scheme: {"network": evaluation.network, **evaluation.baselines},
        **evaluation.other_labels,
    }
    for scheme, judged in schemes.items():
        for name, one in judged.items():
            for quantity, of in _SUMMARY:
                values = of(one).to_dict()
                n_signal, n_background = one.point.signal.n, one.point.background.n
                rows.append(
                    {
                        "labels": scheme,
                        "classifier": name,
                        "threshold": one.point.threshold,
                        "quantity": quantity,
                        "value": values["value"],
                        "low": values["low"],
                        "high": values["high"],
                        "n": values.get("n", n_signal + n_background),
                    }
                )
    return rows


def comparison_rows(evaluation: Evaluation) -> list[dict[str, str]]:
    """One record per label scheme and classifier, values and intervals as text: what stands side by side on a page."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in summary_rows(evaluation):
        key = str(row["labels"]), str(row["classifier"])
        cells.setdefault(key, {"labels": key[0], "classifier": key[1]})[str(row["quantity"])] = _in_words(row)
    return list(cells.values())


def key_rows(evaluation: Evaluation) -> list[dict[str, str]]:
    """The network's own numbers as text: quantity, value, interval, n."""
    n_quantities = len(_SUMMARY)
    return [{"quantity": str(row["quantity"]), **_texts(row)} for row in summary_rows(evaluation)[:n_quantities]]


def _in_words(row: dict[str, Any]) -> str:
    told = _texts(row)
    return f"{told['value']} {told['interval']} n = {told['n']}"


def _texts(row: dict[str, Any]) -> dict[str, str]:
    if row["value"] is None:
        return {"value": "undefined", "interval": "", "n": f"{row['n']:,}"}
    is_area = str(row["quantity"]).startswith("area")
    scale, digits = (1.0, 4) if is_area else (100.0, 2)
    value, low, high = (f"{scale * row[name]:.{digits}f}" for name in ("value", "low", "high"))
    return {"value": value + ("" if is_area else " %"), "interval": f"[{low}, {high}]", "n": f"{row['n']:,}"}


def energy_columns(tables: dict[str, ClassTable]) -> dict[str, list[Any]]:
    """The energy rows as columns, without the cells."""
    rows = [row for table in tables.values() for row in table.to_rows()]
    return {name: [row[name] for row in rows] for name in rows[0] if name != "counts"} if rows else {}


def roc_columns(judged: dict[str, Judged]) -> dict[str, list[Any]]:
    """The curves as columns: classifier, leakage, signal efficiency, threshold."""
    columns: dict[str, list[Any]] = {"classifier": [], "leakage": [], "signal efficiency": [], "threshold": []}
    for name, one in judged.items():
        curve = thinned(one.roc)
        columns["classifier"] += [name] * len(curve.leakage)
        columns["leakage"] += curve.leakage.tolist()
        columns["signal efficiency"] += curve.signal_efficiency.tolist()
        columns["threshold"] += curve.threshold.tolist()
    return columns


def to_csv(tables: dict[str, ClassTable]) -> str:
    """The energy table as CSV: one line per class and energy row, one column per score bin; undefined is empty."""
    rows = []
    for table in tables.values():
        columns = [f"n_{edge:.2f}" for edge in table.score_edges[:-1]]
        for row in table.to_rows():
            counts = dict(zip(columns, row.pop("counts"), strict=True))
            rows.append({**row, "threshold": table.threshold, **counts})
    return csv_text(rows)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Records with the same keys as CSV; None is empty. Texts that a spreadsheet would take for a formula are quoted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def safe(value: Any) -> Any:
    """A value for a spreadsheet: what it would take for a formula becomes a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def to_latex(tables: dict[str, ClassTable]) -> str:
    """The efficiencies per energy row as a LaTeX table for the booktabs package, percent with intervals.

    Rows of fewer than 20 events carry a dagger; undefined is a dash.
    """
    some = next(iter(tables.values()))
    level = 100.0 * some.total.level
    caption = (
        f"Efficiency in percent at a score threshold of {some.threshold:g}, with {level:g}\\,\\% "
        f"{some.total.method} intervals (statistical only). $\\dagger$: fewer than 20 events."
    )
    names = list(tables)
    lines = [
        r"\begin{table}",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{l{'rr' * len(names)}}}",
        r"\toprule",
        " & ".join(["Energy [keV]", *(f"{name.capitalize()} & $n$" for name in names)]) + r" \\",
        r"\midrule",
    ]
    edges = some.energy_edges_kev
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        cells = [_cells(tables[name].rows[i], tables[name].few[i]) for name in names]
        lines.append(" & ".join([f"{low:.1f}--{high:.1f}", *cells]) + r" \\")
    lines.append(r"\midrule")
    lines.append(" & ".join(["all", *(_cells(tables[name].total, False) for name in names)]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _cells(found: Efficiency, few: bool) -> str:
    return f"{latex_percent(found)} & {found.n}" + (r"$^\dagger$" if few else "")


def latex_percent(found: Interval | PairInterval) -> str:
    """Value and interval in percent as $x^{+a}_{-b}$; undefined is a dash."""
    if math.isnan(found.value):
        return "--"
    up, down = 100.0 * (found.high - found.value), 100.0 * (found.value - found.low)
    return f"${100.0 * found.value:.2f}^{{+{up:.2f}}}_{{-{down:.2f}}}$"
