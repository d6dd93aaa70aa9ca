"""JUNO labels by hand: what an event looks like to a person, on keys 1 to 4, and labels as a column.

Labels are frozen into the derived column `hand_label`, which both tasks have a label scheme for. Nothing of truth is shown:
the views leave out where an event was simulated.
"""

from core.data.dataset import Dataset
from core.data.table import Column
from core.juno.features import FLAGS
from core.juno.mapping import Mapping as HitMapping
from core.juno.views.channels import ChannelsView
from core.juno.views.maps import MapsView
from core.juno.views.sphere import SphereView
from core.labels.freeze import frozen_column
from core.labels.label_fractions import MAJORITY_RULE
from core.labels.record import Fact, Labelling, Picture, measured

CLASSES = ("positron", "electron", "muon", "other")
COLUMN = Column("hand_label", "Hand label", "", -0.5, 4.5, 5, 0, "Index of the class that most labellers chose")
FACTS = (
    Fact("energy_mev", "visible energy [MeV]", "{:,.3g}"),
    Fact("light_pe", "light [pe]", "{:,.0f}"),
    Fact("n_pmts", "sensors hit", "{:,.0f}"),
    Fact("multiple_share", "hit more than once", "{:.3f}"),
    Fact("vertex_r_m", "vertex, radius [m]", "{:.2f}"),
    Fact("charge_angle_deg", "angle of charge [deg]", "{:.1f}"),
    Fact("residual_mean_ns", "mean residual [ns]", "{:.2f}"),
    Fact("residual_rms_ns", "spread of residuals [ns]", "{:.2f}"),
    Fact("light_edge_ns", "width of the edge [ns]", "{:.2f}"),
    Fact("light_quadrupole_ns", "quadrupole [ns]", "{:.2f}"),
)


def classes(dataset: Dataset) -> tuple[str, ...]:  # noqa: ARG001
    """The classes on the keys, the same for every data set."""
    return CLASSES


def facts(dataset: Dataset, row: int) -> dict[str, str]:
    """What is measured of an event, nothing of truth or scores."""
    return measured(dataset, row, FACTS, FLAGS)


LABELLING = Labelling(
    classes=classes,
    pictures={
        "times": Picture("channels", ChannelsView(mode="raw", truth=False)),
        "without flight": Picture("channels", ChannelsView(mode="tof", truth=False)),
        "map": Picture("steps", MapsView(pair=False, truth=False)),
        "sphere": Picture("sphere", SphereView(truth=False)),
    },
    facts=facts,
    column=COLUMN.name,
    mapping=HitMapping,
    explanation=(
        "The sensors as an image, with times as they are or without the flight from the fitted vertex. A positron's annihilation "
        "light comes later and from farther away than an electron's; a muon's light begins along its track. One event of a few MeV "
        "rarely tells: 'difficult' is an answer."
    ),
)

DERIVED = {
    COLUMN.name: frozen_column(
        COLUMN,
        classes,
        HitMapping,
        f"The labels made by hand so far, frozen, so that a training can name what it used: {MAJORITY_RULE}.",
    )
}
