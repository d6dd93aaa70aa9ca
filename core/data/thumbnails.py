"""Small pictures of rows: which of many are taken, and how an experiment's first view draws them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.data.dataset import Dataset
from core.experiment import Experiment

if TYPE_CHECKING:
    import plotly.graph_objects as go


def chosen(rows: np.ndarray, n: int, draw: int = 0) -> np.ndarray:
    """At most n of the rows, ascending, by chance; `draw` numbers the choice, and the same number gives the same rows."""
    if len(rows) <= n:
        return np.asarray(rows)
    rng = np.random.default_rng([draw, len(rows)])
    return np.sort(rng.choice(rows, n, replace=False))


def titles(experiment: Experiment, dataset: Dataset, rows: np.ndarray) -> list[str]:
    """What stands above each picture: the first quantity of the row."""
    first = experiment.columns[0]
    values = dataset.column(first.name)[rows].tolist()
    return ["undefined" if v != v else f"{v:,.4g} {first.unit}".strip() for v in values]


def draw(experiment: Experiment, dataset: Dataset, rows: np.ndarray, told: Sequence[str] | None = None) -> "go.Figure":
    """Small pictures of rows, the ones that the experiment's first view has, or that view drawn small."""
    from core.figures.gallery import small_multiples

    above = list(told) if told is not None else titles(experiment, dataset, rows)
    view = next(iter(experiment.views.values()))
    if view.thumbnails is not None:
        return view.thumbnails(dataset, rows, above)
    how = view.parameters()
    return small_multiples([view.draw(dataset, row, how) for row in rows.tolist()], rows, above)
