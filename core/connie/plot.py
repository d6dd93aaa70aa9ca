"""CONNIE pictures: one track with its profiles, its preprocessing step by step, and the typical track of a class."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.connie.clusters.profile import MIN_LENGTH_PX, Axis, Profile, axis_of, normalised, profile
from core.connie.clusters.stored_crops import crop_of, crops_of, floors, is_grey, origin_of, track_in, unit
from core.connie.recipe import VARIANTS
from core.data.dataset import Dataset
from core.figures import OKABE_ITO, class_style
from core.figures.gallery import mosaic
from core.figures.looking import Average, View
from core.figures.style import SEQUENCE, TEXT_PX
from core.parameters import param

N_PARTS = 20
NO_AXIS, FEW_PX = "No axis, so no profiles:<br>too few pixels.", 10  # a side, of a crop with every pixel on its axes
MIN_MEAN_PX = 15.0  # below it the two ends are most of a track
LOWEST_E = 3.0  # first colour of small pictures, above most of the noise
INK = OKABE_ITO[4]
FRONT, BACK = OKABE_ITO[0], OKABE_ITO[6]


@dataclass(frozen=True)
class TrackView:
    """How a track is drawn."""

    colours: str = param("log", "how electrons become colours", choices=("linear", "log"))
    line: bool = param(True, "draw the charge-weighted axis and its ends")


def draw_track(dataset: Dataset, row: int, parameters: TrackView) -> go.Figure:
    """The crop at the left; at the right energy loss and width along the track, and charge across it."""
    crop, (x0, y0) = crop_of(dataset, row), origin_of(dataset, row)
    track, what = track_in(dataset, crop), unit(dataset)
    figure = make_subplots(
        rows=3, cols=2, specs=[[{"rowspan": 3}, {}], [None, {}], [None, {}]], column_widths=[0.6, 0.4],
        horizontal_spacing=0.22, vertical_spacing=0.2,
    )  # fmt: skip
    floor = float(floors(dataset, [row])[0])
    _crop(figure, crop, x0, y0, floor / 4.0 if parameters.colours == "log" else None, what)
    axis = axis_of(track, floor)
    if axis is not None:
        if parameters.line and axis.length_px >= MIN_LENGTH_PX:
            _ends(figure, axis, x0, y0, has_depth=not is_grey(dataset))
        _profiles(figure, dataset, row, profile(track, axis, floor), axis, what)
    else:
        figure.add_annotation(text=NO_AXIS, showarrow=False, x=0.82, y=0.5, xref="paper", yref="paper")
    figure.add_annotation(
        text=_sentence(dataset, row), showarrow=False, x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom",
        yshift=22, font={"size": TEXT_PX},
    )  # fmt: skip
    return figure.update_layout(height=440, margin={"l": 50, "r": 10, "t": 48, "b": 45}, showlegend=False)


def _sentence(dataset: Dataset, row: int) -> str:
    """What is measured of the track; what is undefined is left out."""
    names = ("energy_kev", "charge_e", "length_px", "theta_deg", "phi_deg", "dedx_kev_per_um")
    energy, charge, length, theta, phi, loss = (float(dataset.column(name)[row]) for name in names)
    size = f"{charge:,.0f} {unit(dataset)}" if math.isnan(energy) else f"{energy:,.1f} keV"
    angles = [f"zenith θ {theta:.0f}°"] * (not math.isnan(theta + phi)) + [f"azimuth φ {phi:.0f}°"] * (
        not math.isnan(phi)
    )
    facts = [", ".join(angles) or "no direction", *([] if math.isnan(loss) else [f"{1000 * loss:.0f} eV/µm"])]
    return f"{size} over {length:.1f} px: {', '.join(facts)}"


def _crop(figure: go.Figure, crop: np.ndarray, x0: int, y0: int, lowest: float | None, what: str) -> None:
    """Charge (counted in `what`) in colour, logarithmic from `lowest` upwards if given. Pixels of other clusters hold 0."""
    bar = {"title": {"text": what}, "thickness": 10, "x": 0.47, "xpad": 2}
    shown = crop
    if lowest is not None:
        shown = np.log10(np.maximum(crop, lowest))
        highest = max(float(shown.max()), math.log10(lowest) + 1.0)
        ticks = [m * 10.0**p for p in range(6) for m in (1, 3) if lowest <= m * 10.0**p <= 10**highest]
        bar |= {"tickvals": np.log10(ticks).tolist(), "ticktext": [f"{tick:,.0f}" for tick in ticks]}
    figure.add_heatmap(
        z=shown.astype(np.float32), customdata=crop.astype(np.float32), x0=x0, dx=1, y0=y0, dy=1, colorscale=SEQUENCE,
        colorbar=bar, hovertemplate=f"%{{customdata:,.1f}} {what}<br>x %{{x:d}}, y %{{y:d}}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    height, width = crop.shape
    look = {"constrain": "domain", "showgrid": False, "zeroline": False, "tickformat": "d", "row": 1, "col": 1}
    look |= {"dtick": 1} if max(height, width) <= FEW_PX else {}
    figure.update_xaxes(title_text="x [px]", range=[x0 - 0.5, x0 + width - 0.5], **look)
    figure.update_yaxes(title_text="y [px]", range=[y0 - 0.5, y0 + height - 0.5], scaleanchor="x", **look)


def _ends(figure: go.Figure, axis: Axis, x0: int, y0: int, has_depth: bool) -> None:
    """The fitted line; the narrow end lies at the front of the sensor, where charge has not spread.

    Of simulated clean muons from 10 px on, 96 % are directed, and of those 99.7 % of the ends are the right ones.
    """
    front, back = (", front", ", back") if has_depth and axis.is_directed else ("", "")
    undecided = "" if axis.is_directed or not has_depth else "<br>the widths do not tell front from back"
    ends = np.array([axis.point(axis.low), axis.point(axis.high)]) + np.array([x0, y0])
    figure.add_scatter(
        x=ends[:, 0], y=ends[:, 1], mode="lines+markers", line={"color": OKABE_ITO[5], "width": 1.5, "dash": "dash"},
        marker={"symbol": ["circle-open", "square-open"], "size": 12, "line": {"width": 2}, "color": [FRONT, BACK]},
        text=[
            f"narrow end{front}: σ {axis.widths[0]:.2f} px{undecided}",
            f"wide end{back}: σ {axis.widths[1]:.2f} px{undecided}",
        ],
        hovertemplate="%{text}<extra></extra>", cliponaxis=False, row=1, col=1,
    )  # fmt: skip
    # the ends of a curled track lie beside it
    for axis_of_figure, side in ((figure.layout.xaxis, ends[:, 0]), (figure.layout.yaxis, ends[:, 1])):
        low, high = axis_of_figure.range
        axis_of_figure.range = [min(low, side.min() - 0.5), max(high, side.max() + 0.5)]


def _profiles(figure: go.Figure, dataset: Dataset, row: int, profiles: Profile, axis: Axis, what: str) -> None:
    along = (profiles.s_px, profiles.charge_e / profiles.step_px, f"along: charge [{what}/px]", f"%{{y:,.0f}} {what}/px at %{{x:.1f}} px")  # fmt: skip
    kev_per_e = float(dataset.column("energy_kev")[row]) / float(dataset.column("charge_e")[row])
    if not math.isnan(kev_per_e):
        # of the path through the whole thickness, the share that lies over one step of the projection
        step_um = float(dataset.column("l3_um")[row]) * profiles.step_px / max(axis.length_px, profiles.step_px)
        loss = profiles.charge_e * kev_per_e / step_um
        along = (profiles.s_px, loss, "along: energy loss [keV/µm]", "%{y:.3f} keV/µm at %{x:.1f} px")
    panels = (
        along,
        (profiles.s_px, profiles.width_px, "along: width σ [px]", "σ %{y:.2f} px at %{x:.1f} px"),
        (profiles.t_px, profiles.across_e, f"across: charge [{what}]", f"%{{y:,.0f}} {what} at %{{x:.2f}} px"),
    )
    for i, (x, y, title, hover) in enumerate(panels, start=1):
        figure.add_scatter(
            x=x, y=y.astype(np.float32), mode="lines", line={"shape": "hvh", "color": INK, "width": 1.5}, row=i, col=2,
            hovertemplate=hover + "<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            text=title, showarrow=False, x=0, y=1, xref="x domain", yref="y domain", xanchor="left", yanchor="bottom",
            font={"size": 12}, row=i, col=2,
        )  # fmt: skip
        figure.update_yaxes(rangemode="tozero", nticks=4, row=i, col=2)
    figure.update_xaxes(showticklabels=False, row=1, col=2)
    figure.update_xaxes(title_text="distance [px]", title_standoff=2, row=3, col=2)


@dataclass(frozen=True)
class StepsView:
    """Which preprocessing is shown."""

    variant: str = param("all", "variant of the slides", choices=("all", *VARIANTS))


def draw_steps(dataset: Dataset, row: int, parameters: StepsView) -> go.Figure:
    """Every step of a variant, or of all: B and D see the same picture, so they share a line."""
    crop = crop_of(dataset, row)
    by_recipe: dict[object, list[str]] = {}
    for name, recipe in VARIANTS.items():
        if parameters.variant in ("all", name):
            by_recipe.setdefault(recipe, []).append(name)
    lines = [(" = ".join(names), VARIANTS[names[0]].steps(crop)) for names in by_recipe.values()]
    is_single = len(lines) == 1
    n_columns = 3 if is_single else max(len(steps) for _, steps in lines)
    panels = [
        (divmod(k, n_columns) if is_single else (i, k), name, title, picture)
        for i, (name, steps) in enumerate(lines)
        for k, (title, picture) in enumerate(steps.items())
    ]
    n_rows = 1 + max(place[0] for place, *_ in panels)
    drawn = [_panel(i, panel, n_rows, n_columns, is_single) for i, panel in enumerate(panels, start=1)]
    # in one go: subplots that are made and changed one by one take longer than all the rest of the page
    layout: dict[str, Any] = {"height": 440, "margin": {"l": 10, "r": 10, "t": 5, "b": 5}, "annotations": []}
    for _, axes, text in drawn:
        layout |= axes
        layout["annotations"].append(text)
    return go.Figure([trace for trace, _, _ in drawn], layout)


def _panel(
    number: int, panel: tuple[tuple[int, int], str, str, np.ndarray], n_rows: int, n_columns: int, is_alone: bool
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Trace, axes and title of one picture among `n_rows` x `n_columns`, the first at the top left."""
    (i, k), name, title, picture = panel
    left, right = k / n_columns + 0.01, (k + 1) / n_columns - 0.01
    low, high = 1.0 - (i + 1) / n_rows + 0.01, 1.0 - i / n_rows - 0.26 / (n_rows + 1)
    trace = {
        "type": "heatmap", "z": picture, "colorscale": SEQUENCE, "showscale": False, "xaxis": f"x{number}", "yaxis": f"y{number}",
        "hovertemplate": f"{name}, {title}: %{{z:,.4g}}<br>column %{{x}}, row %{{y}}<extra></extra>",
    }  # fmt: skip
    look = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": "", "constrain": "domain"}
    axes = {
        f"xaxis{number}": look | {"domain": [left, right], "anchor": f"y{number}"},
        f"yaxis{number}": look | {"domain": [low, high], "anchor": f"x{number}", "scaleanchor": f"x{number}"},
    }
    height, width = picture.shape
    text = f"{title} ({width}×{height})" if is_alone or not k else title
    return trace, axes, {
        "text": text if is_alone or k else f"<b>{name}</b> {text}", "showarrow": False, "x": (left + right) / 2.0, "y": high,
        "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom", "font": {"size": 12},
    }  # fmt: skip


