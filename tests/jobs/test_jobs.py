"""Jobs as real processes: order, stopping, and the truth after every kind of death."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.jobs import control, local, queue, reconcile, runner
from core.jobs.queue import Job
from core.jobs.reconcile import identity
from core.jobs.run import NICENESS

pytestmark = pytest.mark.usefixtures("jobs")

Until = Callable[[Callable[[], object]], None]


def sleep(seconds: float = 0.1, **arguments: object) -> Job:
    return control.submit("sleep", "a test", {"seconds": seconds, **arguments})


def is_running(job: Job) -> bool:
    now = control.get(job.id)
    return now.state == "running" and bool(now.progress_done)


def runner_pid(workspace: Path) -> int:
    return int((workspace / "runner.lock").read_text() or 0)


def test_first_in_first_out_and_never_two_at_once(jobs: Path) -> None:
    ids = [sleep().id for _ in range(6)]
    assert control.position(queue.get(ids[-1])) in (5, 6)
    assert [control.wait(i, timeout_s=30).state for i in ids] == ["finished"] * 6
    intervals = [json.loads((jobs / "jobs" / str(i) / "interval.json").read_text()) for i in ids]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(intervals))
    done = queue.get(ids[0])
    assert (done.run, done.progress_done, done.progress_total) == (f"run-{ids[0]}", 2, 2)
    assert [m.values for m in queue.read_metrics(ids[0])] == [{"step": 0, "loss": None}, {"step": 1, "loss": 1.0}]


def test_lanes_do_not_wait_for_each_other() -> None:
    long = sleep(30)
    short = control.submit("sleep", "beside it", {"seconds": 0.1}, lane="data")
    assert control.wait(short.id, timeout_s=15).state == "finished"
    assert control.get(long.id).state == "running"


def test_trainings_work_below_pages_and_previews(until: Until) -> None:
    training, preparing = sleep(30), control.submit("sleep", "beside it", {"seconds": 30}, lane="data")
    until(lambda: is_running(training) and is_running(preparing))
    nice = [os.getpriority(os.PRIO_PROCESS, control.get(job.id).pid or 0) for job in (training, preparing)]
    assert nice == [os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, os.getpriority(os.PRIO_PROCESS, 0)]


def test_queued_job_is_stopped_and_never_starts(jobs: Path, until: Until) -> None:
    running, waiting = sleep(30), sleep()
    until(lambda: is_running(running))
    assert control.stop(waiting.id, user="pierre").state == "stopped"
    control.stop(running.id)
    assert control.wait(running.id, timeout_s=15).state == "stopped"
    time.sleep(0.7)
    assert control.get(waiting.id).state == "stopped"
    assert not (jobs / "jobs" / str(waiting.id)).exists()


def test_running_job_saves_its_work_and_is_stopped(until: Until) -> None:
    job = sleep(30)
    until(lambda: is_running(job))
    began = time.monotonic()
    stopped = control.stop(job.id, user="pierre")
    assert time.monotonic() - began < 0.5
    ended = control.wait(job.id, timeout_s=15)
    assert ended.state == "stopped"
    assert "Saved what there was." in control.log_tail(job.id)
    until(lambda: not psutil.pid_exists(stopped.pid or 0))


def test_job_that_ignores_the_signal_is_killed_after_the_grace(until: Until) -> None:
    job = sleep(60, how="stubbornly")
    until(lambda: is_running(job))
    stopped = control.stop(job.id, grace_s=1.0)
    time.sleep(0.5)
    assert control.get(job.id).state == "running"
    assert control.wait(job.id, timeout_s=10).state == "stopped"
    assert not local.is_there(identity(stopped))


def test_killed_job_is_lost_and_its_workers_go_too(jobs: Path, until: Until) -> None:
    job, after = sleep(60, how="with a worker"), sleep()
    until(lambda: is_running(job))
    worker = int((jobs / "jobs" / str(job.id) / "worker.pid").read_text())
    os.kill(control.get(job.id).pid or 0, signal.SIGKILL)
    until(lambda: control.get(job.id).state == "lost")
    assert "is gone and left no word" in queue.get(job.id).message
    until(lambda: not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE)
    assert control.wait(after.id, timeout_s=15).state == "finished"


def test_killed_runner_and_job_are_told_by_any_listing(jobs: Path, until: Until) -> None:
    job = sleep(60)
    until(lambda: is_running(job))
    os.kill(runner_pid(jobs), signal.SIGKILL)
    os.kill(queue.get(job.id).pid or 0, signal.SIGKILL)
    until(lambda: control.list_jobs()[0].state == "lost")


def test_job_survives_its_runner_and_the_next_runner_takes_it_over(jobs: Path, until: Until) -> None:
    job, after = sleep(3), sleep()
    until(lambda: is_running(job))
    first = runner_pid(jobs)
    os.kill(first, signal.SIGKILL)
    until(lambda: control.list_jobs() and runner_pid(jobs) != first)
    assert control.get(after.id).state == "queued"
    assert control.wait(job.id, timeout_s=15).state == "finished"
    assert control.wait(after.id, timeout_s=15).state == "finished"


def test_failing_job_keeps_its_traceback_and_its_sentence() -> None:
    crashed, refused = sleep(how="crash"), sleep(how="refuse")
    ended = control.wait(crashed.id, timeout_s=15)
    assert (ended.state, ended.message) == ("failed", "ValueError: a shape does not fit")
    log = control.log_tail(crashed.id)
    assert "Traceback (most recent call last)" in log
    assert "sleepy.py" in log
    ended = control.wait(refused.id, timeout_s=15)
    assert (ended.state, ended.message) == ("failed", "The window is upside down: give the lower end first.")


def test_later_process_with_the_same_number_is_not_taken_for_the_job() -> None:
    me = local.identity(os.getpid())
    reused, rebooted, stopped, own_job = (queue.submit("sleep", "", {}) for _ in range(4))
    queue.move(stopped.id, ("queued",), "running", **me._replace(create_time=me.create_time + 60)._asdict())
    control.stop(stopped.id)  # must not signal this very process
    queue.move(reused.id, ("queued",), "running", **me._replace(create_time=me.create_time - 60)._asdict())
    queue.move(rebooted.id, ("queued",), "running", **me._replace(boot_id="an earlier boot")._asdict())
    work = subprocess.Popen(("sleep", "60"), env={**os.environ, local.TAG: local.tag(own_job.id)})
    queue.move(own_job.id, ("queued",), "running", **local.identity(work.pid)._asdict())
    states = {job.id: job.state for job in control.list_jobs()}
    assert [states[job.id] for job in (reused, rebooted, own_job)] == ["lost", "lost", "running"]
    assert states[stopped.id] == "stopped"
    work.kill()
    work.wait(15)


@pytest.mark.parametrize("clock", [-86_400.0, 0.0, 86_400.0])
def test_claim_that_came_to_nothing_goes_back_to_the_queue_whatever_the_clock_says(
    clock: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "CLAIM_GRACE_S", 1.0)
    job, stopped = queue.submit("sleep", "", {"seconds": 0.1}), queue.submit("sleep", "", {})
    for claimed in (job, stopped):
        queue.move(claimed.id, ("queued",), "starting", slot=0, started_at=time.time() - clock)
    queue.request_stop(stopped.id, "pierre", 30.0)
    assert control.wait(stopped.id, timeout_s=5).state == "stopped"
    assert control.wait(job.id, timeout_s=15).state == "finished"


def test_second_runner_goes_away_and_an_idle_one_ends(jobs: Path, until: Until) -> None:
    job = sleep(2)
    until(lambda: is_running(job))
    second = subprocess.run(runner.RUNNER_COMMAND, cwd=local.CODE, timeout=15, check=False)
    assert second.returncode == 5
    assert not runner.ensure_runner()
    pid = runner_pid(jobs)
    assert control.wait(job.id, timeout_s=15).state == "finished"
    until(lambda: not psutil.pid_exists(pid))
    assert not runner.ensure_runner()


def test_hostile_text_reaches_no_shell(jobs: Path, until: Until) -> None:
    trap = jobs / "owned"
    job = control.submit("sleep", f"$(touch {trap}); touch {trap}", {"seconds": 3, "name": f"; touch {trap} #--flag"})
    until(lambda: is_running(job))
    assert psutil.Process(control.get(job.id).pid).cmdline()[1:] == ["-m", "tests.jobs.sleepy", "job", str(job.id)]
    assert control.wait(job.id, timeout_s=15).state == "finished"
    assert not trap.exists()


def test_kind_that_the_process_does_not_know_fails_in_words() -> None:
    job = queue.submit("sleep", "", {})
    queue.move(job.id, ("queued",), "starting", slot=0, started_at=time.time())
    command = (sys.executable, "-m", "core.jobs.run", str(job.id))
    assert subprocess.run(command, cwd=local.CODE, stderr=subprocess.DEVNULL, timeout=15, check=False).returncode == 1
    assert queue.get(job.id).message.startswith("Unknown job kind 'sleep': expected one of train")
    again = subprocess.run(command, cwd=local.CODE, stdout=subprocess.DEVNULL, timeout=15, check=False)
    assert again.returncode == 3


def test_log_tail_is_plain_text() -> None:
    job = queue.submit("sleep", "", {})
    assert control.log_tail(job.id) == ""
    local.folder(job.id)
    raw = b"first\n\x1b[31mred\x1b[0m <b>\n 10%\r 50%\r100%\nbell\x07 \x1b]0;title\x07end\xff\r\n\xe2\x80\xaeturned\n"
    local.log_path(job.id).write_bytes(raw)
    assert control.log_tail(job.id).split("\n") == ["first", "red <b>", "100%", "bell end\ufffd", "turned"]
    assert control.log_tail(job.id, n_lines=1) == "turned"


def test_gpus_are_counted_without_a_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, expected in (("", []), ("-1", []), ("0,2", ["0", "2"]), ("GPU-1a", ["GPU-1a"])):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", text)
        assert runner.visible_gpus() == expected
    code = "import sys; from core.jobs import runner; runner.visible_gpus(); print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_without_cuda_libraries_there_is_one_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(runner, "find_spec", lambda _name: None)
    monkeypatch.setattr(runner.shutil, "which", lambda _name: "/nowhere/nvidia-smi")
    assert runner.visible_gpus() == []
