"""Fast histograms against NumPy's."""

import numpy as np

from core.data.histograms import class_histograms, histogram_2d, usual_range


def test_every_row_is_counted_once():
    rng = np.random.default_rng(5)
    values = rng.uniform(0, 12, 10_001).astype(np.float32)
    values[::97] = np.nan
    labels = (np.arange(10_001) % 3 - 1).astype(np.int8)
    made = class_histograms(values, labels, ["a", "b"], 2.0, 10.0, 16)
    for k, name in enumerate("ab"):
        mine, of_class = made[name], values[labels == k]
        finite = of_class[np.isfinite(of_class)]
        inside = finite[(finite >= 2) & (finite < 10)]
        np.testing.assert_array_equal(mine.counts, np.histogram(inside, mine.edges)[0])
        assert (mine.n_under, mine.n_over) == ((finite < 2).sum(), (finite >= 10).sum())
        assert mine.n_missing == np.isnan(of_class).sum()
        assert mine.counts.sum() + mine.n_under + mine.n_over + mine.n_missing == mine.n == len(of_class)


def test_two_dimensions_equal_numpy():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=5000), rng.normal(size=5000)
    x[::50] = np.nan
    chosen = rng.random(5000) < 0.5
    made = histogram_2d(x, y, chosen, (-2, 2), (-1, 1), 20)
    wanted, _, _ = np.histogram2d(x[chosen & np.isfinite(x)], y[chosen & np.isfinite(x)], [made.x_edges, made.y_edges])
    np.testing.assert_array_equal(made.counts, wanted)
    assert made.n == chosen.sum()
    assert made.n_outside == chosen.sum() - wanted.sum()


def test_usual_range_follows_foreign_data():
    assert usual_range(np.linspace(0, 1, 100), (0.0, 0.9)) == (0.0, 0.9)
    low, high = usual_range(np.linspace(1000, 2000, 1000), (0.0, 0.9))
    assert low == 1000
    assert 1990 < high <= 2000
    assert usual_range(np.array([np.nan]), (0.0, 0.9)) == (0.0, 0.9)
    assert usual_range(np.full(10, 7.0), (0.0, 0.9)) == (6.5, 7.5)