@dataclass(frozen=True)
class MeanTrack:
    """Mean charge along `n` tracks, each of unit length and charge; position, mean, error (N_PARTS,)."""

    position: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    n: int
    n_of: int


def mean_track(dataset: Dataset, rows: np.ndarray, n_at_most: int = 200) -> MeanTrack:
    """Mean charge profile of rows, of at most `n_at_most` of them taken evenly; those shorter than 15 px are left out."""
    n_of = len(rows)
    chosen = rows[dataset.column("length_px")[rows] >= MIN_MEAN_PX]
    if len(chosen) > n_at_most:
        chosen = chosen[np.linspace(0, len(chosen) - 1, n_at_most).astype(int)]
    shapes = []
    for floor, crop in zip(floors(dataset, chosen).tolist(), crops_of(dataset, chosen), strict=True):
        track = track_in(dataset, crop)
        axis = axis_of(track, floor)
        if axis is not None:
            shapes.append(normalised(track, axis, floor, N_PARTS))
    position = (np.arange(N_PARTS) + 0.5) / N_PARTS
    nothing = np.full(N_PARTS, np.nan)
    if not shapes:
        return MeanTrack(position, nothing, nothing, 0, n_of)
    stack = np.array(shapes)
    error = stack.std(axis=0, ddof=1) / np.sqrt(len(stack)) if len(stack) > 1 else nothing
    return MeanTrack(position, stack.mean(axis=0), error, len(stack), n_of)


