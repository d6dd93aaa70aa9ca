"""The printed tables of 2020 through our own code, and COSINE's evaluation of a known classifier."""

import json

import numpy as np
import pytest

from core.cosine import evaluate as cosine
from core.cosine.experiment import EXPERIMENT
from core.cosine.published import results
from core.cosine.select import Cuts
from core.judge.evaluation import evaluate
from core.statistics.efficiency import table_from_counts
from core.statistics.roc import auc


def test_79_of_80_printed_efficiencies_reproduce_and_the_misprint_is_flagged():
    checks = cosine.check_printed()
    assert len(checks) == 80
    assert all(abs(c.recomputed - c.printed) <= 0.01 for c in checks if c.agree)
    (wrong,) = [c for c in checks if not c.agree]
    assert (wrong.copy, wrong.class_name, wrong.energy_low_kev) == ("combined", "signal", 4.5)
    assert (wrong.k, wrong.n, wrong.printed) == (59, 82, 73.26)
    assert wrong.recomputed == pytest.approx(71.95, abs=0.005)


def test_the_two_copies_differ_in_one_number():
    rows = results.dnn_table()
    first, second = rows[:40], rows[40:]
    different = [(a, b) for a, b in zip(first, second, strict=True) if a.counts != b.counts]
    assert len(different) == 1
    assert (different[0][0].counts[12], different[0][1].counts[12]) == (5, 1)


@pytest.mark.parametrize(
    ("name", "energy_kev", "k", "n", "percent"),
    [
        ("signal", 0.0, 31, 33, 93.94),
        ("signal", 2.0, 120, 176, 68.18),
        ("background", 1.0, 379, 410, 92.44),
        ("background", 7.5, 1, 7, 14.29),
        ("background", 8.5, 2, 2, 100.0),
    ],
)
def test_single_rows(name, energy_kev, k, n, percent):
    tables = table_from_counts({c: np.array(v) for c, v in results.dnn_counts().items()}, 0.5, cosine.TABLE)
    row = tables[name].rows[int(energy_kev / 0.5)]
    assert (row.k, row.n) == (k, n)
    assert 100 * row.value == pytest.approx(percent, abs=0.005)


def area(signal, background):
    """Area under the ROC curve from counts per rising score bin: events of one bin are ties."""
    columns = np.arange(len(signal))
    scores = np.concatenate([np.repeat(columns, signal), np.repeat(columns, background)])
    return auc(scores, np.repeat([1, 0], [sum(signal), sum(background)]))


def test_totals_thresholds_and_area_of_the_printed_table():
    counts = {c: np.array(v) for c, v in results.dnn_counts().items()}
    at = {t: table_from_counts(counts, t, cosine.TABLE) for t in (0.5, 0.45, 0.40)}
    totals = {t: (tables["signal"].total, tables["background"].total) for t, tables in at.items()}
    assert [(e.k, e.n) for e in totals[0.5]] == [(1635, 2000), (1800, 2000)]
    assert [100 * e.value for e in totals[0.45]] == pytest.approx([86.3, 87.1], abs=0.051)
    assert [100 * e.value for e in totals[0.40]] == pytest.approx([98.1, 66.6], abs=0.051)
    whole = area(counts["signal"].sum(0), counts["background"].sum(0))
    assert whole.value == pytest.approx(0.936, abs=5e-4)
    assert whole.low < whole.value < whole.high
    rows = [area(counts["signal"][i], counts["background"][i]).value for i in (0, 2, 4, 12)]
    assert rows == pytest.approx([0.979, 0.946, 0.849, 0.782], abs=5e-4)


def test_pale_rows_are_those_with_few_events():
    tables = table_from_counts({c: np.array(v) for c, v in results.dnn_counts().items()}, 0.5, cosine.TABLE)
    assert not any(tables["signal"].few)
    few = [i for i, pale in enumerate(tables["background"].few) if pale]
    assert all(tables["background"].rows[i].n < 20 for i in few)
    assert 15 in few
    assert 2 not in few


def test_nine_compatibility_pairs():
    checks = cosine.check_compatibility()
    assert len(checks) == 9
    assert all(check.agree for check in checks)
    (only_counts,) = [check for check in checks if not check.agree_rounded]
    (point,) = only_counts.matching
    assert (point.signal.k, point.signal.n, point.background.n - point.background.k) == (187, 187, 1028)
    assert only_counts.from_rounded == pytest.approx(97.02, abs=0.005)
    assert 100 * point.precision.value == pytest.approx(15.4, abs=0.05)
    assert 100 * point.f1.value == pytest.approx(26.7, abs=0.05)
    only_rounded = [check.printed for check in checks if not check.matching]
    assert [pair.background for pair in only_rounded] == [99.69, 99.69]
    last = checks[-1].matching
    assert [(p.signal.k, p.signal.n) for p in last] == [(311, 312)]


