"""The cache of network inputs: made once, bounded, whole or not there, shared by writers."""

import os
import threading

import numpy as np
import pytest

from core.data.input_cache import InputCache, key_of
from core.errors import DarkroomError

VALUES = np.random.default_rng(5).normal(size=(10, 3, 2)).astype(np.float32)


class Pieces:
    """Gives VALUES in pieces of four rows, and counts how often."""

    def __init__(self, barrier=None, fail_after=None):
        self.n_calls, self.barrier, self.fail_after = 0, barrier, fail_after

    def __call__(self):
        self.n_calls += 1
        for start in range(0, len(VALUES), 4):
            if self.barrier:
                self.barrier.wait(10)
            if self.fail_after is not None and start > self.fail_after:
                raise KeyboardInterrupt
            yield VALUES[start : start + 4]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_inputs_are_made_once_and_read_back(tmp_path, dtype):
    cache, pieces = InputCache(tmp_path / "inputs"), Pieces()
    first, again = (cache.get("a", 10, pieces, dtype) for _ in range(2))
    assert pieces.n_calls == 1
    for values in (first, again):
        assert values.dtype == dtype and not values.flags.writeable
        np.testing.assert_array_equal(values, VALUES.astype(dtype))


def test_a_key_tells_rows_their_order_the_data_set_and_the_recipe():
    rows, recipe = np.arange(5), {"size_px": 64, "weights": "ab"}
    keys = {
        key_of("d", rows, recipe), key_of("e", rows, recipe), key_of("d", rows[::-1], recipe), key_of("d", rows[:4], recipe),
        key_of("d", rows, {**recipe, "weights": "ac"}),
    }  # fmt: skip
    assert len(keys) == 5
    assert key_of("d", rows.astype(np.int32), dict(reversed(recipe.items()))) in keys


def test_what_was_used_longest_ago_goes_first_and_stays_open_to_its_readers(tmp_path):
    cache = InputCache(tmp_path, 2 * VALUES.nbytes + 300)
    opened = {name: cache.get(name, 10, Pieces()) for name in "ab"}
    for at, name in enumerate("ab"):
        os.utime(tmp_path / f"{name}-float32.npy", ns=(at, at))
    cache.get("a", 10, Pieces())  # used again: b is the oldest now
    cache.get("c", 10, Pieces())
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "c"]
    np.testing.assert_array_equal(opened["b"], VALUES)
    with pytest.raises(DarkroomError, match=r"The inputs of these rows take .* the cache .* holds 0 kB: choose fewer"):
        InputCache(tmp_path / "small", 100).get("a", 10, Pieces())


def test_nothing_is_left_of_what_was_stopped_and_a_damaged_entry_is_made_again(tmp_path):
    cache = InputCache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        cache.get("a", 10, Pieces(fail_after=0))
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="inputs of 10 rows were made, expected 11"):
        cache.get("a", 11, Pieces())
    cache.get("a", 10, Pieces())
    entry = tmp_path / "a-float32.npy"
    entry.write_bytes(entry.read_bytes()[:-8])
    np.testing.assert_array_equal(cache.get("a", 10, Pieces()), VALUES)


def test_two_writers_at_once_leave_one_whole_entry(tmp_path):
    cache, barrier, results = InputCache(tmp_path), threading.Barrier(2), []
    threads = [
        threading.Thread(target=lambda: results.append(np.array(cache.get("a", 10, Pieces(barrier))))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [path.name for path in tmp_path.iterdir()] == ["a-float32.npy"]
    assert len(results) == 2
    for values in results:
        np.testing.assert_array_equal(values, VALUES)
