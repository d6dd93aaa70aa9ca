"""The scored events on which a run may be judged everywhere along the axis, also outside the window that it was trained in.

A run scores its own preselection, say 3-10 keV. Scores outside are made by a predict job with `widened`
cuts; their labels come from the scheme with these cuts, because under the run's own they would have none.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from core.data.splits import OTHER, TEST, VALIDATION
from core.judge.judged_sample import need_truth
from core.judge.score_table import ScoreTable
from core.labels.labels import Labels, checked_scheme
from core.selection.selecting import Selecting
from core.selection.selection import Selection, select
from core.statistics.axis import Window

HELD_OUT = (TEST, OTHER)
COUNTED = (
    "Only events outside the run's training and validation split count: of its own sample the test split, of all other "
    "events (other energies, other files) every one."
)


@dataclass(frozen=True)
class Events:
    """ScoreTable and labelled events: axis_values (n,), what they are judged by, score float32 (n,), labels int8 (n,) 1 or 0, split int8 (n,)."""

    axis_values: np.ndarray
    score: np.ndarray
    labels: np.ndarray
    split: np.ndarray

    def where(self, chosen: np.ndarray) -> "Events":
        """The chosen ones of them, bool (n,)."""
        return Events(self.axis_values[chosen], self.score[chosen], self.labels[chosen], self.split[chosen])

    def of(self, *splits: int) -> "Events":
        """Those of the splits."""
        return self.where(np.isin(self.split, splits))

    @property
    def held_out(self) -> "Events":
        """Those that the run was neither trained nor validated on."""
        return self.of(*HELD_OUT)

    @property
    def validation(self) -> "Events":
        return self.of(VALIDATION)

    def n_of(self, label: int) -> int:
        return int((self.labels == label).sum())


def widened(scored: ScoreTable, scheme: str | None = None) -> Selection:
    """The run's selection in the whole range that is judged, all else equal; the same if the experiment has no energy window."""
    return in_range(scored.selecting, scored.labels_facet, scored.selection, scored.axis.range, scheme)


def in_range(
    selecting: Selecting, labels: Labels | None, selection: Selection, window: Window, scheme: str | None = None
) -> Selection:
    """A selection with another window of the axis, and maybe other labels."""
    cuts = selecting.in_window(selection.cuts, *window) if selecting.in_window else selection.cuts
    return dataclasses.replace(selection, cuts=cuts, labels=checked_scheme(labels, scheme or selection.labels))


def events_of(scored: ScoreTable, scheme: str | None = None) -> Events:
    """The scored events of the judged range that have a label under a scheme (default: the run's own)."""
    wide = widened(scored, scheme)
    need_truth(scored, wide.labels)
    labels = scored.labels_of(wide)
    events = Events(scored.axis_values, scored.score, labels, scored.side)
    return events.where((labels >= 0) & ~np.isnan(scored.score))


def range_in_words(scored: ScoreTable) -> str:
    """The judged range in words."""
    return scored.axis.text(*scored.axis.range)


def unscored_values(scored: ScoreTable) -> np.ndarray:
    """The axis' quantity (n,) of the rows inside the widened cuts that the run has not scored."""
    waiting = select(scored.selecting, scored.labels_facet, scored.dataset, widened(scored)).cutting.preselected.copy()
    waiting[scored.rows] = False
    values: np.ndarray = scored.dataset.column(scored.judging.axis.column)[waiting]
    return values