def test_printed_statistics_and_parameters_hang_together():
    for parts in [(row.training, row.validation, row.test) for row in results.CNN_STATISTICS]:
        totals = [sum(part) for part in parts]
        assert [t / sum(totals) for t in totals] == pytest.approx([0.8, 0.1, 0.1], abs=1e-4)
    signal = np.array(results.DNN_EVENTS[1601]) + results.DNN_EVENTS[1765]
    percent = 100 * signal / (signal + results.DNN_EVENTS[1858])
    assert percent == pytest.approx(results.DNN_SIGNAL_PERCENT, abs=5e-4)
    assert sum(layer[2] for layer in results.DNN_LAYERS) == results.DNN_PARAMETERS


def judged(columns, scores, labels, split, cuts=None, **options):
    """As a run is judged: beside the one cut that every network has to beat."""
    cut = cosine.cut_baseline(cuts or Cuts())
    baselines = {cut.name: (columns[cut.column], cut.threshold)}
    return evaluate(
        columns["energy_kev"], scores, labels, split, judging=EXPERIMENT.judging, baselines=baselines, **options
    )


def _events(n=4000, seed=1):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n).astype(np.int8)
    scores = np.clip(rng.normal(0.3 + 0.4 * labels, 0.2), 0, 1).astype(np.float32)
    nmt500_us = np.where(labels == 1, 0.17, 0.05).astype(np.float32)
    energy_kev = rng.uniform(0, 10, n).astype(np.float32)
    return {"energy_kev": energy_kev, "nmt500_us": nmt500_us}, scores, labels, rng.integers(0, 4, n)


def test_evaluation_has_the_promised_keys_and_the_true_numbers():
    columns, scores, labels, split = _events()
    scores[:50], labels[50:90] = np.nan, -1
    evaluation = judged(columns, scores, labels, split)
    plain = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    for of in (plain, plain["baselines"]["nmt500"]):
        assert {"value", "low", "high", "n"} <= set(of["signal_efficiency"]) & set(of["background_efficiency"])
        assert {"value", "low", "high", "n_signal", "n_background"} <= set(of["harmonic_efficiency"])
        assert {"value", "low", "high"} <= set(of["auc"])
    used = (split == 2) & ~np.isnan(scores) & (labels >= 0)
    assert plain["signal_efficiency"]["n"] == (used & (labels == 1)).sum()
    assert plain["signal_efficiency"]["value"] == np.mean(scores[used & (labels == 1)] >= 0.5)
    assert plain["background_efficiency"]["value"] == np.mean(scores[used & (labels == 0)] < 0.5)
    assert plain["n_missing"] == ((split == 2) & np.isnan(scores)).sum()
    assert plain["n_unlabelled"] == ((split == 2) & (labels < 0)).sum()
    assert plain["baselines"]["nmt500"]["harmonic_efficiency"]["value"] == 1.0
    assert sum(row["n"] for row in plain["energy_table"]) == used.sum()
    assert plain["leakage_chosen_on"] == "validation"


def test_what_intervals_do_not_hold_is_said():
    columns, scores, labels, split = _events(400)
    assert "statistical" in " ".join(judged(columns, scores, labels, split).notes)


def test_baseline_stands_under_the_other_labels_too():
    columns, scores, labels, split = _events()
    truth = labels.copy()
    flipped = np.flatnonzero((split == 2) & (labels == 1))[:100]
    truth[flipped] = 0
    plain = judged(columns, scores, labels, split, other_labels={"truth": truth}).to_dict()
    baseline = plain["other_labels"]["truth"]["nmt500"]["background_efficiency"]
    assert baseline["n"] - baseline["k"] == 100
    assert set(plain["other_labels"]["truth"]) == {"network", "nmt500"}


def test_the_baseline_stands_at_the_threshold_of_the_cuts():
    columns, scores, labels, split = _events()
    columns["nmt500_us"] += np.float32(0.1)
    evaluation = judged(columns, scores, labels, split, cuts=Cuts(nmt500_threshold_us=0.2))
    assert (evaluation.baselines["nmt500"].point.threshold, evaluation.baselines["nmt500"].point.background.value) == (
        0.2,
        1.0,
    )


def test_an_event_without_nmt500_fails_the_cut():
    columns, scores, labels, split = _events()
    columns["nmt500_us"][labels == 1] = np.nan
    evaluation = judged(columns, scores, labels, split).baselines["nmt500"]
    assert (evaluation.point.signal.value, evaluation.point.background.value, evaluation.auc.value) == (0.0, 1.0, 0.0)