def draw_means(means: Mapping[str, MeanTrack], colours: Mapping[str, str]) -> go.Figure:
    """Mean profiles of the classes with a band of one standard error."""
    figure = go.Figure()
    for i, (name, m) in enumerate(means.items()):
        dash = class_style(name, i)[1]
        for sign in (-1, 1):
            figure.add_scatter(
                x=m.position, y=(m.mean + sign * m.error).astype(np.float32), mode="lines", showlegend=False,
                line={"width": 0, "color": colours[name]}, fill="tonexty" if sign == 1 else None, hoverinfo="skip",
                legendgroup=name,
            )  # fmt: skip
        figure.add_scatter(
            x=m.position, y=m.mean.astype(np.float32), mode="lines", name=f"{name} (n = {m.n:,} of {m.n_of:,})",
            line={"color": colours[name], "dash": dash, "width": 2}, legendgroup=name,
            hovertemplate=f"{name}: %{{y:.3f}} at %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title_text="place along the track, from the narrow to the wide end", range=[0.0, 1.0])
    figure.update_yaxes(title_text="charge / mean charge", rangemode="tozero")
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}
    return figure.update_layout(height=440, margin={"l": 60, "r": 20, "t": 30, "b": 45}, legend=legend)


def thumbnails(dataset: Dataset, rows: np.ndarray, titles: Sequence[str]) -> go.Figure:
    """Small pictures of some tracks on one scale."""
    lowest = float(dataset.meta["mapping"]["votes_threshold_grey"]) / 4.0 if is_grey(dataset) else LOWEST_E
    return mosaic(crops_of(dataset, rows), rows, titles, unit(dataset), lowest)


VIEWS = {
    "track": View(
        title="Track and its profiles",
        explanation=(
            "Charge per pixel and the axis of the track, from the narrow end (circle) to the wide one (square); the narrow one lies at "
            "the front where the widths tell (of simulated clean muons 96 %, 99.7 % of them rightly). Along it the energy loss, if it "
            "crosses the whole sensor. A muon is straight and even; a worm curls and brightens."
        ),
        parameters=TrackView,
        draw=draw_track,
        has_same_axes=False,
        thumbnails=thumbnails,
    ),
    "preprocessing": View(
        title="Every step of the preprocessing",
        explanation=(
            "What a network sees, step by step, each picture on its own scale. Surprising: a track whose shape is lost, "
            "or noise that the logarithm lifts above it."
        ),
        parameters=StepsView,
        draw=draw_steps,
        has_same_axes=False,
    ),
}

AVERAGE = Average(
    title="mean track per class",
    explanation=(
        "Charge along the track, each of unit length and charge, from its narrow to its wide end; the band is one standard error. "
        "A muon is flat; an electron brightens towards one end. Shorter than 15 px is left out."
    ),
    compute=mean_track,
    draw=draw_means,
)
