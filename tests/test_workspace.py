"""What is written is whole or not there."""

import pytest

from core import workspace as store
from core.errors import DarkroomError


def test_a_failed_write_leaves_the_old_file(workspace):
    path = workspace / "a.json"
    store.write_json(path, {"old": 1})
    with pytest.raises(RuntimeError), store.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert store.read_json(path) == {"old": 1}
    assert [p.name for p in workspace.iterdir()] == ["a.json"]


def test_nan_is_never_written(workspace):
    with pytest.raises(ValueError, match="JSON"):
        store.write_json(workspace / "a.json", {"x": float("nan")})
    assert not list(workspace.iterdir())


def test_a_damaged_file_is_named(workspace):
    (workspace / "a.json").write_text("{")
    with pytest.raises(DarkroomError, match=r"a.json cannot be read as JSON"):
        store.read_json(workspace / "a.json")


def test_a_workspace_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "file" / "ws"))
    with pytest.raises(DarkroomError, match=r"cannot be made .*: set DARKROOM_WORKSPACE"):
        store.root()


def test_a_workspace_that_is_not_writable(tmp_path, monkeypatch):
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(store.os, "access", lambda *_: False)
    with pytest.raises(DarkroomError, match=r"is not writable: set DARKROOM_WORKSPACE"):
        store.root()


@pytest.mark.parametrize("name", ["a", "Run-1.2_b", "x" * 64])
def test_good_names(name):
    assert store.checked_name(name, "run") == name


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "-a", "a b", "ä", "x" * 65, "a\n", "%2e%2e"])
def test_bad_names(name):
    with pytest.raises(DarkroomError, match=r"The run name .* is not allowed"):
        store.checked_name(name, "run")


def test_where_nothing_can_be_written(tmp_path):
    for path in (tmp_path / "none" / "a.csv", tmp_path):
        with (
            pytest.raises(DarkroomError, match=r"cannot be written \(.*\): choose another place"),
            store.replacing(path),
        ):
            pass
