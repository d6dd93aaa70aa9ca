"""Setting up and serving: the Makefile, the locks, the shipped configuration and the launcher, without the network."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit.config import get_config_options

from core import serve
from core.errors import DarkroomError

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted(ROOT.glob("requirements*.txt"))
TOOLS = ("bash", "make", "touch", "rm", "mkdir", "id", "cat", "sh", "env")


def make(folder: Path, *arguments: str, path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run make in a folder that holds a copy of the Makefile, with only `path` to find commands in."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    if path:
        environment["PATH"] = str(path)
    command = [str(shutil.which("make")), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what `make setup` needs of the repository."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH without any Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def add_command(folder: Path, name: str, script: str) -> None:
    command = folder / name
    command.write_text(f"#!/bin/bash\n{script}\n")
    command.chmod(0o755)


def test_without_a_python_setup_says_what_is_missing(checkout: Path, tools: Path) -> None:
    done = make(checkout, "setup", path=tools)
    assert done.returncode != 0
    assert "No Python 3.11, 3.12 or 3.13 with the venv module was found" in done.stderr
    assert "make PYTHON=/path/to/python3.12" in done.stderr


def test_setup_passes_over_commands_that_do_not_start_and_other_versions(checkout: Path, tools: Path) -> None:
    add_command(tools, "python3.13", "echo 'version manager: command not found' >&2; exit 127")
    add_command(tools, "python3.12", "exit 1  # as the check of the version ends on 3.10 or 3.14")
    add_command(
        tools, "python3.11", 'if [ "$1" = -c ]; then exit 0; fi; echo "chosen: python3.11 $*"; [ "$1" = --version ]'
    )
    done = make(checkout, "setup", path=tools)
    assert "chosen: python3.11 -m venv --clear .venv" in done.stdout


def test_setup_does_nothing_when_nothing_changed(checkout: Path, tools: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    add_command(checkout / ".venv/bin", "python", 'echo "pip called: $*"')
    first, second = make(checkout, "setup", path=tools), make(checkout, "setup", path=tools)
    assert "install --quiet -r requirements.txt" in first.stdout
    assert "pip called" not in second.stdout
    newer = (checkout / ".venv/installed").stat().st_mtime + 10
    os.utime(checkout / "requirements.txt", (newer, newer))
    assert "pip called" in make(checkout, "setup", path=tools).stdout


def test_run_passes_the_port_and_the_workspace_on(checkout: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    add_command(
        checkout / ".venv/bin", "python", 'echo "$* PORT=$PORT WORKSPACE=$DARKROOM_WORKSPACE PREFIX=$DARKROOM_PREFIX."'
    )
    monkeypatch.setenv("DARKROOM_WORKSPACE", "/somewhere")
    monkeypatch.setenv("PREFIX", "/usr")  # of another tool: not meant
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.delenv("DARKROOM_PREFIX", raising=False)
    assert "-m core serve PORT=8501 WORKSPACE=/somewhere PREFIX=." in make(checkout, "run", path=tools).stdout
    assert "-m core serve PORT=8777 " in make(checkout, "run", "PORT=8777", path=tools).stdout
    assert "PREFIX=/lab." in make(checkout, "run", "PREFIX=/lab", path=tools).stdout
    monkeypatch.setenv("DARKROOM_PREFIX", "/here")
    assert "PREFIX=/here." in make(checkout, "run", path=tools).stdout


def test_chromium_that_cannot_be_installed_is_told_in_a_sentence(checkout: Path, tools: Path) -> None:
    done = make(checkout, "chromium", path=tools)
    assert done.returncode == 0
    assert "the browser tests will be skipped" in done.stdout


def test_the_ci_script_is_executable_and_parses() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=10)


def pins(lock: Path) -> dict[tuple[str, str], str]:
    """(package, marker) -> version; the marker matters where the version depends on Python's."""
    by_name = {}
    for line in lock.read_text().splitlines():
        requirement, _, marker = line.partition(";")
        name, _, version = requirement.strip().partition("==")
        assert version, f"{lock.name}: {line!r} is not pinned"
        by_name[name, "3.12" if "python_full_version >=" in marker else ""] = version
    return by_name


@pytest.mark.parametrize("lock", LOCKS, ids=[p.name for p in LOCKS])
def test_every_lock_pins_and_agrees_with_the_first(lock: Path) -> None:
    base, other = pins(ROOT / "requirements.txt"), pins(lock)
    assert {k: other[k] for k in other.keys() & base.keys()} == {k: base[k] for k in other.keys() & base.keys()}


def test_every_shipped_setting_exists_in_streamlit() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "is not a valid config" not in done.stderr
    assert {f"{section}.{name}" for section, name in shipped_settings()} <= set(
        get_config_options()
    )  # also what it hides


def shipped_settings() -> set[tuple[str, str]]:
    """(section, key) of everything in `.streamlit/config.toml`."""
    settings, waiting = set(), list(tomllib.loads((ROOT / ".streamlit/config.toml").read_text()).items())
    while waiting:
        section, values = waiting.pop()
        for key, value in values.items():
            if isinstance(value, dict):
                waiting.append((f"{section}.{key}", value))
            else:
                settings.add((section, key))
    return settings


def test_the_shipped_configuration_is_closed() -> None:
    shipped = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert shipped["server"]["address"] == "127.0.0.1"
    assert shipped["browser"]["gatherUsageStats"] is False
    assert shipped["runner"]["magicEnabled"] is False
    assert "cookieSecret" not in shipped["server"]


def test_a_busy_port_is_refused_in_a_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            DarkroomError, match=rf"Port {port} on 127.0.0.1 cannot be used .* choose another port with PORT="
        ):
            serve.refuse_busy(port)
    serve.refuse_busy(port)


@pytest.mark.parametrize("port", ["0", "80", "65536", "-1", "8501x", "", "8501.0"])
def test_a_port_out_of_range_is_refused(port: str) -> None:
    with pytest.raises(DarkroomError, match="expected a whole number from 1024 to 65535"):
        serve.checked_port(port)


def test_a_prefix_is_a_plain_path_and_anything_else_is_refused() -> None:
    assert [serve.checked_prefix(text) for text in ("", "/", "darkroom", "/darkroom/", "/lab/dark.room_2")] == [
        "", "", "/darkroom", "/darkroom", "/lab/dark.room_2"
    ]  # fmt: skip
    for text in ("/..", "a/../b", "/a b", "/a?b", "//a//b", "/é", "/a/./b", "x" * 101, "http://a/b"):
        with pytest.raises(DarkroomError, match="expected a path of letters, digits"):
            serve.checked_prefix(text)


def test_the_cookie_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / ".cookie_secret"
    secret = serve.cookie_secret(path)
    assert re.fullmatch(r"[0-9a-f]{64}", secret)
    assert serve.cookie_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert serve.cookie_secret(tmp_path / "another") != secret


def test_the_first_start_goes_on_when_the_demonstration_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> list[object]:
        raise DarkroomError("The disk is full: free some space.")

    monkeypatch.setattr(serve.demo, "submit_missing", fail)
    serve.first_start()
    assert "The disk is full: free some space." in capsys.readouterr().err
