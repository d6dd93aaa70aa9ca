"""A trained network as an ONNX file (onnx.ai), which runs anywhere without keras: the part of it that its experiment offers for this.

For a process that may import keras. Conversion by keras itself, which needs the packages onnx and tf2onnx.
"""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import parameters, runs, workspace
from core.errors import DarkroomError
from core.learn import backend, predict
from core.learn.network import Network
from core.learn.plan import network_of


def exported_of(run: runs.Run, networks: Mapping[str, Network]) -> Any:
    """The keras model of what is written of a run: its network's `exported` part, from (n, k) to named outputs (n, ...)."""
    network = network_of(networks, run.network)
    if network.exported is None:
        can = ", ".join(name for name, other in networks.items() if other.exported) or "none"
        raise DarkroomError(
            f"Network '{run.network}' of run '{run.id}' is not one function that a file of ONNX holds: of this experiment those of {can} are."
        )
    values: Any = parameters.build(network.parameters, run.params["parameters"])
    return network.exported(predict.load_model(run, networks), values)


def write(run: runs.Run, networks: Mapping[str, Network], path: Path) -> dict[str, Any]:
    """Write the part to a file, which is at `path` when it is whole; returns its path, bytes, inputs and outputs with their shapes."""
    backend.load_keras()
    part = exported_of(run, networks)
    with workspace.replacing(path) as temporary:
        _convert(part, temporary)
        shapes = _with_facts(temporary, run)
    return {"path": str(path), "bytes": path.stat().st_size, "run": run.id, **shapes}


def _convert(part: Any, path: Path) -> None:
    """By keras; the libraries' own warnings and lines say nothing that a user could mend."""
    for name in ("tf2onnx", "tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            part(np.ones((1, part.inputs[0].shape[1]), np.float32))  # keras exports only what was called
            part.export(str(path), format="onnx", verbose=False)
    except ImportError as error:
        raise DarkroomError(f"ONNX files need a package that is not here ({error}): run `make setup`.") from None


def _with_facts(path: Path, run: runs.Run) -> dict[str, Any]:
    """Put into the file what it is of; inputs and outputs by name with their shapes, None for the batch."""
    import onnx

    model = onnx.load(str(path))
    ranges = run.provenance.get("ranges") or {}
    facts = {"run": run.id, "network": run.network, "inputs": ", ".join(ranges)} | {
        f"trained {name}": f"{low:g} to {high:g}" for name, (low, high) in ranges.items()
    }
    onnx.helper.set_model_props(model, facts)
    path.write_bytes(model.SerializeToString())
    return {
        kind: {value.name: [size.dim_value or None for size in value.type.tensor_type.shape.dim] for value in values}
        for kind, values in (("inputs", model.graph.input), ("outputs", model.graph.output))
    }
