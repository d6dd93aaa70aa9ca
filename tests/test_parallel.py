"""Parallel coordinates: where each line crosses each axis, by hand; and points with intervals."""

import math
from typing import Any

from core.figures.parallel import parallel
from core.figures.results import points_and_intervals
from core.figures.style import NEUTRAL

VALUES: dict[str, dict[str, Any]] = {
    "a": {"rate": 1e-4, "kind": "x", "units": [8, 4], "flag": True, "same": 3, "loss": 0.2},
    "b": {"rate": 1e-3, "kind": "y", "units": [8], "flag": False, "same": 3, "loss": 0.4},
    "c": {"rate": 1e-2, "kind": "x", "units": None, "flag": True, "same": 3, "loss": math.nan},
}


def test_axes_are_what_differs_and_lines_cross_them_where_the_value_is() -> None:
    picture = parallel({"a": "A", "b": "<b>B</b>", "c": "C"}, VALUES, "loss")
    assert [axis.name for axis in picture.axes] == ["rate", "kind", "units", "flag", "loss"]
    at = {line.id: line.at for line in picture.lines}
    assert [round(at[i][0] or 0.0, 9) for i in "abc"] == [0.0, 0.5, 1.0]  # even in the logarithm
    assert [at[i][1] for i in "abc"] == [0.0, 1.0, 0.0]
    assert [text for _, text in picture.axes[2].ticks] == ["8", "8, 4", "–"]
    assert [at[i][4] for i in "abc"] == [0.0, 1.0, None]
    assert [line.colour for line in picture.lines][2] == NEUTRAL
    assert len({line.colour for line in picture.lines}) == 3
    assert picture.lines[1].name == "<b>B</b>"  # as a plain text: the browser draws no markup
    assert picture.to_dict()["axes"][0]["ticks"][0] == (0.0, "0.0001")


def test_of_equal_numbers_lines_meet_in_the_middle_and_many_values_have_few_ticks() -> None:
    picture = parallel({"a": "A", "b": "B"}, {"a": {"n": 1, "loss": 2.0}, "b": {"n": 2, "loss": 2.0}}, "loss")
    assert [line.at for line in picture.lines] == [(0.0, 0.5), (1.0, 0.5)]
    many = {str(i): {"n": i, "kind": f"k{i:03}", "loss": i} for i in range(100)}
    picture = parallel({i: i for i in many}, many, "loss")
    assert [len(axis.ticks) for axis in picture.axes] == [5, 12, 5]


def test_points_have_their_intervals_and_names_are_no_markup() -> None:
    figure = points_and_intervals(
        ["<i>a</i>", "b"], [(2.0, 1.0, 4.0), (math.nan, math.nan, math.nan)], ["2 [1, 4]", "–"], "x [%]"
    )
    first = figure.data[0]
    assert (first.y, first.x, first.error_x.array, first.error_x.arrayminus) == (
        ("&lt;i&gt;a&lt;/i&gt;",),
        (2.0,),
        (2.0,),
        (1.0,),
    )
    assert "&lt;i&gt;" in first.hovertemplate
