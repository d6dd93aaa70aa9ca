"""What a run tells of a training that never was: for benchmarks and tests of everything that comes after one."""

from typing import Any

from core.data.selection import Selected, rows_key


def provenance(selected: Selected) -> dict[str, Any]:
    """As `core.learn.record` writes it, for a run on these rows."""
    dataset = selected.dataset
    key = rows_key(selected.experiment, dataset, selected.selection)
    return {
        "experiment": selected.experiment.key, "dataset": {"name": dataset.name, "id": dataset.id, "rows_key": key},
        "state": "finished", "started_at": "2020-02-19T00:00:00Z", "seconds": 1.0, "events_per_s": 1.0,
        "device": "none", "n_parameters": 0, "n_epochs": 1, "best_epoch": 1, "validation_loss": 0.5,
        "counts": selected.counts(), "warnings": [], "versions": {},
    }  # fmt: skip
