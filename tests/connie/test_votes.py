"""Images with votes: what becomes of them, and tables and images that somebody made to do harm. All pictures are made up."""

import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.connie.labels import votes
from core.connie.mapping import Mapping
from core.connie.raw import vote_table
from core.data.dataset import open_dataset, read_array
from core.data.mapping import load_mapping
from core.data.splits import SplitParameters
from core.errors import DarkroomError
from core.parameters import override
from core.registry import EXPERIMENTS
from core.selection.selection import Selection, preset, select
from core.workflows.prepare_job import prepare

EXPERIMENT = EXPERIMENTS["connie"]
CREDO = load_mapping(EXPERIMENT.reading.mappings["credo"], Mapping)
VOTES = load_mapping(EXPERIMENT.reading.mappings["votes"], Mapping)
HEADER = "id,dot,line,worm,artefact"
SIDE = 60
Y, X = np.mgrid[:SIDE, :SIDE]


def dot(at: int = 30) -> np.ndarray:
    return 200.0 * np.exp(-((X - at) ** 2 + (Y - 30) ** 2) / 4)


def line() -> np.ndarray:
    return 150.0 * np.exp(-((X - Y) ** 2) / 3) * ((X >= 20) & (X <= 40))


def save(path: Path, grey: np.ndarray, mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8)).convert(mode).save(path)
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    return six_images(tmp_path)


def six_images(path: Path) -> Path:
    """Six images as the CREDO set has them: clear votes, a tie, no vote at all."""
    lines = [HEADER]
    for name, grey, cells in (
        ("100", dot(), "0.8,0,0.2,0"),
        ("101", line(), "0,1,0,0"),
        ("102", dot(20), "0.4,0.4,0,0.2"),
        ("103", np.zeros((SIDE, SIDE)), "0,0,0,0"),
        ("104", line() + dot(50), "0,0.6,0,0"),
        ("105", np.full((SIDE, SIDE), 12.0), "0,0,0,1"),
    ):
        save(path / "png" / f"{name}.png", grey)
        lines.append(f"{name},{cells}")
    (path / "data.txt").write_text("\n".join(lines) + "\n")
    return path


