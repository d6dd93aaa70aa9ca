"""What takes the disk: bytes and files of each data set, run, study, raw folder, job, of the bin and of the caches.

Counted in steps of a given time, so that no page waits; a folder in which nothing came or went since is not read again.
"""

import os
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from core import workspace

EACH = {
    "datasets": "data set", "runs": "run", "studies": "study", "sweeps": "sweep", "raw": "raw files", "jobs": "job log", "bin": "bin",
}  # fmt: skip
"""Folders whose every entry is counted by itself, with what an entry is."""
TOGETHER = {"inputs": "cache", "compilation": "cache"}  # others are called by their folder
GROWING = ("", "jobs")  # their files grow in place, which the time of a folder does not tell
SETTLED_S = 2.0  # a folder changed more lately may change again within one tick of its clock
N_PER_STEP = 400

Key = tuple[str, str]


@dataclass(frozen=True)
class Use:
    """What something takes: `kind` is what it is, `name` how it is called, `folder` where it lies below the workspace."""

    kind: str
    name: str
    folder: str
    n_bytes: int
    n_files: int


@dataclass(frozen=True)
class _Folder:
    """What a folder held: bytes by file name and the names of its folders, when it had this time of change."""

    mtime_ns: int
    is_settled: bool
    files: dict[str, int]
    folders: tuple[str, ...]


class DiskUse:
    """A count that is kept up to date. Any thread may call `update` and `uses`."""

    def __init__(self) -> None:
        self._known: dict[str, _Folder] = {}
        self._uses: dict[Key, list[int]] | None = None
        self._passing: Iterator[None] | None = None
        self._lock = threading.Lock()

    def update(self, budget_s: float | None = None) -> bool:
        """Count for at most about `budget_s` (None: to the end); whether a count came to its end."""
        with self._lock:
            began = time.monotonic()
            self._passing = self._passing or self._pass()
            for _ in self._passing:
                if budget_s is not None and time.monotonic() - began > budget_s:
                    return False
            self._passing = None
            return True

    def uses(self) -> list[Use]:
        """The latest whole count, largest first; empty before there is any."""
        uses = [Use(_kind(*key), key[1] or key[0], key[0], *count) for key, count in (self._uses or {}).items()]
        return sorted(uses, key=lambda use: (-use.n_bytes, use.kind, use.name))

    def _pass(self) -> Iterator[None]:
        counts: dict[Key, list[int]] = {}
        seen: dict[str, _Folder] = {}
        waiting, root = [""], workspace.root()
        while waiting:
            place = waiting.pop()
            folder = yield from self._read(root, place)
            yield
            if folder is None:
                continue
            seen[place] = folder
            for name, n_bytes in folder.files.items():
                count = counts.setdefault(_key(place, name), [0, 0])
                count[0] += n_bytes
                count[1] += 1
            waiting += [os.path.join(place, name) for name in folder.folders]  # noqa: PTH118  quicker than Path, for thousands
        self._known, self._uses = seen, counts

    def _read(self, root: Path, place: str) -> Generator[None, None, _Folder | None]:
        """A folder as it is, from memory where nothing came or went since; None if it is gone. Yields now and then."""
        try:
            mtime_ns = (root / place).stat().st_mtime_ns
            known = self._known.get(place)
            is_growing = place.partition(os.sep)[0] in GROWING
            if known is not None and known.is_settled and known.mtime_ns == mtime_ns and not is_growing:
                return known
            is_settled = time.time() - mtime_ns / 1e9 > SETTLED_S
            files: dict[str, int] = {}
            folders: list[str] = []
            with os.scandir(root / place) as entries:
                for n, entry in enumerate(entries, 1):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    else:
                        files[entry.name] = _bytes_of(entry)
                    if n % N_PER_STEP == 0:
                        yield
            return _Folder(mtime_ns, is_settled, files, tuple(folders))
        except OSError:  # it went meanwhile, or may not be read
            return None


def _bytes_of(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _key(place: str, name: str) -> Key:
    """What a file counts for: an entry of a folder of `EACH`, a folder of the workspace, or the workspace's own files."""
    top, _, below = place.partition(os.sep)
    if not top:
        return ("list of jobs", "") if name.startswith("darkroom.") else ("other", "")
    if top in EACH:
        return top, below.partition(os.sep)[0] if below else name.removesuffix(".json")
    return top, ""


def _kind(top: str, name: str) -> str:
    return EACH[top] if name and top in EACH else TOGETHER.get(top, "other")
