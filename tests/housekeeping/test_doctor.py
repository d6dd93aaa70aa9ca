"""Each kind of damage is done to a whole workspace, and is found; the whole one has no problem."""

import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.compatibility import made_up_study
from benchmarks.made_up import made_up_run
from core import bin, runs, views
from core import workspace as places
from core.__main__ import main
from core.data.dataset import Dataset, open_dataset
from core.experiment import Experiment
from core.housekeeping import place_checks, rubbish, sizes
from core.housekeeping.doctor import examine
from core.housekeeping.problem import DAMAGE
from core.jobs import control, local, queue, store
from core.registry import EXPERIMENTS
from core.selection import selection as selecting
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT: Experiment = next(iter(EXPERIMENTS.values()))


def fill(folder: Path) -> None:
    """A workspace with a data set, a run with scores, a study, a stored selection, a view and an ended job."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        (folder / "raw").mkdir()
        files = EXPERIMENT.simulation.simulate(folder / "raw", seed=8, n_events=300)
        prepare(EXPERIMENT, files, "few", default_mapping(EXPERIMENT))
        made_up_run("few")
        selecting.store(open_dataset("few"), "stored", next(iter(EXPERIMENT.selecting.presets.values())).selection)
        views.keep("view", "select?data=few")
        job = queue.submit("prepare", "a job", {"name": "few"})
        local.folder(job.id)
        queue.move(job.id, ("queued",), "failed", started_at=time.time())


@pytest.fixture
def whole(workspace: Path, once: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    monkeypatch.setattr(place_checks, "packages", lambda: iter(()))
    monkeypatch.setattr(place_checks, "LITTLE_BYTES", 0)
    shutil.copytree(once("housekeeping", fill) / "workspace", workspace, dirs_exist_ok=True)
    return workspace


def the_run(workspace: Path) -> Path:
    (path,) = (workspace / "runs").glob("[!.]*")
    return path


def the_part(workspace: Path, ending: str) -> Path:
    return sorted((workspace / "datasets" / "few" / "parts").glob(f"*{ending}"))[0]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    """One byte in the middle is another."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def texts(is_deep: bool = False) -> str:
    return "\n".join(f"{p.severity} {p.what} {p.where} {p.remedy}" for p in examine(is_deep))


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_whole_workspace_has_no_problem(whole: Path, is_deep: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(is_deep) == []
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"state": "whole", "problems": []}


def test_an_empty_workspace_has_no_problem(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_checks, "packages", lambda: iter(()))
    monkeypatch.setattr(place_checks, "LITTLE_BYTES", 0)
    assert examine(is_deep=True) == []


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "seal of a data set": (lambda w: flipped(w / "datasets/few/dataset.json"), "damage .*dataset.json"),
    "table cut": (lambda w: cut(the_part(w, ".parquet")), "parquet is cut off"),
    "table gone": (lambda w: the_part(w, ".parquet").unlink(), "parquet is missing"),
    "arrays empty": (lambda w: the_part(w, ".h5").write_bytes(b""), "h5 is empty"),
    "sources gone": (lambda w: (w / "datasets/few/sources.parquet").unlink(), "sources.parquet is missing"),
    "unfinished data set": (lambda w: (w / "datasets/half/parts").mkdir(parents=True), "'half' is unfinished"),
    "manifest": (lambda w: (the_run(w) / "manifest.json").write_text("{"), "damage .*manifest.json"),
    "settings of a run": (lambda w: (the_run(w) / "params.json").write_text("{}"), "params.json"),
    "rows of a run": (lambda w: cut(the_run(w) / "rows.parquet"), "rows.parquet"),
    "file of a run gone": (lambda w: (the_run(w) / "model.keras").unlink(), "model.keras of run .* is missing"),
    "unfinished run": (lambda w: (the_run(w) / "manifest.json").unlink(), "unfinished and no job works on it"),
    "data set gone": (lambda w: shutil.rmtree(w / "datasets/few"), "note Run .*'few', which is no more"),
    "selection of no data set": (lambda w: shutil.rmtree(w / "datasets/few"), "1 stored selection of data set 'few'"),
    "selection": (lambda w: (w / "selections/few/stored.json").write_text('{"cuts": {"x": 1}}'), "'stored' of data set 'few' cannot"),
    "view": (lambda w: (w / "views/view.json").write_text("{}"), "views/view.json"),
    "database": (lambda w: (w / "darkroom.sqlite").write_bytes(b"not a database" * 100), "damage .*darkroom.sqlite"),
    "job without folder": (lambda w: shutil.rmtree(w / "jobs/1"), r"Job 1 \(a job\) has no folder"),
    "folder without job": (lambda w: (w / "jobs/77").mkdir(), "jobs/77 belongs to no job"),
    "labels": (lambda w: _labels(w), "1 line of the log labels/"),
    "note of the bin": (lambda w: _binned(w, "{"), "cannot be brought back by itself"),
    "left by a writer": (lambda w: _left(w), "a killed writer left it"),
    "hollow entry": (lambda w: _hollow(w), "came to nothing"),
    "key for all": (lambda w: _secret(w), "may be read by others"),
    "study": (lambda w: _study(w).write_text("{"), "damage .*studies/s.json"),
}  # fmt: skip


