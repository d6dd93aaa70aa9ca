"""The warm inference process: its line, its deaths and those of the server; and once the real one, with keras."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import psutil
import pytest

from core import runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.jobs import messages
from core.jobs.warm import Warm
from core.learn import explain
from core.learn.explain import Attribution, Occlusion
from core.workflows.warm_child import open_network
from tests.jobs.warm_toy import COMMAND, SERVER
from tests.learn.learning_toy import write_dataset
from tests.learn.window_network import run_of

ROOT = Path(__file__).resolve().parents[2]
KERAS_AND_NUMPY = "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"


@pytest.fixture(scope="module")
def toy() -> Iterator[Warm]:
    """One for all tests that can share it: each start costs a second."""
    warm = Warm(COMMAND)
    yield warm
    warm.stop()


def gone(pid: int, within_s: float = 5.0) -> bool:
    """Whether a process ends within a time; a zombie has ended."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_it_is_started_on_demand_and_says_what_it_does(toy: Warm) -> None:
    toy.stop()
    assert (toy.state()["state"], toy.state()["pid"]) == ("off", None)
    answer = toy.submit({"do": "sleep", "seconds": 0.5})
    seen = set()
    while not answer.wait(0.02):
        seen.add(toy.state()["state"])
    assert {"starting", "busy"} <= seen
    assert toy.state()["state"] == "ready"
    assert toy.state()["pid"] == toy.ask({"do": "pid"})["pid"]
    assert toy.submit({"do": "sleep", "seconds": 0.5}) is answer  # asked once


def test_what_takes_too_long_is_killed_and_the_next_question_works(toy: Warm) -> None:
    first = toy.ask({"do": "pid"})["pid"]
    with pytest.raises(DarkroomError, match=r"gave no answer to 'sleep' within 0.3 s and was ended: try again"):
        toy.ask({"do": "sleep", "seconds": 60}, timeout_s=0.3)
    assert toy.state()["state"] == "failed"
    assert gone(first)
    assert toy.ask({"do": "pid"})["pid"] != first
    assert toy.state()["state"] == "ready"


def test_after_a_kill_the_next_question_works(toy: Warm) -> None:
    first = toy.ask({"do": "pid"})["pid"]
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    second = toy.ask({"do": "pid"})["pid"]
    assert second != first
    at_work = toy.submit({"do": "sleep", "seconds": 60})
    while toy.state()["state"] != "busy":
        time.sleep(0.02)
    os.kill(second, signal.SIGKILL)
    assert at_work.wait(20.0)
    assert "it was killed by signal 9: try again" in at_work.error
    assert toy.state()["state"] == "failed"
    assert toy.ask({"do": "pid"})["pid"] != second


def test_threads_are_answered_one_after_the_other(toy: Warm) -> None:
    toy.ask({"do": "pid"})
    answers: list[dict[str, float]] = []
    ask = lambda: answers.append(toy.ask({"do": "sleep", "seconds": 0.2}))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert toy.state()["waiting"] == 2
    dropped = toy.submit({"do": "sleep", "seconds": 0.01})
    dropped.drop()
    for thread in threads:
        thread.join()
    times = sorted((a["began"], a["ended"]) for a in answers)
    assert all(times[i][1] <= times[i + 1][0] for i in range(2))
    assert dropped.wait(2.0)
    assert "withdrawn" in dropped.error
    assert toy.submit({"do": "sleep", "seconds": 0.01}) is not dropped


def test_an_error_is_a_sentence_and_the_child_lives_on(toy: Warm) -> None:
    first = toy.ask({"do": "pid"})["pid"]
    with pytest.raises(DarkroomError, match=r"The question 'crash' failed \(ValueError: a shape does not fit\)"):
        toy.ask({"do": "crash"})
    with pytest.raises(DarkroomError, match="Unknown question 'dance': expected one of ping, describe"):
        toy.ask({"do": "dance"})
    wrong = toy.submit({"do": "crash"})
    assert wrong.wait(20.0)
    assert "a shape does not fit" in wrong.error
    toy.forget({"do": "crash"})
    assert toy.submit({"do": "crash"}) is not wrong
    assert toy.ask({"do": "pid"})["pid"] == first


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_the_child_ends_with_its_server_also_in_the_middle_of_its_work(workspace: Path, how: str) -> None:
    command = (sys.executable, "-c", SERVER, "stay" if how == "killed" else "go")
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    child = int(server.stdout.readline())
    assert psutil.pid_exists(child)
    if how == "killed":
        server.kill()
    server.wait(20.0)
    server.stdout.close()
    assert gone(child)


