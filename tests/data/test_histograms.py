"""Fast histograms against NumPy's."""

import numpy as np

from core.data.histograms import class_histograms, usual_range


def test_every_row_is_counted_once():
    rng = np.random.default_rng(5)
    values = rng.uniform(0, 12, 10_001).astype(np.float32)
    values[::97] = np.nan
    labels = (np.arange(10_001) % 3 - 1).astype(np.int8)
    histograms_of_classes = class_histograms(values, labels, ["a", "b"], 2.0, 10.0, 16)
    for k, name in enumerate("ab"):
        histogram_of_class, of_class = histograms_of_classes[name], values[labels == k]
        finite = of_class[np.isfinite(of_class)]
        inside = finite[(finite >= 2) & (finite < 10)]
        np.testing.assert_array_equal(histogram_of_class.counts, np.histogram(inside, histogram_of_class.edges)[0])
        assert (histogram_of_class.n_under, histogram_of_class.n_over) == ((finite < 2).sum(), (finite >= 10).sum())
        assert histogram_of_class.n_missing == np.isnan(of_class).sum()
        assert (
            histogram_of_class.counts.sum()
            + histogram_of_class.n_under
            + histogram_of_class.n_over
            + histogram_of_class.n_missing
            == histogram_of_class.n
            == len(of_class)
        )


def test_usual_range_follows_foreign_data():
    assert usual_range(np.linspace(0, 1, 100), (0.0, 0.9)) == (0.0, 0.9)
    low, high = usual_range(np.linspace(1000, 2000, 1000), (0.0, 0.9))
    assert low == 1000
    assert 1990 < high <= 2000
    assert usual_range(np.array([np.nan]), (0.0, 0.9)) == (0.0, 0.9)
    assert usual_range(np.full(10, 7.0), (0.0, 0.9)) == (6.5, 7.5)
