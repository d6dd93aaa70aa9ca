"""Watched folders: what is written, vanishes, is renamed or comes by thousands; what is prepared and applied."""

from pathlib import Path

import pytest

from core import workspace as places
from core.errors import DarkroomError
from core.jobs import arriving, control, queue, runner, watched
from core.jobs.watched import Watch


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


@pytest.fixture
def folder(workspace: Path, tmp_path: Path) -> Path:
    path = tmp_path / "shift"
    path.mkdir()
    return path


def rule(place: Path, **changes: object) -> Watch:
    values = {
        "name": "shift",
        "folder": str(place),
        "experiment": "toy",
        "patterns": ("*.root",),
        "mapping": {},
        "dataset": "d",
    }
    watch = Watch(**{**values, **changes})
    watched.store(watch)
    return watch


def waiting(name: str = "shift") -> list[str]:
    return sorted(Path(file).name for file in watched.state_of(name).waiting)


def made_of(workspace: Path, *files: Path) -> None:
    """A data set of these files, as far as a watcher reads it."""
    path = workspace / "datasets" / "d" / "dataset.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    places.write_json(path, {"parts": [{"path": str(file)} for file in files], "refused": []})


def test_a_file_waits_until_it_has_rested(folder: Path) -> None:
    rule(folder)
    arrivals = arriving.Arrivals()
    (folder / "a.root").write_bytes(b"half")
    arrivals.poll(0.0)
    assert waiting() == []
    with (folder / "a.root").open("ab") as file:  # the writer goes on
        file.write(b" a file")
    arrivals.poll(10.0)
    assert waiting() == []
    arrivals.poll(20.0)
    assert waiting() == ["a.root"]
    assert queue.list_jobs() == []  # offered, not prepared


def test_empty_hidden_and_other_files_never_count_and_the_vanished_no_longer(folder: Path) -> None:
    rule(folder)
    (folder / "below").mkdir()
    for name, data in (
        ("empty.root", b""),
        (".hidden.root", b"x"),
        ("notes.txt", b"x"),
        ("below/b.root", b"x"),
        ("c.root", b"x"),
    ):
        (folder / name).write_bytes(data)
    (folder / "link.root").symlink_to(folder / "nowhere")
    arrivals = arriving.Arrivals()
    arrivals.poll(0.0)
    arrivals.poll(10.0)
    assert waiting() == ["b.root", "c.root", "link.root"]  # the link itself: the job refuses what it leads to
    (folder / "c.root").unlink()
    (folder / "below" / "b.root").rename(folder / "new.root")
    arrivals.poll(20.0)
    assert waiting() == ["link.root"]
    arrivals.poll(30.0)
    assert waiting() == ["link.root", "new.root"]


def test_what_waits_is_handed_over_once_and_again_when_it_changes(folder: Path) -> None:
    watch = rule(folder)
    file = folder / "a.root"
    file.write_bytes(b"x")
    arrivals = arriving.Arrivals()
    arrivals.poll(0.0)
    arrivals.poll(10.0)
    job = watched.hand_over(watch)
    assert job is not None and job.kind == "prepare"
    assert job.arguments == {
        "experiment": "toy", "files": [str(file)], "name": "d", "mapping": {}, "is_bounded": True,
    }  # fmt: skip
    assert waiting() == [] and watched.hand_over(watch) is None
    queue.move(job.id, ("queued",), "failed", message="it was half a file")
    arrivals.poll(20.0)
    assert waiting() == [] and "it was half a file" in watched.state_of("shift").problem
    file.write_bytes(b"whole")
    arrivals.poll(30.0)
    arrivals.poll(40.0)
    assert waiting() == ["a.root"]


