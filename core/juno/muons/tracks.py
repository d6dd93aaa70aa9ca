"""Where muons begin and where they go: a network that regresses both from images, beside a plain estimate, by energy."""

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
from core.figures.style import BACKGROUND, SIGNAL, errors, finish
from core.judge.report import Figure, Report, Table, key_number
from core.juno.select import MUE, WINDOWS_MEV, Cuts
from core.juno.simulation.showers import LOSS_MEV_PER_M
from core.parameters import param
from core.selection.selection import Selection
from core.statistics.intervals import Interval
from core.statistics.residuals import resampled

NETWORK, PLAIN = "network on images", "axis of the light's edge"
LOOKS = {NETWORK: (SIGNAL, "circle"), PLAIN: (BACKGROUND, "square")}
FEWEST = 5  # muons behind a point
AXES = "xyz"
ANGLE_NOTE = (
    "Median angle between regressed and true direction, 95 % from resampling; 90 degrees is a guess. Test events of the network; of the "
    "plain estimate the same. Surprising: no fall with energy, as tracks grow by half a metre for every 100 MeV."
)
DISTANCE_NOTE = (
    "Median distance of the regressed from the true begin of the track. Surprising: farther off than half the track."
)


@dataclass(frozen=True)
class TrackParameters:
    """How the network is trained."""

    mode: str = param("tof", "times as they are, or without the time of flight from the vertex", choices=("raw", "tof"))
    epochs: int = param(20, "passes over the training sample", low=1, high=200)
    test_fraction: float = param(0.3, "share of the events that are judged", low=0.05, high=0.9)


def _selection(p: TrackParameters) -> Selection:
    return Selection(Cuts(), MUE, SplitParameters(validation_fraction=0.06, test_fraction=p.test_fraction))


def trainings(p: TrackParameters) -> dict[str, Training]:
    """From images that are not turned: a rotation takes the direction out of the image."""
    settings = {"mode": p.mode, "rotation": "none", "after_ns": 100.0}
    return {NETWORK: Training("track", settings, {"epochs": p.epochs}, _selection(p))}


