"""Counts in a plane against their definition; a cell's rows are those of its region, to the last bit."""

import base64
import itertools

import numpy as np
import pytest

from core.errors import DarkroomError
from core.figures.planes import packed, picture
from core.selection import plane as planes
from core.selection.plane import PlaneAxis, plane_of, range_of
from core.selection.region import inside, rectangle

RNG = np.random.default_rng(5)
N = 9000  # more than are drawn one by one
AXES = PlaneAxis("a", "A", "keV", 0.1, 0.7), PlaneAxis("b", "B", "", 0.03, 40.0, True)


def test_a_cell_counts_what_its_region_holds() -> None:
    x_edges, y_edges = AXES[0].edges(planes.N_CELLS[0]), AXES[1].edges(planes.N_CELLS[1])
    x = np.concatenate([RNG.choice(x_edges, N // 2), RNG.uniform(0.0, 0.8, N // 2)])  # half of them on edges
    y = np.concatenate([RNG.choice(y_edges, N // 2), RNG.uniform(-1.0, 50.0, N // 2)])
    x[:20], labels = np.nan, RNG.integers(-1, 2, N).astype(np.int8)
    plane = plane_of(AXES, x, y, labels, ["p", "q"])
    for i, j in itertools.product(range(0, planes.N_CELLS[0], 17), range(0, planes.N_CELLS[1], 11)):
        region = rectangle(
            "a", "b", tuple(plane.x_edges[i : i + 2].tolist()), tuple(plane.y_edges[j : j + 2].tolist()), (False, True)
        )
        assert plane.fits(region)
        is_in = inside(region, x, y)
        for k, name in enumerate("pq"):
            assert plane.counts[name][i, j] == (is_in & (labels == k)).sum()
    assert sum(int(c.sum()) for c in plane.counts.values()) + plane.n_outside == plane.n == (labels >= 0).sum()
    assert plane.points is None


def test_few_rows_are_drawn_one_by_one_and_averaged() -> None:
    x, y = np.array([0.1, 0.4, 0.4, np.nan]), np.array([1.0, 2.0, 2.0, 3.0])
    plane = plane_of(AXES, x, y, np.array([0, 0, 1, 1], np.int8), ["p", "q"], np.array([0.2, 0.5, 1.0, 1.0]))
    assert plane.points is not None and plane.mean is not None
    assert plane.points[2].tolist() == [0, 0, 1]
    np.testing.assert_allclose(plane.points[0], [0.0, 0.5, 0.5], atol=1e-6)
    assert sorted(plane.mean[~np.isnan(plane.mean)].tolist()) == [0.2, 0.75]
    assert picture(plane)["outside"] == 1
    assert sum(map(sum, (plane.columns()["n p"], plane.columns()["n q"]))) == 3


@pytest.mark.parametrize("highest", [255, 256, 70_000])
def test_counts_come_through_as_they_are(highest: int) -> None:
    counts = np.array([[0, 1], [2, highest]])
    sent = packed(counts)
    values = np.frombuffer(base64.b64decode(sent["text"]), f"<u{sent['bytes']}")
    assert values.tolist() == counts.ravel().tolist()


def test_a_range_holds_what_there_is() -> None:
    low, high = range_of(np.array([1.0, 100.0, np.nan, -3.0, np.inf]), True)
    assert 0.5 < low < 1.0 and 100.0 < high < 200.0
    assert range_of(np.zeros(0), False) == (0.0, 1.0)
    with pytest.raises(DarkroomError, match="has no cells there"):
        plane_of((PlaneAxis("a", "A", "", 1.0, 1.0), AXES[1]), np.ones(2), np.ones(2), np.zeros(2, np.int8), ["p"])
