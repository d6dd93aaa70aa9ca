"""The logs: append-only, one per labeller, safe against crashes, hostile names and lines that are none."""

import json
import os
import threading
from dataclasses import asdict, replace

import numpy as np
import pytest

from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.labels import log
from core.labels.log import LABEL, SKIP, UNDO, Entry
from core.parameters import override
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare

EXPERIMENT = EXPERIMENTS["connie"]
ONE = Entry("a1", LABEL, 7, 9, "m", "worm", "anna", 1000, 900, False, "random", True, {"scale": "log"})


def test_what_is_written_is_read_back_in_order(workspace):
    entries = [ONE, replace(ONE, id="a2", label="spot", is_difficult=True), replace(ONE, id="b1", labeller="bert")]
    for entry in entries:
        log.append("x", [entry])
    assert log.read("x", "anna") == (entries[:2], 0)
    (workspace / "labels" / "x" / "not ours.jsonl").write_text("{}\n")
    assert log.labellers("x") == ["anna", "bert"]
    assert log.read_all("x") == (entries, 0)
    assert (workspace / "labels" / "x" / "anna.jsonl").read_text().count("\n") == 2


def test_a_line_is_on_the_disk_before_the_call_returns(workspace, monkeypatch):
    del workspace
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
    log.append("x", [ONE])
    assert synced == [len(json.dumps(asdict(ONE), separators=(",", ":"))) + 1]


def test_half_a_line_of_a_crash_is_passed_over_and_spoils_nothing_after_it(workspace):
    log.append("x", [ONE])
    path = workspace / "labels" / "x" / "anna.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes()[:40])
    after = replace(ONE, id="a2")
    log.append("x", [after])
    assert log.read("x", "anna") == ([ONE, after], 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"uid": "7"},
        {"uid": -(1 << 63) - 1},
        {"uid": 1 << 63},
        {"uid": True},
        {"kind": "delete"},
        {"label": ""},
        {"label": "w" * 65},
        {"kind": SKIP},
        {"labeller": "bert"},
        {"surprise": 1},
        {"look": []},
        {"time_ms": 1.5},
    ],
)
def test_a_line_that_is_no_label_of_this_labeller_is_passed_over(workspace, changed):
    log.append("x", [ONE])
    path = workspace / "labels" / "x" / "anna.jsonl"
    with path.open("a") as file:
        file.write(json.dumps({**asdict(ONE), "id": "bad", **changed}) + "\n")
        file.write("[" * 3000 + "\n")
    assert log.read("x", "anna") == ([ONE], 2)


@pytest.mark.parametrize("name", ["", "..", "../anna", "a/b", "a\0", ".anna", "a" * 65, "a\n", "C:\\x", "-rf"])
def test_a_name_that_could_lead_out_of_the_folder_is_refused(workspace, name):
    with pytest.raises(DarkroomError, match="labeller name"):
        log.append("x", [replace(ONE, labeller=name)])
    assert not [p for p in workspace.rglob("*") if p.is_file()]


def test_a_link_in_the_place_of_a_log_is_not_followed(workspace, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("")
    log.folder("x").joinpath("anna.jsonl").symlink_to(outside)
    with pytest.raises(DarkroomError, match="was not kept"):
        log.append("x", [ONE])
    assert outside.read_text() == ""
    del workspace


def test_a_full_disk_is_said_and_leaves_no_half_label(workspace, monkeypatch):
    del workspace
    log.append("x", [ONE])

    def full(_handle, _data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DarkroomError, match=r"No space left.*was not kept"):
        log.append("x", [replace(ONE, id="a2")])
    assert log.read("x", "anna") == ([ONE], 0)


def test_several_writers_at_once_tear_no_line(workspace):
    del workspace

    def write(k: int) -> None:
        for i in range(20):
            log.append("x", [replace(ONE, id=f"{k}-{i}", labeller=("anna", "bert")[k % 2])])

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries, n_damaged = log.read_all("x")
    assert n_damaged == 0
    assert {entry.id for entry in entries} == {f"{k}-{i}" for k in range(4) for i in range(20)}


def test_undo_is_another_line_and_only_the_labeller_can_take_back():
    second = replace(ONE, id="a2")
    foreign = replace(ONE, id="u1", kind=UNDO, label="", labeller="bert", of="a1")
    own = replace(ONE, id="u2", kind=UNDO, label="", of="a2")
    assert log.live([ONE, second, foreign, own]) == [ONE]


def test_the_version_changes_with_every_line_and_the_digest_not_with_their_order(workspace):
    del workspace
    log.append("x", [ONE])
    before = log.version("x")
    log.append("x", [replace(ONE, id="a2")])
    assert log.version("x") != before
    assert log.digest([ONE, replace(ONE, id="a2")]) == log.digest([replace(ONE, id="a2"), ONE]) != log.digest([ONE])


def test_entries_find_their_rows_in_any_data_set_with_the_same_events(data: Dataset, say):
    rows = [3, 0, data.n_rows - 1]
    entries = [say(row, "worm") for row in rows]
    np.testing.assert_array_equal(log.rows_of(data, entries, EXPERIMENT.reading.mapping), rows)
    stranger = replace(entries[0], source=entries[0].source + 1)
    np.testing.assert_array_equal(
        log.rows_of(data, [stranger, replace(entries[0], uid=5)], EXPERIMENT.reading.mapping), [-1, -1]
    )


def test_rows_made_with_another_mapping_are_other_rows(data: Dataset, say):
    entry = say(3, "worm")
    other = override(EXPERIMENT.reading.load_mapping(EXPERIMENT.reading.mappings["connie"]), ["weak_sigma=5"])
    prepare(EXPERIMENT, [data.meta["parts"][0]["path"]], "other", other)
    assert log.rows_of(open_dataset("other"), [entry], EXPERIMENT.reading.mapping).tolist() == [-1]
    assert (
        log.made_of(data, EXPERIMENT.reading.mapping)
        == log.made_of(open_dataset("tracks"), EXPERIMENT.reading.mapping)
        != log.made_of(open_dataset("other"), EXPERIMENT.reading.mapping)
    )
