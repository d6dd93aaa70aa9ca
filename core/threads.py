"""Threads that run compiled code side by side."""

from concurrent.futures import ThreadPoolExecutor

from numba.core import entrypoints
from numba.core.registry import cpu_target

# With its first compilation numba loads parts of its own and extensions of other packages into a dictionary that other threads
# may be reading then ("dictionary changed size during iteration"): here an import does it, once and alone.
entrypoints.init_all()
cpu_target.target_context.refresh()


def pool(n: int) -> ThreadPoolExecutor:
    """A pool of n threads for functions that release the interpreter's lock."""
    return ThreadPoolExecutor(n, "compiled")
