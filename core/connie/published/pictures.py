"""The slides' classes as pictures, and how many tracks each class has in the two sets of classes that were trained."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Inputs
from core.connie import plot
from core.connie.labels.classes import FINE
from core.connie.published import printed
from core.connie.select import PRESETS
from core.figures.style import KNOWN, NEUTRAL, class_style, errors, finish
from core.judge.report import Figure
from core.statistics.histogram import poisson_errors

EACH = 2  # pictures of a class
SETS = ("three", "six")
PICTURES, DISTRIBUTIONS = "classes", "distributions"


def distribution(inputs: Inputs, preset: str) -> dict[str, int]:
    """Tracks of each class of a preset in the data set."""
    selected = inputs.selected(PRESETS[preset].selection)
    labels = selected.labels[selected.labels >= 0]
    counts = np.bincount(labels, minlength=len(selected.classes))
    return dict(zip(selected.classes, counts.tolist(), strict=True))


def figures(inputs: Inputs) -> Iterator[Figure]:
    """Pictures of every class, and the distributions of three and of six classes."""
    if inputs.dataset is None:
        return
    kind = "Simulated tracks" if inputs.dataset.simulated else "Tracks"
    shown = _pictures(inputs)
    if shown is not None:
        note = (
            f"{kind} of data set {inputs.dataset.name}, the first {EACH} of each class under the names of the slides, in their "
            "stored boxes; bright is much charge. The slides' own pictures are not ours to show."
        )
        yield Figure(PICTURES, shown, note, {}, PICTURES)
    for name in SETS:
        counts = distribution(inputs, name)
        note = (
            f"{kind} per class of data set {inputs.dataset.name} with {name} classes, Poisson errors (68 %). The slides print "
            "such a distribution as a picture without numbers."
        )
        columns: dict[str, Sequence[Any]] = {"class": list(counts), "n": list(counts.values())}
        yield Figure(f"{name} classes", _bars(counts), note, columns, DISTRIBUTIONS)


def _pictures(inputs: Inputs) -> go.Figure | None:
    selected = inputs.selected(PRESETS["seven"].selection)
    rows, titles = [], []
    for i, name in enumerate(selected.classes):
        first_rows = selected.preselected[selected.labels == i][:EACH]
        rows += first_rows.tolist()
        titles += [printed.CLASSES[FINE.index(name)]] * len(first_rows)
    if not rows or inputs.dataset is None:
        return None
    return plot.thumbnails(inputs.dataset, np.array(rows), titles)


def _bars(counts: dict[str, int]) -> go.Figure:
    names, n = list(counts), np.array(list(counts.values()))
    down, up = poisson_errors(n)
    colours = [class_style(name)[0] if name in KNOWN else NEUTRAL for name in names]
    figure = go.Figure(
        go.Bar(x=names, y=n, marker={"color": colours}, error_y=errors(up, down, NEUTRAL), hovertemplate="%{x}: %{y:,}<extra></extra>")
    )  # fmt: skip
    return finish(figure, "", "tracks")
