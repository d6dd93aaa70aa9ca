"""What a labeller sees: pixels on the scale that was asked for, the neighbours, and nothing that gives the answer away."""

import json

import numpy as np
import pytest

from core.data import detector_images
from core.figures import labelled
from core.figures.labelled import Surroundings, colour_limits
from core.labels import label_session
from core.labels.record import LINEAR, LOG, Look, Scale
from core.labels.surroundings import surroundings
from core.registry import EXPERIMENTS

EXPERIMENT = EXPERIMENTS["connie"]
SCALE = Scale("e⁻", 8.0, 2e4)
CROP = np.array([[0.0, 100.0, 50.0], [np.nan, 900.0, 10.0]], np.float32)


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        (Look(LOG), (8.0, 900.0)),
        (Look(LINEAR), (0.0, 900.0)),
        (Look(LOG, True), (8.0, 2e4)),
        (Look(LINEAR, True), (0.0, 2e4)),
    ],
)
def test_colour_limits(look, wanted):
    assert colour_limits(CROP, look, SCALE) == wanted
    assert colour_limits(np.full((2, 2), np.nan), look, SCALE)[1] == 2e4


def test_on_the_logarithmic_scale_equal_ratios_are_equal_steps_of_colour():
    heat = labelled.row(CROP, None, Look(LOG), SCALE).data[1]
    stops = np.array([at for at, _ in heat.colorscale])
    values = 8.0 + stops * (900.0 - 8.0)
    np.testing.assert_allclose(np.diff(np.log(values)), np.log(900 / 8) / 32, rtol=1e-6)
    linear = labelled.row(CROP, None, Look(LINEAR), SCALE).data[1]
    np.testing.assert_allclose(np.diff([at for at, _ in linear.colorscale]), 1 / 32, rtol=1e-6)


def test_pixels_are_the_rows_own_and_nan_is_nothing():
    figure = labelled.row(CROP, None, Look(), SCALE)
    np.testing.assert_array_equal(figure.data[1].z, [[0, 100, 50], [0, 900, 10]])
    bright = labelled.row(CROP * 1000, None, Look(), SCALE)
    assert bright.data[1].z.max() == 900_000


def test_surroundings_hold_the_row_in_its_middle_and_whole_neighbours(data):
    row = int(np.argmax(data.column("npix") * (data.column("flags") == 0)))
    around = surroundings(EXPERIMENT.looking.images, data, row, 3.0)
    x0, x1, y0, y1 = around.own.tolist()
    side = 3 * (1 + max(x1 - x0, y1 - y0))
    height, width = around.values.shape
    assert around.factor * max(height, width) >= min(max(side, 48), 200)
    assert around.x0 <= x0
    assert x1 < around.x0 + width * around.factor
    ends = around.x0 + width * around.factor, around.y0 + height * around.factor
    assert (around.others[:, 0] >= around.x0).all()
    assert (around.others[:, 1] < ends[0]).all()
    assert not (around.others == around.own).all(axis=1).any()
    # the pixels are those of the stored image
    if around.factor == 1:
        image = int(detector_images.image_of(data, [row])[0])
        whole, _ = detector_images.region(data, image, 0, 10**6, 0, 10**6, 10**6)
        np.testing.assert_array_equal(
            around.values, whole[around.y0 : around.y0 + height, around.x0 : around.x0 + width]
        )


def test_nothing_in_the_picture_or_beside_it_names_a_class(data):
    how = label_session.labelling_of(EXPERIMENT)
    for row in range(0, data.n_rows, 9):
        figure = labelled.row(
            how.pixels.crop(data, row),
            surroundings(EXPERIMENT.looking.images, data, row, 3.0),
            Look(),
            how.pixels.scale(data),
        )
        plain = json.dumps(dict(how.facts(data, row)), ensure_ascii=False)
        shown = figure.to_json()
        for name in how.classes(data):
            assert name not in plain
            assert name not in shown


def test_a_row_without_an_image_is_shown_alone():
    figure = labelled.row(CROP, None, Look(), SCALE)
    assert [trace.type for trace in figure.data] == ["scatter", "heatmap"]
    around = Surroundings(np.zeros((4, 5)), 2, 10, 20, np.array([12, 14, 22, 24]), np.zeros((0, 4), int))
    both = labelled.row(CROP, around, Look(), SCALE)
    assert both.layout.xaxis2.range == (9.5, 19.5)
    assert both.layout.yaxis2.range == (19.5, 27.5)
