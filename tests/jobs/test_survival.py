"""What must hold when something else goes wrong: a copied workspace, a killed parent, no memory, a full disk, no right to write."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from core import disk
from core import workspace as store
from core.errors import DarkroomError
from core.jobs import control, local, memory, queue
from core.jobs import store as listing
from core.jobs.reconcile import identity
from core.workflows import demo

Until = Callable[[Callable[[], object]], None]


def sleep(**arguments: object) -> queue.Job:
    return control.submit("sleep", "a test", arguments)


def is_running(job: queue.Job) -> bool:
    now = control.get(job.id)
    return now.state == "running" and bool(now.progress_done)


def copy_of_live(workspace: Path, copy: Path) -> None:
    """Copy a workspace in which jobs run: the files beside its list come and go at any moment, its backup does not."""
    shutil.copytree(workspace, copy, ignore=shutil.ignore_patterns("darkroom.sqlite*"))
    name = "darkroom.sqlite"
    with closing(sqlite3.connect(workspace / name)) as live, closing(sqlite3.connect(copy / name)) as written:
        live.backup(written)


@pytest.mark.usefixtures("jobs")
def test_a_stop_in_a_copied_workspace_leaves_the_job_of_the_original(
    jobs: Path, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = sleep(seconds=60)
    until(lambda: is_running(job))
    copy_of_live(jobs, tmp_path / "copy")
    with monkeypatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "copy"))
        control.stop(job.id, grace_s=0.0)
        assert control.list_jobs()[0].state == "stopped"
    original = control.get(job.id)
    assert (original.state, original.stop_requested_at) == ("running", None)
    assert local.is_alive(identity(original), job.id)
    shutil.rmtree(tmp_path / "copy")
    copy_of_live(jobs, tmp_path / "copy")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "copy"))
    listed = control.list_jobs()[0]
    assert (listed.state, listed.message.endswith("of which this one is a copy.")) == ("lost", True)
    assert local.is_there(identity(original))


def test_workers_of_a_killed_preparation_end_with_it(tmp_path: Path, until: Until) -> None:
    code = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from core.worker import end_with_parent
if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        waiting = [pool.submit(time.sleep, 120) for _ in range(2)]
        waiting[0].result()
"""
    script = tmp_path / "parent.py"
    script.write_text(code)
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(local.CODE)})

    def workers() -> list[psutil.Process]:
        return [p for p in psutil.Process(parent.pid).children() if "spawn_main" in " ".join(p.cmdline())]

    until(lambda: len(workers()) == 2 and all(p.num_threads() > 1 for p in workers()))
    left = workers()
    parent.send_signal(signal.SIGKILL)
    parent.wait(15)
    until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in left))


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("how", ["allocate", "workers"])
def test_a_job_that_takes_too_much_memory_says_its_limit(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, "600MB")
    job = control.wait(sleep(how=how, seconds=60).id, timeout_s=60)
    assert job.state == "failed"
    assert job.message.startswith("The job needs more memory than it may take (0.6 GB of the machine's")
    assert memory.VARIABLE in job.message


