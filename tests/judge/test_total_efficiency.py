"""Trigger times selection: coverage of the product's interval by enumeration, its ends, and the binning."""

import math

import numpy as np
import pytest
from scipy import special

from core.analysis.total_efficiency import SelectedSignal, TriggerPoint, chain, in_percent, table, total_efficiency
from core.judge.report import DASH
from core.statistics.intervals import efficiency


def binomial(n: int, p: float) -> np.ndarray:
    k = np.arange(n + 1)
    return np.exp(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1) + special.xlogy(k, p)
                  + special.xlog1py(n - k, -p))  # fmt: skip


@pytest.mark.parametrize(("n_first", "n_second"), [(200, 25), (40, 40)])
def test_the_interval_covers_the_product_on_the_average(n_first: int, n_second: int) -> None:
    """Every pair of counts, weighted by its probability, for true efficiencies over the square."""
    products = [
        [total_efficiency(efficiency(a, n_first), efficiency(b, n_second)) for b in range(n_second + 1)]
        for a in range(n_first + 1)
    ]
    low, high = (np.array([[getattr(number, end) for number in row] for row in products]) for end in ("low", "high"))
    covered = []
    for p in (0.3, 0.6, 0.8, 0.9, 0.97):
        for q in (0.2, 0.5, 0.75, 0.9, 0.98):
            weight = np.outer(binomial(n_first, p), binomial(n_second, q))
            covered.append(float(weight[(low <= p * q) & (p * q <= high)].sum()))
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    assert min(covered) > 0.88


def test_the_ends() -> None:
    full = total_efficiency(efficiency(50, 50), efficiency(20, 20))
    assert (full.value, full.high) == (1.0, 1.0)
    assert 0.85 < full.low < 1.0
    none = total_efficiency(efficiency(0, 50), efficiency(20, 20))
    assert (none.value, none.low) == (0.0, 0.0)
    assert 0.0 < none.high < 0.1
    empty = total_efficiency(efficiency(3, 4), efficiency(0, 0))
    assert math.isnan(empty.value)
    assert empty.to_dict()["value"] is None
    assert in_percent(empty) == DASH


def test_with_one_of_them_certain_the_other_remains() -> None:
    product = total_efficiency(efficiency(10_000_000, 10_000_000), efficiency(30, 40))
    assert product.value == pytest.approx(0.75)
    assert product.low < 0.75 < product.high
    assert product.high - product.low == pytest.approx(0.265, abs=0.01)  # Jeffreys of 30 of 40


def point(energy_kev: float, k: int, n: int) -> TriggerPoint:
    none = efficiency(0, n)
    return TriggerPoint(energy_kev, efficiency(k, n), none, none)


def test_a_chain_counts_each_in_its_bins() -> None:
    points = [point(0.25, 1, 10), point(0.75, 5, 10), point(1.5, 10, 10)]
    selected = SelectedSignal("a cut", np.array([0.9, 0.2, 1.1, 1.9, 2.5]), np.array([True, False, True, False, True]))
    efficiencies = chain(points, selected, np.array([0.0, 1.0, 2.0]))
    assert [(item.k, item.n) for item in efficiencies.trigger] == [(6, 20), (10, 10)]
    assert [(item.k, item.n) for item in efficiencies.selection] == [(1, 2), (1, 2)]
    assert [item.value for item in efficiencies.total] == pytest.approx([0.15, 0.5])
    assert [row["n selection"] for row in table(efficiencies)] == [2, 2]
    assert efficiencies.to_rows()[1]["trigger"]["n"] == 10
