"""Named arrays of rows: several per row, dense and ragged, and those of parts from before they had names."""

import h5py
import hdf5plugin
import numpy as np
import pytest

from core.data import stored_arrays
from core.data.dataset import Dataset, read_array
from core.data.loader import batches
from core.data.ragged import Ragged, from_records
from core.data.reading import StoredArray

N_ROWS = (70, 0, 45)  # of each part
UID = np.arange(sum(N_ROWS))


class Hits:
    """A recipe that reads all three arrays: the uid, the sum of the charges, how many times there are, the first cell."""

    arrays = ("charge", "time", "cells")

    def columns(self, dataset):
        del dataset
        return ("uid",)

    def make(self, arrays, table, dataset):
        del dataset
        charge = np.array([record.sum() for record in arrays["charge"]])
        return np.stack([table["uid"], charge, arrays["time"].lengths, arrays["cells"][:, 0, 0]], axis=1)


def records(uid: np.ndarray) -> dict[str, np.ndarray | Ragged]:
    """What is stored of rows: as many hits as the last digit of their uid, of charge uid; times twice as many."""
    return {
        "charge": from_records([np.empty(0, np.float32), *(np.full(u % 10, u, np.float32) for u in uid)])[1:],
        "time": from_records([np.empty(0, np.int32), *(np.arange(2 * (u % 10), dtype=np.int32) for u in uid)])[1:],
        "cells": np.broadcast_to(uid[:, None, None], (len(uid), 2, 3)).astype(np.int16),
    }


def opened(folder, n_rows) -> Dataset:
    parts = [{"file": f"{i}.h5", "n_rows": n, "sha256": f"{i}" * 64} for i, n in enumerate(n_rows)]
    return Dataset(
        folder,
        {"id": "x", "n_rows": sum(n_rows), "parts": parts},
        lambda _files, names: [{"uid": UID}[name] for name in names],
    )


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Dataset:
    """Three parts, one of them empty, each written in two pieces."""
    folder = tmp_path_factory.mktemp("named")
    (folder / "parts").mkdir()
    for i, uid in enumerate(np.split(UID, np.cumsum(N_ROWS)[:-1])):
        with h5py.File(folder / "parts" / f"{i}.h5", "w") as file:
            for piece in np.array_split(uid, 2):
                stored_arrays.append(file, records(piece))
            assert stored_arrays.n_rows(file) == len(uid)
    return opened(folder, N_ROWS)


def test_dense_and_ragged_arrays_stand_beside_each_other(dataset):
    rows = [71, 3, 0, 69, 114]
    cells, charge = read_array(dataset, "cells", rows), read_array(dataset, "charge", rows)
    assert cells.dtype == np.int16 and cells.shape == (5, 2, 3)
    np.testing.assert_array_equal(cells[:, 1, 2], rows)
    assert [record.tolist() for record in charge] == [[float(r)] * (r % 10) for r in rows]
    np.testing.assert_array_equal(read_array(dataset, "time", [17]).item(0), np.arange(14))
    assert len(read_array(dataset, "time", [])) == 0


@pytest.mark.parametrize("seed", [None, 3])
def test_a_recipe_reads_several_arrays_of_the_same_rows(dataset, seed):
    rows = np.flatnonzero(UID % 3 > 0)
    got = np.concatenate([x for x, _, _ in batches(dataset, rows, Hits(), 16, seed=seed)])
    uid = got[:, 0]
    assert sorted(uid) == rows.tolist()
    np.testing.assert_array_equal(got[:, 1], uid * (uid % 10))
    np.testing.assert_array_equal(got[:, 2], 2 * (uid % 10))
    np.testing.assert_array_equal(got[:, 3], uid)
    assert (seed is None) == (uid.tolist() == rows.tolist())


@pytest.mark.parametrize("is_ragged", [False, True])
def test_a_part_from_before_arrays_had_names_is_read_under_the_name_of_its_only_one(tmp_path, is_ragged):
    wanted = records(UID[:40])["charge" if is_ragged else "cells"]
    (tmp_path / "parts").mkdir()
    with h5py.File(tmp_path / "parts" / "0.h5", "w") as file:
        arrays = {"values": wanted.values, "offsets": wanted.offsets} if is_ragged else {"waveform": wanted}
        for name, values in arrays.items():
            file.create_dataset(name, data=values, chunks=(32, *values.shape[1:]), **hdf5plugin.Bitshuffle(cname="lz4"))
    got = read_array(opened(tmp_path, [40]), "crop" if is_ragged else "waveform", range(40))
    pairs = [(got.values, wanted.values), (got.offsets, wanted.offsets)] if is_ragged else [(got, wanted)]
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)


def test_arrays_of_different_lengths_are_no_whole_part(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        assert stored_arrays.n_rows(file) == 0
        stored_arrays.append(file, {"a": np.zeros((3, 2)), "b": np.zeros((4, 2))})
        assert stored_arrays.n_rows(file) == -1


@pytest.mark.parametrize(
    ("rows", "n_rows"),
    [
        (np.zeros((3, 2), np.float64), 3),
        (np.zeros((3, 2), np.float32), 4),
        (from_records([np.zeros(3, np.float32)]), 1),
    ],
)
def test_what_is_not_as_declared_is_refused(rows, n_rows):
    declared = StoredArray("cells", "MeV", ("float32",))
    with pytest.raises(TypeError, match=f"array 'cells': .* expected {n_rows} dense rows of float32"):
        declared.check(rows, n_rows)
    declared.check(np.zeros((n_rows, 2), np.float32), n_rows)
