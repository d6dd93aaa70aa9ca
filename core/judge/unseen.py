"""The scored events on which a run may be judged at every energy, also outside the window that it was trained in.

A run scores its own preselection, say 3-10 keV. Scores of other energies are made by a predict job with `widened`
cuts; their labels come from the scheme with these cuts, because under the run's own they would have none.
"""

from dataclasses import dataclass

import numpy as np

from core.data.selection import Selection, checked_scheme, select
from core.data.splits import OTHER, TEST, VALIDATION
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.scored import Scored

UNSEEN = (TEST, OTHER)
COUNTED = (
    "Only events outside the run's training and validation split count: of its own sample the test split, of all other "
    "events (other energies, other files) every one."
)


@dataclass(frozen=True)
class Events:
    """Scored and labelled events: energy_kev (n,), score float32 (n,), labels int8 (n,) 1 or 0, split int8 (n,)."""

    energy_kev: np.ndarray
    score: np.ndarray
    labels: np.ndarray
    split: np.ndarray

    def where(self, chosen: np.ndarray) -> "Events":
        """The chosen ones of them, bool (n,)."""
        return Events(self.energy_kev[chosen], self.score[chosen], self.labels[chosen], self.split[chosen])

    def of(self, *splits: int) -> "Events":
        """Those of the splits."""
        return self.where(np.isin(self.split, splits))

    @property
    def unseen(self) -> "Events":
        """Those that the run was neither trained nor validated on."""
        return self.of(*UNSEEN)

    @property
    def validation(self) -> "Events":
        return self.of(VALIDATION)

    def n_of(self, label: int) -> int:
        return int((self.labels == label).sum())


def widened(experiment: Experiment, selection: Selection, scheme: str | None = None) -> Selection:
    """The selection in the whole range that is judged, all else equal; the same if the experiment has no energy window."""
    labels = checked_scheme(experiment, scheme or selection.labels)
    cuts = experiment.in_window(selection.cuts, *experiment.judge_range_kev) if experiment.in_window else selection.cuts
    return Selection(cuts, labels, selection.split)


def events_of(scored: Scored, scheme: str | None = None) -> Events:
    """The scored events of the judged range that have a label under a scheme (default: the run's own)."""
    asked = widened(scored.experiment, scored.selection, scheme)
    if asked.labels not in scored.schemes():
        raise DarkroomError(
            f"Data set '{scored.dataset.name}' is measured and has no truth: choose the labels "
            f"{' or '.join(scored.schemes())}."
        )
    labels = scored.labels_of(asked)
    found = Events(scored.column(scored.experiment.judge_columns[0]), scored.score, labels, scored.split)
    return found.where((labels >= 0) & ~np.isnan(scored.score))


def told_range(experiment: Experiment) -> str:
    """The judged range in words."""
    return "{:g}-{:g} keV".format(*experiment.judge_range_kev)


def unscored_kev(scored: Scored) -> np.ndarray:
    """Energies (n,) of the rows inside the widened cuts that the run has not scored."""
    asked = widened(scored.experiment, scored.selection)
    wanted = select(scored.experiment, scored.dataset, asked).cutting.preselected.copy()
    wanted[scored.rows] = False
    energy: np.ndarray = scored.dataset.column(scored.experiment.judge_columns[0])[wanted]
    return energy
