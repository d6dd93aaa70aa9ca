"""Figures of shower shapes: mean energy by depth, T0 by energy, energy beyond an edge by its distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import LOG_AXIS, NEUTRAL, OKABE_ITO, SIGNAL, SYMBOLS, errors, finish
from core.judge.report import Figure
from core.zdc.profiles import longitudinal
from core.zdc.profiles.transverse import Curve

PROFILE_NOTE = (
    "Mean share of the energy in each radiation length (points, standard error) and Eq. 1 fitted to the mean (lines). The maximum moves in by one "
    "radiation length for 2.7 times the energy. A mean over showers is wider than any one: it fits worse than they do."
)
MAXIMUM_NOTE = "Mean T0 of the fits, 95 %, and GFlash's median (dotted), 0.05 to 0.1 below; further apart, b or the crystals are others."
EDGE_NOTE = (
    "Share of a shower's energy beyond an edge between cells, by the distance of the edge from the impact: one half at 0. Points: mean; lines: Eq. 2 "
    "fitted, with what falls beside the grid. All energies lie close together. Generated points beside those of truth show where a generator is too narrow or too wide."
)
LEAST_SHARE = 1e-4
TICKS_GEV = [m * 10.0**k for k in range(-1, 4) for m in (1, 2, 5)]


@dataclass(frozen=True)
class Profile:
    """Mean share of energy in bins of a radiation length (n_bins,) of `n` showers, its standard error, E0 (a share) and T0 of its fit."""

    share: np.ndarray
    error: np.ndarray
    e0: float
    t0: float
    n: int


@dataclass(frozen=True)
class Edges:
    """Mean shares beyond an edge, and Eq. 2 at the same distances, or None."""

    points: Curve
    line: np.ndarray | None


def mean_profiles(profiles: Mapping[str, Profile], beta: float) -> Figure:
    """Profiles by the name of their energy bin."""
    figure = go.Figure()
    columns: dict[str, list[Any]] = {}
    for i, (name, profile) in enumerate(profiles.items()):
        colour, t = OKABE_ITO[i % len(OKABE_ITO)], np.arange(len(profile.share)) + 0.5
        figure.add_scatter(
            x=t, y=profile.share, error_y=errors(profile.error, profile.error, colour), mode="markers", name=f"{name}, n = {profile.n:,}",
            marker={"color": colour, "symbol": SYMBOLS[i % len(SYMBOLS)]},
        )  # fmt: skip
        columns |= {
            "depth_x0": t.tolist(),
            f"{name} share": profile.share.tolist(),
            f"{name} error": profile.error.tolist(),
        }
        if np.isfinite(profile.t0):
            line = profile.e0 * longitudinal.shape(np.array([profile.t0]), beta, len(t))[0]
            figure.add_scatter(x=t, y=line, mode="lines", line={"color": colour, "width": 1}, showlegend=False)
            columns[f"{name} fit"] = line.tolist()
    finish(figure, "depth [radiation lengths]", "share of the energy per radiation length")
    return Figure("Energy by depth", figure, PROFILE_NOTE, columns, "by depth")


def maxima(rows: Sequence[Mapping[str, Any]], critical_mev: float) -> Figure:
    """T0 by energy of the table's rows, beside GFlash's mean."""
    energy = np.array([row["mean energy [GeV]"] for row in rows])
    value, low, high = (np.array([getattr(row["T0 [X0]"], end) for row in rows]) for end in ("value", "low", "high"))
    expected = np.log(1000.0 * energy / critical_mev) - 0.812
    figure = go.Figure()
    figure.add_scatter(
        x=energy, y=value, error_y=errors(high - value, value - low, SIGNAL), mode="markers", name="T0 of the fits",
        marker={"color": SIGNAL, "size": 8},
    )  # fmt: skip
    figure.add_scatter(
        x=energy, y=expected, mode="lines", name="ln(E / E_c) - 0.812", line={"color": NEUTRAL, "dash": "dot"}
    )
    finish(figure, "mean energy of the bin [GeV]", "T0 [radiation lengths]").update_xaxes(
        type="log", tickvals=TICKS_GEV
    )
    columns = {"energy_gev": energy.tolist(), "t0": value.tolist(), "low": low.tolist(), "high": high.tolist(), "gflash": expected.tolist()}  # fmt: skip
    return Figure("Depth of the maximum", figure, MAXIMUM_NOTE, columns, "by depth")


def edge_curves(curves: Mapping[tuple[str, str], Edges]) -> Figure:
    """Shares beyond an edge by (sample, energy bin): a colour for each bin, a marker for each sample."""
    figure = go.Figure()
    names = ("sample", "energy", "distance_mm", "share", "error", "fit")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    samples, bins = (list(dict.fromkeys(key[i] for key in curves)) for i in (0, 1))
    for (sample, energy), edges in curves.items():
        colour, k = OKABE_ITO[bins.index(energy) % len(OKABE_ITO)], min(samples.index(sample), 1)
        points = edges.points
        shown = np.where(points.share > LEAST_SHARE, points.share, np.nan)
        figure.add_scatter(
            x=points.distance_mm, y=shown, mode="markers", name=f"{sample}, {energy}", legendgroup=energy,
            marker={"color": colour, "symbol": ("circle", "x")[k], "size": 5},
        )  # fmt: skip
        if edges.line is not None:
            figure.add_scatter(
                x=points.distance_mm, y=edges.line, mode="lines", legendgroup=energy, showlegend=False,
                line={"color": colour, "width": 1, "dash": ("solid", "dash")[k]},
            )  # fmt: skip
        n = len(points.n)
        line = [None] * n if edges.line is None else edges.line.tolist()
        values = ([sample] * n, [energy] * n, points.distance_mm.tolist(), points.share.tolist(), points.error.tolist(), line)  # fmt: skip
        for name, part in zip(names, values, strict=True):
            columns[name] += part
    finish(figure, "distance of the edge from the impact [mm]", "share of the energy beyond the edge")
    return Figure("Energy beyond an edge", figure.update_yaxes(**LOG_AXIS), EDGE_NOTE, columns, "by distance")