def _labels(workspace: Path) -> None:
    path = workspace / "labels" / EXPERIMENT.key / "ada.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"id": "half a li')


def _binned(workspace: Path, note: str) -> None:
    entry = bin.put("study", "s", _study(workspace))
    (workspace / "bin" / entry / bin.NOTE).write_text(note)


def _study(workspace: Path) -> Path:
    path = workspace / "studies" / "s.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    return path


def _old(path: Path) -> None:
    long_ago = time.time() - 2 * 86_400
    os.utime(path, (long_ago, long_ago))


def _left(workspace: Path) -> None:
    path = workspace / "runs" / ".x.00000000-1-00000000.part"
    path.write_bytes(b"x" * 1000)
    _old(path)


def _hollow(workspace: Path) -> None:
    path = workspace / "bin" / "20260101-000000-run-a"
    path.mkdir(parents=True)
    _old(path)


def _secret(workspace: Path) -> None:
    (workspace / ".cookie_secret").write_text("x")
    (workspace / ".cookie_secret").chmod(0o644)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_kind_of_damage_is_found(whole: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    do, sentence = DAMAGES[damage]
    do(whole)
    problems = examine()
    assert problems and all(p.what and p.where and p.remedy for p in problems)
    assert re.search(sentence, texts()), texts()
    assert main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"]


@pytest.mark.parametrize("ending", [".parquet", ".h5"])
def test_one_byte_of_a_run_or_of_a_part_is_found_deep_only(whole: Path, ending: str) -> None:
    if ending == ".parquet":
        flipped(the_run(whole) / "rows.parquet")
    else:
        _overwritten(the_part(whole, ".h5"))
    assert examine() == []
    assert [p.severity for p in examine(is_deep=True)][:1] == [DAMAGE]


def _overwritten(path: Path) -> None:
    """Every chunk behind the first quarter is noise."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 4] + os.urandom(len(data) - len(data) // 4))


def test_a_study_whose_runs_are_no_more_is_found(whole: Path) -> None:
    study = made_up_study(open_dataset("few"))
    assert examine() == []
    runs.delete(next(run for run in study.runs if run))
    assert f"Study '{study.id}' lacks 1 of its {len(study.regions)} runs" in texts()


def test_features_of_an_earlier_version_are_found(whole: Path) -> None:
    path = whole / "datasets" / "few" / "dataset.json"
    values = places.read_sealed(path, "")
    places.write_sealed(path, {**values, "version": values["version"] - 1})
    assert "of the features, this is version" in texts()
    assert isinstance(open_dataset("few"), Dataset)


def test_a_damaged_page_of_the_database_is_found(whole: Path) -> None:
    for i in range(300):
        queue.submit("prepare", f"job {i}" * 20, {"name": "few"})
    with sqlite3.connect(store.path()) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    data = bytearray(store.path().read_bytes())
    page = 4096 * (len(data) // 4096 // 2)
    data[page : page + 4096] = os.urandom(4096)
    store.path().write_bytes(bytes(data))
    assert "darkroom.sqlite" in texts()


def test_packages_that_are_not_those_of_the_lock_are_found(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "numpy==0.1\nno-such-package==1\npytest\n# a comment\n--index-url x\nwinonly==1 ; sys_platform == 'win32'\n"
    )
    problems = list(place_checks.packages(lock))
    assert [p.what.split(" ")[2] for p in problems] == ["numpy", "no-such-package"]


def test_little_space_is_found(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_checks, "LITTLE_BYTES", 1 << 62)
    assert "free" in texts()


def test_gc_removes_rubbish_and_nothing_else(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _left(whole)
    _hollow(whole)
    (whole / "inputs").mkdir()
    (whole / "inputs" / "a-float16.npy").write_bytes(b"x" * 500)
    study = bin.put("study", "s", _study(whole))
    before = sorted(path for path in whole.rglob("*") if path.is_file())
    assert main(["gc", "--dry-run", "--json"]) == 0
    dry = json.loads(capsys.readouterr().out)
    assert sorted(path for path in whole.rglob("*") if path.is_file()) == before
    assert sum(piece["n_bytes"] for piece in dry["pieces"]) == 1500 and dry["freed_bytes"] == 0
    assert main(["gc", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["freed_bytes"] == 1500
    assert rubbish.listing() == [] and examine() == []
    assert [entry.id for entry in bin.list_entries()] == [study]
    assert runs.open_run(the_run(whole).name) and open_dataset("few")


def test_gc_leaves_caches_to_a_job_at_work_and_a_writer_its_file(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "refresh", lambda: None)  # whether its process is there is not asked
    (whole / "inputs").mkdir()
    (whole / "inputs" / "a-float16.npy").write_bytes(b"x" * 500)
    job = queue.submit("train", "t", {})
    queue.move(job.id, ("queued",), "running")
    with places.replacing(whole / "studies.json") as temporary:
        assert not [piece for piece in rubbish.listing() if piece.path == temporary or "inputs" in piece.path.parts]


def test_things_past_their_time_go_by_gc(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin.put("study", "s", _study(whole))
    now = time.time()
    monkeypatch.setattr(bin.time, "time", lambda: now + 31 * bin.DAY_S)
    assert ["has been in the bin for too long" in piece.why for piece in rubbish.listing()] == [True]
    rubbish.remove(rubbish.listing())
    assert bin.list_entries() == []


def test_what_takes_the_disk_is_counted_and_counted_on(whole: Path) -> None:
    count = sizes.DiskUse()
    assert count.uses() == []
    assert count.update()
    uses = {(use.kind, use.name): use for use in count.uses()}
    data = whole / "datasets" / "few"
    assert uses["data set", "few"].n_bytes == sum(p.stat().st_size for p in data.rglob("*") if p.is_file())
    assert sum(use.n_bytes for use in count.uses()) == sum(
        p.lstat().st_size for p in whole.rglob("*") if not p.is_dir()
    )
    (data / "more").write_bytes(b"x" * 12345)
    (whole / "jobs" / "1" / "log.txt").write_bytes(b"y" * 77)  # logs grow in place
    shutil.rmtree(the_run(whole))
    while not count.update(0.0):  # step by step
        pass
    after = {(use.kind, use.name): use for use in count.uses()}
    assert after["data set", "few"].n_bytes - uses["data set", "few"].n_bytes == 12345
    assert after["job log", "1"].n_bytes == 77
    assert not [key for key in after if key[0] == "run"]


def test_two_count_at_once(whole: Path) -> None:
    count = sizes.DiskUse()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: count.update(0.0), range(200)))
    assert count.update()
    total = sum(path.lstat().st_size for path in whole.rglob("*") if not path.is_dir())
    assert sum(use.n_bytes for use in count.uses()) == total
