"""Tags and notes: lines in logs of persons, found again as rows, cut on like anything else, out as a file, by command."""

import csv
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.__main__ import main
from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.labels import tag_files, tag_log, tags
from core.labels.tag_log import MAX_NOTE, TAG, UIDS_PER_LINE
from core.learn import plan, provenance
from core.parameters import override
from core.registry import EXPERIMENTS
from core.selection.selection import from_dict, preset, rows_key, select, store
from core.selection.tag_cut import TagCut, tag_cut
from core.workflows.prepare_job import prepare
from tests.labels.conftest import EXPERIMENT

MAPPING = EXPERIMENT.reading.mapping
RNG = np.random.default_rng(3)


def add(data: Dataset, rows: Any, tag: str = "noise-burst", who: str = "anna") -> None:
    tags.add(data, MAPPING, rows, tag, who)


def opened(data: Dataset) -> tags.Tags:
    return tags.open_tags(data, MAPPING)


def selected(data: Dataset, cut: TagCut, **changes: Any) -> Any:
    base = preset(EXPERIMENT.selecting, "seven")
    values = {**base.to_dict(), "tags": {"keep": list(cut.keep), "drop": list(cut.drop)}, **changes}
    return select(
        EXPERIMENT.selecting, EXPERIMENT.labels, data, from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, values)
    )


def test_a_tag_is_there_until_whoever_gave_it_takes_it_back(data: Dataset) -> None:
    add(data, [3, 1, 3])
    add(data, [1, 2], who="bert")
    assert opened(data).counts == {"noise-burst": 3}
    assert [mark.labeller for mark in opened(data).of_row(1)] == ["anna", "bert"]
    tags.remove(data, MAPPING, [1, 3, 9], "noise-burst", "anna")
    assert np.flatnonzero(opened(data).has(["noise-burst"])).tolist() == [1, 2]  # bert still calls row 1 so
    add(data, [3])
    assert [mark.text for mark in opened(data).of_row(3)] == ["noise-burst"]
    assert opened(data).of_row(9) == []


def test_tags_at_random_are_as_a_plain_set_has_them(data: Dataset) -> None:
    expected: set[tuple[int, str, str]] = set()
    for _ in range(60):
        rows = RNG.choice(data.n_rows, RNG.integers(1, 9), replace=False)
        tag, who, is_added = f"t{RNG.integers(3)}", ("anna", "bert")[RNG.integers(2)], RNG.random() < 0.6
        (tags.add if is_added else tags.remove)(data, MAPPING, rows, tag, who)
        changed = {(int(row), tag, who) for row in rows}
        expected = expected | changed if is_added else expected - changed
    known = opened(data)
    lines = zip(known.rows.tolist(), known.tag.tolist(), known.person.tolist(), strict=True)
    assert {(row, known.names[tag], known.people[person]) for row, tag, person in lines} == expected
    assert known.counts == {
        name: len({row for row, tag, _ in expected if tag == name}) for name in known.counts
    }  # fmt: skip
    assert (np.diff(known.rows) >= 0).all()


def test_the_newest_note_of_a_person_counts_and_an_empty_one_is_none(data: Dataset) -> None:
    for text, who in (("a *kinked* worm", "anna"), ("I see two", "bert"), ("=1+1 <b>", "anna"), (" ", "bert")):
        tags.note(data, MAPPING, 5, text, who)
    assert [(note.labeller, note.text) for note in opened(data).notes_of(5)] == [("anna", "=1+1 <b>")]
    assert opened(data).note_by(5, "bert") == ""
    assert opened(data).notes_of(6) == []
    with pytest.raises(DarkroomError, match=r"2,001 characters: at most 2,000"):
        tags.note(data, MAPPING, 5, "x" * (MAX_NOTE + 1), "anna")
    with pytest.raises(DarkroomError, match="no text"):
        tags.note(data, MAPPING, 5, "\ud800", "anna")
    tags.note(data, MAPPING, 5, "\U0001f4a5" * MAX_NOTE, "anna")  # the longest line
    assert opened(data).note_by(5, "anna") == "\U0001f4a5" * MAX_NOTE


def test_half_a_line_and_lines_that_are_none_are_passed_over(data: Dataset) -> None:
    add(data, [1])
    path = tag_log.LOGS.path_of(data.experiment, "anna")
    line = json.loads(path.read_text())
    wrong = (
        {"uids": []}, {"uids": ["7"]}, {"uids": [True]}, {"uids": [1 << 63]}, {"text": "a b"}, {"kind": "x"}, {"labeller": "bert"},
        {"surprise": 1}, {"time_ms": 1 << 60}, {"kind": "note", "text": "\ud800"}, {"kind": "note", "text": "x" * 2001},
    )  # fmt: skip
    with path.open("a") as file:
        file.writelines(json.dumps({**line, **change}) + "\n" for change in wrong)
        file.write("[" * 4000 + "\nnull\n" + json.dumps(line)[:30])
    add(data, [2])
    assert opened(data).n_damaged == len(wrong) + 3
    assert opened(data).rows.tolist() == [1, 2]


