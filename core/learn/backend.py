"""Keras, started once per process: quiet, with the GPU shared politely, on TensorFlow or JAX.

Only a process of its own calls `load_keras`, never the server's; the backend is chosen by KERAS_BACKEND (default tensorflow).
"""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

CPU_ONLY = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}


def stay_on_cpu() -> None:
    """Keep this process off the GPU, which is for trainings; to be called before keras is loaded."""
    os.environ.update(CPU_ONLY)


def load_keras() -> Any:
    """Import keras and its backend; returns the keras module. Takes seconds the first time.

    TensorFlow grows into GPU memory as needed and JAX does not preallocate it, so that a GPU can be shared.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with _quiet_without_gpu():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            for gpu in tf.config.list_physical_devices("GPU"):
                if not tf.config.experimental.get_memory_growth(gpu):
                    tf.config.experimental.set_memory_growth(gpu, True)
    return keras


@contextmanager
def _quiet_without_gpu() -> Iterator[None]:
    """Hide what the libraries print about missing CUDA drivers, on machines that have no NVIDIA device."""
    if Path("/dev/nvidiactl").exists() or os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        yield
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def device() -> str:
    """The device that keras computes on, in words: 'GPU NVIDIA H200 (tensorflow)' or 'CPU, 2 threads (jax)'."""
    import keras

    backend = keras.backend.backend()
    gpu = _jax_gpu() if backend == "jax" else _tensorflow_gpu() if backend == "tensorflow" else None
    return f"GPU {gpu} ({backend})" if gpu else f"CPU, {len(os.sched_getaffinity(0))} threads ({backend})"


def _tensorflow_gpu() -> str | None:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", gpus[0].name)) if gpus else None


def _jax_gpu() -> str | None:
    import jax

    first = jax.devices()[0]
    return str(first.device_kind) if first.platform in ("gpu", "cuda", "rocm") else None


def versions() -> dict[str, str]:
    """Versions of what a result depends on; packages that are not installed are left out."""
    installed = {"python": platform.python_version()}
    for package in ("keras", "tensorflow", "jax", "numpy", "numba", "h5py"):
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def git_commit() -> str | None:
    """The commit of this code, with '+' if files were changed since; None outside a git checkout."""
    root = Path(__file__).resolve().parents[2]
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, timeout=10)
        dirty = subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=root, capture_output=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return head.stdout.strip() + ("+" if dirty.returncode else "") if head.returncode == 0 else None
