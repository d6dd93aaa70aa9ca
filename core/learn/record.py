"""What a run's folder tells of its training before anything is trained."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import parameters, runs
from core.data.selection import rows_key
from core.data.splits import SPLITS, TEST, TRAIN, VALIDATION

if TYPE_CHECKING:
    from core.learn.fit import Task


def write_settings(asked: "Task", folder: Path) -> None:
    """Keep what was asked for, and the side and label of every preselected row."""
    chosen = asked.selected
    params = {
        "network": asked.name,
        "parameters": parameters.to_dict(asked.network_parameters),
        "training": parameters.to_dict(asked.training),
    }
    runs.write_settings(folder, params, parameters.to_dict(asked.recipe), chosen.selection.to_dict())
    uid = asked.dataset.column("uid")[chosen.preselected]
    source = asked.dataset.source_of(chosen.preselected)
    runs.write_rows(folder, uid, source, chosen.labels, chosen.split)


def origin(asked: "Task") -> dict[str, Any]:
    """Where the numbers come from: data, files, counts per split and class, seed."""
    chosen, dataset = asked.selected, asked.dataset
    counts = {
        SPLITS[split]: {name: int((chosen.rows(split)[1] == i).sum()) for i, name in enumerate(chosen.classes)}
        for split in (TRAIN, VALIDATION, TEST)
    }
    files = [{key: part.get(key) for key in ("file", "n_rows", "sha256")} for part in dataset.meta["parts"]]
    return {
        "experiment": chosen.experiment.key,
        "dataset": {
            "name": dataset.name, "id": dataset.id, "rows_key": rows_key(chosen.experiment, dataset, chosen.selection), "n_rows": dataset.n_rows, "is_simulated": dataset.simulated,
            "files": files,
        },
        "classes": list(chosen.classes),
        "counts": counts,
        "n_preselected": len(chosen.preselected),
        "warnings": chosen.warnings,
        "seed": asked.training.seed,
    }  # fmt: skip
