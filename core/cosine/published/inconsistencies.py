"""What does not add up in the slides of 2020, or cannot mean what it seems to: every number recomputed here.

Runs that were told unstable and the boundaries of data sets are from public repositories of the collaboration's
members (data_quality_2021, multi-chan-fitter); everything else follows from the slides' own numbers.
"""

from dataclasses import dataclass

import numpy as np

from core.analysis.comparison import Inconsistency
from core.cosine import evaluate
from core.cosine.published import results
from core.cosine.published.results import Cell, Compatibility
from core.statistics.efficiency import OperatingPoint
from core.statistics.intervals import efficiency, lower_limit

UNSTABLE_C7_RUNS = (1555, 1625)
LAST_RUN_OF_SET = {1: 1546, 2: 1858, 3: 1862, 4: 1939}
CNN, DNN = "CNN slides", "DNN slides"
_THRESHOLD_COLUMN = 10
_C3 = results.DNN_CRYSTALS.index(3)


@dataclass(frozen=True)
class Accuracy:
    """Percent right at 0.5 in the DNN's test table: of all its events, of equal classes, in the mix of crystal 3."""

    plain: float
    balanced: float
    natural: float


def accuracy() -> Accuracy:
    """The accuracies that the printed counts allow."""
    signal, background = (np.array(results.dnn_counts()[name]) for name in ("signal", "background"))
    accepted, rejected = signal[:, _THRESHOLD_COLUMN:].sum(), background[:, :_THRESHOLD_COLUMN].sum()
    eff_s, eff_b = accepted / signal.sum(), rejected / background.sum()
    share = results.DNN_SIGNAL_PERCENT[_C3] / 100.0
    plain = (accepted + rejected) / (signal.sum() + background.sum())
    return Accuracy(*(float(100.0 * v) for v in (plain, (eff_s + eff_b) / 2.0, share * eff_s + (1.0 - share) * eff_b)))


def n_circular() -> tuple[int, int]:
    """(background, signal) test events of all cells of the CNN study, each labelled by the cut that recognises it."""
    background, signal = np.sum([row.test for row in results.CNN_STATISTICS], axis=0)
    return int(background), int(signal)


def leaking_pair() -> OperatingPoint:
    """C7 6-10 on C3 3-6 keV, from the one number of leaked events that gives all three printed percentages."""
    check = next(c for c in evaluate.check_compatibility() if c.printed.harmonic == 97.03)
    return check.matching[0]


def only_rounded() -> list[evaluate.CompatibilityCheck]:
    """The printed pairs whose harmonic efficiency follows from the rounded percentages, but from no count of events."""
    return [check for check in evaluate.check_compatibility() if check.agree_rounded and not check.matching]


def expected_c3() -> dict[Cell, tuple[float, int]]:
    """Signal of crystal 3 per window: expected from the DNN slides (all of it x part of the test table), in the CNN's."""
    rows = np.array(results.dnn_counts()["signal"]).sum(axis=1)
    total = sum(results.DNN_EVENTS[run][_C3] for run in (1601, 1765))
    expected = {}
    for row in results.CNN_STATISTICS:
        if row.cell.crystal == 3:
            inside = slice(round(2 * row.cell.energy_low_kev), round(2 * row.cell.energy_high_kev))
            expected[row.cell] = (float(total * rows[inside].sum() / rows.sum()), row.totals[1])
    return expected


def split_chi2() -> tuple[float, int]:
    """Chi-square and degrees of freedom of the signal of the six cells over 80 : 10 : 10."""
    counts = np.array([[part[1] for part in (r.training, r.validation, r.test)] for r in results.CNN_STATISTICS])
    wanted = counts.sum(axis=1, keepdims=True) * np.array([0.8, 0.1, 0.1])
    return float(((counts - wanted) ** 2 / wanted).sum()), 2 * len(counts)


def score_spike() -> tuple[int, int, int]:
    """Events of both classes in the score bin from 0.40, in the one from 0.35, and in all."""
    counts = np.sum([np.array(rows) for rows in results.dnn_counts().values()], axis=(0, 1))
    return int(counts[8]), int(counts[7]), int(counts.sum())


