"""Whatever is changed in a file of the workspace or in a mapping, a command ends with an answer or with one sentence.

The changes start from whole files, one at a time, so that they get past the first check. `DARKROOM_FUZZ` sets how many are
made of each file; the seed is fixed.
"""

import contextlib
import copy
import json
import os
import random
import shutil
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.made_up import made_up_run
from core import manifest, runs
from core.__main__ import main
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.jobs import queue
from core.judge import stored
from core.judge.grid import grid_of
from core.labels import log
from core.parameters import to_dict
from core.registry import EXPERIMENTS
from core.selection import selection
from core.workflows import cross_training as studies
from core.workflows.cross_training import Study
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

N_EACH = int(os.environ.get("DARKROOM_FUZZ", "4"))
EXPERIMENT, TRACKS = list(EXPERIMENTS.values())[:2]
VALUES: list[Any] = [
    None, True, -1, 0, 1.5, 10**30, 1e300, "", "x", "../../x", "\u202ex\x1b[31m", [], [[]], [None], {}, {"a": {}}, ["x", 1],
]  # fmt: skip

# Keras and TensorFlow are not loaded here; NumPy warns of what changed numbers make of an arithmetic.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with a data set of each experiment, a run, its trees and temperature, a selection, a study, labels and jobs."""
    workspace = tmp_path_factory.mktemp("fuzz") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(workspace))
        prepare(
            EXPERIMENT,
            EXPERIMENT.simulation.simulate(tmp_path_factory.mktemp("raw"), n_events=500, seed=3),
            "few",
            default_mapping(EXPERIMENT),
        )
        small = TRACKS.simulation.parameters(n_rows=200, n_columns=240)
        files = TRACKS.simulation.simulate(tmp_path_factory.mktemp("images"), n_events=80, seed=3, parameters=small)
        prepare(TRACKS, files, "tracks", default_mapping(TRACKS))
        run, data = runs.open_run(made_up_run("few")), open_dataset("few")
        uid, rows = data.column("uid"), range(data.n_rows)
        stored.write_trees(run.path, "few", uid, data.source_of(rows), uid % 2)
        stored.write_trees_facts(run.path, {"n_parameters": 3})
        stored.write_network_cost(run.path, 2.0)
        selection.store(data, "mine", selection.from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, run.selection))
        regions = grid_of(EXPERIMENT).regions(grid_of(EXPERIMENT).parameters())[:2]
        studies.store(
            Study(
                "20260101-000000-compact-abcd",
                "t",
                "2026-01-01T00:00:00Z",
                EXPERIMENT.key,
                "few",
                data.rows_id,
                "compact",
                {},
                {},
                run.selection,
                to_dict(grid_of(EXPERIMENT).parameters()),
                regions,
                (run.id, None),
                ("", "too few"),
            )
        )
        own = log.Entry(
            log.new_id(),
            log.LABEL,
            int(uid[0]),
            int(data.source_of([0])[0]),
            log.made_of(data, EXPERIMENT.reading.mapping),
            EXPERIMENT.labels.classes[0],
            "me",
            1,
        )
        log.append(EXPERIMENT.key, [own])
        queue.append_metric(queue.submit("train", "t", {"dataset": "few"}).id, {"loss": 1.0})
        yield workspace


