"""One child process for interactive inference: keras is started once, on the CPU, and kept warm between questions.

The server asks it from any thread; questions are answered one after the other. It takes no slot of the jobs and sees no
GPU. It is started by the first question and again after a death, ends by itself when idle, and with the server however
that dies: the kernel closes the pipe between them.
"""

import contextlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import DarkroomError
from core.jobs import local, messages
from core.learn import backend

COMMAND = (sys.executable, "-m", "core.workflows.warm_child")
MODELS, IDLE_S = 3, 900.0
START_S, TIMEOUT_S = 180.0, 120.0
KEPT_ANSWERS = 128


class Answer:
    """The answer to a question: `result` or the sentence `error` once `is_done`, `took_s` after it was submitted."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self.asked_at = time.time()
        self.result: dict[str, Any] = {}
        self.error = ""
        self.is_dropped = False
        self.took_s = 0.0

    @property
    def is_done(self) -> bool:
        return self._done.is_set()

    @property
    def waited_s(self) -> float:
        """Seconds since the question was submitted."""
        return time.time() - self.asked_at

    def wait(self, timeout_s: float) -> bool:
        """Whether it is there within `timeout_s`."""
        return self._done.wait(timeout_s)

    def give(self, result: dict[str, Any] | None = None, error: str = "") -> None:
        self.result, self.error, self.took_s = result or {}, error, self.waited_s
        self._done.set()

    def drop(self) -> None:
        """Nobody waits for it any more: if its turn has not come, it is not worked on."""
        self.is_dropped = True


class _NotTaken(DarkroomError):
    """The child had gone before it took the question."""


class Warm:
    """The child and the line before it. All methods may be called from any thread."""

    def __init__(
        self, command: tuple[str, ...] = COMMAND, n_models: int = MODELS, idle_s: float = IDLE_S,
        start_s: float = START_S,
    ) -> None:  # fmt: skip
        self._command, self._n_models, self._idle_s, self._start_s = command, n_models, idle_s, start_s
        self._turn = threading.Lock()  # held while the child is asked
        self._about = threading.Lock()  # held for an instant, for what `state` tells and for the answers
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._state, self._since, self._message = "off", time.time(), "nothing was asked yet"
        self._models: list[str] = []
        self._waiting = 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._numbers = itertools.count(1)

    def state(self) -> dict[str, Any]:
        """state (off, starting, ready, busy or failed), models (runs held), pid, since (Unix time), message, waiting (questions in line)."""
        with self._about:
            process, state, message, since = self._process, self._state, self._message, self._since
            models, waiting = list(self._models), self._waiting
        if process is not None and process.poll() is not None and state == "ready":
            ended = process.returncode == 0
            state, models = ("off", []) if ended else ("failed", [])
            message = "ended after being idle" if ended else _death(process)
        pid = process.pid if process is not None and process.returncode is None else None
        return {
            "state": state, "models": models, "pid": pid, "since": since, "message": message, "waiting": waiting,
        }  # fmt: skip

    def ask(self, request: dict[str, Any], timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        """Wait for the answer to a question; what is wrong comes back as DarkroomError.

        `timeout_s` counts from when its turn has come and the child is up; then the child is killed.
        """
        return self._ask(request, timeout_s, None)

    def submit(self, request: dict[str, Any], timeout_s: float = TIMEOUT_S) -> Answer:
        """The answer to a question, at once, to be looked at until it is there. One question is asked once."""
        key = json.dumps(request, sort_keys=True)
        with self._about:
            stored = self._answers.get(key)
            if stored is not None and (stored.result or not stored.is_dropped):
                self._answers.move_to_end(key)
                return stored
            answer = self._answers[key] = Answer()
            while len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)
        threading.Thread(target=self._answer, args=(request, timeout_s, answer), daemon=True).start()
        return answer

    def forget(self, request: dict[str, Any]) -> None:
        """Ask a question anew when it is submitted again: for one that failed."""
        with self._about:
            self._answers.pop(json.dumps(request, sort_keys=True), None)

    def stop(self) -> None:
        """End the child, also in the middle of its work; the next question starts another."""
        with self._about:
            process = self._process
        if process is not None:
            process.kill()
        with self._turn:
            self._kill("off", "was ended")

    def _answer(self, request: dict[str, Any], timeout_s: float, answer: Answer) -> None:
        try:
            answer.give(self._ask(request, timeout_s, answer))
        except DarkroomError as error:
            answer.give(error=str(error))

    def _ask(self, request: dict[str, Any], timeout_s: float, answer: Answer | None) -> dict[str, Any]:
        with self._about:
            self._waiting += 1
        with self._turn:
            with self._about:
                self._waiting -= 1
            if answer is not None and answer.is_dropped:
                raise DarkroomError("The question was withdrawn before its turn: ask again.")
            self._ensure()
            try:
                return self._exchange(request, timeout_s)
            except _NotTaken:  # it died while it was idle
                self._ensure()
                return self._exchange(request, timeout_s)

    def _ensure(self) -> None:
        """Start a child if none runs, and wait until it is ready."""
        if self._connection is not None and not self._connection.poll(0):
            return  # a child that has gone leaves the end of the messages behind
        self._kill("starting", "Keras is being started on the CPU, which takes some 15 s")
        self._start()
        self._receive(self._start_s, "did not start")
        self._tell("ready", "Keras is up")

    def _start(self) -> None:
        ours, theirs = Pipe()
        environment = {**local.environment_of_child(), **backend.CPU_ONLY, "PYTHONUNBUFFERED": "1"}
        command = (*self._command, str(theirs.fileno()), str(self._n_models), str(self._idle_s))
        try:
            with log_path().open("ab") as output:
                process = subprocess.Popen(
                    command, cwd=local.CODE, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    start_new_session=True, pass_fds=(theirs.fileno(),),
                )  # fmt: skip
        except OSError as error:
            self._tell("failed", f"cannot be started ({error.strerror})")
            raise DarkroomError(f"The inference process cannot be started ({error.strerror}): try again.") from None
        finally:
            theirs.close()  # else the pipe would stay open when the child has gone
        with self._about:
            self._process, self._connection, self._models = process, ours, []
        threading.Thread(target=process.wait, daemon=True).start()  # somebody has to collect it when it ends

    def _exchange(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        number = next(self._numbers)
        assert self._connection is not None
        with contextlib.suppress(OSError):  # if it has just died, its missing answer says so
            messages.send(self._connection, request)
        failure = f"gave no answer to '{request.get('do', '')}'"
        self._receive(timeout_s, failure, _NotTaken)
        self._tell("busy", f"question {number}: {request.get('do', '')}")
        answer = self._receive(timeout_s, failure)
        with self._about:
            self._models = list(answer.pop("models", []))
        self._tell("ready", f"question {number} answered")
        if "refusal" in answer:
            raise DarkroomError(str(answer["refusal"]))
        return answer

    def _receive(self, timeout_s: float, failure: str, if_gone: type[DarkroomError] = DarkroomError) -> dict[str, Any]:
        connection, process = self._connection, self._process
        assert connection is not None
        assert process is not None
        refusal = DarkroomError
        try:
            if connection.poll(timeout_s):
                return messages.receive(connection)
            reason = f"{failure} within {timeout_s:g} s and was ended"
        except (EOFError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5.0)
            reason, refusal = f"{failure}: {_death(process)}", if_gone
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{failure} that can be read ({error})"
        self._kill("failed", reason)
        raise refusal(f"The inference process {reason}: try again; its output is in {log_path()}.")

    def _kill(self, state: str, message: str) -> None:
        with self._about:
            process, connection = self._process, self._connection
            self._process = self._connection = None
            self._models = []
        if process is not None:
            process.kill()
        if connection is not None:
            connection.close()
        self._tell(state, message)

    def _tell(self, state: str, message: str) -> None:
        with self._about:
            self._state, self._message, self._since = state, message, time.time()


def log_path() -> Path:
    """Where the output of the child goes."""
    return workspace.root() / "warm.log"


def _death(process: "subprocess.Popen[bytes]") -> str:
    """How a process has ended, in words."""
    code = process.returncode
    if code is None:
        return "it no longer answers"
    return f"it was killed by signal {-code}" if code < 0 else f"it ended with status {code}"


_warm = Warm()
ask, submit, forget, state, stop = _warm.ask, _warm.submit, _warm.forget, _warm.state, _warm.stop
