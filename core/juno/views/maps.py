"""From the sphere to the image in four steps: the map of the sphere, rotated, squeezed, coloured."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset
from core.figures.style import NEUTRAL, SEQUENCE
from core.juno.images import steps
from core.juno.recipe import PmtImage
from core.juno.views import panels
from core.juno.views.event import LOOKS, TIMES, Event, event_of, images_of
from core.juno.views.sphere import bar, colours
from core.parameters import param

PAIR = "#D55E00"


@dataclass(frozen=True)
class MapsView:
    """Which way the sphere becomes an image."""

    colour: str = param("time", "what gives the colour of the maps", choices=("time", "charge"))
    times: str = param(TIMES[0], "times as they are, or less the flight from the vertex", choices=TIMES)
    squeeze: str = param("rank", "rows: as large as the rings, or equal steps of angle", choices=("rank", "bins"))
    column: str = param("meridian", "columns: azimuth 0 in the middle, or rows centred", choices=("meridian", "count"))
    roll: str = param("minimal", "turn about the middle: least, or by the track's axis", choices=("minimal", "pca"))
    pair: bool = param(True, "mark the two neighbours that part farthest")
    truth: bool = param(True, "show where the event was simulated")


def draw_maps(dataset: Dataset, row: int, parameters: MapsView) -> go.Figure:
    """Polar angle against azimuth before and after the rotation, the pixels, and the colours that a network sees."""
    recipe = PmtImage(
        mode="raw" if parameters.times == TIMES[0] else "tof", squeeze=parameters.squeeze, column=parameters.column,
        roll=parameters.roll,
    )  # fmt: skip
    recipe.shape(dataset)  # refuses sensors that form no sphere
    event = event_of(dataset, row, parameters.truth)
    is_rank, is_meridian = parameters.squeeze == "rank", parameters.column == "meridian"
    where = steps.places(event.light, event.sensors, is_rank, is_meridian, parameters.roll == "pca")
    values, scale = colours(event, event.times_ns(parameters.times), parameters.colour)
    pair = steps.parting_pair(event.light, where, event.sensors) if parameters.pair else None
    marked = np.array(pair if pair else (), int)
    traces: list[Any] = []
    for number, positions, matrix in ((1, event.sensors.position_m, np.eye(3)), (2, where.moved_m, where.matrix)):
        traces += _map(event, number, positions, matrix, values, scale, marked)
    traces += _squeezed(event, where, values, scale, marked)
    traces += panels.coloured(event, where, images_of(dataset, [row], recipe)[0], 4)
    titles = (
        "1  the sphere as a map", "2  rotated to the charge centre", "3  squeezed: a pixel for each PMT",
        f"4  coloured: {', '.join(recipe.channels)}",
    )  # fmt: skip
    figure = go.Figure(
        traces, panels.layout(titles, event.sentence(), dict.fromkeys((3, 4), (where.height, where.width)))
    )
    for number in (1, 2):
        figure.layout[f"xaxis{number}"].update(range=[-180, 180], tickvals=[-90, 0, 90], ticktext=["-90°", "0°", "90°"])
        figure.layout[f"yaxis{number}"].update(range=[180, 0], tickvals=[0, 90, 180], ticktext=["0°", "90°", "180°"])
    return figure


def angles_deg(position_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Azimuth in (-180, 180] and polar angle [deg], float32 (n,), of positions (n, 3)."""
    x, y, z = position_m.T
    polar = np.arctan2(np.hypot(x, y), z)
    return np.degrees(np.arctan2(y, x)).astype(np.float32), np.degrees(polar).astype(np.float32)


def _map(
    event: Event, number: int, positions: np.ndarray, matrix: np.ndarray, values: np.ndarray, scale: dict[str, Any], marked: np.ndarray,
) -> list[Any]:  # fmt: skip
    axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
    azimuth, polar = angles_deg(positions)
    is_dark = np.ones(len(positions), bool)
    is_dark[event.light.place] = False
    data, text = event.hover()
    lit = {"size": 3, "color": values, "colorscale": SEQUENCE, "cmin": scale["cmin"], "cmax": scale["cmax"]}
    if number == 2:
        lit["colorbar"] = bar(scale, x=1.0, y=0.78, len=0.44)
    traces = [
        go.Scattergl(
            x=azimuth[is_dark], y=polar[is_dark], mode="markers", marker={"size": 1.5, "color": NEUTRAL, "opacity": 0.25},
            hoverinfo="skip", showlegend=False, **axes,
        ),
        go.Scattergl(
            x=azimuth[event.light.place], y=polar[event.light.place], mode="markers", marker=lit, customdata=data, hovertemplate=text,
            showlegend=False, **axes,
        ),
    ]  # fmt: skip
    for name, point in event.points.items():
        a, b = angles_deg((matrix @ point)[None])
        traces.append(panels.mark(name, LOOKS[name], a, b, f"{name}: azimuth {a[0]:.1f}°, polar angle {b[0]:.1f}°", number))  # fmt: skip
    if len(marked):
        metres = float(np.linalg.norm(positions[marked[0]] - positions[marked[1]]))
        note = f"two neighbours, {metres:.2f} m apart"
        traces += panels.pair(azimuth[marked], polar[marked], note, number, PAIR)
    return traces


def _squeezed(
    event: Event, where: steps.Places, values: np.ndarray, scale: dict[str, Any], marked: np.ndarray
) -> list[Any]:
    traces = panels.pixels(event, where, values, scale, 3)
    for name, point in event.points.items():
        nearest = int(np.argmax(event.sensors.position_m @ point))
        x, y = where.column[nearest : nearest + 1], where.row[nearest : nearest + 1]
        traces.append(panels.mark(name, LOOKS[name], x, y, f"{name}: nearest PMT in column {x[0]}, row {y[0]}", 3))
    if len(marked):
        columns, rows = where.column[marked], where.row[marked]
        note = f"the same two, {abs(int(columns[0]) - int(columns[1]))} columns and {abs(int(rows[0]) - int(rows[1]))} rows apart"
        traces += panels.pair(columns, rows, note, 3, PAIR)
    return traces
