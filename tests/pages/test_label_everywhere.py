"""The page of labels by hand on every experiment that has them: a picture, classes, facts; a key is a line and the next event."""

import shutil

import pytest

from core.data.dataset import open_dataset
from core.labels import label_session, log
from core.registry import EXPERIMENTS
from core.workflows import demo
from tests.pages.opening import open_app

LABELLED = {key: experiment for key, experiment in EXPERIMENTS.items() if experiment.by_hand is not None}


@pytest.fixture(params=LABELLED)
def sample(request, once, tmp_path, monkeypatch):
    """The experiment whose shipped sample is the one data set of the workspace."""
    experiment = LABELLED[request.param]

    def fill(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DARKROOM_WORKSPACE", str(folder))
            demo.prepare_sample(experiment)

    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    shutil.copytree(once(f"label-{experiment.key}", fill), tmp_path / "workspace")
    return experiment


def press(at, name):
    next(b for b in at.button if b.key and b.key.rpartition("-")[0] == name).click().run()
    assert not at.exception
    assert not at.error


def test_keys_label_one_event_after_the_other_and_undo_takes_back(sample):
    at = open_app("label", data=demo.sample_name(sample), labeller="anna")
    classes = label_session.classes_of(sample.by_hand, open_dataset(demo.sample_name(sample)))
    assert [b.label for b in at.button if b.key and b.key.startswith("say-")] == list(classes)
    assert at.get("plotly_chart")
    facts = dict(at.dataframe[0].value.itertuples(index=False))
    assert set(sample.by_hand.facts(open_dataset(demo.sample_name(sample)), 0)) <= set(facts)
    press(at, "say-1")
    press(at, "say-2")
    entries = log.read(sample.key, "anna")[0]
    assert [entry.label for entry in entries] == list(classes[:2])
    assert entries[0].look.get("picture", "") == sample.by_hand.first_look.picture
    press(at, "undo")
    assert len(log.live(log.read(sample.key, "anna")[0])) == 1


def test_every_picture_of_the_record_can_be_chosen(sample):
    for name in sample.by_hand.pictures:
        at = open_app("label", data=demo.sample_name(sample), labeller="anna", picture=name)
        assert not at.error and at.get("plotly_chart")
