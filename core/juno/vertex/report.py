"""How well vertex and energy are reconstructed, beside the truth, and the constants that turn light into them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.data.dataset import Dataset
from core.data.splits import TEST, SplitParameters
from core.errors import DarkroomError
from core.figures.style import FREE_COLOURS, NEUTRAL, SIGNAL, SYMBOLS, errors
from core.judge.report import Figure, Report, Table, key_number
from core.juno.select import EPEM, Cuts
from core.parameters import param
from core.selection.selection import Selection
from core.statistics.intervals import Interval
from core.statistics.residuals import resampled, resolution

AXES = ("x", "y", "z")
NODES = 10  # radii at which the light is fitted, of equal volume
FEWEST = 10  # events behind a point
FIT, CENTRE, NETWORK = "times of first hits", "charge centre", "network on images"
DISTANCE_NOTE = (
    "Median distance from the simulated vertex, test events of the network, all events of the others; 95 % from resampling. Positrons lie "
    "some centimetres off, as their gammas travel."
)
ENERGY_NOTE = (
    "Half the width of the central 68 % of reconstructed over true energy, 95 %. Dotted: 1/sqrt(light) of a detector that only counts. Far "
    "above it: a wrong light map; see the bias by radius."
)
BIAS_NOTE = "Median of reconstructed over true energy by true radius: flat at 1 where the map of the light is right."


@dataclass(frozen=True)
class ReconstructionParameters:
    """What is compared."""

    edges_mev: tuple[float, ...] = param(
        (0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5),
        "edges in true visible energy",
        unit="MeV",
        low=0.0,
        high=1e5,
    )
    radius_high_m: float = param(17.2, "events with a true vertex within this radius", unit="m", low=0.1, high=50.0)
    epochs: int = param(12, "passes over the training sample of the network", low=1, high=100)

    def check(self) -> None:
        if len(self.edges_mev) < 2 or list(self.edges_mev) != sorted(set(self.edges_mev)):
            raise DarkroomError(f"edges_mev is {self.edges_mev}: expected two edges or more, ascending.")


def trainings(p: ReconstructionParameters) -> dict[str, Training]:
    """The regression of place and energy from images that are not turned: a rotation takes the place out of the image."""
    selection = Selection(Cuts(), EPEM, SplitParameters())
    return {NETWORK: Training("base", {"mode": "raw", "rotation": "none"}, {"epochs": p.epochs}, selection)}


def run(inputs: Inputs, p: ReconstructionParameters, progress: Progress) -> Report:
    """Residuals against the truth by energy and radius, and the constants of the response."""
    dataset = inputs.dataset
    if dataset is None or not dataset.simulated or not dataset.defines("true_x_m"):
        raise DarkroomError("Vertex and energy are judged against simulated truth: choose a simulated data set.")
    progress(0, 2, "residuals")
    names = [f"{prefix}_{axis}_m" for prefix in ("true", "vertex", "centre") for axis in AXES]
    names += [f"vertex_{axis}_error_m" for axis in AXES]
    table = dataset.columns([*names, "true_energy_mev", "energy_mev", "light_pe"])
    truth = _place(table, "true")
    within = np.linalg.norm(truth, axis=1) < p.radius_high_m
    rows = np.flatnonzero(within & np.isfinite(table["true_energy_mev"]))
    if len(rows) < FEWEST:
        raise DarkroomError(
            f"Data set '{dataset.name}' has {len(rows)} events with a true vertex within {p.radius_high_m:g} m: widen it."
        )
    table = {name: values[rows].astype(np.float64) for name, values in table.items()}
    methods = {
        FIT: (_place(table, "vertex") - truth[rows], table["energy_mev"], np.arange(len(rows))),
        CENTRE: (_place(table, "centre") - truth[rows], None, np.arange(len(rows))),
        **_network(inputs, rows, truth[rows]),
    }
    progress(1, 2, "resampling")
    return _report(dataset, table, methods, p)


def _place(table: Mapping[str, np.ndarray], prefix: str) -> np.ndarray:
    return np.stack([table[f"{prefix}_{axis}_m"] for axis in AXES], axis=1).astype(np.float64)


def _network(inputs: Inputs, rows: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Residuals of the trained regression on its own test events."""
    outputs: Any = inputs.trained.get(NETWORK)
    if outputs is None:
        return {}
    tested = outputs.split == TEST
    at = np.searchsorted(rows, outputs.rows[tested]).clip(max=len(rows) - 1)
    there = rows[at] == outputs.rows[tested]
    place = np.stack([outputs.outputs[f"true_{axis}_m"][tested][there] for axis in AXES], axis=1).astype(np.float64)
    energy = outputs.outputs["true_energy_mev"][tested][there].astype(np.float64)
    return {NETWORK: (place - truth[at[there]], energy, at[there])}


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _report(
    dataset: Dataset, table: Mapping[str, np.ndarray], methods: Mapping[str, Any], p: ReconstructionParameters
) -> Report:
    energy, radius = table["true_energy_mev"], np.linalg.norm(_place(table, "true"), axis=1)
    bins = [
        (low, high)
        for low, high in pairwise(p.edges_mev)
        if np.count_nonzero((energy >= low) & (energy < high)) >= FEWEST
    ]
    distances, energies, rows = {}, {}, []
    for name, (off_m, energy_mev, at) in methods.items():
        of_bins = [(energy[at] >= low) & (energy[at] < high) for low, high in bins]
        length_cm = 100.0 * np.linalg.norm(off_m, axis=1)
        distances[name] = [resampled(_finite(length_cm[inside]), np.median) for inside in of_bins]
        ratio = None if energy_mev is None else energy_mev / energy[at]
        if ratio is not None:
            energies[name] = [resampled(100.0 * _finite(ratio[inside]), resolution) for inside in of_bins]
        for (low, high), inside, distance in zip(bins, of_bins, distances[name], strict=True):
            row: dict[str, Any] = {"method": name, "true energy [MeV]": f"{low:g}-{high:g}", "distance [cm]": distance}
            for i, axis in enumerate(AXES):
                residual = _finite(100.0 * off_m[inside, i])
                row |= {
                    f"{axis} bias [cm]": resampled(residual, np.median),
                    f"{axis} resolution [cm]": resampled(residual, resolution),
                }
            rows.append(row)
    pulls = [_finite(off / table[f"vertex_{axis}_error_m"]) for axis, off in zip(AXES, methods[FIT][0].T, strict=True)]
    constants = fitted_response(table, radius, dataset)
    whole = resampled(_finite(100.0 * np.linalg.norm(methods[FIT][0], axis=1)), np.median)
    ratio = methods[FIT][1] / energy
    return Report(
        numbers=(
            key_number("vertex", whole, "Median distance from the simulated vertex, all energies.", unit="cm", digits=1),
            key_number("energy", resampled(_finite(ratio), resolution), "Resolution of reconstructed over true energy.", digits=2),
            key_number("pull", resampled(np.concatenate(pulls), resolution), "Residual over its error: 1 if errors are right.", unit="", digits=2),
        ),
        tables=(
            Table("Residuals of the vertex", rows, unit="", group="vertex"),
            Table("Constants of the response", [constants], unit="", group="response", note=RESPONSE_NOTE),
        ),
        figures=(
            Figure("Distance by energy", _figure(bins, distances, "median distance [cm]"), DISTANCE_NOTE, _columns(bins, distances), "vertex"),
            Figure("Energy resolution", _figure(bins, energies, "resolution [%]", _counting(bins, table)), ENERGY_NOTE, _columns(bins, energies), "energy"),
            _bias(radius, ratio),
        ),
        notes=(f"{len(energy):,} simulated events within {p.radius_high_m:g} m.",),
        values={"response": constants, "distance_cm": whole.to_dict()},
        title="Vertex and energy",
    )  # fmt: skip