def table(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def refused(path: Path, mapping=CREDO) -> str:
    with pytest.raises(DarkroomError) as caught:
        list(votes.blocks(path, mapping))
    return str(caught.value)


def test_a_row_per_image_with_votes_label_and_crop(folder):
    (block,) = votes.blocks(folder / "data.txt", CREDO)
    got = block.table
    assert got["vote_label"].tolist() == [0, 1, -1, -1, 1, 3]
    np.testing.assert_allclose(got["vote: line"], [0, 1, 0.4, 0, 0.6, 0])
    assert got["vote: line"].dtype == np.float32
    assert len(set(got["uid"].tolist())) == 6
    np.testing.assert_allclose(block.arrays["crop"].item(1).reshape(SIDE, SIDE), np.rint(line()), atol=0.5)
    for name in votes.UNDEFINED:
        assert np.isnan(got[name]).all()


def test_blocks_are_bounded_by_bytes(tmp_path, monkeypatch):
    """20 pictures of 1024 x 1024 pixels, 4 MB each as they are read: never more than a few of them at once."""
    monkeypatch.setattr(votes, "BLOCK_BYTES", 9_000_000)
    lines = [HEADER]
    grey = np.zeros((1024, 1024))
    grey[500:510, 500:520] = 200.0
    path = save(tmp_path / "png" / "0.png", grey, "L")
    for i in range(20):
        if i:
            (tmp_path / "png" / f"{i}.png").write_bytes(path.read_bytes())
        lines.append(f"{i},1,0,0,0")
    (tmp_path / "data.txt").write_text("\n".join(lines) + "\n")
    tracemalloc.start()
    sizes, uids = [], []
    for block in votes.blocks(tmp_path / "data.txt", CREDO):
        sizes.append(len(block.arrays["crop"]))
        uids += block.table["uid"].tolist()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sizes == [3] * 6 + [2] and len(set(uids)) == 20
    assert peak < 20 * grey.size * 4


def test_features_are_those_of_the_brightest_group_above_the_threshold(folder):
    (block,) = votes.blocks(folder / "data.txt", CREDO)
    got = block.table
    grey = np.rint(dot())
    assert got["npix"][0] == (grey > 20).sum()
    assert got["charge_e"][0] == grey[grey > 20].sum()
    assert got["x_px"][2] == pytest.approx(20, abs=0.01)
    # a line from (20, 20) to (40, 40), a pixel and a half longer at either end, whatever else is in the image
    for row in (1, 4):
        assert got["length_px"][row] == pytest.approx(20 * np.sqrt(2) + 3.0, abs=1.0)
        assert got["phi_deg"][row] == pytest.approx(45, abs=1.0)
    assert got["npix"][3] == SIDE * SIDE  # black: every pixel is the brightest
    assert got["npix"][5] == SIDE * SIDE


def test_prepared_it_is_a_labelled_data_set_with_soft_labels(folder, workspace):
    del workspace
    prepare(EXPERIMENT, [folder / "data.txt"], "credo", CREDO)
    data = open_dataset("credo")
    assert not data.simulated
    assert votes.vote_classes(data) == ("dot", "line", "worm", "artefact")
    cuts = preset(EXPERIMENT.selecting, "everything").cuts
    selected = select(
        EXPERIMENT.selecting, EXPERIMENT.labels, data, Selection(cuts, "votes", SplitParameters(method="random"))
    )
    assert selected.classes == ("dot", "line", "worm", "artefact")
    assert selected.labels.tolist() == [0, 1, -1, -1, 1, 3]
    np.testing.assert_allclose(selected.soft[0], [0.8, 0, 0.2, 0])
    np.testing.assert_allclose(selected.soft[2], [0.4, 0.4, 0, 0.2])
    np.testing.assert_allclose(selected.soft[4], [0, 1, 0, 0])  # parts of the votes that were given
    assert np.isnan(selected.soft[3]).all()
    assert len(np.unique(EXPERIMENT.selecting.group(data))) == 6  # images can be parted
    assert EXPERIMENT.by_hand.classes(data) == selected.classes
    assert EXPERIMENT.by_hand.pixels.crop(data, 1).shape == (SIDE, SIDE)
    assert len(read_array(data, "crop", [0, 5])) == 2


def test_a_label_column_and_counts_are_read_too(tmp_path):
    for name in "abc":
        save(tmp_path / f"{name}.png", dot())
    labels = override(VOTES, ["votes_label=kind"])
    read = vote_table.read_table(table(tmp_path / "l.csv", "file;kind\na.png;worm\nb.png;dot\nc.png;\n"), labels)
    assert read.classes == ("dot", "worm")
    assert read.labels.tolist() == [1, 0, -1]
    counts = override(VOTES, ["votes_are=counts", "votes_columns=dot,worm"])
    text = "\ufefffile,who,dot,worm\na.png,x,3,1\nb.png,y,0,0\n"
    read = vote_table.read_table(table(tmp_path / "c.csv", text), counts)
    np.testing.assert_allclose(read.votes, [[0.75, 0.25], [0, 0]])


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("nan,0,0,0", "'nan' in column 'dot', expected a part from 0 to 1"),
        ("inf,0,0,0", "expected a part from 0 to 1"),
        ("-0.2,0,0,0", "'-0.2' in column 'dot'"),
        ("1.2,0,0,0", "'1.2' in column 'dot'"),
        (",0,0,0", "'' in column 'dot'"),
        ("0.8,0.8,0,0", "add up to 1.6"),
        ("0,0,0", "line 2 has 4 cells, expected 5"),
        ("a,0,0,0", "name the columns with votes in 'votes_columns'"),
    ],
)
def test_votes_that_are_none_are_refused_with_their_line(folder, cells, sentence):
    assert sentence in refused(table(folder / "t.csv", f"{HEADER}\n100,{cells}\n"))


@pytest.mark.parametrize(
    "name", ["../secret", "../../etc/hostname", "/etc/hostname", "x/../../../secret", "link", "folder/link", "fifo", "\0", "."]
)  # fmt: skip
def test_no_image_outside_the_tables_folder_is_opened(tmp_path, name):
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True)
    save(tmp_path / "secret.png", dot()).rename(tmp_path / "secret")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "folder" / "link").symlink_to("/etc/hostname")
    refusal = refused(table(inside / "t.csv", f"id,a,b\n{name},1,0\n"), VOTES)
    assert "no image below the table's folder" in refusal or "is missing below" in refusal
    assert str(tmp_path) not in refusal


