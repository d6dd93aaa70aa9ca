"""The heatmap of a matrix: every cell says its own numbers, what is not there is not a number, bright is good."""

import json
import re

import numpy as np
import pytest

from core.figures.compatibility import DIAGONAL, heatmap
from core.judge.compatibility import METRICS
from core.judge.compatibility_report import text
from core.judge.report import DASH
from tests.judge.matrices import cell, matrix, sparse, square


def _trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def _drawn(figure, few=False):
    return np.array(_trace(figure, "few" if few else "enough").z, dtype=float)


def texts_of(figure):
    """(trained, tested) -> text of a cell."""
    traces = [t for t in figure.data if t.type == "scatter" and t.mode == "text"]
    return {(y, x): text for t in traces for x, y, text in zip(t.x, t.y, t.text, strict=True)}


@pytest.mark.parametrize("metric", METRICS)
def test_every_cell_says_value_interval_and_n(metric):
    given = square(3)
    figure = heatmap(given, metric)
    for (i, j), written in texts_of(figure).items():
        number = METRICS[metric].of(given.cells[i][j])
        first, interval = re.sub("</?b>", "", written).split("<br>")
        value, n = first.split("  n ")
        assert value == text(metric, number.value)
        assert sum(map(int, n.split("+"))) == (
            number.n if hasattr(number, "n") else number.n_signal + number.n_background
        )
        assert interval == f"[{text(metric, number.low)}, {text(metric, number.high)}]"
    assert len(texts_of(figure)) == 9
    assert METRICS[metric].title in figure.data[0].colorbar.title.text


def test_colours_are_the_values_and_pale_cells_have_their_own_layer():
    given = sparse()
    figure = heatmap(given, "signal_efficiency")
    enough, few = _drawn(figure), _drawn(figure, few=True)
    assert enough[0, 0] == 0.95
    assert few[0, 1] == 0.9
    assert np.isnan(enough[0, 1])
    assert np.isnan(few[0, 0])
    assert _trace(figure, "few").opacity < 0.5
    assert figure.data[0].zmin <= 0.9 <= figure.data[0].zmax <= 1.0


def test_missing_and_undefined_are_no_numbers():
    figure = heatmap(sparse(), "background_efficiency", why_missing={(1, 0): "too few events"})
    texts, missing = texts_of(figure), _trace(figure, "missing")
    hatched = {(round(base + 0.47), x) for base, x in zip(missing.base, missing.x, strict=True)}
    assert hatched == {(1, 0), (1, 1), (1, 2), (2, 0)}
    assert missing.marker.pattern.shape == "/"
    assert all(texts[at] == "<b>–</b>" for at in hatched)
    assert texts[2, 1] == DASH
    assert np.isnan(_drawn(figure)[[1, 2, 2], [0, 0, 1]]).all()
    hover = dict(zip(map(tuple, _trace(figure, "cells").customdata), _trace(figure, "cells").hovertext, strict=True))
    assert "missing: too few events" in hover[1, 0]
    assert f": {DASH}" in hover[2, 1]
    assert "7 left out" in hover[0, 0]
    assert "180 of 200 events" in hover[0, 0]


def test_a_click_gets_the_indices_of_the_cell():
    cells = _trace(heatmap(square(3), "auc"), "cells")
    assert cells.mode == "markers"
    assert cells.marker.color == "rgba(0,0,0,0)"
    for x, y, (trained, tested), hover in zip(cells.x, cells.y, cells.customdata, cells.hovertext, strict=True):
        assert (trained, tested) == (y, x)
        assert hover.startswith(f"trained on C{trained + 1} 3-6 keV<br>tested on C{tested + 1} 3-6 keV")


def test_the_diagonal_is_framed():
    shapes = heatmap(square(4), "auc").layout.shapes
    assert [s.x0 + s.x1 for s in shapes] == [s.y0 + s.y1 for s in shapes] == pytest.approx([0, 2, 4, 6])
    assert {s.line.color for s in shapes} == {DIAGONAL}