def test_it_ends_when_it_has_been_idle(workspace: Path) -> None:
    warm = Warm(COMMAND, idle_s=0.3)
    first = warm.ask({"do": "pid"})["pid"]
    assert gone(first)
    deadline = time.monotonic() + 2.0
    while warm.state()["state"] != "off" and time.monotonic() < deadline:  # until it has been collected
        time.sleep(0.01)
    assert (warm.state()["state"], warm.state()["message"]) == ("off", "ended after being idle")


def test_a_child_that_does_not_start_is_a_sentence(workspace: Path) -> None:
    with pytest.raises(
        DarkroomError, match=r"did not start: it ended with status 3: try again; its output is in .*warm"
    ):
        Warm((sys.executable, "-c", "raise SystemExit(3)")).ask({"do": "pid"})


def test_messages_carry_values_and_arrays_and_refuse_others() -> None:
    here, there = Pipe()
    sent = {"text": "a", "n": [1, None], "x": np.arange(6, dtype=np.float32).reshape(2, 3), "none": np.zeros((0, 2))}
    messages.send(here, sent)
    message = messages.receive(there)
    assert (message["text"], message["n"], message["none"].shape) == ("a", [1, None], (0, 2))
    assert np.array_equal(message["x"], sent["x"])
    with pytest.raises(DarkroomError, match=r"array 'x' \(object.*cannot be sent"):
        messages.send(here, {"x": np.array([None])})
    here.send_bytes(b'{"plain": {}, "arrays": [["x", "object", [1]]]}')
    with pytest.raises(ValueError, match="array 'x' has type object"):
        messages.receive(there)


@pytest.mark.network
@pytest.mark.filterwarnings(KERAS_AND_NUMPY)
def test_the_real_child_explains_on_the_cpu_and_holds_few_networks(workspace: Path, monkeypatch) -> None:
    """One start of keras for all that needs it."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")  # as on a machine whose server sees a GPU
    write_dataset(workspace / "datasets" / "toy", np.arange(20) % 2, seed=1)
    dataset = open_dataset("toy")
    ids = [run_of(dataset, 0.0, 200.0 + 100.0 * i, channel=1).id for i in range(3)]
    warm = Warm(n_models=2)
    answer = warm.ask({"do": "ping"}, timeout_s=60.0)
    child = psutil.Process(answer["pid"])
    assert answer["device"].startswith("CPU")
    assert (child.environ()["CUDA_VISIBLE_DEVICES"], child.environ()["JAX_PLATFORMS"]) == ("-1", "cpu")
    question = {"do": "occlusion", "dataset": "toy", "row": 4, "parameters": {}}
    for run_id in ids:
        attribution = Attribution(**warm.ask({**question, "run": run_id}))
        expected = explain.of_row(open_network(runs.open_run(run_id)), dataset, 4, Occlusion())
        assert attribution.values == pytest.approx(expected.values, abs=1e-5)
    assert warm.state()["models"] == ids[1:]
    request = {**question, "do": "mean_occlusion", "run": ids[1], "rows": [1, 3], "n_of": 9, "seconds": 10}
    assert (Attribution(**warm.ask(request)).n, warm.state()["models"]) == (2, [ids[2], ids[1]])
    model = runs.open_run(ids[1]).path / runs.MODEL
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(DarkroomError, match=rf"model.keras of run '{ids[1]}' is damaged or was changed"):
        warm.ask({**question, "run": ids[1]})
    with pytest.raises(DarkroomError, match="Data set 'toy' has changed since the page was drawn"):
        warm.ask({**question, "run": ids[2], "dataset_id": "older"})
    networks = warm.ask({"do": "describe", "experiment": dataset.experiment})["networks"]
    assert networks["dense"]["parameters"] == sum(layer["parameters"] for layer in networks["dense"]["layers"])
    assert warm.state()["pid"] == answer["pid"]
    warm.stop()
    assert gone(answer["pid"])
