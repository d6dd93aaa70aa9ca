"""Small pictures of rows: which of many are taken, and how a view draws them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.data.dataset import Dataset
from core.data.table import Column
from core.figures.gallery import small_multiples
from core.figures.looking import View

if TYPE_CHECKING:
    import plotly.graph_objects as go

LABEL_LETTERS = 15  # what fits above a picture


def chosen(rows: np.ndarray, n: int, draw: int = 0) -> np.ndarray:
    """At most n of the rows, ascending, by chance; `draw` numbers the choice, and the same number gives the same rows."""
    if len(rows) <= n:
        return np.asarray(rows)
    rng = np.random.default_rng([draw, len(rows)])
    return np.sort(rng.choice(rows, n, replace=False))


def titles(column: Column, dataset: Dataset, rows: np.ndarray, lines: Sequence[str] = ()) -> list[str]:
    """What stands above each picture: a line of one's own, if one is given, and the row's value of a quantity."""
    values = dataset.column(column.name)[rows].tolist()
    texts = ["undefined" if math.isnan(v) else f"{v:,.4g} {column.unit}".strip() for v in values]
    return [f"{_short(label)}<br>{text}" for label, text in zip(lines, texts, strict=True)] if len(lines) else texts


def _short(label: str) -> str:
    return label if len(label) <= LABEL_LETTERS else label[: LABEL_LETTERS - 1] + "…"


def draw(view: View, dataset: Dataset, rows: Sequence[int], titles: Sequence[str]) -> "go.Figure":
    """Small pictures of rows with what stands above each: those that a view has, or the view drawn small."""
    wanted = np.asarray(rows, np.int64)
    if view.thumbnails is not None:
        return view.thumbnails(dataset, wanted, titles)
    how = view.parameters()
    return small_multiples([view.draw(dataset, row, how) for row in wanted.tolist()], wanted, titles)
