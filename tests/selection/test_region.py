"""Regions against an oracle in exact arithmetic, their edges, and their text."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DarkroomError
from core.selection import region
from core.selection.region import Region, inside, parse, rectangle

PARTS = 8  # of a unit, on which vertices lie
OFF = 1 / 3 + 1e-4  # points lie beside every line through vertices, or nearly so
COORDINATE = st.integers(-24, 24)
POLYGON = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=14)


def is_left(a: tuple, b: tuple, p: tuple) -> Fraction:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def oracle(polygon: list[tuple], p: tuple) -> bool | None:
    """Even-odd membership as a sum of triangles over all sides, in fractions; None on a line of any of them."""
    is_in, first = False, polygon[0]
    for a, b in itertools.pairwise([*polygon[1:]]):
        signs = [is_left(first, a, p), is_left(a, b, p), is_left(b, first, p)]
        if 0 in signs and is_left(first, a, b) != 0:
            return None
        is_in ^= all(sign > 0 for sign in signs) or all(sign < 0 for sign in signs)
    return is_in


@settings(max_examples=150, deadline=None)
@given(POLYGON, st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=30))
def test_a_polygon_holds_what_its_triangles_hold_an_odd_number_of_times(vertices: list, points: list) -> None:
    polygon = [(Fraction(x, PARTS), Fraction(y, PARTS)) for x, y in vertices]
    drawn = Region("a", "b", tuple((x / PARTS, y / PARTS) for x, y in vertices))
    x, y = np.array(points, np.float64).T / PARTS + OFF * np.array([[1.0], [0.7]])
    for at, is_in in zip(zip(x.tolist(), y.tolist(), strict=True), inside(drawn, x, y).tolist(), strict=True):
        expected = oracle(polygon, (Fraction(at[0]), Fraction(at[1])))
        assert expected is None or is_in == expected


@settings(max_examples=60, deadline=None)
@given(POLYGON, st.integers(0, 13))
def test_neither_sense_nor_beginning_matters(vertices: list, turn: int) -> None:
    grid = np.mgrid[-26:27, -26:27].reshape(2, -1) / PARTS  # the vertices and points on sides among them
    turn %= len(vertices)
    polygon = tuple((x / PARTS, y / PARTS) for x, y in vertices)
    for other in (polygon[::-1], polygon[turn:] + polygon[:turn]):
        np.testing.assert_array_equal(inside(Region("a", "b", polygon), *grid), inside(Region("a", "b", other), *grid))


def test_a_rectangle_holds_its_low_ends_and_neighbours_share_no_row() -> None:
    edges = np.array([0.0, 0.1, 0.2, 0.7, 1.0])
    x, y = (v.ravel() for v in np.meshgrid(np.append(edges, [0.05, 0.15]), np.append(edges, [0.5, 0.95])))
    cells = [
        inside(rectangle("a", "b", window, other), x, y)
        for window in itertools.pairwise(edges.tolist())
        for other in itertools.pairwise(edges.tolist())
    ]
    np.testing.assert_array_equal(np.sum(cells, axis=0), (x < 1.0) & (y < 1.0))
    np.testing.assert_array_equal(cells[0], (x >= 0.0) & (x < 0.1) & (y >= 0.0) & (y < 0.1))


def test_two_halves_of_a_square_share_no_row_and_lose_none() -> None:
    x, y = (v.ravel() for v in np.mgrid[0:9, 0:9] / 8.0)
    lower, upper = (Region("a", "b", ((0, 0), corner, (1, 1))) for corner in ((1, 0), (0, 1)))
    whole = inside(rectangle("a", "b", (0, 1), (0, 1)), x, y)
    np.testing.assert_array_equal(inside(lower, x, y).astype(int) + inside(upper, x, y), whole)


def test_what_is_no_number_is_outside() -> None:
    x = np.array([np.nan, 0.5, np.inf, 0.5, 0.5])
    y = np.array([0.5, np.nan, 0.5, -np.inf, 0.5], np.float32)
    assert inside(rectangle("a", "b", (0, 1), (0, 1)), x, y).tolist() == [False, False, False, False, True]
    assert not inside(Region("a", "b", ((1, 2), (1, 2), (1, 2))), np.ones(3), np.full(3, 2.0)).any()
    assert inside(rectangle("a", "b", (0, 1), (0, 1)), np.zeros(0), np.zeros(0)).tolist() == []


def test_on_a_logarithmic_axis_sides_are_straight_as_they_are_drawn() -> None:
    drawn = Region("a", "b", ((1, 0), (100, 2), (1, 2)), x_log=True)  # above y = log10(x)
    x = np.array([10.0, 10.0, 50.0, 0.0, -1.0])
    assert inside(drawn, x, np.array([0.9, 1.1, 1.5, 1.0, 1.0])).tolist() == [False, True, False, False, False]
    window = rectangle("a", "b", (0.1, 0.3), (2.0, 7.0), (True, True))
    np.testing.assert_array_equal(
        inside(window, np.array([0.1, 0.3, 0.2]), np.array([2.0, 3.0, 7.0])), [True, False, False]
    )


NUMBER = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=3, max_size=20), st.booleans())
def test_a_text_says_exactly_the_region(vertices: list, is_log: bool) -> None:
    if is_log:
        vertices = [(abs(x) or 1.0, y) for x, y in vertices]
    drawn = Region("energy_kev", "20261201-101112-compact-ba45/pca.1", tuple(vertices), x_log=is_log)
    assert parse(str(drawn)) == drawn


HOSTILE = {
    "": "has 1 parts",
    "a:b": "has 2 parts",
    "a:b:1,2;3,4": "has 2 vertices: expected 3 to 200",
    "a:b:" + ";".join(["1,2"] * 201): "has 201 vertices",
    "a:b:1,2;3,4;nan,5": "the vertex 'nan,5'",
    "a:b:1,2;3,4;inf,5": "the vertex 'inf,5'",
    "a:b:1,2;3,4;1e999,5": "not finite",
    "a:b:1,2;3,4;1_0,5": "the vertex",
    "a:b:1,2;3,4;٣,5": "the vertex",
    "a:b:1,2;3,4;5": "the vertex '5'",
    "a:b:1,2;3,4;5,6,7": "the vertex",
    "a:b:1,2;3,4; 5,6": "the vertex",
    "log(a):b:1,2;3,4;0,5": "x = 0",
    "log(a:b:1,2;3,4;0,5": "names no quantity",
    "../a:b:1,2;3,4;5,6": "names no quantity",
    "a/b/c:b:1,2;3,4;5,6": "names no quantity",
    "<b>:b:1,2;3,4;5,6": "names no quantity",
    "a:b:" + "1" * 20_000: "20,004 characters",
}


@pytest.mark.parametrize(("text", "why"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_what_is_no_region_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(DarkroomError, match="expected") as refusal:
        parse(text)
    assert why in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_million_rows_are_asked_strip_by_strip() -> None:
    """The strips leave no side out, whatever its height."""
    rng = np.random.default_rng(3)
    angle = np.sort(rng.uniform(0.0, 2 * np.pi, region.MAX_VERTICES))
    radius = rng.uniform(0.3, 1.0, region.MAX_VERTICES)
    star = Region(
        "a", "b", tuple(zip((radius * np.cos(angle)).tolist(), (radius * np.sin(angle)).tolist(), strict=True))
    )
    x, y = rng.uniform(-1.0, 1.0, (2, 20_000))
    ends = np.array([*star.vertices, star.vertices[0]])
    (x0, y0), (x1, y1) = ends[:-1].T, ends[1:].T
    crossed = (y0 <= y[:, None]) != (y1 <= y[:, None])
    with np.errstate(divide="ignore"):
        n = (crossed & (x[:, None] < x0 + (y[:, None] - y0) / (y1 - y0) * (x1 - x0))).sum(axis=1)
    np.testing.assert_array_equal(inside(star, x, y), n % 2 == 1)
