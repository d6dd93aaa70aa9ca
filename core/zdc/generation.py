"""How generated showers are judged and shown: conditions, features, the sums that the field compares, and MASK and VALUE as images."""

from collections.abc import Mapping

import numpy as np

from core.data.table import Column
from core.figures.image_pairs import SHARE, Frame, Picture
from core.judge.generating import Generating
from core.learn.tasks.generate import SAMPLES
from core.zdc import shapes, writing
from core.zdc.evaluate import AXIS
from core.zdc.grid import from_arrays
from core.zdc.recipe import IMPACT

CONDITIONS = (
    Column("true_energy_gev", "Energy", "GeV", 1.0, 300.0, 100, 1, "Of the particle"),
    Column("impact_x_mm", "Impact x", "mm", -300.0, 300.0, 120, 1, "Where it hits the front, from the middle of the grid"),
    Column("impact_y_mm", "Impact y", "mm", -300.0, 300.0, 120, 1, "The same, y"),
)  # fmt: skip
SAMENESS = (
    "The only thing that this network is given is what is asked for, and nothing in it is left to chance (dropout works in training only). So "
    "MASK becomes the probability of each cell and VALUE its mean: an average shower. Cells that fewer than half of the showers hit are never "
    "hit, and the numbers of hit cells fall on one value for each energy. A contest with a critic does not mend it without noise."
)


def images(drawn: Mapping[str, np.ndarray], conditions: Mapping[str, float]) -> tuple[Picture, ...]:
    """MASK, VALUE and their product of one shower (n_y, n_x), with the place that the particle hits, where it is known."""
    samples = drawn[SAMPLES]
    place = conditions.get(IMPACT[0], np.nan), conditions.get(IMPACT[1], np.nan)
    mark = place if np.isfinite(place).all() else None
    mask = drawn["mask"] if "mask" in drawn else (samples > 0).astype(np.float32)
    return (
        Picture("MASK", mask, SHARE, "", mark),
        Picture("VALUE", drawn.get("value_mev", samples), unit="MeV", mark=mark),
        Picture("MASK x VALUE", samples, unit="MeV", mark=mark),
    )


def frame(geometry: Mapping[str, np.ndarray]) -> Frame:
    """The cells of a grid in mm; colours begin at the threshold."""
    grid = from_arrays(geometry)
    return Frame(grid.x_mm, grid.y_mm, "x [mm]", "y [mm]", max(grid.threshold_mev, 1e-3))


GENERATING = Generating(
    array="cells_mev",
    unit="MeV",
    conditions=CONDITIONS,
    axis=AXIS,
    features=shapes.high_level,
    more_features=shapes.core_and_rings,
    pixels=shapes.pixels,
    separated=shapes.TITLES,
    channels=shapes.channels,
    images=images,
    frame=frame,
    element="cell",
    sameness=SAMENESS,
    writers={"darkroom": writing.darkroom, "calochallenge": writing.calochallenge, "root": writing.root},
)
