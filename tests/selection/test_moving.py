"""Moving one cut: the counts that a browser moves it by are those of selecting anew, for every panel of every experiment."""

import dataclasses
import math

import numpy as np
import pytest

from core import parameters
from core.registry import EXPERIMENTS
from core.selection import moving, panels
from core.selection.schemes import usable_schemes
from core.selection.selection import Selection, select
from core.statistics import moving as counting
from core.statistics.moving import Side, histogram_of
from tests.few_events import few_events
from tests.toy.experiment import EXPERIMENT as TOY


@pytest.fixture(scope="module", params=[*EXPERIMENTS.values(), TOY], ids=lambda e: e.key)
def prepared(request, once):
    """(experiment, data set) of a few simulated events."""
    with few_events(request.param, once) as dataset:
        yield request.param, dataset


def selections(experiment, dataset):
    """Every preset under every scheme that means something."""
    for preset in experiment.selecting.presets.values():
        for scheme in usable_schemes(experiment.selecting, experiment.labels, dataset) or [""]:
            yield Selection(preset.selection.cuts, scheme, preset.selection.split)


def n_between(counts, positions, values):
    """What the browser counts: the same few lines as in `counts.js`."""
    low, high = (None if end is None else values[end] for end in (counts.side.low, counts.side.high))
    if low is None and high is None:
        return counts.n
    at = positions.tolist()
    below_low = counts.n_open[0]
    if low is not None:
        below_low = int((counts.below if counts.upto is None else counts.upto)[at.index(low)])
    below_high = counts.n_open[1] if high is None else int(counts.below[at.index(high)])
    return max(0, below_high - below_low)


def places(known, ends, rng):
    """Values of the ends at some positions, each also open where it may be."""
    low, high = sorted(rng.choice(len(known.positions), 2, replace=False).tolist())
    inside = [float(known.positions[low]), float(known.positions[high])][-len(ends) :]
    yield tuple(inside)
    for i, end in enumerate(ends):
        if end.is_optional:
            yield tuple(None if i == j else value for j, value in enumerate(inside))
    if all(end.is_optional for end in ends):
        yield (None,) * len(ends)


def test_counts_at_every_place_are_those_of_selecting_anew(prepared):
    experiment, dataset = prepared
    selecting, labels, rng = experiment.selecting, experiment.labels, np.random.default_rng(3)
    columns, n_places = {c.name: c for c in experiment.table.columns}, 0
    for selection in selections(experiment, dataset):
        selected = select(selecting, labels, dataset, selection)
        for panel in selecting.panels:
            ends = panels.ends_of(panel, selection.cuts)
            known = moving.moving(selected, panel, columns[panel.column])
            for values in places(known, ends, rng) if ends else []:
                moved = dataclasses.replace(selection, cuts=panels.with_ends(panel, selection.cuts, values))
                truth = select(selecting, labels, dataset, moved)
                n = {name: n_between(of, known.positions, values) for name, of in known.counts.items()}
                assert n_between(known.all, known.positions, values) == len(truth.preselected), (panel, values)
                for i, name in enumerate(truth.classes):
                    assert n.get(name, 0) == truth.n_of(i), (panel, name, values)
                n_places += 1
    assert n_places


def test_what_is_known_does_not_depend_on_where_the_ends_are(prepared):
    experiment, dataset = prepared
    selecting, labels = experiment.selecting, experiment.labels
    selection = next(selections(experiment, dataset))
    for panel in selecting.panels:
        elsewhere = panels.cleared(panel, selection.cuts)
        here, there = (
            moving.others(select(selecting, labels, dataset, Selection(cuts, selection.labels)), panel)
            for cuts in (selection.cuts, elsewhere)
        )
        np.testing.assert_array_equal(here.common, there.common)
        assert here.sides == there.sides
        for name, rows in here.of_class.items():
            np.testing.assert_array_equal(rows, there.of_class[name])


