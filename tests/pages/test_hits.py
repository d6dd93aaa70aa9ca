"""An experiment whose rows are lists of hits of a sphere, with energies over three decades, on the pages of all experiments."""

import dataclasses
import re

import numpy as np
import pytest

from core.__main__ import main
from core.data.dataset import open_dataset
from core.learn import pretrained
from core.registry import EXPERIMENTS
from core.selection.histograms import usual_range
from core.selection.selection import Selection, preset, select
from tests.pages.opening import PAGES, open_app

EXPERIMENT = EXPERIMENTS["juno"]
OF_OTHERS = re.compile(r"\bkeV\b|crystal|waveform|\bCCD\b|\bADC\b", re.IGNORECASE)


def texts(at):
    """Everything on a page that is said in words."""
    parts = (at.markdown, at.caption, at.info, at.warning, at.error, at.code, at.metric)
    labels = [w.label for w in (*at.selectbox, *at.number_input, *at.slider, *at.toggle, *at.metric, *at.button)]
    return [str(part.value) for group in parts for part in group] + labels


@pytest.mark.parametrize("page", [page for page in PAGES if page != "trigger"])  # it has none, and is not offered
def test_every_page_speaks_the_experiments_own_words(hits, page):
    at = open_app(page, data="hits", run=hits, scores=hits, experiment="juno")
    foreign = [text for text in texts(at) if OF_OTHERS.search(text)]
    assert not foreign


@pytest.mark.parametrize("look", EXPERIMENT.looking.views)
def test_an_event_is_looked_at_in_every_view_and_the_next_one_after_it(hits, look):
    at = open_app("inspect", data="hits", look=look)
    first = at.query_params["uid"]
    assert EXPERIMENT.looking.views[look].explanation in [c.value for c in at.caption]
    at.button(key="go-Right").click().run()
    assert not at.exception
    assert at.query_params["uid"] != first


def test_it_is_said_what_a_base_starts_from_before_it_is_trained(hits):
    at = open_app("train", data="hits", **{"train-model": "transfer"})
    assert any("control, not a method" in c.value for c in at.caption)
    assert any("head (8 epochs, rate 0.001), then fine-tuning (4 epochs" in c.value for c in at.caption)
    (weights,) = [w for w in at.text_input if w.label == "weights"]
    weights.set_value(hits).run()
    assert any("starts from the weights of the run" in c.value for c in at.caption)
    assert not any(pretrained.NO_WEIGHTS[:11] in c.value for c in at.caption)


def test_a_column_made_after_preparing_says_how_many_rows_have_a_value(hits, capsys):
    at = open_app("data", data="hits", experiment="juno")
    assert any("is not there yet" in c.value for c in at.caption)
    assert main(["derive", "hits", "log_ratio_true"]) == 0
    assert "'log_ratio_true' of 80 of 80 rows\n" in capsys.readouterr().out
    at = open_app("data", data="hits", experiment="juno")
    assert at.button(key="derive-log_ratio_true").label == "make log_ratio_true again"
    assert any("80 of 80 rows have a value" in c.value for c in at.caption)


def test_bins_over_decades_are_those_of_the_command(hits, capsys):
    at = open_app("lowenergy", data="hits", run=hits)
    assert "bin width [decades]" in [w.label for w in at.button_group]
    words = at.code[0].value.split()
    assert main([*words[words.index("core") + 1 :], "--json"]) == 0
    assert '"bin_decades": 0.18' in capsys.readouterr().out


def test_a_cell_opens_the_events_of_the_class_that_it_counts(hits):
    at = open_app("evaluate", run=hits, show="energy x score", split="all")
    next(b for b in at.button if b.label == "open signal events").click().run()
    assert not at.exception
    assert not at.warning
    assert at.query_params["class"] == "positron"


def test_a_histogram_goes_where_the_rows_inside_the_cuts_lie(hits):
    base = preset(EXPERIMENT.selecting, "e+/e-")
    cuts = dataclasses.replace(base.cuts, energy_high_mev=2.0)
    selected = select(
        EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset("hits"), Selection(cuts, base.labels, base.split)
    )
    (column,) = [c for c in EXPERIMENT.table.columns if c.name == "energy_mev"]
    assert usual_range(selected, column) == (column.low, column.high)
    low, high = usual_range(selected, dataclasses.replace(column, low=50.0, high=60.0))
    inside = selected.dataset.column("energy_mev")[selected.preselected]
    assert low == pytest.approx(inside.min())
    assert np.quantile(inside, 0.99) < high <= 2.0
