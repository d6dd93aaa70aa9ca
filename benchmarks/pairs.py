"""Whether a command became slower: it runs alternately in two folders of code, and the ratio of the medians is judged.

    python -m benchmarks.pairs --old OLD --new NEW -- benchmarks.select

runs `python -m benchmarks.select --json` seven times in each folder, old and new in turn, so that a machine that slows
down slows both. Without `--key` the CPU seconds of the whole process are compared, with `--key seconds` a number that the
command prints (the last JSON object on its output; dots lead into tables). Ends with status 1 above a ratio of 1.05.

That it can fail: of two commands that print 2.0 and 2.2 it says 1.1 and ends with status 1 (`tests/test_pairs.py`).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import report

ROUNDS = 7
LIMIT = 1.05


def cpu_seconds() -> float:
    """User and system seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def once(code: Path, words: list[str], key: str) -> float:
    """CPU seconds of one run in a folder of code, or the number that it prints under a key."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = cpu_seconds()
    arguments = [sys.executable, "-m", *words, "--json"]
    output = subprocess.run(arguments, cwd=code, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    if not key:
        return cpu_seconds() - before
    value: Any = json.loads(output.splitlines()[-1])
    for part in key.split("."):
        value = value[part]
    return float(value)


def pairs(old: Path, new: Path, words: list[str], key: str, rounds: int) -> dict[str, Any]:
    """Medians of both and their ratio; one run of each before the first round warms what is compiled and cached."""
    folders = {"old": old, "new": new}
    values: dict[str, list[float]] = {name: [] for name in folders}
    for number in range(rounds + 1):
        for name in folders if number % 2 else reversed(folders):
            value = once(folders[name], words, key)
            if number:
                values[name].append(value)
    medians = {name: statistics.median(several) for name, several in values.items()}
    ratio = medians["new"] / medians["old"]
    return {"command": " ".join(words), "key": key or "CPU seconds", **medians, "ratio": ratio, "rounds": rounds} | {
        f"{name}_min_max": [min(several), max(several)] for name, several in values.items()
    }


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--old", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--new", type=Path, default=Path(__file__).resolve().parents[1], metavar="FOLDER")
    parser.add_argument("--key", default="", help="number of the command's output instead of the CPU seconds")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("words", nargs="+", metavar="MODULE", help="module and its arguments, behind --")
    options = parser.parse_args()
    result = pairs(options.old, options.new, options.words, options.key, options.rounds)
    report.show(result, options.json)
    return 1 if result["ratio"] > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
