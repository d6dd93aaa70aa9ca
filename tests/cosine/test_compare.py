"""The printed tables: what reproduces and what does not, ours by rule, and the arithmetic of every inconsistency."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.made_up import made_up_run
from core import runs
from core.cosine import compare, compare_code, inconsistencies, published
from core.cosine.experiment import EXPERIMENT
from core.cosine.grid import Axes, regions
from core.cosine.simulate import simulate
from core.data.dataset import open_dataset
from core.data.demo import default_mapping
from core.data.prepare import prepare
from core.judge import comparison
from core.judge.comparison import AGREES, DIFFERS, NO_COMPARISON, NOTHING, Comparison, Sources
from core.judge.intervals import poisson
from tests.judge.matrices import cell, matrix

KEYS = {"table", "row", "column", "printed", "recomputed", "ours", "run", "low", "high", "n", "comment"}


@pytest.fixture(scope="module")
def alone() -> list[Comparison]:
    """All rows without anything of ours."""
    return compare.rows(Sources(EXPERIMENT))


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
    told = [row.to_dict() for row in alone]
    json.dumps(told, allow_nan=False)
    assert all(set(row) >= KEYS for row in told)


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
    found = {(row.table, row.row): row.recomputed for row in alone if row.printed is None}
    assert found["cnn_layers", "all, without batch normalisation"] == 9_703_074
    assert found["cnn_layers", "all, with batch normalisation"] == 9_703_074 + 13_696
    assert found["dnn_efficiency", "signal, all energies"] == pytest.approx(81.75)
    assert found["dnn_efficiency", "background, all energies"] == pytest.approx(90.0)
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
    assert compare_code.after(layer, shape) == wanted


def rule(**told) -> Comparison:
    return Comparison("t", "r", "c", **{"printed": 99.69, "decimals": 2, **told})


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
def ours(tmp_path_factory) -> tuple[list[Comparison], Sources]:
    """All rows with a simulated data set and a made-up run, whose scores were drawn at random."""
    folder = tmp_path_factory.mktemp("compare")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        prepare(EXPERIMENT, simulate(folder / "raw", n_events=1500, seed=8), "few", default_mapping(EXPERIMENT))
        sources = Sources(EXPERIMENT, open_dataset("few"), None, runs.open_run(made_up_run("few")))
        return compare.rows(sources), sources


def test_what_is_ours_always_says_where_it_comes_from(ours):
    rows, sources = ours
    places = {"code", sources.dataset.name, sources.run.id}
    mine = [row for row in rows if row.ours is not None]
    assert {row.run for row in mine} == places
    for row in mine:
        if row.run != "code":
            assert row.low is not None
            assert row.low <= row.ours <= row.high
            assert row.n is not None


def test_counts_of_a_simulated_sample_are_not_compared(ours):
    rows, sources = ours
    mine = of(rows, "cnn_statistics")
    assert {row.verdict for row in mine} == {NO_COMPARISON}
    assert all("its size and class balance were chosen" in row.comment for row in mine)
    labels = sources.dataset.columns(["crystal", "energy_kev", "run", "coincident", "nmt500_us"])
    inside = (labels["crystal"] == 3) & (labels["energy_kev"] >= 3) & (labels["energy_kev"] < 6)
    signal = inside & np.isin(labels["run"], (1601, 1765)) & (labels["coincident"] == 1) & (labels["nmt500_us"] > 0.12)
    found = next(row for row in mine if (row.row, row.column) == ("C3 3-6 keV", "all signal"))
    assert found.ours == signal.sum() > 0


def test_the_runs_efficiency_is_that_of_crystal_3_events_it_has_not_seen(ours):
    rows, sources = ours
    found = next(row for row in rows if row.row == "signal, all energies")
    data, stored = sources.dataset, runs.read_scores(sources.run, "few")
    columns = data.columns(["uid", "crystal", "run", "coincident", "energy_kev"])
    at = np.flatnonzero(np.isin(columns["uid"], stored["uid"]))
    score = dict(zip(stored["uid"].tolist(), zip(stored["score"], stored["split"], strict=True), strict=True))
    kept = n = 0
    for row in at:
        value, split = score[int(columns["uid"][row])]
        labelled = columns["crystal"][row] == 3 and columns["run"][row] in (1601, 1765)
        if labelled and columns["coincident"][row] == 1 and split >= 2 and columns["energy_kev"][row] < 10:
            n, kept = n + 1, kept + (value >= 0.5)
    assert found.n == n > 0
    assert found.ours == pytest.approx(100.0 * kept / n)
    assert found.printed_low < 81.75 < found.printed_high  # 1635 of 2000
    up = found.ours > found.recomputed
    near = found.ours - found.low if up else found.high - found.ours
    theirs = found.printed_high - found.recomputed if up else found.recomputed - found.printed_low
    agrees = abs(found.ours - found.recomputed) <= np.hypot(near, theirs) + 0.005
    assert found.verdict == (AGREES if agrees else DIFFERS)
    below = next(row for row in rows if row.row.startswith("signal 0.0 keV, first") and row.column == "efficiency [%]")
    assert below.ours is None
    assert "its cuts end before" in below.comment


@pytest.fixture
def studied(ours, monkeypatch) -> list[Comparison]:
    """All rows with a study of C3 alone, whose counts are those of the slides but for the network trained at 3-6 keV."""
    grid = regions(Axes(crystals=(3,)))
    sizes = {i: published.n_tested(published.Cell(3, *region.facts["window_kev"])) for i, region in enumerate(grid)}
    kept = {(0, 0): 17_000, (0, 1): sizes[1][0] - 50, (1, 0): 16_987, (1, 1): 6324}
    made = matrix([[cell((sizes[j][1], sizes[j][1], kept[i, j], sizes[j][0])) for j in (0, 1)] for i in (0, 1)], grid)
    monkeypatch.setattr(compare, "open_matrix", lambda *_: made)
    monkeypatch.setattr(compare, "_training", lambda _run: "trained on 10 signal, 20 background events, 1 epoch")
    study = SimpleNamespace(id="a-study", network="compact")
    return compare.rows(replace(ours[1], study=study))


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
    told = comparison.tally(rows)
    assert told["rows"] == len(rows) == sum(told[verdict] for verdict in comparison.VERDICTS)


def test_the_arithmetic_of_the_inconsistencies():
    found = inconsistencies.accuracy()
    assert (found.plain, found.balanced) == (pytest.approx(85.875), pytest.approx(85.875))
    assert found.natural == pytest.approx(89.925, abs=1e-3)
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
    low, high = compare_code.signal_in_batches(1920)
    assert (low, high) == (pytest.approx(5.4, abs=0.05), pytest.approx(79.9, abs=0.05))


def test_the_list_says_each_thing_once_with_its_numbers():
    told = {one.title: one for one in inconsistencies.inconsistencies()}
    assert len(told) == len(inconsistencies.inconsistencies()) >= 12
    assert "59/82 = 71.95" in told["A misprint in the second copy of the test table"].follows
    assert "97.02; 1,028 of 17,792" in told["A harmonic mean of unrounded numbers"].follows
    assert "38/38 is [90.7, 100] %, above 92.4 %" in told["100 % of few events, without intervals"].follows
    assert all(one.printed and one.follows and one.where for one in told.values())


def test_whole_samples_are_divided_80_10_10_to_four_digits():
    for row in published.CNN_STATISTICS:
        n = np.array([sum(row.training), sum(row.validation), sum(row.test)])
        assert (np.round(n / n.sum(), 4) == (0.8, 0.1, 0.1)).all()