RESPONSE_NOTE = "What these events would set in the mapping's [response]: prepare again with it where the detector or its light is another."


def fitted_response(table: Mapping[str, np.ndarray], radius: np.ndarray, dataset: Dataset) -> dict[str, Any]:
    """Light yield, k and the map of the light that these events ask for, as the fields of `core.juno.response.Response`."""
    used = dataset.meta["mapping"]["response"]["centre_k"]
    centre, truth = _place(table, "centre"), _place(table, "true")
    known = np.isfinite(centre).all(axis=1)
    weight = np.sum(centre[known] ** 2, axis=1)
    share = np.sum(centre[known] * truth[known], axis=1) / np.maximum(weight, 1e-9)
    order = np.argsort(share)
    half = np.searchsorted(
        np.cumsum(weight[order]), 0.5 * weight.sum()
    )  # the weighted median: few events far out do not decide
    per_mev = table["light_pe"] / table["true_energy_mev"]
    edges = np.quantile(radius, np.linspace(0.0, 1.0, NODES + 1))
    at = np.clip(np.searchsorted(edges, radius, side="right") - 1, 0, NODES - 1)
    light = np.array([np.median(per_mev[at == i]) for i in range(NODES)])
    middles = np.array([np.mean(radius[at == i]) for i in range(NODES)])
    return {
        "light_yield_pe_per_mev": round(float(light[0]), 1), "centre_k": round(float(used * share[order][half]), 4),
        "radius_m": [round(float(r), 3) for r in middles], "light": [round(float(value), 4) for value in light / light[0]],
    }  # fmt: skip


