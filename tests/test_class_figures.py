"""Figures of several classes carry the numbers that they are made of."""

import numpy as np
import pytest

from core.figures import classcurves as curves
from core.figures import confusion as figures
from core.figures.calibration import reliability
from core.figures.evaluation import count_heatmap, efficiency_by_bin
from core.judge import topcalibration
from core.statistics import classcurves, multiclass
from core.statistics.efficiency import by_bins
from tests.judge.axes import ROWS

CLASSES = ("a", "b", "c")


def sample(n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    labels = rng.choice(4, n, p=[0.5, 0.2, 0.2, 0.1]) - 1
    p = rng.dirichlet([0.6, 0.6, 0.6], n)
    return labels, p


def test_the_matrix_carries_counts_percents_and_intervals() -> None:
    labels, p = sample()
    matrix = multiclass.confusion(labels, multiclass.predicted_class(p, 0.5), CLASSES, 0.5)
    figure = figures.confusion(matrix)
    heat, cells = figure.data
    assert np.asarray(heat.z).shape == (4, 4)  # with the row without a label and the column of the rejected
    assert np.nansum(np.asarray(heat.z), axis=1) == pytest.approx([100.0] * 4)
    by_name = {(cell[2], cell[3]): cell for cell in cells.customdata}
    share = matrix.share(1, 2)
    assert by_name["b", "c"][4:] == pytest.approx(
        (share.k, share.n, 100 * share.value, 100 * share.low, 100 * share.high)
    )
    assert by_name["no label", "none"][4] == matrix.others[3]
    assert by_name["a", "none"][4] == matrix.counts[0, 3]
    assert f"{100 * share.value:.1f} %<br>{share.k:,}" == heat.text[1][2]


def test_what_nobody_needs_is_not_drawn() -> None:
    labels, p = sample()
    known = labels >= 0
    figure = figures.confusion(multiclass.confusion(labels[known], multiclass.predicted_class(p[known]), CLASSES))
    assert np.asarray(figure.data[0].z).shape == (3, 3)


def test_curves_and_bins_are_those_of_the_core() -> None:
    labels, p = sample()
    class_curves = classcurves.by_threshold(p, labels, CLASSES)
    figure = curves.by_threshold(class_curves, 0.3, of_all=True)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [line.name for line in lines] == ["a", "a", "b", "b", "c", "c"]
    assert np.asarray(lines[0].y) == pytest.approx(100 * class_curves[0].efficiency.value)
    purity = class_curves[0].purity_of_all
    assert np.asarray(lines[1].y) == pytest.approx(100 * purity.value[purity.n > 0])
    edges = np.array([1.0, 10.0, 100.0, 1000.0])
    energy = np.exp(np.random.default_rng(1).uniform(0, np.log(1000), len(labels)))
    bins = classcurves.by_bin(energy, multiclass.predicted_class(p), labels, CLASSES, ROWS.with_edges(edges))
    figure = curves.by_bin(bins)
    assert figure.layout.xaxis.type == "log"
    for trace in figure.data:
        x = np.asarray(trace.x, float)
        assert ((x > edges[0]) & (x < edges[-1])).all()
    assert (
        curves.by_bin(
            classcurves.by_bin(energy, labels, labels, CLASSES, ROWS.with_edges(np.linspace(0, 9, 4)))
        ).layout.xaxis.type
        == "linear"
    )


def test_bins_of_different_widths_stand_on_a_logarithmic_axis() -> None:
    rng = np.random.default_rng(2)
    energy, score, labels = np.exp(rng.uniform(0, 6, 500)), rng.random(500), rng.integers(0, 2, 500)
    tables = by_bins(energy, score, labels, 0.5, ROWS.with_edges([1.0, 3.0, 30.0, 500.0]))
    assert efficiency_by_bin(tables).layout.xaxis.type == "log"
    table = count_heatmap(tables["signal"])
    assert table.layout.yaxis.ticktext == ("1", "3", "30", "500")
    assert table.data[1].customdata[0][1:3] == [1.0, 3.0]


def test_the_reliability_of_calls_is_drawn_with_its_bins() -> None:
    labels, p = sample()
    known = labels >= 0
    _, bins = topcalibration.judge(p[known], labels[known])
    points = [trace for trace in reliability({"": bins}).data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in points) == len(bins)
    assert sum(int(details[6]) for trace in points for details in trace.customdata) == int(known.sum())
