"""How much of an event's position is left in its image: place and radius regressed from images before and after the rotation."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Analysis, Inputs, Need, Progress
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.figures.style import BACKGROUND, NEUTRAL, SIGNAL, errors, finish
from core.judge.report import Figure, Report, Table, in_words, key_number
from core.juno.recipe import PmtImage
from core.juno.views.event import images_of
from core.parameters import param
from core.statistics.intervals import Interval
from core.statistics.residuals import resampled, resolution

N_FOLDS, CHUNK, FEWEST = 5, 50, 100
RIDGES = np.geomspace(1e-4, 1e4, 17)  # of standardised cells, per row
TARGETS = ("x", "y", "z", "radius")
BEFORE, AFTER, NOTHING = "before the rotation", "after it", "knowing nothing"
LOOKS = {BEFORE: (SIGNAL, "circle"), AFTER: (BACKGROUND, "square"), NOTHING: (NEUTRAL, "diamond")}


@dataclass(frozen=True)
class PositionParameters:
    """Which images are regressed, and how many."""

    mode: str = param("raw", "times as they are, or without the time of flight from the vertex", choices=("raw", "tof"))
    channels: tuple[str, ...] = param(
        ("first", "mean", "std", "mask"), "planes of the image", choices=("first", "mean", "std", "charge", "mask")
    )
    n_events: int = param(2000, "most events that are taken, evenly", low=FEWEST, high=100_000)
    cells: int = param(8, "cells from top to bottom; twice as many across", low=2, high=32)


def coarse(images: np.ndarray, cells: int) -> np.ndarray:
    """float64 (n, k): mean of each channel in `cells` x 2 `cells` cells of images (n, height, width, channels)."""
    n, height, width, _ = images.shape
    rows, columns = (np.linspace(0, side, parts + 1).astype(int)[:-1] for side, parts in ((height, cells), (width, 2 * cells)))  # fmt: skip
    sums = np.add.reduceat(np.add.reduceat(images.astype(np.float64), rows, axis=1), columns, axis=2)
    return sums.reshape(n, -1) / (height * width / (2 * cells**2))


def ridge(features: np.ndarray, targets: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Linear regression of targets (n, t) on features (n, k), applied to `others` (m, k): (m, t).

    Features are standardised; the penalty is the one with the least generalised cross-validation error (Golub, Heath and Wahba,
    Technometrics 21 (1979) 215), for each target its own.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > 1e-12, spread, np.inf)
    x, n, centre = (features - mean) / scale, len(features), targets.mean(axis=0)
    squares, axes = np.linalg.eigh(x.T @ x)  # of the singular values; less work than these for more rows than features
    squares = np.maximum(squares, 1e-9 * squares.max())
    along = axes.T @ (x.T @ (targets - centre))
    shrinking = squares / (squares + n * RIDGES[:, None])
    degrees = 1.0 - shrinking.sum(axis=1) / n
    out = np.empty((len(others), targets.shape[1]))
    for t in range(targets.shape[1]):
        explained = (shrinking * (2.0 - shrinking) * along[:, t] ** 2 / squares).sum(axis=1)
        error = (((targets[:, t] - centre[t]) ** 2).sum() - explained) / degrees**2
        weights = axes @ (along[:, t] / (squares + n * RIDGES[np.argmin(error)]))
        out[:, t] = centre[t] + ((others - mean) / scale) @ weights
    return out


def crossed(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Predictions (n, t), each row's by a regression on the other four fifths."""
    from threadpoolctl import threadpool_limits

    fold = np.random.default_rng(1).permutation(len(features)) % N_FOLDS
    out = np.empty_like(targets)
    with threadpool_limits(1, user_api="blas"):  # of matrices so small, threads wait for each other on a busy machine
        for k in range(N_FOLDS):
            out[fold == k] = ridge(features[fold != k], targets[fold != k], features[fold == k])
    return out


@dataclass(frozen=True)
class Known:
    """What images tell of the position: resolution of each of TARGETS and median distance to the truth [m], with intervals."""

    resolutions_m: dict[str, Interval]
    distance_m: Interval


def known(predicted: np.ndarray, true: np.ndarray) -> Known:
    """Of predictions (n, 4) of x, y, z and radius [m]."""
    away = np.linalg.norm((predicted - true)[:, :3], axis=1)
    residuals = (predicted - true).T
    return Known(
        {name: resampled(residual, resolution) for name, residual in zip(TARGETS, residuals, strict=True)},
        resampled(away, np.median),
    )


