"""What users, files and job lists say is printed as plain text, and a command ends quietly and refuses empty words."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.errors import DarkroomError
from core.jobs import queue
from core.plaintext import plain_line, plain_text

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = "a\x1b[2J\x1b]0;title\x07b\u202ec\u2066d\x00\x9be\u200ff\u061cg"


def test_escapes_controls_and_directions_go_and_letters_of_any_script_stay() -> None:
    assert plain_text(HOSTILE) == "abcdefg"
    assert plain_text("mu\u0308on\tсчёт\nنیم\u200cفاصله 光子") == "mu\u0308on\tсчёт\nنیم\u200cفاصله 光子"
    assert plain_line(f" {HOSTILE}\n\n two\tlines ") == "abcdefg two lines"
    assert plain_line("x" * 500, 64) == "x" * 64


@pytest.mark.usefixtures("workspace")
def test_a_user_a_job_and_a_refusal_are_plain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DARKROOM_USER", HOSTILE.replace("\x00", ""))
    job = queue.submit("train", HOSTILE, {})
    queue.move(job.id, ("queued",), "failed", message=HOSTILE, progress_text=HOSTILE)
    job_read = queue.get(job.id)
    assert (job_read.user, job_read.title, job_read.message, job_read.progress_text) == ("abcdefg",) * 4
    assert str(DarkroomError(f"File {HOSTILE} is damaged.")) == "File abcdefg is damaged."
    assert main(["jobs"]) == 0
    assert main(["select", HOSTILE]) == 2
    printed = capsys.readouterr()
    assert "abcdefg" in printed.out
    assert not {"\x1b", "\u202e", "\x9b", "\x07"} & set(printed.out + printed.err)
    monkeypatch.setenv("DARKROOM_USER", "\x1b[31m")
    assert queue.this_user()


@pytest.mark.parametrize(
    "words", [("select", "a", "--save", ""), ("event", "a", "1", "--run", ""), ("train", "a", "--model", "")]
)
def test_an_empty_word_is_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(list(words)) == 2
    assert f"{words[-2]} is empty: give it a value, or leave it out." in capsys.readouterr().err


@pytest.mark.usefixtures("workspace")
def test_a_reader_that_has_enough_ends_a_command_quietly() -> None:
    for i in range(50):  # more than a pipe holds
        queue.move(queue.submit("train", f"job {i}", {}).id, ("queued",), "failed", message="x" * 3000)
    with subprocess.Popen(
        [sys.executable, "-m", "core", "jobs", "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