def _counting(bins: list[tuple[float, float]], table: Mapping[str, np.ndarray]) -> list[float]:
    """Resolution [%] of counting photoelectrons alone."""
    energy = table["true_energy_mev"]
    return [100.0 / np.sqrt(np.median(table["light_pe"][(energy >= low) & (energy < high)])) for low, high in bins]


def _figure(bins: list[tuple[float, float]], numbers: Mapping[str, list[Interval]], title: str, dotted: list[float] | None = None) -> go.Figure:  # fmt: skip
    figure, x = go.Figure(), [0.5 * (low + high) for low, high in bins]
    for (name, of_bins), colour, symbol in zip(numbers.items(), (SIGNAL, *FREE_COLOURS), SYMBOLS, strict=False):
        values, low, high = (np.array([getattr(number, end) for number in of_bins]) for end in ("value", "low", "high"))
        figure.add_scatter(
            x=x, y=values, error_y=errors(high - values, values - low, colour), name=name, mode="lines+markers",
            line={"color": colour}, marker={"symbol": symbol, "size": 8},
        )  # fmt: skip
    if dotted:
        figure.add_scatter(x=x, y=dotted, name="counting alone", mode="lines", line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title="true visible energy [MeV]").update_yaxes(title=title, rangemode="tozero")
    return figure.update_layout(height=380, legend={"orientation": "h", "y": -0.25})


def _bias(radius: np.ndarray, ratio: np.ndarray) -> Figure:
    edges = np.quantile(radius, np.linspace(0.0, 1.0, NODES + 1))
    x, medians = [], []
    for low, high in pairwise(edges):
        inside = (radius >= low) & (radius < high)
        values = _finite(ratio[inside])
        if len(values) >= FEWEST:
            x.append(float(radius[inside].mean()))
            medians.append(resampled(values, np.median))
    values, low_ends, high_ends = (np.array([getattr(m, end) for m in medians]) for end in ("value", "low", "high"))
    figure = go.Figure(
        go.Scatter(
            x=x, y=values, error_y=errors(high_ends - values, values - low_ends, SIGNAL), mode="markers",
            marker={"color": SIGNAL, "size": 8}, name="energy",
        )
    )  # fmt: skip
    figure.add_hline(y=1.0, line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title="true radius [m]").update_yaxes(title="reconstructed over true energy").update_layout(
        height=380
    )
    columns = {"radius_m": x, "median": values.tolist(), "low": low_ends.tolist(), "high": high_ends.tolist()}
    return Figure("Energy by radius", figure, BIAS_NOTE, columns, "energy")


def _columns(bins: list[tuple[float, float]], numbers: Mapping[str, list[Interval]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "energy_low_mev": [low for low, _ in bins],
        "energy_high_mev": [high for _, high in bins],
    }
    for name, of_bins in numbers.items():
        for end in ("value", "low", "high", "n"):
            columns[f"{name} {end}"] = [getattr(number, end) for number in of_bins]
    return columns


RECONSTRUCTION = Analysis(
    title="Vertex and energy",
    explanation="How far vertex and energy are from the truth, by energy and radius, beside a network's, and the constants of the detector's light.",
    parameters=ReconstructionParameters,
    needs={"dataset": Need("data set", is_required=True, help="simulated", is_newest=True)},
    run=run,
    trainings=trainings,
)
