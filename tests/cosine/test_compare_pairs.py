"""Our matrix beside the nine printed pairs: the same counts agree, a known difference has the size it must have."""

import math

import pytest

from core.cosine.grid import Axes, regions
from core.cosine.published import results
from core.cosine.published.pair_comparison import difference_in_sigma, published_pairs
from core.statistics.intervals import Interval
from tests.judge.matrices import cell, matrix

GRID = regions(Axes())
NAMES = {"signal_efficiency": "signal", "background_efficiency": "background", "harmonic_efficiency": "harmonic"}


def printed_counts(trained: results.Cell, tested: results.Cell):
    """Counts that are printed as the slides' pair, or what those of another pair would be."""
    n_background, n_signal = results.n_tested(tested)
    pair = next((p for p in results.CNN_COMPATIBILITY if (p.trained, p.tested) == (trained, tested)), None)
    signal, background = (pair.signal, pair.background) if pair else (100.0, 100.0)
    return round(signal * n_signal / 100), n_signal, round(background * n_background / 100), n_background


def as_printed():
    cells = [results.Cell(r.facts["crystal"], *r.facts["window_kev"]) for r in GRID]
    return matrix([[cell(printed_counts(a, b)) for b in cells] for a in cells], GRID)


def test_there_are_nine_pairs_in_three_quantities():
    rows = published_pairs(as_printed())
    assert len(rows) == 27
    assert {row["metric"] for row in rows} == set(NAMES)
    assert len({(row["trained"], row["tested"]) for row in rows}) == 9


def test_the_printed_counts_differ_by_nothing():
    """What is left is the rounding of the print: 0.005 percent of intervals some tenths of a percent wide."""
    for row in published_pairs(as_printed()):
        assert row["ours"] == pytest.approx(row["published"], abs=1.1e-4)
        assert abs(row["difference_sigma"]) < 0.1
        assert row["published_low"] <= row["published"] <= row["published_high"]
        if row["published"] == 1.0:
            assert row["difference_sigma"] == 0.0


def test_rows_say_where_in_the_matrix_they_stand():
    given = as_printed()
    for row in published_pairs(given):
        trained, tested = row["at"]
        assert str(row["trained"]) == given.regions[trained].name
        assert str(row["tested"]) == given.regions[tested].name
        places = {
            "signal": given.cells[trained][tested].point.signal,
            "harmonic": given.cells[trained][tested].point.harmonic,
        }
        name = NAMES[row["metric"]]
        if name in places:
            assert row["ours"] == places[name].value


def test_printed_intervals_are_those_of_their_counts():
    """C3 6-10 on C3 3-6 keV: 187 of 187, whose Clopper-Pearson lower limit has a closed form."""
    row = published_pairs(as_printed())[0]
    assert (row["trained"], row["tested"], row["metric"]) == ("C3 6-10 keV", "C3 3-6 keV", "signal_efficiency")
    assert row["published_low"] == pytest.approx(0.025 ** (1 / 187))
    assert (row["published_high"], row["published_n"]) == (1.0, 187)


def test_ours_is_empty_where_the_study_has_no_such_cell():
    other = matrix([[cell((10, 10, 10, 10))]], regions(Axes(crystals=(2,), windows_kev=("1-3",))))
    for row in published_pairs(other):
        assert row["at"] is None
        assert row["ours"] is row["difference_sigma"] is None
        assert row["published"] is not None


def test_ours_is_undefined_where_a_class_is_absent():
    n = len(GRID)
    rows = published_pairs(matrix([[cell((10, 10, 0, 0))] * n] * n, GRID))
    background = [row for row in rows if row["metric"] == "background_efficiency"]
    assert {row["ours"] for row in background} == {row["difference_sigma"] for row in background} == {None}


def test_a_difference_in_units_of_the_parts_that_reach_toward_each_other():
    """0.90 +0.02 and 0.97 -0.04: (0.97 - 0.90) / (sqrt(0.02^2 + 0.04^2) / 1.959964)."""
    low, high = Interval(0.90, 0.80, 0.92, 100, method=""), Interval(0.97, 0.93, 0.99, 100, method="")
    wanted = 0.07 / (math.hypot(0.02, 0.04) / 1.9599639845)
    assert difference_in_sigma(high, low) == pytest.approx(wanted)
    assert difference_in_sigma(low, high) == pytest.approx(-wanted)
    assert difference_in_sigma(low, low) == 0.0


def test_the_level_of_an_interval_counts():
    """The same widths at 68.27 % are one sigma each."""
    a, b = (
        Interval(0.5, 0.4, 0.6, 10, level=0.6826894921, method=""),
        Interval(0.8, 0.7, 0.9, 10, level=0.6826894921, method=""),
    )
    assert difference_in_sigma(b, a) == pytest.approx(0.3 / math.hypot(0.1, 0.1))


def test_no_width_and_undefined_give_no_number():
    assert math.isnan(difference_in_sigma(Interval(0.5, 0.5, 0.5, 1, method=""), Interval(0.6, 0.6, 0.6, 1, method="")))
    nothing = Interval(math.nan, math.nan, math.nan, 0, method="")
    assert math.isnan(difference_in_sigma(nothing, Interval(0.6, 0.5, 0.7, 1, method="")))
