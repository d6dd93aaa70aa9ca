"""A comparison of network and baselines as tables: texts to read, columns to download."""

import math
from collections.abc import Mapping
from typing import Any

from core.judge.mcnemar import PairedTest
from core.judge.paired import Comparison, InWindow, Window

UNDEFINED = "undefined"


def leakage_rows(found: Comparison, unit: str = "keV") -> list[dict[str, str]]:
    """One record per method, one column per window (with its n background events): leakage at 99 % signal efficiency,
    interval, p against the network (with the scatter of the limits).
    """
    n = {row.window: max(r.leakage.leakage.n for r in found.rows if r.window == row.window) for row in found.rows}
    rows = []
    for name in found.methods:
        own = [row for row in found.rows if row.method == name]
        cells = {f"{_window(r.window, unit)}, n = {n[r.window]:,}": _cell(r) for r in own}
        rows.append({"method": name, **cells})
    return rows


def threshold_rows(found: Comparison) -> list[dict[str, str]]:
    """One record per baseline: how much more of each class the network decides rightly, and p, at the usual thresholds."""
    return [
        {
            "network against": one.method,
            "signal kept, difference": _difference(one.signal),
            "background rejected, difference": _difference(one.background),
        }
        for one in found.at_threshold
    ]


def cost_rows(found: Comparison, costs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """One record per method: parameters, training seconds, microseconds per event; a dash where nobody measured it.

    A cut has no parameters that are trained; the bound is no method that one could apply.
    """
    nothing = {"parameters": 0, "train_seconds": 0.0}
    rows = []
    for name in found.methods:
        known = costs.get(name, nothing if name not in ("network", "bound") else {})
        rows.append(
            {
                "method": name,
                "parameters": _number(known.get("parameters"), ",.0f"),
                "training [s]": _number(known.get("train_seconds"), ",.1f"),
                "per event [us]": _number(known.get("us_per_event"), ",.1f"),
            }
        )
    return rows


def leakage_columns(found: Comparison) -> dict[str, list[Any]]:
    """The rows as columns of plain numbers."""
    rows = [row.to_dict() for row in found.rows]
    columns: dict[str, list[Any]] = {
        "method": [row["method"] for row in rows],
        "window low [keV]": [row["window_kev"][0] if row["window_kev"] else None for row in rows],
        "window high [keV]": [row["window_kev"][1] if row["window_kev"] else None for row in rows],
    }
    for quantity in ("leakage", "signal_efficiency"):
        columns |= {
            f"{quantity} {name}": [row[quantity][name] for row in rows] for name in ("value", "low", "high", "k", "n")
        }
    return columns | {
        "p against network": [row["against"]["p"] if row["against"] else None for row in rows],
        "p against network, with limits": [row["p_with_limits"] for row in rows],
    }


def _window(window: Window | None, unit: str) -> str:
    return f"{window[0]:g}-{window[1]:g} {unit}" if window else "all"


def _cell(row: InWindow) -> str:
    leaked = row.leakage.leakage
    if not leaked.n:
        return UNDEFINED
    value, low, high = (f"{100.0 * v:.3g}" for v in (leaked.value, leaked.low, leaked.high))
    return f"{value} % [{low}, {high}]" + ("" if math.isnan(row.p_with_limits) else f" p = {row.p_with_limits:.2g}")


def _difference(test: PairedTest) -> str:
    if not test.n:
        return UNDEFINED
    value, low, high = (f"{100.0 * v:+.2f}" for v in (test.difference, test.low, test.high))
    return f"{value} % [{low}, {high}] p = {test.p:.2g} n = {test.n:,}"


def _number(value: float | None, how: str) -> str:
    return "–" if value is None else format(value, how)
