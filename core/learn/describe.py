"""A network, layer by layer: for a process that may import keras."""

from dataclasses import dataclass, field
from typing import Any

from core.experiment import Network
from core.learn import backend


@dataclass(frozen=True)
class Record:
    """Stands for a data set where only the geometry of its records matters."""

    name: str
    sampling_ns: float
    record_samples: int
    pretrigger_samples: int
    meta: dict[str, Any] = field(default_factory=dict)


def describe_layers(network: Network, parameters: Any, record: Any, n_classes: int = 2) -> dict[str, Any]:
    """{"parameters": n, "layers": [{"name", "output_shape" (batch dimension None first), "parameters"}]}.

    `record` is a data set, or a `Record`, that the network's recipe accepts.
    """
    backend.load_keras()
    model = network.build(parameters, network.recipe_for(parameters).shape(record), n_classes)
    layers = [
        {"name": layer.name, "output_shape": list(layer.output.shape), "parameters": int(layer.count_params())}
        for layer in model.layers
    ]
    return {"parameters": int(model.count_params()), "layers": layers}
