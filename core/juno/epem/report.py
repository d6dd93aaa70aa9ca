"""Positron against electron by energy: networks beside a linear classifier and beside what the times of the hits allow."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.data.splits import TEST, TRAIN, SplitParameters
from core.errors import DarkroomError
from core.figures.style import DASHES, FREE_COLOURS, NEUTRAL, SYMBOLS, errors
from core.judge.report import Figure, Report, Table, key_number
from core.juno.epem.histograms import NONE
from core.juno.epem.methods import likelihood_scores, linear_scores
from core.juno.evaluate import area, scores_of
from core.juno.select import EPEM, Cuts
from core.parameters import param
from core.selection.selection import Selection
from core.statistics.intervals import PairInterval
from core.statistics.mcnemar import mcnemar
from core.statistics.roc import roc_points, thinned

BOUND, RATIO = "likelihood ratio, true vertex", "likelihood ratio, fitted vertex"
LINEAR = {
    "linear, fitted vertex": "fitted", "linear, charge centre": "charge_centre", "linear, times as they are": NONE,
}  # fmt: skip
NETWORKS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "images, fitted vertex": ("compact", {}),
    "images, charge centre": ("compact", {"vertex": "charge_centre", "zero": "light"}),
    "images, times as they are": ("compact", {"mode": "raw"}),
    "lists of hits": ("points", {}),
}
EDGES_MEV = np.array([1.0, 1.75, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 12.0])
BY_ENERGY_NOTE = (
    "Area under the ROC curve on test events, 95 %. Grey: the likelihood ratio of the times at the simulated vertex, event time unknown. "
    "A network above it sees more than times, such as where the two gammas went; far below it, it has too few events or a poor vertex."
)
ROC_NOTE = "Positrons kept against electrons taken for them, test events of all energies."
PAIRED_NOTE = "Events called right by one and not by the other (McNemar, exact): is the image worth its detour?"
HELP = "Area under the ROC curve, test events: 0.5 is chance."


@dataclass(frozen=True)
class PositronParameters:
    """How the networks are trained, and on what."""

    radius_high_m: float = param(17.2, "fiducial volume: vertex within this radius", unit="m", low=0.1, high=50.0)
    epochs: int = param(6, "passes over the training sample of each network", low=1, high=100)
    test_fraction: float = param(0.34, "share of the events that all are judged on", low=0.05, high=0.9)


def _selection(p: PositronParameters) -> Selection:
    split = SplitParameters(validation_fraction=0.06, test_fraction=p.test_fraction)
    return Selection(Cuts(radius_high_m=p.radius_high_m), EPEM, split)


def trainings(p: PositronParameters) -> dict[str, Training]:
    """Images with three kinds of times, and lists of hits, all on the same events."""
    return {
        name: Training(network, settings, {"epochs": p.epochs}, _selection(p))
        for name, (network, settings) in NETWORKS.items()
    }


def run(inputs: Inputs, p: PositronParameters, progress: Progress) -> Report:
    """Score the test events by every method and take areas by energy."""
    dataset = inputs.dataset
    if dataset is None:
        raise DarkroomError("Positrons are told from electrons in a data set: choose one with simulated truth.")
    selected = inputs.selected(_selection(p))
    rows, labels, split = labelled(selected)
    train, test = rows[split == TRAIN], rows[split == TEST]
    truth = labels[split == TEST]
    if len(np.unique(truth)) < 2:
        raise DarkroomError(
            f"Data set '{dataset.name}' has no positrons and electrons of known truth to judge on: choose a simulated one of e+/e-."
        )
    scores: dict[str, np.ndarray] = {}
    for name, vertex in ((BOUND, "true"), (RATIO, "fitted")):
        step = len(scores)
        values = likelihood_scores(dataset, vertex, lambda done, total: progress(step + done / total, 5, name))  # noqa: B023
        scores[name] = values[test].astype(np.float64)
    for name, vertex in LINEAR.items():
        progress(len(scores), 5, name)
        scores[name] = linear_scores(dataset, vertex, train, labels[split == TRAIN], test)
    for name, table in inputs.trained.items():
        scores[name] = scores_of(table, test)
    return _report(scores, truth, dataset.column("energy_mev")[test], len(train))


def labelled(selected: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels (1 positron) and side of those that have a label."""
    has = selected.labels >= 0
    is_positron = selected.labels[has] == list(selected.classes).index("positron")
    return selected.preselected[has], is_positron.astype(np.int8), selected.split[has]


