"""Shared figures: the values drawn are the values given, axes have units, what is left out is told."""

import json

import numpy as np
import pytest

from core import figures
from core.figures.bins import joined
from core.judge.evaluation import judge
from core.judge.report import DASH
from core.statistics.efficiency import by_bins, table_from_counts
from core.statistics.histogram import histogram
from core.statistics.intervals import efficiencies, efficiency
from tests.judge.axes import ROWS


def _titles(figure, row=""):
    return figure.layout[f"xaxis{row}"].title.text, figure.layout[f"yaxis{row}"].title.text


def _histograms():
    rng = np.random.default_rng(1)
    edges = np.linspace(0, 0.3, 31)
    signal = np.append(rng.normal(0.17, 0.03, 500), [np.nan, 0.9, -1.0])
    return {"signal": histogram(signal, edges), "background": histogram(rng.normal(0.05, 0.01, 300), edges)}


def _judged(seed=1):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 2000)
    return judge(rng.beta(1 + 4 * labels, 5 - 4 * labels), labels, 0.5)


def _tables():
    counts = {"signal": np.zeros((20, 20), int), "background": np.zeros((20, 20), int)}
    counts["signal"][0, 10:13] = [5, 0, 30]
    counts["signal"][3, 0] = 4
    counts["background"][0, 2] = 25
    return table_from_counts(counts, 0.5, ROWS)


def test_steps_and_errors_are_the_histogram():
    given = _histograms()
    figure = figures.step_histogram(given, "nmt500", "µs", threshold=0.12, window=(0.12, 0.3))
    assert _titles(figure) == ("nmt500 [µs]", "events / 0.01 µs")
    assert len(figure.data) == 4
    for (name, counted), steps, points in zip(given.items(), figure.data[::2], figure.data[1::2], strict=True):
        assert np.array_equal(steps.x, counted.edges)
        assert np.array_equal(steps.y[:-1], counted.counts)
        assert np.array_equal(points.y, counted.counts)
        assert np.array_equal(points.error_y.array, counted.error_high)
        assert np.array_equal(points.error_y.arrayminus, counted.error_low)
        assert points.name == name
    assert figure.data[0].name == "signal (n = 503, 1 below, 1 above, 1 undefined)"
    assert [figure.data[i].line.color for i in (0, 2)] == [figures.SIGNAL, figures.BACKGROUND]
    assert figure.data[0].line.dash != figure.data[2].line.dash
    assert [shape.x0 for shape in figure.layout.shapes] == [0.12, 0.12]
    assert figure.layout.annotations[0].text == "0.12 µs"


def test_logarithm_and_unequal_bins():
    histogram_of_values = histogram(np.array([1.0, 2.0, 5.0]), np.array([0.0, 1.5, 10.0]))
    figure = figures.step_histogram({"fast": histogram_of_values}, "pulses", rows="crystals", log_y=True)
    assert figure.layout.yaxis.type == "log"
    assert _titles(figure) == ("pulses", "crystals / bin")
    assert figure.data[0].line.color not in (figures.SIGNAL, figures.BACKGROUND)


def test_other_classes_look_different_from_each_other():
    styles = {figures.class_style(name, i) for i, name in enumerate(["N1", "N2", "N3", "N4"])}
    styles |= {figures.class_style("signal"), figures.class_style("background")}
    assert len(styles) == 6


def test_score_spectrum_draws_its_threshold():
    figure = figures.score_spectrum(_histograms(), 0.4)
    assert figure.layout.shapes[0].x0 == 0.4


def test_roc_has_logarithmic_axes_of_what_leaks_and_what_is_lost_and_the_operating_point():
    classifier = _judged()
    figure = figures.roc_curve({"compact": classifier, "nmt500": _judged(2)})
    assert len(figure.data) == 4
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert "leakage" in _titles(figure)[0]
    assert f"{classifier.auc.value:.4f}" in figure.data[0].name
    leakage_floor, lost_floor = 0.5 / classifier.roc.n_background, 0.5 / classifier.roc.n_signal
    assert np.array_equal(figure.data[0].customdata[:, 0], classifier.roc.leakage)
    assert np.array_equal(figure.data[0].x, np.maximum(classifier.roc.leakage, leakage_floor))
    assert np.array_equal(figure.data[0].y, np.maximum(1.0 - classifier.roc.signal_efficiency, lost_floor))
    assert figure.data[1].x[0] == pytest.approx(1 - classifier.point.background.value)
    assert figure.data[1].y[0] == pytest.approx(1 - classifier.point.signal.value)
    upper, lower = figure.data[1].error_y.array[0], figure.data[1].error_y.arrayminus[0]
    assert (upper, lower) == pytest.approx(
        (
            classifier.point.signal.value - classifier.point.signal.low,
            classifier.point.signal.high - classifier.point.signal.value,
        )
    )
    top, bottom = figure.layout.yaxis.range[1], figure.layout.yaxis.range[0]
    assert top < bottom  # few lost is high
    shown = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert (shown["99"], shown["99.9"], shown["0"]) == (0.01, 0.001, 1.0)


def test_roc_without_one_class_is_empty_not_an_error():
    figure = figures.roc_curve({"compact": judge(np.array([0.3, 0.4]), np.ones(2), 0.5)})
    assert len(figure.data[0].x) == 0
    assert DASH in figure.data[0].name
    assert figures.roc_curve({}).layout.xaxis.type == "log"


