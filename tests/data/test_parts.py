"""What a data set is made of: contents, not names; every readable file, whatever the others are; one version of the features."""

import dataclasses
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import uproot

from core.data import joining
from core.data import prepare as preparing
from core.data.dataset import list_datasets, open_dataset, read_array, read_sources
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT = next(iter(EXPERIMENTS.values()))
MAPPING = default_mapping(EXPERIMENT)


def few_events(folder: Path, seed: int, n_events: int = 60) -> Path:
    """A raw file of one sub-run; its name and its rows' identities are the same for every seed."""
    folder.mkdir()
    (path,) = EXPERIMENT.simulation.simulate(folder, n_events, (1,), seed, EXPERIMENT.simulation.parameters())[:1]
    return path


def test_the_same_subrun_under_two_names_is_refused_and_the_other_is_kept(workspace, raw_files, tmp_path):
    mapping = type(MAPPING)(**{**MAPPING.__dict__, "file_name": "{run}.root"})
    first, second = few_events(tmp_path / "a", 1), few_events(tmp_path / "b", 2)
    files = [first.rename(tmp_path / "01765.root"), second.rename(tmp_path / "1765.root")]
    meta = prepare(EXPERIMENT, files, "a", mapping)
    (refused,) = meta["refused"]
    assert refused["file"] == str(files[1])
    assert re.search(
        r"01765.root and 1765.root both hold .* 1765\.0\.\d+\.1, with other content: events would count twice",
        refused["reason"],
    )
    assert [p["path"] for p in meta["parts"]] == [str(files[0])]


def test_other_content_under_a_known_name_never_replaces_rows(workspace, tmp_path):
    first, second = few_events(tmp_path / "day1", 1), few_events(tmp_path / "day2", 2)
    assert first.name == second.name
    before = prepare(EXPERIMENT, [first], "a", MAPPING)
    with pytest.raises(DarkroomError, match=rf"{first} and {second} both hold (?s:.*)Leave one out"):
        prepare(EXPERIMENT, [second], "a", MAPPING)
    assert open_dataset("a").id == before["id"]
    assert list_datasets() == ["a"]


def rewritten(source: Path, target: Path, n: int | None = None, run: int | None = None) -> Path:
    """The first n entries of a raw file in a file of their own, with a branch `run` if it is given."""
    with uproot.open(source) as file:
        arrays = {name: values[:n] for name, values in file[MAPPING.tree].arrays(library="ak", how=dict).items()}
    if run is not None:
        arrays["run"] = np.full(len(next(iter(arrays.values()))), run)
    with uproot.recreate(target) as file:
        file[MAPPING.tree] = arrays
    return target


def test_files_of_one_name_with_other_rows_stand_side_by_side(workspace, raw_files, tmp_path):
    mapping = type(MAPPING)(**{**MAPPING.__dict__, "file_name": "x.root", "run_branch": "run"})
    files = []
    for folder, run in (("day1", 5), ("day2", 6)):
        (tmp_path / folder).mkdir()
        files.append(rewritten(raw_files[0], tmp_path / folder / "x.root", 60, run))
    grown = [prepare(EXPERIMENT, [file], "a", mapping) for file in files][1]
    assert [p["path"] for p in grown["parts"]] == list(map(str, files))
    assert grown["n_rows"] == 2 * grown["parts"][0]["n_rows"]
    assert not grown["refused"]
    assert not grown["replaced"]


def test_the_same_content_again_gives_no_new_part_and_says_so(workspace, raw_files, tmp_path):
    copy = tmp_path / ("copy-" + raw_files[0].name)
    shutil.copy(raw_files[0], copy)
    first = prepare(EXPERIMENT, [copy, raw_files[0]], "a", MAPPING)
    assert len(first["parts"]) == 1
    (note,) = joining.notes("a", first)
    assert str(copy) in note
    assert str(raw_files[0]) in note
    assert note.endswith("it gives no new rows.")
    again = prepare(EXPERIMENT, [raw_files[0], copy], "a", MAPPING)
    assert again["id"] == first["id"]
    assert again["n_there"] == 1
    assert len(again["repeated"]) == 1


def test_a_changed_file_takes_the_place_of_what_it_held(workspace, tmp_path):
    path = few_events(tmp_path / "a", 1, 60)
    first = prepare(EXPERIMENT, [path], "a", MAPPING)
    few_events(tmp_path / "b", 2, 90).replace(path)
    meta = prepare(EXPERIMENT, [path], "a", MAPPING)
    assert meta["n_rows"] != first["n_rows"]
    assert len(meta["parts"]) == 1
    assert meta["replaced"] == [
        f"{path} has changed since it was prepared: the {first['n_rows']} rows it gave then are replaced by the "
        f"{meta['n_rows']} that it gives now."
    ]