def background_by_energy() -> dict[str, tuple[int, int]]:
    """Rejected and all background of the DNN's table, 0-0.5, 2.5-6 and 6-10 keV."""
    rows = np.array(results.dnn_counts()["background"])
    windows = {"0-0.5 keV": rows[:1], "2.5-6 keV": rows[5:12], "6-10 keV": rows[12:]}
    return {name: (int(part[:, :_THRESHOLD_COLUMN].sum()), int(part.sum())) for name, part in windows.items()}


def set_of(run: int) -> int:
    """The data set of the collaboration that a physics run belongs to."""
    return next(n for n, last in LAST_RUN_OF_SET.items() if run <= last)


def inconsistencies() -> list[Inconsistency]:
    """The list, those of the numbers first, then those of their meaning."""
    return [*_of_numbers(), *_of_samples(), *_of_meaning()]


def _of_numbers() -> list[Inconsistency]:
    wrong = next(check for check in evaluate.check_printed() if not check.agree)
    accuracies, pair, spike = accuracy(), leaking_pair(), score_spike()
    leaked = pair.background.n - pair.background.k
    counted = only_rounded()[0]
    point = counted.points[0]
    return [
        Inconsistency(
            "A misprint in the second copy of the test table",
            f"Signal, {wrong.energy_low_kev} keV: bin 0.600 reads 1, efficiency {wrong.printed:.2f} %",
            f"{wrong.k}/{wrong.n} = {wrong.recomputed:.2f} %; the first copy reads 5, which gives 63/86 = "
            f"{100 * 63 / 86:.2f} %. The other 79 rows reproduce.",
            f"{DNN}, last Test Result",
        ),
        Inconsistency(
            "An accuracy of 80 % matches no combination",
            "accuracy of 80 % for crystal 3",
            f"test table: {accuracies.plain:.1f} % of all events, {accuracies.balanced:.1f} % of equal classes, {accuracies.natural:.1f} % "
            "in the natural mix",
            f"{DNN}, Best Result",
        ),
        Inconsistency(
            "A harmonic mean of unrounded numbers",
            "C7 6-10 on C3 3-6 keV: 100 and 94.22 give 97.03",
            f"2/(1/100 + 1/94.22) = {2 / (1 / 100 + 1 / 94.22):.2f}; {leaked:,} of {pair.background.n:,} leaked give "
            f"{100 * pair.background.value:.4f} and {100 * pair.harmonic.value:.3f}",
            f"{CNN}, Compatibility",
        ),
        Inconsistency(
            "Harmonic means of rounded numbers, in the same table",
            f"{counted.printed.trained} and {only_rounded()[1].printed.trained} on C1 6-10 keV: 100 and 99.69 give 99.84",
            f"{point.background.n - point.background.k} of {point.background.n:,} leaked is the only count printed as 99.69; "
            f"it gives {100 * point.harmonic.value:.3f}, printed 99.85; the rounded percentages give "
            f"{counted.from_rounded:.3f}",
            f"{CNN}, Compatibility",
        ),
        Inconsistency(
            "One score for many events",
            f"{spike[0]} events in the score bin from 0.40, {spike[1]} in the one from 0.35",
            f"{100 * spike[0] / spike[2]:.0f} % of {spike[2]:,} events share one bin: an answer given to whatever the "
            "network does not recognise; efficiencies at 0.40 or 0.45 jump by it",
            f"{DNN}, Test Result",
        ),
    ]  # fmt: skip


