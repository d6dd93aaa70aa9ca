"""Figures of several classes carry the numbers that they are made of."""

import numpy as np
import pytest

from core.figures import classcurves as curves
from core.figures import confusion as figures
from core.figures.judged import count_heatmap, efficiency_vs_energy
from core.judge import classcurves, multiclass, topcalibration
from core.judge.efficiency import by_bins

CLASSES = ("a", "b", "c")


def sample(n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    labels = rng.choice(4, n, p=[0.5, 0.2, 0.2, 0.1]) - 1
    p = rng.dirichlet([0.6, 0.6, 0.6], n)
    return labels, p


def test_the_matrix_carries_counts_percents_and_intervals() -> None:
    labels, p = sample()
    found = multiclass.confusion(labels, multiclass.called(p, 0.5), CLASSES, 0.5)
    figure = figures.confusion(found)
    heat, cells = figure.data
    assert np.asarray(heat.z).shape == (4, 4)  # with the row without a label and the column of the rejected
    assert np.nansum(np.asarray(heat.z), axis=1) == pytest.approx([100.0] * 4)
    by_name = {(cell[2], cell[3]): cell for cell in cells.customdata}
    one = found.share(1, 2)
    assert by_name["b", "c"][4:] == pytest.approx((one.k, one.n, 100 * one.value, 100 * one.low, 100 * one.high))
    assert by_name["no label", "none"][4] == found.others[3]
    assert by_name["a", "none"][4] == found.counts[0, 3]
    assert f"{100 * one.value:.1f} %<br>{one.k:,}" == heat.text[1][2]


def test_what_nobody_needs_is_not_drawn() -> None:
    labels, p = sample()
    known = labels >= 0
    figure = figures.confusion(multiclass.confusion(labels[known], multiclass.called(p[known]), CLASSES))
    assert np.asarray(figure.data[0].z).shape == (3, 3)


def test_curves_and_bins_are_those_of_the_core() -> None:
    labels, p = sample()
    found = classcurves.by_threshold(p, labels, CLASSES)
    figure = curves.by_threshold(found, 0.3, of_all=True)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [line.name for line in lines] == ["a", "a", "b", "b", "c", "c"]
    assert np.asarray(lines[0].y) == pytest.approx(100 * found[0].efficiency.value)
    purity = found[0].purity_of_all
    assert np.asarray(lines[1].y) == pytest.approx(100 * purity.value[purity.n > 0])
    edges = np.array([1.0, 10.0, 100.0, 1000.0])
    energy = np.exp(np.random.default_rng(1).uniform(0, np.log(1000), len(labels)))
    bins = classcurves.by_energy(energy, multiclass.called(p), labels, CLASSES, edges)
    figure = curves.by_energy(bins)
    assert figure.layout.xaxis.type == "log"
    for trace in figure.data:
        x = np.asarray(trace.x, float)
        assert ((x > edges[0]) & (x < edges[-1])).all()
    assert (
        curves.by_energy(classcurves.by_energy(energy, labels, labels, CLASSES, np.linspace(0, 9, 4))).layout.xaxis.type
        == "linear"
    )


def test_bins_of_different_widths_stand_on_a_logarithmic_axis() -> None:
    rng = np.random.default_rng(2)
    energy, score, labels = np.exp(rng.uniform(0, 6, 500)), rng.random(500), rng.integers(0, 2, 500)
    tables = by_bins(energy, score, labels, 0.5, energy_edges_kev=np.array([1.0, 3.0, 30.0, 500.0]))
    assert efficiency_vs_energy(tables).layout.xaxis.type == "log"
    table = count_heatmap(tables["signal"])
    assert table.layout.yaxis.ticktext == ("1", "3", "30", "500")
    assert table.data[1].customdata[0][1:3] == [1.0, 3.0]


def test_the_reliability_of_calls_is_drawn_with_its_bins() -> None:
    labels, p = sample()
    known = labels >= 0
    found = topcalibration.judge(p[known], labels[known])
    points = [trace for trace in figures.top_reliability(found).data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in points) == len(found.bins)
    assert sum(int(n) for trace in points for n in trace.customdata) == int(known.sum())