def test_a_bad_file_costs_no_other_its_rows(workspace, raw_files, tmp_path):
    bad = tmp_path / "mrgd_M001601.root.099"
    bad.write_bytes(raw_files[0].read_bytes()[:5000])
    gone = tmp_path / "gone.root"
    for n_jobs in (1, 2):
        meta = prepare(EXPERIMENT, [*raw_files[:2], bad, gone], f"a{n_jobs}", MAPPING, n_jobs)
        assert len(meta["parts"]) == 2
        assert {r["file"] for r in meta["refused"]} == {str(bad), str(gone)}
        assert all(Path(r["file"]).name in r["reason"] for r in meta["refused"])
        dataset = open_dataset(f"a{n_jobs}")
        assert dataset.refused == meta["refused"]
        by_path = {line["path"]: line for line in read_sources(dataset)}
        assert by_path[str(bad)]["refused"] == dataset.refused[1]["reason"]
        assert by_path[str(raw_files[0])]["refused"] == ""
        assert "; done, 2 files refused" in joining.outcome("a", meta)[0]
    shutil.copy(raw_files[2], bad)  # mended: it is no longer listed as refused
    assert {r["file"] for r in prepare(EXPERIMENT, [bad], "a1", MAPPING)["refused"]} == set()
    assert {r["file"] for r in open_dataset("a1").refused} == {str(gone)}


def test_a_reader_that_is_killed_is_found_out(workspace, raw_files, tmp_path, monkeypatch):
    """A fault in a library ends the process of a worker, and with it the pool: the file that did it is refused."""
    deadly = tmp_path / "deadly.root"
    shutil.copy(raw_files[1], deadly)
    monkeypatch.setattr(preparing, "_part_or_reason", fatal_on_deadly)
    meta = prepare(EXPERIMENT, [raw_files[0], deadly, raw_files[2]], "a", MAPPING, 2)
    assert [r["file"] for r in meta["refused"]] == [str(deadly)]
    assert "ended by the system" in meta["refused"][0]["reason"]
    assert len(meta["parts"]) == 2


def fatal_on_deadly(key: str, path: Path, folder: Path, mapping: dict) -> tuple:
    if path.name == "deadly.root":
        os._exit(11)
    return ORIGINAL(key, path, folder, mapping)


ORIGINAL = preparing._part_or_reason


def test_parts_of_another_version_of_the_features_are_made_anew(workspace, raw_files, tmp_path):
    file = tmp_path / raw_files[0].name
    shutil.copy(raw_files[0], file)
    first = prepare(EXPERIMENT, [file], "a", MAPPING)
    rows, before = np.arange(3), open_dataset("a")
    newer = dataclasses.replace(
        EXPERIMENT, reading=dataclasses.replace(EXPERIMENT.reading, version=EXPERIMENT.reading.version + 1)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXPERIMENTS, EXPERIMENT.key, newer)
        again = prepare(newer, [file], "a", MAPPING)
        assert again["id"] != first["id"]
        grown = prepare(newer, raw_files[1:2], "a", MAPPING)
        assert {p["file"].rsplit("-", 1)[1] for p in grown["parts"]} == {f"v{newer.reading.version}.h5"}
    after = open_dataset("a")
    assert after.version == newer.reading.version
    np.testing.assert_array_equal(after.source_of(rows), before.source_of(rows))
    assert (after.origin_of(rows) != before.origin_of(rows)).all()
    file.unlink()
    with pytest.raises(
        DarkroomError, match=r"holds \d+ rows of version \d+ .*this is version \d+, and .* is gone or has changed"
    ):
        prepare(EXPERIMENT, raw_files[2:3], "a", MAPPING)
    assert open_dataset("a").id == grown["id"]


