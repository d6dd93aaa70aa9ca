"""What a judgement rests on is sealed: several writers lose nothing, and a file that was changed is refused where it is read."""

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from core import manifest, outputs, runs
from core.errors import DarkroomError
from core.judge import stored
from tests.test_runs import made

N_WRITERS, N_FILES = 4, 5


def add_scores(path: Path, first: int) -> None:
    """What a predict job does: some files of scores, each with ten rows of its own."""
    for n in range(N_FILES):
        uid = np.arange(10) + 10 * (first + n)
        outputs.write(path, "sample", uid, np.full(10, 7), np.full(10, 3), {"score": uid / 1000})


@pytest.mark.usefixtures("workspace")
def test_writers_at_the_same_time_keep_each_others_scores() -> None:
    path = made()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=add_scores, args=(path, N_FILES * i)) for i in range(N_WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * N_WRITERS
    scores = runs.read_scores(runs.open_run(path.name), "sample")
    order = np.argsort(scores["uid"])
    assert scores["uid"][order].tolist() == list(range(10 * N_FILES * N_WRITERS))
    assert scores["score"][order] == pytest.approx(np.arange(10 * N_FILES * N_WRITERS) / 1000)


@pytest.mark.usefixtures("workspace")
def test_of_two_scores_of_a_row_the_later_counts() -> None:
    path = made()
    for uid, score in (([1, 2, 3], [0.1, 0.2, 0.3]), ([2, 4], [0.8, 0.9])):
        outputs.write(
            path, "sample", np.array(uid), np.full(len(uid), 7), np.full(len(uid), 3), {"score": np.array(score)}
        )
    scores = runs.read_scores(runs.open_run(path.name), "sample")
    assert dict(zip(scores["uid"].tolist(), scores["score"].round(3).tolist(), strict=True)) == pytest.approx(
        {1: 0.1, 2: 0.8, 3: 0.3, 4: 0.9}
    )


@pytest.mark.usefixtures("workspace")
def test_whatever_was_sealed_is_refused_where_it_is_read_and_listed_as_damaged() -> None:
    path = made()
    run = runs.open_run(path.name)
    uid = np.arange(4)
    outputs.write(path, "sample", uid, uid, uid, {"score": uid / 10})
    stored.write_trees(path, "sample", uid, uid, uid / 10)
    stored.write_network_cost(path, 3.0)
    assert runs.list_runs()[0].state == "finished"
    readers = {
        "selection.json": lambda: runs.open_run(path.name),
        "rows.parquet": lambda: runs.read_rows(run),
        outputs.files(path, "sample")[0]: lambda: runs.read_scores(run, "sample"),
        stored.baseline_files(path, "sample")[0]: lambda: stored.read_baseline(run, "sample", "trees"),
        "costs.json": lambda: stored.costs(run),
    }
    for name, read in readers.items():
        read()
        whole = (path / name).read_bytes()
        (path / name).write_bytes(whole[:-9] + b"x" + whole[-8:])
        with pytest.raises(DarkroomError, match=rf"{name} of run '{path.name}' is damaged or was changed: found \w+"):
            read()
        assert (runs.list_runs()[0].state, name in runs.list_runs()[0].problem) == ("damaged", True)
        (path / name).write_bytes(whole)
        read()
    assert runs.list_runs()[0].state == "finished"


@pytest.mark.usefixtures("workspace")
def test_damaged_scores_leave_the_run_usable_and_can_be_made_again() -> None:
    path = made()
    for uid in (np.arange(4), np.arange(4, 6)):
        outputs.write(path, "sample", uid, uid, np.full(len(uid), 3), {"score": uid / 10})
    first = outputs.files(path, "sample")[0]
    (path / first).write_bytes(b"")
    listed = runs.list_runs()[0]
    assert (listed.state, listed.is_usable, listed.dataset) == ("damaged", True, "sample")
    assert f"python -m core predict {path.name} sample" in listed.problem
    run = runs.open_run(path.name)
    assert outputs.drop_damaged(run.path, "sample") == 1
    assert runs.read_scores(run, "sample")["uid"].tolist() == [4, 5]
    assert not (path / first).exists()


@pytest.mark.usefixtures("workspace")
def test_a_file_that_nobody_sealed_is_not_there() -> None:
    path = made()
    uid = np.arange(4)
    outputs.write(path, "sample", uid, uid, uid, {"score": uid / 10})
    real = path / outputs.files(path, "sample")[0]
    (real.parent / "by-hand.parquet").write_bytes(real.read_bytes())
    (path / "scores").mkdir()  # where an earlier version had them
    (path / "scores" / "other.parquet").write_bytes(real.read_bytes())
    assert runs.scored_datasets(runs.open_run(path.name)) == ["sample"]
    assert len(runs.read_scores(runs.open_run(path.name), "sample")["uid"]) == 4


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    "value", [[], {}, {"sha256": []}, {"sha256": {"a": 1}}, {"sha256": {"../../x": "0"}}, {"sha256": {"/etc/x": "0"}}, "", None]
)  # fmt: skip
def test_a_manifest_of_another_shape_is_a_sentence(value: object) -> None:
    path = made()
    (path / manifest.FILE).write_text(json.dumps(value))
    assert runs.list_runs()[0].state == "damaged"
    with pytest.raises(DarkroomError, match=rf"{manifest.FILE} of run '{path.name}' is damaged"):
        runs.open_run(path.name)


@pytest.mark.usefixtures("workspace")
def test_the_cache_key_of_scores_follows_every_file() -> None:
    path = made()
    uid = np.arange(4)
    outputs.write(path, "sample", uid, uid, uid, {"score": uid / 10})
    names = [*runs.SEALED, *outputs.files(path, "sample")]
    keys = {manifest.version(path, names)}
    for name in names:
        (path / name).touch()
        keys.add(manifest.version(path, names))
    assert len(keys) == 1 + len(names)
