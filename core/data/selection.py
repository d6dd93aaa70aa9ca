"""A selection: cuts, a label scheme and a division into training, validation and test; named and stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core import parameters, workspace
from core.data.cuts import Cutting, cut_table
from core.data.dataset import Dataset
from core.data.splits import SPLITS, SplitParameters, split_rows
from core.errors import DarkroomError
from core.experiment import Experiment, Region, RegionGrid


@dataclass(frozen=True)
class Selection:
    """What is selected: `cuts` is the experiment's own frozen dataclass, `labels` one of its schemes."""

    cuts: Any
    labels: str
    split: SplitParameters = field(default_factory=SplitParameters)

    def to_dict(self) -> dict[str, Any]:
        return {
            "cuts": parameters.to_dict(self.cuts),
            "labels": self.labels,
            "split": parameters.to_dict(self.split),
        }


def from_dict(experiment: Experiment, values: Mapping[str, Any]) -> Selection:
    """Build a selection from plain values, refusing unknown names."""
    unknown = set(values) - {"cuts", "labels", "split"}
    if unknown:
        raise DarkroomError(f"A selection has no field '{sorted(unknown)[0]}': expected cuts, labels and split.")
    return Selection(
        parameters.build(experiment.cuts, values.get("cuts", {})),
        checked_scheme(experiment, str(values.get("labels", next(iter(experiment.label_schemes))))),
        parameters.build(SplitParameters, values.get("split", {})),
    )


def checked_scheme(experiment: Experiment, scheme: str) -> str:
    if scheme not in experiment.label_schemes:
        raise DarkroomError(f"Unknown label scheme '{scheme}': expected one of {', '.join(experiment.label_schemes)}.")
    return scheme


def usable_schemes(experiment: Experiment, dataset: Dataset) -> list[str]:
    """The label schemes of which the data set has the columns, those that can label a row first."""
    cuts = next(iter(experiment.presets.values())).selection.cuts
    found = []
    for scheme in experiment.label_schemes:
        per_class = experiment.label_cuts(cuts, scheme, dataset)
        if per_class and all(dataset.has(cut.column) for group in per_class.values() for cut in group):
            found.append(scheme)
    return sorted(found, key=lambda scheme: scheme in experiment.truth_schemes and not dataset.simulated)


def preset(experiment: Experiment, name: str) -> Selection:
    if name not in experiment.presets:
        raise DarkroomError(f"Unknown preset '{name}': expected one of {', '.join(experiment.presets)}.")
    return experiment.presets[name].selection


def grid_of(experiment: Experiment) -> RegionGrid:
    """The experiment's grid of regions, or a refusal."""
    if experiment.grid is None:
        raise DarkroomError(f"{experiment.title} has no regions, so there is nothing to train and test across.")
    return experiment.grid


def of_regions(experiment: Experiment, selection: Selection, regions: Sequence[Region]) -> Selection:
    """The selection narrowed or widened to these regions: of several, the smallest that holds all of them."""
    return Selection(grid_of(experiment).cuts_of(selection.cuts, regions), selection.labels, selection.split)


def rows_key(experiment: Experiment, dataset: Dataset, selection: Selection) -> str:
    """Changes whenever the rows that a selection keeps can change: not with a derived column that it does not cut on."""
    per_class = experiment.label_cuts(selection.cuts, selection.labels, dataset).values()
    named = {cut.column for cuts in (experiment.cut_list(selection.cuts), *per_class) for cut in cuts}
    return dataset.id if named & set(experiment.derived) else dataset.rows_id


