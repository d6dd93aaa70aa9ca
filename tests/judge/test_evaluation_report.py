"""The comparison as tables and as a figure: the numbers stay the same, nothing undefined becomes a zero."""

import numpy as np
import pytest

from core.figures.baselines import leakage_by_window
from core.judge.baselines import BOUND, Ranking
from core.judge.evaluation_report import cost_rows, leakage_columns, leakage_rows, threshold_rows
from core.judge.paired import NETWORK, Comparison, compare
from core.judge.report import DASH
from tests.judge.axes import KEV

WINDOWS = ((1.0, 2.0), (2.0, 3.0), (3.0, 6.0))


@pytest.fixture
def compared() -> Comparison:
    """Signal at 1, noise at 0: the network leaks 10 of 100 in the first window and none in the second; none in the third."""
    labels = np.tile(np.repeat([1, 0], 100), 2)
    energy_kev = np.repeat([1.5, 2.5], 200)
    network, bound = labels.astype(float), labels.astype(float)
    network[100:110] = 1.0
    bound[100:102] = 1.0
    methods = {NETWORK: Ranking(network, 0.5), "cut": Ranking(np.ones(400), 0.5), BOUND: Ranking(bound, 0.5)}
    everything = np.ones(400, bool)
    compared = compare(methods, energy_kev, labels, everything, everything, WINDOWS)
    return Comparison(NETWORK, *compared, "validation", KEV)


def test_tables_hold_the_numbers(compared: Comparison) -> None:
    network, cut, bound = leakage_rows(compared)
    assert list(network) == ["method", "1-2 keV, n = 100", "2-3 keV, n = 100", "3-6 keV, n = 0", "all, n = 200"]
    assert network["1-2 keV, n = 100"] == "10 % [4.9, 17.6]"
    assert cut["1-2 keV, n = 100"].startswith("100 % [96.4, 100] p = 1.6e-27")
    assert bound["1-2 keV, n = 100"] == "2 % [0.243, 7.04] p = 0.0078"  # 8 of 8 differ one way: 2 / 256
    assert network["3-6 keV, n = 0"] == DASH
    assert threshold_rows(compared)[0]["background rejected, difference"].startswith("+95.00 % [")
    columns = leakage_columns(compared)
    assert {len(column) for column in columns.values()} == {12}
    assert columns["leakage k"][:3] == [10, 100, 2]
    assert columns["leakage value"][6:9] == [None, None, None]
    assert columns["p against network, with limits"][:3] == [None, *(row.p_with_limits for row in compared.rows[1:3])]


def test_costs_nobody_measured_are_a_dash(compared: Comparison) -> None:
    known = {NETWORK: {"parameters": 60546, "train_seconds": 61.25, "us_per_event": None}}
    network, cut, bound = cost_rows(compared, known)
    assert list(network.values()) == [NETWORK, "60,546", "61.2", "–"]
    assert list(cut.values()) == ["cut", "0", "0.0", "–"]
    assert list(bound.values()) == [BOUND, "–", "–", "–"]


def test_the_figure_draws_no_leak_as_a_limit_and_the_bound_with_its_own_interval(compared: Comparison) -> None:
    figure = leakage_by_window(compared.rows, compared.axis)
    network = [trace for trace in figure.data if trace.name == NETWORK]
    assert list(network[0].y) == [10.0]
    assert network[1].marker.symbol == "triangle-down-open"
    assert network[1].y[0] == pytest.approx(3.62, abs=0.01)  # 0 of 100
    lines = [trace for trace in figure.data if trace.name == BOUND]
    # an upper limit of nothing is no bound: a method that leaks less has not undercut it
    assert [(line.mode, line.y[0]) for line in lines] == [("lines", 2.0), ("markers", pytest.approx(3.62, abs=0.01))]
    assert lines[1].marker.symbol == "triangle-down-open"
    bands = [(shape.y0, shape.y1) for shape in figure.layout.shapes]
    least = 10.0 ** figure.layout.yaxis.range[0]
    assert bands[0] == pytest.approx((0.243, 7.04), rel=0.01)  # Clopper-Pearson of 2 of 100
    assert bands[1] == pytest.approx((least, 3.62), rel=0.01)
    assert list(figure.layout.xaxis.ticktext) == ["1 to 2", "2 to 3", "3 to 6"]
    low, high = figure.layout.yaxis.range
    assert 10**low <= 0.24
    assert 10**high > 100.0
