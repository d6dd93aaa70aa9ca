"""The assembled evaluation and its exports."""

import csv
import io
import json

import numpy as np
import pytest

from core.errors import DarkroomError
from core.judge.evaluation import evaluate
from core.judge.evaluation_report import efficiency_rows, report
from core.judge.judging import Judging
from core.judge.latex import latex_number, to_latex
from core.judge.report import Report, Table
from core.judge.report_files import to_csv, to_json
from core.statistics.efficiency import by_bins
from core.statistics.intervals import efficiency
from tests.judge.axes import ROWS


def _arrays(n=3000, seed=1):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n).astype(np.int8)
    scores = rng.beta(2 + 3 * labels, 5 - 3 * labels).astype(np.float32)
    return rng.uniform(0, 10, n), scores, labels, rng.integers(0, 3, n)


def test_thresholds_for_leakage_come_from_validation_and_are_quoted_on_test():
    energy_kev, scores, labels, split = _arrays()
    evaluation = evaluate(energy_kev, scores, labels, split, judging=Judging(ROWS))
    assert evaluation.leakage_chosen_on == "validation"
    row = evaluation.leakage[0]
    chosen = (split == 1) & (labels == 1)
    assert np.mean(scores[chosen] >= np.float32(row.threshold)) >= 0.9
    assert row.leakage.n == ((split == 2) & (labels == 0)).sum()
    alone = evaluate(energy_kev, scores, labels, np.full(len(labels), 2), judging=Judging(ROWS))
    assert alone.leakage_chosen_on == "the same events"


def test_one_class_empty_is_null_and_no_error():
    energy_kev, scores, _, split = _arrays()
    plain = json.loads(
        to_json(report(evaluate(energy_kev, scores, np.ones(len(scores), np.int8), split, judging=Judging(ROWS))))
    )
    assert plain["background_efficiency"]["value"] is None
    assert plain["auc"]["value"] is None
    assert plain["harmonic_efficiency"]["value"] is None
    assert plain["roc"]["leakage"] == []


def test_nothing_to_judge_says_why():
    energy_kev, scores, labels, split = _arrays(50)
    with pytest.raises(DarkroomError, match=r"No event of split 'test'.* 0 of them scored"):
        evaluate(energy_kev, np.full(50, np.nan), labels, split, judging=Judging(ROWS))
    with pytest.raises(DarkroomError, match="Unknown split 'tset'"):
        evaluate(energy_kev, scores, labels, split, which_split="tset", judging=Judging(ROWS))
    with pytest.raises(DarkroomError, match="'threshold'"):
        evaluate(energy_kev, scores, labels, split, threshold=1.5, judging=Judging(ROWS))


def test_nan_energy_is_judged_but_in_no_row():
    energy_kev, scores, labels, split = _arrays()
    energy_kev[:] = np.nan
    evaluation = evaluate(energy_kev, scores, labels, split, which_split="all", judging=Judging(ROWS))
    assert evaluation.network.point.signal.n + evaluation.network.point.background.n == 3000
    assert sum(table.n_outside for table in evaluation.tables.values()) == 3000


def test_a_default_answer_is_noted():
    energy_kev, scores, labels, split = _arrays()
    scores[::5] = 0.4
    evaluation = evaluate(energy_kev, scores, labels, split, judging=Judging(ROWS))
    assert evaluation.spike_scores == (0.4,)
    assert "0.40 and 0.45" in evaluation.notes[-1]


def test_exports_hold_the_same_numbers():
    energy_kev, scores, labels, split = _arrays()
    evaluation = evaluate(
        energy_kev,
        scores,
        labels,
        split,
        label_scheme="truth",
        baselines={"score": (scores, 0.5)},
        judging=Judging(ROWS),
    )
    plain = json.loads(to_json(report(evaluation)))
    rows = list(csv.DictReader(io.StringIO(to_csv(report(evaluation)))))
    assert len(rows) == 40
    for row, record in zip(rows, plain["energy_table"], strict=True):
        assert float(row["value"]) == record["value"]
        assert [int(row[f"n_{0.05 * i:.2f}"]) for i in range(20)] == record["counts"]


def test_latex_table_is_whole():
    tables = by_bins(np.array([0.2, 0.3]), np.array([0.9, 0.1]), np.array([1, 1]), 0.5, ROWS)
    text = to_latex(Report(tables=(Table("efficiency of 100 %", efficiency_rows(tables), "Some note."),)))
    assert "Energy [keV] & Signal & Background" in text
    assert text.count(r"\\") == 22
    assert text.count("&") == 22 * 2
    assert r"0.0–0.5 & $50.00^{+48.74}_{-48.74}$ (2)$^\dagger$ & -- (0)$^\dagger$ \\" in text
    assert (
        r"\caption{efficiency of 100 \%, in percent. Some note. In brackets: n; daggers: fewer than 20 events.}" in text
    )
    for word in ("toprule", "midrule", "bottomrule"):
        assert word in text


def test_latex_number_of_the_boundary_and_of_nothing():
    assert latex_number(efficiency(2, 2)) == "$100.00^{+0.00}_{-84.19}$"
    assert latex_number(efficiency(0, 0)) == "--"
