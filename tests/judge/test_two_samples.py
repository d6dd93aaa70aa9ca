"""Distances of two samples against closed forms, and what truth against truth gives."""

import math

import numpy as np
import pytest

from core.errors import DarkroomError
from core.statistics import frechet, neighbours
from core.statistics.two_samples import (
    counts_of,
    edges_of,
    jensen_shannon,
    of_histograms,
    separation,
    separation_of,
    wasserstein_of,
)

N = 20_000


@pytest.fixture(scope="module")
def normal() -> np.ndarray:
    """Standard normal numbers in four dimensions, twice."""
    return np.random.default_rng(11).normal(size=(2, N, 4))


def test_the_same_histogram_is_0_and_a_disjoint_one_1() -> None:
    same, other = np.array([3, 7, 0, 0]), np.array([0, 0, 5, 5])
    for distance in (separation, jensen_shannon):
        assert distance(same, 10 * same) == pytest.approx(0.0)
        assert distance(same, other) == pytest.approx(1.0)
        assert math.isnan(distance(same, np.zeros(4, int)))


def test_separation_and_divergence_of_two_bins_by_hand() -> None:
    first, second = np.array([1, 3]), np.array([3, 1])
    assert separation(first, second) == pytest.approx(0.25)  # 1/2 (0.25 + 0.25)
    assert jensen_shannon(first, second) == pytest.approx(1.0 + 0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))


def test_bins_hold_everything_and_an_undefined_value_counts() -> None:
    values = np.append(np.random.default_rng(1).normal(size=5_000), [np.nan, np.nan, 50.0])
    edges = edges_of(values)
    counts = counts_of(values, edges)
    assert len(edges) == 51 and counts.sum() == len(values)
    assert counts[-1] == 2 and counts[-2] >= 1
    same = edges_of(np.full(10, 3.0))
    assert counts_of(np.full(10, 3.0), same).tolist() == [0, 10, 0, 0]
    assert counts_of(np.full(10, 3.1), same).tolist() == [0, 0, 10, 0]


def test_equal_samples_are_as_far_apart_as_chi2_says(normal: np.ndarray) -> None:
    """The mean of S of two equal samples of n is (bins - 1) / 4 (1 / n + 1 / n)."""
    values = [separation_of(*pair).value for pair in np.random.default_rng(2).normal(size=(40, 2, 4_000))]
    assert np.mean(values) == pytest.approx(51 / 4 * 2 / 4_000, rel=0.08)
    apart = separation_of(normal[0, :, 0], normal[1, :, 0] + 1.0)
    assert apart.low < apart.value < apart.high and apart.n == N
    x = np.linspace(-8, 9, 20_001)
    p, q = np.exp(-0.5 * x**2), np.exp(-0.5 * (x - 1.0) ** 2)
    exact = 0.5 * ((p - q) ** 2 / (p + q)).sum() / p.sum()
    assert apart.low < exact + 51 / 4 * 2 / N < apart.high


def test_the_interval_of_the_separation_holds_what_other_samples_give() -> None:
    rng = np.random.default_rng(3)
    edges = edges_of(rng.normal(size=N))
    p, q = (counts_of(rng.normal(mean, size=2_000_000), edges) / 2e6 for mean in (0.0, 0.5))
    draws = [
        of_histograms(separation, rng.multinomial(3_000, p), rng.multinomial(3_000, q), seed) for seed in range(60)
    ]
    values = np.array([draw.value for draw in draws])
    inside = [draw.low <= values.mean() <= draw.high for draw in draws]
    assert np.mean(inside) > 0.85


def test_wasserstein_of_a_shift_is_the_shift(normal: np.ndarray) -> None:
    a, b = normal[:, :, 0]
    shifted = wasserstein_of(a, b + 0.3)
    assert shifted.low < 0.3 < shifted.high and shifted.high - shifted.low < 0.1
    assert wasserstein_of(a, b).value < 0.03
    assert wasserstein_of(np.append(a, np.nan), a).value == pytest.approx(0.0)
    assert math.isnan(wasserstein_of(a, np.array([np.nan])).value)