def test_rows_are_trained_on_from_the_top():
    figure = heatmap(square(3), "auc")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("tested on", "trained on")
    assert figure.layout.yaxis.range == (2.5, -0.5)
    assert figure.layout.yaxis.ticktext[0] == "C1<br>3-6 keV"


def test_a_published_number_stands_in_the_same_cell():
    figure = heatmap(square(2), "harmonic_efficiency", {(0, 1): 0.9769})
    assert texts_of(figure)[0, 1].endswith("<br>slides 97.69")
    assert "slides" not in texts_of(figure)[1, 0]


def test_few_events_do_not_stretch_the_colours():
    given = matrix(
        [[cell((97, 100, 99, 100)), cell((1, 10, 1, 10))], [None, cell((96, 100, 98, 100))]], square(2).regions
    )
    layer = heatmap(given, "signal_efficiency").data[0]
    assert 0.9 < layer.zmin <= 0.96
    assert 0.97 <= layer.zmax <= 1.0


def test_no_leakage_is_shown_as_zero_and_is_the_brightest():
    figure = heatmap(square(3), "leakage")
    texts, layer = texts_of(figure), figure.data[0]
    assert texts[0, 0].startswith("<b>0</b>")
    z = _drawn(figure)
    assert z[0, 0] == pytest.approx(np.log10(0.5 / 1000))
    assert z[0, 2] == pytest.approx(np.log10(2 / 1000))
    assert layer.zmin <= z[0, 0]
    assert layer.colorscale[0][1] == heatmap(square(3), "auc").data[0].colorscale[-1][1]
    assert layer.colorbar.ticktext[0] == "0.01"


@pytest.mark.parametrize(("n", "lines"), [(2, 2), (6, 2), (8, 2), (9, 1), (12, 1)])
def test_many_regions_leave_fewer_lines(n, lines):
    texts = texts_of(heatmap(square(n), "signal_efficiency"))
    assert {len(text.split("<br>")) for text in texts.values()} == {lines}
    assert all("n " in text for text in texts.values()) == (n <= 6)


def test_texts_can_be_read_on_their_colours():
    """Contrast of at least 4.5 (WCAG) on every colour of the scale."""
    rows = [[cell((900 + 10 * (3 * i + j), 1000, 970, 1000)) for j in range(3)] for i in range(3)]
    figure = heatmap(matrix(rows), "signal_efficiency")
    layer = figure.data[0]
    positions = np.array([p for p, _ in layer.colorscale])
    colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in layer.colorscale]) / 255
    for trace, ink in (("on bright", 0.0), ("on dark", 1.0)):
        for x, y in zip(_trace(figure, trace).x, _trace(figure, trace).y, strict=True):
            place = (layer.z[y][x] - layer.zmin) / (layer.zmax - layer.zmin)
            rgb = np.array([np.interp(place, positions, colours[:, k]) for k in range(3)])
            linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
            ground = float(linear @ [0.2126, 0.7152, 0.0722])
            assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 4.5


def test_nothing_trained_and_one_cell_can_be_drawn():
    nothing = heatmap(matrix([[None] * 3] * 3), "auc")
    assert set(texts_of(nothing).values()) == {"<b>–</b>"}
    first_figure = heatmap(matrix([[cell((30, 30, 30, 30))]], square(1).regions), "background_efficiency")
    assert texts_of(first_figure)[0, 0].startswith("<b>100.00</b>")
    for figure in (nothing, first_figure):
        json.loads(figure.to_json())


@pytest.mark.parametrize("n_kept", [0, 100])
def test_cells_that_are_all_the_same_have_a_range_of_colours(n_kept):
    """All 0 % was the range from 0 to 0."""
    given = matrix([[cell((n_kept, 100, n_kept, 100))] * 2] * 2, square(2).regions)
    layer = heatmap(given, "signal_efficiency").data[0]
    assert layer.zmin <= n_kept / 100 <= layer.zmax
    assert 0.0 <= layer.zmin < layer.zmax <= 1.0