def test_what_was_prepared_by_hand_does_not_wait_until_it_changes(folder: Path, workspace: Path) -> None:
    rule(folder)
    file = folder / "a.root"
    file.write_bytes(b"x")
    made_of(workspace, file)
    arrivals = arriving.Arrivals()
    arrivals.poll(0.0)
    arrivals.poll(10.0)
    assert waiting() == []
    file.write_bytes(b"another")
    arrivals.poll(20.0)
    arrivals.poll(30.0)
    assert waiting() == ["a.root"]


def test_files_are_prepared_by_themselves_and_a_run_is_applied_then(folder: Path, workspace: Path) -> None:
    rule(folder, does=watched.PREPARE, run="r")
    manifest = workspace / "runs" / "r" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    (folder / "a.root").write_bytes(b"x")
    arrivals = arriving.Arrivals()
    arrivals.poll(0.0)
    arrivals.poll(10.0)
    (job,) = queue.list_jobs()
    assert (job.kind, job.state) == ("prepare", "queued")
    (folder / "b.root").write_bytes(b"x")
    arrivals.poll(20.0)
    arrivals.poll(30.0)
    assert len(queue.list_jobs()) == 1 and waiting() == ["b.root"]  # one preparation of a data set at a time
    queue.move(job.id, ("queued",), "finished")
    arrivals.poll(40.0)
    kinds = [(job.kind, job.state) for job in queue.list_jobs()]
    assert kinds.count(("prepare", "queued")) == 1
    for second in (50.0, 60.0):
        for job in queue.list_jobs(states=("queued",)):
            queue.move(job.id, ("queued",), "finished")
        arrivals.poll(second)
    jobs = queue.list_jobs()
    predictions = [job.arguments for job in jobs if job.kind == "predict"]
    assert predictions and all(arguments == {"run": "r", "dataset": "d"} for arguments in predictions)
    assert len(predictions) <= 2 and len(jobs) == 2 + len(predictions)


def test_ten_thousand_files_are_looked_at_quickly_and_handed_over_in_portions(folder: Path) -> None:
    watch = rule(folder)
    for i in range(10_000):
        (folder / f"{i:05d}.root").write_bytes(b"x")
    arrivals = arriving.Arrivals()
    arrivals.poll(0.0)
    arrivals.poll(10_000.0)
    assert len(waiting()) == 10_000
    job = watched.hand_over(watch)
    assert job is not None and len(job.arguments["files"]) == watched.MAX_PER_JOB
    assert len(waiting()) == 10_000 - watched.MAX_PER_JOB


def test_a_folder_that_is_gone_is_said_and_hinders_no_other(folder: Path, tmp_path: Path) -> None:
    rule(folder, name="gone", folder=str(tmp_path / "unmounted"))
    rule(folder)
    (folder / "a.root").write_bytes(b"x")
    arrivals = arriving.Arrivals()
    arrivals.poll(0.0)
    arrivals.poll(10.0)
    assert "is its disk mounted?" in watched.state_of("gone").problem
    assert waiting() == ["a.root"]


def test_rules_are_kept_once_and_damaged_ones_are_said(folder: Path, workspace: Path) -> None:
    watch = rule(folder)
    assert watched.is_any() and watched.read("shift").folder == watch.folder
    with pytest.raises(DarkroomError, match="already"):
        rule(folder)
    (workspace / "watched" / "bad.json").write_text('{"folder": "/"}')
    assert [w.name for w in watched.readable()[0]] == ["shift"] and len(watched.readable()[1]) == 1
    (workspace / "watched" / "state").mkdir(exist_ok=True)
    (workspace / "watched" / "state" / "shift.json").write_text('{"handed": [1]}')
    assert watched.state_of("shift") == watched.State()
    watched.remove("bad")
    watched.remove("shift")
    assert not watched.is_any()
    with pytest.raises(DarkroomError, match="There is no watched folder"):
        watched.read("shift")


def test_the_runner_stays_while_a_folder_is_watched(folder: Path) -> None:
    assert not runner._has_work()
    rule(folder)
    assert runner._has_work()
