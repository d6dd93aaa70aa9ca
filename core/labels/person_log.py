"""What people say of events, one append-only file per person, one JSON object per line, nothing ever changed or deleted.

workspace/<kind>/<experiment>/<person>.jsonl

A line is on the disk when it was written; what a crash leaves of a half line is passed over and counted.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import workspace
from core.errors import DarkroomError

ENDING = ".jsonl"
LATEST_MS = 253_402_300_799_000  # the last second of the year 9999: no later time can be written as a date


@dataclass(frozen=True)
class PersonLogs:
    """The files of one kind: the folder's name, what one line is called in a refusal, and the most bytes that it may have."""

    kind: str
    what: str
    max_line: int

    def folder(self, experiment_key: str) -> Path:
        return workspace.folder(self.kind, experiment_key)

    def people(self, experiment_key: str) -> list[str]:
        """Who has a log, by name; a file that is no log of ours by its name is passed over."""
        stems = (p.stem for p in self.folder(experiment_key).glob(f"*{ENDING}"))
        return sorted(stem for stem in stems if workspace.is_name(stem))

    def path_of(self, experiment_key: str, person: str) -> Path:
        """The log of a person; a name that could not name a file is refused."""
        return self.folder(experiment_key) / f"{workspace.checked_name(person, 'labeller')}{ENDING}"

    def line(self, values: dict[str, Any], person: str) -> str:
        """One line; refused where it is longer than any that is read."""
        text = json.dumps(values, allow_nan=False, separators=(",", ":")) + "\n"
        if len(text.encode()) > self.max_line:
            raise DarkroomError(
                f"A {self.what} of {person} takes {len(text)} characters, at most {self.max_line} are kept."
            )
        return text

    def append(self, experiment_key: str, person: str, lines: Iterable[str]) -> None:
        """One write at the end of the file, under a lock: two tabs of one person do not tear each other's lines."""
        path, data = self.path_of(experiment_key, person), "".join(lines).encode()
        try:
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                size = os.fstat(handle).st_size
                if size and os.pread(handle, 1, size - 1) != b"\n":
                    data = b"\n" + data  # a crash left half a line: what follows stands on its own
                if os.write(handle, data) != len(data):
                    raise OSError(28, "No space left on device")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise DarkroomError(f"{path} cannot be written ({error.strerror}): the {self.what} was not kept; free some space or ask who owns the file.") from None  # fmt: skip

    def read(self, experiment_key: str, person: str) -> list[Any]:
        """What the lines of a person hold, in order; None where one is no JSON or too long."""
        whole, rest, _ = self.read_from(experiment_key, person, 0)
        return whole + rest

    def read_from(self, experiment_key: str, person: str, start: int) -> tuple[list[Any], list[Any], int]:
        """(what the whole lines from a byte on hold, what a line without an end holds, the byte after the last whole line)."""
        path = self.path_of(experiment_key, person)
        try:
            with path.open("rb") as file:
                file.seek(start)
                data = file.read()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise DarkroomError(f"{path} cannot be read ({error.strerror}): ask who owns the file.") from None
        end = data.rfind(b"\n") + 1
        whole, rest = (
            [self._parsed(line) for line in part.split(b"\n") if line.strip()] for part in (data[:end], data[end:])
        )
        return whole, rest, start + end

    def _parsed(self, line: bytes) -> Any:
        try:
            return json.loads(line) if len(line) <= self.max_line else None
        except (ValueError, RecursionError):  # the second: brackets without end
            return None

    def version(self, experiment_key: str, people: Iterable[str] | None = None) -> str:
        """Changes whenever a log does: a cache key."""
        paths = (self.path_of(experiment_key, n) for n in (self.people(experiment_key) if people is None else people))
        return "|".join(f"{p.stem}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in paths if p.exists())
