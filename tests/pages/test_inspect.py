"""The page of single events: the filter, the way through its list, links, and data without labels or energy."""

import numpy as np
import pytest

from core import runs
from core.data.dataset import open_dataset
from core.jobs import warm
from core.jobs.warm import Answer
from core.registry import EXPERIMENTS
from core.selection import events
from core.selection.events import EventFilter
from core.selection.selection import from_dict, select
from core.workflows.scored import open_scored

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture
def rows_of(few):
    """Row numbers that a filter keeps of the run's own selection, by the core alone."""

    def rows(**conditions):
        data, run = open_dataset("few"), runs.open_run(few)
        scored = open_scored(run, EXPERIMENT, data)
        cutting = select(
            EXPERIMENT.selecting,
            EXPERIMENT.labels,
            data,
            from_dict(EXPERIMENT.selecting, EXPERIMENT.labels, run.selection),
        ).cutting
        scores = events.spread(data.n_rows, scored.rows, scored.score, scored.split)
        values, flags = data.column("energy_kev"), data.column("flags")
        return events.find(cutting.preselected, cutting.labels, values, flags, scores, EventFilter(**conditions))

    return rows


def uid_of(row) -> str:
    return events.uid_text(EXPERIMENT.table, open_dataset("few"), int(row))


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
    for key in ("go-Right", "go-Right", "go-Left", "go-Left"):
        at.button(key=key).click().run()
        seen.append(where(at))
    assert seen == [uid_of(rows[i]) for i in (0, 1, 2, 1, 0)]
    assert at.button(key="go-Left").disabled
    assert told(at).startswith(f"Shown: {len(rows)} of the {len(rows)} events that pass the filter")


def test_keys_are_shown_on_the_buttons(opened):
    at = opened("inspect")
    shortcuts = {
        b.key: b.proto.shortcut.lower() for b in at.button if b.key and b.key.startswith("go-") and b.proto.shortcut
    }
    assert shortcuts == {"go-Left": "left", "go-Right": "right"}


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


def test_one_field_jumps_to_a_place_a_run_or_a_time(opened, rows_of):
    data, rows, at = open_dataset("few"), rows_of(), opened("inspect")
    run = int(data.column("run")[rows[-1]])
    of_run = int(rows[data.column("run")[rows] == run][0])
    time_s = int(np.sort(data.column("time_s")[rows])[40])
    later = int(rows[np.argmin(np.where(data.column("time_s")[rows] >= time_s, data.column("time_s")[rows], 2**40))])
    for text, row in ((f"#{len(rows)}", rows[-1]), (f"run {run}", of_run), (f"time {time_s}", later)):
        at.text_input(key="typed-event").set_value(text).run()
        assert (where(at), at.query_params["uid"]) == (uid_of(row), uid_of(row))
    assert "first at or after" in at.toast[0].value
    at.text_input(key="typed-event").set_value("run 1").run()
    assert "No event has 'run 1'" in at.error[0].value


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
    at = opened("inspect", below=EXPERIMENT.looking.average.title, scores=few)
    assert not at.exception


def attribution() -> dict:
    """What the inference process would send: light of PMT 2 from 100 to 200 ns speaks for signal."""
    times = np.arange(-496.0, 5504.0, 8.0, dtype=np.float32)
    values = np.zeros((2, len(times)), np.float32)
    values[1, (times > 100) & (times < 200)] = 0.2
    starts = np.arange(-500.0, 5500.0, 100.0, dtype=np.float32)
    drops = np.zeros((2, len(starts)), np.float32)
    drops[1, 6] = 2.4
    return {
        "times_ns": times, "sample_ns": 8.0, "values": values, "error": values * 0.1, "starts_ns": starts,
        "drops": drops, "width_ns": 100.0, "logit": 2.0, "empty_logit": -0.5, "n": 1, "n_of": 1,
    }  # fmt: skip


@pytest.fixture
def questions(monkeypatch):
    """A stand-in for the inference process: the questions that it was asked; `reply` is what it gives."""

    class Child:
        def __init__(self):
            self.questions, self.forgotten, self.reply = [], [], None

        def submit(self, request):
            self.questions.append(request)
            answer = Answer()
            reply = attribution() if self.reply is None else self.reply
            if request["do"] == "mean_occlusion":
                reply = {**reply, "n": len(request["rows"]), "n_of": request["n_of"]}
            if reply != "later":
                answer.give(**({"error": reply} if isinstance(reply, str) else {"result": reply}))
            return answer

    child = Child()
    monkeypatch.setattr(warm, "submit", child.submit)
    monkeypatch.setattr(warm, "forget", child.forgotten.append)
    return child


def test_why_asks_for_the_event_shown_and_tells_its_strongest_window(opened, few, rows_of, questions):
    at = opened("inspect", below="why", scores=few)
    question = questions.questions[-1]
    assert (question["do"], question["run"], question["row"]) == ("occlusion", few, rows_of()[0])
    assert any("Logit +2.00, score 0.8808; without any light it would be -0.50" in m.value for m in at.markdown)
    assert list(at.dataframe[1].value.iloc[0]) == ["PMT 2", "100 to 200", "+2.40"]
    assert f"explain {few} {uid_of(rows_of()[0])} --data few" in at.code[0].value
    at.button(key="go-Right").click().run()
    assert questions.questions[-1]["row"] == rows_of()[1]


def test_why_without_a_run_says_what_to_choose(opened, questions):
    at = opened("inspect", below="why", scores="no run")
    assert any("Choose a run" in c.value for c in at.caption)
    assert not questions.questions


def test_the_mean_is_asked_for_per_class_on_demand_and_says_how_many_it_holds(opened, few, rows_of, questions):
    at = opened("inspect", below="why", scores=few)
    assert {q["do"] for q in questions.questions} == {"occlusion"}
    at.button(key="why-mean").click().run()
    means = {tuple(q["rows"]): q["n_of"] for q in questions.questions if q["do"] == "mean_occlusion"}
    expected = [rows_of(label=label) for label in (0, 1)]
    assert sorted(means.values()) == sorted(len(rows) for rows in expected)
    assert {row for rows in means for row in rows} <= {int(row) for rows in expected for row in rows}
    assert all(len(rows) <= 100 for rows in means)
    assert sum("Mean logit" in c.value for c in at.caption) == 2


def test_a_failure_of_the_inference_process_is_a_sentence_with_a_way_on(opened, few, questions):
    questions.reply = "The inference process was killed by signal 9: try again."
    at = opened("inspect", below="why", scores=few)
    assert "killed by signal 9" in at.error[0].value
    questions.reply = None
    at.button(key="again-why-one").click().run()
    assert questions.forgotten == questions.questions[:1]
    assert not at.error
    assert any("Logit +2.00" in m.value for m in at.markdown)


def test_while_the_inference_process_starts_the_page_says_so_and_goes_on(opened, few, questions, monkeypatch):
    questions.reply = "later"
    state = {"state": "starting", "message": "Keras is being started", "since": 0.0, "models": [], "waiting": 2}
    monkeypatch.setattr(warm, "state", lambda: state)
    at = opened("inspect", below="why", scores=few)
    assert "starting: Keras is being started; 2 in line" in at.info[0].value.replace("\\", "")
    assert "Logit" not in str([m.value for m in at.markdown])
    at.button(key="go-Right").click().run()
    assert not at.exception
