"""A selection: cuts, a label scheme and a split into training, validation and test; named and stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core import bin, parameters, workspace
from core.data.cuts import Cut, Cutting, cut_table
from core.data.dataset import Dataset
from core.data.splits import OTHER, SPLITS, SplitParameters, split_rows
from core.errors import DarkroomError
from core.labels.labels import Labels, checked_scheme, signal_index
from core.selection.selecting import Selecting
from core.selection.tag_cut import NO_TAGS, TagCut, Tagging, tagging


@dataclass(frozen=True)
class Selection:
    """What is selected: `cuts` is the experiment's own frozen dataclass, `labels` one of its schemes, '' where it has none,
    `tags` what people have tagged of its rows.
    """

    cuts: Any
    labels: str
    split: SplitParameters = field(default_factory=SplitParameters)
    tags: TagCut = field(default_factory=TagCut)

    def to_dict(self) -> dict[str, Any]:
        return {
            "cuts": parameters.to_dict(self.cuts),
            "labels": self.labels,
            "split": parameters.to_dict(self.split),
            **({"tags": parameters.to_dict(self.tags)} if self.tags else {}),
        }


def from_dict(selecting: Selecting, labels: Labels | None, values: Mapping[str, Any]) -> Selection:
    """Build a selection from plain values, refusing unknown names."""
    if not isinstance(values, Mapping):
        raise DarkroomError(f"A selection is {values!r}: expected a table of cuts, labels, split and tags.")
    unknown = set(values) - {"cuts", "labels", "split", "tags"}
    if unknown:
        raise DarkroomError(f"A selection has no field '{sorted(unknown)[0]}': expected cuts, labels, split and tags.")
    usual = next(iter(labels.schemes)) if labels else ""
    return Selection(
        parameters.build(selecting.cuts, values.get("cuts", {})),
        checked_scheme(labels, str(values.get("labels", usual))),
        parameters.build(SplitParameters, values.get("split", {})),
        parameters.build(TagCut, values.get("tags", {})),
    )


def preset(selecting: Selecting, name: str) -> Selection:
    if name not in selecting.presets:
        raise DarkroomError(f"Unknown preset '{name}': expected one of {', '.join(selecting.presets)}.")
    return selecting.presets[name].selection


def rows_key(selecting: Selecting, labels: Labels | None, dataset: Dataset, selection: Selection) -> str:
    """Changes whenever the rows that a selection keeps can change: not with a derived column or a tag that it does not cut on."""
    per_class = _class_cuts(labels, dataset, selection).values()
    columns = {cut.column for cuts in (selecting.cut_list(selection.cuts), *per_class) for cut in cuts}
    key = dataset.id if columns & set(dataset.derived) else dataset.rows_id
    tags_id = tagging(dataset, selecting.mapping, selection.tags).id
    return f"{key}-{tags_id}" if tags_id else key


def _class_cuts(labels: Labels | None, dataset: Dataset, selection: Selection) -> dict[str, list[Cut]]:
    """The cuts that make each class; empty where rows have no labels."""
    return labels.cuts_of(selection.cuts, selection.labels, dataset) if labels else {}


@dataclass(frozen=True)
class Selected:
    """Rows that a selection keeps.

    preselected int64 (m,): rows that pass the cuts, whatever their label (a run scores all of them);
    labels int8 (m,): index in `classes` or -1; side int8 (m,): TRAIN, VALIDATION, TEST, or OTHER in a group without a
    label; split int8 (m,): the same of the labelled rows, OTHER of those without a label, which no training uses. Without
    `classes` every row counts.
    """

    selecting: Selecting
    labels_facet: Labels | None
    dataset: Dataset
    selection: Selection
    cutting: Cutting
    classes: tuple[str, ...]
    tagging: Tagging = NO_TAGS

    @cached_property
    def preselected(self) -> np.ndarray:
        return np.flatnonzero(self.cutting.preselected)

    @cached_property
    def labels(self) -> np.ndarray:
        return self.cutting.labels[self.preselected]

    @cached_property
    def side(self) -> np.ndarray:
        """A grouped split follows the sub-runs; both kinds are stratified by class where it can matter."""
        rows = self.preselected
        stratum = self.labels if self.classes else np.zeros(len(rows), np.int8)
        return split_rows(self.selection.split, self.dataset.column("uid")[rows], self.group, stratum)

    @cached_property
    def group(self) -> np.ndarray:
        """int64 (m,): rows of one group stay together in a grouped split."""
        return self.selecting.group(self.dataset)[self.preselected]

    @cached_property
    def split(self) -> np.ndarray:
        return np.where(self._counts, self.side, OTHER).astype(np.int8)

    @property
    def _counts(self) -> np.ndarray:
        """Bool (m,): rows that a training may use."""
        return self.labels >= 0 if self.classes else np.ones(len(self.labels), bool)

    def rows(self, split: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(row numbers, labels) of the labelled rows, of one split if named; of all rows where there are no labels."""
        keep = self._counts.copy()
        if split is not None:
            keep &= self.split == split
        return self.preselected[keep], self.labels[keep]

    @property
    def signal(self) -> int:
        """Index of the class that a score is the probability of: the experiment's signal, else the first."""
        return signal_index(self.labels_facet, self.classes)

    @cached_property
    def soft(self) -> np.ndarray | None:
        """float32 (m, n_classes): shares of several judges' labels, one-hot where there was one; None without any."""
        fractions = self.labels_facet.fractions if self.labels_facet else None
        values = fractions(self.dataset, self.selection) if fractions else None
        return None if values is None else values[self.preselected]

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
        """What a user must know of the cuts and labels, and which classes the split leaves without a sample."""
        sentences = self.selecting.warnings(self.selection.cuts, self.selection.labels, self.dataset)
        return [*sentences, *self._unknown_tags(), *self._empty_splits()]

    def _unknown_tags(self) -> Iterator[str]:
        for name in self.tagging.unknown:
            does = "keeps" if name in self.selection.tags.keep else "drops"
            yield f"No row of data set '{self.dataset.name}' has the tag '{name}': the cut on it {does} nothing."

    def _empty_splits(self) -> Iterator[str]:
        for index, name in enumerate(self.classes):
            for split, split_name in enumerate(("training", "validation", "test")):
                n = int(((self.labels == index) & (self.split == split)).sum())
                if self.n_of(index) and not n:
                    yield (
                        f"No {name} is in the {split_name} sample: there are too few sub-runs for a grouped "
                        "division; add files or choose the random one."
                    )


