"""The energies of a judgement are the usual ones, or those of the data where they lie elsewhere."""

import itertools

import numpy as np
import pytest

from core.judge.reach import edges_for, fitted, windows_for
from core.statistics.axis import Axis

WINDOWS = ((1.0, 2.0), (2.0, 6.0))
AXIS = Axis("energy_kev", "keV", np.arange(0.0, 10.25, 0.5), WINDOWS)


@pytest.mark.parametrize("energy", [[3.0, 4.0, 50.0], [np.nan, np.nan], [], [9.99, np.nan, 2600.0]])
def test_the_usual_edges_stay_where_they_hold_half_of_the_energies(energy):
    assert edges_for(AXIS, np.array(energy)) is AXIS.edges


@pytest.mark.parametrize(
    ("low", "high", "width"), [(100.0, 2600.0, 200.0), (0.0, 20.5, 2.0), (511.0, 511.0, 0.05), (11.0, 12.0, 0.05)]
)
def test_other_energies_get_bins_of_a_round_width_that_hold_them(low, high, width):
    energy = np.linspace(low, high, 1001)
    edges = edges_for(AXIS, energy)
    np.testing.assert_allclose(np.diff(edges), width)
    assert edges[0] <= low
    assert edges[-1] > np.quantile(energy, 0.995)
    assert len(edges) <= 23
    np.testing.assert_allclose(np.rint(edges / width), edges / width, atol=1e-6)


def test_windows_follow():
    assert windows_for(WINDOWS, np.array([1.5, 2000.0]), AXIS.edges) == WINDOWS
    assert windows_for(WINDOWS, np.array([np.nan]), AXIS.edges) == WINDOWS
    assert windows_for((), np.array([2000.0]), AXIS.edges) == ()
    energy = np.linspace(100, 2600, 500)
    axis = fitted(AXIS, energy)
    assert len(axis.windows) == 4
    assert (axis.windows[0][0], axis.windows[-1][1]) == axis.range
    assert all(a[1] == b[0] for a, b in itertools.pairwise(axis.windows))
