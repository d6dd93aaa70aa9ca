"""How the benchmarks print and what they say of the machine."""

import argparse
import json
import os
import platform
from typing import Any


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
