"""Efficiency by energy, how far down it holds, and the threshold that follows the energy: from events of known truth."""

import dataclasses

import numpy as np
import pytest

from core.errors import DarkroomError
from core.judge import lowenergy, threshold_curve
from core.judge.held_out import Events
from core.judge.lowenergy import binned, judge, reach_of
from core.judge.threshold_curve import choose, curve_columns
from core.judge.threshold_quote import quote
from core.statistics.axis import Axis
from core.statistics.efficiency import at_threshold
from tests.judge.axes import KEV


def events(n, seed=1, signal_logit=lambda e: 4.0 + 0.0 * e, high_kev=20.0):
    """Half signal, flat in energy, logit of the score normal around `signal_logit(E)`, background around -3."""
    rng = np.random.default_rng(seed)
    energy = rng.uniform(0.0, high_kev, n).astype(np.float32)
    labels = rng.integers(0, 2, n).astype(np.int8)
    z = np.where(labels == 1, signal_logit(energy), -3.0) + rng.normal(0.0, 1.0, n)
    return Events(energy, (1.0 / (1.0 + np.exp(-z))).astype(np.float32), labels, np.full(n, 2, np.int8))


def steps(values, per_bin=100):
    """Signal events in bins of 1 keV, of which given parts score 0.9 and the others 0.1."""
    score = np.concatenate([np.where(np.arange(per_bin) < round(per_bin * v), 0.9, 0.1) for v in values])
    energy = np.repeat(np.arange(len(values)) + 0.5, per_bin)
    return Events(energy, score.astype(np.float32), np.ones(len(score), np.int8), np.full(len(score), 2, np.int8))


def test_bins_keep_every_event_and_the_efficiency_of_the_whole():
    given = events(4000)
    for width in lowenergy.bin_widths(KEV):
        judgement = judge(given, 0.5, binned(KEV, width), "truth")
        whole = at_threshold(given.score, given.labels, 0.5)
        for name, point in (("signal", whole.signal), ("background", whole.background)):
            assert (judgement.tables[name].total.k, judgement.tables[name].total.n) == (point.k, point.n)
    inside = (given.axis_values >= 1) & (given.axis_values < 2) & (given.labels == 0)
    background = judgement.windows[1.0, 2.0]["background"]
    assert (background.k, background.n) == (int((given.score[inside] < 0.5).sum()), int(inside.sum()))


def test_calls_add_up_and_empty_bins_are_undefined():
    given = events(2000, high_kev=10.0)
    rows = lowenergy.bin_rows(judge(given, 0.3, binned(KEV, 0.5)))
    assert sum(r["called_signal"] for r in rows) == int((given.score >= np.float32(0.3)).sum())
    assert sum(r["n"] for r in rows) == 2000
    empty = [r for r in rows if r["energy_low_kev"] >= 10.0]
    assert len(empty) == 40
    assert all(r["value"] is None and r["score_median"] is None and r["n"] == 0 and r["few"] for r in empty)


def test_score_band_is_median_and_central_68_percent():
    energy = np.repeat([0.5, 2.5], [1001, 1])
    score = np.append(np.linspace(0, 1, 1001), 0.3)
    band = lowenergy.score_band(energy, score, np.array([0.0, 1.0, 2.0, 3.0]))
    assert [band.low[0], band.median[0], band.high[0]] == pytest.approx([0.16, 0.5, 0.84], abs=1e-9)
    assert np.isnan(band.median[1])
    assert [band.low[2], band.median[2], band.high[2]] == pytest.approx([0.3] * 3)
    assert band.n.tolist() == [1001, 0, 1]


@pytest.mark.parametrize(
    ("values", "value", "low", "high", "is_end"),
    [
        ([0.5, 0.88, 0.92, 0.99, 1.0], 2.0, 1.0, 3.0, False),  # 88 of 100 does not exclude 90 %, 92 does not show it
        ([1.0, 1.0, 0.5, 1.0], 3.0, 3.0, 3.0, False),  # what lies below a break does not count
        ([0.95, 0.99, 1.0], 0.0, 0.0, 1.0, True),
    ],
)
def test_reach(values, value, low, high, is_end):
    judgement = reach_of(judge(steps(values), 0.5, binned(KEV, 1.0)).tables["signal"])
    assert (judgement.value, judgement.low, judgement.high, judgement.is_end_of_data) == (value, low, high, is_end)


def test_reach_is_undefined_where_nothing_decides():
    for given in (steps([0.1, 0.2]), steps([1.0, 1.0], per_bin=19)):
        judgement = judge(given, 0.5, binned(KEV, 1.0)).reach.to_dict(KEV)
        assert judgement["value_kev"] is None
        assert judgement["high_kev"] is None
        assert not judgement["is_end_of_data"]


