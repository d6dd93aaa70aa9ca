"""What an experiment offers for labelling by hand, and how a row is shown meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Labelling:
    """How the rows of an experiment are labelled by hand.

    `classes(dataset)` in the order of their keys 1, 2, ...; `crop(dataset, row)` float32 (height, width) in `unit` is
    the row alone, `limits` the two ends of its fixed colour scale; what is around it is drawn from the experiment's
    images. `facts(dataset, row)` stands beside. `column` is the derived column in which labels are frozen for a training.
    """

    classes: "Callable[[Dataset], tuple[str, ...]]"
    crop: "Callable[[Dataset, int], np.ndarray]"
    unit: str
    limits: tuple[float, float]
    facts: "Callable[[Dataset, int], Mapping[str, str]]"
    column: str
    explanation: str


def plain_look(look: Look) -> dict[str, Any]:
    """The look as it stands in a log."""
    return {"scale": look.scale, "fixed": look.is_fixed, "context": look.context}


def as_grey(crop: np.ndarray, limits: tuple[float, float], scale: str = LOG) -> np.ndarray:
    """uint8 (height, width) of a crop: 0 at or below the lower limit (and NaN), 255 at or above the upper one."""
    low, high = limits
    values = np.clip(np.nan_to_num(crop, nan=low), low, high).astype(np.float64)
    if scale == LOG:
        values, low, high = np.log1p(np.maximum(values, 0.0)), float(np.log1p(max(low, 0.0))), float(np.log1p(high))
    return np.rint(255.0 * (values - low) / (high - low)).clip(0, 255).astype(np.uint8)