def test_a_missing_image_is_named(folder):
    assert "'png/999.png' is missing" in refused(table(folder / "t.csv", f"{HEADER}\n999,1,0,0,0\n"))


def test_a_truncated_image_and_one_that_is_no_png_are_named(folder):
    path = folder / "png" / "100.png"
    whole = path.read_bytes()
    for length in (0, 8, 40, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:length])
        refusal = refused(folder / "data.txt")
        assert refusal.startswith("100.png: ")
        assert "damaged" in refusal or "not a PNG" in refusal
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(path, format="JPEG")
    assert "100.png: not a PNG image" in refused(folder / "data.txt")


def test_an_image_that_promises_too_many_pixels_is_refused_before_it_is_unpacked(folder):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    for side in (2000, 60_000):
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")  # fmt: skip
        (folder / "png" / "100.png").write_bytes(bomb)
        refusal = refused(folder / "data.txt")
        assert "pixels" in refusal
        assert "cut it out smaller" in refusal


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "found 0 lines"),
        (HEADER + "\n", "found 0 lines"),
        ("id,a\nx,1\n", "1 classes, expected 2 to"),
        ("id,a,a\nx,1,0\n", "two columns have the same name"),
        ("id,,b\nx,1,0\n", "'' cannot name a class"),
        ("id,a\u202eb,c\nx,1,0\n", "cannot name a class"),
        ("id,a,b\nx,1,0\nx,1,0\n", "'x' has several lines"),
        ('id,a,b\n"x,1,0\n', "cells, expected 3"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, text, sentence):
    with pytest.raises(DarkroomError, match=r"^t\.csv: ") as caught:
        vote_table.read_table(table(tmp_path / "t.csv", text), VOTES)
    assert sentence in str(caught.value)


def test_binary_and_huge_tables_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_bytes(bytes(range(256)) * 4)
    assert "not a table" in refused(path, VOTES)
    monkeypatch.setattr(vote_table, "MAX_ROWS", 3)
    assert "at most 3 are read" in refused(table(path, "id,a,b\n" + "".join(f"{i},1,0\n" for i in range(4))), VOTES)
    monkeypatch.setattr(vote_table, "MAX_TABLE_BYTES", 10)
    assert "the table has" in refused(path, VOTES)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "LA", "I;16"])
def test_every_kind_of_png_becomes_grey_from_0_to_255(tmp_path, mode):
    if mode == "I;16":
        Image.fromarray((line() * 257).astype(np.uint16)).save(tmp_path / "a.png")
    else:
        save(tmp_path / "a.png", np.where(line() > 75, 255, 0), mode)
    grey = vote_table.read_grey(tmp_path / "a.png")
    assert grey.dtype == np.float32
    assert grey.shape == (SIDE, SIDE)
    assert grey.max() == pytest.approx(255 if mode != "I;16" else line().max(), abs=1)


def test_a_preview_lists_the_columns(folder):
    content = EXPERIMENT.reading.preview(folder / "data.txt")
    (tree,) = content["trees"].values()
    assert [row["branch"] for row in tree["branches"]] == HEADER.split(",")
    assert tree["n_entries"] == 6


def test_a_data_set_does_not_grow_by_a_table_with_other_classes(folder, workspace):
    """Also not by the same classes in another order: a label is a number in that order."""
    del workspace
    prepare(EXPERIMENT, [folder / "data.txt"], "credo", CREDO)
    before = open_dataset("credo").id
    for columns, sentence in (
        ("dot,track", "only other.txt has 'vote: track'"),
        ("line,dot,worm,artefact", "they stand in another order"),
    ):
        n = columns.count(",")
        other = table(folder / "other.txt", f"id,{columns}\n100,1{',0' * n}\n")
        with pytest.raises(DarkroomError, match=rf"do not give the same columns \(.*{sentence}"):
            prepare(EXPERIMENT, [other], "credo", CREDO)
    assert open_dataset("credo").id == before
