"""Crops: the box with its halo, what is zeroed, the edge of the image, and the rounding."""

import numpy as np

from core.connie.clusters.crops import crops
from tests.connie.canvas import found, image_of


def test_a_crop_is_the_box_with_one_pixel_more_and_its_noise() -> None:
    q = np.arange(8 * 10, dtype=float).reshape(8, 10) / 16 - 3.0  # all below 8 e-
    q[3:5, 4:7] = 100.0
    clusters, image = found(q)
    stored, owned, height, width, y0, x0 = crops(clusters, image)
    assert [v.tolist() for v in (height, width, y0, x0)] == [[4], [5], [2], [3]]
    np.testing.assert_array_equal(stored.item(0).reshape(4, 5), q[2:6, 3:8])
    assert owned.item(0).reshape(4, 5).tolist() == (q[2:6, 3:8] == 100.0).tolist()
    assert (stored.values.dtype, owned.values.dtype) == (np.float32, np.uint8)
    assert height.dtype == width.dtype == np.int32


def test_other_clusters_masked_pixels_and_nan_are_zero() -> None:
    q = np.full((9, 9), 1.0)
    q[2:7, 2] = q[6, 2:7] = 100.0  # an L, and in its corner another cluster
    q[3:5, 4] = 200.0
    q[4, 6] = np.nan
    clusters, image = found(q)
    image.usable[3, 6] = False
    stored, owned, height, width, *_ = crops(clusters, image)
    crop = stored.item(0).reshape(height[0], width[0])  # from row 1, column 1
    assert (crop[2:4, 3] == 0).all()
    assert crop[3, 5] == crop[2, 5] == 0
    assert crop[1, 1] == 100.0
    assert crop[1, 3] == 1.0
    assert [int(record.sum()) for record in owned] == clusters.npix.tolist()
    assert owned.item(0).reshape(height[0], width[0])[1, 1] == 1  # and none of the corner's other cluster
    assert (owned.item(0).reshape(height[0], width[0])[2:4, 3] == 0).all()


def test_the_halo_is_cut_at_the_edge() -> None:
    q = np.zeros((6, 7))
    q[0, 0] = q[5, 6] = 100.0
    _, _, height, width, y0, x0 = crops(*found(q))
    assert [v.tolist() for v in (height, width, y0, x0)] == [[2, 2], [2, 2], [0, 4], [0, 5]]


def test_charges_are_rounded_to_a_sixteenth() -> None:
    q = np.zeros((5, 5))
    q[2, 2] = 100.04
    q[2, 1] = -0.96
    stored, *_ = crops(*found(q))
    assert stored.item(0).reshape(3, 3)[1].tolist() == [-0.9375, 100.0625, 0.0]


def test_charge_within_the_cluster_is_kept_and_no_cluster_makes_no_crop() -> None:
    rng = np.random.default_rng(1)
    q = np.where(rng.uniform(0, 1, (50, 60)) > 0.9, np.rint(rng.uniform(60, 200, (50, 60))), 0.0)
    clusters, image = found(q)
    stored, _, height, width, *_ = crops(clusters, image)
    sums = np.add.reduceat(stored.values, stored.offsets[:-1])
    np.testing.assert_allclose(sums, np.add.reduceat(clusters.q, clusters.offsets[:-1]), rtol=1e-6)
    np.testing.assert_array_equal(stored.lengths, height * width)
    empty, *_ = crops(*found(np.zeros((4, 4))))
    assert len(empty) == 0
    assert image_of(q).charge_e.dtype == np.float32