@dataclass(frozen=True)
class Selected:
    """Rows that a selection keeps.

    preselected int64 (m,): rows that pass the cuts, whatever their label (a run scores all of them);
    labels int8 (m,): index in `classes` or -1; split int8 (m,): TRAIN, VALIDATION, TEST.
    """

    experiment: Experiment
    dataset: Dataset
    selection: Selection
    cutting: Cutting
    classes: tuple[str, ...]

    @cached_property
    def preselected(self) -> np.ndarray:
        return np.flatnonzero(self.cutting.preselected)

    @cached_property
    def labels(self) -> np.ndarray:
        return self.cutting.labels[self.preselected]

    @cached_property
    def split(self) -> np.ndarray:
        """A grouped division follows the sub-runs; both kinds are stratified by class where it can matter."""
        rows = self.preselected
        group = self.experiment.group(self.dataset)[rows]
        return split_rows(self.selection.split, self.dataset.column("uid")[rows], group, self.labels)

    def rows(self, split: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(row numbers, labels) of the labelled rows, of one split if named."""
        keep = self.labels >= 0
        if split is not None:
            keep &= self.split == split
        return self.preselected[keep], self.labels[keep]

    @property
    def signal(self) -> int:
        """Index of the class that a score is the probability of: the experiment's signal, else the first."""
        return signal_index(self.experiment, self.classes)

    @cached_property
    def soft(self) -> np.ndarray | None:
        """float32 (m, n_classes): shares of several judges' labels, one-hot where there was one; None without any."""
        found = self.experiment.soft_labels and self.experiment.soft_labels(self.dataset, self.selection)
        return None if found is None else found[self.preselected]

    def n_of(self, class_index: int) -> int:
        return int((self.labels == class_index).sum())

    def counts(self) -> dict[str, dict[str, int]]:
        """Labelled rows of each class in train, validation and test."""
        counted = {split: self.rows(i)[1] for i, split in enumerate(SPLITS[:3])}
        return {
            split: {name: int((labels == k).sum()) for k, name in enumerate(self.classes)}
            for split, labels in counted.items()
        }

    @property
    def warnings(self) -> list[str]:
        """What a user must know before trusting the labels or the division."""
        told = list(self.experiment.warnings(self.selection.cuts, self.selection.labels, self.dataset))
        for index, name in enumerate(self.classes):
            for split, split_name in enumerate(("training", "validation", "test")):
                n = int(((self.labels == index) & (self.split == split)).sum())
                if self.n_of(index) and not n:
                    told.append(
                        f"No {name} is in the {split_name} sample: there are too few sub-runs for a grouped "
                        "division; add files or choose the random one."
                    )
        return told


def select(experiment: Experiment, dataset: Dataset, selection: Selection) -> Selected:
    """Apply a selection to a data set."""
    if dataset.experiment != experiment.key:
        raise DarkroomError(f"Data set '{dataset.name}' belongs to {dataset.experiment}, not to {experiment.key}.")
    common = experiment.cut_list(selection.cuts)
    per_class = experiment.label_cuts(selection.cuts, selection.labels, dataset)
    named = [cut.column for group in (common, *per_class.values()) for cut in group]
    cutting = cut_table(dataset.columns(named), common, per_class)
    return Selected(experiment, dataset, selection, cutting, tuple(per_class))


def signal_index(experiment: Experiment, classes: Sequence[str]) -> int:
    """Which of the classes a score is the probability of: the experiment's signal, else the first."""
    return list(classes).index(experiment.signal) if experiment.signal in classes else 0


def need_both_classes(selected: Selected) -> None:
    """Refuse a selection with which nothing can be trained or judged, naming what is left."""
    counts = [selected.n_of(i) for i in range(len(selected.classes))]
    if all(counts):
        return
    left = ", ".join(f"{n} {name}" for n, name in zip(counts, selected.classes, strict=True))
    needed = "both classes are needed" if len(counts) == 2 else "all classes are needed"
    flow = selected.cutting.flow
    worst = min(flow[1:], key=lambda row: row.cumulative, default=flow[0])
    raise DarkroomError(
        f"Data set '{selected.dataset.name}': the selection leaves {left}; {needed}. "
        f"The cut '{worst.cut}' leaves {worst.cumulative} rows: widen it or prepare files that hold the others."
    )


def store(dataset: Dataset, name: str, selection: Selection) -> None:
    """Keep a selection under a name beside the data set's other selections."""
    folder = workspace.folder("selections", dataset.name)
    workspace.write_json(folder / f"{workspace.checked_name(name, 'selection')}.json", selection.to_dict())


def stored(dataset_name: str) -> list[str]:
    """Names of the stored selections of a data set."""
    return sorted(p.stem for p in workspace.folder("selections", dataset_name).glob("*.json"))


def load(experiment: Experiment, dataset_name: str, name: str) -> Selection:
    path = workspace.folder("selections", dataset_name) / f"{workspace.checked_name(name, 'selection')}.json"
    if not path.exists():
        known = ", ".join(stored(dataset_name)) or "none yet"
        raise DarkroomError(f"Data set '{dataset_name}' has no selection '{name}' (there are: {known}).")
    return from_dict(experiment, workspace.read_json(path))
