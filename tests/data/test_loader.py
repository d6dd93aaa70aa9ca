"""Batches: every row once, whatever the order; labels and weights stay with their rows."""

from dataclasses import dataclass

import numpy as np
import pytest

from core.data.dataset import open_dataset, read_arrays
from core.data.demo import default_mapping
from core.data.loader import batches
from core.data.prepare import prepare
from core.registry import EXPERIMENTS

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@dataclass(frozen=True)
class Marked:
    """A recipe that makes a row recognisable: its uid beside a sample of its record."""

    columns: tuple[str, ...] = ("uid",)

    def make(self, raw, table, dataset):
        del dataset
        return np.stack([table["uid"], raw[:, 0, 1234]], axis=1)


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
    wanted = np.stack([uid[rows], read_arrays(dataset, rows)[:, 0, 1234]], axis=1)
    np.testing.assert_array_equal(x[np.argsort(x[:, 0])], wanted[np.argsort(wanted[:, 0])])
    np.testing.assert_array_equal(y.argmax(axis=1), x[:, 0] % 2)
    np.testing.assert_array_equal(w, x[:, 0] % 7 + 1.0)
    if seed is None:
        np.testing.assert_array_equal(x, wanted)


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
