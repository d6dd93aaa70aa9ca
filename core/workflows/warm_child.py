"""The process behind `core.jobs.warm`: answers questions with keras on the CPU, one after the other.

Called as `python -m core.workflows.warm_child FD N_MODELS IDLE_S`; FD is its end of the pipe. It ends when it has been idle,
and at once, whatever it is doing, when the other end is closed.
"""

import contextlib
import os
import select
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from core import parameters, runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.jobs import messages
from core.labels.labels import signal_index
from core.learn import backend, explain
from core.learn.explain import Occlusion, Opened
from core.learn.generator import Generator, need_given, open_generator
from core.learn.layers import describe_networks
from core.registry import experiment_by_key


class Models:
    """The networks that were used last, at most `n_models`."""

    def __init__(self, n_models: int) -> None:
        self._n_models = n_models
        self._opened: OrderedDict[tuple[str, int, int | None], Any] = OrderedDict()

    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, *_ in self._opened))

    def of(self, run_id: str) -> Opened:
        """The network of a run; loaded, and its files verified, where it is not held or was written since."""
        opened: Opened = self._of(run_id, None, open_network)
        return opened

    def generator(self, run_id: str, epoch: int | None) -> Generator:
        """The generator of a run, with the weights of an epoch or the best ones; held like any network."""
        generator: Generator = self._of(run_id, epoch, lambda run: _open_generator(run, epoch))
        return generator

    def _of(self, run_id: str, epoch: int | None, load: Callable[[runs.Run], Any]) -> Any:
        run = runs.open_run(run_id)
        file = run.path / runs.MODEL
        key = run_id, file.stat().st_mtime_ns if file.exists() else 0, epoch
        if key not in self._opened:
            for old in [k for k in self._opened if k[0] == run_id and k[1] != key[1]]:
                del self._opened[old]
            self._opened[key] = load(run)
            while len(self._opened) > self._n_models:
                self._opened.popitem(last=False)
        self._opened.move_to_end(key)
        return self._opened[key]


def open_network(run: runs.Run) -> Opened:
    """The network of a run, with the class that a score is the probability of."""
    experiment = experiment_by_key(run.experiment)
    return explain.open_network(run, experiment.networks, signal_index(experiment.labels, run.classes))


def _open_generator(run: runs.Run, epoch: int | None) -> Generator:
    return open_generator(run, experiment_by_key(run.experiment).networks, epoch)


def generate(models: Models, request: dict[str, Any]) -> dict[str, Any]:
    """{"run", "epoch" (None: the best weights), "conditions": {column: values}, "keys"} -> the drawn rows, as arrays by name."""
    generator = models.generator(str(request["run"]), request.get("epoch"))
    need_given(generator.task, request["conditions"])
    conditions = {name: np.array(values, np.float32) for name, values in request["conditions"].items()}
    drawn = generator.rows(conditions, np.array(request["keys"], np.int64))
    return {name: np.asarray(values, np.float32) for name, values in drawn.items()}


def occlusion(models: Models, request: dict[str, Any]) -> dict[str, Any]:
    """{"run", "dataset", "row", "parameters"} -> the attribution of that row, see `core.learn.explain`."""
    opened, dataset, settings = _common(models, request)
    return explain.to_message(explain.of_row(opened, dataset, int(request["row"]), settings))


def mean_occlusion(models: Models, request: dict[str, Any]) -> dict[str, Any]:
    """{"run", "dataset", "rows", "n_of", "parameters", "seconds"} -> the mean over as many rows as the seconds allow."""
    opened, dataset, settings = _common(models, request)
    rows, seconds = np.array(request["rows"], np.int64), float(request["seconds"])
    return explain.to_message(explain.mean_of_rows(opened, dataset, rows, settings, int(request["n_of"]), seconds))


def _common(models: Models, request: dict[str, Any]) -> tuple[Opened, Any, Occlusion]:
    dataset = open_dataset(str(request["dataset"]))
    if request.get("dataset_id", dataset.id) != dataset.id:
        raise DarkroomError(f"Data set '{dataset.name}' has changed since the page was drawn: reload the page.")
    return models.of(str(request["run"])), dataset, parameters.build(Occlusion, request["parameters"])


def describe(_models: Models, request: dict[str, Any]) -> dict[str, Any]:
    """{"experiment"} -> {"networks": {name: layers and parameters with the default settings}}."""
    return {"networks": describe_networks(experiment_by_key(str(request["experiment"])).networks)}


def ping(_models: Models, _request: dict[str, Any]) -> dict[str, Any]:
    """-> {"device", "pid"}."""
    return {"device": backend.device(), "pid": os.getpid()}


DO: dict[str, Callable[[Models, dict[str, Any]], dict[str, Any]]] = {
    "ping": ping, "describe": describe, "generate": generate, "occlusion": occlusion, "mean_occlusion": mean_occlusion,
}  # fmt: skip


def answer(models: Models, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request, or {"refusal": a sentence}."""
    try:
        do = DO.get(str(request.get("do")))
        if do is None:
            raise DarkroomError(f"Unknown question {request.get('do')!r}: expected one of {', '.join(DO)}.")
        return do(models, request)
    except DarkroomError as error:
        return {"refusal": str(error)}
    except Exception as error:  # noqa: BLE001  the boundary of the process: whatever it was is told to the user
        traceback.print_exc()
        return {
            "refusal": f"The question '{request.get('do')}' failed ({type(error).__name__}: {error}): see warm.log."
        }


def end_with(connection: Connection) -> None:
    """End this process at once when the other end of the pipe is closed, also in the middle of a computation."""
    watched = select.poll()
    watched.register(connection.fileno(), 0)  # a hang-up is reported without being asked for
    watched.poll()
    os._exit(0)


def main(handle: int, n_models: int, idle_s: float) -> None:
    connection, models = Connection(handle), Models(n_models)
    threading.Thread(target=end_with, args=(connection,), daemon=True).start()
    backend.load_keras()
    messages.send(connection, {"ready": True})
    with contextlib.suppress(EOFError, ConnectionError):  # the other end was closed
        while connection.poll(idle_s):
            request = messages.receive(connection)
            messages.send(connection, {"taken": True})
            messages.send(connection, {**answer(models, request), "models": models.names()})


if __name__ == "__main__":
    backend.stay_on_cpu()
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