def _of_samples() -> list[Inconsistency]:
    low, high = expected_c3().values()
    chi2, n_free = split_chi2()
    first = results.CNN_STATISTICS[0]
    parts = [part[1] / first.totals[1] for part in (first.training, first.validation, first.test)]
    self_test = results.CNN_STATISTICS[0].test[1]
    interval = efficiency(self_test, self_test)
    return [
        Inconsistency(
            "Less signal in crystal 3 than expected",
            f"{low[1]:,} signal events in 3-6 keV, {high[1]:,} in 6-10 keV",
            f"the DNN slides' 11,150 events times the parts of their test table give {low[0]:,.0f} and {high[0]:,.0f}: "
            f"{100 * low[1] / low[0]:.0f} % and {100 * high[1] / high[0]:.0f} % are left by nmt500 > 0.12, which true "
            "scintillation passes at 99.5 % or more above 3 keV. The old signal was impure, or other cuts are new "
            "(assuming that the 11,150 lie in 0-10 keV)",
            f"{CNN}, Data Statistics; {DNN}, Data Statistics and Test Result",
        ),
        Inconsistency(
            "Divided at random, not by class",
            f"signal of C1 3-6 keV: {first.training[1]}, {first.validation[1]}, {first.test[1]}",
            f"parts {parts[0]:.3f}, {parts[1]:.3f}, {parts[2]:.3f} where the whole samples are divided 0.800, 0.100, 0.100; "
            f"chi-square {chi2:.1f} for {n_free} degrees of freedom over the six cells: chance, so neither balanced by "
            "class nor by sub-run",
            f"{CNN}, Data Statistics",
        ),
        Inconsistency(
            "100 % of few events, without intervals",
            f"C1 3-6 keV: signal efficiency 100 % ({self_test} test events)",
            f"{self_test}/{self_test} is [{100 * interval.low:.1f}, 100] %, above {100 * lower_limit(self_test, self_test):.1f} % "
            "one-sided, at 95 %",
            f"{CNN}, test efficiencies",
        ),
        Inconsistency(
            "A calibration run from an unstable time",
            "runs 1601 and 1765 are signal, crystal 7 among them",
            f"the data quality list calls crystal 7 unstable over long times from run {UNSTABLE_C7_RUNS[0]} to "
            f"{UNSTABLE_C7_RUNS[1]}; 1601 lies between",
            f"{CNN} and {DNN}, selection",
        ),
        Inconsistency(
            "Physics runs on both sides of a boundary",
            "runs 1858 and 1859 are background",
            f"1858 is the last run of data set {set_of(1858)} of the collaboration, 1859 the first of data set {set_of(1859)}",
            f"{CNN}, Data Selection",
        ),
    ]  # fmt: skip


def _of_meaning() -> list[Inconsistency]:
    background, signal = n_circular()
    pair, rejected = leaking_pair(), background_by_energy()
    self_leak = _leaked(results.CNN_SELF_TESTS[0])
    return [
        Inconsistency(
            "The labels are circular",
            "signal: nmt500 > 0.12; background: nmt500 < 0.12",
            f"the cut alone is right on all {signal:,} signal and {background:,} background test events: 100/100, as the "
            "labels were made with it. Slow noise above the cut is in no class, so its rejection is never measured",
            f"{CNN}, Data Selection",
        ),
        Inconsistency(
            "F1 is not F1",
            "F1 = 2/(1/signal efficiency + 1/background efficiency)",
            f"a harmonic mean of two efficiencies. C7 6-10 on C3 3-6 keV: {100 * pair.harmonic.value:.2f} % so, while precision is "
            f"{100 * pair.precision.value:.1f} % and the usual F1 {100 * pair.f1.value:.1f} %",
            f"{CNN}, Compatibility",
        ),
        Inconsistency(
            "Better on another crystal than the crystal's own network",
            "C7 3-6 on C3 6-10 keV: 100 and 100; C3 6-10 keV on itself: 100 and 99.97",
            f"0 against {self_leak} leaked of {results.n_tested(Cell(3, 6.0, 10.0))[0]:,}: no contradiction within statistics, but no sign either that the "
            "windows differ",
            f"{CNN}, Compatibility and test efficiencies",
        ),
        Inconsistency(
            "The background label holds signal",
            "background efficiency "
            + ", ".join(f"{100 * k / n:.0f} % at {name}" for name, (k, n) in rejected.items()),
            "an event alone in a physics run may be genuine scintillation; where noise dies out, the label is wrong for many: "
            "a falling background efficiency is no failure of the network",
            f"{DNN}, Test Result",
        ),
    ]  # fmt: skip


def _leaked(pair: Compatibility) -> int:
    check = evaluate.check_compatibility([pair])[0]
    background = check.points[0].background
    return background.n - background.k
