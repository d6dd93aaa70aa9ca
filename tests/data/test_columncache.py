"""Columns are kept up to a number of bytes, those used last."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from core.data.columncache import ColumnCache, n_bytes


def test_what_was_used_last_stays_within_the_limit() -> None:
    cache, reads = ColumnCache(3 * 800), []

    def read(keys: list[str]) -> list[np.ndarray]:
        reads.extend(keys)
        return [np.full(100, ord(key), np.int64) for key in keys]

    for key in "abcadab":
        assert cache.get([key], read)[0][0] == ord(key)
        assert cache.held <= 3 * 800
    assert reads == ["a", "b", "c", "d", "b"]  # d took the place of b, which had not been used for longest
    assert cache.held == 3 * 800


def test_a_column_beyond_the_limit_is_read_each_time_and_drives_nothing_out() -> None:
    cache, reads = ColumnCache(1000), []
    cache.get(["small"], lambda _: [np.zeros(100, np.int64)])
    for _ in range(2):
        cache.get(["large"], lambda keys: reads.extend(keys) or [np.zeros(1000, np.int64)])
    assert (reads, cache.held) == (["large"] * 2, 800)


def test_what_is_not_kept_is_read_in_one_call() -> None:
    cache, calls = ColumnCache(10_000), []

    def read(keys: list[str]) -> list[np.ndarray]:
        calls.append(keys)
        return [np.full(10, ord(key), np.int64) for key in keys]

    cache.get(["b"], read)
    assert [column[0] for column in cache.get(["a", "b", "c", "a"], read)] == [ord(key) for key in "abca"]
    assert calls == [["b"], ["a", "c"]]


def test_texts_count_with_what_they_take() -> None:
    assert n_bytes(np.array(["a"] * 10, object)) == 10 * (8 + 64)


def test_threads_do_not_lose_count() -> None:
    cache = ColumnCache(10 * 80)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda i: cache.get([i % 25], lambda keys: [np.full(10, key, np.int64) for key in keys]), range(2000)
            )
        )
    assert cache.held == 10 * 80
