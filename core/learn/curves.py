"""Training curves from the metrics of a job or the files of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import runs
from core.figures import Curve
from core.jobs import queue
from core.jobs.queue import Metric
from core.learn.progress import LEAST
from core.statistics.efficiency import RIGHT

AXES = ("batches", "epochs")
MAX_POINTS = 1500


@dataclass(frozen=True)
class Curves:
    """Curves of one training. Of `n_points` over the batches every `every`-th is in them (and the last)."""

    curves: list[Curve]
    n_points: int
    every: int


def more_metrics(known: Sequence[Metric], job_id: int) -> list[Metric]:
    """The points of a job, of which `known` were read before: only new ones are read from the file."""
    return [*known, *queue.read_metrics(job_id, known[-1].id if known else 0)]


def of_points(points: Sequence[Mapping[str, Any]], name: str, axis: str = "batches") -> Curves:
    """Loss, its parts, and efficiency of each class from a training's points (`kind` is batch or epoch).

    Over `batches` the running mean of the latest 30 with the validation after each epoch; over `epochs` the mean of
    the whole epoch instead. Undefined values (None) are left out.
    """
    epochs = [p for p in points if p["kind"] == "epoch"]
    batches = [p for p in points if p["kind"] == "batch"]
    every = max(1, -(-len(batches) // MAX_POINTS))
    drawn_batches = [p for i, p in enumerate(batches) if i % every == 0 or i == len(batches) - 1]
    training, x = (drawn_batches, "step") if axis == "batches" else (epochs, "epoch")
    classes = dict.fromkeys(k.removesuffix("_efficiency") for p in points for k in p if k.endswith("_efficiency"))
    curves = []
    for class_name in ("", *(name for name in classes if not name.startswith("validation_"))):
        quantity = f"{class_name}_efficiency" if class_name else "loss"
        curves.append(_curve(training, name, class_name, x, quantity, False))
        curves.append(_curve(epochs, name, class_name, x, f"validation_{quantity}", True))
    for part in dict.fromkeys(k.removesuffix("_loss") for p in points for k in p if is_part(k)):
        curves.append(_curve(training, name, "", x, f"{part}_loss", False, part))
        curves.append(_curve(epochs, name, "", x, f"validation_{part}_loss", True, part))
    return Curves([c for c in curves if c.x], len(batches), every if axis == "batches" else 1)


def _curve(
    points: Sequence[Mapping[str, Any]], name: str, class_name: str, x: str, y: str, is_validation: bool, part: str = ""
) -> Curve:
    defined = [p for p in points if p.get(y) is not None]
    return Curve(name, class_name, [p[x] for p in defined], [p[y] for p in defined], is_validation, part)


def is_part(name: str) -> bool:
    """Whether a number of a point is a part of the loss."""
    return name.endswith("_loss") and not name.startswith("validation_")


def least_of(run: runs.Run) -> dict[str, float]:
    """The lowest values that parts of a run's loss can reach, by part, where they are known."""
    return _by_part((run.provenance.get("adapted") or {}).get("floors", {}))


def least_of_points(points: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The same from the points of a running training."""
    return next((_by_part(point) for point in points if point["kind"] == LEAST), {})


def _by_part(values: Mapping[str, Any]) -> dict[str, float]:
    return {name.removesuffix("_loss"): float(value) for name, value in values.items() if is_part(name)}


def of_run(run: runs.Run, axis: str = "batches") -> Curves:
    """The curves that a run keeps."""
    names = AXES if axis == "batches" else ("epochs",)
    points = [_plain(p) for name in names for p in runs.read_curves(run, name).to_dict("records")]
    return of_points(points, run.name, axis)


def _plain(point: Mapping[Any, Any]) -> dict[str, Any]:
    """Undefined is None again (NaN is the only value that differs from itself)."""
    return {str(key): None if value != value else value for key, value in point.items()}


def _quantity(curve: Curve) -> str:
    name = curve.class_name
    return RIGHT.get(name, f"{name} efficiency") if name else f"{curve.part} loss".strip()


def columns(of_runs: Sequence[Curves], axis: str) -> dict[str, list[Any]]:
    """The drawn points as columns for a file, one line per point."""
    lines = [
        (c.run, "validation" if c.is_validation else "training", _quantity(c), x, y)
        for run_curves in of_runs
        for c in run_curves.curves
        for x, y in zip(c.x, c.y, strict=True)
    ]  # fmt: skip
    names = ("run", "sample", "quantity", axis, "value")
    return {name: [line[i] for line in lines] for i, name in enumerate(names)}
