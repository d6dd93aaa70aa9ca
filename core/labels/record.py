"""What an experiment offers for labelling by hand, and how a row is shown meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from core.parameters import param

if TYPE_CHECKING:
    from core.data.dataset import Dataset

LOG, LINEAR = "log", "linear"
MAX_CLASSES = 9  # one per key


@dataclass(frozen=True)
class Look:
    """How a row is shown while it is labelled; kept with every label."""

    scale: str = param(LOG, "colour scale of the pictures", choices=(LOG, LINEAR))
    is_fixed: bool = param(False, "the same colour limits for every row, so that bright and faint compare")
    context: float = param(3.0, "how many times wider than the row the view of its surroundings is", low=1.0, high=10.0)
    picture: str = param("", "which of the experiment's pictures is drawn, '' for the row's own pixels")


@dataclass(frozen=True)
class Scale:
    """What a pixel counts, and the values of the first and the last colour where they are the same for every row."""

    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class Pixels:
    """Rows that are pictures: `crop(dataset, row)` float32 (height, width) is the row alone, `scale(dataset)` its unit and fixed
    colour limits; what is around it is drawn from the experiment's images.
    """

    crop: "Callable[[Dataset, int], np.ndarray]"
    scale: "Callable[[Dataset], Scale]"


@dataclass(frozen=True)
class Picture:
    """One of the experiment's views (`Looking.views`), with the parameters by which it tells nothing of what was simulated."""

    view: str
    parameters: Any


@dataclass(frozen=True)
class Labelling:
    """How the rows of an experiment are labelled by hand.

    `classes(dataset)` in the order of their keys 1, 2, ...; a row is shown by its `pixels`, or where it has none by one of the
    `pictures`, of which the first is drawn to begin with.
    `mapping` is what raw files are read by: a label holds for rows that were read alike. `facts(dataset, row)` stands beside. `column` is the derived column in which labels are frozen for a training.
    """

    classes: "Callable[[Dataset], tuple[str, ...]]"
    facts: "Callable[[Dataset, int], Mapping[str, str]]"
    column: str
    mapping: type
    explanation: str
    pixels: Pixels | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def first_look(self) -> Look:
        """How rows are shown where nobody has chosen."""
        return Look() if self.pixels else Look(picture=next(iter(self.pictures)))


@dataclass(frozen=True)
class Fact:
    """A measured quantity that stands beside the row: column, what it is called, how it is written, after how it is scaled."""

    column: str
    title: str
    form: str
    factor: float = 1.0


def measured(dataset: "Dataset", row: int, facts: Sequence[Fact], flags: Sequence[str]) -> dict[str, str]:
    """Quantities that the data set defines, and the names of the flags that are set, in words; NaN is undefined."""
    words = {}
    for fact in facts:
        if dataset.defines(fact.column):
            value = float(dataset.column(fact.column)[row]) * fact.factor
            words[fact.title] = fact.form.format(value) if np.isfinite(value) else "undefined"
    bits = int(dataset.column("flags")[row])
    return words | {"flags": ", ".join(name for i, name in enumerate(flags) if bits >> i & 1) or "none"}


def plain_look(look: Look) -> dict[str, Any]:
    """The look as it stands in a log."""
    if look.picture:
        return {"picture": look.picture}
    return {"scale": look.scale, "fixed": look.is_fixed, "context": look.context}


def as_grey(crop: np.ndarray, scale: Scale) -> np.ndarray:
    """uint8 (height, width) of a crop, logarithmic: 0 at or below the lower limit (and NaN), 255 from the upper one on."""
    values = np.log1p(np.clip(np.nan_to_num(crop, nan=scale.low), scale.low, scale.high).astype(np.float64))
    low, high = np.log1p(scale.low), np.log1p(scale.high)
    return np.rint(255.0 * (values - low) / (high - low)).clip(0, 255).astype(np.uint8)
