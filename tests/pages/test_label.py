"""The page of labels by hand: a key is a line in the log and the next event; names, undo, agreement, in and out."""

import dataclasses

import pytest

from core.data.dataset import open_dataset
from core.labels import label_session, log
from core.labels.log import LABEL, SKIP, UNDO
from core.registry import EXPERIMENTS

EXPERIMENT = EXPERIMENTS["connie"]
KEY = EXPERIMENT.key


@pytest.fixture
def label(opened, tracks):
    """Open the page on the tracks as a labeller."""

    def open_label(**query):
        return opened("label", **{"data": "tracks", "labeller": "anna", **query})

    return open_label


def shown(at) -> str:
    """The event on the page."""
    return dict(at.dataframe[0].value.itertuples(index=False))["event"]


def button(at, name):
    """A button of the event that is shown: its key ends with the number of the row."""
    return next(b for b in at.button if b.key and b.key.rpartition("-")[0] == name)


def press(at, name):
    button(at, name).click().run()


def lines(labeller="anna"):
    return log.read(KEY, labeller)[0]


def test_every_class_has_its_number_and_the_others_their_letters(label):
    at = label()
    keys = {b.key.rpartition("-")[0]: b.proto.shortcut.lower() for b in at.button if b.proto.shortcut}
    classes = EXPERIMENT.by_hand.classes(open_dataset("tracks"))
    assert {k: v for k, v in keys.items() if k.startswith("say-")} == {f"say-{i}": str(i) for i in range(1, 8)}
    assert [button(at, f"say-{i}").label for i in range(1, 8)] == list(classes)
    others = {"undo": "u", "skip": "s", "difficult": "d", "step-Left": "left", "step-Right": "right"}
    assert {k: v for k, v in keys.items() if not k.startswith("say-")} == others


def test_ten_keys_are_ten_lines_about_the_ten_events_that_were_shown(label):
    at = label()
    seen = []
    for i in range(10):
        seen.append(shown(at))
        press(at, f"say-{i % 7 + 1}")
        assert not at.exception
    classes = EXPERIMENT.by_hand.classes(open_dataset("tracks"))
    entries = lines()
    assert [EXPERIMENT.table.uid.text(e.uid) for e in entries] == seen
    assert len(set(seen)) == 10
    assert [e.label for e in entries] == [classes[i % 7] for i in range(10)]
    assert all(e.kind == LABEL and e.is_blind and e.spent_ms > 0 for e in entries)
    assert entries[0].look == {"scale": "log", "fixed": False, "context": 3.0}
    assert {e.queue for e in entries} == {"unranked", "random"}


def test_undo_skip_difficult_and_the_arrows(label):
    at = label(colours="linear")
    first = shown(at)
    press(at, "difficult")
    press(at, "say-2")
    second = shown(at)
    press(at, "skip")
    assert [e.kind for e in lines()] == [LABEL, SKIP]
    assert lines()[0].is_difficult
    assert lines()[0].look["scale"] == "linear"
    press(at, "undo")
    assert shown(at) == second
    press(at, "undo")
    assert shown(at) == first
    assert [e.kind for e in lines()] == [LABEL, SKIP, UNDO, UNDO]
    assert log.live(lines()) == []
    press(at, "step-Right")
    assert shown(at) == second
    press(at, "step-Left")
    press(at, "say-3")
    press(at, "step-Left")
    known = dict(at.dataframe[0].value.itertuples(index=False))
    assert known["you said"] == "spot"


def test_undo_reaches_what_was_said_before_a_reload(label):
    at = label()
    event = shown(at)
    press(at, "say-1")
    again = label()
    assert shown(again) != event
    press(again, "undo")
    assert shown(again) == event
    assert log.live(lines()) == []
    press(again, "undo")
    assert dict(again.dataframe[0].value.itertuples(index=False))["undo"] == "Nothing to take back."


def test_blind_hides_the_run_and_the_others_and_seeing_shows_them(label, tracks):
    data = open_dataset("tracks")
    log.append(
        KEY,
        [label_session.line(EXPERIMENT.by_hand, data, row, LABEL, "worm", "bert") for row in range(data.n_rows)],
    )
    facts = dict(label(scores=tracks).dataframe[0].value.itertuples(index=False))
    assert not {"bert says", "the run says", "queue"} & set(facts)
    at = label(scores=tracks, blind="false")
    facts = dict(at.dataframe[0].value.itertuples(index=False))
    assert facts["bert says"] == "worm"
    assert "the run says" in facts
    press(at, "say-1")
    assert not lines()[0].is_blind
    assert lines()[0].queue == "uncertain"


@pytest.mark.parametrize("name", ["../../x", "a/b", "<b>", ".hidden"])
def test_a_hostile_name_is_refused_and_writes_nothing(label, name):
    at = label(labeller=name)
    assert "is not allowed" in at.error[0].value
    assert not [b for b in at.button if b.key and b.key.startswith("say-")]
    assert log.labellers(KEY) == []


def test_without_a_name_nothing_can_be_labelled(opened, tracks):
    del tracks
    at = opened("label", data="tracks")
    assert "Type your name" in at.info[0].value


def test_an_experiment_without_labels_by_hand_says_so_in_a_sentence(opened, monkeypatch):
    waveforms = next(iter(EXPERIMENTS.values()))
    monkeypatch.setitem(EXPERIMENTS, waveforms.key, dataclasses.replace(waveforms, by_hand=None))
    at = opened("label")
    assert "no labels by hand" in at.info[0].value


def test_agreement_shows_kappa_confusion_and_disputes(label):
    data = open_dataset("tracks")
    classes = label_session.classes_of(label_session.labelling_of(EXPERIMENT), data)
    for row in range(12):
        for name, class_name in (("bert", "worm"), ("cleo", "spot" if row in (3, 4) else "worm")):
            label_session.write(
                data, label_session.line(EXPERIMENT.by_hand, data, row, LABEL, class_name, name), classes
            )
    at = label(task="agreement")
    assert at.metric[0].value.endswith("n = 12")
    assert [m.value for m in at.metric[1:]] == ["12", "2"]
    assert len(at.dataframe[1].value) == 2
    assert "kappa" in at.metric[0].label


def test_labels_are_frozen_from_the_page_and_the_files_are_offered(label):
    at = label()
    press(at, "say-1")
    at = label(task="in and out")
    assert "not there yet" in " ".join(c.value for c in at.caption)
    at.button(key="freeze").click().run()
    assert not at.exception
    assert not at.error
