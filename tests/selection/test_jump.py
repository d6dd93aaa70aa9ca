"""Where a text leads among events whose numbers and times are known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.data.dataset import Part
from core.data.table import Table
from core.data.uid import Uid
from core.errors import DarkroomError
from core.selection.jump import jump

UID = Uid("shower", "run.number", "1.3", bits={"run": 20, "number": 43})
TABLE = Table(columns=(), flags=(), uid=UID, time_s=lambda dataset, rows: dataset.column("time_s")[rows])
FIRST_S = 1_488_369_600.0  # 2017-03-01 12:00 UTC


class Events(SimpleNamespace):
    """Ten events of run 7 in one file, ten of run 8 in another, one each hour; the last has no time."""

    name, n_rows = "twenty", 20
    parts = (Part("a-1.h5", 10, 0), Part("b-1.h5", 10, 10))
    meta = {"parts": [{"file": "a-1.h5", "path": "/data/a.root"}, {"file": "b-1.h5", "path": "/data/b.root"}]}  # noqa: RUF012

    def has(self, name):
        return name == "run"

    def column(self, name):
        run, number = np.repeat([7, 8], 10), np.arange(20)
        time_s = FIRST_S + 3600.0 * number
        time_s[-1] = np.nan
        return {"run": run, "uid": UID.pack(run, number), "time_s": time_s}[name]


EVENTS, LIST = Events(), np.array([3, 4, 12, 15])


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("#1", 3), ("#4", 15), ("# 2", 4), ("7.4", 4), ("8.12", 12), (str(int(UID.pack(8, 13)[0])), 13), ("run 8", 12),
        ("RUN=8", 12), ("run 7", 3), ("number 11", 11), ("run 8 number 15", 15), ("run 8, number 16", 16), ("b.root", 12),
        ("file a.root", 3), ("2017-03-01 12:00", 3), ("2017-03-01T16:30", 12), ("2017-03-02 04:00 UTC", 16),
        ("2017-03-01", 3), (f"time {FIRST_S + 3600.0 * 5:.0f}", 12), ("time 2017-03-01 15:00", 3), (" #3 ", 12),
    ],
)  # fmt: skip
def test_a_text_leads_to_the_first_event_that_fits_of_the_list_if_any_does(text, row):
    assert jump(TABLE, EVENTS, LIST, text).row == row


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("#5", "it has 4 events"), ("#0", "expected 1 to 4"), ("run 9", "run is 7, 8 there"), ("run 7 number 12", "number goes from 0 to 9"),
        ("2018-01-01", "are from 2017-03-01 12:00:00 UTC to 2017-03-02 06:00:00 UTC"), ("2017-02-30", "no date of the calendar"),
        ("file c.root", "such as a.root"), ("colour 3", "is no number that events have here"), ("nonsense", "expected run.number"),
        ("time soon", "is no time"), ("time nan", "No event is at or after unknown"), ("x" * 300, "300 characters"),
        ("9.1", "has no event with the number"), ("run 99999999999999999999", "expected"), ("2017-03-01 ; drop", "is no time"),
    ],
)  # fmt: skip
def test_what_leads_nowhere_says_what_there_is(text, sentence):
    with pytest.raises(DarkroomError) as refusal:
        jump(TABLE, EVENTS, LIST, text)
    assert sentence in str(refusal.value)


def test_of_several_that_fit_it_is_said_which_is_taken():
    assert jump(TABLE, EVENTS, LIST, "run 8").words == "the first of 2 events of the list that run 8 names"
    assert "none of them in the list" in jump(TABLE, EVENTS, LIST[:2], "run 8").words
    assert jump(TABLE, EVENTS, LIST, "2017-03-01 16:30").words.endswith("at 2017-03-02 00:00:00 UTC")
    assert jump(TABLE, EVENTS, LIST, "8.12").words == ""


def test_events_without_times_say_so():
    with pytest.raises(DarkroomError, match="keep no time"):
        jump(replace(TABLE, time_s=None), EVENTS, LIST, "2017-03-01")


def test_numbers_of_many_identities_are_those_of_each():
    wide = Uid("event", "a.b", "1.2", bits={"a": 20, "b": 43}, wide={"a": 40, "b": 23})
    uids = np.concatenate([wide.pack(3, 4), wide.pack(1 << 30, 5)])
    numbers = wide.numbers(uids)
    assert [{name: int(values[i]) for name, values in numbers.items()} for i in (0, 1)] == [
        wide.unpack(int(u)) for u in uids
    ]
