"""The executor for this machine: start a job's process, tell whether it lives, signal it.

Plain functions on plain values, so that an executor for a cluster can stand beside this one.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import psutil

from core import workspace
from core.disk import boot_id
from core.errors import DarkroomError

CODE = Path(__file__).resolve().parents[2]
JOB_COMMAND = (sys.executable, "-m", "core.jobs.run")
TAG = "DARKROOM_JOB"
# /proc/stat gives the boot time in whole seconds, so two readings may differ by one.
TOLERANCE_S = 1.5

_children: dict[int, "tuple[int, subprocess.Popen[bytes]]"] = {}


class Identity(NamedTuple):
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    create_time: float  # seconds after boot: a change of the clock does not touch it
    boot_id: str


def identity(pid: int) -> Identity:
    """The identity of a process that is there."""
    return Identity(pid, psutil.Process(pid).create_time() - psutil.boot_time(), boot_id())


def is_there(who: Identity) -> bool:
    """Whether this very process runs; one that has ended but was not collected by its parent does not."""
    if who.boot_id != boot_id():
        return False
    try:
        process = psutil.Process(who.pid)
        same = abs(process.create_time() - psutil.boot_time() - who.create_time) < TOLERANCE_S
        return same and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def is_alive(who: Identity, job_id: int) -> bool:
    """Whether this very process runs and works for the job of this workspace, and not for that of a copy of it.

    What a process of another account works for, and one that is just dying, cannot be seen: it is believed.
    """
    return is_there(who) and _tag_of(who) in ("", tag(job_id))


def is_of_another(who: Identity, job_id: int) -> bool:
    """Whether this very process runs, but works for another workspace."""
    return is_there(who) and _tag_of(who) not in ("", tag(job_id))


def _tag_of(who: Identity) -> str:
    """What a process says that it works for, 'nothing' if it says nothing; '' where that cannot be seen."""
    try:
        environment = psutil.Process(who.pid).environ()
    except (psutil.Error, OSError):
        return ""
    return environment.get(TAG, "nothing") if environment else ""


def start(job_id: int, *, device: str | None = None) -> Identity:
    """Start the process of a job in a session of its own, its output going to the job's log.

    `device` is the GPU it may see (None: the environment stays as it is). Only the number of the job is
    on the command line; what it is to do it reads from the list.
    """
    environment = {**environment_of_child(), TAG: tag(job_id), "PYTHONUNBUFFERED": "1"}
    if device is not None:
        environment["CUDA_VISIBLE_DEVICES"] = device
    try:
        folder(job_id)
        process = launch((*JOB_COMMAND, str(job_id)), log_path(job_id), environment)
    except OSError as error:
        raise DarkroomError(f"The process of job {job_id} cannot be started ({error.strerror}): try again.") from None
    _children[process.pid] = (job_id, process)
    return identity(process.pid)


def launch(command: tuple[str, ...], log: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start `command` detached from this terminal and this process, both outputs appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=CODE, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip


def environment_of_child() -> dict[str, str]:
    """This environment, with the workspace as an absolute path because the child has another folder."""
    inherited = {name: value for name, value in os.environ.items() if name != TAG}
    return {**inherited, "DARKROOM_WORKSPACE": str(workspace.root().resolve())}


def tag(job_id: int) -> str:
    """What marks the processes of a job in their environment."""
    return f"{workspace.root().resolve()}:{job_id}"


def folder(job_id: int) -> Path:
    """The folder of a job, made if missing."""
    return workspace.folder("jobs", str(job_id))


def log_path(job_id: int) -> Path:
    """Where the output of a job goes."""
    return workspace.root() / "jobs" / str(job_id) / "log.txt"


def reserve_path(job_id: int) -> Path:
    """Space on the disk that the end of a job may need."""
    return workspace.root() / "jobs" / str(job_id) / "reserve"


def collect() -> None:
    """Take note of children that have ended, and end what they left running."""
    for pid, (job_id, process) in list(_children.items()):
        if process.poll() is not None:
            del _children[pid]
            end_rest(pid, job_id)


def send(who: Identity, job_id: int, what: signal.Signals) -> None:
    """Signal the whole process group of a job, if it is still that job."""
    if is_alive(who, job_id):
        # Another account's job cannot be signalled; it reads the request when it reports its progress.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(who.pid, what)


def end_rest(pid: int, job_id: int) -> None:
    """Kill the worker processes that outlived the process `pid` of a job, known by their tag."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getpgid(process.pid) == pid and process.environ().get(TAG) == tag(job_id):
                process.kill()
