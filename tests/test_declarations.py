"""The commands as they are declared: every function takes its options, and help and quick commands load no large library."""

import importlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.commands import declarations
from core.commands.command import COMMANDS, Command, parse

ROOT = Path(__file__).resolve().parents[1]
LARGE = {
    "numpy", "numba", "scipy", "pandas", "pyarrow", "plotly", "astropy", "uproot", "awkward", "h5py", "keras",
    "tensorflow", "streamlit",
}  # fmt: skip
ASSIGNMENTS = ("--division", "method=random", "--split", "seed=3", "--cut", "a=1", "--cut", "b=2")


def options_of(*words: str) -> Any:
    return parse(words, declarations.COMMANDS, "")[1]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_every_function_takes_the_options_that_are_declared_for_it(command: Command) -> None:
    module, name = command.function.rsplit(".", 1)
    (options,) = inspect.signature(getattr(importlib.import_module(module), name)).parameters.values()
    assert options.annotation is command.options


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_of(name, "--help")
    assert ended.value.code == 0
    assert f"python -m core {name} [-h] [--json]" in capsys.readouterr().out


def test_options_have_the_types_that_are_declared() -> None:
    options = options_of("study-cut", "few", "--feature", "x", "--at", "1", "2.5", *ASSIGNMENTS)
    assert options.at == (1.0, 2.5)
    assert options.split == ("method=random", "seed=3")
    assert options.cut == ("a=1", "b=2")
    assert (options.set, options.run, options.threshold, options.json) == ((), None, 0.5, False)
    assert options_of("prepare", "e", "a", "b", "--name", "n").files == (Path("a"), Path("b"))
    assert options_of("compatibility", "--list").dataset is None
    assert options_of("images", "few", "--json").json is True


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "few"), "the following arguments are required: --model"),
        (("study-cut", "few", "--feature", "x", "--merit", "luck"), "invalid choice: 'luck'"),
        (("evaluate", "r", "--threshold", "half"), "invalid float value: 'half'"),
        (("nothing",), "invalid choice: 'nothing'"),
        ((), "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_of(*words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["networks"], ["train", "--help"], ["jobs"]], ids=" ".join)
def test_help_and_quick_commands_load_no_large_library(words: list[str], tmp_path: Path) -> None:
    code = (
        "import json, sys\n"
        "from core.__main__ import main\n"
        "try:\n"
        f"    main({words})\n"
        "except SystemExit:\n"
        "    pass\n"
        "print()\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    environment = {**os.environ, "DARKROOM_WORKSPACE": str(tmp_path / "workspace")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert not LARGE & set(json.loads(done.stdout.splitlines()[-1]))
