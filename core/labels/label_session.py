"""Labelling one data set: what is known so far, what comes next, and the lines that are written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.judge.score_table import ScoreTable
from core.labels import agreement, label_fractions, log, queue
from core.labels.agreement import Agreement
from core.labels.label_fractions import Votes
from core.labels.log import ADJUDICATION, LABEL, SKIP, UNDO, Entry
from core.labels.queue import Item, QueueParameters
from core.labels.record import MAX_CLASSES, Labelling, Look, plain_look

Reader = Callable[[str, str], tuple[list[Entry], int]]


@dataclass(frozen=True)
class HandLabels:
    """The labels of a data set as they are now: entries of all labellers, the row of each (-1: of another data set)."""

    dataset: Dataset
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    rows: np.ndarray
    n_damaged: int

    @cached_property
    def votes(self) -> Votes:
        return label_fractions.count(self.entries, self.rows, self.classes)

    @cached_property
    def agreement(self) -> Agreement:
        return agreement.agree(self.entries, self.rows, self.votes)

    @cached_property
    def here(self) -> tuple[Entry, ...]:
        """The lines on events of this data set."""
        return tuple(e for e, row in zip(self.entries, self.rows.tolist(), strict=True) if row >= 0)

    @property
    def labellers(self) -> tuple[str, ...]:
        return tuple(sorted({entry.labeller for entry in self.here}))

    def counts(self, labeller: str) -> dict[str, int]:
        """Events per class that a labeller has labelled."""
        labels = [e.label for e in label_fractions.newest(self.here) if e.labeller == labeller]
        return {name: labels.count(name) for name in self.classes}

    def labels_of_row(self, row: int) -> dict[str, str]:
        """The label of a row by each labeller; the adjudication, if any, under its own name."""
        at = {e.event for e, r in zip(self.entries, self.rows.tolist(), strict=True) if r == row}
        by_labeller = {e.labeller: e.label for e in label_fractions.newest(self.here) if e.event in at}
        decided = [e.label for e in label_fractions.newest(self.here, ADJUDICATION) if e.event in at]
        return by_labeller | ({ADJUDICATION: decided[-1]} if decided else {})

    def progress(self) -> list[dict[str, Any]]:
        """One line per labeller: events labelled, of them difficult and skipped, median seconds per label."""
        lines = []
        for name in self.labellers:
            entries = [e for e in log.live(self.here) if e.labeller == name]
            labels = [e for e in entries if e.kind == LABEL]
            seconds = [e.spent_ms / 1000.0 for e in labels if e.spent_ms]
            lines.append(
                {
                    "labeller": name,
                    "events": len({e.event for e in labels}),
                    "labels": len(labels),
                    "difficult": sum(e.is_difficult for e in labels),
                    "skipped": sum(e.kind == SKIP for e in entries),
                    "adjudicated": sum(e.kind == ADJUDICATION for e in entries),
                    "median_s": round(float(np.median(seconds)), 2) if seconds else None,
                }
            )
        return lines


class LabelledByHand(Protocol):
    """What may be labelled by hand: an experiment, whether or not its networks tell classes apart."""

    @property
    def title(self) -> str: ...
    @property
    def by_hand(self) -> Labelling | None: ...


def labelling_of(experiment: LabelledByHand) -> Labelling:
    """How rows are labelled by hand, or a refusal."""
    if experiment.by_hand is None:
        raise DarkroomError(f"{experiment.title} has no labels by hand: its rows are labelled by their data alone.")
    return experiment.by_hand


def classes_of(labelling: Labelling, dataset: Dataset) -> tuple[str, ...]:
    """The classes that a label can name, in the order of the keys."""
    names = labelling.classes(dataset)
    if len(names) > MAX_CLASSES:
        raise DarkroomError(
            f"Data set '{dataset.name}' has {len(names)} classes, there are keys for {MAX_CLASSES}: merge some in its table."
        )
    return names


def open_hand_labels(labelling: Labelling, dataset: Dataset, read: Reader = log.read) -> HandLabels:
    """Read what was labelled; `read` lets a caller put a cache in front of the logs."""
    names = classes_of(labelling, dataset)
    logs = [read(dataset.experiment, name) for name in log.labellers(dataset.experiment)]
    entries = tuple(entry for entries, _ in logs for entry in entries)
    return HandLabels(
        dataset, names, entries, log.rows_of(dataset, entries, labelling.mapping), sum(n for _, n in logs)
    )


def plan(
    hand_labels: HandLabels,
    labeller: str,
    n: int,
    pool: np.ndarray,
    scored: ScoreTable | None = None,
    settings: QueueParameters | None = None,
) -> list[Item]:
    """The next events of a labeller out of the rows `pool`; `scored`: a run whose doubts come first."""
    margins = None
    if scored is not None:
        margins = np.full(hand_labels.dataset.n_rows, np.nan, np.float32)
        margins[scored.rows] = queue.margin(scored.probabilities)
    uid = hand_labels.dataset.column("uid")
    return queue.plan(
        n, labeller, uid, pool, margins, hand_labels.entries, hand_labels.rows, settings or QueueParameters()
    )


def predicted(scored: ScoreTable, row: int) -> str:
    """The predicted class and scores of a row by a run, in words; '' if it has not scored it."""
    at = int(np.searchsorted(scored.rows, row))
    if at >= len(scored.rows) or scored.rows[at] != row:
        return ""
    outputs = scored.probabilities[at]
    best = int(np.nanargmax(outputs)) if np.isfinite(outputs).any() else -1
    return "" if best < 0 else f"{scored.classes[best]} ({outputs[best]:.3f})"


def line(
    labelling: Labelling,
    dataset: Dataset,
    row: int,
    kind: str,
    label: str,
    labeller: str,
    *,
    spent_ms: int = 0,
    is_difficult: bool = False,
    why: str = "",
    is_blind: bool = False,
    look: Look | None = None,
) -> Entry:
    """A line about a row, not yet written."""
    source = int(dataset.source_of(np.array([row]))[0])
    return Entry(
        log.new_id(), kind, int(dataset.column("uid")[row]), source, log.made_of(dataset, labelling.mapping), label, labeller, log.now_ms(),
        min(max(spent_ms, 0), 86_400_000), is_difficult, why, is_blind, plain_look(look) if look else {},
    )  # fmt: skip


def write(dataset: Dataset, entry: Entry, classes: tuple[str, ...]) -> Entry:
    """Check a line and put it on the disk."""
    if entry.kind in (LABEL, ADJUDICATION) and entry.label not in classes:
        raise DarkroomError(f"'{entry.label}' is no class of data set '{dataset.name}': expected {', '.join(classes)}.")
    log.append(dataset.experiment, [entry])
    return entry


def take_back(labelling: Labelling, dataset: Dataset, labeller: str, entry: Entry | None = None) -> Entry | None:
    """Take a line back, the labeller's newest one on this data set if none is named; returns it, None if there is none."""
    if entry is None:
        entries, _ = log.read(dataset.experiment, labeller)
        live = log.live(entries)
        rows = log.rows_of(dataset, live, labelling.mapping)
        in_dataset = [e for e, row in zip(live, rows.tolist(), strict=True) if row >= 0]
        if not in_dataset:
            return None
        entry = max(in_dataset, key=lambda e: e.time_ms)
    undo = Entry(
        log.new_id(), UNDO, entry.uid, entry.source, entry.made, "", labeller, log.now_ms(), of=entry.id
    )  # fmt: skip
    log.append(dataset.experiment, [undo])
    return entry