@pytest.fixture
def changed(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it."""
    shutil.copytree(whole, tmp_path / "workspace")
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "workspace"


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in nested values."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in inner:
        yield (*at, key)
        yield from places(entry, (*at, key))


def changes(value: Any, rng: random.Random, n: int) -> Iterator[Any]:
    """The values with one thing replaced, removed or added."""
    there = list(places(value))
    for _ in range(n):
        changed_value = copy.deepcopy(value)
        *way, last = rng.choice(there)
        holder = changed_value
        for key in way:
            holder = holder[key]
        how = rng.randrange(4)
        if how == 0:
            del holder[last]
        elif how == 1 and isinstance(holder, dict):
            holder["unknown"] = rng.choice(VALUES)
        else:
            holder[last] = rng.choice(VALUES)
        yield changed_value


def torn(data: bytes, rng: random.Random, n: int) -> Iterator[bytes]:
    """The bytes with some of them changed, cut off, or put in."""
    for _ in range(n):
        at = rng.randrange(max(len(data), 1))
        yield rng.choice(
            [data[:at], data[:at] + rng.randbytes(4) + data[at + 4 :], data[:at] + rng.randbytes(40) + data[at:], b""]
        )


def answers(*words: str) -> None:
    """A command ends by itself or in a sentence; anything else is raised."""
    assert main([*words, "--json"]) in (0, 1, 2)


COMMANDS: dict[str, list[tuple[str, ...]]] = {
    "datasets/few": [
        ("datasets",),
        ("select", "few", "--preset", "dnn2020"),
        ("event", "few", "UID"),
        ("evaluate", "RUN"),
    ],
    "datasets/tracks": [("datasets",), ("select", "tracks", "--preset", "seven"), ("images", "tracks")],
    "runs": [("runs",), ("evaluate", "RUN"), ("apply", "RUN", "few"), ("calibrate", "RUN")],
    "selections": [("select", "few", "--selection", "mine")],
    "studies": [("compatibility", "few", "--list"), ("published",)],
    "labels": [("labels", "show", "few"), ("labels", "next", "few", "--labeller", "me")],
}


def words_of(kind: str, workspace: Path) -> list[list[str]]:
    run = next(p.name for p in (workspace / "runs").iterdir())
    known = {"RUN": run, "UID": "1"}
    return [[known.get(word, word) for word in words] for words in COMMANDS[kind]]


def files_of(workspace: Path, kind: str) -> list[Path]:
    return sorted(p for p in (workspace / kind).rglob("*") if p.is_file() and p.name[0] != ".")


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_changed_file_of_the_workspace_is_answered_in_words(
    kind: str, changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(kind)
    for file in files_of(changed, kind):
        before = file.read_bytes()
        versions: list[bytes] = list(torn(before, rng, max(N_EACH // 2, 1)))
        if file.suffix == ".json":
            versions += [json.dumps(value).encode() for value in changes(json.loads(before), rng, N_EACH)]
        for data in versions:
            file.write_bytes(data)
            if kind == "runs" and file.name != manifest.FILE:
                reseal(file)
            for words in words_of(kind, changed):
                try:
                    answers(*words)
                except Exception as error:
                    raise AssertionError(f"{words} after {file.relative_to(changed)} became {data[:2000]!r}") from error
        file.write_bytes(before)
        if kind == "runs":
            reseal(file)
    capsys.readouterr()


def reseal(file: Path) -> None:
    """Make the manifest agree with a changed file, so that what reads it is met."""
    folder = next(p for p in file.parents if (p / manifest.FILE).exists())
    with contextlib.suppress(DarkroomError):
        manifest.write(folder, manifest.read(folder))


def test_changed_rows_of_the_job_list_are_answered_in_words(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(1)
    with sqlite3.connect(changed / "darkroom.sqlite") as db:
        columns = {
            table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")] for table in ("jobs", "metrics")
        }
    for _ in range(5 * N_EACH):
        table = rng.choice(list(columns))
        column = rng.choice([name for name in columns[table] if name != "id"])
        with sqlite3.connect(changed / "darkroom.sqlite") as db:
            before = db.execute(f"SELECT {column} FROM {table} WHERE id = 1").fetchone()[0]
            with contextlib.suppress(sqlite3.IntegrityError, OverflowError):
                value = rng.choice([None, -1, 1.5, "x", "[]", "{", '{"a": 1}', b"\xff\x00", "\u202e\x1b[2J", 2**62])
                db.execute(f"UPDATE {table} SET {column} = ? WHERE id = 1", (value,))
        answers("jobs")
        queue.read_metrics(1)
        with sqlite3.connect(changed / "darkroom.sqlite") as db:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE id = 1", (before,))
    capsys.readouterr()


def mapping_files() -> list[tuple[Any, Path]]:
    return [(experiment, path) for experiment in EXPERIMENTS.values() for path in experiment.reading.mappings.values()]


@pytest.mark.parametrize(("experiment", "path"), mapping_files(), ids=lambda value: getattr(value, "stem", ""))
def test_a_changed_mapping_is_a_mapping_or_a_sentence(experiment: Any, path: Path, tmp_path: Path) -> None:
    rng, file = random.Random(path.stem), tmp_path / "changed.toml"
    texts = [text.decode("utf-8", "replace") for text in torn(path.read_bytes(), rng, 5 * N_EACH)]
    texts += [toml for value in changes(tomllib.loads(path.read_text()), rng, 15 * N_EACH) if (toml := as_toml(value))]
    load: Callable[[Path], Any] = experiment.reading.load_mapping
    for text in texts:
        file.write_text(text)
        try:
            mapping = load(file)
            experiment.reading.record_meta(mapping)
        except DarkroomError as error:
            assert str(error)
        except Exception as error:
            raise AssertionError(f"{path.name} as {text}") from error


def as_toml(values: dict[str, Any]) -> str:
    """Values as TOML; '' where it has no way to write them."""
    try:
        return "\n".join(f"{key} = {_toml(value)}" for key, value in values.items())
    except ValueError:
        return ""


def _toml(value: Any) -> str:
    if value is None:
        raise ValueError("TOML has no null")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
