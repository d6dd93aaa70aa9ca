"""Cut studies: every count against a plain count, optima from closed forms, the bootstrap against its known spread."""

import math

import numpy as np
import pytest

from core.errors import DarkroomError
from core.judge import cutstudy
from core.judge.cutstudy import ABOVE, BELOW, Axis

RNG = np.random.default_rng(5)


def gaussians(n: int, distance: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Signal at `distance`, background at 0, both of unit width, n each."""
    rng = np.random.default_rng(seed)
    values = np.r_[rng.normal(distance, 1, n), rng.normal(0, 1, n)].astype(np.float32)
    return values, np.repeat([1, 0], n)


@pytest.mark.parametrize("direction", [ABOVE, BELOW])
def test_a_scan_counts_what_a_loop_counts(direction: str) -> None:
    values = np.r_[RNG.normal(0, 1, 300), np.nan, np.nan, 0.5].astype(np.float32)
    labels = RNG.integers(-1, 2, len(values))
    axis = Axis("x", direction, np.linspace(-2, 2, 9))
    counted = cutstudy.scan([axis], [values], labels)
    for name, label in (("signal", 1), ("background", 0)):
        of_label = values[labels == label]
        expected = [int((of_label >= t).sum() if direction == ABOVE else (of_label < t).sum()) for t in axis.thresholds]
        assert counted.kept(name).tolist() == expected
        assert counted.n_of(name) == len(of_label)  # NaN counts as an event that no cut keeps


def test_two_cuts_count_what_a_loop_counts() -> None:
    x, y = RNG.normal(0, 1, (2, 400))
    x[:5], y[5:9] = np.nan, np.nan
    labels = RNG.integers(0, 2, 400)
    axes = [Axis("x", ABOVE, np.linspace(-1, 1, 5)), Axis("y", BELOW, np.linspace(-1, 2, 4))]
    accepted = cutstudy.scan(axes, [x, y], labels).kept("signal")
    expected = [[int(((x >= a) & (y < b))[labels == 1].sum()) for b in axes[1].thresholds] for a in axes[0].thresholds]
    assert accepted.tolist() == expected


def test_the_best_cut_between_equal_gaussians_lies_in_the_middle() -> None:
    values, labels = gaussians(20_000, 2.0)
    counted = cutstudy.scan([Axis("x", ABOVE, np.linspace(-1, 3, 201))], [values], labels)
    best = cutstudy.optimum(counted, "harmonic")
    assert best.at[0] == pytest.approx(1.0, abs=0.06)
    assert best.low[0] <= best.at[0] <= best.high[0]
    assert best.merit.value == pytest.approx(0.8413, abs=0.005)  # Phi(1)
    assert best.merit.low < 0.8413 < best.merit.high


def test_the_bootstrap_spreads_as_fresh_samples_do() -> None:
    axis = Axis("x", ABOVE, np.linspace(-1, 3, 201))
    fresh = []
    for seed in range(40):
        values, labels = gaussians(500, 2.0, seed)
        fresh.append(cutstudy.optimum(cutstudy.scan([axis], [values], labels), "harmonic", n_bootstrap=2).at[0])
    values, labels = gaussians(500, 2.0, 99)
    best = cutstudy.optimum(cutstudy.scan([axis], [values], labels), "harmonic")
    half_width = (best.high[0] - best.low[0]) / 2
    assert np.std(fresh) / 2 < half_width < 2 * np.std(fresh)


def test_merits_are_their_formulas() -> None:
    values, labels = gaussians(1000, 1.5)
    counted = cutstudy.scan([Axis("x", ABOVE, np.array([0.7]))], [values], labels)
    s, b = (values[labels == k] >= np.float32(0.7) for k in (1, 0))
    accepted, leaked = s.mean(), b.mean()
    merit = {name: float(cutstudy.merit_of(counted, name, (50.0, 2000.0))[0]) for name in cutstudy.MERITS}
    assert merit["harmonic"] == pytest.approx(2 / (1 / accepted + 1 / (1 - leaked)))
    assert merit["significance"] == pytest.approx(50 * accepted / math.sqrt(50 * accepted + 2000 * leaked))
    assert merit["punzi"] == pytest.approx(accepted / (1.5 + math.sqrt(2000 * leaked)))


def test_a_cut_that_keeps_nothing_has_merit_0_and_not_an_error() -> None:
    values, labels = gaussians(100, 1.0)
    counted = cutstudy.scan([Axis("x", ABOVE, np.array([0.0, 100.0]))], [values], labels)
    assert [float(cutstudy.merit_of(counted, name)[1]) for name in ("significance", "punzi")] == [0.0, 0.0]


def test_an_absent_class_is_refused_by_name() -> None:
    counted = cutstudy.scan([Axis("x", ABOVE, np.array([0.0]))], [np.ones(5)], np.ones(5, int))
    assert np.isnan(cutstudy.merit_of(counted, "harmonic")).all()
    with pytest.raises(DarkroomError, match="no background among the 5 events"):
        cutstudy.optimum(counted, "harmonic")


def test_the_side_of_the_signal_is_found() -> None:
    values, labels = gaussians(500, 1.0)
    assert cutstudy.better_direction(values, labels) == ABOVE
    assert cutstudy.better_direction(-values, labels) == BELOW


def test_cut_and_network_together() -> None:
    labels = np.repeat([1, 0], 100)
    passed = np.arange(200) % 2 == 0  # half of each class, whatever the score
    scores = np.r_[np.linspace(0.5, 1.0, 100), np.linspace(0.0, 0.6, 100)].astype(np.float32)
    combined = cutstudy.combine(passed, scores, labels, 0.5)
    assert combined["network"].signal.k == 100
    both = combined["cut and network"]
    assert (both.signal.k, both.background.n - both.background.k) == (
        50,
        int((passed[100:] & (scores[100:] >= 0.5)).sum()),
    )
    alone = combined["network, as much signal"]
    assert alone.signal.k == 50
    assert alone.background.k == 100  # the upper half of the signal's scores lies above all background


def test_rank_correlation_and_its_interval() -> None:
    n, rho = 4000, 0.6
    x = RNG.normal(0, 1, n)
    y = rho * x + math.sqrt(1 - rho**2) * RNG.normal(0, 1, n)
    expected = 6 / math.pi * math.asin(rho / 2)  # Spearman of a bivariate Gaussian (Pearson 1907)
    correlations = {
        (c.column, c.class_name): c.rho
        for c in cutstudy.correlations({"x": x, "flat": np.ones(n)}, y, np.zeros(n, int))
    }
    assert correlations["x", "all"].low < expected < correlations["x", "all"].high
    assert correlations["x", "background"].value == correlations["x", "all"].value
    assert math.isnan(correlations["flat", "all"].value)
    assert math.isnan(correlations["x", "signal"].value)
    assert correlations["x", "signal"].n == 0


def test_the_interval_of_the_rank_correlation_covers() -> None:
    rho, expected, inside = 0.5, 6 / math.pi * math.asin(0.25), 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, 80)
        y = rho * x + math.sqrt(1 - rho**2) * rng.normal(0, 1, 80)
        interval = cutstudy.correlations({"x": x}, y, np.ones(80, int))[0].rho
        inside += interval.low <= expected <= interval.high
    assert 180 <= inside <= 200


def test_whole_numbers_are_cut_between_them():
    values = np.array([3, 4, 5], np.int16)
    axis = Axis("n_pulses", ABOVE, np.array([3.0, 3.7, 4.2]))
    assert axis.passes(values, 3.7).tolist() == [False, True, True]
    assert cutstudy.scan([axis], [values], np.ones(3, int)).kept("signal").tolist() == [3, 2, 1]
