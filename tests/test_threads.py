"""Threads may call compiled code at once in a fresh process: numba has loaded its extensions by then."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from numba.core.typing.typeof import typeof_impl
import core.data.cuts
before = set(typeof_impl.registry)
import numba, numpy
numba.njit(lambda x: x.sum())(numpy.ones(3))
assert set(typeof_impl.registry) == before, set(typeof_impl.registry) - before
"""


def test_the_first_call_changes_nothing_that_other_threads_read():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, cwd=Path(__file__).parents[1], timeout=120)
