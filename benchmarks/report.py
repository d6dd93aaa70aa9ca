"""How the benchmarks print and what they say of the machine."""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any


def peak_memory_mb() -> float:
    """The most memory that this process has held [MB].

    `VmHWM` begins anew with a program; `ru_maxrss` survives exec, so a child tells what its parent had.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def options(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser


def show(result: dict[str, Any], as_json: bool) -> None:
    """Print the figures, with the machine that they were measured on."""
    result = {**result, "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}}
    if as_json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name}: {value:,.4g}" if isinstance(value, float) else f"{name}: {value}")
