"""Figures of a cut study: what a moving cut keeps and rejects, the plane of two cuts, which features the score follows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import BACKGROUND, KNOWN, NEUTRAL, SEQUENCE, SIGNAL, errors, finish
from core.judge.cutstudy import MERITS, Correlation, Optimum, Scan
from core.statistics.efficiency import CLASSES
from core.statistics.intervals import clopper_pearson

BEST, LINE = "#009E73", "#CC79A7"  # to be seen on every colour of the plane, and beside it in both themes
_BAND = 0.15


def moving_cut(scan: Scan, merit: np.ndarray, name: str, best: Optimum, at: float, title: str) -> go.Figure:
    """Signal kept and background rejected (with their 95 % intervals) above the figure of merit, against the threshold.

    The green band is the 68 % bootstrap interval of the best threshold, the dotted line the cut that is quoted.
    """
    axis = scan.axes[0]
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.62, 0.38])
    for class_name, colour, label, is_kept in (
        ("signal", SIGNAL, "signal kept", True), ("background", BACKGROUND, "background rejected", False),
    ):  # fmt: skip
        n, n_kept = scan.n_of(class_name), scan.kept(class_name)
        k = n_kept if is_kept else n - n_kept
        low, high = clopper_pearson(k, np.full(len(k), n))
        _band(figure, axis.thresholds, 100 * low, 100 * high, colour)
        figure.add_scatter(
            x=axis.thresholds, y=100 * k / max(n, 1), mode="lines", name=f"{label} (n = {n:,})", row=1, col=1,
            line={"color": colour, "dash": KNOWN[class_name][1], "width": 2}, customdata=np.column_stack([k, 100 * low, 100 * high]),
            hovertemplate=f"{label} %{{y:.2f}} [%{{customdata[1]:.2f}}, %{{customdata[2]:.2f}}] %<br>%{{customdata[0]:,}} of {n:,}"
            "<br>at %{x:.4g}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=axis.thresholds, y=merit, mode="lines", name=MERITS[name].title, row=2, col=1, line={"color": BEST, "width": 2},
        hovertemplate=f"{MERITS[name].title} %{{y:.4g}} at %{{x:.4g}}<extra></extra>",
    )  # fmt: skip
    figure.add_vrect(best.low[0], best.high[0], fillcolor=BEST, opacity=_BAND, line_width=0)
    figure.add_vline(best.at[0], line={"color": BEST, "width": 1.5})
    figure.add_vline(at, line={"color": NEUTRAL, "width": 2, "dash": "dot"})
    side = "at or above" if axis.direction == "above" else "below"
    finish(figure, "", "kept [%]")
    figure.update_yaxes(range=[0, 103], row=1, col=1)
    figure.update_yaxes(title_text=MERITS[name].title, row=2, col=1)
    figure.update_xaxes(title_text=None, row=1, col=1)
    return figure.update_xaxes(title_text=f"{title}: threshold, kept {side}", row=2, col=1)


def _band(figure: go.Figure, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> None:
    figure.add_scatter(
        x=np.r_[x, x[::-1]], y=np.r_[high, low[::-1]], fill="toself", mode="none", fillcolor=colour, opacity=_BAND,
        hoverinfo="skip", showlegend=False, row=1, col=1,
    )  # fmt: skip


def plane(
    scan: Scan, merit: np.ndarray, name: str, best: Optimum, at: Sequence[float], titles: Sequence[str]
) -> go.Figure:
    """The figure of merit over two thresholds; lines where 90, 95 and 99 % of the signal are kept, a cross at the best place."""
    x, y = (axis.thresholds for axis in scan.axes)
    signal, rejected = 100 * scan.efficiency("signal").T, 100 * (1 - scan.efficiency("background").T)
    figure = go.Figure()
    figure.add_heatmap(
        x=x, y=y, z=merit.T, colorscale=SEQUENCE, colorbar={"title": {"text": MERITS[name].title}},
        customdata=np.dstack([signal, rejected]),
        hovertemplate=f"{MERITS[name].title} %{{z:.4g}}<br>signal kept %{{customdata[0]:.2f}} %<br>background rejected "
        "%{customdata[1]:.2f} %<br>at %{x:.4g} and %{y:.4g}<extra></extra>",
    )  # fmt: skip
    for level, dash in ((90, "dot"), (95, "dash"), (99, "solid")):
        figure.add_contour(
            x=x, y=y, z=signal, contours={"start": level, "end": level, "coloring": "none"}, showscale=False, hoverinfo="skip",
            line={"color": LINE, "dash": dash, "width": 1.5}, name=f"{level} % of the signal kept", showlegend=True,
        )  # fmt: skip
    bars: dict[str, Any] = {
        f"error_{axis}": errors([high - value], [value - low], BEST)
        for axis, value, low, high in zip("xy", best.at, best.low, best.high, strict=True)
    }
    marker = {"symbol": "cross", "size": 11, "color": BEST}
    figure.add_scatter(x=[best.at[0]], y=[best.at[1]], mode="markers", name="best, 68 %", marker=marker, **bars)
    chosen = {"symbol": "circle-open", "size": 12, "color": LINE, "line": {"width": 2}}
    figure.add_scatter(x=[at[0]], y=[at[1]], mode="markers", name="quoted", marker=chosen)
    sides = ["at or above" if axis.direction == "above" else "below" for axis in scan.axes]
    return finish(figure, f"{titles[0]}: kept {sides[0]}", f"{titles[1]}: kept {sides[1]}")


def follows(
    correlations: Sequence[Correlation], titles: Mapping[str, str], importances: Mapping[str, tuple[float, float]]
) -> go.Figure:
    """Rank correlation of every feature with the score, per class, with 95 % intervals; and, beside it, by how much the
    trees get worse when a feature is shuffled (mean and standard deviation), where that is known."""
    names = list(dict.fromkeys(c.column for c in correlations))
    overall = {c.column: abs(c.rho.value) for c in correlations if c.class_name == "all"}
    order = sorted(names, key=lambda name: np.nan_to_num(overall.get(name, 0.0)))
    n_panels = 2 if importances else 1
    figure = make_subplots(1, n_panels, shared_yaxes=True, horizontal_spacing=0.04)
    styles = {"all": (NEUTRAL, "diamond"), **{name: (KNOWN[name][0], KNOWN[name][2]) for name in CLASSES}}
    for class_name, (colour, symbol) in styles.items():
        of_class = {c.column: c.rho for c in correlations if c.class_name == class_name}
        rho = [of_class[name] for name in order]
        value = np.array([r.value for r in rho])
        figure.add_scatter(
            x=value, y=[titles[n] for n in order], mode="markers", name=class_name, row=1, col=1,
            marker={"color": colour, "symbol": symbol, "size": 8}, customdata=[[r.low, r.high, r.n] for r in rho],
            error_x=errors(np.array([r.high for r in rho]) - value, value - np.array([r.low for r in rho]), colour),
            hovertemplate=f"%{{y}}, {class_name}: %{{x:.3f}} [%{{customdata[0]:.3f}}, %{{customdata[1]:.3f}}]<br>n = "
            "%{customdata[2]:,}<extra></extra>",
        )  # fmt: skip
    finish(figure, "rank correlation with the score", "")
    if importances:
        mean, spread = (np.array([importances.get(n, (np.nan, np.nan))[i] for n in order]) for i in (0, 1))
        figure.add_scatter(
            x=mean, y=[titles[n] for n in order], mode="markers", name="trees", row=1, col=2, error_x=errors(spread, spread, BEST),
            marker={"color": BEST, "symbol": "triangle-up", "size": 9}, hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(title_text="permutation importance in the trees", row=1, col=2)
        figure.update_xaxes(title_text="rank correlation with the score", row=1, col=1)
    figure.add_vline(0.0, line={"color": NEUTRAL, "width": 1})
    return figure.update_layout(margin={"l": 150})