def test_efficiencies_stand_in_bins_of_twenty_events_or_more():
    tables = _tables()
    figure = figures.efficiency_by_bin(tables)
    assert _titles(figure) == ("energy [keV]", "signal efficiency, background rejection [%]")
    whole = efficiency(
        35, 39
    )  # 35 of 35 in the first row; the 4 that were missed in the fourth are too few to stand alone
    solid = figure.data[0]
    assert solid.y.tolist() == [pytest.approx(100 * whole.value)]
    assert (solid.error_y.array[0], solid.error_y.arrayminus[0]) == pytest.approx(
        (100 * (whole.high - whole.value), 100 * (whole.value - whole.low))
    )
    assert solid.customdata[0].tolist()[:4] == [0.0, 2.0, 35, 39]
    assert len(figure.data[1].x) == 0


def test_bins_are_joined_until_they_hold_enough():
    edges = np.arange(8.0)
    n = np.array([0, 3, 0, 18, 25, 0, 4])
    bins = joined(edges, efficiencies(n // 2, n))
    assert bins.low.tolist() == [1.0, 4.0]
    assert bins.high.tolist() == [4.0, 7.0]
    assert [(number.k, number.n) for number in bins.numbers] == [(10, 21), (14, 29)]
    few = joined(edges, efficiencies(np.array([0, 1, 0, 0, 2, 0, 0]), np.array([0, 2, 0, 0, 3, 0, 0])))
    assert (few.low.tolist(), few.high.tolist(), few.numbers[0].n) == ([1.0], [5.0], 5)
    enough = joined(edges, efficiencies(np.full(7, 20), np.full(7, 20)))
    assert np.array_equal(enough.low, edges[:-1]) and np.array_equal(enough.high, edges[1:])
    assert not joined(edges, efficiencies(np.zeros(7, int), np.zeros(7, int))).numbers


def test_cells_carry_their_numbers_and_can_be_clicked():
    table = _tables()["signal"]
    figure = figures.count_heatmap(table)
    heat, cells, right = figure.data
    assert heat.text[0].tolist()[9:14] == ["", "5", "", "30", ""]
    assert heat.z[0][10] == pytest.approx(np.log10(5))
    assert len(cells.customdata) == 400
    assert list(cells.customdata[10]) == ["signal", 0.0, 0.5, 0.5, 0.55, 5]
    assert cells.text is None  # nothing is blank
    assert right.text[0] == "100.00"
    assert right.text[3] == "0.00 (n 4)"
    assert right.text[1] == "– (n 0)"
    assert _titles(figure)[1] == "energy [keV]"
    assert "0.05" in _titles(figure)[0]


def test_parts_of_a_loss_stand_below_it_with_the_least_that_they_can_reach():
    drawn = [
        figures.Curve("a", "", [1, 2], [0.9, 0.6]),
        figures.Curve("a", "", [1, 2], [0.5, 0.4], part="mask"),
        figures.Curve("a", "", [2], [0.45], True, part="mask"),
    ]
    figure = figures.training_curves(drawn, least={"mask": 0.3})
    assert [trace.name for trace in figure.data] == ["loss", "mask", "mask", "least possible mask"]
    assert {trace.yaxis for trace in figure.data[1:]} == {"y2"}
    assert (figure.layout.yaxis2.title.text, figure.layout.yaxis2.type) == ("part of the loss", "log")
    assert (figure.data[3].x, figure.data[3].y) == ((1, 2), (0.3, 0.3))


def test_training_curves_of_one_run_and_of_several():
    def curves(run):
        return [
            figures.Curve(run, "", [1, 2], [0.7, 0.5]),
            figures.Curve(run, "signal", [1, 2], [0.5, 0.9]),
            figures.Curve(run, "background", [1, 2], [0.4, 0.8], is_validation=True),
        ]

    figure = figures.training_curves(curves("a"))
    assert figure.data[0].y == (0.7, 0.5)
    assert figure.data[1].y == (50.0, 90.0)
    assert [trace.yaxis for trace in figure.data] == ["y", "y2", "y2"]
    assert (figure.data[1].line.color, figure.data[2].line.color) == (figures.SIGNAL, figures.BACKGROUND)
    assert figure.data[2].mode == "lines+markers"
    assert figure.layout.yaxis.title.text == "loss"
    assert _titles(figure, "2") == ("batches", "efficiency [%]")
    assert [trace.name for trace in figure.data] == ["loss", "signal efficiency", "background rejection"]
    assert "validation" in figure.data[2].hovertemplate
    beside = figures.training_curves(curves("a"), "epochs", beside=True)
    assert _titles(beside, "2") == ("epochs", "efficiency [%]")
    assert (beside.layout.xaxis.title.text, beside.layout.yaxis.title.text) == ("epochs", "loss")
    loss = figures.training_curves([curve for curve in curves("a") if not curve.class_name])
    assert (loss.layout.xaxis.title.text, loss.layout.yaxis.title.text) == ("batches", "loss")
    assert "xaxis2" not in loss.layout
    several = figures.training_curves([*curves("a"), *curves("b")])
    assert [trace.name for trace in several.data if trace.showlegend] == ["a", "b"]
    assert several.data[1].line.dash != several.data[2].line.dash
    assert several.data[1].line.color == several.data[2].line.color != several.data[4].line.color


def test_every_figure_fits_both_themes():
    tables = by_bins(np.array([1.0, 2.0]), np.array([0.4, 0.6]), np.array([0, 1]), 0.5, ROWS)
    drawn = [
        figures.step_histogram(_histograms(), "nmt500", "µs"),
        figures.roc_curve({"a": _judged()}),
        figures.efficiency_by_bin(tables),
        figures.count_heatmap(tables["signal"]),
        figures.training_curves([]),
    ]
    for figure in drawn:
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.size >= 12
        assert figure.layout.font.color is None
        json.loads(figure.to_json())
