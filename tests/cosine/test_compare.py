"""The printed tables: what reproduces and what does not, ours by rule, and the arithmetic of every inconsistency."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.made_up import made_up_run
from core.analysis import comparison
from core.analysis.analysis import Inputs
from core.analysis.comparison import AGREES, DIFFERS, NO_COMPARISON, NOTHING, Comparison
from core.cosine.experiment import EXPERIMENT
from core.cosine.grid import Axes, regions
from core.cosine.published import code_comparison, dense_comparison, inconsistencies, results
from core.cosine.published import comparison as compare
from core.cosine.simulate import simulate
from core.statistics.intervals import poisson
from core.workflows.analyse import NONE, Names, open_inputs
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from core.workflows.scored import open_scored
from tests.judge.matrices import cell, matrix

KEYS = {"table", "row", "column", "printed", "recomputed", "ours", "run", "low", "high", "n", "comment"}


@pytest.fixture(scope="module")
def alone() -> list[Comparison]:
    """All rows without anything of ours."""
    return compare.rows(Inputs())


def of(rows: list[Comparison], table: str) -> list[Comparison]:
    return [row for row in rows if row.table == table]


def test_every_table_is_there_with_all_its_numbers(alone):
    n = {table: len(of(alone, table)) for table in compare.TABLES}
    assert n["cnn_statistics"] == 6 * 2 * (3 + 1)
    assert n["cnn_layers"] == 14 * 2 + 2
    assert n["cnn_tests"] == 6 * 2
    assert n["cnn_compatibility"] == 9 * 3 + 2 * 2
    assert n["dnn_statistics"] == 3 * 6 + 6
    assert n["dnn_layers"] == (1 + 6 + 6 + 5) * 2 + 1
    assert n["dnn_efficiency"] == 80 * 21 + 2
    assert sum(n.values()) == len(alone)
    assert len({(row.table, row.row, row.column) for row in alone}) == len(alone)


def test_rows_are_plain_json_with_the_keys_relied_upon(alone):
    records = [row.to_dict() for row in alone]
    json.dumps(records, allow_nan=False)
    assert all(set(row) >= KEYS for row in records)


def test_all_that_was_printed_reproduces_but_the_misprint_and_the_accuracy(alone):
    wrong = [(row.table, row.row, row.column) for row in alone if row.reproduces is False]
    misprint = "signal 4.5 keV, second copy"
    assert wrong == [
        ("dnn_efficiency", misprint, "0.600"),
        ("dnn_efficiency", misprint, "efficiency [%]"),
        ("dnn_settings", "accuracy, crystal 3 [%]", "value"),
    ]
    assert sum(row.reproduces is True for row in of(alone, "dnn_efficiency") if row.column == "efficiency [%]") == 79


def test_numbers_that_were_not_printed_are_computed(alone):
    recomputed = {(row.table, row.row): row.recomputed for row in alone if row.printed is None}
    assert recomputed["cnn_layers", "all, without batch normalisation"] == 9_703_074
    assert recomputed["cnn_layers", "all, with batch normalisation"] == 9_703_074 + 13_696
    assert recomputed["dnn_efficiency", "signal, all energies"] == pytest.approx(81.75)
    assert recomputed["dnn_efficiency", "background, all energies"] == pytest.approx(90.0)
    totals = [row.recomputed for row in of(alone, "cnn_statistics") if row.printed is None]
    assert sum(totals) == 775_799


def test_without_data_nothing_is_ours_but_the_presets_and_the_comment_says_what_to_make(alone):
    for row in alone:
        if row.table in ("cnn_settings", "dnn_settings"):
            assert row.run in ("code", None)
            continue
        assert row.verdict == NOTHING
        assert (row.ours, row.run, row.low, row.high, row.n) == (None, None, None, None, None)
        assert row.comment
    assert any("--scale seed" in row.comment for row in of(alone, "cnn_statistics"))
    assert all("core compatibility" in row.comment for row in of(alone, "cnn_tests"))


def test_one_pair_needs_counts_and_two_need_the_rounded_numbers(alone):
    rows = {row.row: row for row in of(alone, "cnn_compatibility") if row.column == compare.HARMONIC}
    counted = rows["C7 6-10 on C3 3-6 keV"]
    assert counted.recomputed == pytest.approx(97.0251, abs=1e-4)
    assert pytest.approx(97.0240, abs=1e-4) == 2.0 / (1.0 / 100.0 + 1.0 / 94.22)
    rounded = [name for name, row in rows.items() if compare.NO_COUNT in row.comment]
    assert rounded == ["C7 3-6 on C1 6-10 keV", "C3 6-10 on C1 6-10 keV"]


@pytest.mark.parametrize(
    ("layer", "shape", "wanted"),
    [
        ("Conv1D(filters=2, kernel_size=3, strides=2)", (8, 5), ((3, 2), (3 * 5 + 1) * 2)),
        ("MaxPool1D(pool_size=3)", (8, 5), ((2, 5), 0)),
        ("MaxPool1D(pool_size=3, strides=2)", (8, 5), ((3, 5), 0)),
        ("Flatten()", (8, 5), ((40,), 0)),
        ("Dense(7)", (40,), ((7,), 41 * 7)),
    ],
)
def test_a_layer_by_hand(layer, shape, wanted):
    assert code_comparison.after(layer, shape) == wanted


def rule(**values) -> Comparison:
    return Comparison("t", "r", "c", **{"printed": 99.69, "decimals": 2, **values})


def test_verdicts_are_given_by_rule():
    assert rule().verdict == NOTHING
    assert rule(ours=99.0, low=98.0, high=99.686).verdict == AGREES  # half a digit above its end
    assert rule(ours=99.0, low=98.0, high=99.68).verdict == DIFFERS
    assert rule(ours=99.0, low=98.0, high=99.68, printed_low=99.5, printed_high=99.8).verdict == AGREES
    assert rule(ours=99.9, low=99.88, high=99.92, printed_low=90.0, printed_high=99.7).verdict == DIFFERS  # other side
    # 47 of 47 printed as 100 %: [92.5, 100]; ours less, of many events
    assert rule(printed=100.0, printed_low=92.5, printed_high=100.0, ours=99.5, low=99.2, high=99.7).verdict == AGREES
    assert rule(ours=99.0, low=98.0, high=99.68, comparable=False).verdict == NO_COMPARISON
    assert rule(printed="(3, 2)", ours="(3, 2)").verdict == AGREES
    assert rule(printed="(3, 2)", ours="(2, 3)").verdict == DIFFERS
    assert rule(printed=None, recomputed=13_696, ours=13_696, decimals=0).verdict == AGREES
    assert rule(printed=None, recomputed=13_696, ours=13_697, decimals=0).verdict == DIFFERS
    assert rule(recomputed=99.6925).reproduces is True
    assert rule(recomputed=99.6951).reproduces is False
    assert rule().reproduces is None


def test_poisson_intervals_hold_the_exact_tails():
    low, high = poisson(0)
    assert (low, high) == (0.0, pytest.approx(-np.log(0.025)))
    low, high = poisson(1)
    assert 1.0 - np.exp(-low) == pytest.approx(0.025)
    assert np.exp(-high) * (1.0 + high) == pytest.approx(0.025)


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> tuple[list[Comparison], Inputs]:
    """All rows with a simulated data set and a made-up run, whose scores were drawn at random."""
    folder = tmp_path_factory.mktemp("compare")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        prepare(EXPERIMENT, simulate(folder / "raw", n_events=1500, seed=8), "few", default_mapping(EXPERIMENT))
        names = Names("few", made_up_run("few"), NONE)
        sources = open_inputs(EXPERIMENT, compare.PUBLISHED, names)
        return compare.rows(sources), sources


def test_what_is_ours_always_says_where_it_comes_from(ours):
    rows, sources = ours
    places = {"code", sources.dataset.name, sources.run.id}
    with_ours = [row for row in rows if row.ours is not None]
    assert {row.run for row in with_ours} == places
    for row in with_ours:
        if row.run != "code":
            assert row.n is not None
            if row.table == "dnn_efficiency" and row.column == "efficiency [%]":
                assert row.low <= row.ours <= row.high
            if row.comparable is False and row.run == sources.dataset.name and row.row != "signal of all [%]":
                assert row.low is row.high is None  # a number that was chosen has no counting error


def test_a_crystal_that_is_not_there_is_missing_and_a_measured_count_has_its_interval(ours):
    rows, sources = ours
    there = set(np.unique(sources.dataset.column("crystal")).tolist())
    absent = [
        row for row in of(rows, "dnn_statistics") if row.column[1:].isdigit() and int(row.column[1:]) not in there
    ]
    for row in absent:
        assert (row.ours, row.low, row.high) == (None, None, None)
        assert f"has no event of crystal {row.column[1:]}" in row.comment
    name = next(row.column for row in of(rows, "dnn_statistics") if row.ours)
    crystal = int(name[1:])
    measured = SimpleNamespace(name="m", simulated=False, column=lambda _name: np.array([crystal]))
    counted = dense_comparison.counted("t", "r", "c", 30, None, 25, replace(sources, dataset=measured), crystal)
    assert (counted.low, counted.high) == poisson(25)
    nothing = dense_comparison.counted("t", "r", "c", 30, None, 0, replace(sources, dataset=measured), crystal + 1)
    assert nothing.ours is None and "has no event of crystal" in nothing.comment


def test_counts_of_a_simulated_sample_are_not_compared(ours):
    rows, sources = ours
    counts = of(rows, "cnn_statistics")
    assert {row.verdict for row in counts} == {NO_COMPARISON}
    assert all("its size and class balance were chosen" in row.comment for row in counts)
    labels = sources.dataset.columns(["crystal", "energy_kev", "run", "coincident", "nmt500_us"])
    inside = (labels["crystal"] == 3) & (labels["energy_kev"] >= 3) & (labels["energy_kev"] < 6)
    signal = inside & np.isin(labels["run"], (1601, 1765)) & (labels["coincident"] == 1) & (labels["nmt500_us"] > 0.12)
    total = next(row for row in counts if (row.row, row.column) == ("C3 3-6 keV", "all signal"))
    assert total.ours == signal.sum() > 0


def test_the_runs_efficiency_is_that_of_crystal_3_events_it_has_not_seen(ours):
    rows, sources = ours
    total = next(row for row in rows if row.row == "signal, all energies")
    scored = open_scored(sources.run, EXPERIMENT, sources.dataset)
    columns = sources.dataset.columns(["crystal", "run", "coincident", "energy_kev"])
    accepted = n = 0
    for row, value, side in zip(scored.rows, scored.score, scored.side, strict=True):
        labelled = columns["crystal"][row] == 3 and columns["run"][row] in (1601, 1765)
        if labelled and columns["coincident"][row] == 1 and side >= 2 and columns["energy_kev"][row] < 10:
            n, accepted = n + 1, accepted + (value >= 0.5)
    assert total.n == n > 0
    assert total.ours == pytest.approx(100.0 * accepted / n)
    assert total.printed_low < 81.75 < total.printed_high  # 1635 of 2000
    up = total.ours > total.recomputed
    near = total.ours - total.low if up else total.high - total.ours
    theirs = total.printed_high - total.recomputed if up else total.recomputed - total.printed_low
    agrees = abs(total.ours - total.recomputed) <= np.hypot(near, theirs) + 0.005
    assert total.verdict == (AGREES if agrees else DIFFERS)
    below = next(row for row in rows if row.row.startswith("signal 0.0 keV, first") and row.column == "efficiency [%]")
    assert below.ours is None
    assert "its cuts end before" in below.comment


@pytest.fixture
def studied(ours, monkeypatch) -> list[Comparison]:
    """All rows with a study of C3 alone, whose counts are those of the slides but for the network trained at 3-6 keV."""
    grid = regions(Axes(crystals=(3,)))
    sizes = {i: results.n_tested(results.Cell(3, *region.facts["window_kev"])) for i, region in enumerate(grid)}
    n_kept = {(0, 0): 17_000, (0, 1): sizes[1][0] - 50, (1, 0): 16_987, (1, 1): 6324}
    cells = [[cell((sizes[j][1], sizes[j][1], n_kept[i, j], sizes[j][0])) for j in (0, 1)] for i in (0, 1)]
    monkeypatch.setattr(compare, "_training", lambda _run: "trained on 10 signal, 20 background events, 1 epoch")
    study = SimpleNamespace(id="a-study", network="compact")
    return compare.rows(replace(ours[1], study=study, matrix=matrix(cells, grid)))


def test_a_studys_cells_stand_beside_the_printed_pairs(studied):
    rows = {(row.table, row.row, row.column): row for row in studied}
    own = rows["cnn_tests", "C3 6-10 keV", "background [%]"]
    assert own.ours == pytest.approx(100.0 * 6324 / 6326)
    assert (own.n, own.run, own.verdict) == (6326, "run", AGREES)
    low = rows["cnn_tests", "C3 3-6 keV", "background [%]"]
    assert low.ours == pytest.approx(100.0 * 17_000 / 17_792)
    assert (low.printed, low.verdict) == (98.47, DIFFERS)
    assert "simulated" in low.comment
    assert "circular" in low.comment
    assert "20 background events" in low.comment
    assert rows["cnn_compatibility", "C3 6-10 on C3 3-6 keV", "background [%]"].verdict == AGREES
    elsewhere = rows["cnn_tests", "C7 6-10 keV", "background [%]"]
    assert (elsewhere.ours, elsewhere.run, elsewhere.verdict) == (None, None, NOTHING)
    assert elsewhere.comment == "study a-study has no such cell"


def test_the_tally_counts_every_row_once(ours):
    rows, _ = ours
    tally = comparison.tally(rows)
    assert tally["rows"] == len(rows) == sum(tally[verdict] for verdict in comparison.VERDICTS)


def test_the_arithmetic_of_the_inconsistencies():
    accuracies = inconsistencies.accuracy()
    assert (accuracies.plain, accuracies.balanced) == (pytest.approx(85.875), pytest.approx(85.875))
    assert accuracies.natural == pytest.approx(89.925, abs=1e-3)
    assert inconsistencies.n_circular() == (76_548, 1_024)
    pair = inconsistencies.leaking_pair()
    assert (pair.background.n - pair.background.k, pair.background.n) == (1028, 17_792)
    assert 100.0 * pair.precision.value == pytest.approx(15.4, abs=0.05)
    assert 100.0 * pair.f1.value == pytest.approx(26.7, abs=0.05)
    expected = [(round(e), n) for e, n in inconsistencies.expected_c3().values()]
    assert expected == [(3100, 1718), (3055, 2357)]
    chi2, n_free = inconsistencies.split_chi2()
    assert (chi2, n_free) == (pytest.approx(13.9, abs=0.05), 12)
    assert inconsistencies.score_spike() == (646, 4, 4000)
    assert inconsistencies.background_by_energy() == {
        "0-0.5 keV": (396, 403),
        "2.5-6 keV": (142, 216),
        "6-10 keV": (30, 62),
    }
    assert [inconsistencies.set_of(run) for run in (1858, 1859)] == [2, 3]
    assert inconsistencies.UNSTABLE_C7_RUNS[0] < 1601 < inconsistencies.UNSTABLE_C7_RUNS[1]


def test_the_printed_ranges_of_a_batch_window_follow():
    low, high = code_comparison.signal_in_batches(1920)
    assert (low, high) == (pytest.approx(5.4, abs=0.05), pytest.approx(79.9, abs=0.05))


def test_the_list_says_each_thing_once_with_its_numbers():
    by_title = {inconsistency.title: inconsistency for inconsistency in inconsistencies.inconsistencies()}
    assert len(by_title) == len(inconsistencies.inconsistencies()) >= 12
    assert "59/82 = 71.95" in by_title["A misprint in the second copy of the test table"].follows
    assert "97.02; 1,028 of 17,792" in by_title["A harmonic mean of unrounded numbers"].follows
    assert "38/38 is [90.7, 100] %, above 92.4 %" in by_title["100 % of few events, without intervals"].follows
    assert all(
        inconsistency.printed and inconsistency.follows and inconsistency.where for inconsistency in by_title.values()
    )


def test_whole_samples_are_divided_80_10_10_to_four_digits():
    for row in results.CNN_STATISTICS:
        n = np.array([sum(row.training), sum(row.validation), sum(row.test)])
        assert (np.round(n / n.sum(), 4) == (0.8, 0.1, 0.1)).all()
