"""Which label schemes a data set can be labelled by."""

import dataclasses

from core.data.dataset import Dataset
from core.labels.labels import Labels
from core.selection.selecting import Selecting
from core.selection.selection import Selection


def usable_schemes(selecting: Selecting, labels: Labels | None, dataset: Dataset) -> list[str]:
    """The label schemes of which the data set has the columns: first its own, last one that can label no row."""
    if labels is None:
        return []
    cuts = next(iter(selecting.presets.values())).selection.cuts
    usable = []
    for scheme in labels.schemes:
        per_class = labels.cuts_of(cuts, scheme, dataset)
        if per_class and all(dataset.has(cut.column) for group in per_class.values() for cut in group):
            usable.append(scheme)
    is_void = {scheme: labels.schemes[scheme].needs_truth and not dataset.simulated for scheme in usable}
    return sorted(usable, key=lambda scheme: (is_void[scheme], not labels.schemes[scheme].is_own))


def meaningful_schemes(selecting: Selecting, labels: Labels | None, dataset: Dataset) -> list[str]:
    """The usable label schemes but those of a truth that measured data do not have."""
    if labels is None:
        return []
    return [
        scheme
        for scheme in usable_schemes(selecting, labels, dataset)
        if dataset.simulated or not labels.schemes[scheme].needs_truth
    ]


def with_usable_labels(
    selecting: Selecting, labels: Labels | None, dataset: Dataset, selection: Selection
) -> Selection:
    """The selection, its labels those that the data set brings with it, or those of its first usable scheme where they would
    be those of a truth that measured data do not have.
    """
    first = usable_schemes(selecting, labels, dataset)[:1]
    if labels is None or not first:
        return selection
    is_void = labels.schemes[selection.labels].needs_truth and not dataset.simulated
    if labels.schemes[first[0]].is_own or (is_void and not labels.schemes[first[0]].needs_truth):
        return dataclasses.replace(selection, labels=first[0])
    return selection
