"""The bin: things move whole and come back as they were; names taken again, notes changed by hand, writers killed in between."""

import json
import time
from pathlib import Path

import pytest

from core import bin, disk
from core.errors import DarkroomError


def thing(workspace: Path, name: str = "a") -> Path:
    """A run of two files, 30 bytes."""
    path = workspace / "runs" / name
    (path / "outputs").mkdir(parents=True)
    (path / "model").write_bytes(b"x" * 10)
    (path / "outputs" / "o").write_bytes(b"y" * 20)
    return path


def test_a_folder_comes_back_as_it_was(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_USER", "ada")
    path = thing(workspace)
    entry_id = bin.put("run", "a", path)
    assert not path.exists()
    (entry,) = bin.list_entries()
    assert (entry.id, entry.kind, entry.name, entry.place, entry.user, entry.n_bytes) == (
        entry_id,
        "run",
        "a",
        "runs/a",
        "ada",
        30,
    )
    assert abs(entry.deleted_at - time.time()) < 60 and not entry.problem
    assert bin.restore(entry_id) == entry
    assert (path / "outputs" / "o").read_bytes() == b"y" * 20
    assert bin.list_entries() == [] and bin.hollow() == []


def test_a_file_comes_back_and_two_of_one_name_are_two_entries(workspace: Path) -> None:
    path = workspace / "studies" / "s.json"
    path.parent.mkdir()
    ids = []
    for text in ("first", "second"):
        path.write_text(text)
        ids.append(bin.put("study", "s", path))
    assert len(set(ids)) == 2
    bin.restore(ids[0])
    assert path.read_text() == "first"
    with pytest.raises(DarkroomError, match="there is one of this name again"):
        bin.restore(ids[1])
    assert path.read_text() == "first" and [entry.id for entry in bin.list_entries()] == [ids[1]]


@pytest.mark.parametrize("entry_id", ["", ".", "..", "../runs", "a/b", "none", ".deleted-x", "x\0y"])
def test_an_id_never_leaves_the_bin(workspace: Path, entry_id: str) -> None:
    thing(workspace)
    with pytest.raises(DarkroomError, match="There is no"):
        bin.get(entry_id)


@pytest.mark.parametrize(
    "change",
    [
        {"place": "../../etc/a"}, {"place": "datasets/a"}, {"place": "runs/../a"}, {"place": "runs/b"}, {"place": "/runs/a"},
        {"kind": "anything"}, {"deleted_at": "yesterday"}, {"more": 1},
    ],
)  # fmt: skip
def test_a_note_that_was_changed_brings_nothing_back(workspace: Path, change: dict[str, object]) -> None:
    """Also where the seal was taken off, as an earlier version wrote none."""
    path = thing(workspace)
    entry_id = bin.put("run", "a", path)
    note = workspace / "bin" / entry_id / bin.NOTE
    values = {k: v for k, v in json.loads(note.read_text()).items() if k != "seal"}
    note.write_text(json.dumps({**values, **change}))
    (entry,) = bin.list_entries()
    assert entry.problem
    with pytest.raises(DarkroomError):
        bin.restore(entry_id)
    assert not path.exists() and not (workspace.parent / "etc").exists()


def test_a_damaged_note_is_listed_and_can_be_removed(workspace: Path) -> None:
    entry_id = bin.put("run", "a", thing(workspace))
    (workspace / "bin" / entry_id / bin.NOTE).write_text("{")
    (entry,) = bin.list_entries()
    assert "cannot be read as JSON" in entry.problem and entry.n_bytes == 30
    assert bin.empty([entry_id]) == 30
    assert bin.list_entries() == [] and not (workspace / "bin" / entry_id).exists()


def test_who_is_killed_before_the_rename_leaves_the_thing_and_a_hollow_entry(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = thing(workspace)

    original = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if self == path:
            raise SystemExit(9)
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(bin.shutil, "rmtree", lambda *_words, **_options: None)  # a killed process tidies nothing up
        patch.setattr(Path, "rename", killed)
        with pytest.raises(SystemExit):
            bin.put("run", "a", path)
    assert path.is_dir() and bin.list_entries() == []
    assert len(bin.hollow()) == 1


def test_what_cannot_be_moved_stays_where_it_is_and_leaves_no_entry(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = thing(workspace)
    original = Path.rename

    def other_disk(self: Path, target: Path) -> Path:
        if self == path:
            raise OSError(18, "Invalid cross-device link")
        return original(self, target)

    monkeypatch.setattr(Path, "rename", other_disk)
    with pytest.raises(DarkroomError, match=r"another disk than the bin.*--for-good"):
        bin.put("run", "a", path)
    assert path.is_dir() and list((workspace / "bin").iterdir()) == []


def test_what_is_gone_is_said_to_be_gone(workspace: Path) -> None:
    with pytest.raises(DarkroomError, match="somebody else may have deleted it"):
        bin.put("run", "a", workspace / "runs" / "a")


def test_things_go_after_the_days_that_are_set(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin.put("run", "a", thing(workspace))
    now = time.time()
    assert bin.retention().days == 30
    assert bin.expired(now + 29 * bin.DAY_S) == [] and len(bin.expired(now + 31 * bin.DAY_S)) == 1
    bin.set_retention(2)
    assert len(bin.expired(now + 3 * bin.DAY_S)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(bin.time, "time", lambda: now + 3 * bin.DAY_S)
        bin.remove_expired()
        assert bin.list_entries() == [] and thing(workspace).is_dir()
    bin.put("run", "a", workspace / "runs" / "a")
    bin.set_retention(0)
    assert bin.expired(now + 1e9) == []
    with pytest.raises(DarkroomError, match="days"):
        bin.set_retention(-1)
    (workspace / "bin" / bin.SETTINGS).write_text("[]")
    assert bin.retention().days == 30


def test_removing_for_good_leaves_nothing_and_minds_links(workspace: Path) -> None:
    path = thing(workspace)
    (workspace / "link").symlink_to(path)
    bin.remove(workspace / "link")
    assert path.is_dir() and not (workspace / "link").is_symlink()
    bin.remove(path)
    bin.remove(path)  # gone already
    assert list((workspace / "runs").iterdir()) == []
    assert disk.tree_bytes(path) == 0
