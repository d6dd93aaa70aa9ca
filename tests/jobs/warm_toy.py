"""The child of `core.jobs.warm` without keras, with questions that sleep or crash: `python -m tests.jobs.warm_toy FD N IDLE`."""

import os
import sys
import time
from typing import Any

from core.workflows import warm_child
from core.workflows.warm_child import Models

COMMAND = (sys.executable, "-m", "tests.jobs.warm_toy")

SERVER = """
import sys, threading, time
from core.jobs.warm import Warm
from tests.jobs.warm_toy import COMMAND
warm = Warm(COMMAND)
print(warm.ask({"do": "pid"})["pid"], flush=True)
warm.submit({"do": "sleep", "seconds": 60})
time.sleep(0.3)
if sys.argv[1] == "stay":
    time.sleep(60)
"""


def sleep(_models: Models, request: dict[str, Any]) -> dict[str, Any]:
    began = time.monotonic()
    time.sleep(request["seconds"])
    return {"began": began, "ended": time.monotonic()}


def pid(_models: Models, _request: dict[str, Any]) -> dict[str, Any]:
    return {"pid": os.getpid(), "environment": {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES",)}}


def crash(_models: Models, _request: dict[str, Any]) -> dict[str, Any]:
    raise ValueError("a shape does not fit")


if __name__ == "__main__":
    warm_child.backend.load_keras = lambda: None
    warm_child.DO |= {"sleep": sleep, "pid": pid, "crash": crash}
    warm_child.main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
