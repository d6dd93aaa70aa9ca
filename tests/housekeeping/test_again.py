"""A job once more: the same arguments, of a preparation only what is missing; jobs that are moved into the bin and back."""

from pathlib import Path

import pytest

from core import bin
from core import workspace as places
from core.__main__ import main
from core.errors import DarkroomError
from core.jobs import control, local, queue, tidying
from core.jobs.queue import Job
from core.workflows import again, discarding


@pytest.fixture(autouse=True)
def _nothing_starts(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


def ended(kind: str, arguments: dict[str, object], state: str = "failed", text: str = "") -> Job:
    job = queue.submit(kind, f"a {kind}", arguments)
    queue.move(job.id, ("queued",), state, started_at=1.0, progress_text=text, message="why")
    return queue.get(job.id)


@pytest.mark.parametrize("state", ["failed", "lost", "stopped"])
def test_the_same_is_queued_once(state: str) -> None:
    job = ended("predict", {"run": "r", "dataset": "d"}, state)
    new = again.again(job.id)
    assert (new.kind, new.title, new.arguments, new.state) == (job.kind, job.title, job.arguments, "queued")
    with pytest.raises(DarkroomError, match=f"Job {new.id} does the same already"):
        again.again(job.id)


def test_what_went_well_or_is_at_work_is_not_done_again() -> None:
    for job in (ended("predict", {}, "finished"), queue.submit("predict", "p", {})):
        assert not again.is_possible(job)
        with pytest.raises(DarkroomError, match="only one that failed"):
            again.again(job.id)


def test_of_a_preparation_only_the_files_that_are_missing(workspace: Path) -> None:
    arguments = {"files": ["/r/a", "/r/b", "/r/c"], "name": "d", "experiment": "e", "mapping": {}}
    job = ended("prepare", arguments, "finished", "10 rows. 1 file refused")
    assert again.again(job.id).arguments["files"] == ["/r/a", "/r/b", "/r/c"]  # nothing is there yet
    folder = workspace / "datasets" / "d"
    folder.mkdir(parents=True)
    meta = {
        "format": 3,
        "id": "i",
        "parts": [{"path": "/r/a"}, {"path": "/r/c"}],
        "refused": [{"file": "/r/b", "reason": "x"}],
    }
    places.write_sealed(folder / "dataset.json", meta)
    assert again.again(job.id).arguments == {**arguments, "files": ["/r/b"]}
    places.write_sealed(folder / "dataset.json", {**meta, "parts": [{"path": f"/r/{x}"} for x in "abc"]})
    with pytest.raises(DarkroomError, match="All 3 files of job"):
        again.again(job.id)


def test_a_job_goes_into_the_bin_with_log_and_curves_and_comes_back(workspace: Path) -> None:
    job = ended("train", {"dataset": "d"})
    (local.folder(job.id) / "log.txt").write_text("what it said")
    for step in range(3):
        queue.append_metric(job.id, {"kind": "batch", "step": step, "loss": None})
    points = queue.read_metrics(job.id)
    entry = tidying.delete(job.id)
    assert queue.list_jobs() == [] and queue.read_metrics(job.id) == [] and not local.log_path(job.id).exists()
    assert discarding.restore(entry).name == str(job.id)
    assert queue.get(job.id) == job and queue.read_metrics(job.id) == points
    assert control.log_tail(job.id) == "what it said" and bin.list_entries() == []
    entry = tidying.delete(job.id)
    assert queue.submit("train", "another", {}).id > job.id  # a number is never given twice
    discarding.restore(entry)


def test_a_job_whose_bringing_back_was_killed_is_brought_back_by_the_next_try(workspace: Path) -> None:
    job = ended("train", {"dataset": "d"})
    entry = tidying.delete(job.id)
    tidying._put_rows_back(workspace / "bin" / entry)  # killed after the rows
    discarding.restore(entry)
    assert queue.get(job.id) == job and len(queue.list_jobs()) == 1


def test_rows_that_were_changed_are_refused_or_harmless(workspace: Path) -> None:
    entry = tidying.delete(ended("train", {}).id)
    places.write_json(workspace / "bin" / entry / bin.ROWS, {"jobs": [{"id": 1, "state); DROP TABLE jobs; --": 1}]})
    with pytest.raises(DarkroomError):
        discarding.restore(entry)
    assert queue.list_jobs() == [] and len(bin.list_entries()) == 1


def test_a_job_at_work_is_not_deleted_and_titles_are_lines(workspace: Path) -> None:
    job = queue.submit("train", "t", {})
    with pytest.raises(DarkroomError, match="stop it first"):
        tidying.delete(job.id)
    assert tidying.rename(job.id, "  the good\none \u202e").title.startswith("the good")
    with pytest.raises(DarkroomError, match="is empty"):
        tidying.rename(job.id, " \n")


def test_a_data_set_that_a_job_works_on_is_not_deleted(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "refresh", lambda: None)
    (workspace / "datasets" / "d").mkdir(parents=True)
    job = queue.submit("train", "t", {"dataset": "d"})
    queue.move(job.id, ("queued",), "running")
    with pytest.raises(DarkroomError, match=f"Job {job.id} .* is at work on data set 'd'"):
        discarding.dataset("d")
    queue.move(job.id, ("running",), "finished")
    entry = discarding.dataset("d")
    assert discarding.chosen("d") == entry
    discarding.restore(entry)
    assert discarding.dataset("d", for_good=True) == "" and bin.list_entries() == []


def test_jobs_by_command(workspace: Path) -> None:
    job = ended("predict", {"run": "r"})
    assert main(["jobs", "rename", str(job.id), "a better title", "--json"]) == 0
    assert queue.get(job.id).title == "a better title"
    assert main(["jobs", "again", str(job.id), "--json"]) == 0
    assert main(["jobs", "again", str(job.id)]) == 2
    assert main(["jobs", "delete", str(job.id), "--json"]) == 0
    assert main(["bin", "empty"]) == 2  # nobody is there to be asked
    assert main(["bin", "empty", str(job.id), "--yes", "--json"]) == 0
    assert bin.list_entries() == []
