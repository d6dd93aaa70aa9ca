"""Many events small in one figure."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.data.dataset import Dataset, read_array
from core.figures.gallery import TILE_PX, mosaic
from core.juno.recipe import PmtImage
from core.juno.views.event import images_of, sensors_of

LOWEST_PE = 0.3


def thumbnails(dataset: Dataset, rows: np.ndarray, titles: Sequence[str]) -> go.Figure:
    """Charge per pixel of the images of some events on one scale; of sensors that form no sphere, charge seen along y."""
    if sensors_of(dataset).is_sphere:
        recipe = PmtImage(mode="raw", channels=("charge",))
        pictures = [recipe.charge_pe(image[::-1, :, 0]) for image in images_of(dataset, rows, recipe)]
    else:
        pictures = _projections(dataset, rows)
    return mosaic(pictures, rows, titles, "pe", LOWEST_PE)


def _projections(dataset: Dataset, rows: np.ndarray) -> list[np.ndarray]:
    """Charge in cells of x and z."""
    x, _, z = sensors_of(dataset).position_m.T
    half = max(float(np.abs(x).max()), float(np.abs(z).max()), 1e-9)
    edges = np.linspace(-half, half, TILE_PX + 1)
    pmt, charge = (read_array(dataset, name, rows) for name in ("pmt", "charge_pe"))
    return [np.histogram2d(z[p], x[p], [edges, edges], weights=q)[0] for p, q in zip(pmt, charge, strict=True)]