def _report(scores: Mapping[str, np.ndarray], labels: np.ndarray, energy_mev: np.ndarray, n_train: int) -> Report:
    bins = [(low, high, (energy_mev >= low) & (energy_mev < high)) for low, high in itertools.pairwise(EDGES_MEV)]
    bins = [(low, high, inside) for low, high, inside in bins if inside.any()]
    areas = {name: [area(s[inside], labels[inside]) for _, _, inside in bins] for name, s in scores.items()}
    whole = {name: area(s, labels) for name, s in scores.items()}
    rows = [
        {"energy [MeV]": f"{low:g}-{high:g}", **{name: of_name[i] for name, of_name in areas.items()}}
        for i, (low, high, _) in enumerate(bins)
    ]
    rows.append({"energy [MeV]": "all", **whole})
    middles = [0.5 * (low + high) for low, high, _ in bins]
    best = max(
        (name for name in whole if name not in (BOUND, RATIO, *LINEAR)),
        key=lambda name: whole[name].value,
        default=RATIO,
    )
    chosen = dict.fromkeys((BOUND, "linear, fitted vertex", best))
    return Report(
        numbers=tuple(key_number(name, whole[name], HELP, unit="", digits=3) for name in chosen),
        tables=(
            Table("Area by energy", rows, unit="", group="by energy"),
            Table("On the same events", paired(scores, labels), note=PAIRED_NOTE, group="on the same events"),
        ),
        figures=(
            Figure("Area by energy", _by_energy(middles, areas), BY_ENERGY_NOTE, _columns(middles, areas), "by energy"),
            Figure("ROC", _curves(scores, labels), ROC_NOTE, group="ROC"),
        ),
        notes=(
            f"Simulated. {len(labels):,} test events, of which no method has seen one; {n_train:,} events to train on. The vertex is worth "
            "more than the network: compare the same network on the charge centre and on the fitted vertex.",
        ),
        values={"auc": {name: area.to_dict() for name, area in whole.items()}},
        title="Positron or electron",
    )


def paired(scores: Mapping[str, np.ndarray], labels: np.ndarray) -> list[dict[str, Any]]:
    """McNemar's test between images and lists of hits, and between each kind of times and the fitted vertex: which calls more events
    right, each at the median of its own scores, as both classes are equally many.
    """
    first, *others = NETWORKS
    rows = []
    for name in (*others, "linear, fitted vertex"):
        if first not in scores or name not in scores:
            continue
        known = np.isfinite(scores[first]) & np.isfinite(scores[name])
        right = [(s[known] > np.median(s[known])) == (labels[known] == 1) for s in (scores[first], scores[name])]
        test = mcnemar(*right)
        rows.append({
            "first": first, "second": name, "right: first [%]": round(100.0 * right[0].mean(), 2),
            "right: second [%]": round(100.0 * right[1].mean(), 2),
            "difference [%]": f"{100 * test.difference:+.2f} [{100 * test.low:+.2f}, {100 * test.high:+.2f}]", "n": test.n,
            "only first right": test.n10, "only second right": test.n01, "p": f"{test.p:.2g}",
        })  # fmt: skip
    return rows


def _style(names: list[str]) -> dict[str, tuple[str, str, str]]:
    free = [name for name in names if name != BOUND]
    styles = {
        name: (FREE_COLOURS[i % len(FREE_COLOURS)], DASHES[i % len(DASHES)], SYMBOLS[i % len(SYMBOLS)])
        for i, name in enumerate(free)
    }
    return {**styles, BOUND: (NEUTRAL, "dash", "circle-open")}


def _by_energy(middles: list[float], areas: Mapping[str, list[PairInterval]]) -> go.Figure:
    figure = go.Figure()
    for name, (colour, dash, symbol) in _style(list(areas)).items():
        values = np.array([area.value for area in areas[name]])
        up, down = (np.array([getattr(area, end) for area in areas[name]]) for end in ("high", "low"))
        figure.add_scatter(
            x=middles, y=values, error_y=errors(up - values, values - down, colour), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 8},
        )  # fmt: skip
    figure.update_xaxes(title="visible energy [MeV]").update_yaxes(title="area under the ROC curve", range=[0.45, 1.0])
    return figure.update_layout(height=420, legend={"orientation": "h", "y": -0.25})


def _curves(scores: Mapping[str, np.ndarray], labels: np.ndarray) -> go.Figure:
    figure = go.Figure()
    for name, (colour, dash, _) in _style(list(scores)).items():
        known = np.isfinite(scores[name])
        if len(np.unique(labels[known])) < 2:
            continue
        roc = thinned(roc_points(scores[name][known], labels[known]))
        figure.add_scatter(
            x=100.0 * roc.leakage,
            y=100.0 * roc.signal_efficiency,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash},
        )
    figure.update_xaxes(title="electrons taken for positrons [%]", range=[0, 100])
    figure.update_yaxes(title="positrons kept [%]", range=[0, 100])
    return figure.update_layout(height=420, legend={"orientation": "h", "y": -0.25})


def _columns(middles: list[float], areas: Mapping[str, list[PairInterval]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"energy_mev": list(middles)}
    for name, of_name in areas.items():
        for end in ("value", "low", "high"):
            columns[f"{name} {end}"] = [getattr(area, end) for area in of_name]
    return columns


POSITRONS = Analysis(
    title="Positron or electron",
    explanation="How well positrons are told from electrons by energy: images, lists of hits, a linear classifier, and the bound of the times.",
    parameters=PositronParameters,
    needs={"dataset": Need("data set", is_required=True, help="simulated e+/e-", is_newest=True)},
    run=run,
    takes_long=True,
    trainings=trainings,
)
