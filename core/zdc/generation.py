"""How generated showers are judged: conditions, features, and the sums that the field compares."""

from core.data.table import Column
from core.judge.generating import Generating
from core.zdc import shapes, writing
from core.zdc.evaluate import AXIS

CONDITIONS = (
    Column("true_energy_gev", "Energy", "GeV", 1.0, 300.0, 100, 1, "Of the particle"),
    Column("impact_x_mm", "Impact x", "mm", -300.0, 300.0, 120, 1, "Where it hits the front, from the middle of the grid"),
    Column("impact_y_mm", "Impact y", "mm", -300.0, 300.0, 120, 1, "The same, y"),
)  # fmt: skip
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
    writers={"darkroom": writing.darkroom, "calochallenge": writing.calochallenge, "root": writing.root},
)
