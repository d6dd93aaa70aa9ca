"""A network whose answer is known: its logit is `gain` times the sum of one channel of its input over a fixed window."""

from typing import Any

import numpy as np

from core import parameters, runs
from core.data.dataset import Dataset
from core.learn import backend
from core.registry import experiment_by_key
from tests.learn.learning_toy import selection


def network(shape: tuple[int, int], samples: slice, channel: int, gain: float, own_softmax: bool = False) -> Any:
    """A keras model ending in a softmax over (background, signal) with logit = gain * x[samples, channel].sum() + 0.5."""
    keras = backend.load_keras()
    weights = np.zeros((*shape, 2), np.float32)
    weights[samples, channel, 1] = gain
    inputs = keras.Input(shape, name="waveform")
    flat = keras.layers.Flatten()(inputs)
    last = keras.layers.Dense(2, activation=None if own_softmax else "softmax", name="score")
    outputs = last(flat)
    last.set_weights([weights.reshape(-1, 2), np.array([0.0, 0.5], np.float32)])
    return keras.Model(inputs, keras.layers.Softmax()(outputs) if own_softmax else outputs, name="window")


def run_of(dataset: Dataset, begin_ns: float, end_ns: float, channel: int, gain: float = 0.1) -> runs.Run:
    """A proper run folder that holds such a network behind the recipe of `compact`."""
    experiment = experiment_by_key(dataset.experiment)
    entry = experiment.networks["compact"]
    recipe = entry.recipe_for(entry.parameters())
    times_ns = recipe.times_ns(dataset)
    inside = np.flatnonzero((times_ns >= begin_ns) & (times_ns < end_ns))
    folder = runs.create("compact")
    model = network(recipe.shape(dataset), slice(inside[0], inside[-1] + 1), channel, gain)
    model.save(folder / runs.MODEL)
    settings = {"network": "compact", "parameters": parameters.to_dict(entry.parameters()), "training": {}}
    runs.write_settings(folder, settings, parameters.to_dict(recipe), selection())
    nothing = np.array([], np.int64)
    runs.write_rows(folder, nothing, nothing, nothing, nothing)
    runs.seal(folder, {"experiment": experiment.key, "dataset": {"name": dataset.name, "version": dataset.version}})
    return runs.open_run(folder.name)
