"""Kinds of showers by hand: without classes that a network tells apart there is a page to label, and no page on class scores."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset, open_dataset
from core.labels import label_session
from core.labels.log import LABEL
from core.registry import EXPERIMENTS
from core.workflows import derive
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.zdc.kinds_by_hand import CLASSES
from pages.widgets import contents
from tests.pages.opening import open_app

EXPERIMENT = EXPERIMENTS["zdc"]


@pytest.fixture
def few(workspace: Path, tmp_path: Path) -> Dataset:
    """100 simulated showers."""
    del workspace
    prepare(
        EXPERIMENT,
        EXPERIMENT.simulation.simulate(tmp_path / "raw", n_events=100, seed=5),
        "few",
        default_mapping(EXPERIMENT),
    )
    return open_dataset("few")


@pytest.fixture
def say(few: Dataset) -> Callable[[int, str], None]:
    """Label a shower as the page does."""

    def write(row: int, label: str) -> None:
        entry = label_session.line(EXPERIMENT.by_hand, few, row, LABEL, label, "anna")
        label_session.write(few, entry, CLASSES)

    return write


def test_labels_by_hand_become_a_column(few, say):
    for row in range(9):
        say(row, CLASSES[row % 3])
    derive.derive(EXPERIMENT, few, "hand_label")
    labels = open_dataset("few").column("hand_label")
    assert labels[:9].tolist() == [0, 1, 2] * 3
    assert np.isnan(labels[9:]).all()
    assert open_dataset("few").derived["hand_label"]["classes"] == list(CLASSES)


def test_the_page_shows_a_shower_and_takes_a_key(few):
    at = open_app("label", data="few", labeller="anna")
    assert not at.exception
    assert not at.error
    buttons = {b.label: b for b in at.button if b.key and b.key.startswith("say-")}
    assert tuple(buttons) == CLASSES
    buttons["type 2"].click().run()
    hand_labels = label_session.open_hand_labels(EXPERIMENT.by_hand, few)
    assert [entry.label for entry in hand_labels.here] == ["type 2"]
    facts = dict(at.dataframe[0].value.itertuples(index=False))
    assert "energy [GeV]" in facts
    assert not any("true" in name or "impact" in name for name in facts)  # nothing of truth


def test_pages_on_class_scores_are_hidden_and_labelling_is_not():
    assert EXPERIMENT.labels is None
    for needed in ("by_hand", "networks", "analyses"):
        assert contents.has(EXPERIMENT, needed)
    for needed in ("labels", "grid", "analyses.rates", "analyses.trigger"):
        assert not contents.has(EXPERIMENT, needed)


@pytest.mark.parametrize("page", ["lowenergy", "calibration", "cutstudy"])
def test_a_page_on_class_scores_says_why_it_is_empty(page, few):
    at = open_app(page, data=few.name)
    assert not at.exception