def test_gaps_are_where_rows_wait_for_a_score():
    judgement = judge(events(3000, high_kev=10.0), 0.5, binned(KEV, 0.5))
    assert lowenergy.gaps(np.array([5.1, 10.2, 15.9, np.nan]), judgement) == [(10.0, 16.0)]
    assert lowenergy.gaps(np.array([5.1]), judgement) == []


def test_widths_that_do_not_fit_are_refused():
    for width in (0.1, 0.3, 2.0, 0.0, -1.0):
        with pytest.raises(DarkroomError, match="'bin' is"):
            binned(KEV, width)


def rising(energy):
    """A signal that is harder to recognise at low energy."""
    return 4.0 - 5.0 * np.exp(-energy / 2.0)


def test_the_curve_holds_the_wanted_efficiency_in_every_bin():
    curve = choose(events(12000, 2, rising), 0.9, KEV)
    assert curve.form == "exponential"
    truth = rising(np.array([2.0, 5.0, 10.0, 15.0])) - 1.2816  # the 10 % quantile of a normal distribution
    thresholds = np.log(curve.at([2.0, 5.0, 10.0, 15.0]) / (1 - curve.at([2.0, 5.0, 10.0, 15.0])))
    assert thresholds == pytest.approx(truth, abs=0.2)
    quoted = quote(curve, events(40000, 3, rising), binned(KEV, 1.0))
    wanted = [0.9 if low >= 1 else None for low in range(20)]  # below the first point the threshold stays constant
    assert all(abs(r.value - w) < 0.05 for r, w in zip(quoted.rows["curve"]["signal"], wanted, strict=True) if w)
    assert quoted.totals["curve"]["signal"].value == pytest.approx(0.9, abs=0.02)
    assert quoted.totals["constant"]["signal"].value == pytest.approx(0.9, abs=0.02)
    assert quoted.rows["constant"]["signal"][0].value < 0.5
    assert quoted.flat_p_value["constant"] < 1e-6


def test_the_same_events_in_another_unit_give_the_same_threshold():
    def rising_ev(energy_ev):
        return rising(energy_ev / 1000.0)

    kev = choose(events(12000, 2, rising), 0.9, KEV)
    ev = choose(
        events(12000, 2, rising_ev, high_kev=20_000.0),
        0.9,
        dataclasses.replace(KEV, unit="eV", edges=1000.0 * KEV.edges),
    )
    assert ev.form == kev.form == "exponential"
    assert ev.parameters[2] == pytest.approx(1000.0 * kev.parameters[2], rel=0.01)
    energy_kev = np.array([2.0, 5.0, 15.0])
    assert ev.at(1000.0 * energy_kev) == pytest.approx(kev.at(energy_kev), abs=1e-3)


def test_where_nothing_depends_on_energy_the_threshold_is_constant_and_flat():
    curve = choose(events(6000, 4), 0.9, KEV)
    assert curve.form == "constant"
    assert curve.parameters[0] == pytest.approx(4.0 - 1.2816, abs=0.15)
    quoted = quote(curve, events(6000, 5), binned(KEV, 1.0))
    assert quoted.flat_p_value["curve"] > 0.001


def test_too_few_events_for_a_curve_are_told_and_for_a_threshold_refused():
    few = choose(events(120, 6), 0.9, KEV)  # about 60 signal events: two bins of 30
    assert few.form == "constant"
    assert "a curve needs 3" in few.note
    assert few.at(np.array([1.0, 19.0])) == pytest.approx([few.constant] * 2)
    with pytest.raises(DarkroomError, match=r"signal events, at least 300 are needed .* keeps 99 %"):
        choose(events(120, 6), 0.99, KEV)
    with pytest.raises(DarkroomError, match="signal_efficiency"):
        choose(events(120, 6), 1.0, KEV)


def test_the_file_gives_the_curve_back():
    curve = choose(events(6000, 2, rising), 0.95, KEV)
    columns = curve_columns(curve)
    assert columns["score_threshold"] == curve.at(np.array(columns["energy_kev"])).tolist()
    form = threshold_curve.FORMS[curve.form]
    assert form.text in columns["formula"][0]
    plain = curve.to_dict()
    assert [plain["parameters"][name]["value"] for name in form.names] == list(curve.parameters)


def test_a_range_of_decades_is_cut_in_bins_of_equal_ratio():
    axis = Axis("energy_mev", "MeV", np.array([1.0, 10.0, 4000.0]))
    assert lowenergy.width_unit(axis) == "decades"
    for width, n in zip(lowenergy.bin_widths(axis), (80, 40, 20), strict=True):
        edges = binned(axis, float(f"{width:g}")).edges
        assert len(edges) == n + 1
        np.testing.assert_allclose(edges[1:] / edges[:-1], 4000.0 ** (1.0 / n))
    with pytest.raises(DarkroomError, match="that divides 3"):
        binned(axis, 0.1)