def measure(dataset: Dataset, rows: np.ndarray, parameters: PositionParameters, progress: Progress) -> dict[str, Known]:
    """Before and after the rotation, and for the mean of all events as the prediction."""
    place = np.stack([dataset.column(f"true_{axis}_m")[rows] for axis in "xyz"], axis=1).astype(np.float64)
    true = np.column_stack([place, np.linalg.norm(place, axis=1)])
    recipe = PmtImage(mode=parameters.mode, channels=parameters.channels)
    out = {}
    for i, (name, turned) in enumerate(((BEFORE, "none"), (AFTER, "charge_centre"))):
        features = []
        for begin in range(0, len(rows), CHUNK):
            progress(i * len(rows) + begin, 2 * len(rows), f"images {name}")
            features.append(coarse(images_of(dataset, rows[begin : begin + CHUNK], replace(recipe, rotation=turned)), parameters.cells))  # fmt: skip
        out[name] = known(crossed(np.concatenate(features), true), true)
    return out | {NOTHING: known(np.tile(true.mean(axis=0), (len(true), 1)), true)}


def run(inputs: Inputs, parameters: PositionParameters, progress: Progress) -> Report:
    """The report: key numbers, resolutions as a table and a figure."""
    assert inputs.dataset is not None
    rows = rows_of(inputs.dataset, parameters.n_events)
    result = measure(inputs.dataset, rows, parameters, progress)
    numbers = [
        key_number(f"distance, {name}", about.distance_m, "Median distance of the regressed from the true place", "m")
        for name, about in result.items()
    ]
    table = Table(
        "Resolution of the regressed position",
        [
            {"image": name, **{f"{target} [m]": interval for target, interval in about.resolutions_m.items()}, "distance [m]": about.distance_m}
            for name, about in result.items()
        ],
        "Half the width of the central 68.27 % of regressed minus true; the distance is the median in three dimensions.",
        unit="",
    )  # fmt: skip
    note = (
        "Resolution of a ridge regression on the image's coarse cells. Expected is that after the rotation x, y and z are as little "
        "known as without an image, while the radius, which no rotation changes, stays. Surprising: a coordinate that is still known."
    )
    columns: dict[str, list[Any]] = {
        "image": [name for name in result for _ in TARGETS], "of": list(TARGETS) * len(result),
        "resolution": [about.resolutions_m[target].value for about in result.values() for target in TARGETS],
    }  # fmt: skip
    before, after = (result[name].distance_m for name in (BEFORE, AFTER))
    return Report(
        tuple(numbers), (table,), (Figure("What an image knows of the position", _draw(result), note, columns),),
        (
            f"The place is known to {in_words(before, 'm', digits=2, with_unit=True)} before the rotation and to "
            f"{in_words(after, 'm', digits=2, with_unit=True)} after it, by images with times {'as they are' if parameters.mode == 'raw' else 'without flight'}.",
        ),
    )  # fmt: skip


def rows_of(dataset: Dataset, n_at_most: int) -> np.ndarray:
    """Rows of known place, at most so many of them, taken evenly."""
    if not dataset.has("true_x_m"):
        raise DarkroomError(f"Data set '{dataset.name}' has no true places: choose a simulated one.")
    rows = np.flatnonzero(np.isfinite(dataset.column("true_x_m")))
    if len(rows) < FEWEST:
        raise DarkroomError(
            f"Data set '{dataset.name}' knows the true place of {len(rows)} events: a regression needs {FEWEST} or more, choose a "
            "larger simulated one."
        )
    return rows if len(rows) <= n_at_most else rows[np.linspace(0, len(rows) - 1, n_at_most).astype(int)]


def _draw(result: dict[str, Known]) -> go.Figure:
    figure = go.Figure()
    for i, (name, about) in enumerate(result.items()):
        colour, symbol = LOOKS[name]
        intervals = [about.resolutions_m[target] for target in TARGETS]
        values = np.array([interval.value for interval in intervals])
        figure.add_scatter(
            x=np.arange(len(TARGETS)) + 0.12 * (i - 1), y=values, mode="markers", name=name,
            marker={"color": colour, "symbol": symbol, "size": 9},
            error_y=errors([n.high - n.value for n in intervals], [n.value - n.low for n in intervals], colour),
            customdata=[in_words(interval, "m", digits=2, with_unit=True) for interval in intervals],
            hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(tickvals=list(range(len(TARGETS))), ticktext=list(TARGETS), range=[-0.5, len(TARGETS) - 0.5])
    figure.update_yaxes(rangemode="tozero")
    return finish(figure, "regressed", "resolution [m]")


POSITION = Analysis(
    title="Position left in the image",
    explanation=(
        "Place and radius regressed from images before and after the rotation: how far it takes the position out of the image. Answered for "
        "a linear regression on coarse cells; a deeper network may find more."
    ),
    parameters=PositionParameters,
    needs={"dataset": Need("simulated data set", is_required=True)},
    run=run,
    takes_long=True,
)
