"""Data roots: what the server may open, and what it must not, whatever way it is asked."""

import os

import pytest

from core.data import files
from core.errors import DarkroomError


@pytest.fixture
def root(tmp_path, workspace, monkeypatch):
    del workspace
    root = tmp_path / "lab"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / "a.root").write_bytes(b"x" * 10)
    (tmp_path / "secret.root").write_bytes(b"secret")
    monkeypatch.setenv("DARKROOM_DATA_ROOTS", str(root))
    return root


def test_files_of_a_root_are_listed_by_relative_name(root):
    listed, n = files.list_files(root, ("*.root", "*.root.*"))
    assert [(f.name, f.size) for f in listed] == [("runs/a.root", 10)]
    assert n == 1


def test_links_out_of_the_root_are_neither_listed_nor_opened(root, tmp_path):
    (root / "link.root").symlink_to(tmp_path / "secret.root")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop.root").symlink_to(root / "loop.root")
    assert [f.name for f in files.list_files(root, ("*.root",))[0]] == ["runs/a.root"]
    for name in ("link.root", "folder/secret.root", "loop.root"):
        with pytest.raises(DarkroomError, match=r"is not a file below the data roots"):
            files.below_roots(root / name)


@pytest.mark.parametrize("name", ["../secret.root", "runs/../../secret.root", "runs", "/etc/passwd", "a\0b", "no.root"])
def test_paths_that_lead_elsewhere(root, name):
    with pytest.raises(DarkroomError, match=r"is not a file below the data roots"):
        files.below_roots(root / name)


def test_a_pipe_is_no_file(root):
    os.mkfifo(root / "pipe.root")
    with pytest.raises(DarkroomError, match=r"is not a file below the data roots"):
        files.below_roots(root / "pipe.root")


def test_another_folder_is_no_root(root, tmp_path):
    with pytest.raises(DarkroomError, match=r"is not a data root"):
        files.list_files(tmp_path, ("*",))


def test_preview_of_a_bad_file_is_a_sentence(root):
    with pytest.raises(DarkroomError, match=r"a.root is neither a ROOT nor an HDF5 file"):
        files.preview("cosine", root / "runs" / "a.root")


@pytest.mark.parametrize(
    ("body", "limits", "sentence"),
    [
        ("import time; time.sleep(60)", {"PREVIEW_WALL_SECONDS": 0.2}, r"the disk is slow or the machine is busy"),
        ("while True: pass", {"PREVIEW_CPU_SECONDS": 1}, r"took more than 1 s of computing"),
        ("bytearray(8 << 30)", {}, r"took more than 6 GiB of memory"),
        ("raise TypeError('ours')", {}, r"its reader failed \(TypeError: ours\)\. This is a fault of the program"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", {}, r"ended by signal 11 \(SIGSEGV\)"),
    ],
)
def test_a_child_that_ends_badly_is_not_blamed_on_the_files_bytes(tmp_path, monkeypatch, body, limits, sentence):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").touch()
    (tmp_path / "core" / "__main__.py").write_text(body)
    monkeypatch.setattr(files, "CODE", tmp_path)
    for name, value in limits.items():
        monkeypatch.setattr(files, name, value)
    with pytest.raises(DarkroomError, match=sentence) as refused:
        files.in_child([], "a.root")
    assert "damaged" not in str(refused.value)


def test_preview_of_a_measured_file(test_data, workspace, monkeypatch):
    del workspace
    monkeypatch.setenv("DARKROOM_DATA_ROOTS", str(test_data))
    content = files.preview("cosine", test_data / "waveforms" / "hisparc501.root")
    assert content["trees"]["events"]["n_entries"] == 60
