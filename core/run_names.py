"""What people call runs: a name, a note, tags and aliases, kept beside the seal, so that they may change. Imports no keras.

runs/<id>/named.json   each field with its value, who wrote it and when

The id stays what addresses and files hold: no link breaks when a name changes. Names are unique, and one run of an experiment
holds an alias such as `best`. Every change reads what there is and writes one field, one writer at a time.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from core import manifest, workspace
from core.errors import DarkroomError
from core.plaintext import plain_line, plain_text

FILE = "named.json"
FIELDS = ("name", "note", "tags", "aliases")
MAX_NAME, MAX_NOTE, MAX_TAGS, MAX_BYTES = 80, 4_000, 20, 100_000


@dataclass(frozen=True)
class Naming:
    """What a run is called; `name` is its id where nobody gave it one. `written`: who wrote each field (`by`), and when (`at`)."""

    id: str
    name: str
    note: str = ""
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    written: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name with the id behind it, for captions and reports; the id alone without a name."""
        return self.id if self.name == self.id else f"{self.name} ({self.id})"


def folder() -> Path:
    """The folder of all runs."""
    return workspace.folder("runs")


def of(run_id: str) -> Naming:
    """What a run is called. One whose file is damaged, too long or gone is called by its id."""
    try:
        return _naming(run_id, _read(folder() / run_id))
    except DarkroomError:
        return Naming(run_id, run_id)


def everyone() -> dict[str, Naming]:
    """What each run is called, by id, newest first."""
    return {path.name: of(path.name) for path in sorted(folder().glob("[!.]*"), reverse=True) if path.is_dir()}


def proposal(*facts: str) -> str:
    """A short name from what tells a run apart, the most telling first: `compact, sample, 2-6 keV`."""
    return ", ".join(part for text in facts if (part := plain_line(text, MAX_NAME)))[:MAX_NAME]


def propose(run_id: str, text: str, by: str) -> str:
    """Give a run without a name this one, with ` (2)` behind it where another run has it; the name that it has then."""
    with _only_writer():
        path, values = folder() / run_id, _read(folder() / run_id)
        if "name" not in values:
            _write(path, values, {"name": _free(plain_line(text, MAX_NAME), _names_but(run_id))}, by)
    return of(run_id).name


def rename(run_id: str, name: str, by: str) -> str:
    """Give a run another name; refused where another run has it, or where it would be taken for an id or an alias."""
    text = plain_line(name, MAX_NAME + 1)
    if not text or len(text) > MAX_NAME:
        raise DarkroomError(f"The name of run '{run_id}' is {name[:100]!r}: expected 1 to {MAX_NAME} characters.")
    with _only_writer():
        taken = {**dict.fromkeys(_names_but(run_id), "name"), **dict.fromkeys(everyone(), "id")}
        taken |= {alias: "alias" for naming in everyone().values() for alias in naming.aliases}
        clash = next((kind for other, kind in taken.items() if other.casefold() == text.casefold()), "")
        if clash:
            raise DarkroomError(
                f"'{text}' is the {clash} of another run already, or of this one: choose another name for run '{run_id}'."
            )
        _write(folder() / run_id, _read(folder() / run_id), {"name": text}, by)
    return text


def write_note(run_id: str, note: str, by: str, instead_of: str | None = None) -> None:
    """Write the note of a run; refused where it is no longer `instead_of`, which its writer had seen."""
    text = plain_text(note).strip()
    if len(text) > MAX_NOTE:
        raise DarkroomError(f"The note of run '{run_id}' has {len(text):,} characters: expected at most {MAX_NOTE:,}.")
    with _only_writer():
        values = _read(folder() / run_id)
        now = _naming(run_id, values)
        if instead_of is not None and now.note not in (instead_of, text):
            who = now.written.get("note", {})
            raise DarkroomError(
                f"The note of run '{run_id}' was changed by {who.get('by', 'somebody')} at {who.get('at', 'some time')} in the "
                f"meantime and now says {plain_line(now.note, 60)!r}: read it, then write yours again."
            )
        _write(folder() / run_id, values, {"note": text}, by)


