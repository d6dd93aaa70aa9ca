"""Looking at watched folders now and then: which raw files are new and at rest, and what is done with them.

The runner looks, never the server. A file counts when its size and time have rested for some seconds; what is still being
written is left alone, and one that was taken too early is taken again as soon as it changes.
"""

import fnmatch
import json
import os
import time
from pathlib import Path

from core import workspace
from core.errors import DarkroomError
from core.jobs import queue, watched
from core.jobs.watched import Fingerprint, Watch

PERIOD_S = 5.0
REST_S = 5.0
SHARE = 20.0  # looking may take one part in so many of the time
MAX_FILES = 100_000


class Arrivals:
    """What a runner remembers between two looks: since when each file has been as it is, when to look again."""

    def __init__(self) -> None:
        self._since: dict[str, dict[str, tuple[Fingerprint, float]]] = {}
        self._due: dict[str, float] = {}
        self._members: dict[str, tuple[int, frozenset[str]]] = {}

    def poll(self, now: float | None = None) -> None:
        """Look at every folder that is due (`now`: monotonic seconds); what is wrong with one is noted and hinders no other."""
        now = time.monotonic() if now is None else now
        for name in watched.names():
            if self._due.get(name, now) > now:
                continue
            began = time.monotonic()
            try:
                self._look(watched.read(name), now)
            except DarkroomError as error:
                with watched.changing(name) as state:
                    state.problem = str(error)
            self._due[name] = now + max(PERIOD_S, SHARE * (time.monotonic() - began))

    def _look(self, watch: Watch, now: float) -> None:
        files = files_below(Path(watch.folder), watch.patterns)
        before = self._since.get(watch.name, {})
        since = {
            file: before[file] if file in before and before[file][0] == mark else (mark, now)
            for file, mark in files.items()
        }
        self._since[watch.name] = since
        at_rest = {file: mark for file, (mark, first) in since.items() if now - first >= REST_S and mark[0] > 0}
        members = self._members_of(watch.dataset)
        with watched.changing(watch.name) as state:
            state.handed = {file: mark for file, mark in state.handed.items() if file in files}
            # what the data set holds already was prepared by hand: from now on a change of it counts
            state.handed |= {f: mark for f, mark in at_rest.items() if f in members and f not in state.handed}
            waiting = {file: mark for file, mark in at_rest.items() if state.handed.get(file) != mark}
            if waiting != state.waiting:
                state.waiting, state.looked_at = waiting, time.time()
            state.problem = ""
        if watch.does == watched.PREPARE and waiting:
            watched.hand_over(watch)
        self._follow(watch)

    def _members_of(self, dataset: str) -> frozenset[str]:
        """The raw files of a data set, by path; read again when the data set has changed."""
        path = workspace.root() / "datasets" / dataset / "dataset.json"
        try:
            stamp = path.stat().st_mtime_ns
            if self._members.get(dataset, (0, frozenset()))[0] != stamp:
                meta = json.loads(path.read_text(encoding="utf-8"))
                files = [part["path"] for part in meta["parts"]] + [part["file"] for part in meta["refused"]]
                self._members[dataset] = (stamp, frozenset(map(str, files)))
        except (OSError, ValueError, KeyError, TypeError):  # not there yet, or damaged, which its readers say
            self._members.pop(dataset, None)
        return self._members.get(dataset, (0, frozenset()))[1]

    def _follow(self, watch: Watch) -> None:
        """When the preparation has ended: say why it failed, or apply the run that is to be applied."""
        state = watched.state_of(watch.name)
        if not state.job or state.applied == state.job:
            return
        try:
            job = queue.get(state.job)
        except DarkroomError:  # it was deleted
            job = None
        if job is not None and not job.is_ended:
            return
        with watched.changing(watch.name) as state:
            state.applied = state.job
            if job is not None and job.state != "finished":
                state.problem = f"Job {job.id} {job.state}: {job.message}"
                return
        if watch.run and job is not None:
            _apply(watch)


def _apply(watch: Watch) -> None:
    if not (workspace.root() / "runs" / watch.run / "manifest.json").exists():
        raise DarkroomError(
            f"Run '{watch.run}', which is to be applied to new files, is no more: remove the rule and add it again."
        )
    arguments = {"run": watch.run, "dataset": watch.dataset}
    queue.submit("predict", f"{watch.run} on {watch.dataset}, new files", arguments)


def files_below(folder: Path, patterns: tuple[str, ...]) -> dict[str, Fingerprint]:
    """Size and time of change of every file below a folder whose name fits a pattern, by path; links are not followed.

    Hidden files are left alone: copying programs write to them. What vanishes meanwhile is passed over.
    """
    if not folder.is_dir():
        raise DarkroomError(f"The watched folder {folder} is not there: is its disk mounted?")
    files: dict[str, Fingerprint] = {}
    for place, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                path = os.path.join(place, name)  # noqa: PTH118  quicker than Path, for thousands
                try:
                    stat = os.stat(path, follow_symlinks=False)  # noqa: PTH116  the same
                except OSError:
                    continue
                files[path] = (stat.st_size, stat.st_mtime_ns)
        if len(files) > MAX_FILES:
            raise DarkroomError(
                f"The watched folder {folder} holds more than {MAX_FILES:,} raw files: watch one of the folders in it."
            )
    return files
