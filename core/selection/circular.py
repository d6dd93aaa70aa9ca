"""Labels that a network's input determines: who is right under them has only shown that it can compute them.

Nothing of this is written down label by label. The columns that a label is cut on are those of its definition, and of what
a column is made the experiment tells; which columns an input determines follows from its recipe.
"""

from collections.abc import Mapping, Set
from typing import Any

from core.data.dataset import Dataset
from core.data.table import Table
from core.labels.labels import Labels


def circular_columns(
    labels: Labels, table: Table, dataset: Dataset, determined: Set[str], cuts: Any, scheme: str
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """(columns that the labels are cut on and that are among those `determined` by an input; column -> how it comes in, of
    those that only stand behind a column that the labels are cut on).
    """
    cut_on = {cut.column for group in labels.cuts_of(cuts, scheme, dataset).values() for cut in group}
    behind = {name: how for column in cut_on for name, how in table.made_of.get(column, {}).items()}
    return tuple(sorted(cut_on & determined)), {name: how for name, how in behind.items() if name in determined}


def _is_there(labels: Labels, dataset: Dataset, cuts: Any, scheme: str) -> bool:
    """Whether the data set can be labelled by a scheme: it has classes, and the columns that make them."""
    groups = labels.cuts_of(cuts, scheme, dataset).values()
    return bool(groups) and all(dataset.has(cut.column) for group in groups for cut in group)


def warnings(
    labels: Labels | None, table: Table, dataset: Dataset, determined: Set[str], cuts: Any, scheme: str
) -> list[str]:
    """What must be known of the labels of a scheme of which an input determines columns; [] if nothing."""
    if labels is None:
        return []
    direct, behind = circular_columns(labels, table, dataset, determined, cuts, scheme)
    titles = {column.name: column.title for column in table.columns}
    if direct:
        apart = [
            f"'{other}'"
            for other, facts in labels.schemes.items()
            if other != scheme
            and _is_there(labels, dataset, cuts, other)
            and (dataset.simulated or not facts.needs_truth)
            and not circular_columns(labels, table, dataset, determined, cuts, other)[0]
        ]
        columns = ", ".join(f"{titles.get(name, name)} ({name})" for name in direct)
        compare = f" Compare with the labels {' or '.join(apart)}." if apart else ""
        return [
            f"The labels are circular: '{scheme}' is cut on {columns}, which the network's input determines. That cut alone scores "
            f"100/100 on them, and rows that fail it may be in no class.{compare}"
        ]
    if behind:
        columns = ", ".join(titles.get(name, name) for name in behind)
        return [
            f"The labels are circular in part: under '{scheme}' {'; '.join(behind.values())}. The network's input determines "
            f"{columns}, so between these classes it shows only that it finds these limits."
        ]
    return []
