"""How much better the small network on images becomes with more events to train on, beside a linear classifier of residual times."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.data.splits import TEST, TRAIN, SplitParameters
from core.errors import DarkroomError
from core.figures.style import BACKGROUND, SIGNAL, errors, finish
from core.judge.report import Figure, Report, Table, key_number
from core.juno.epem.methods import linear_scores
from core.juno.evaluate import area, scores_of
from core.juno.select import PRESETS
from core.parameters import param
from core.selection.selection import Selected, Selection

NETWORK, LINEAR = "compact network on images", "linear, fitted vertex"
LOOKS = {NETWORK: (SIGNAL, "circle"), LINEAR: (BACKGROUND, "square")}
VALIDATION, MOST_TESTED, MOST_EPOCHS = 0.05, 0.9, 200
NOTE = (
    "Area under the ROC curve on the events that the training left out, 95 %, against the events trained on. Still rising at the right: "
    "more events would help. Surprising: the linear classifier above the network where there are many."
)


@dataclass(frozen=True)
class LearningCurveParameters:
    """Which events are told apart, and how many of them are trained on."""

    preset: str = param("e+/e-", "which events", choices=tuple(PRESETS))
    shares: tuple[float, ...] = param((0.06, 0.15, 0.35, 0.75), "shares of the events to train on", low=0.01, high=0.9)
    epochs: int = param(6, "passes at the largest share; smaller ones get more, for as many steps", low=1, high=100)

    def check(self) -> None:
        if not self.shares or list(self.shares) != sorted(set(self.shares)):
            raise DarkroomError(f"shares is {self.shares}: expected shares that ascend, such as 0.1, 0.3, 0.8.")


def _selection(p: LearningCurveParameters, share: float) -> Selection:
    split = SplitParameters(
        validation_fraction=VALIDATION, test_fraction=round(min(1.0 - VALIDATION - share, MOST_TESTED), 6)
    )
    return replace(PRESETS[p.preset].selection, split=split)


def _name(share: float) -> str:
    return f"{100.0 * share:g} % of the events"


def trainings(p: LearningCurveParameters) -> dict[str, Training]:
    """The same network with the same number of steps, on more and more events."""
    return {
        _name(share): Training(
            "compact",
            {},
            {"epochs": min(round(p.epochs * p.shares[-1] / share), MOST_EPOCHS)},
            _selection(p, share),
        )
        for share in p.shares
    }


def run(inputs: Inputs, p: LearningCurveParameters, progress: Progress) -> Report:
    """Areas of the runs that there are, and of the linear classifier at every share."""
    dataset = inputs.dataset
    if dataset is None:
        raise DarkroomError("A learning curve needs events to learn from: choose a data set with simulated truth.")
    rows: list[dict[str, Any]] = []
    for i, share in enumerate(p.shares):
        progress(i, len(p.shares), _name(share))
        selected = inputs.selected(_selection(p, share))
        train, train_labels = _side(selected, TRAIN)
        test, truth = _side(selected, TEST)
        linear = linear_scores(dataset, "fitted", train, train_labels, test)
        scored = inputs.trained.get(_name(share))
        network = np.full(len(test), np.nan) if scored is None else scores_of(scored, test)
        rows.append(
            {
                "share": _name(share),
                "trained on": len(train),
                NETWORK: area(network, truth),
                LINEAR: area(linear, truth),
            }
        )
    return _report(rows, p)


def _side(selected: Selected, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and labels (1 signal) of a side of the split."""
    rows, labels = selected.rows(side)
    return rows, (labels == selected.signal).astype(np.int8)


def _report(rows: list[dict[str, Any]], p: LearningCurveParameters) -> Report:
    last = rows[-1]
    gains = [
        f"from {first['trained on']:,} to {second['trained on']:,} events {second[NETWORK].value - first[NETWORK].value:+.3f}"
        for first, second in itertools.pairwise(rows)
        if np.isfinite(second[NETWORK].value - first[NETWORK].value)
    ]
    missing = sum(not np.isfinite(row[NETWORK].value) for row in rows)
    notes = [
        f"Simulated, preset '{p.preset}'. Every training makes the same number of steps; test events are those it has not seen."
    ]
    notes += [f"Area of the network, {'; '.join(gains)}."] if gains else []
    notes += [f"{missing} of {len(rows)} networks are not trained on this data set."] if missing else []
    return Report(
        numbers=tuple(
            key_number(name, last[name], f"Area with {last['trained on']:,} events to train on.", unit="", digits=3)
            for name in LOOKS
        ),
        tables=(Table("Learning curve", rows, unit="", group="learning curve"),),
        figures=(Figure("Area against events to train on", _draw(rows), NOTE, _columns(rows), "learning curve"),),
        notes=tuple(notes),
        values={name: [row[name].to_dict() for row in rows] for name in LOOKS},
        title="Learning curve",
    )  # fmt: skip


def _draw(rows: list[dict[str, Any]]) -> go.Figure:
    figure = go.Figure()
    for name, (colour, symbol) in LOOKS.items():
        values, low, high = (np.array([getattr(row[name], end) for row in rows]) for end in ("value", "low", "high"))
        figure.add_scatter(
            x=[row["trained on"] for row in rows], y=values, name=name, mode="lines+markers",
            error_y=errors(high - values, values - low, colour), line={"color": colour}, marker={"symbol": symbol, "size": 9},
        )  # fmt: skip
    figure.update_xaxes(type="log")
    return finish(figure, "events to train on", "area under the ROC curve")


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"trained_on": [row["trained on"] for row in rows]}
    for name, end in itertools.product(LOOKS, ("value", "low", "high")):
        columns[f"{name} {end}"] = [getattr(row[name], end) for row in rows]
    return columns


LEARNING_CURVE = Analysis(
    title="Learning curve",
    explanation="How the area under the ROC curve grows with the events to train on. What cannot be told from the times at all, no number of events brings.",
    parameters=LearningCurveParameters,
    needs={"dataset": Need("data set", is_required=True, help="simulated", is_newest=True)},
    run=run,
    takes_long=True,
    trainings=trainings,
)
