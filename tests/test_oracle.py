"""The comparison of two commits: a changed, a missing and a new value are each seen, NaN is NaN."""

import math

import numpy as np
import pytest

from benchmarks.oracle import compare
from benchmarks.oracle_cases import AGAIN, ANSWERS, MADE
from benchmarks.oracle_child import digest, filled

OLD = {"rates": [{"value": 0.1, "n": 3}, {"value": math.nan, "n": 0}], "notes": [], "title": "a"}


def changed(**values):
    return {**OLD, **values}


def test_the_same_values_are_equal_nan_and_empty_lists_too():
    assert compare(OLD, changed()) == {"equal": 6, "different": [], "on_purpose": {}}


@pytest.mark.parametrize(
    ("new", "different"),
    [
        (changed(title="b"), {"path": "/title", "old": '"a"', "new": '"b"'}),
        (changed(extra=1), {"path": "/extra", "old": None, "new": "1"}),
        ({"rates": OLD["rates"], "notes": []}, {"path": "/title", "old": '"a"', "new": None}),
        (changed(rates=[{"value": math.nextafter(0.1, 1.0), "n": 3}, OLD["rates"][1]]),
         {"path": "/rates/0/value", "old": "0.1", "new": "0.10000000000000002"}),
        (changed(rates=[{"value": 0.1, "n": 3.0}, OLD["rates"][1]]), {"path": "/rates/0/n", "old": "3", "new": "3.0"}),
        (changed(rates=[OLD["rates"][0], {"value": None, "n": 0}]),
         {"path": "/rates/1/value", "old": "NaN", "new": "null"}),
        (changed(notes=["few events"]), {"path": "/notes", "old": "[]", "new": None}),
    ],
)  # fmt: skip
def test_each_kind_of_difference_is_seen(new, different):
    assert different in compare(OLD, new)["different"]


def test_a_renamed_word_is_no_difference_and_a_changed_value_under_it_is_one():
    new = {"rate_table": OLD["rates"], "notes": [], "title": "a"}
    assert compare(OLD, new, {"rates": "rate_table"})["different"] == []
    new["rate_table"] = [{"value": 0.2, "n": 3}, OLD["rates"][1]]
    paths = [item["path"] for item in compare(OLD, new, {"rates": "rate_table"})["different"]]
    assert paths == ["/rate_table/0/value"]


def test_a_wanted_difference_is_counted_with_its_reason_and_no_other():
    result = compare(OLD, changed(title="b", notes=["few"]), on_purpose={"/title": "a better title"})
    assert result["on_purpose"] == {"a better title": 1}
    assert [item["path"] for item in result["different"]] == ["/notes", "/notes/0"]


def test_moments_and_machines_do_not_count():
    assert compare({"seconds": 1.0, "n": 2}, {"seconds": 3.0, "n": 2}) == {
        "equal": 1,
        "different": [],
        "on_purpose": {},
    }


def test_a_digest_tells_one_bit_and_not_where_a_part_ends():
    values = np.arange(6, dtype=np.float32)
    nearby = values.copy()
    nearby[3] = np.nextafter(nearby[3], np.float32(9))
    assert digest([values]) == digest([values[:2], values[2:]])
    assert digest([values]) != digest([nearby])
    assert digest([values]) != digest([values.astype(np.float64)])


def test_every_name_that_a_command_uses_is_given_before(tmp_path):
    names = {"samples": "s", "inputs": "i", "scratch": str(tmp_path)}
    for commands in (MADE, ANSWERS, AGAIN):
        for key, command in commands.items():
            assert filled(command, names)[0] in {*command.split()}
            names[key] = key
