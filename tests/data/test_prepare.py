"""Prepared data sets: complete, atomic, resumable, growing; and every refusal."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import workspace as store
from core.data import joining, parts
from core.data.dataset import Dataset, delete_dataset, list_datasets, open_dataset, read_array
from core.data.tablefile import read_columns
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT = next(iter(EXPERIMENTS.values()))
MAPPING = default_mapping(EXPERIMENT)
ROOT = Path(__file__).resolve().parents[2]


def test_rows_are_those_of_the_files_in_order(workspace, raw_files):
    reports = []
    meta = prepare(EXPERIMENT, raw_files, "a", MAPPING, progress=lambda *p: reports.append(p))
    dataset = open_dataset("a")
    assert dataset.n_rows == meta["n_rows"] == sum(p.n_rows for p in dataset.parts) > 600
    assert reports[-1][:2] == (len(raw_files), len(raw_files))
    assert dataset.simulated
    uid = dataset.column("uid")
    assert len(np.unique(uid)) == len(uid)
    for part, path in zip(dataset.parts, raw_files, strict=True):
        blocks = list(EXPERIMENT.reading.blocks(path, MAPPING))
        rows = slice(part.offset, part.offset + part.n_rows)
        np.testing.assert_array_equal(uid[rows], np.concatenate([b.table["uid"] for b in blocks]))
        wanted = np.concatenate([b.arrays["waveform"] for b in blocks])
        np.testing.assert_array_equal(read_array(dataset, "waveform", range(part.offset, part.offset + 5)), wanted[:5])


def test_two_processes_make_the_same_data_set_as_one(workspace, raw_files):
    alone = prepare(EXPERIMENT, raw_files[:4], "one", MAPPING)
    two = prepare(EXPERIMENT, raw_files[:4], "two", MAPPING, n_jobs=2)
    assert alone["id"] == two["id"]
    np.testing.assert_array_equal(open_dataset("one").column("uid"), open_dataset("two").column("uid"))


def test_growing_adds_files_and_leaves_finished_parts_alone(workspace, raw_files):
    first = prepare(EXPERIMENT, raw_files[:2], "a", MAPPING)
    part = workspace / "datasets" / "a" / "parts" / open_dataset("a").parts[0].file
    before = part.stat().st_mtime_ns
    grown = prepare(EXPERIMENT, raw_files[2:3], "a", MAPPING)
    assert grown["n_rows"] > first["n_rows"]
    assert grown["id"] != first["id"]
    assert len(grown["parts"]) == 3
    assert part.stat().st_mtime_ns == before
    again = prepare(EXPERIMENT, raw_files[:3], "a", MAPPING)
    assert again["id"] == grown["id"]


def test_a_changed_file_is_read_again(workspace, raw_files, tmp_path):
    copy = tmp_path / raw_files[0].name
    shutil.copy(raw_files[0], copy)
    first = prepare(EXPERIMENT, [copy], "a", MAPPING)
    shutil.copy(raw_files[1], copy)
    assert prepare(EXPERIMENT, [copy], "a", MAPPING)["id"] != first["id"]


def test_who_has_opened_a_data_set_goes_on_reading_it_while_it_grows(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[2:4], "a", MAPPING)
    before = open_dataset("a")
    uid, wave = before.column("uid").copy(), read_array(before, "waveform", [0, 7]).copy()
    prepare(EXPERIMENT, raw_files[:2], "a", MAPPING)  # these come first in the order of runs
    np.testing.assert_array_equal(before.column("uid"), uid)
    np.testing.assert_array_equal(read_array(before, "waveform", [0, 7]), wave)
    after = open_dataset("a")
    assert after.column("uid")[0] != uid[0]
    assert set(uid) < set(after.column("uid"))
    assert len(after.source_of(np.arange(after.n_rows))) == after.n_rows
    assert len(set(after.source_of(np.arange(after.n_rows)))) == 4


def test_growing_copies_no_row_and_a_joined_table_of_an_earlier_version_is_read_and_grown(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:2], "a", MAPPING)
    folder, before = workspace / "datasets" / "a", open_dataset("a")
    tables = {path: path.stat().st_mtime_ns for path in before.table.paths}
    uid = before.column("uid")
    joined = pa.concat_tables([pq.read_table(path) for path in before.table.paths])
    pq.write_table(joined, folder / f"table-{before.rows_id}.parquet")
    meta = {**before.meta, "table": f"table-{before.rows_id}.parquet"}
    earlier = Dataset(folder, meta, read_columns)
    np.testing.assert_array_equal(earlier.column("uid"), uid)
    store.write_sealed(folder / "dataset.json", meta)
    prepare(EXPERIMENT, raw_files[2:3], "a", MAPPING)
    grown = open_dataset("a")
    assert "table" not in grown.meta and grown.n_rows > len(uid)
    assert {path: path.stat().st_mtime_ns for path in tables} == tables
    assert set(uid) < set(grown.column("uid"))
    np.testing.assert_array_equal(before.column("uid"), uid)  # who has it open goes on reading the same rows


def test_what_nobody_names_any_more_is_removed_after_a_day(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    old = workspace / "datasets" / "a" / "table-of-an-earlier-version.parquet"
    shutil.copy(open_dataset("a").table.paths[0], old)
    prepare(EXPERIMENT, raw_files[1:2], "a", MAPPING)
    assert old.exists()
    os.utime(old, (0, 0))
    prepare(EXPERIMENT, raw_files[2:3], "a", MAPPING)
    assert not old.exists()
    open_dataset("a").column("uid")


def test_a_wrong_first_try_does_not_block_the_name(workspace, raw_files):
    wrong = type(MAPPING)(**{**MAPPING.__dict__, "tree": "nothing"})
    with pytest.raises(DarkroomError, match=r"there is no TTree or RNTuple 'nothing'"):
        prepare(EXPERIMENT, raw_files[:1], "a", wrong)
    assert prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)["n_rows"] > 0


def test_a_data_set_is_deleted_whole(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    delete_dataset("a")
    assert list_datasets() == []
    assert not list((workspace / "datasets").iterdir())
    with pytest.raises(DarkroomError, match=r"There is no data set 'a'"):
        delete_dataset("a")


def test_an_older_format_is_refused(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    path = workspace / "datasets" / "a" / "dataset.json"
    store.write_sealed(path, {**store.read_json(path), "format": 1})
    with pytest.raises(DarkroomError, match=r"Data set 'a' has format 1, expected 3: delete it"):
        open_dataset("a")


def test_a_killed_preparation_is_taken_up_again(workspace, raw_files):
    command = [
        sys.executable,
        "-m",
        "core",
        "prepare",
        EXPERIMENT.key,
        *map(str, raw_files),
        "--name",
        "a",
        "--jobs",
        "1",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = workspace / "datasets" / "a" / "parts"
    deadline = time.monotonic() + 60
    while not list(parts.glob("*.json")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = {p.name: p.stat().st_mtime_ns for p in parts.glob("*.json")}
    assert 0 < len(left) < len(raw_files)
    assert not (workspace / "datasets" / "a" / "dataset.json").exists()
    meta = prepare(EXPERIMENT, raw_files, "a", MAPPING)
    assert len(meta["parts"]) == len(raw_files)
    assert all((parts / name).stat().st_mtime_ns == mtime_ns for name, mtime_ns in left.items())


def test_a_failing_file_leaves_the_old_data_set(workspace, raw_files, tmp_path):
    before = prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    bad = tmp_path / "mrgd_M001601.root.099"
    bad.write_bytes(raw_files[0].read_bytes()[:5000])
    with pytest.raises(DarkroomError, match=r"mrgd_M001601.root.099"):
        prepare(EXPERIMENT, [bad], "a", MAPPING)
    assert open_dataset("a").id == before["id"]


def test_a_file_that_vanishes_while_it_is_read(workspace, raw_files, tmp_path, monkeypatch):
    copy = tmp_path / raw_files[0].name
    shutil.copy(raw_files[0], copy)
    hash_of = parts.file_sha256
    monkeypatch.setattr(parts, "file_sha256", lambda p: (p.unlink(), hash_of(p))[1])
    with pytest.raises(DarkroomError, match=rf"{copy.name} vanished while it was read .*: copy it again"):
        prepare(EXPERIMENT, [copy], "a", MAPPING)


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".hidden", "x" * 65, "a\0b"])
def test_names_that_lead_out_of_the_workspace(workspace, raw_files, name):
    with pytest.raises(DarkroomError, match=r"The data set name .* is not allowed"):
        prepare(EXPERIMENT, raw_files[:1], name, MAPPING)


def test_refusals(workspace, raw_files, tmp_path, monkeypatch):
    with pytest.raises(DarkroomError, match=r"No file was given"):
        prepare(EXPERIMENT, [], "a", MAPPING)
    with pytest.raises(DarkroomError, match=r"gone.root does not exist or is not a file"):
        prepare(EXPERIMENT, [tmp_path / "gone.root"], "a", MAPPING)
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    with pytest.raises(DarkroomError, match=r"was made with another experiment, mapping or format"):
        prepare(EXPERIMENT, raw_files[1:2], "a", type(MAPPING)(**{**MAPPING.__dict__, "nominal_noise_adc": 3.0}))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 10**6))
    with pytest.raises(DarkroomError, match=r"has 1.0 MB free, 51.5 MB are needed"):
        prepare(EXPERIMENT, raw_files[2:3], "a", MAPPING)


def test_two_writers_at_once(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    with (
        joining.only_writer(workspace / "datasets" / "a"),
        pytest.raises(DarkroomError, match=r"is being prepared by another job"),
    ):
        prepare(EXPERIMENT, raw_files[:2], "a", MAPPING)


def test_a_data_set_that_was_deleted_meanwhile(workspace):
    with (
        pytest.raises(DarkroomError, match=r"'a' was deleted meanwhile"),
        joining.only_writer(workspace / "datasets" / "a"),
    ):
        pass


def test_damaged_parts_and_missing_columns_are_named(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    dataset = open_dataset("a")
    with pytest.raises(DarkroomError, match=r"Column 'nonsense' of data set 'a' cannot be read"):
        dataset.column("nonsense")
    with pytest.raises(DarkroomError, match=r"has rows 0 to"):
        read_array(dataset, "waveform", [10**6])
    (dataset.path / "parts" / dataset.parts[0].file).write_bytes(b"gone bad")
    with pytest.raises(DarkroomError, match=r"is damaged .*prepare data set 'a' again"):
        read_array(dataset, "waveform", [0])


def test_columns_are_read_only_and_arrays_compressed(workspace, raw_files):
    prepare(EXPERIMENT, raw_files[:1], "a", MAPPING)
    dataset = open_dataset("a")
    with pytest.raises(ValueError, match="read-only"):
        dataset.column("energy_kev")[0] = 1
    path = dataset.path / "parts" / dataset.parts[0].file
    with h5py.File(path) as file:
        stored = file["arrays/waveform"]
        assert stored.chunks == (32, 2, 4080)
        n_bytes = stored.size * 2
    assert path.stat().st_size < 0.5 * n_bytes
    json.loads((dataset.path / "dataset.json").read_text())


def test_there_is_no_such_data_set(workspace):
    with pytest.raises(DarkroomError, match=r"There is no data set 'nothing' \(there are: none yet\)"):
        open_dataset("nothing")
