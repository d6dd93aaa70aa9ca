"""The page of single events: the filter, the way through its list, links, and data without labels or energy."""

import pytest

from core import runs
from core.data import events
from core.data.dataset import open_dataset
from core.data.events import EventFilter
from core.data.selection import from_dict, select
from core.judge.scored import open_scored
from core.registry import EXPERIMENTS

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture
def rows_of(few):
    """Row numbers that a filter keeps of the run's own selection, by the core alone."""

    def rows(**asked):
        data, run = open_dataset("few"), runs.open_run(few)
        found = open_scored(run, EXPERIMENT, data)
        cutting = select(EXPERIMENT, data, from_dict(EXPERIMENT, run.selection)).cutting
        scores = events.spread(data.n_rows, found.rows, found.score, found.split)
        values, flags = data.column("energy_kev"), data.column("flags")
        return events.find(cutting.preselected, cutting.labels, values, flags, scores, EventFilter(**asked))

    return rows


def uid_of(row) -> str:
    return events.uid_text(EXPERIMENT, open_dataset("few"), int(row))


def where(at) -> str:
    return at.text_input(key="typed-event").value


def told(at) -> str:
    return next(c.value for c in at.caption if c.value.startswith("Shown:"))


def test_first_event_is_in_the_address(opened, few):
    at = opened("inspect", scores=few)
    assert at.query_params["uid"] == where(at)
    assert where(at).count(".") == 3


def test_next_and_previous_walk_through_the_filtered_list(opened, few, rows_of):
    rows = rows_of(label=1, low=3.0, high=5.0)
    at = opened("inspect", **{"scores": few, "class": "signal", "low": "3", "high": "5"})
    seen = [where(at)]
    for key in ("go-J", "go-Right", "go-K", "go-Left"):
        at.button(key=key).click().run()
        seen.append(where(at))
    assert seen == [uid_of(rows[i]) for i in (0, 1, 2, 1, 0)]
    assert at.button(key="go-Left").disabled
    assert at.button(key="go-K").disabled
    assert told(at).startswith(f"Shown: {len(rows)} of the {len(rows)} events that pass the filter")


def test_keys_are_shown_on_the_buttons(opened):
    at = opened("inspect")
    shortcuts = {b.key: b.proto.shortcut.lower() for b in at.button if b.key and b.key.startswith("go-")}
    assert shortcuts == {"go-Left": "left", "go-Right": "right", "go-K": "k", "go-J": "j"}


@pytest.mark.parametrize("as_number", [False, True])
def test_a_link_opens_exactly_its_event(opened, rows_of, as_number):
    row = rows_of()[17]
    uid = str(open_dataset("few").column("uid")[row]) if as_number else uid_of(row)
    at = opened("inspect", uid=uid)
    assert where(at) == uid_of(row)
    known = dict(at.dataframe[0].value.itertuples(index=False))
    assert known["Energy [keV]"] == f"{open_dataset('few').column('energy_kev')[row]:.2f}"
    assert f"event few {uid_of(row)}" in at.code[0].value


def test_misclassified_events_are_those_of_the_core(opened, few, rows_of):
    rows = rows_of(misclassified_at=0.8, split=2)
    at = opened("inspect", scores=few, wrong="true", at="0.8", of="test")
    assert len(rows)
    assert f"of the {len(rows):,} events" in told(at)
    assert where(at) == uid_of(rows[0])
    assert list(at.dataframe[1].value["event"]) == [uid_of(r) for r in rows]


def test_a_changed_filter_moves_to_its_first_event(opened, few, rows_of):
    at = opened("inspect", scores=few)
    at.number_input(key="low").set_value(8.0).run()
    assert where(at) == uid_of(rows_of(low=8.0)[0])


def test_jumping_to_an_event_that_is_not_there_is_a_sentence(opened):
    at = opened("inspect")
    at.text_input(key="typed-event").set_value("1601.9.9.9").run()
    assert "has no event with the number" in at.error[0].value
    at.text_input(key="typed-event").set_value("nonsense").run()
    assert "expected run.subrun.entry.crystal" in at.error[0].value
    assert not at.exception


def test_an_empty_filter_result_is_a_sentence(opened):
    at = opened("inspect", low="8", high="7")
    assert "No event passes the filter" in at.error[0].value


def test_a_long_list_says_how_much_of_it_is_shown(opened, monkeypatch):
    """The list is cut into stretches; the one that holds the event is shown."""
    monkeypatch.setattr(events, "stretch", lambda rows, row, n, real=events.stretch: real(rows, row, min(n, 40)))
    at = opened("inspect")
    n = int(told(at).split("of the ")[1].split(" ")[0].replace(",", ""))
    assert n > 40
    assert told(at).startswith(f"Shown: 40 of the {n:,} events")
    assert len(at.dataframe[1].value) == 40


def test_simulated_truth_is_called_simulated(opened):
    at = opened("inspect")
    known = dict(at.dataframe[0].value.itertuples(index=False))
    assert {"label", "flags", "simulated as", "simulated energy [keV]"} <= known.keys()


def test_the_mean_of_each_class_is_drawn(opened, few):
    at = opened("inspect", below=EXPERIMENT.average.title, scores=few)
    assert not at.exception