def tag(run_id: str, by: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> tuple[str, ...]:
    """Add tags to a run and take others away; the tags that it has then."""
    added = [workspace.checked_name(text.strip(), "tag") for text in add]
    gone = {text.strip() for text in remove}
    with _only_writer():
        values = _read(folder() / run_id)
        tags = [text for text in dict.fromkeys((*_naming(run_id, values).tags, *added)) if text not in gone]
        if len(tags) > MAX_TAGS:
            raise DarkroomError(
                f"Run '{run_id}' would have {len(tags)} tags: expected at most {MAX_TAGS}; remove some."
            )
        _write(folder() / run_id, values, {"tags": tags}, by)
    return tuple(tags)


def give_alias(run_id: str, alias: str, by: str) -> None:
    """Let a run hold an alias; the run of its experiment that held it does so no more."""
    text, experiment = workspace.checked_name(alias.strip(), "alias"), _experiment_of(run_id)
    if text in everyone():
        raise DarkroomError(f"'{text}' is the id of a run: choose another alias.")
    with _only_writer():
        for other in everyone().values():
            if text in other.aliases and _experiment_of(other.id) == experiment:
                left = [known for known in other.aliases if known != text]
                _write(folder() / other.id, _read(folder() / other.id), {"aliases": left}, by)
        values = _read(folder() / run_id)
        _write(folder() / run_id, values, {"aliases": [*_naming(run_id, values).aliases, text]}, by)


def drop_alias(run_id: str, alias: str, by: str) -> None:
    """Take an alias from a run; nothing where it does not hold it."""
    with _only_writer():
        values = _read(folder() / run_id)
        left = [known for known in _naming(run_id, values).aliases if known != alias]
        _write(folder() / run_id, values, {"aliases": left}, by)


def resolve(text: str, experiment: str = "") -> str:
    """The id of the run that an id, an alias or a name stands for; the text itself where there is none, for who opens it to
    refuse. Of several the one of the `experiment` counts; else they are refused with their names.
    """
    known = everyone()
    if text in known:
        return text
    matches: tuple[Callable[[Naming], bool], ...] = (
        lambda naming: text in naming.aliases,
        lambda naming: naming.name == text,
        lambda naming: naming.name.casefold() == text.casefold(),
    )
    for matching in matches:
        candidates = [naming for naming in known.values() if matching(naming)]
        own = [naming for naming in candidates if experiment and _experiment_of(naming.id) == experiment]
        if len(own or candidates) == 1:
            return (own or candidates)[0].id
        if candidates:
            listed = ", ".join(naming.title for naming in own or candidates)
            raise DarkroomError(
                f"'{text}' stands for {len(own or candidates)} runs: {listed}. Give the id of the one you mean."
            )
    return text


def _only_writer() -> AbstractContextManager[None]:
    """Names are unique and an alias moves, so one change is made at a time, of whatever run."""
    return manifest.only_writer(workspace.root())


def _experiment_of(run_id: str) -> str:
    """The experiment of a run that has ended; refused where nothing tells it."""
    path = folder() / run_id / "provenance.json"
    facts = workspace.read_json(path) if path.is_file() else {}
    experiment = facts.get("experiment") if isinstance(facts, dict) else None
    if not isinstance(experiment, str):
        raise DarkroomError(f"Run '{run_id}' has not ended, so it can hold no alias: wait until its training ends.")
    return experiment


def _names_but(run_id: str) -> set[str]:
    return {naming.name for naming in everyone().values() if naming.id != run_id}


def _free(text: str, taken: set[str]) -> str:
    """The text, or with the first number behind it that no other run has."""
    name, n = text, 1
    while name in taken:
        n += 1
        end = f" ({n})"
        name = text[: MAX_NAME - len(end)] + end
    return name


def _write(path: Path, values: Mapping[str, Any], changed: Mapping[str, Any], by: str) -> None:
    """Write fields with who and when, beside the others as they are."""
    if not path.is_dir():
        raise DarkroomError(f"There is no run '{path.name}': take an id or a name from the list of runs.")
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    fresh = {name: {"value": value, "by": by, "at": at} for name, value in changed.items()}
    workspace.write_json(path / FILE, {**values, **fresh})


def _read(path: Path) -> dict[str, Any]:
    """The fields that a run's file has; none where there is no file."""
    file = path / FILE
    try:
        stat = file.stat()
    except OSError:
        return {}
    return dict(_parsed(str(file), stat.st_size, stat.st_mtime_ns, stat.st_ino))


@lru_cache(maxsize=4_096)
def _parsed(file: str, n_bytes: int, *_stamp: int) -> Mapping[str, Any]:
    values = workspace.read_json(Path(file)) if n_bytes <= MAX_BYTES else None
    if not isinstance(values, dict) or not all(isinstance(values.get(name, {}), dict) for name in FIELDS):
        raise DarkroomError(
            f"{file} is damaged: found no table of fields of at most {MAX_BYTES:,} bytes. Delete it: the run stays, and is called "
            "by its id."
        )
    return values


def _naming(run_id: str, values: Mapping[str, Any]) -> Naming:
    def text(name: str, n_at_most: int) -> str:
        value = values.get(name, {}).get("value", "")
        return value[:n_at_most] if isinstance(value, str) else ""

    def texts(name: str) -> tuple[str, ...]:
        value = values.get(name, {}).get("value", ())
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    written = {
        name: {key: plain_line(str(values[name].get(key, ""))) for key in ("by", "at")}
        for name in FIELDS
        if name in values
    }
    name = plain_line(text("name", MAX_NAME)) or run_id
    return Naming(run_id, name, plain_text(text("note", MAX_NOTE)), texts("tags"), texts("aliases"), written)
