"""What is not as it should be in a workspace, and what to do about it."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import workspace
from core.errors import DarkroomError

DAMAGE, WARNING, NOTE = "damage", "warning", "note"
SEVERITIES = (DAMAGE, WARNING, NOTE)
"""Something cannot be used; something will not do what is expected; something is left over."""


@dataclass(frozen=True)
class Problem:
    """`what` is wrong in a sentence, `where` it lies (below the workspace, where it lies there), and what helps."""

    what: str
    where: str
    severity: str
    remedy: str


def where(path: Path) -> str:
    """A path below the workspace as people name it."""
    try:
        return path.relative_to(workspace.root()).as_posix()
    except ValueError:
        return str(path)


def split_sentence(error: DarkroomError) -> tuple[str, str]:
    """A refusal as what is wrong and what helps: sentences here end with the remedy behind the last colon."""
    text = str(error)
    what, colon, remedy = text.rpartition(": ")
    return (what, remedy.removesuffix(".")) if colon else (text, "see the sentence")


def file_problem(path: Path) -> str:
    """Why a file cannot be whole, told without reading all of it ('': nothing speaks against it): it is missing, empty, or does
    not begin and end as files of its kind do.
    """
    try:
        if not path.is_file():
            return "is missing"
        if path.stat().st_size == 0:
            return "is empty"
        check = _CHECKS.get(path.suffix)
        return "" if check is None or check(path) else "is cut off or overwritten"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        begins = file.read(4)
        file.seek(-4, 2)
        return begins == file.read(4) == b"PAR1"


def _begins(magic: bytes) -> Callable[[Path], bool]:
    def check(path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic

    return check


def _is_json(path: Path) -> bool:
    try:
        workspace.read_json(path)
    except DarkroomError:
        return False
    return True


_CHECKS: dict[str, Callable[[Path], bool]] = {
    ".parquet": _is_parquet, ".h5": _begins(b"\x89HDF\r\n\x1a\n"), ".npy": _begins(b"\x93NUMPY"), ".keras": zipfile.is_zipfile,
    ".json": _is_json,
}  # fmt: skip
