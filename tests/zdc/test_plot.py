"""Pictures of showers: what is hit, where, on which scale."""

import numpy as np
import pytest

from core.zdc.grid import Grid
from core.zdc.views import images
from core.zdc.views.images import Panel

GRID = Grid(4, 6, 10.0, 1.0)
CELLS = np.zeros(GRID.shape, np.float32)
CELLS[1, 2], CELLS[3, 5] = 1000.0, 2.0


def test_value_and_mask_show_the_same_cells_at_their_places():
    scale = images.scale_of([CELLS], GRID.threshold_mev)
    figure = images.draw([Panel("v", CELLS, "value", (3.0, -2.0)), Panel("m", CELLS, "mask")], GRID, scale)
    value, mask = (next(t for t in figure.data if t.xaxis == axis and t.type == "heatmap" and (t.zmax == 1.0) == flat) for axis, flat in (("x", False), ("x2", True)))  # fmt: skip
    np.testing.assert_array_equal(np.isfinite(value.z), mask.z > 0)
    np.testing.assert_allclose([value.z[1, 2], value.z[3, 5]], np.log10([1000.0, 2.0]), rtol=1e-6)
    assert (value.x[2], value.y[1]) == (-5.0, -5.0)
    impact = next(t for t in figure.data if t.type == "scatter")
    assert (impact.x[0], impact.y[0]) == (3.0, -2.0)
    assert len([t for t in figure.data if t.type == "scatter"]) == 1


def test_one_scale_for_all_images():
    scale = images.scale_of([CELLS, 3.0 * CELLS], 1.0)
    assert (scale.low_mev, scale.high_mev) == (1.0, 3000.0)
    assert images.scale_of([CELLS * 1e6], 1.0).low_mev == pytest.approx(1e9 / 10.0**images.DECADES)
    linear = images.scale_of([CELLS], 1.0, is_log=False)
    assert linear.shown(CELLS)[1, 2] == 1000.0
    assert linear.low_mev == 0.0


def test_an_image_without_a_hit_is_drawn():
    nothing = np.zeros(GRID.shape, np.float32)
    figure = images.draw([Panel("v", nothing)], GRID, images.scale_of([nothing], 1.0), "empty")
    assert not np.isfinite(figure.data[1].z).any()
