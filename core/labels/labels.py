"""Labels: the classes of an experiment's rows, and the schemes by which rows get them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.data.cuts import Cut
    from core.data.dataset import Dataset
    from core.selection.selection import Selection


@dataclass(frozen=True)
class Scheme:
    """One way in which rows get their labels: `title` says how, `meaning` what efficiencies under it can and cannot tell.

    `needs_truth`: only simulated data have it; `is_own`: labels that a data set brings with it; `unlabelled`: what a row
    without a label is called, '' for the usual word.
    """

    title: str
    meaning: str
    needs_truth: bool = False
    is_own: bool = False
    unlabelled: str = ""


@dataclass(frozen=True)
class Labels:
    """The classes of an experiment and how rows get one.

    `cuts_of(cuts, scheme, dataset)` are the cuts that make each class under the scheme of this key; its keys are the classes.
    `signal` is the class that a score is the probability of, and that is judged against the rest. `fractions(dataset, selection)` float (n_rows, n_classes) are
    the shares of several judges, each row adds up to 1.
    """

    classes: tuple[str, ...]
    cuts_of: "Callable[[Any, str, Dataset], dict[str, list[Cut]]]"
    schemes: Mapping[str, Scheme]
    signal: str = "signal"
    fractions: "Callable[[Dataset, Selection], np.ndarray | None] | None" = None


class Labelled(Protocol):
    """What may have labels: an experiment."""

    @property
    def title(self) -> str: ...
    @property
    def labels(self) -> Labels | None: ...


def labels_of(experiment: Labelled) -> Labels:
    """The labels of an experiment, or a refusal where it has none."""
    if experiment.labels is None:
        raise DarkroomError(f"{experiment.title} has no labels: choose a data set of another experiment.")
    return experiment.labels


def checked_scheme(labels: Labels | None, scheme: str) -> str:
    """The key of a label scheme, '' where rows have no labels; any other is refused."""
    if labels is None and scheme:
        raise DarkroomError(f"These rows have no labels: expected no label scheme, not '{scheme}'.")
    if labels and scheme not in labels.schemes:
        raise DarkroomError(f"Unknown label scheme '{scheme}': expected one of {', '.join(labels.schemes)}.")
    return scheme


def signal_index(labels: Labels | None, classes: Sequence[str]) -> int:
    """Which of the classes a score is the probability of: the experiment's signal, else the first."""
    signal = labels.signal if labels else ""
    return list(classes).index(signal) if signal in classes else 0
