"""Thresholds and tables against numbers that can be counted by hand."""

import numpy as np
import pytest

from core.errors import DarkroomError
from core.statistics import efficiency as eff
from tests.judge.axes import ROWS


def test_counts_at_a_threshold_by_hand():
    scores = np.array([0.9, 0.5, 0.49, np.nan, 0.1, 0.5, 0.8, np.nan, 0.7])
    labels = np.array([1, 1, 1, 1, 0, 0, 0, 0, -1], dtype=np.int8)
    point = eff.at_threshold(scores, labels, 0.5)
    assert (point.signal.k, point.signal.n) == (2, 4)
    assert (point.background.k, point.background.n) == (2, 4)
    assert (point.precision.k, point.precision.n) == (2, 4)
    assert point.f1.value == pytest.approx(0.5)
    assert point.harmonic.value == pytest.approx(0.5)
    assert point.balanced_accuracy.value == pytest.approx(0.5)


def test_a_network_s_float32_score_on_the_threshold_is_kept():
    scores = np.full(3, 0.95, dtype=np.float32)
    assert eff.at_threshold(scores, np.ones(3), 0.95).signal.k == 3
    assert eff.at_threshold(scores.astype(float), np.ones(3), 0.95).signal.k == 3


def test_the_cut_only_baseline_goes_the_same_way():
    nmt500_us = np.array([0.17, 0.13, 0.05, 0.119, np.nan], dtype=np.float32)
    point = eff.at_threshold(nmt500_us, np.array([1, 1, 0, 0, 0]), 0.12)
    assert (point.signal.value, point.background.value) == (1.0, 1.0)


def test_precision_and_f1_differ_from_the_harmonic_efficiency_of_the_slides():
    pair_test = eff.from_counts(187, 187, 17792 - 1028, 17792)
    assert 100 * pair_test.harmonic.value == pytest.approx(97.025, abs=5e-4)
    assert 100 * pair_test.precision.value == pytest.approx(15.4, abs=0.05)
    assert 100 * pair_test.f1.value == pytest.approx(26.7, abs=0.05)


def test_one_class_empty_is_undefined_not_zero():
    point = eff.at_threshold(np.array([0.2, 0.9]), np.ones(2), 0.5).to_dict()
    assert point["background_efficiency"] == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
        "k": 0,
        "method": "Clopper-Pearson",
    }
    assert point["harmonic_efficiency"]["value"] is None
    assert point["signal_efficiency"]["value"] == 0.5
    noise = eff.at_threshold(np.array([0.2, 0.9]), np.zeros(2), 0.5).to_dict()
    for name in ("precision", "f1"):  # of one class alone 100 and 0 %, whatever the network does
        assert point[name]["value"] is None
        assert noise[name]["value"] is None


@pytest.mark.parametrize("threshold", [-0.1, 1.01, float("nan")])
def test_a_threshold_outside_zero_to_one_is_refused(threshold):
    with pytest.raises(DarkroomError, match=r"'threshold'.*from 0 to 1"):
        eff.checked_threshold(threshold)


def test_leakage_where_the_signal_is_kept():
    scores = np.concatenate([np.arange(1, 101) / 100, np.arange(0, 1000) / 1000])
    labels = np.repeat([1, 0], [100, 1000])
    leakage = eff.leakage_at(scores, labels, 0.99)
    assert leakage.threshold == pytest.approx(0.02, abs=1e-6)
    assert (leakage.signal.k, leakage.leakage.k, leakage.leakage.n) == (99, 980, 1000)
    fixed = eff.leakage_at(scores, labels, 0.99, threshold=0.5)
    assert (fixed.signal.k, fixed.leakage.k) == (51, 500)


def test_leakage_without_signal_is_undefined():
    leakage = eff.leakage_at(np.array([0.3]), np.zeros(1), 0.9).to_dict()
    assert leakage["threshold"] is None
    assert leakage["leakage"]["value"] is None
    lost = eff.threshold_for(np.array([0.9, np.nan]), np.ones(2), 0.9)
    assert np.isnan(lost)
    with pytest.raises(DarkroomError, match="signal_efficiency"):
        eff.threshold_for(np.ones(1), np.ones(1), 0.0)


def test_table_puts_events_where_they_belong():
    energy_kev = np.array([0.0, 0.49, 0.5, 9.99, 10.0, np.nan, 3.0, 3.0, 3.2], dtype=np.float32)
    scores = np.array([0.95, 0.15, 0.3, 1.0, 0.9, 0.9, 0.5, 0.49, np.nan], dtype=np.float32)
    labels = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0])
    tables = eff.by_bins(energy_kev, scores, labels, 0.5, ROWS)
    signal, background = tables["signal"], tables["background"]
    assert signal.counts.shape == (20, 20)
    assert [tuple(cell) for cell in np.argwhere(signal.counts)] == [(0, 3), (0, 19), (1, 6), (19, 19)]
    assert (signal.n_outside, background.n_outside) == (2, 1)
    assert [(row.k, row.n) for row in signal.rows[:2]] == [(1, 2), (0, 1)]
    assert (background.rows[6].k, background.rows[6].n, background.counts[6, 9], background.counts[6, 10]) == (
        1, 2, 1, 1,
    )  # fmt: skip
    assert all(signal.few)
    rows = signal.to_rows()
    assert rows[2]["value"] is None
    assert (rows[0]["energy_low_kev"], rows[0]["energy_high_kev"], rows[0]["class"]) == (0.0, 0.5, "signal")


def test_table_from_counts_equals_the_table_from_events():
    rng = np.random.default_rng(4)
    energy_kev, scores, labels = rng.uniform(0, 10, 3000), rng.uniform(0, 1, 3000), rng.integers(0, 2, 3000)
    events = eff.by_bins(energy_kev, scores, labels, 0.35, ROWS)
    cells = eff.table_from_counts({name: table.counts for name, table in events.items()}, 0.35, ROWS)
    for name in eff.CLASSES:
        assert events[name].rows == cells[name].rows
        assert events[name].total == cells[name].total
    point = eff.at_threshold(scores, labels, 0.35)
    assert (events["signal"].total.k, events["background"].total.k) == (point.signal.k, point.background.k)


def test_events_count_at_a_threshold_inside_a_column_and_cells_refuse_it():
    tables = eff.by_bins(np.array([1.0, 1.0]), np.array([0.51, 0.53]), np.ones(2), 0.52, ROWS)
    assert tables["signal"].total.k == 1
    with pytest.raises(DarkroomError, match="lower edge"):
        eff.table_from_counts({"signal": tables["signal"].counts}, 0.52, ROWS)
