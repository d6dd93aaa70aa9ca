"""Images and small pictures as figures: the colours are what they say, and what is clicked names its row."""

import numpy as np
import pytest

from core.data.image_rows import OUTSIDE, Outlines, Window
from core.figures import detector_images as drawing
from core.figures import gallery
from core.figures.detector_images import ImageDisplay, gathered, spread

STRETCHES = ("linear", "log", "asinh")


@pytest.mark.parametrize("stretch", STRETCHES)
def test_a_stretch_has_an_inverse_and_keeps_its_ends(stretch):
    part = np.linspace(0.0, 1.0, 21)
    assert np.allclose(gathered(spread(part, stretch), stretch), part)
    assert np.allclose(spread(np.array([0.0, 1.0]), stretch), [0.0, 1.0])
    assert (np.diff(spread(part, stretch)) > 0).all()


@pytest.mark.parametrize("stretch", STRETCHES)
def test_a_colour_scale_begins_at_0_and_ends_at_1_exactly(stretch):
    places = [place for place, _ in drawing.colourscale(ImageDisplay(stretch=stretch))]
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert places == sorted(places)


def test_limits_are_percentiles_unless_they_are_typed():
    values = np.append(np.arange(1001.0), np.nan)
    assert drawing.limits(values, ImageDisplay(low_percentile=10.0, high_percentile=90.0)) == (100.0, 900.0)
    assert drawing.limits(values, ImageDisplay(low=-5.0, high=50.0)) == (-5.0, 50.0)
    low, high = drawing.limits(np.full(4, 7.0), ImageDisplay())
    assert low == 7.0 < high
    assert drawing.limits(np.full(4, np.nan), ImageDisplay()) == (0.0, 1.0)


def picture(factor: int):
    window = Window(64, 192, 32, 160)
    values = np.arange(128 * 128 // factor**2, dtype=np.float32).reshape(128 // factor, -1)
    boxes = np.array([[70, 80, 40, 60], [100, 180, 100, 104]], np.int32)
    lines = boxes.astype(np.float32)
    parts = {"b": Outlines(np.array([5, 9]), boxes, lines), OUTSIDE: Outlines(np.array([7]), boxes[:1], lines[:1])}
    energy = np.arange(10.0) * 100.0
    figure = drawing.image(
        values,
        factor,
        window,
        "e-",
        ImageDisplay(),
        parts,
        ("a", "b"),
        {"energy": (energy, ".1f")},
        boxes[0],
        15.0,
        names={5: "1.2.5"},
    )
    return figure, window, values


@pytest.mark.parametrize("factor", [1, 8])
def test_an_image_stands_at_its_pixels_and_a_mark_names_its_row(factor):
    figure, window, values = picture(factor)
    cells = figure.data[0]
    assert np.array_equal(cells.z, values)
    assert (cells.x0, cells.dx) == (64 + (factor - 1) / 2, factor)
    assert tuple(figure.layout.xaxis.range) == (window.x0 - 0.5, window.x1 - 0.5)
    assert (f"largest of {factor} x {factor}" in cells.hovertemplate) == (factor > 1)
    marks = [t for t in figure.data if t.customdata is not None]
    assert [list(t.text) for t in marks] == [["1.2.5", ""], [""]]
    assert [t.customdata.tolist() for t in marks] == [
        [[5, 500.0, 70, 80, 40, 60], [9, 900.0, 100, 180, 100, 104]],
        [[7, 700.0, 70, 80, 40, 60]],
    ]
    assert {"b (2)", f"{OUTSIDE} (1)", "shown"} <= {t.name for t in figure.data}
    assert figure.layout.annotations[-1].text == "200 µm"


def test_rows_are_framed_close_by_and_lines_from_afar():
    for factor, n_points in ((1, 2 * 6), (8, 2 * 3)):
        figure, *_ = picture(factor)
        outline = next(t for t in figure.data if t.name == "b (2)")
        assert len(outline.x) == n_points
        assert np.isnan(outline.x).sum() == 2


def test_a_mosaic_keeps_the_largest_pixel_of_every_picture():
    rng = np.random.default_rng(2)
    shapes = [(5, 9), (48, 48), (49, 3), (200, 130), *[(7, 7)] * 6]
    pictures = [rng.uniform(1.0, 50.0, shape).astype(np.float32) for shape in shapes]
    for i, picture in enumerate(pictures):
        picture.flat[-1] = 100.0 + i
    titles = [f"t{i}" for i in range(10)]
    figure = gallery.mosaic(pictures, np.arange(30, 40), titles, "e-", 3.0)
    z = 10.0 ** np.asarray(figure.data[0].z, np.float64)
    marks = figure.data[1]
    assert [row for (row,) in np.asarray(marks.customdata).tolist()] == list(range(30, 40))
    assert list(marks.text) == ["t0", "t1", "t2 ÷2", "t3 ÷5", *titles[4:]]
    half = gallery.TILE_PX // 2
    for i, (x, y) in enumerate(zip(marks.x, marks.y, strict=True)):
        tile = z[int(y + 0.5) - half : int(y + 0.5) + half, int(x + 0.5) - half : int(x + 0.5) + half]
        assert np.nanmax(tile) == pytest.approx(100.0 + i, rel=1e-5)
    assert np.nanmin(z) == pytest.approx(3.0)
