"""Regressing the position from images: closed forms of the ridge, and what the rotation takes away."""

import numpy as np
import pytest

from core.analysis.analysis import Inputs, silent
from core.errors import DarkroomError
from core.juno import position, views
from core.juno.geometry import rings
from tests.juno import flashes

SENSORS = rings(radius_m=5.0, ls_radius_m=4.5)


def test_cells_hold_the_mean_of_their_pixels():
    images = np.random.default_rng(1).random((2, 16, 32, 3)).astype(np.float32)
    cells = position.coarse(images, 4).reshape(2, 4, 8, 3)
    np.testing.assert_allclose(cells[1, 2, 3, 0], images[1, 8:12, 12:16, 0].mean(), rtol=1e-6)


def test_the_ridge_finds_a_line_and_not_more():
    generator = np.random.default_rng(2)
    features = generator.normal(size=(400, 20))
    truth = features[:, :1] * 3.0 + 1.0
    noise = generator.normal(size=(400, 1))
    predicted = position.crossed(features, np.hstack([truth + 0.1 * noise, noise]))
    assert np.std(predicted[:, 0] - truth[:, 0]) < 0.1
    assert np.std(predicted[:, 1]) < 0.35  # what is not in the features is shrunk away


def test_a_constant_feature_means_nothing():
    features = np.column_stack([np.ones(50), np.arange(50.0)])
    predicted = position.ridge(features, features[:, 1:] * 2.0, features[:5])
    np.testing.assert_allclose(predicted[:, 0], np.arange(5) * 2.0, atol=0.1)


@pytest.fixture
def data(monkeypatch):
    points = flashes.vertices(300, seed=3, most_m=4.0)
    events = [flashes.hits(SENSORS, point, 400, seed=i) for i, point in enumerate(points)]
    return flashes.Rows(SENSORS, events, points, monkeypatch, views.event)


def test_the_rotation_takes_the_place_and_leaves_the_radius(data):
    result = position.measure(data, np.arange(300), position.PositionParameters(cells=4), silent)
    before, after, nothing = (result[name] for name in (position.BEFORE, position.AFTER, position.NOTHING))
    for axis in "xyz":
        assert before.resolutions_m[axis].high < 0.5 * nothing.resolutions_m[axis].low
        assert after.resolutions_m[axis].high > 0.9 * nothing.resolutions_m[axis].value
    assert after.resolutions_m["radius"].high < 0.9 * nothing.resolutions_m["radius"].low
    assert before.distance_m.high < after.distance_m.low


def test_the_report_says_it_with_intervals(data):
    report = position.run(Inputs(dataset=data), position.PositionParameters(n_events=120, cells=4), silent)
    assert [number.label for number in report.numbers] == [
        "distance, before the rotation", "distance, after it", "distance, knowing nothing",
    ]  # fmt: skip
    assert all("n=120" in number.detail for number in report.numbers)
    assert "before the rotation and to" in report.notes[0]
    assert len(report.figures[0].figure.data) == 3


def test_data_without_truth_are_refused(data, monkeypatch):
    monkeypatch.setattr(position, "FEWEST", 1000)
    with pytest.raises(DarkroomError, match="knows the true place of 300 events"):
        position.rows_of(data, 10)
    data.table.pop("true_x_m")
    with pytest.raises(DarkroomError, match="has no true places"):
        position.rows_of(data, 10)