def test_a_file_without_rows_is_a_source(workspace, raw_files, tmp_path):
    empty = rewritten(raw_files[0], tmp_path / raw_files[1].name, 0)
    with pytest.raises(DarkroomError, match=rf"{empty.name}: .*no event and crystal has a waveform"):
        prepare(EXPERIMENT, [empty], "none", MAPPING)
    meta = prepare(EXPERIMENT, [raw_files[0], empty], "a", MAPPING)
    dataset = open_dataset("a")
    assert [p.n_rows for p in dataset.parts].count(0) == 1
    assert dataset.n_rows == len(dataset.column("uid")) == meta["n_rows"]
    assert read_array(dataset, "waveform", []).shape[0] == 0
    assert len(read_array(dataset, "waveform", [0, dataset.n_rows - 1])) == 2
    assert any(note.startswith(f"{empty.name} holds no row: it stays as a source") for note in joining.notes("a", meta))
    assert [line["n_rows"] for line in read_sources(dataset)] == [p.n_rows for p in dataset.parts]


def test_a_content_that_moved_is_read_under_its_new_name_and_what_is_at_its_old_place_stays(
    workspace, raw_files, tmp_path
):
    first, second = tmp_path / raw_files[0].name, tmp_path / raw_files[2].name
    shutil.copy(raw_files[0], first)
    prepare(EXPERIMENT, [first], "a", MAPPING)
    shutil.copy(raw_files[0], second)  # under the name of another run
    shutil.copy(raw_files[1], first)
    grown = prepare(EXPERIMENT, [first, second], "a", MAPPING)
    assert {(p["path"], p["run"]) for p in grown["parts"]} == {
        (str(path), read_source(path)["run"]) for path in (first, second)
    }
    assert not grown["replaced"]
    assert not grown["repeated"]


def read_source(path: Path) -> dict:
    return EXPERIMENT.reading.source(path, MAPPING)


def test_damaged_and_lost_parts_are_made_again(workspace, raw_files):
    before = prepare(EXPERIMENT, raw_files[:2], "a", MAPPING)
    folder = workspace / "datasets" / "a" / "parts"
    (folder / before["parts"][0]["file"]).write_bytes(b"gone bad")
    for path in folder.glob(f"{raw_files[1].name}*"):
        path.unlink()
    again = prepare(EXPERIMENT, raw_files[2:3], "a", MAPPING)
    assert len(again["parts"]) == 3
    dataset = open_dataset("a")
    assert len(read_array(dataset, "waveform", [part.offset for part in dataset.parts])) == 3


def test_which_of_two_conflicting_files_stays_does_not_depend_on_the_speed_of_reading(workspace, tmp_path):
    many, few = few_events(tmp_path / "a", 1, 400), few_events(tmp_path / "b", 2, 40)
    metas = [prepare(EXPERIMENT, [few, many], f"set{n_jobs}", MAPPING, n_jobs) for n_jobs in (1, 2)]
    assert metas[0]["id"] == metas[1]["id"]
    assert [r["file"] for r in metas[0]["refused"]] == [str(few)]


def test_names_and_rights_that_do_not_allow_reading_are_refused_singly(workspace, raw_files, tmp_path):
    odd = tmp_path / os.fsdecode(b"bytes\xff.root")
    shutil.copy(raw_files[0], odd)
    meta = prepare(EXPERIMENT, [raw_files[0], odd, tmp_path / ("x" * 300)], "a", MAPPING)
    reasons = " ".join(r["reason"] for r in meta["refused"])
    assert "the name holds bytes that are no text" in reasons
    assert "File name too long" in reasons
    assert len(meta["parts"]) == 1


def test_a_moved_folder_serves_for_another_version(workspace, raw_files, tmp_path):
    old, new = tmp_path / "old" / raw_files[0].name, tmp_path / "new" / raw_files[0].name
    for path in (old, new):
        path.parent.mkdir()
        shutil.copy(raw_files[0], path)
    prepare(EXPERIMENT, [old], "a", MAPPING)
    old.unlink()
    newer = dataclasses.replace(
        EXPERIMENT, reading=dataclasses.replace(EXPERIMENT.reading, version=EXPERIMENT.reading.version + 1)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXPERIMENTS, EXPERIMENT.key, newer)
        meta = prepare(newer, [new], "a", MAPPING)
    assert [p["path"] for p in meta["parts"]] == [str(new)]


def test_what_was_refused_before_is_forgotten_once_it_is_mended_as_a_copy(workspace, raw_files, tmp_path):
    bad = tmp_path / "bad.root"
    bad.write_bytes(raw_files[0].read_bytes()[:5000])
    prepare(EXPERIMENT, [raw_files[0], bad], "a", MAPPING)
    assert len(open_dataset("a").refused) == 1
    shutil.copy(raw_files[0], bad)
    prepare(EXPERIMENT, [bad], "a", MAPPING)
    assert open_dataset("a").refused == []
