"""What is written is whole or not there."""

import os
import stat

import pytest

from core import runs, serve
from core import workspace as store
from core.errors import DarkroomError
from core.jobs import queue


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


def test_files_follow_the_umask_but_for_the_secret(workspace):
    before = os.umask(0o027)
    try:
        store.write_json(workspace / "a.json", {})
        queue.submit("train", "t", {})
        serve.cookie_secret(workspace / ".cookie_secret")
        runs.create("compact")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in workspace.iterdir()}
    assert modes.pop(".cookie_secret") == 0o600
    assert modes.pop("runs") == 0o750
    assert {"a.json", "darkroom.sqlite"} <= set(modes)
    assert set(modes.values()) == {0o640}


@pytest.mark.parametrize("name", ["a", "Run-1.2_b", "x" * 64])
def test_good_names(name):
    assert store.checked_name(name, "run") == name


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\\b", "-a", "a b", "x" * 65, "a\n", "%2e%2e"])
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


@pytest.mark.parametrize("name", ["a", "données", "Жанна_2", "藤本", "राम", "run-20230415.v2", "9", "é" * 64])
def test_letters_and_digits_of_any_script_are_names(workspace, name):
    assert store.checked_name(name, "data set") == name
    (workspace / f".{name}.12345678.part").touch()  # the longest that is written beside it


def test_two_ways_of_typing_an_accent_are_one_name():
    assert store.checked_name("donne\u0301es", "data set") == "donn\u00e9es"
    assert not store.is_name("donne\u0301es")


@pytest.mark.parametrize(
    "name",
    ["", ".a", "-a", "_a", "a b", "a/b", "../a", "a\0", "a\u202eb", "a\u200bb", "\u0301a", "a*", "é" * 65, "藤" * 60],
)
def test_what_is_no_name_is_refused_with_the_rule(name):
    with pytest.raises(DarkroomError, match=r"letters or digits of any script.* at most 160 bytes"):
        store.checked_name(name, "data set")
