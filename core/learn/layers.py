"""A network, layer by layer: for a process that may import keras."""

from collections.abc import Mapping
from typing import Any

from core.learn import backend
from core.learn.network import Network


def describe_networks(networks: Mapping[str, Network]) -> dict[str, dict[str, Any]]:
    """`describe_layers` of each network by name, with its default settings, on the record that it was made for."""
    return {
        name: describe_layers(network, network.parameters(), network.record, network.record.n_outputs)
        for name, network in networks.items()
    }


def describe_layers(network: Network, parameters: Any, record: Any, n_classes: int = 2) -> dict[str, Any]:
    """{"parameters": n, "layers": [{"name", "output_shape" (batch dimension None first; of several outputs a list), "parameters"}]}.

    `record` is a data set, or a `Record`, that the network's recipe accepts.
    """
    backend.load_keras()
    shape = network.recipe_for(parameters).shape(record)
    task = network.task.given(parameters) if network.task else None
    model = network.build(parameters, *((task.input_shape(shape), task.output(shape)) if task else (shape, n_classes)))
    layers = [
        {"name": layer.name, "output_shape": _shape(layer.output), "parameters": int(layer.count_params())}
        for layer in model.layers
    ]
    return {"parameters": int(model.count_params()), "layers": layers}


def _shape(output: Any) -> list[Any]:
    """The shape of a layer's output; of several outputs a list of shapes."""
    return [_shape(each) for each in output] if isinstance(output, list | tuple) else list(output.shape)
