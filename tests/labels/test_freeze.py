"""A training can use labels made here: the frozen column, its facts, soft labels under a class map, the command."""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.labels import freeze, label_session
from core.registry import EXPERIMENTS
from core.selection.selection import Selection, preset, select
from core.workflows import derive
from tests.toy.experiment import EXPERIMENT as TOY

EXPERIMENT = EXPERIMENTS["connie"]
COLUMN = "hand_label"


@pytest.fixture
def frozen(data, say):
    """Rows 0-3: muon twice, worm and muon unsure, a tie, one difficult; row 4 decided by nobody."""
    for row, first, second in ((0, "muon sure", "muon sure"), (1, "worm", "worm"), (2, "spot", "worm")):
        say(row, first)
        say(row, second, "bert")
    say(1, "muon unsure", "cleo")
    say(3, "spot", is_difficult=True)
    return derive.derive(EXPERIMENT, data, COLUMN)


def test_majorities_are_frozen_with_what_they_were_made_from(data, frozen):
    values = frozen.column(COLUMN)
    assert values[:2].tolist() == [0.0, 1.0]
    assert np.isnan(values[2:]).all()
    derived = frozen.derived[COLUMN]
    assert (derived["n_events"], derived["n_defined"], derived["n_undecided"]) == (4, 2, 2)
    assert derived["n"]["muon sure"] == derived["n"]["worm"] == 1
    assert derived["labellers"] == ["anna", "bert", "cleo"]
    assert derived["kappa"]["n"] == 3
    assert derived["selection"] is None
    assert frozen.id != data.id
    assert frozen.rows_id == data.rows_id


def test_later_labels_change_nothing_until_it_is_made_again(frozen, say):
    say(9, "worm")
    assert np.isnan(open_dataset("tracks").column(COLUMN)[9])
    again = derive.derive(EXPERIMENT, frozen, COLUMN)
    assert again.column(COLUMN)[9] == 1.0
    assert again.derived[COLUMN]["labels_sha256"] != frozen.derived[COLUMN]["labels_sha256"]
    assert np.isnan(frozen.column(COLUMN)[9])


def test_shares_are_frozen_beside_and_merged_by_the_class_map(frozen):
    shares = freeze.frozen_shares(frozen, COLUMN)
    np.testing.assert_allclose(shares[2][[1, 2]], [0.5, 0.5])
    assert np.isnan(shares[4:]).all()
    three = preset(EXPERIMENT.selecting, "three")
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, frozen, Selection(three.cuts, "hand", three.split))
    assert selected.classes == ("muon sure", "worm", "spot")
    assert np.isfinite(selected.soft[selected.labels >= 0]).all()  # what is trained on has shares
    soft = EXPERIMENT.labels.fractions(frozen, selected.selection)
    # 'muon unsure' is excluded from the three classes: its third of the votes does not count
    np.testing.assert_allclose(soft[1], [0, 1, 0])
    np.testing.assert_allclose(soft[2], [0, 0.5, 0.5])
    four = preset(EXPERIMENT.selecting, "four")
    soft = EXPERIMENT.labels.fractions(frozen, Selection(four.cuts, "hand", four.split))
    np.testing.assert_allclose(soft[1], [0, 2 / 3, 0, 1 / 3], atol=1e-6)
    np.testing.assert_allclose(soft[np.isfinite(soft[:, 0])].sum(axis=1), 1.0, atol=1e-6)
    assert EXPERIMENT.labels.fractions(frozen, three) is None


def test_a_row_whose_votes_are_all_excluded_has_no_soft_label(data, say):
    say(6, "bad pixel")
    derived = derive.derive(EXPERIMENT, data, COLUMN)
    three = preset(EXPERIMENT.selecting, "three")
    assert np.isnan(EXPERIMENT.labels.fractions(derived, Selection(three.cuts, "hand", three.split))[6]).all()


def test_hand_labels_before_they_are_made_are_refused_with_the_way_to_make_them(data):
    three = preset(EXPERIMENT.selecting, "three")
    with pytest.raises(DarkroomError, match="derive tracks hand_label"):
        select(EXPERIMENT.selecting, EXPERIMENT.labels, data, Selection(three.cuts, "hand", three.split))


def test_a_label_that_is_no_class_is_refused_and_not_written(data, say):
    with pytest.raises(DarkroomError, match="'proton' is no class of data set 'tracks'"):
        say(1, "proton")
    assert label_session.open_hand_labels(label_session.labelling_of(EXPERIMENT), data).entries == ()


def test_an_experiment_without_labels_by_hand_says_so():
    with pytest.raises(DarkroomError, match="no labels by hand"):
        label_session.labelling_of(TOY)


def call(capsys, *words: str) -> dict:
    assert main(["labels", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_command_does_what_the_page_does(data, capsys, tmp_path):
    first = call(capsys, "next", "tracks", "--labeller", "anna", "--events", "3")["events"]
    assert len(first) == 3
    uid = first[0]["event"]
    call(capsys, "set", "tracks", uid, "worm", "--labeller", "anna", "--difficult")
    call(capsys, "set", "tracks", uid, "spot", "--labeller", "bert")
    call(capsys, "skip", "tracks", first[1]["event"], "--labeller", "anna")
    assert uid not in [e["event"] for e in call(capsys, "next", "tracks", "--labeller", "anna")["events"]]
    shown = call(capsys, "show", "tracks")
    assert shown["agreement"]["n_open"] == 1
    assert shown["progress"][0] == {"labeller": "anna", "events": 1, "labels": 1, "difficult": 1, "skipped": 1, "adjudicated": 0, "median_s": None}  # fmt: skip
    call(capsys, "decide", "tracks", uid, "worm", "--labeller", "bert")
    assert call(capsys, "undo", "tracks", "--labeller", "bert")["label"] == "worm"
    assert call(capsys, "freeze", "tracks")["n_events"] == 1
    assert call(capsys, "export", "tracks", str(tmp_path / "l.csv"))["n_lines"] == 5
    assert call(capsys, "import", "tracks", str(tmp_path / "l.csv"))["n_known"] == 5
    assert call(capsys, "images", "tracks", str(tmp_path / "png"))["n_images"] == 1
    assert data.n_rows > 20


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("set", "tracks", "1.2.3.4"), "expected UID CLASS"),
        (("undo", "tracks"), "Add --labeller NAME"),
        (("undo", "tracks", "--labeller", "../x"), "labeller name"),
        (("export", "tracks", "l.txt"), "cannot be written as '.txt'"),
        (("show", "nothing"), "no data set 'nothing'"),
    ],
)
def test_the_command_refuses_in_a_sentence(data, capsys, words, sentence):
    del data
    assert main(["labels", *words]) == 2
    assert sentence in capsys.readouterr().err
