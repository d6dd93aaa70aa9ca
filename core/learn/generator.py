"""A trained generator, opened: rows drawn for any conditions that it was trained on. For a process that may import keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import parameters, runs
from core.errors import DarkroomError
from core.learn import epoch_weights, predict
from core.learn.network import Draw, Network
from core.learn.noise import noise_of
from core.learn.plan import network_of, task_of_run
from core.learn.sampling import drawing
from core.learn.tasks.generate import Generate


@dataclass(frozen=True)
class Generator:
    """The network of a run and how rows are drawn from it."""

    run: runs.Run
    task: Generate
    draw: Draw

    def rows(self, conditions: Mapping[str, np.ndarray], keys: np.ndarray) -> dict[str, np.ndarray]:
        """Drawn rows by name for conditions (n,) by column; `keys` int64 (n,) choose the noise: the same key, the same row."""
        condition = np.stack([np.asarray(conditions[name], np.float32) for name in self.task.conditions], axis=1)
        return self.draw(condition, noise_of(np.asarray(keys, np.int64), self.task.noise))


def open_generator(run: runs.Run, networks: Mapping[str, Network], epoch: int | None = None) -> Generator:
    """The generator of a run with its best weights, or with those that it keeps of an `epoch`; verified before it is loaded."""
    task = task_of(run, networks)
    model = predict.load_model(run, networks)
    if epoch is not None:
        model.set_weights(epoch_weights.read(run, epoch))
    network = networks[run.network]
    values: Any = parameters.build(network.parameters, run.params["parameters"])
    return Generator(run, task, drawing(model, network, values))


def task_of(run: runs.Run, networks: Mapping[str, Network]) -> Generate:
    """What a run generates, or a refusal. Imports no keras."""
    network_of(networks, run.network)
    task = task_of_run(networks, run)
    if not isinstance(task, Generate):
        raise DarkroomError(
            f"Run '{run.id}' generates nothing: its network was trained to {run.task}. Choose a generator's run."
        )
    return task


def ranges_of(run: runs.Run, task: Generate) -> dict[str, tuple[float, float]]:
    """Least and greatest value of each condition that a run was trained on."""
    known = run.provenance.get("ranges") or {}
    return {name: (float(known[name][0]), float(known[name][1])) for name in task.conditions if name in known}


def outside(ranges: Mapping[str, tuple[float, float]], conditions: Mapping[str, Any]) -> list[str]:
    """What lies outside of the range of the training, in words: there a generator only guesses."""
    words = []
    for name, (low, high) in ranges.items():
        values = np.atleast_1d(np.asarray(conditions[name], np.float64))
        slack = 1e-6 * max(abs(low), abs(high))
        if values.min() < low - slack or values.max() > high + slack:
            ends = dict.fromkeys((f"{values.min():g}", f"{values.max():g}"))
            words.append(f"{name} {' to '.join(ends)} (trained on {low:g} to {high:g})")
    return words


def need_given(task: Generate, names: Any) -> None:
    """Refuse conditions that the network does not have: what was not given at training cannot be asked for."""
    unknown = [name for name in names if name not in task.conditions]
    if unknown:
        raise DarkroomError(
            f"This generator was not given {', '.join(unknown)} in its training (it was given {', '.join(task.conditions)}): it cannot be "
            "asked for now. Train one with these conditions."
        )