def test_lines_and_fields_agree_after_a_change(prepared):
    """The contract of every registered panel: what is put into its ends is drawn, cut with, and valid."""
    experiment, _ = prepared
    for preset in experiment.selecting.presets.values():
        for panel in experiment.selecting.panels:
            cuts = preset.selection.cuts
            ends = panels.ends_of(panel, cuts)
            known_fields = {spec.name for spec in parameters.specs(type(cuts))}
            assert set(panel.fields) <= known_fields, panel
            assert len(ends) <= 2
            column = next(c for c in experiment.table.columns if c.name == panel.column)
            wanted = tuple(np.round(np.linspace(column.low, column.high, 2 + len(ends))[1:-1], 0).tolist())
            changed = panels.with_ends(panel, cuts, wanted)
            assert panels.lines(panel, changed) == wanted if ends else changed == cuts
            again = panels.with_ends(panel, changed, tuple(end.value for end in ends))
            assert panels.lines(panel, again) == panels.lines(panel, cuts)
            bare = panels.cleared(panel, cuts)
            assert panels.cleared(panel, changed) == bare
            assert not any(end.value for end in panels.ends_of(panel, bare) if end.is_optional)


def test_values_on_an_edge_are_counted_as_cuts_count_them():
    values = np.sort(np.array([0.1, 0.12, 0.12, 0.3, np.nan, np.inf, -np.inf], np.float32))
    positions = np.array([0.1, 0.12, 0.3])
    counted = counting.count(
        values, histogram_of(values, np.array([0.1, 0.2, 0.3])), positions, Side(0, None, exclusive_low=True)
    )
    assert counted.below.tolist() == [1, 2, 4]
    assert counted.upto is not None
    assert counted.upto.tolist() == [2, 4, 5]
    assert counted.n_open == (0, 5)
    histogram = counted.histogram
    assert (histogram.n_under, histogram.counts.tolist(), histogram.n_over, histogram.n_missing) == (1, [3, 0], 2, 1)
    assert histogram.n == counted.n == 7
    assert counting.count(values, counted.histogram, positions, is_limit=True).n_open == (1, 5)


def test_whole_numbers_and_nothing_at_all_are_counted():
    values = np.array([1, 2, 2, 3])
    whole = counting.count(values, histogram_of(values, np.array([0.5, 1.5, 2.5])), np.array([2.0]))
    assert (whole.below.tolist(), whole.histogram.counts.tolist(), whole.histogram.n_over) == ([1], [1, 2], 1)
    nothing = np.zeros(0, np.float32)
    empty = counting.count(nothing, histogram_of(nothing, np.array([0.0, 1.0])), np.array([0.5]))
    assert (empty.n, empty.below.tolist(), empty.n_open, empty.histogram.counts.tolist()) == (0, [0], (0, 0), [0])


def test_positions_are_round_and_few():
    np.testing.assert_array_equal(counting.positions_between(0.0, 0.3, 0.002)[[0, 61, -1]], [0.0, 0.122, 0.3])
    assert counting.positions_between(-0.05, 0.31, 0.1, (0.123, 7.0)).tolist() == [0.0, 0.1, 0.123, 0.2, 0.3, 7.0]
    spec = next(s for s in parameters.specs(TOY.selecting.cuts) if s.name == "energy_low_mev")
    assert moving.step_of(spec, 0.0, 60.0) == 0.2
    assert moving.step_of(None, 0.0, 1.0) == 0.002
    for high in (3e-7, 1.0, 12.3, 8e6):
        step = moving.step_of(None, 0.0, high)
        assert 200 <= len(counting.positions_between(0.0, high, step)) <= counting.MOST_POSITIONS + 1
        assert math.isclose(float(f"{step:.0e}"), step)


def test_what_parts_classes_is_told_from_what_all_of_them_pass(prepared):
    """Where a panel's end stands in the cuts of classes, it keeps something else of each; else the same of all."""
    experiment, dataset = prepared
    for selection in selections(experiment, dataset):
        selected = select(experiment.selecting, experiment.labels, dataset, selection)
        for panel in experiment.selecting.panels:
            rows = moving.others(selected, panel)
            of_all, of_classes = rows.sides[""], [side for name, side in rows.sides.items() if name]
            if set(of_classes) - {of_all}:
                assert of_all == Side()
                assert len(set(of_classes)) == len(of_classes) == 2
