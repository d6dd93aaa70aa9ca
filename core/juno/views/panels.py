"""Panels of a figure with four: pixels, colour images, marks, and the axes of all, made in one go."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import SEQUENCE, TEXT_PX
from core.juno.images import steps
from core.juno.views.event import Event

TITLE_PX = 12
SYMBOLS = {"circle": "circle-open", "square": "square-open", "x": "x"}


def axes_of(number: int) -> dict[str, str]:
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def pixels(event: Event, where: steps.Places, values: np.ndarray, scale: dict[str, Any], number: int) -> list[Any]:
    """Values of the hit sensors as pixels, the others grey, padding empty."""
    canvas = np.full((where.height, where.width), np.nan, np.float32)
    grey = canvas.copy()
    grey[where.row, where.column] = 0.0
    lit = event.light.place
    canvas[where.row[lit], where.column[lit]] = values
    common: dict[str, Any] = {"type": "heatmap", "showscale": False, "hoverinfo": "skip", **axes_of(number)}
    flat = [[0.0, "rgba(136,136,136,0.25)"], [1.0, "rgba(136,136,136,0.25)"]]
    return [
        common | {"z": grey, "colorscale": flat, "zmin": 0.0, "zmax": 1.0},
        common | {"z": canvas, "colorscale": SEQUENCE, "zmin": scale["cmin"], "zmax": scale["cmax"]},
        over_hits(event, where, number),
    ]


def over_hits(event: Event, where: steps.Places, number: int) -> go.Scattergl:
    """Invisible points on the pixels of hit sensors that say what they are."""
    data, text = event.hover()
    lit = event.light.place
    return go.Scattergl(
        x=where.column[lit].astype(np.int16), y=where.row[lit].astype(np.int16), mode="markers", customdata=data, hovertemplate=text,
        marker={"size": 5, "color": "rgba(0,0,0,0)"}, showlegend=False, **axes_of(number),
    )  # fmt: skip


def coloured(event: Event, where: steps.Places, image: np.ndarray, number: int) -> list[Any]:
    """The first three channels of an image (height, width, channels) in 0..1 as red, green and blue."""
    return [picture(image[..., :3]) | axes_of(number), over_hits(event, where, number)]


def picture(image: np.ndarray) -> dict[str, Any]:
    """A trace that shows (height, width, 3) in 0..1 as colours, sent as PNG."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.rint(255.0 * np.clip(image, 0.0, 1.0)).astype(np.uint8)).save(out, "PNG")
    source = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    return {"type": "image", "source": source, "hoverinfo": "skip"}


def mark(name: str, look: tuple[str, str], x: np.ndarray, y: np.ndarray, text: str, number: int) -> go.Scatter:
    """Where a point of the event lies."""
    colour, symbol = look
    return go.Scatter(
        x=x, y=y, mode="markers", name=name, legendgroup=name, showlegend=number == 1,
        marker={"size": 11, "symbol": SYMBOLS[symbol], "color": colour, "line": {"width": 1, "color": "#FFFFFF"} if symbol == "x" else {"width": 2}},
        hovertemplate=f"{text}<extra></extra>", **axes_of(number),
    )  # fmt: skip


def pair(x: np.ndarray, y: np.ndarray, note: str, number: int, colour: str) -> list[Any]:
    """Two sensors joined by a line, with how far they are apart."""
    return [
        go.Scatter(
            x=x, y=y, mode="lines+markers", line={"color": colour, "width": 1.5}, name="pair", legendgroup="pair",
            marker={"size": 8, "symbol": "diamond-open", "color": colour, "line": {"width": 2}}, showlegend=number == 1,
            hovertemplate=f"{note}<extra></extra>", **axes_of(number),
        )
    ]  # fmt: skip


def layout(titles: Sequence[str], sentence: str, canvases: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    """Two columns of panels with their titles; `canvases`: the height and width of those that hold pixels, by their numbers from 1."""
    lines = -(-len(titles) // 2)
    out: dict[str, Any] = {
        "height": 440, "margin": {"l": 35, "r": 10, "t": 42, "b": 24}, "showlegend": True, "uirevision": "keep",
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": {"size": TEXT_PX}, "annotations": [],
        "legend": {"orientation": "h", "x": 0.0, "y": -0.01, "yanchor": "top", "font": {"size": TITLE_PX}},
    }  # fmt: skip
    for i, title in enumerate(titles):
        line, column = divmod(i, 2)
        left, right = column * 0.55, 0.45 + column * 0.55
        last = line == lines - 1  # above it stand the ticks of the line before
        low, high = 1.0 - (line + 1) / lines + 0.1 * (not last), 1.0 - line / lines - 0.07
        look: dict[str, Any] = {"showgrid": False, "zeroline": False, "tickfont": {"size": TITLE_PX}}
        x, y = look | {"domain": [left, right], "anchor": f"y{i + 1}"}, look | {"domain": [low, high], "anchor": f"x{i + 1}"}  # fmt: skip
        if i + 1 in canvases:
            height, width = canvases[i + 1]
            bare = {"showticklabels": False, "ticks": "", "constrain": "domain"}
            x |= bare | {"range": [-0.5, width - 0.5], "constraintoward": "left"}
            y |= bare | {"range": [height - 0.5, -0.5], "scaleanchor": f"x{i + 1}", "constraintoward": "top"}
        out[f"xaxis{i + 1}"], out[f"yaxis{i + 1}"] = x, y
        out["annotations"].append({
            "text": title, "showarrow": False, "x": left, "y": high, "xref": "paper", "yref": "paper", "xanchor": "left",
            "yanchor": "bottom", "font": {"size": TITLE_PX},
        })  # fmt: skip
    out["annotations"].append({
        "text": sentence, "showarrow": False, "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
        "yshift": 8, "font": {"size": TEXT_PX},
    })  # fmt: skip
    return out
