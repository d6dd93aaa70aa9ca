"""The page on new images: its numbers are the core's, all tabs draw, what is missing is said."""

import shlex

import pytest

from core import runs
from core.__main__ import main
from core.analysis.analysis import silent
from core.analysis.rates import RateResult
from core.commands.find import find_dataset
from core.workflows import analyse
from core.workflows.analyse import Names

TABS = ("image", "counts", "rate in time", "energy", "direction")


@pytest.fixture
def result(tracks) -> RateResult:
    """What the core says of the data set, without a calibration, since no other data set is scored."""
    run = runs.open_run(tracks)
    experiment, data = find_dataset("tracks")
    analysis = experiment.analyses["rates"]
    inputs = analyse.open_inputs(experiment, analysis, Names(data.name, run.id, calibration=analyse.NONE))
    return analysis.run(inputs, analysis.parameters(), silent).result


def test_key_numbers_are_those_of_the_core(opened, tracks, result):
    at = opened("apply", run=tracks, on="tracks")
    assert [(m.label, m.value, m.delta) for m in at.metric] == [
        (n.label, n.value, n.detail) for n in result.key_numbers
    ]
    assert f"core apply {tracks} tracks" in at.code[0].value
    text = " ".join(c.value for c in at.caption)
    assert "share a cluster are missing" in text and "trained or validated on" in text


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_draws(opened, tracks, tab):
    at = opened("apply", run=tracks, on="tracks", show=tab)
    assert len(at.get("plotly_chart")) == (2 if tab in ("energy", "direction") else 1)


def test_the_command_below_gives_the_same_numbers(opened, tracks, result, capsys):
    at = opened("apply", run=tracks, on="tracks", show="counts")
    words = shlex.split(at.code[0].value)
    assert words[:3] == ["python", "-m", "core"]
    main([*words[3:]])
    printed = capsys.readouterr().out
    assert all(f"{n.label}: {n.value} {n.detail}" in printed for n in result.key_numbers)


def test_a_setting_changes_numbers_and_command(opened, tracks):
    at = opened("apply", run=tracks, on="tracks", show="counts")
    before = at.metric[0].value
    at.number_input(key="apply-connie/tracks-threshold").set_value(0.9).run()
    assert not at.exception and at.metric[0].value != before
    assert "--set threshold=0.9" in at.code[0].value


def test_bands_that_cannot_be_read_are_refused_in_a_sentence(opened, tracks):
    at = opened("apply", run=tracks, on="tracks")
    at.text_input(key="apply-connie/tracks-bands").set_value("on sometimes").run()
    assert not at.exception and "is not a stretch of time" in at.error[0].value


def test_a_window_of_the_address_is_drawn(opened, tracks):
    at = opened("apply", run=tracks, on="tracks", part="20-120x30-100")
    assert "every pixel is shown" in " ".join(c.value for c in at.caption)
    at = opened("apply", run=tracks, on="tracks", part="somewhere")
    assert "The window is 'somewhere'" in at.error[0].value


def test_a_run_without_images_is_told_and_another_one_shown(opened, few, tracks):
    at = opened("apply", run=few)
    assert "has no images to be applied to" in " ".join(c.value for c in at.caption)
    assert at.metric[0].label == "muons"