@dataclass(frozen=True)
class Tracks:
    """Of n muons: begin (n, 3) [m] and direction (n, 3), a unit vector; NaN where there is none."""

    start_m: np.ndarray
    direction: np.ndarray

    def where(self, chosen: np.ndarray) -> "Tracks":
        """Those chosen, bool (n,) or places."""
        return Tracks(self.start_m[chosen], self.direction[chosen])

    def angle_deg(self, truth: "Tracks") -> np.ndarray:
        """Angle (n,) to the true direction."""
        cosine = np.einsum("ij,ij->i", self.direction, truth.direction)
        return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))

    def distance_cm(self, truth: "Tracks") -> np.ndarray:
        """Distance (n,) to the true begin."""
        return 100.0 * np.linalg.norm(self.start_m - truth.start_m, axis=1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _columns(dataset: Dataset, pattern: str, rows: np.ndarray) -> np.ndarray:
    names = [pattern.format(axis) for axis in AXES]
    table = dataset.columns(names)
    return np.stack([table[name][rows].astype(np.float64) for name in names], axis=1)


def true_tracks(dataset: Dataset, rows: np.ndarray) -> Tracks:
    """As they were simulated."""
    return Tracks(_columns(dataset, "true_{}_m", rows), _unit(_columns(dataset, "true_dir_{}", rows)))


def plain_tracks(dataset: Dataset, rows: np.ndarray, learned_on: np.ndarray) -> Tracks:
    """Direction: the axis of the light's edge. Begin: back along it from the vertex, or from the charge centre where there is none, by a
    share of the length that belongs to the energy. The shares are medians of the rows `learned_on`.
    """
    everything = np.concatenate([learned_on, rows])
    axis = _unit(_columns(dataset, "axis_{}", everything))
    length_m = dataset.column("energy_mev")[everything].astype(np.float64) / LOSS_MEV_PER_M
    vertex, centre = (_columns(dataset, f"{name}_{{}}_m", everything) for name in ("vertex", "centre"))
    truth, n = true_tracks(dataset, learned_on), len(learned_on)
    shares = [
        _share(anchor[:n] - truth.start_m, axis[:n], length_m[:n]) for anchor in (vertex, centre)
    ]  # fmt: skip
    from_vertex, from_centre = (
        anchor - share * length_m[:, None] * axis for anchor, share in zip((vertex, centre), shares, strict=True)
    )
    has_vertex = np.isfinite(from_vertex).all(axis=1, keepdims=True)
    return Tracks(np.where(has_vertex, from_vertex, from_centre)[n:], axis[n:])


def _share(off_m: np.ndarray, axis: np.ndarray, length_m: np.ndarray) -> float:
    along = np.einsum("ij,ij->i", off_m, axis) / length_m
    known = np.isfinite(along)
    return float(np.median(along[known])) if known.any() else 0.5


def network_tracks(outputs: Any, rows: np.ndarray) -> Tracks:
    """What the network says of rows (n,), NaN where it has not seen them."""
    values = np.full((len(rows), 6), np.nan)
    if len(outputs.rows):
        at = np.searchsorted(outputs.rows, rows).clip(max=len(outputs.rows) - 1)
        there = outputs.rows[at] == rows
        names = [f"true_{axis}_m" for axis in AXES] + [f"true_dir_{axis}" for axis in AXES]
        for i, name in enumerate(names):
            values[there, i] = outputs.outputs[name][at[there]]
    return Tracks(values[:, :3], _unit(values[:, 3:]))


def run(inputs: Inputs, p: TrackParameters, progress: Progress) -> Report:
    """Angle and distance on the muons of the test sample, by true energy."""
    dataset = inputs.dataset
    if dataset is None:
        raise DarkroomError("Tracks are judged against simulated truth: choose a data set.")
    progress(0, 1, "tracks")
    selected = inputs.selected(_selection(p))
    rows, labels = selected.rows()
    is_muon = labels == list(selected.classes).index("muon")
    is_tested = selected.split[np.isin(selected.preselected, rows)] == TEST
    test, learned_on = rows[is_muon & is_tested], rows[is_muon & ~is_tested]
    methods = {PLAIN: plain_tracks(dataset, test, learned_on)}
    if NETWORK in inputs.trained:
        methods = {NETWORK: network_tracks(inputs.trained[NETWORK], test), **methods}
    return _report(methods, true_tracks(dataset, test), dataset.column("true_energy_mev")[test])


def _median(values: np.ndarray) -> Interval:
    return resampled(values[np.isfinite(values)], np.median)


def _report(methods: Mapping[str, Tracks], truth: Tracks, energy_mev: np.ndarray) -> Report:
    edges = sorted({edge for window in WINDOWS_MEV for edge in window})
    windows = [(energy_mev >= low) & (energy_mev < high) for low, high in pairwise(edges)]
    windows = [inside for inside in windows if inside.sum() >= FEWEST]
    listed: list[dict[str, Any]] = []
    for name, tracks in methods.items():
        angle, distance = tracks.angle_deg(truth), tracks.distance_cm(truth)
        listed += [
            {"method": name, "energy [MeV]": round(float(energy_mev[inside].mean())), "angle [deg]": _median(angle[inside]), "distance of the begin [cm]": _median(distance[inside])}
            for inside in windows
        ]  # fmt: skip
    best = next(iter(methods))
    numbers = (
        key_number(
            f"angle, {best}", _median(methods[best].angle_deg(truth)), "Median angle to the true direction, all energies.", "deg", digits=1
        ),
        key_number(
            f"begin, {best}", _median(methods[best].distance_cm(truth)), "Median distance to the true begin, all energies.", "cm", digits=0
        ),
    )  # fmt: skip
    notes = [f"{len(energy_mev):,} simulated muons of the test sample, contained."]
    notes += (
        []
        if NETWORK in methods
        else ["The network is not trained on this data set: train it on the page, or with --train."]
    )
    notes += [] if len(energy_mev) else ["There are no muons in this data set: simulate some (task mue)."]
    return Report(
        numbers, (Table("Begin and direction by energy", listed, unit="", group="tracks"),),
        (
            Figure("Direction", _draw(listed, "angle [deg]"), ANGLE_NOTE, _numbers(listed, "angle [deg]"), "tracks"),
            Figure("Begin", _draw(listed, "distance of the begin [cm]"), DISTANCE_NOTE, _numbers(listed, "distance of the begin [cm]"), "tracks"),
        ),
        tuple(notes), title="Muon tracks",
    )  # fmt: skip


def _draw(listed: list[dict[str, Any]], of: str) -> go.Figure:
    figure = go.Figure()
    for name, (colour, symbol) in LOOKS.items():
        rows = [row for row in listed if row["method"] == name]
        values, low, high = (np.array([getattr(row[of], end) for row in rows]) for end in ("value", "low", "high"))
        figure.add_scatter(
            x=[row["energy [MeV]"] for row in rows], y=values, name=name, mode="lines+markers", line={"color": colour},
            marker={"symbol": symbol, "size": 9}, error_y=errors(high - values, values - low, colour),
        )  # fmt: skip
    figure.update_xaxes(type="log")
    figure.update_yaxes(rangemode="tozero")
    return finish(figure, "visible energy [MeV]", f"median {of}")


def _numbers(listed: list[dict[str, Any]], of: str) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [row[name] for row in listed] for name in ("method", "energy [MeV]")}
    return columns | {end: [getattr(row[of], end) for row in listed] for end in ("value", "low", "high", "n")}


TRACKS = Analysis(
    title="Muon tracks",
    explanation="Where contained muons begin and where they go, regressed from images, by energy, beside an estimate from the light's edge alone.",
    parameters=TrackParameters,
    needs={"dataset": Need("data set", is_required=True, help="simulated muons and electrons", is_newest=True)},
    run=run,
    trainings=trainings,
)
