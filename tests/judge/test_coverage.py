"""Every interval holds the truth about as often as it says: the toys of `benchmarks.coverage`, few of each."""

import pytest

from benchmarks import coverage

N_TOYS = 160  # 0.95 of them is 152, with a standard deviation of 2.8
LEAST = 143  # 3.3 standard deviations below
EXACT = ("clopper_pearson", "poisson")  # these may hold the truth always
# of n events: the middle of the range, where the benchmark takes all of it
LEFT_OUT = (", 1000", "shift")
LARGE = (", 5000", ", 10000")


def _is_short(case: coverage.Case) -> bool:
    if case.interval.startswith("landau"):
        return case.interval == "landau_peak" and case.n == 1000
    if case.setting.endswith(LARGE):
        return False
    return not (case.interval.startswith("calibration") and any(word in case.setting for word in LEFT_OUT))


CASES = {f"{case.interval}: {case.setting}": case for case in coverage.cases() if _is_short(case)}


@pytest.mark.parametrize("name", CASES)
def test_intervals_hold_the_truth_as_often_as_they_say(name):
    measured = coverage.measure(CASES[name], N_TOYS)
    assert measured.method
    share = measured.held / measured.toys
    assert share >= LEAST / N_TOYS - (0.06 if measured.toys < N_TOYS else 0.0)
    if CASES[name].interval.startswith("calibration") and CASES[name].truth > 0.0:
        assert share <= 0.995  # an interval that is far too wide would hold it always


def test_each_kind_of_interval_is_there_and_a_wrong_one_is_found():
    kinds = {case.interval for case in CASES.values()}
    assert {
        "clopper_pearson", "poisson", "mean_rate", "harmonic_efficiency", "balanced_accuracy", "trigger_times_selection",
        "paired_difference", "rank_correlation", "auc", "calibration_error", "calibration_error_of_calls", "macro_f1",
        "unfolded_count", "landau_peak", "bias", "resolution", "separation", "jensen_shannon", "wasserstein", "fpd", "area_of_seeds",
        "mean_bias", "mean_shift", "ratio_of_means",
    } <= kinds  # fmt: skip
    case = CASES["clopper_pearson: k of n, 0.5 of 100"]
    wrong = coverage.measure(coverage.Case(case.interval, case.setting, case.n, case.truth + 0.1, case.toy), N_TOYS)
    assert wrong.held < LEAST and wrong.above == 0
    plain = wrong.to_dict()
    assert plain["coverage"] == wrong.held / N_TOYS and plain["toys"] == N_TOYS and plain["method"]