def test_several_writers_at_once_tear_no_line(data: Dataset) -> None:
    def write(k: int) -> None:
        for row in range(k, 40, 4):
            add(data, [row], who=("anna", "bert")[k % 2])

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened(data).n_damaged == 0
    assert opened(data).rows.tolist() == list(range(40))


def test_many_rows_are_few_lines_and_all_of_them_are_there(data: Dataset) -> None:
    marks = tags._marks(data, MAPPING, TAG, np.arange(data.n_rows), "all", "anna")
    assert sum(len(mark.uids) for mark in marks) == data.n_rows
    assert all(len(mark.uids) <= UIDS_PER_LINE for mark in marks)
    longest = tag_log.mark(TAG, [-(1 << 63)] * UIDS_PER_LINE, (1 << 60) - 1, "m" * 12, "t" * 64, "ß" * 64)
    tag_log.append("x", "ß" * 64, [longest])
    assert tag_log.read("x", "ß" * 64) == ((longest,), 0)


def test_rows_keep_their_tags_when_the_data_set_grows_or_is_made_again(data: Dataset, tmp_path: Path) -> None:
    add(data, [4, 7])
    tags.note(data, MAPPING, 4, "look", "bert")
    uid = data.column("uid")[[4, 7]].tolist()
    small = EXPERIMENT.simulation.parameters(n_rows=200, n_columns=240, first_runid=70)
    more = EXPERIMENT.simulation.simulate(tmp_path, n_events=60, seed=11, parameters=small)
    mapping = EXPERIMENT.reading.load_mapping(EXPERIMENT.reading.mappings[EXPERIMENT.key])
    first = [part["path"] for part in data.meta["parts"]]
    prepare(EXPERIMENT, [*more, *first], "again", mapping)
    again = open_dataset("again")
    assert again.n_rows > data.n_rows
    known = opened(again)
    assert sorted(again.column("uid")[known.rows].tolist()) == sorted(uid)
    assert [note.text for notes in known.notes for note in known.notes_of(notes)] == ["look"]
    prepare(EXPERIMENT, first, "other", override(mapping, ["weak_sigma=5"]))
    assert opened(open_dataset("other")).rows.tolist() == []  # made otherwise, the same number is another track


@pytest.mark.parametrize(("tag", "who"), [("a b", "anna"), ("../x", "anna"), ("", "anna"), ("ok", "../x"), ("ok", "")])
def test_names_that_are_none_are_refused_and_write_nothing(data: Dataset, tag: str, who: str) -> None:
    with pytest.raises(DarkroomError, match="name"):
        add(data, [1], tag, who)
    with pytest.raises(DarkroomError, match="cannot be tagged"):
        add(data, [data.n_rows])
    assert tag_log.people(data.experiment) == []


def test_a_cut_on_tags_keeps_and_drops_as_a_loop_would_and_is_in_the_cut_flow(data: Dataset) -> None:
    chance = {name: RNG.random(data.n_rows) < p for name, p in (("a", 0.4), ("b", 0.2), ("c", 0.3))}
    for name, has in chance.items():
        add(data, np.flatnonzero(has), name)
    plain = selected(data, TagCut()).cutting
    for cut in (
        TagCut(("a",)),
        TagCut(("a", "b")),
        TagCut((), ("c",)),
        TagCut(("a", "b"), ("c",)),
        TagCut((), ("a", "c")),
    ):
        inside = [
            bool(plain.preselected[row]) and (not cut.keep or any(chance[name][row] for name in cut.keep))
            and not any(chance[name][row] for name in cut.drop)
            for row in range(data.n_rows)
        ]  # fmt: skip
        result = selected(data, cut)
        assert result.preselected.tolist() == np.flatnonzero(inside).tolist()
        by_cut = {line.cut: line for line in result.cutting.flow if not line.class_name}
        if cut.keep:
            n = int(np.any([chance[name] for name in cut.keep], axis=0).sum())
            assert by_cut[f"tag {' or '.join(cut.keep)}"].alone == n
        if cut.drop:
            line = by_cut[f"no tag {' or '.join(cut.drop)}"]
            assert line.cumulative == sum(inside)
            assert line.alone == int((~np.any([chance[name] for name in cut.drop], axis=0)).sum())
        assert result.tagging.n_rows == {name: int(chance[name].sum()) for name in (*cut.keep, *cut.drop)}


