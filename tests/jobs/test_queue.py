"""The list of jobs: states move once, nothing is lost between threads, errors are sentences."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import DarkroomError
from core.jobs import queue, store

pytestmark = pytest.mark.usefixtures("workspace")

HOSTILE = "'; DROP TABLE jobs; -- $(touch /tmp/owned) `id` \x1b[31m\n--flag"


def test_submitted_job_is_read_back_as_given(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_USER", "marie")
    job = queue.submit("train", "CNN on 2020", {"model": "cnn", "epochs": 3, "name": HOSTILE})
    assert queue.get(job.id) == job
    assert (job.state, job.user, job.lane, job.arguments["name"]) == ("queued", "marie", "compute", HOSTILE)
    assert queue.submit("prepare", "files", {}).lane == "data"
    assert (workspace / "darkroom.sqlite").exists()


def test_title_becomes_one_printable_line() -> None:
    job = queue.submit("train", HOSTILE + "x" * 500, {})
    assert job.title.isprintable()
    assert len(job.title) == queue.MAX_TITLE
    assert "DROP TABLE" in queue.get(job.id).title


def test_unknown_kind_lane_and_job_are_refused() -> None:
    with pytest.raises(DarkroomError, match=r"Unknown job kind 'dance': expected one of train, "):
        queue.submit("dance", "", {})
    with pytest.raises(DarkroomError, match=r"Unknown lane 'fast': expected one of compute, data"):
        queue.submit("train", "", {}, lane="fast")
    for number in (0, -1, 7, 10**30):
        with pytest.raises(DarkroomError, match=rf"There is no job {number} in "):
            queue.get(number)


def test_newest_job_comes_first_and_states_filter() -> None:
    first, second, third = (queue.submit("train", str(i), {}).id for i in range(3))
    queue.move(second, ("queued",), "starting")
    assert [job.id for job in queue.list_jobs()] == [third, second, first]
    assert [job.id for job in queue.list_jobs(limit=1)] == [third]
    assert [job.id for job in queue.list_jobs(states=queue.ACTIVE)] == [second]
    waiting = queue.next_queued("compute")
    assert waiting is not None
    assert waiting.id == first
    assert queue.next_queued("data") is None
    assert queue.n_ahead(queue.get(third)) == 1


def test_state_moves_by_compare_and_set() -> None:
    job = queue.submit("train", "", {})
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda slot: queue.move(job.id, ("queued",), "starting", slot=slot), range(8)))
    assert claims.count(True) == 1
    assert queue.get(job.id).slot == claims.index(True)
    assert not queue.move(job.id, ("starting",), "lost", if_pid=17)
    assert queue.move(job.id, ("starting",), "running", if_pid=None, pid=17)
    assert queue.move(job.id, ("running",), "finished", if_pid=17)
    assert not queue.move(job.id, queue.ACTIVE, "lost", if_pid=17)
    ended = queue.get(job.id)
    assert ended.state == "finished"
    assert ended.is_ended
    assert ended.ended_at is not None


def test_threads_submit_at_once_to_a_new_workspace() -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda i: queue.submit("train", str(i), {"i": i}).id, range(96)))
    assert sorted(ids) == list(range(1, 97))
    assert {job.arguments["i"] for job in queue.list_jobs(limit=1000)} == set(range(96))


def test_metrics_are_read_since_a_row_and_undefined_is_null() -> None:
    job, other = queue.submit("train", "", {}), queue.submit("train", "", {})
    queue.append_metric(job.id, {"loss": np.float32(0.5), "auc": float("nan"), "epoch": np.int64(1), "part": "train"})
    queue.append_metric(other.id, {"loss": 9.0})
    queue.append_metric(job.id, {"loss": float("inf"), "low_high": np.array([0.25, np.nan])})
    first, second = queue.read_metrics(job.id)
    assert first.values == {"loss": 0.5, "auc": None, "epoch": 1, "part": "train"}
    assert second.values == {"loss": None, "low_high": [0.25, None]}
    assert queue.read_metrics(job.id, since=first.id) == [second]
    assert queue.read_metrics(job.id, since=second.id) == []


def test_stop_request_cancels_what_waits_and_marks_what_runs() -> None:
    waiting, running = queue.submit("train", "", {}), queue.submit("train", "", {})
    queue.move(running.id, ("queued",), "running")
    assert queue.request_stop(waiting.id, "pierre", 30.0).state == "stopped"
    assert "pierre" in queue.get(waiting.id).message
    marked = queue.request_stop(running.id, "pierre", 30.0)
    assert (marked.state, marked.stop_grace_s) == ("running", 30.0)
    assert queue.request_stop(running.id, "marie", 0.0).stop_requested_at == marked.stop_requested_at
    with store.reading() as db:
        rows = db.execute("SELECT user, what FROM events WHERE job = ? ORDER BY id", (waiting.id,)).fetchall()
    assert [tuple(row) for row in rows][1:] == [("pierre", "stop requested")]
    before = queue.get(waiting.id)
    assert queue.request_stop(waiting.id, "marie", 0.0) == before


def test_damaged_list_is_named(workspace: Path) -> None:
    (workspace / "darkroom.sqlite").write_bytes(b"this is no database, but long enough to be read as one" * 40)
    with pytest.raises(DarkroomError, match=r"darkroom\.sqlite is damaged .* move it away") as caught:
        queue.list_jobs()
    assert "data sets and runs are not in it" in str(caught.value)


def test_locked_list_is_named(workspace: Path) -> None:
    queue.submit("train", "", {})
    with sqlite3.connect(workspace / "darkroom.sqlite") as holder:
        holder.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(DarkroomError, match=r"darkroom\.sqlite is locked by another process"),
            store.connection(busy_timeout_s=0.1) as db,
        ):
            db.execute("DELETE FROM jobs")
    holder.close()


def test_list_of_a_newer_darkroom_is_refused(workspace: Path) -> None:
    queue.submit("train", "", {})
    with sqlite3.connect(workspace / "darkroom.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(DarkroomError, match=r"written by a newer Darkroom \(schema 99, this one knows 2\)"):
        queue.list_jobs()


def test_what_an_earlier_darkroom_called_cancelled_is_called_stopped(workspace: Path) -> None:
    job = queue.submit("train", "an old one", {})
    with sqlite3.connect(workspace / "darkroom.sqlite") as db:
        db.execute("UPDATE jobs SET state = 'cancelled'")
        db.execute("PRAGMA user_version = 1")
    assert queue.get(job.id).state == "stopped"
    assert [j.id for j in queue.list_jobs(states=("stopped",))] == [job.id]


def test_unwritable_workspace_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(file / "workspace"))
    with pytest.raises(DarkroomError, match=r"cannot be made .* set DARKROOM_WORKSPACE"):
        queue.submit("train", "", {})


def test_list_that_cannot_be_opened_is_a_sentence(workspace: Path) -> None:
    (workspace / "darkroom.sqlite").mkdir()
    with pytest.raises(DarkroomError, match=r"darkroom\.sqlite cannot be opened or written"):
        queue.submit("train", "", {})


def test_arguments_must_be_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        queue.submit("train", "", {"x": float("nan")})
    assert queue.list_jobs() == []
    assert json.dumps(queue.submit("train", "", {"x": [1, "two", None]}).arguments) == '{"x": [1, "two", null]}'
