"""Hypotheses 4 and 5: what the charge adds to images of times, and how much shape there is at an energy.

Beside images stand two baselines: every pixel replaced by its image's mean colour, which has no shape, and two numbers of the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.style import BACKGROUND, FREE_COLOURS, NEUTRAL, SIGNAL, errors, finish
from core.judge.report import Figure, Table
from core.juno.evaluate import area
from core.juno.geometry import SPACING_M
from core.juno.muons.check import EXPLAINS, NOT, PART, Check
from core.juno.muons.hand_features import HAND
from core.juno.muons.sample import Sample, crossed_scores
from core.juno.position import coarse
from core.juno.recipe import PmtImage
from core.juno.simulation.showers import LOSS_MEV_PER_M
from core.juno.views.event import images_of
from core.statistics.intervals import PairInterval

CHARGE, SIZE = "4. No charge channel", "5. No shape at low energy"
CELLS, CHUNK = 8, 50
COLOUR, TIMES, WITH_CHARGE, TWO = (
    "one colour for each image",
    "times, coarse image",
    "times and charge, coarse image",
    "two features",
)
LOOKS = {COLOUR: (NEUTRAL, "diamond"), TIMES: (BACKGROUND, "square"), WITH_CHARGE: (FREE_COLOURS[0], "triangle-up"), TWO: (SIGNAL, "circle")}  # fmt: skip
GROUP = "baselines by energy"
TOLD = 0.6  # an area above is more than nothing
NOTE = (
    "Area under the ROC curve, 95 %, each event judged by a linear classifier of the others. Above: the length of a muon in pixels. One "
    "colour far above 0.5: brightness tells the class, not shape. Two features above the images: a coarse linear look misses the track."
)


@dataclass(frozen=True)
class Baselines:
    """Scores (n,) by the names of LOOKS."""

    sample: Sample
    scores: Mapping[str, np.ndarray]

    def areas(self) -> list[dict[str, Any]]:
        """Per window of energy, and all together: energy, length of a muon in pixels, area of each."""
        whole = ("all", np.ones(len(self.sample), bool))
        rows = []
        for title, inside in (*self.sample.windows(), whole):
            labels = self.sample.is_muon[inside]
            of = {name: area(scores[inside], labels) for name, scores in self.scores.items()}
            energy = float(self.sample.energy_mev[inside].mean())
            rows.append({"energy": title, "muon [pixels]": round(energy / LOSS_MEV_PER_M / SPACING_M, 1), **of})
        return rows


def cells_of(sample: Sample, recipe: PmtImage, cells: int) -> np.ndarray:
    """float64 (n, k): means of the channels in `cells` x 2 `cells` cells of each event's image."""
    chunks = [sample.rows[begin : begin + CHUNK] for begin in range(0, len(sample), CHUNK)]
    return np.concatenate([coarse(images_of(sample.dataset, rows, recipe), cells) for rows in chunks])


def baselines(sample: Sample) -> Baselines:
    """Cross-validated in each window of energy, so that no classifier learns an energy."""
    recipe = PmtImage(mode="tof", roll="pca", channels=("first", "mean", "std", "charge"), after_ns=100.0)
    fine = cells_of(sample, recipe, CELLS)
    by_channel = fine.reshape(len(sample), -1, len(recipe.channels))
    features = {
        COLOUR: by_channel[..., :3].mean(axis=1),
        TIMES: by_channel[..., :3].reshape(len(sample), -1),
        WITH_CHARGE: fine,
        TWO: sample.columns(HAND),
    }
    scores = {name: np.full(len(sample), np.nan) for name in features}
    for _, inside in sample.windows():
        for name, values in features.items():
            scores[name][inside] = crossed_scores(values[inside], sample.is_muon[inside])
    return Baselines(sample, scores)


def charge_check(judged: Baselines) -> Check:
    """What the charge adds to images of times."""
    rows = judged.areas()
    times, both, two, colour = (rows[-1][name] for name in (TIMES, WITH_CHARGE, TWO, COLOUR))
    why = (
        f"a linear look at coarse images reaches {_words(times)} with times and {_words(both)} with charge; two features reach {_words(two)}, "
        f"an image of one colour {_words(colour)}"
    )
    verdict = PART if both.value > times.value and both.low > times.value else NOT
    if not times.low > 0.5 and both.low > 0.5:
        verdict = EXPLAINS
    table = Table("Area under the ROC curve by energy", rows, unit="", group=GROUP)
    figure = Figure("Area by energy", _draw(rows[:-1]), NOTE, _columns(rows[:-1]), GROUP)
    return Check(CHARGE, verdict, why, (table,), (figure,), {name: rows[-1][name].to_dict() for name in LOOKS})


def size_check(judged: Baselines) -> Check:
    """How the two features fare at the lowest and at the highest energy, beside the size of a pixel."""
    rows = judged.areas()[:-1]
    low, high = rows[0], rows[-1]
    with_shape = [row for row in rows if row[TWO].low > TOLD]
    why = (
        f"a muon of {low['energy']} is {low['muon [pixels]']:g} pixels of {SPACING_M:.2f} m long and two features reach {_words(low[TWO])}; of "
        f"{high['energy']} {high['muon [pixels]']:g} pixels and {_words(high[TWO])}"
    )
    if not with_shape:
        return Check(SIZE, EXPLAINS, f"{why}: no energy of this data set shows a shape to them", values={})
    verdict = NOT if len(with_shape) == len(rows) else PART
    return Check(SIZE, verdict, f"{why}; there is shape from {with_shape[0]['energy']} on")


def _words(number: PairInterval) -> str:
    return f"{number.value:.2f} [{number.low:.2f}, {number.high:.2f}]"


def _draw(rows: list[dict[str, Any]]) -> go.Figure:
    figure = go.Figure()
    x = [row["energy"] for row in rows]
    for name, (colour, symbol) in LOOKS.items():
        values, low, high = (np.array([getattr(row[name], end) for row in rows]) for end in ("value", "low", "high"))
        figure.add_scatter(
            x=x, y=values, name=name, mode="lines+markers", line={"color": colour}, marker={"symbol": symbol, "size": 9},
            error_y=errors(high - values, values - low, colour),
        )  # fmt: skip
    for row in rows:
        figure.add_annotation(x=row["energy"], y=1.06, text=f"{row['muon [pixels]']:g} px", showarrow=False)
    figure.update_yaxes(range=[0.3, 1.1])
    return finish(figure, "visible energy", "area under the ROC curve")


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in ("energy", "muon [pixels]")}
    for name in LOOKS:
        for end in ("value", "low", "high"):
            columns[f"{name} {end}"] = [getattr(row[name], end) for row in rows]
    return columns
