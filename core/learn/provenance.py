"""The settings and provenance of a run, written to its folder before the training begins."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import parameters, runs
from core.selection.selection import rows_key

if TYPE_CHECKING:
    from core.learn.plan import TrainingPlan


def write_settings(plan: "TrainingPlan", folder: Path) -> None:
    """Store the settings, and the side and label of every preselected row."""
    chosen = plan.selected
    params = {
        "network": plan.name,
        "parameters": parameters.to_dict(plan.network_parameters),
        "training": parameters.to_dict(plan.training),
    }
    runs.write_settings(folder, params, parameters.to_dict(plan.recipe), chosen.selection.to_dict())
    uid = plan.dataset.column("uid")[chosen.preselected]
    source = plan.dataset.source_of(chosen.preselected)
    runs.write_rows(folder, uid, source, chosen.labels, plan.task.side(chosen), plan.task.split(chosen))


def origin(plan: "TrainingPlan") -> dict[str, Any]:
    """Where the numbers come from: data, files, counts per split and class, seed."""
    chosen, dataset = plan.selected, plan.dataset
    files = [{key: part.get(key) for key in ("file", "n_rows", "sha256")} for part in dataset.meta["parts"]]
    return {
        "experiment": dataset.experiment,
        "dataset": {
            "name": dataset.name, "id": dataset.id, "version": dataset.version, "mapping": dataset.meta["mapping"], "rows_key": rows_key(chosen.selecting, chosen.labels_facet, dataset, chosen.selection), "n_rows": dataset.n_rows, "is_simulated": dataset.simulated,
            "files": files,
        },
        "task": plan.task.key,
        "stages": [stage.to_dict() for stage in plan.stages],
        "classes": list(plan.task.classes),
        **({"tags": dict(chosen.tagging.n_rows)} if chosen.selection.tags else {}),
        "counts": plan.task.counts(chosen),
        "n_preselected": len(chosen.preselected),
        "warnings": list(plan.warnings),
        "seed": plan.training.seed,
    }  # fmt: skip
