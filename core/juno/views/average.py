"""The mean image of a class: where light is seen, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset
from core.figures.style import SEQUENCE
from core.juno.recipe import PmtImage
from core.juno.views.event import images_of

CHUNK, TITLE_PX = 50, 12


@dataclass(frozen=True)
class MeanImage:
    """Of `n` rows of `n_of`: share of the rows in which a pixel is lit, mean charge of it [pe] and mean residual time where it is
    lit [ns], (height, width) each; NaN where no row has light.
    """

    lit: np.ndarray
    charge_pe: np.ndarray
    time_ns: np.ndarray
    n: int
    n_of: int


def mean_image(dataset: Dataset, rows: np.ndarray, n_at_most: int = 200) -> MeanImage:
    """Mean over rows, of at most `n_at_most` of them taken evenly. Times are first hits without flight from the fitted vertex."""
    recipe = PmtImage(channels=("mask", "charge", "first"), before_ns=50.0, after_ns=200.0)
    chosen = rows if len(rows) <= n_at_most else rows[np.linspace(0, len(rows) - 1, n_at_most).astype(int)]
    total = np.zeros(recipe.shape(dataset))
    for begin in range(0, len(chosen), CHUNK):
        planes = images_of(dataset, chosen[begin : begin + CHUNK], recipe).astype(np.float64)
        planes[..., 1] = recipe.charge_pe(planes[..., 1])
        planes[..., 2] = np.where(planes[..., 0] > 0.0, recipe.time_ns(planes[..., 2]), 0.0)
        total += planes.sum(axis=0)
    lit = np.where(total[..., 0] > 0.0, total[..., 0], np.nan)
    n = max(len(chosen), 1)
    return MeanImage(
        lit / n, np.where(lit > 0.0, total[..., 1] / n, np.nan), total[..., 2] / lit, len(chosen), len(rows)
    )


def draw_means(means: Mapping[str, MeanImage], colours: Mapping[str, str]) -> go.Figure:  # noqa: ARG001
    """A column for each class: mean charge above, mean time below, each on one scale for all."""
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"height": 400, "margin": {"l": 5, "r": 10, "t": 25, "b": 5}, "annotations": []}
    layout |= {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
    rows = (("mean charge", "pe", "charge_pe"), ("mean residual time", "ns", "time_ns"))
    n = len(means)
    for line, (title, unit, name) in enumerate(rows):
        values = np.concatenate([getattr(mean, name)[np.isfinite(getattr(mean, name))] for mean in means.values()])
        low, high = np.quantile(values, [0.02, 0.98]) if len(values) else (0.0, 1.0)
        low_end, high_end = 0.5 - 0.5 * line, 0.93 - 0.5 * line
        for column, (of, mean) in enumerate(means.items()):
            number = line * n + column + 1
            height, width = mean.lit.shape
            traces.append({
                "type": "heatmap", "z": getattr(mean, name).astype(np.float32), "colorscale": SEQUENCE, "zmin": low, "zmax": high,
                "xaxis": f"x{number}", "yaxis": f"y{number}", "showscale": column == n - 1,
                "colorbar": {"title": {"text": unit}, "thickness": 10, "len": 0.48, "y": (low_end + high_end) / 2.0},
                "hovertemplate": f"{of}, {title}: %{{z:.3g}} {unit}<br>column %{{x}}, row %{{y}}<extra></extra>",
            })  # fmt: skip
            look = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": "", "constrain": "domain"}
            layout[f"xaxis{number}"] = look | {
                "domain": [column / n + 0.01, (column + 1) / n - 0.01],
                "anchor": f"y{number}",
                "range": [-0.5, width - 0.5],
            }
            layout[f"yaxis{number}"] = look | {
                "domain": [low_end, high_end], "anchor": f"x{number}", "range": [height - 0.5, -0.5], "scaleanchor": f"x{number}",
            }  # fmt: skip
            layout["annotations"].append({
                "text": f"<b>{of}</b> {title} (n = {mean.n:,} of {mean.n_of:,})", "showarrow": False, "x": (column + 0.5) / n,
                "y": high_end, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom", "font": {"size": TITLE_PX},
            })  # fmt: skip
    return go.Figure(traces, layout)
