"""Hypothesis 3: the roll about the image's middle, which the charge centre leaves open: where tracks point in the image."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import read_array
from core.figures.style import FREE_COLOURS, NEUTRAL, finish
from core.judge.report import Figure, Table
from core.juno import geometry as geometries
from core.juno.images import rotation, steps
from core.juno.muons.check import NOT, PART, UNKNOWN, Check
from core.juno.muons.sample import Sample
from core.juno.recipe import PmtImage
from core.statistics.intervals import Interval
from core.statistics.residuals import resampled

HYPOTHESIS = "3. Roll left open"
ROLLS = {"random": NEUTRAL, "minimal": FREE_COLOURS[1], "pca": FREE_COLOURS[0]}
N_BINS, GROUP = 12, "roll"
NOTE = (
    "Where simulated muons point in the image, 0 to the right, 180 to the left. Flat: a network meets every direction. A heap at 0: the "
    "roll has put tracks level, start at the left. Surprising: a heap without that roll."
)


def directions(sample: Sample) -> dict[str, np.ndarray]:
    """Angle (n,) [rad] of each event's true direction in the image, by roll."""
    sensors = geometries.from_arrays(sample.dataset.geometry)
    position = np.ascontiguousarray(sensors.position_m.T)
    true = sample.columns(("true_dir_x", "true_dir_y", "true_dir_z"))
    uid = sample.dataset.column("uid")[sample.rows]
    out: dict[str, list[float]] = {name: [] for name in ROLLS}
    for row, number, direction in zip(sample.rows, uid, true, strict=True):
        event = {name: read_array(sample.dataset, name, [row]).values for name in PmtImage.arrays}
        seen = steps.light(event, sensors, PmtImage().dark_khz)
        matrix = rotation.onto_x(seen.centre_m)
        matrices = {
            "random": rotation.rolled_at_random(matrix, int(number)),
            "minimal": matrix,
            "pca": rotation.rolled_to_axis(matrix, position, seen.place, seen.charge_pe, seen.first_ns),
        }
        for name, turned in matrices.items():
            _, y, z = turned @ direction
            out[name].append(float(np.arctan2(z, y)))
    return {name: np.array(angles) for name, angles in out.items()}


def alignment(angles: np.ndarray, fold: int) -> Interval:
    """Length of the mean of exp(i fold angle): 1 all alike, 0 everywhere; fold 2 for an axis whose ends are alike."""
    turned = np.exp(1j * fold * angles)
    return resampled(turned, lambda values, axis: np.abs(values.mean(axis=axis)))


def check(sample: Sample) -> Check:
    """Of the muons of a sample."""
    muons = sample.where(sample.is_muon)
    known = np.isfinite(muons.columns(("true_dir_x",))).all(axis=1)
    muons = muons.where(known)
    if len(muons) < 2:
        return Check(HYPOTHESIS, UNKNOWN, "no muon's true direction is known")
    angles = directions(muons)
    directed, axial = ({name: alignment(values, fold) for name, values in angles.items()} for fold in (1, 2))
    rows = [
        {"roll": name, "directions alike (0 to 1)": directed[name], "axes alike (0 to 1)": axial[name]} for name in ROLLS
    ]  # fmt: skip
    return Check(
        HYPOTHESIS, *_verdict(directed), (Table("Directions of muons in the image", rows, unit="", group=GROUP),),
        (Figure("Direction in the image", _draw(angles), NOTE, _columns(angles), GROUP),),
        {name: {"directions": directed[name].to_dict(), "axes": axial[name].to_dict()} for name in ROLLS},
    )  # fmt: skip


def _verdict(alike: dict[str, Interval]) -> tuple[str, str]:
    without, rolled = alike["minimal"], alike["pca"]
    why = (
        f"directions of muons are alike to {without.value:.2f} [{without.low:.2f}, {without.high:.2f}] without a roll and to {rolled.value:.2f} "
        f"[{rolled.low:.2f}, {rolled.high:.2f}] with it (0 everywhere, 1 all alike, n = {rolled.n})"
    )
    if rolled.low <= without.high:
        return NOT, f"{why}: the roll by the charge does not find where tracks point, so it mends nothing"
    return PART, f"{why}: a network has to learn every direction unless it is put level"


def _counts(angles: np.ndarray) -> np.ndarray:
    return np.histogram(np.degrees(angles), bins=N_BINS, range=(-180.0, 180.0))[0]


def _middles() -> np.ndarray:
    return -180.0 + 360.0 * (np.arange(N_BINS) + 0.5) / N_BINS


def _draw(angles: dict[str, np.ndarray]) -> go.Figure:
    figure = go.Figure()
    for name, colour in ROLLS.items():
        share = 100.0 * _counts(angles[name]) / max(len(angles[name]), 1)
        figure.add_scatter(x=_middles(), y=share, name=name, mode="lines", line={"color": colour, "shape": "hvh"})
    figure.update_xaxes(range=[-180, 180], dtick=90)
    figure.update_yaxes(rangemode="tozero")
    return finish(figure, "angle in the image [deg]", "muons [%]")


def _columns(angles: dict[str, np.ndarray]) -> dict[str, list[Any]]:
    return {"angle_deg": _middles().tolist()} | {name: _counts(values).tolist() for name, values in angles.items()}
