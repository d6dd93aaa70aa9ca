"""The weights of a network after chosen epochs, beside the best ones: runs/<id>/epochs/<n>.npz, sealed with the run."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from core import manifest, runs, workspace
from core.errors import DarkroomError

FOLDER = "epochs"


def write(folder: Path, epoch: int, weights: Sequence[np.ndarray]) -> None:
    """Keep the weights after an epoch with the run in a folder."""
    workspace.make_folder(folder / FOLDER)
    with workspace.replacing(folder / _file(epoch)) as temporary, temporary.open("wb") as file:
        np.savez(file, *weights)


def epochs(run: runs.Run) -> list[int]:
    """The epochs after which the weights are kept, ascending."""
    paths = (PurePosixPath(name) for name in manifest.read(run.path))
    return sorted(int(path.stem) for path in paths if path.parts[0] == FOLDER)


def read(run: runs.Run, epoch: int) -> list[np.ndarray]:
    """The weights after an epoch, as they were sealed, or a refusal that lists those there are."""
    there = epochs(run)
    if epoch not in there:
        listed = ", ".join(map(str, there)) or "none"
        raise DarkroomError(f"Run '{run.id}' keeps no weights of epoch {epoch} (it keeps those of: {listed}).")
    with np.load(manifest.checked(run.path, _file(epoch)), allow_pickle=False) as stored:
        return [stored[f"arr_{i}"] for i in range(len(stored.files))]


def _file(epoch: int) -> str:
    return f"{FOLDER}/{epoch:04d}.npz"
