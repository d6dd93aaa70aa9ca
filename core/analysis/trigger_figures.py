"""Figures of the trigger: three efficiencies that are never merged, the residual, and what dark counts add."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.total_efficiency import Chain
from core.analysis.trigger_scan import Scan
from core.figures.style import NEUTRAL, errors, finish
from core.statistics.efficiency import FEW

UNIT = "keV"
PALE = 0.35
TRIGGER, SELECTION, TOTAL = ("#009E73", "circle"), ("#0072B2", "square"), ("#CC79A7", "diamond")
HELPED, ACCIDENTAL = ("#E69F00", "triangle-up"), (NEUTRAL, "x")


def efficiency(scan: Scan, pe_per_kev: float, chain: Chain | None = None) -> go.Figure:
    """Above: trigger, selection and total against true energy; below: simulated trigger minus closed form."""
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.06)
    x = scan.energies_kev
    for name, y, dash in (("closed form", scan.closed, "dash"), ("with threshold", scan.above_threshold, "dot")):
        figure.add_scatter(
            x=x, y=100.0 * y, mode="lines", name=name, line={"color": NEUTRAL, "dash": dash, "width": 2}, row=1, col=1,
            hovertemplate=f"{name}: %{{y:.2f}} %<extra></extra>",
        )  # fmt: skip
    _points(figure, x, 100.0 * scan.light, [p.light.n for p in scan.points], "trigger, simulated", TRIGGER, "solid", 1)
    if chain is not None:
        _steps(figure, chain)
    residual = 100.0 * (scan.light - scan.closed[:, None])
    _points(figure, x, residual, [p.light.n for p in scan.points], "difference", TRIGGER, None, 2)
    figure.add_hline(0.0, line={"color": NEUTRAL, "width": 1}, row=2, col=1)
    finish(figure, "", "efficiency [%]", 1)
    finish(figure, f"true energy [{UNIT}]", "difference", 2)
    figure.update_yaxes(range=[0.0, 103.0], row=1, col=1)
    return _with_photoelectrons(figure, 2.0 * x[-1] - x[-2] if len(x) > 1 else float(x[-1]), pe_per_kev)


def _points(
    figure: go.Figure, x: np.ndarray, value: np.ndarray, n: Sequence[int], name: str, look: tuple[str, str],
    dash: str | None, row: int,
) -> None:  # fmt: skip
    """Values (m, 3) with low and high as markers, joined by a line if it has a dash."""
    colour, symbol = look
    figure.add_scatter(
        x=x, y=value[:, 0], mode="lines+markers" if dash else "markers", name=name, showlegend=row == 1, row=row, col=1,
        marker={"color": colour, "symbol": symbol, "size": 5}, line={"color": colour, "dash": dash or "solid", "width": 1.5},
        error_y=errors(value[:, 2] - value[:, 0], value[:, 0] - value[:, 1], colour),
        customdata=np.column_stack([value[:, 1:], n]),
        hovertemplate=f"{name} %{{y:.2f}} [%{{customdata[0]:.2f}}, %{{customdata[1]:.2f}}] %"
        "<br>%{x:.3g} keV, n = %{customdata[2]:d}<extra></extra>",
    )  # fmt: skip


def _steps(figure: go.Figure, chain: Chain) -> None:
    """Selection and total in their bins, a little beside each other; bins with few selected events pale."""
    edges = chain.edges_kev
    middle, half = (edges[1:] + edges[:-1]) / 2.0, np.diff(edges) / 2.0
    n = np.array([share.n for share in chain.selection])
    for name, shares, look, aside in (
        ("selection", chain.selection, SELECTION, -0.15),
        ("total", chain.total, TOTAL, 0.15),
    ):
        value = 100.0 * np.array([(share.value, share.low, share.high) for share in shares])
        colour, symbol = look
        few = (n > 0) & (n < FEW)
        for chosen, opacity, label in ((n >= FEW, 1.0, name), (few, PALE, f"{name}, n < {FEW}")):
            figure.add_scatter(
                x=(middle + aside * half)[chosen], y=value[chosen, 0], mode="markers", name=label, opacity=opacity, row=1,
                col=1, marker={"color": colour, "symbol": symbol, "size": 8}, showlegend=bool(chosen.any() and (opacity == 1.0 or few.sum() == (n > 0).sum())),
                error_y=errors((value[:, 2] - value[:, 0])[chosen], (value[:, 0] - value[:, 1])[chosen], colour),
                error_x=errors((half - aside * half)[chosen], (half + aside * half)[chosen], colour),
                customdata=np.column_stack([value[:, 1:], edges[:-1], edges[1:], n])[chosen],
                hovertemplate=f"{label} %{{y:.2f}} [%{{customdata[0]:.2f}}, %{{customdata[1]:.2f}}] %<br>%{{customdata[2]:g}} to "
                f"%{{customdata[3]:g}} {UNIT}, n = %{{customdata[4]:d}} selected from<extra></extra>",
            )  # fmt: skip


def dark_counts(scan: Scan, pe_per_kev: float) -> go.Figure:
    """Part of the events that have a record only with the help of a dark count, or by dark counts alone."""
    figure = go.Figure()
    for name, look, ways in (
        ("light and a dark count", HELPED, [p.helped for p in scan.points]),
        ("dark counts alone", ACCIDENTAL, [p.accidental for p in scan.points]),
    ):
        value = 100.0 * np.array([(share.value, share.low, share.high) for share in ways])
        colour, symbol = look
        figure.add_scatter(
            x=scan.energies_kev, y=value[:, 0], mode="markers", name=name, marker={"color": colour, "symbol": symbol},
            error_y=errors(value[:, 2] - value[:, 0], value[:, 0] - value[:, 1], colour),
            customdata=[(share.k, share.n, 100.0 * share.low, 100.0 * share.high) for share in ways],
            hovertemplate=f"{name}: %{{customdata[0]}} of %{{customdata[1]}}, %{{y:.3f}} [%{{customdata[2]:.3f}}, "
            "%{customdata[3]:.3f}] %<br>%{x:.3g} keV<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    finish(figure, f"true energy [{UNIT}]", "part of the events [%]")
    return _with_photoelectrons(figure, 2.0 * scan.energies_kev[-1] - scan.energies_kev[-2], pe_per_kev)


def _with_photoelectrons(figure: go.Figure, up_to_kev: float, pe_per_kev: float) -> go.Figure:
    """The energy axis from 0, and the mean number of photoelectrons on top."""
    figure.update_xaxes(range=[0.0, up_to_kev])
    step = next(s for s in _round_steps() if s >= up_to_kev * pe_per_kev / 8.0)
    pe = np.arange(0.0, up_to_kev * pe_per_kev + 1e-9, step)
    figure.add_scatter(x=[0.0], y=[None], xaxis="x9", yaxis="y", showlegend=False, hoverinfo="skip")
    top: dict[str, Any] = {
        "overlaying": "x", "matches": "x", "side": "top", "anchor": "y", "showgrid": False, "zeroline": False,
        "tickvals": pe / pe_per_kev, "ticktext": [f"{v:g}" for v in pe],
        "title": {"text": f"photoelectrons ({pe_per_kev:g} PE/{UNIT})", "standoff": 4},
    }  # fmt: skip
    return figure.update_layout(xaxis9=top, margin={"t": 76, "b": 40}, legend={"y": 1.17})


def _round_steps() -> list[float]:
    return [m * 10.0**p for p in range(-3, 6) for m in (1.0, 2.0, 5.0)] + [math.inf]
