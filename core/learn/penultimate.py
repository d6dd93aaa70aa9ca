"""What the last layer of a network sees of each row, and its first two principal components. Keras runs here: only in a job."""

import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core import workspace
from core.data.dataset import Dataset
from core.data.loader import Recipe
from core.errors import DarkroomError
from core.learn import backend, predict
from core.learn.task import Task

MAX_ACTIVATIONS = 4096
PIECE_ROWS = 16_384


def up_to_last(model: Any) -> tuple[Any, str]:
    """(the network up to what its last layer with weights is given, flattened to (n, k); the name of that layer)."""
    keras = backend.load_keras()
    last = next((layer for layer in reversed(getattr(model, "layers", [])) if layer.weights), None)
    seen = getattr(last, "input", None) if last is not None and getattr(model, "inputs", None) else None
    if last is None or seen is None or isinstance(seen, list | tuple | dict) or len(model.outputs) != 1:
        raise DarkroomError(
            "The network has no single last layer that sees one list of numbers of a row: it has no map."
        )
    flat = seen if len(seen.shape) == 2 else keras.layers.Flatten()(seen)
    if flat.shape[1] is None or not 2 <= flat.shape[1] <= MAX_ACTIVATIONS:
        raise DarkroomError(
            f"The last layer '{last.name}' sees {flat.shape[1]} numbers of a row: a map is made of 2 to {MAX_ACTIVATIONS:,}."
        )
    return keras.Model(model.inputs, flat), last.name


def stored_activations(
    model: Any, task: Task, dataset: Dataset, rows: np.ndarray, recipe: Recipe, on_rows: Callable[[int], None] | None = None
) -> np.ndarray:  # fmt: skip
    """float32 (n, k) of ascending row numbers (n,), in a file of the workspace without a name: it is gone when the process ends."""
    with tempfile.TemporaryFile(dir=workspace.root()) as file:
        out = np.memmap(file, np.float32, "w+", shape=(len(rows), *model.output_shape[1:]))
    done = 0
    for piece in predict.batch_outputs(model, task, dataset, rows, recipe):
        out[done : done + len(piece)] = piece
        done += len(piece)
        if on_rows:
            on_rows(done)
    return out


def _pieces(values: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(values), PIECE_ROWS):
        yield np.asarray(values[start : start + PIECE_ROWS], np.float64)


def principal(values: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """(float64 (n, 2): each row's place along the first two principal axes; their shares of the variance) of values (n, k).

    The axes are eigenvectors of the covariance, summed up piece by piece so that memory does not grow with n; of each the
    largest component is positive. Shares are 0 where nothing varies.
    """
    mean = sum((piece.sum(axis=0) for piece in _pieces(values)), np.zeros(values.shape[1])) / max(len(values), 1)
    scatter = np.zeros((values.shape[1], values.shape[1]))
    for piece in _pieces(values):
        scatter += (piece - mean).T @ (piece - mean)
    sizes, vectors = np.linalg.eigh(scatter)
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    places = np.concatenate([(piece - mean) @ axes for piece in _pieces(values)]) if len(values) else np.zeros((0, 2))
    total = float(sizes.sum())
    first, second = (max(float(size), 0.0) / total if total > 0.0 else 0.0 for size in sizes[::-1][:2])
    return places, (first, second)
