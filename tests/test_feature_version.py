"""A change of the features must raise their version: data sets, studies and scores are told apart by it."""

import copy
import json

import pytest

from core.registry import EXPERIMENTS
from tests import feature_reference


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda e: e.key)
def test_features_are_those_of_their_version(experiment):
    answer = json.loads(feature_reference.FILE.read_text())[experiment.key]
    now = feature_reference.summary(experiment)
    changed = feature_reference.differences(answer, now)
    if answer["version"] != experiment.reading.version:
        pytest.fail("Write the numbers of this version: python -m tests.feature_reference", pytrace=False)
    assert not changed, (
        f"{', '.join(changed)} of {experiment.key} are other numbers than version {experiment.reading.version} gave: raise VERSION in "
        "its features.py, then python -m tests.feature_reference"
    )


def test_a_small_change_is_noticed():
    answer = json.loads(feature_reference.FILE.read_text())["cosine"]
    now = copy.deepcopy(answer)
    assert feature_reference.differences(answer, now) == []
    now["columns"]["nmt500_us"]["mean"] *= 1.0001
    del now["columns"]["x1"]
    now["columns"]["es"]["n"] -= 1
    assert feature_reference.differences(answer, now) == ["es", "nmt500_us", "x1"]