@pytest.mark.parametrize(("text", "share"), [("", 0.5), ("0.8", 0.8), ("1", 1.0)])
def test_the_limit_is_a_share_of_the_machine_or_a_size(
    text: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(memory.VARIABLE, text)
    assert memory.limit_bytes() == int(share * memory.machine_bytes())
    monkeypatch.setenv(memory.VARIABLE, "1.5 GB")
    assert memory.limit_bytes() == 1_500_000_000
    for wrong in ("0", "1.5", "-1", "half", "nan", "12 pounds"):
        monkeypatch.setenv(memory.VARIABLE, wrong)
        with pytest.raises(DarkroomError, match=f"{memory.VARIABLE} is '{wrong}': expected a share"):
            memory.limit_bytes()


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: Callable[[str], None]) -> Iterator[Path]:
    """A workspace on a disk of its own of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("Only root can mount a small disk; the sentences are tested without one too.")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(place / "workspace"))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> None:
    with (place / "filling").open("ab", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))


@pytest.mark.usefixtures("jobs")
def test_on_a_full_disk_the_list_is_readable_and_a_job_says_why_it_ended(small_disk: Path, until: Until) -> None:
    store.root()
    job, working = queue.submit("train", "before", {}), sleep(how="write", seconds=60)
    queue.move(job.id, ("queued",), "finished")
    until(lambda: is_running(working))
    fill(small_disk)
    (store.root() / "jobs" / str(working.id) / "go").symlink_to("on")  # takes no block
    ended = control.wait(working.id, timeout_s=30)
    assert ended.state == "failed"
    assert "is full (" in ended.message
    assert "needed for big.json" in ended.message
    assert [j.state for j in control.list_jobs()] == ["failed", "finished"]
    fill(small_disk)  # the job gave back what it held for its end
    with pytest.raises(DarkroomError, match=r"is full \(.* free, .* needed for"):
        queue.submit("train", "after", {"x": "y" * 100_000})
    assert shutil.disk_usage(store.root()).free < disk.FULL_BYTES
    assert store.trouble().startswith("The disk of")


def test_the_list_is_read_from_its_files_where_nothing_can_be_written_beside_it(
    workspace: Path, tmp_path: Path
) -> None:
    job = queue.submit("train", "t", {"a": 1})
    with sqlite3.connect(workspace / "darkroom.sqlite") as other:  # keeps what was written last beside the main file
        other.execute("SELECT * FROM jobs").fetchall()
        queue.append_metric(job.id, {"loss": 1.0})
        assert (workspace / "darkroom.sqlite-wal").stat().st_size
        shutil.copytree(workspace, tmp_path / "copy")
    other.close()
    (tmp_path / "copy" / "darkroom.sqlite-shm").unlink()
    snapshot = listing._snapshot(tmp_path / "copy" / "darkroom.sqlite")
    assert snapshot.execute("SELECT title FROM jobs").fetchone()["title"] == "t"
    assert snapshot.execute("SELECT count(*) FROM metrics").fetchone()[0] == 1
    snapshot.close()


@pytest.mark.parametrize("with_list", [True, False])
def test_a_workspace_that_may_only_be_read_can_be_looked_at(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, with_list: bool
) -> None:
    from core import runs
    from core.data import dataset
    from core.selection import selection

    if with_list:
        queue.submit("train", "t", {})
    before = sorted(workspace.rglob("*"))
    monkeypatch.setattr(store, "is_writable", lambda: False)
    assert [job.title for job in control.list_jobs()] == ["t"] * with_list
    assert (runs.list_runs(), dataset.list_datasets(), selection.stored("few")) == ([], [], [])
    with pytest.raises(DarkroomError, match="cannot be written"):
        selection.store(
            dataset.Dataset(workspace / "datasets" / "few", {}, dataset.read_columns), "a", demo_selection()
        )
    assert "may only be read" in store.trouble()
    assert sorted(workspace.rglob("*")) == before


def demo_selection() -> object:
    experiment = next(iter(demo.EXPERIMENTS.values()))
    return next(iter(experiment.selecting.presets.values())).selection


def test_what_killed_writers_left_is_swept(workspace: Path) -> None:
    code = """
import os, signal
from core import workspace
with workspace.replacing(workspace.folder("runs", "one") / "a.json"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], cwd=local.CODE, check=False)
    with store.replacing(workspace / "mine.json") as temporary:
        left = [path for path in workspace.rglob(".*.part") if path != temporary]
        assert [path.parent.name for path in left] == ["one"]
        assert disk.sweep(workspace) == 1
        assert temporary.exists()
    assert not left[0].exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        OSError(122, "Disk quota exceeded"),
        RuntimeError("Can't decrement id ref count (file write failed: errno = 28, error message = 'No space')"),
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_a_full_disk_is_known_by_every_library_s_error(error: Exception, workspace: Path) -> None:
    store.write_json(workspace / "a.json", {"old": 1})
    sentence = r"The disk of .* is full \(.* free, more than 2.0 MB needed for a.json\)"
    with pytest.raises(DarkroomError, match=sentence), store.replacing(workspace / "a.json") as temporary:
        temporary.write_bytes(bytes(2_000_000))
        raise error
    assert store.read_json(workspace / "a.json") == {"old": 1}
    assert [path.name for path in workspace.iterdir()] == ["a.json"]
    assert not disk.is_full(ValueError("a shape does not fit"))