def select(selecting: Selecting, labels: Labels | None, dataset: Dataset, selection: Selection) -> Selected:
    """Apply a selection to a data set of the experiment that the facets belong to."""
    tags = tagging(dataset, selecting.mapping, selection.tags)
    common = [*selecting.cut_list(selection.cuts), *tags.cuts]
    per_class = _class_cuts(labels, dataset, selection)
    names = [cut.column for group in (common, *per_class.values()) for cut in group if cut.column not in tags.columns]
    columns = {**dataset.columns(names or ["uid"]), **tags.columns}
    cutting = cut_table(columns, common, per_class)
    return Selected(selecting, labels, dataset, selection, cutting, tuple(per_class), tags)


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


def delete(dataset_name: str, name: str) -> str:
    """Move a stored selection into the bin; returns the id of its entry."""
    return bin.put("selection", name, _existing(dataset_name, name))


def rename(dataset_name: str, name: str, new_name: str) -> None:
    """Give a stored selection another name; refused if that is taken."""
    workspace.rename(
        _existing(dataset_name, name), f"{workspace.checked_name(new_name, 'selection')}.json", f"selection '{name}'"
    )


def datasets_with_stored() -> list[str]:
    """Names of the data sets, also of those that are no more, that have stored selections."""
    folders = workspace.folder("selections").glob("[!.]*")
    return sorted(path.name for path in folders if workspace.is_name(path.name) and stored(path.name))


def stored(dataset_name: str) -> list[str]:
    """Names of the stored selections of a data set."""
    folder = workspace.root() / "selections" / workspace.checked_name(dataset_name, "data set")
    return sorted(p.stem for p in folder.glob("[!.]*.json"))


def load(selecting: Selecting, labels: Labels | None, dataset_name: str, name: str) -> Selection:
    return from_dict(selecting, labels, workspace.read_json(_existing(dataset_name, name)))


def _existing(dataset_name: str, name: str) -> Path:
    folder = workspace.root() / "selections" / workspace.checked_name(dataset_name, "data set")
    path = folder / f"{workspace.checked_name(name, 'selection')}.json"
    if not path.exists():
        known = ", ".join(stored(dataset_name)) or "none yet"
        raise DarkroomError(f"Data set '{dataset_name}' has no selection '{name}' (there are: {known}).")
    return path
