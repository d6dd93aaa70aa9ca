"""Weights from elsewhere for the layers of a network: from a run, a file in the workspace, or Keras' own local cache.

Nothing is downloaded. Arrays go to layers by name and shape, and every layer of the base must get its own, so that no part of it is
left to chance unnoticed.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from core import manifest, runs, workspace
from core.errors import DarkroomError
from core.learn import predict
from core.learn.network import Network

Arrays = dict[str, list[np.ndarray]]
"""Layer -> its arrays in keras' order."""

CACHE = "keras"
NO_WEIGHTS = "No weights: the base starts from chance and stays so while it is frozen. That is a control, not a method, and not ImageNet."
HELP = "weights of the base: none if empty, 'keras' (ImageNet, if in Keras' local cache), a run, or a file in workspace/weights"


def note(weights: str) -> str:
    """What it means for a base to have these weights, in a sentence."""
    if not weights:
        return NO_WEIGHTS
    if weights == CACHE:
        return "The base starts from ImageNet weights in Keras' local cache."
    kind = "the file" if Path(weights).suffix else "the run"
    return f"The base starts from the weights of {kind} '{weights}'."


def load(
    model: Any, weights: str, own: Callable[[str], bool], cached: str, networks: Mapping[str, Network]
) -> dict[str, Any]:  # fmt: skip
    """Put weights into the layers of a keras model that are not its `own(name)`; what they are, for the provenance.

    `cached` is the name of the file in Keras' cache, '' where there is none for this network.
    """
    if not weights:
        return {"source": "none", "note": NO_WEIGHTS}
    path, arrays = _arrays(weights, cached, networks)
    n_layers = assign(model, arrays, own, path.name)
    return {"source": weights, "file": path.name, "sha256": manifest.sha256(path), "n_layers": n_layers}


def _arrays(weights: str, cached: str, networks: Mapping[str, Network]) -> tuple[Path, Arrays]:
    """The file that holds the weights, and they."""
    if weights == CACHE:
        home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
        path = home / "models" / cached
        if not cached or not path.is_file():
            raise DarkroomError(
                f"Keras' local cache has no weights for this network ({path} is missing): put the file there, name another, or "
                "leave 'weights' empty."
            )
        return path, read_h5(path)
    name = workspace.checked_name(weights, "name of weights")
    path = workspace.folder("weights") / name
    if path.suffix in (".h5", ".npz"):
        if not path.is_file():
            raise DarkroomError(f"There is no file '{name}' in {path.parent}: put it there, or name a run.")
        return path, read_npz(path) if path.suffix == ".npz" else read_h5(path)
    run = runs.open_run(name)
    layers = predict.load_model(run, networks).layers
    return run.path / runs.MODEL, {layer.name: layer.get_weights() for layer in layers if layer.weights}


def read_npz(path: Path) -> Arrays:
    """Arrays `<layer>__kernel` and `<layer>__bias` of a NumPy file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise DarkroomError(
            f"{path.name} cannot be read ({error}): expected arrays `<layer>__kernel`, `<layer>__bias`."
        ) from None
    layers: Arrays = {}
    for ending in ("kernel", "bias"):
        for name, array in arrays.items():
            layer, _, kind = name.rpartition("__")
            if kind == ending:
                layers.setdefault(layer, []).append(array)
    return layers


def read_h5(path: Path) -> Arrays:
    """The arrays of an HDF5 file as Keras' applications have them: a group per layer, which names its arrays in order."""
    try:
        with h5py.File(path, "r") as file:
            names = [_text(name) for name in file.attrs["layer_names"]]
            return {
                layer: [np.asarray(file[layer][_text(name)]) for name in file[layer].attrs["weight_names"]]
                for layer in names
            }
    except (OSError, KeyError) as error:
        raise DarkroomError(
            f"{path.name} cannot be read ({error}): expected weights in HDF5 as Keras' applications have them."
        ) from None


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def assign(model: Any, arrays: Mapping[str, list[np.ndarray]], own: Callable[[str], bool], what: str) -> int:
    """Give every layer with weights that is not its `own(name)` those of the same name; how many got theirs."""
    layers = [layer for layer in model.layers if layer.weights and not own(layer.name)]
    wrong = [layer.name for layer in layers if not _fit(layer, arrays.get(layer.name))]
    if wrong or not layers:
        first = f"the first that has none of its name and shape is '{wrong[0]}'" if wrong else "it has no base"
        raise DarkroomError(
            f"{what} does not fit this network: {len(layers) - len(wrong)} of {len(layers)} layers of the base find their weights in "
            f"it, {first}. Choose weights of the same network."
        )
    for layer in layers:
        layer.set_weights(arrays[layer.name])
    return len(layers)


def _fit(layer: Any, arrays: list[np.ndarray] | None) -> bool:
    return arrays is not None and [tuple(w.shape) for w in layer.weights] == [array.shape for array in arrays]
