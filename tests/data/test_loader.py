"""Batches: every row once, whatever the order; labels and weights stay with their rows."""

import threading
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core.data import loader
from core.data.dataset import open_dataset, read_array
from core.data.loader import ahead, batches
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@dataclass(frozen=True)
class Marked:
    """A recipe that makes a row recognisable: its uid beside a sample of its record."""

    arrays: ClassVar[tuple[str, ...]] = ("waveform",)

    def columns(self, dataset):
        del dataset
        return ("uid",)

    def make(self, arrays, table, dataset):
        del dataset
        return np.stack([table["uid"], arrays["waveform"][:, 0, 1234]], axis=1)


@pytest.fixture(scope="module")
def dataset(raw_files, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("loader")))
        prepare(EXPERIMENT, raw_files, "a", default_mapping(EXPERIMENT))
        yield open_dataset("a")


def collected(*args, **named):
    got = list(batches(*args, **named))
    return got, *(np.concatenate(parts) for parts in zip(*got, strict=True))


@pytest.mark.parametrize("seed", [None, 1])
def test_every_row_once_with_its_own_label_and_weight(dataset, seed):
    rows = np.flatnonzero(np.random.default_rng(0).random(dataset.n_rows) < 0.6)
    labels = (dataset.column("uid")[rows] % 2).astype(np.int8)
    weights = dataset.column("uid")[rows] % 7 + 1.0
    got, x, y, w = collected(dataset, rows, Marked(), 64, labels=labels, weights=weights, seed=seed)
    assert [len(batch[0]) for batch in got[:-1]] == [64] * (len(got) - 1)
    uid = dataset.column("uid")
    wanted = np.stack([uid[rows], read_array(dataset, "waveform", rows)[:, 0, 1234]], axis=1)
    np.testing.assert_array_equal(x[np.argsort(x[:, 0])], wanted[np.argsort(wanted[:, 0])])
    np.testing.assert_array_equal(y.argmax(axis=1), x[:, 0] % 2)
    np.testing.assert_array_equal(w, x[:, 0] % 7 + 1.0)
    if seed is None:
        np.testing.assert_array_equal(x, wanted)


def test_a_buffer_is_bounded_by_bytes_where_rows_are_large(dataset, monkeypatch):
    rows = np.arange(dataset.n_rows)
    row_bytes = read_array(dataset, "waveform", [0]).nbytes
    monkeypatch.setattr(loader, "BUFFER_BYTES", 2 * loader.CHUNK_ROWS * row_bytes)
    sizes = [len(index) for _, index in loader._buffers(dataset, rows, ("waveform",), np.random.default_rng(1))]
    assert sum(sizes) == dataset.n_rows and max(sizes) == 2 * loader.CHUNK_ROWS
    monkeypatch.setattr(loader, "BUFFER_BYTES", 1)  # a chunk is read whole in any case
    _, x, _, _ = collected(dataset, rows, Marked(), 64, seed=1)
    assert sorted(x[:, 0]) == sorted(dataset.column("uid"))


def test_a_seed_gives_the_same_order_again_and_another_seed_another(dataset):
    rows = np.arange(dataset.n_rows)
    first, again, other = (collected(dataset, rows, Marked(), 64, seed=s)[1] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_neighbouring_rows_are_parted(dataset):
    """Consecutive rows of a file must not end up in the same batch: correlated batches train badly."""
    rows = np.arange(dataset.n_rows)
    position = np.empty(dataset.n_rows)
    _, x, _, _ = collected(dataset, rows, Marked(), 64, seed=3)
    place = {int(u): i for i, u in enumerate(dataset.column("uid"))}
    position[[place[int(v)] for v in x[:, 0]]] = np.arange(len(x))
    together = np.mean(position[1:] // 64 == position[:-1] // 64)
    assert together < 3 * 64 / dataset.n_rows


def test_no_rows_no_batches(dataset):
    assert list(batches(dataset, np.empty(0, np.int64), Marked(), 64, seed=1)) == []


def test_batches_are_made_ahead_in_order_and_errors_come_in_their_place():
    taken = []

    def source():
        for i in range(6):
            taken.append(i)
            yield i
        raise DarkroomError("the seventh batch is damaged")

    got = []
    with pytest.raises(DarkroomError, match="the seventh"):
        for batch in ahead(source(), 3):
            got.append(batch)
            assert len(taken) <= len(got) + 3
    assert got == list(range(6))
    for batch in ahead(source(), 2):  # who leaves early leaves no thread behind
        assert batch == 0
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
