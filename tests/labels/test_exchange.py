"""Labels in and out: every format gives back what went in, and files by others are refused where they lie."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.labels import exchange, label_session, log
from core.labels.log import ADJUDICATION, LABEL, Entry
from core.labels.record import Scale, as_grey
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare

EXPERIMENT = EXPERIMENTS["connie"]
ONE = Entry("a1", LABEL, (1 << 62) + 7, 9, "m", "worm", "anna", 1_700_000_000_123, 900, True, "random", True, {"scale": "log", "fixed": False})  # fmt: skip


@pytest.mark.parametrize("ending", exchange.FORMATS)
def test_every_format_gives_back_the_same_lines(ending):
    entries = [
        ONE,
        replace(ONE, id="a2", kind="undo", label="", of="a1"),
        replace(ONE, id="a3", kind=ADJUDICATION, label="=1+1", labeller="bert"),  # a spreadsheet would compute this
    ]
    data = exchange.export(entries, ending)
    assert exchange.read_labels(f"labels{ending}", data) == entries
    if ending == ".csv":
        assert ",'=1+1," in data.decode()


def test_an_import_twice_adds_nothing_and_keeps_the_logs_apart(workspace):
    del workspace
    entries = [ONE, replace(ONE, id="b1", labeller="bert")]
    assert exchange.take_in(EXPERIMENT.key, entries) == (2, 0)
    assert exchange.take_in(EXPERIMENT.key, [*entries, replace(ONE, id="a2"), replace(ONE, id="a2")]) == (1, 3)
    assert [e.id for e in log.read(EXPERIMENT.key, "anna")[0]] == ["a1", "a2"]


def plain(**changed) -> bytes:
    return (json.dumps({**asdict(ONE), **changed}) + "\n").encode()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("l.csv", b"\xff\xfe\x00", "cannot be read"),
        ("l.parquet", b"PAR1 nonsense", "cannot be read"),
        ("l.jsonl", b"[" * 100_000, "cannot be read"),
        ("l.jsonl", plain() + b"{}\n", "line 2 is no label"),
        ("l.jsonl", plain(labeller="../x"), "labeller name"),
        ("l.jsonl", plain(uid=1 << 64), "line 1 is no label"),
        ("l.csv", b"id,kind,uid\na,label,one\n", "line 1 is no label"),
        ("l.csv", b"id,kind,uid,source\na,label,1,2,3,4\n", "line 1 is no label"),
        ("l.pkl", b"", "expected one of .csv, .jsonl, .parquet"),
    ],
)
def test_a_file_that_is_no_export_is_refused_and_nothing_is_written(workspace, name, data, sentence):
    with pytest.raises(DarkroomError, match=sentence.replace(".", r"\.")):
        exchange.take_in(EXPERIMENT.key, exchange.read_labels(name, data))
    assert not list(workspace.rglob("*.jsonl"))


def test_grey_values_follow_their_formula():
    scale = Scale("e", 8.0, 2e4)
    grey = as_grey(np.array([[0.0, 8.0, 400.0], [2e4, 1e9, np.nan]]), scale)
    middle = round(255 * (np.log(401) - np.log(9)) / (np.log(20001) - np.log(9)))
    assert grey.tolist() == [[0, 0, middle], [255, 255, 0]]


def test_an_image_folder_is_read_back_as_a_data_set_with_the_same_shares(data, say, tmp_path):
    for row, (a, b) in enumerate([("worm", "worm"), ("worm", "spot"), ("spot", "spot"), ("bad pixel", "spot")]):
        say(row, a)
        say(row, b, "bert")
    say(1, "undefined", "bert", ADJUDICATION)
    known = label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data)
    n = exchange.into_folder(
        exchange.images(label_session.labelling_of(EXPERIMENT), EXPERIMENT.table.uid, known), tmp_path / "out"
    )
    assert n == 4 + 3
    with Image.open(next((tmp_path / "out" / "images").glob("*.png"))) as picture:
        assert (picture.mode, picture.format) == ("L", "PNG")
    mapping = EXPERIMENT.reading.load_mapping(EXPERIMENT.reading.mappings["votes"])
    prepare(EXPERIMENT, [tmp_path / "out" / exchange.TABLE], "back", mapping)
    back = open_dataset("back")
    votes = np.stack([back.column(f"vote: {name}") for name in known.classes], axis=1)
    np.testing.assert_allclose(votes, known.votes.shares, atol=1e-6)
    assert back.column("vote_label").tolist() == [1, 5, 2, -1]


def test_a_folder_per_class_becomes_a_table(tmp_path):
    for name in ("dot/1", "dot/2", "line/1"):
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(exchange.png(np.zeros((4, 4), np.uint8)))
    (tmp_path / "line" / "9.png").symlink_to("/etc/hostname")
    text, n = exchange.table_of_folders(tmp_path)
    assert n == 3
    assert text.splitlines() == ["image,label", "dot/1.png,dot", "dot/2.png,dot", "line/1.png,line"]
    with pytest.raises(DarkroomError, match="at least two"):
        exchange.table_of_folders(tmp_path / "dot")
