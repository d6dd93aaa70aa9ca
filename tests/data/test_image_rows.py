"""Windows of an image and what is outlined in them."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.data import image_rows
from core.data.image_rows import NO_SCORE, OUTSIDE, ImageView, Window
from core.errors import DarkroomError

FACTS = {"n_columns": 400, "n_rows": 300}
OWN = ImageView("image", "", "e-", ("x0", "x1", "y0", "y1"), ("x", "y", "length", "angle"), str, dict)


COLUMNS = {
    "x0": np.array([0, 390, 190, 50]), "x1": np.array([4, 399, 219, 50]),
    "y0": np.array([0, 290, 100, 60]), "y1": np.array([9, 299, 129, 60]),
    "x": np.array([2.0, 395.0, 205.0, 50.0]), "y": np.array([4.5, 295.0, 115.0, 60.0]),
    "length": np.array([10.0, 12.0, 40.0, np.nan]), "angle": np.array([90.0, 0.0, 45.0, np.nan]),
    "frame": np.zeros(4, np.int32),
}  # fmt: skip


class Rows:
    """Four rows of one image: at two corners, in the middle, and one without an axis."""

    def __init__(self) -> None:
        self.images = [{"part": 0, "index": 0, **FACTS}]
        self.parts = (SimpleNamespace(offset=0, n_rows=4),)

    def column(self, name: str) -> np.ndarray:
        return COLUMNS[name]


def test_a_window_is_its_text():
    window = Window(10, 250, 3, 299)
    assert image_rows.window_from(window.text, FACTS) == window
    assert image_rows.window_from("", FACTS) == Window(0, 400, 0, 300)


@pytest.mark.parametrize("text", ["10-250", "ax3", "1-2x3-4-5", "1--2x3-4"])
def test_a_text_that_is_no_window_is_refused(text):
    with pytest.raises(DarkroomError, match=r"expected first and last pixels such as 120-360x0-240"):
        image_rows.window_from(text, FACTS)


def test_a_window_is_kept_inside_the_image_and_large_enough():
    assert image_rows.fitted(-50.0, 30.0, 250.0, 900.0, FACTS) == Window(0, 80, 0, 300)
    assert image_rows.fitted(120.4, 100.2, 7.0, 7.0, FACTS) == Window(100, 120, 0, 16)


def test_zooming_out_of_what_was_zoomed_into_gives_it_back():
    window = Window(100, 200, 80, 160)
    assert image_rows.zoomed(window, 0.5, FACTS) == Window(125, 175, 100, 140)
    assert image_rows.zoomed(image_rows.zoomed(window, 0.5, FACTS), 2.0, FACTS) == window
    assert image_rows.zoomed(window, 100.0, FACTS) == image_rows.whole(FACTS)


def test_around_a_row_lies_the_row():
    data = Rows()
    for row in range(4):
        window = image_rows.around(data, OWN, row, FACTS)
        assert image_rows.is_inside(data, OWN, row, window)
        assert window.x1 - window.x0 == window.y1 - window.y0 == max(48, 3 * (30, 10, 30, 1)[row] if row else 48)
    assert not image_rows.is_inside(data, OWN, 0, Window(1, 50, 0, 50))


def test_outlines_are_of_what_lies_in_the_window_by_class():
    classes, passing = np.array([0, 1, -1, 1], np.int8), np.array([0, 2, 3])
    everything = image_rows.outlines(Rows(), OWN, 0, image_rows.whole(FACTS), classes, ("a", "b"), passing, NO_SCORE)
    assert {name: part.rows.tolist() for name, part in everything.items()} == {
        "a": [0], "b": [3], NO_SCORE: [2], OUTSIDE: [1],
    }  # fmt: skip
    assert everything[OUTSIDE].boxes.tolist() == [[390, 399, 290, 299]]
    touched = image_rows.outlines(Rows(), OWN, 0, Window(219, 300, 129, 200), classes, ("a", "b"), passing, NO_SCORE)
    assert list(touched) == [NO_SCORE]
    assert image_rows.outlines(Rows(), OWN, 0, Window(220, 300, 130, 200), classes, ("a", "b"), passing, NO_SCORE) == {}


def test_an_axis_runs_through_the_middle_and_is_as_long_as_the_row():
    lines = image_rows.lines(Rows(), OWN, np.arange(4))
    assert np.allclose(lines[0], [2.0, 2.0, -0.5, 9.5], atol=1e-5)
    assert np.allclose(np.hypot(lines[:3, 1] - lines[:3, 0], lines[:3, 3] - lines[:3, 2]), [10.0, 12.0, 40.0])
    assert lines[3].tolist() == [50.0, 50.0, 60.0, 60.0]


def test_the_most_probable_class_is_predicted_where_there_is_a_score():
    probabilities = np.array([[0.2, 0.5, 0.3], [np.nan] * 3, [0.6, 0.1, 0.3]])
    assert image_rows.predicted(5, np.array([1, 2, 4]), probabilities).tolist() == [-1, 1, -1, -1, 0]


@pytest.mark.parametrize("step_px", [1, 3])
def test_every_pixel_of_a_row_lies_in_one_of_its_squares_and_no_other_does(step_px: int) -> None:
    bent = np.zeros((6, 7), np.float32)
    bent[1, 1:6], bent[1:5, 5] = 9.0, 9.0  # a hook: a mark in its middle would hit nothing of it
    edge = np.array([[9.0, np.nan], [1.0, 0.0]], np.float32)  # at the corner of the image the crop has no halo there
    boxes = np.array([[21, 25, 31, 34], [0, 0, 0, 0]], np.int32)
    spots = image_rows.spots(np.array([4, 7]), boxes, [bent, edge], 8.0, step_px)
    squares = set(zip(spots.rows.tolist(), spots.x.tolist(), spots.y.tolist(), strict=True))
    pixels = {(4, 20 + x, 30 + y) for y, x in zip(*np.nonzero(bent), strict=True)} | {(7, 0, 0)}
    half = (step_px - 1) / 2
    assert squares == {(row, x // step_px * step_px + half, y // step_px * step_px + half) for row, x, y in pixels}


def test_without_rows_there_is_nothing_to_click() -> None:
    none = image_rows.spots(np.empty(0, np.int64), np.empty((0, 4), np.int32), [], 8.0, 2)
    assert len(none.rows) == len(none.x) == len(none.y) == 0
