"""Figures by energy and of calibration: what is drawn is what is given; nothing stands where nothing was measured."""

import json
import math

import numpy as np
import pytest

from core.figures import calibration, energy
from core.judge.calibration import judge as judge_calibration
from core.judge.held_out import Events
from core.judge.lowenergy import binned, judge
from core.judge.reliability import Mix
from core.judge.threshold_curve import choose
from core.judge.threshold_quote import quote
from core.statistics.efficiency import FEW
from tests.judge.axes import KEV


def events(n=3000, seed=1, high_kev=10.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n).astype(np.int8)
    z = np.where(labels == 1, 2.5, -2.5) + rng.normal(0, 1.5, n)
    kev = rng.uniform(1.0, high_kev, n).astype(np.float32)
    return Events(kev, (1 / (1 + np.exp(-z))).astype(np.float32), labels, np.full(n, 2, np.int8))


@pytest.fixture(scope="module")
def low_energy():
    return judge(events(), 0.5, binned(KEV, 1.0), "truth")


def test_photoelectrons_stand_over_the_energy_that_gives_them(low_energy):
    for draw in (energy.efficiency, energy.scores, energy.calls):
        top = draw(low_energy, 15.0).layout.xaxis2
        assert [float(pe) / 15.0 for pe in top.ticktext] == pytest.approx(list(top.tickvals))
        assert (top.side, top.matches) == ("top", "x")
        assert "nominal 15 PE/keV" in top.title.text
        assert "xaxis2" not in draw(low_energy).layout.to_plotly_json()


def test_gaps_are_shaded_and_empty_bins_have_no_points(low_energy):
    figure = energy.efficiency(low_energy, math.nan, [(10.0, 20.0)])
    assert [(s.x0, s.x1) for s in figure.layout.shapes] == [(10.0, 20.0)]
    for figure in (energy.efficiency(low_energy), energy.scores(low_energy), energy.calls(low_energy)):
        points = [(x, y) for t in figure.data if "markers" in t.mode for x, y in zip(t.x, t.y, strict=True)]
        assert all(1.0 <= x < 10.0 for x, y in points if y is not None and np.isfinite(y))


def test_scores_are_the_medians_with_the_68_percent(low_energy):
    shown = [t for t in energy.scores(low_energy).data if t.showlegend]
    assert [t.name for t in shown] == ["signal", "background"]
    for trace, band in zip(shown, low_energy.bands.values(), strict=True):
        filled = band.n >= 20
        assert np.array_equal(trace.y, band.median[filled])
        assert np.allclose(trace.y + trace.error_y.array, band.high[filled])
        assert np.allclose(trace.y - trace.error_y.arrayminus, band.low[filled])


@pytest.mark.parametrize("is_normalised", [False, True])
def test_calls_of_a_class_add_up(low_energy, is_normalised):
    figure = energy.calls(low_energy, is_normalised=is_normalised, is_log=False)
    points = {t.name: t for t in figure.data if t.mode == "markers" and t.opacity == 1.0}
    for name, table in low_energy.tables.items():
        rows = [row for row in table.rows if row.n >= 20]
        both = [points[f"{name} called {called}"].y for called in ("signal", "background")]
        assert np.allclose(np.sum(both, axis=0), [1.0 if is_normalised else row.n for row in rows])
        assert np.allclose(points[f"{name} called {name}"].y, [row.value if is_normalised else row.k for row in rows])


def test_no_wrong_call_is_drawn_at_half_an_event_on_a_logarithmic_axis():
    sure = events(400)
    sure.score[:] = sure.labels
    figure = energy.calls(judge(sure, 0.5, binned(KEV, 1.0)))
    wrong = next(t for t in figure.data if t.name == "signal called background" and t.mode == "markers")
    assert set(wrong.y) == {0.5}
    assert list(wrong.customdata[:, 2]) == [0] * len(wrong.y)
    assert figure.layout.yaxis.range[0] < math.log10(0.5)


def test_schemes_stand_side_by_side_with_the_same_axes(low_energy):
    figure = energy.schemes({"truth": low_energy, "coincidence": low_energy})
    assert [a.text for a in figure.layout.annotations] == ["truth", "coincidence"]
    assert figure.layout.yaxis2.matches == "y"
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    shown = [t.name for t in figure.data if t.showlegend]
    assert len(shown) == len(set(shown)) > 0


def test_the_threshold_plane_draws_the_curve_and_what_it_holds():
    curve = choose(events(2000, 2), 0.9, KEV)
    quoted = quote(curve, events(2000, 3), binned(KEV, 1.0))
    figure = energy.threshold_plane(curve, events(2000, 2), quoted)
    line = next(t for t in figure.data if t.name == "curve threshold")
    assert np.allclose(line.customdata, curve.at(np.array(line.x)))
    held = next(t for t in figure.data if t.name == "curve" and t.opacity == 1.0)
    assert np.allclose(held.y, [100 * row.value for row in quoted.rows["curve"]["signal"] if row.n >= 20])
    assert any(shape.y0 == 90.0 for shape in figure.layout.shapes)


@pytest.mark.parametrize("is_odds", [False, True])
def test_the_reliability_diagram_draws_bins_intervals_and_diagonal(is_odds):
    bins = judge_calibration(events(), Mix(1.0, 1.0), axis=KEV).before.bins
    figure = calibration.reliability({"a": bins, "b": bins}, is_odds=is_odds)
    diagonal, many, few = figure.data[:3]
    assert list(diagonal.x) == list(diagonal.y)
    assert len(many.x) + len(few.x) == len(bins)
    assert few.opacity < many.opacity
    if not is_odds:
        assert np.allclose(many.y, [b.observed.value for b in bins if b.observed.n >= FEW])
        assert np.allclose(many.y + many.error_y.array, [b.observed.high for b in bins if b.observed.n >= FEW])
    assert np.isfinite([*many.x, *many.y]).all()
    assert json.loads(figure.to_json())
