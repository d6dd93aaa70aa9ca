"""A matrix as a file: the numbers of every cell, nothing that a reader would obey, missing and undefined left empty."""

import csv
import io
import math

import pytest

from core.figures.compatibility import heatmap
from core.judge import compatibility_report as summary
from core.judge.compatibility import METRICS, Matrix
from core.judge.latex import latex_number, latex_text, to_latex
from core.judge.report import DASH, Figure
from core.judge.report_files import to_csv, to_html
from tests.judge.matrices import cell, matrix, region, sparse, square

RUNS = ("run-a", None, "run-c")


def csv_of(given: Matrix, runs) -> str:
    return to_csv(summary.report(given, runs, "auc"))


def latex_of(given: Matrix, metric: str) -> str:
    return to_latex(summary.report(given, RUNS, metric))


def lines(text: str) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["trained_on"], row["tested_on"]): row for row in csv.DictReader(io.StringIO(text))}


def test_csv_has_every_metric_of_every_cell():
    given = sparse()
    read = lines(csv_of(given, RUNS))
    assert len(read) == 9
    row = read["C1 3-6 keV", "C1 3-6 keV"]
    assert row["run"] == "run-a"
    for name, metric in METRICS.items():
        interval = metric.of(given.cells[0][0])
        for suffix, value in (("", interval.value), ("_low", interval.low), ("_high", interval.high)):
            assert float(row[name + suffix]) == value
    assert (row["background_efficiency_k"], row["background_efficiency_n"]) == ("180", "200")
    assert (row["background_rejection_k"], row["background_rejection_n"]) == ("180", "200")
    assert (row["harmonic_efficiency_k"], row["harmonic_efficiency_n"]) == ("", "300")
    assert (row["n_signal"], row["n_background"], row["n_left_out"]) == ("100", "200", "7")


def test_csv_leaves_missing_and_undefined_empty():
    read = lines(csv_of(sparse(), RUNS))
    for at in (("C1 6-10 keV", "C1 3-6 keV"), ("C3 3-6 keV", "C1 3-6 keV")):
        assert {read[at][name] for name in METRICS} == {""}
        assert read[at]["n_signal"] == ""
    undefined = read["C3 3-6 keV", "C1 6-10 keV"]
    assert undefined["background_efficiency"] == undefined["background_rejection"] == ""
    assert undefined["background_efficiency_n"] == "0"
    assert undefined["signal_efficiency_k"] == "50"


def test_csv_quotes_formulas():
    given = matrix([[cell((1, 1, 1, 1))]], [region("=HYPERLINK(1)")])
    row = next(iter(lines(csv_of(given, ["@run"])).values()))
    assert (row["trained_on"], row["tested_on"], row["run"]) == ("'=HYPERLINK(1)", "'=HYPERLINK(1)", "'@run")


def test_latex_has_asymmetric_intervals_and_marks_few_events():
    given = sparse()
    text = latex_of(given, "signal_efficiency")
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == 3
    cells = body[0].removesuffix(r" \\").split(" & ")
    assert cells[0] == "C1 3-6 keV"
    assert cells[1] == f"{latex_number(given.cells[0][0].point.signal)} (100)"
    assert cells[2].endswith(r" (10)$^\dagger$")
    assert body[1].removesuffix(r" \\").split(" & ")[1:] == ["missing"] * 3
    assert "trained on, tested on & C1" in text and ", in percent." in text
    assert text.count("{") == text.count("}")


def test_latex_shows_undefined_as_a_dash_and_an_area_without_percent():
    given = sparse()
    row = latex_of(given, "background_efficiency").split(r"\midrule")[1].splitlines()[3]
    assert row.split(" & ")[1:3] == ["missing", r"-- (0)$^\dagger$"]
    assert "$0.9000^{+0.0500}_{-0.1000}$" in latex_of(given, "auc")
    assert r"\caption{AUC at" in latex_of(given, "auc") and "percent" not in latex_of(given, "auc")


@pytest.mark.parametrize("character", "\\&%$#_{}~^")
def test_latex_obeys_no_name(character):
    text = latex_text(f"a{character}b")
    assert text not in (f"a{character}b", "ab")
    assert text.startswith("a")
    assert text.endswith("b")


def test_html_escapes_every_text_and_needs_nothing_from_elsewhere():
    evil = "<script>alert(1)</script>"
    given = matrix([[cell((1, 1, 1, 1))]], [region(evil)], notes=(evil,))
    page = to_html(summary.report(given, [evil], "auc", evil, (Figure(evil, heatmap(given, "auc"), evil),)))
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 5
    assert "src=" not in page.split("<script>")[0]  # what follows is plotly itself
    assert "<script src" not in page
    assert len(page) < 6e6


def test_html_shows_the_numbers_and_what_is_missing():
    given = sparse()
    page = to_html(summary.report(given, RUNS, "background_efficiency", "made by hand"))
    table, numbers = page.split("<h3>Background rejection")[1].split("<summary>All numbers</summary>")
    assert table.count("missing") == 4
    assert table.count(f"<td>{DASH}</td>") == 1
    assert "90.00 [84.98, 93.78] n = 200" in table
    assert numbers.count("<tr>") == 10
    assert "made by hand" in page
    assert "a note" in page


def test_key_numbers_part_the_own_region_from_the_others():
    given = square(3)
    own, mean, worst, cells = summary.key_numbers(given, "signal_efficiency")
    assert own.value == "99.00 %"
    assert mean.value == "98.60 %"  # (4 x 98.7 + 2 x 98.4) / 6
    assert worst.value == "98.40 %"
    assert worst.detail.endswith("n=1,000; C1 3-6 keV on C3 3-6 keV")
    assert (cells.value, cells.detail) == ("9 of 9", "0 missing, 0 undefined")


def test_the_worst_leakage_is_the_highest():
    assert summary.key_numbers(square(3), "leakage")[2].value == "0.2 %"


def test_key_numbers_of_a_sparse_matrix():
    rows = summary.key_numbers(sparse(), "background_efficiency")
    assert rows[3].value == "4 of 9"
    assert rows[3].detail == "4 missing, 1 undefined"
    nothing = summary.key_numbers(matrix([[None] * 3] * 3), "auc")
    assert [number.value for number in nothing] == [DASH, DASH, DASH, "0 of 9"]


def test_numbers_as_text():
    text = summary.text
    assert text("signal_efficiency", 0.97694) == "97.69"
    assert text("signal_efficiency", 0.97694, short=True) == "97.7"
    assert text("auc", 0.99995) == "1.0000"
    assert text("leakage", 0.00012) == "0.012"
    assert text("leakage", 0.0) == "0"
    assert text("leakage", 0.25) == "25.00"
    assert text("precision", math.nan) == DASH


def test_every_metric_of_a_cell_in_words():
    rows = summary.cell_rows(cell((50, 60, 0, 0)))
    assert [row[""] for row in rows] == [*(metric.title for metric in METRICS.values()), "signal kept at that leakage"]
    assert rows[1]["value"] == DASH
    assert rows[0]["n"] == "60"