def test_a_tag_of_no_row_is_said_and_hurts_nothing(data: Dataset) -> None:
    result = selected(data, TagCut((), ("nowhere",)))
    assert result.preselected.tolist() == selected(data, TagCut()).preselected.tolist()
    assert any("has the tag 'nowhere': the cut on it drops nothing" in warning for warning in result.warnings)
    for keep, drop, sentence in ((["a"], ["a"], "kept and to be dropped"), (["a b"], [], "tag name 'a b'")):
        with pytest.raises(DarkroomError, match=sentence):
            tag_cut(keep, drop)


def test_what_was_selected_is_named_and_changes_with_the_tags_that_it_asks_for_only(data: Dataset) -> None:
    add(data, range(0, data.n_rows, 2), "even")
    base = preset(EXPERIMENT.selecting, "three")
    assert "tags" not in base.to_dict()  # what was stored before reads on, and is written as it was
    chosen = selected(data, TagCut(("even",))).selection

    def key(selection: Any) -> str:
        return rows_key(EXPERIMENT.selecting, EXPERIMENT.labels, data, selection)

    before, plain = key(chosen), key(base)
    add(data, [1], "odd")
    assert (key(chosen), key(base)) == (before, plain)
    add(data, [1], "even")
    assert key(chosen) != before
    assert key(base) == plain
    training = plan.plan_training(
        selected(data, TagCut(("even",)), cuts=base.to_dict()["cuts"]), EXPERIMENT.networks, "compact", {}, {}
    )
    assert provenance.origin(training)["tags"] == {"even": (data.n_rows + 1) // 2 + 1}


def call(capsys: Any, *words: str) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


def test_the_command_goes_the_whole_way(data: Dataset, capsys: Any, tmp_path: Path) -> None:
    uid = [EXPERIMENT.table.uid.text(u) for u in data.column("uid").tolist()]
    call(capsys, "tags", "tracks", "add", "seen", uid[2], uid[5], "--labeller", "anna")
    call(capsys, "tags", "tracks", "note", uid[5], "=HYPERLINK(1)", "--labeller", "bert")
    assert call(capsys, "tags", "tracks")["tags"] == {"seen": 2}
    marks = call(capsys, "tags", "tracks", "list", uid[5])["marks"]
    assert [(mark["what"], mark["text"], mark["labeller"]) for mark in marks] == [
        ("tag", "seen", "anna"), ("note", "=HYPERLINK(1)", "bert"),
    ]  # fmt: skip
    every = call(capsys, "tags", "tracks", "add", "inside", "--all", "--preset", "seven", "--tag", "seen", "--labeller", "anna")  # fmt: skip
    assert every["n_rows"] == 2
    assert call(capsys, "select", "tracks", "--preset", "seven", "--without-tag", "seen", "--save", "rest")["n_preselected"] == data.n_rows - 2  # fmt: skip
    assert call(capsys, "select", "tracks", "--selection", "rest")["selection"]["tags"] == {
        "keep": [],
        "drop": ["seen"],
    }
    assert call(capsys, "tags", "tracks", "export", str(tmp_path / "t.csv"))["n_lines"] == 5
    with (tmp_path / "t.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["event"] for line in lines] == [uid[2], uid[2], uid[5], uid[5], uid[5]]
    assert {line["note"] for line in lines} == {"", "'=HYPERLINK(1)"}
    assert {(line["data set"], line["raw file"]) for line in lines} == {("tracks", Path(data.meta["parts"][0]["path"]).name)}  # fmt: skip
    call(capsys, "tags", "tracks", "export", str(tmp_path / "t.parquet"))
    assert pq.read_table(tmp_path / "t.parquet")["uid"].to_pylist() == [int(line["uid"]) for line in lines]
    call(capsys, "tags", "tracks", "remove", "seen", "--all", "--preset", "seven", "--labeller", "anna")
    assert call(capsys, "tags", "tracks")["tags"] == {"inside": 2}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add",), "names no tag"),
        (("add", "x"), "Name UIDs, or add --all"),
        (("add", "x", "1.1"), "is no"),
        (("add", "x", "--all"), "Add --labeller NAME"),
        (("note", "1"), "expected UID and one TEXT"),
        (("export", "t.txt"), "cannot be written as '.txt'"),
        (("export", "nowhere/t.csv"), "there is no folder nowhere"),
    ],
)
def test_the_command_refuses_in_a_sentence(
    data: Dataset, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    del data
    assert main(["tags", "tracks", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_a_stored_selection_of_before_has_no_tags(data: Dataset) -> None:
    store(data, "old", preset(EXPERIMENT.selecting, "three"))
    experiment = EXPERIMENTS[data.experiment]
    values = preset(experiment.selecting, "three").to_dict()
    assert from_dict(experiment.selecting, experiment.labels, values).tags == TagCut()
    assert tag_files.columns(opened(data), experiment.table.uid)["event"] == []
