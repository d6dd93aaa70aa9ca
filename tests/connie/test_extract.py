"""Clusters: thresholds, connectivity, order, and the count of an independent labelling."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from core.connie.clusters import extract
from core.connie.clusters.extract import MIN_ROWS, cluster
from tests.connie.canvas import MAPPING, found, image_of


def levels(n_columns: int, value: float) -> np.ndarray:
    return np.full(n_columns, value, np.float32)


def label(mask: np.ndarray, connectivity: int) -> tuple[np.ndarray, int]:
    return ndimage.label(mask, np.ones((3, 3)) if connectivity == 8 else None)


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 7), (2 * MIN_ROWS, 40), (5 * MIN_ROWS + 3, 61)])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.6, 1.0])
def test_labels_are_those_of_scipy(shape: tuple[int, int], share: float, connectivity: int) -> None:
    q = np.random.default_rng(1).uniform(0, 1, shape).astype(np.float32)
    limit = levels(shape[1], 1.0 - share if share < 1 else -1.0)
    clusters = cluster(q, np.ones(shape, np.bool_), limit, limit, connectivity=connectivity)
    expected, n = label(q > limit, connectivity)
    assert len(clusters) == clusters.n_weak == n
    np.testing.assert_array_equal(clusters.label_image, expected)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_labels_and_charges_of_any_small_image(data: st.DataObject) -> None:
    ny, nx = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    q = np.array(data.draw(st.lists(st.integers(0, 30), min_size=ny * nx, max_size=ny * nx)), np.float32).reshape(
        ny, nx
    )
    usable = q % 7 != 0
    clusters = cluster(q, usable, levels(nx, 8.0), levels(nx, 20.0), 60.0)
    expected, n = label(usable & (q > 8.0), 8)
    wanted = [i for i in range(1, n + 1) if q[expected == i].max() > 20 and q[expected == i].sum() >= 60]
    assert clusters.n_weak == n
    assert len(clusters) == len(wanted)
    labels_image = clusters.label_image
    for k, i in enumerate(wanted):
        np.testing.assert_array_equal(labels_image == k + 1, expected == i)


def test_seams_between_strips_do_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of three rows by eight threads: the same clusters as in one piece."""
    q = np.random.default_rng(2).uniform(0, 1, (64, 80)).astype(np.float32)
    limit, usable = levels(80, 0.55), np.ones(q.shape, np.bool_)
    whole = cluster(q, usable, limit, limit)
    monkeypatch.setattr(extract, "MIN_ROWS", 3)
    monkeypatch.setattr(extract.components, "n_threads", lambda: 8)
    cut = cluster(q, usable, limit, limit)
    np.testing.assert_array_equal(cut.label_image, whole.label_image)
    np.testing.assert_array_equal(cut.q, whole.q)


def test_a_cluster_needs_a_strong_pixel_and_60_electrons() -> None:
    q = np.zeros((9, 40))
    q[4, 2:10] = 19.0  # weak only, 152 e-
    q[4, 20] = 59.0  # strong, too little charge
    q[4, 30:32] = 21.0, 39.0  # strong, 60 e-
    clusters, _ = found(q)
    assert clusters.n_weak == 3
    assert clusters.x.tolist() == [30, 31]
    assert clusters.q.tolist() == [21.0, 39.0]


def test_a_pixel_at_a_threshold_is_below_it() -> None:
    q = np.zeros((5, 9))
    q[2, 3:6] = 8.0, 70.0, 8.0
    clusters, _ = found(q)
    assert clusters.npix.tolist() == [1]


def test_corners_touch_only_with_eight_neighbours() -> None:
    q = np.zeros((6, 6))
    q[1, 1] = q[2, 2] = 100.0
    assert found(q)[0].npix.tolist() == [2]
    assert found(q, dataclasses.replace(MAPPING, connectivity=4))[0].npix.tolist() == [1, 1]


def test_nan_masked_and_empty_images_have_no_cluster_there() -> None:
    q = np.full((5, 5), np.nan)
    assert len(found(q)[0]) == 0
    q[2, 1:4] = 100.0
    q[2, 2] = np.nan
    clusters, _ = found(q)
    assert clusters.npix.tolist() == [1, 1]
    assert len(found(np.zeros((0, 5)))[0]) == 0


def test_a_saturated_pixel_belongs_to_its_cluster_even_if_masked() -> None:
    q = np.zeros((5, 7))
    q[2, 1:6] = 5000.0
    image = image_of(q)
    image.usable[2, 3] = False
    image.saturated[2, 3] = True
    assert extract.find_clusters(image, MAPPING).npix.tolist() == [5]


def test_thresholds_follow_the_noise_of_the_column() -> None:
    q = np.full((3, 4), 100.0)
    image = image_of(q)
    image.sigma_e[:] = 2.0, 30.0, 30.0, 2.0  # 4 sigma: 8 and 120 e-
    clusters = extract.find_clusters(image, MAPPING)
    assert sorted(set(clusters.x.tolist())) == [0, 3]


def test_mirrored_image_has_mirrored_clusters() -> None:
    rng = np.random.default_rng(3)
    q = np.where(rng.uniform(0, 1, (40, 50)) > 0.8, rng.uniform(10, 200, (40, 50)), 0.0)
    plain, turned = found(q)[0], found(q[::-1, ::-1])[0]
    assert sorted(plain.npix.tolist()) == sorted(turned.npix.tolist())
    np.testing.assert_array_equal(plain.label_image > 0, turned.label_image[::-1, ::-1] > 0)
