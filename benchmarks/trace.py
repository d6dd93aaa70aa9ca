"""How many functions of `core` a reader meets before the first line of physics: one waveform followed from file to table.

One file of the shipped sample of the first experiment is prepared by the command, in this process. Every function of
`core` that is entered before the experiment's `features` module is counted once, in the order of its first call; what
runs while a module is imported, lambdas and comprehensions are left out.
"""

import contextlib
import importlib
import io
import os
import sys
import tempfile
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from benchmarks import report

ROOT = Path(__file__).resolve().parents[1]
CORE = f"{ROOT / 'core'}{os.sep}"


class Reached(BaseException):
    """The first line of physics: nothing behind it is run."""


class Trace:
    """A profile function that notes each function of `core` at its first call, and ends all where one of `last` is entered."""

    def __init__(self, last: str) -> None:
        self.last, self.entered, self.importing = last, dict[CodeType, None](), 0

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(CORE):
            return
        if code.co_name == "<module>":
            self.importing += {"call": 1, "return": -1}.get(event, 0)
        elif event == "call" and not self.importing:
            if code.co_filename == self.last:
                raise Reached
            if not code.co_name.startswith("<"):
                self.entered[code] = None


def followed(key: str, file: Path) -> list[str]:
    """`core/file.py: function` of every function entered while the command prepares `file`, before the first of `features`."""
    main = importlib.import_module("core.__main__").main
    trace = Trace(str(importlib.import_module(f"core.{key}.features").__file__))
    words = ["prepare", key, str(file), "--name", "traced", "--jobs", "1"]
    with tempfile.TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
        os.environ["DARKROOM_WORKSPACE"] = temporary
        sys.setprofile(trace)
        try:
            main(words)
            raise SystemExit(f"{file} was prepared, and {trace.last} was not reached.")
        except Reached:
            pass
        finally:
            sys.setprofile(None)
    return [f"{Path(code.co_filename).relative_to(ROOT)}: {code.co_qualname}" for code in trace.entered]


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    registry = importlib.import_module("core.registry")
    key = next(iter(registry.EXPERIMENTS))
    file = min((ROOT / "data_samples" / key).iterdir())
    functions = followed(key, file)
    report.show({"experiment": key, "file": file.name, "functions": len(functions), "entered": functions}, options.json)


if __name__ == "__main__":
    main()