def test_frechet_of_gaussians_by_hand() -> None:
    first = np.zeros(2), np.diag([1.0, 4.0])
    other = np.array([3.0, 4.0]), np.diag([4.0, 9.0])
    assert frechet.frechet(first, first) == pytest.approx(0.0, abs=1e-12)
    assert frechet.frechet(first, other) == pytest.approx(25.0 + 1.0 + 1.0)  # |shift|^2 and (2 - 1)^2, (3 - 2)^2
    angle = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = [(angle @ mean, angle @ cov @ angle.T) for mean, cov in (first, other)]
    assert frechet.frechet(*turned) == pytest.approx(27.0)


def test_fpd_extrapolates_to_the_shift(normal: np.ndarray) -> None:
    largest = np.abs(normal[0]).max(axis=0)
    shift = np.array([0.5, 0.0, 0.2, 0.0])
    distance = frechet.fpd(normal[0], normal[1] + shift)
    exact = float(((shift / largest) ** 2).sum())
    assert distance.low < exact < distance.high and distance.high < 1.2 * exact
    same = frechet.fpd(normal[0], normal[1])
    assert same.value < 0.02 * exact and same.low == 0.0
    with pytest.raises(DarkroomError, match=r"needs 10,000 rows on each side, there are 500"):
        frechet.fpd(normal[0, :500], normal[1])


def test_kpd_of_points_by_hand_and_of_equal_samples(normal: np.ndarray) -> None:
    x, y = np.array([[1.0], [2.0]]), np.array([[0.0], [3.0]])
    kernel = lambda a, b: (a * b + 1.0) ** 4  # noqa: E731
    exact = kernel(1, 2) + kernel(0, 3) - 2 * np.mean([kernel(1, 0), kernel(1, 3), kernel(2, 0), kernel(2, 3)])
    assert frechet.squared_discrepancy(x, y) == pytest.approx(exact)
    same = frechet.kpd(normal[0], normal[1], batch_rows=2_000)
    apart = frechet.kpd(normal[0], normal[1] + 0.5, batch_rows=2_000)
    assert abs(same.value) < 0.1 * apart.value and apart.low > same.high and same.low < 0.0 < same.high
    with pytest.raises(DarkroomError, match=r"needs 10,000 rows on each side, twice those of a batch, there are 100"):
        frechet.kpd(normal[0, :100], normal[1])


def test_manifolds_see_a_missing_mode_and_a_spread() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(size=(800, 3))
    truth[:400] += 20.0
    same, one_mode = rng.normal(size=(800, 3)), rng.normal(size=(800, 3))
    same[:400] += 20.0
    good, dropped = neighbours.manifolds(truth, same), neighbours.manifolds(truth, one_mode)
    assert good.precision.value > 0.9 and good.recall.value > 0.9 and good.coverage.value > 0.9
    assert good.density.value == pytest.approx(1.0, abs=0.1)
    assert dropped.precision.value > 0.9
    assert dropped.recall.value < 0.55 and dropped.coverage.value < 0.55
    wide = neighbours.manifolds(same[400:], 4.0 * truth[400:])
    assert wide.precision.value < 0.5 and wide.recall.value > 0.9 and wide.coverage.value < wide.recall.value
    far = neighbours.manifolds(truth, same + 100.0)
    assert far.precision.k == far.recall.k == far.coverage.k == 0
    with pytest.raises(DarkroomError, match="need 6 rows on each side, there are 3"):
        neighbours.manifolds(truth[:3], same)


def test_copies_are_near_and_the_truth_is_as_near_as_the_truth() -> None:
    rng = np.random.default_rng(6)
    train, truth = rng.normal(size=(2_000, 5)), rng.normal(size=(2, 500, 5))
    of_truth, of_others = (neighbours.nearest(part, neighbours.blocks(train, 300)) for part in truth)
    assert np.allclose(of_truth[:3], np.sqrt(((truth[0, :3, None] - train) ** 2).sum(axis=2)).min(axis=1), rtol=1e-4)
    ratio = neighbours.ratio_of_means(of_others, of_truth)
    assert ratio.low < 1.0 < ratio.high
    copies = neighbours.nearest(train[:500], neighbours.blocks(train, 300))
    assert neighbours.ratio_of_means(copies, of_truth).value < 1e-3
    assert np.isinf(neighbours.nearest(truth[0], [])).all()
