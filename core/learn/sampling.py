"""Rows drawn from a trained generator, whether its network gives rows or only its loss."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.learn.network import Draw, Network
from core.learn.tasks.generate import CONDITION, NOISE, SAMPLES


@dataclass(frozen=True)
class Sampled:
    """Stands for a model where rows are drawn from it: the same two inputs, and rows as its output."""

    draw: Draw

    def predict_on_batch(self, x: dict[str, np.ndarray]) -> np.ndarray:
        n = len(x[CONDITION])
        return self.draw(x[CONDITION], x.get(NOISE, np.zeros((n, 0), np.float32)))[SAMPLES]


def answering(model: Any, network: Network, parameters: Any) -> Any:
    """What gives the outputs of a trained network: the keras model itself, or what draws rows from it."""
    return Sampled(network.sampler(model, parameters)) if network.sampler else model


def drawing(model: Any, network: Network, parameters: Any) -> Draw:
    """The function that draws rows from a trained generator."""
    if network.sampler:
        return network.sampler(model, parameters)
    return lambda condition, noise: {SAMPLES: np.asarray(model.predict_on_batch({CONDITION: condition, NOISE: noise}))}
