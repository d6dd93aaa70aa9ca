"""Features against closed forms: a pixel, a line, a Gaussian, an arc; and against numpy's own moments."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from core.connie.clusters import moments, rim
from core.connie.clusters.extract import Clusters
from core.connie.features import COLUMNS, FLAGS, measure
from core.errors import DarkroomError
from tests.connie.canvas import MAPPING, blob, found, image_of, track


def measured(charge_e: np.ndarray) -> dict[str, np.ndarray]:
    clusters, image = found(charge_e)
    return measure(clusters, image, MAPPING)


def flags_of(table: dict[str, np.ndarray], row: int = 0) -> set[str]:
    return {name for i, name in enumerate(FLAGS) if table["flags"][row] >> i & 1}


def test_every_column_is_there_with_its_type_and_none_is_infinite() -> None:
    q = track((60, 90), 10.3, 12.2, 70.8, 40.1) + blob((60, 90), 30, 50, 3000, 1, 1)
    q[5, 80] = 500.0
    table = measured(q)
    assert set(table) == {c.name for c in COLUMNS} | {"flags"}
    for name, values in table.items():
        assert values.dtype in (np.float32, np.int32), name
        assert values.shape == (3,)
        assert not np.isinf(values).any(), name


def test_no_cluster_gives_empty_columns() -> None:
    assert all(len(values) == 0 for values in measured(np.zeros((8, 8))).values())


def test_a_single_pixel() -> None:
    q = np.zeros((20, 30))
    q[7, 11] = 1000.0
    table = measured(q)
    row = {name: values[0].item() for name, values in table.items()}
    assert (row["x_px"], row["y_px"], row["npix"], row["charge_e"], row["max_e"]) == (11.0, 7.0, 1, 1000.0, 1000.0)
    assert row["energy_kev"] == pytest.approx(3.745)
    assert (row["length_px"], row["width_px"], row["l3_um"], row["theta_deg"]) == (0.0, 0.0, 675.0, 0.0)
    undefined = ("elongation", "w_over_l", "phi_deg", "straightness", "sagitta_over_l", "wedge_px", "mean_width_px")
    assert all(math.isnan(row[name]) for name in undefined)
    assert flags_of(table) == {"no_axis", "no_width", "short"}


@pytest.mark.parametrize("direction", [(1, 0), (0, 1), (1, 1), (1, -1)])
def test_a_line_one_pixel_wide(direction: tuple[int, int]) -> None:
    """21 equal pixels: L = 20 steps, sigma_L = step sqrt((21^2 - 1)/12), no width."""
    q = np.zeros((60, 60))
    for k in range(21):
        q[30 + direction[1] * (k - 10), 30 + direction[0] * (k - 10)] = 100.0
    table = measured(q)
    step = math.hypot(*direction)
    assert table["length_px"][0] == pytest.approx(20 * step)
    assert table["sigma_l_px"][0] == pytest.approx(step * math.sqrt((21**2 - 1) / 12))
    assert table["sigma_t_px"][0] == table["width_px"][0] == table["w_over_l"][0] == 0.0
    assert table["phi_deg"][0] == pytest.approx(math.degrees(math.atan2(direction[1], direction[0])))
    assert table["theta_deg"][0] == pytest.approx(math.degrees(math.atan(15 * 20 * step / 675)))
    assert table["l3_um"][0] == pytest.approx(math.hypot(15 * 20 * step, 675))
    assert table["straightness"][0] == 1.0
    assert table["residual_px"][0] == pytest.approx(0.0, abs=1e-5)
    assert table["sagitta_over_l"][0] == pytest.approx(0.0, abs=1e-6)
    assert table["box_diagonal_px"][0] == pytest.approx(20 * step)
    assert table["mean_width_px"][0] == pytest.approx(21 / (20 * step))
    assert flags_of(table) == {"no_width"}


def test_energy_per_length_of_a_known_track() -> None:
    """E/L3 and the logarithm of the ADU over the path of the box."""
    q = np.zeros((10, 80))
    q[5, 10:55] = 1200.0
    table = measured(q)
    path = math.hypot(15 * 44, 675)
    assert table["dedx_kev_per_um"][0] == pytest.approx(45 * 1200 * 3.745e-3 / path, rel=1e-5)
    assert table["log_dedx_adu"][0] == pytest.approx(math.log10(45 * 1200 * 7.25 / path), rel=1e-5)


def test_a_gaussian_gives_its_widths_and_direction_back() -> None:
    """Far above threshold; no pixel is lost but those below 8 e- of 1e6."""
    table = measured(blob((80, 80), 40.3, 38.7, 1e6, 4.0, 2.0))
    assert table["x_px"][0] == pytest.approx(40.3, abs=1e-3)
    assert table["y_px"][0] == pytest.approx(38.7, abs=1e-3)
    assert table["sigma_l_px"][0] == pytest.approx(4.0, rel=2e-3)
    assert table["sigma_t_px"][0] == pytest.approx(2.0, rel=2e-3)
    assert table["elongation"][0] == pytest.approx(2.0, rel=1e-3)
    assert table["phi_deg"][0] == pytest.approx(0.0, abs=0.01)
    assert table["wedge_px"][0] == pytest.approx(0.0, abs=0.02)


def test_an_arc_has_its_sagitta() -> None:
    """y = s (1 - (2 x/L)^2) has the height s over its chord L."""
    q = np.zeros((40, 121))
    for x in range(10, 111):
        q[round(10 + 12 * (1 - ((x - 60) / 50) ** 2)), x] = 100.0
    table = measured(q)
    assert table["sagitta_over_l"][0] == pytest.approx(12 / 100, rel=0.03)
    assert table["residual_px"][0] == pytest.approx(
        math.sqrt(4 / 45) * 12, rel=0.05
    )  # rms of a parabola about its mean
    assert table["straightness"][0] == pytest.approx(1.0)  # no column is doubled


def test_wedge_grows_with_x() -> None:
    q = np.zeros((40, 80))
    for x in range(10, 70):
        q[:, x] = 1200 * np.exp(-0.5 * ((np.arange(40) - 20) / (0.5 + (x - 10) / 60)) ** 2)
    assert measured(q)["wedge_px"][0] > 0.3
    assert measured(q[:, ::-1])["wedge_px"][0] < -0.3


def test_a_bent_track_is_less_straight_than_its_pixels_are_many() -> None:
    q = np.zeros((60, 60))
    q[10, 10:50] = q[10:50, 10] = 100.0  # an L
    table = measured(q)
    assert table["straightness"][0] == pytest.approx(40 / 79, abs=0.02)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_moments_are_those_of_numpy(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    place = np.sort(rng.choice(900, n, replace=False))
    y, x = (place // 30 + 4000).astype(np.int32), (place % 30 + 4000).astype(np.int32)
    q = rng.uniform(0.1, 100, n).astype(np.float32)
    clusters = Clusters(y, x, q, np.array([0, n]), 1, (5000, 5000), np.zeros(1, np.uint32))
    table = dict(zip(moments.COMMON, clusters.sums[0], strict=True))
    w = q.astype(float)
    covariance = np.atleast_2d(np.cov(np.stack([x, y]), aweights=w, bias=True)) if n > 1 else np.zeros((2, 2))
    assert table["charge_e"] == pytest.approx(w.sum())
    assert table["x_px"] == pytest.approx(np.average(x, weights=w))
    assert [table["cxx"], table["cyy"], table["cxy"]] == pytest.approx(
        [covariance[0, 0], covariance[1, 1], covariance[0, 1]], rel=1e-6, abs=1e-6
    )
    small, large = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 0))
    assert [table["sigma_l_px"], table["sigma_t_px"]] == pytest.approx([large, small], rel=1e-5, abs=1e-4)
    box = [table[k] for k in ("x_min_px", "x_max_px", "y_min_px", "y_max_px")]
    assert box == [x.min(), x.max(), y.min(), y.max()]


def test_negative_pixels_count_in_the_charge_and_weigh_nothing() -> None:
    clusters = Clusters(
        np.zeros(3, np.int32), np.arange(3, dtype=np.int32), np.array([10, -4, 10], np.float32), np.array([0, 3]), 1,
        (1, 3), np.zeros(1, np.uint32),
    )  # fmt: skip
    table = dict(zip(moments.COMMON, clusters.sums[0], strict=True))
    assert table["charge_e"] == 16.0
    assert table["x_px"] == 1.0
    assert table["sigma_l_px"] == 1.0


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_square_has_no_direction_and_a_skeleton(size: int) -> None:
    """Two by two pixels would be thinned to nothing; they keep one."""
    square = np.zeros((20, 20))
    square[5 : 5 + size, 8 : 8 + size] = 100.0
    clusters, _ = found(square)
    y, x = moments.skeleton(clusters.y, clusters.x, 0, len(clusters.y), 8, 7 + size, 5, 4 + size)
    assert len(y) >= 1
    assert set(zip(y.tolist(), x.tolist(), strict=True)) <= set(
        zip(clusters.y.tolist(), clusters.x.tolist(), strict=True)
    )
    table = measured(square)
    assert "no_axis" in flags_of(table)
    assert table["length_px"].tolist() == [size - 1]
    assert not np.isnan(table["dedx_kev_per_um"]).any()


@pytest.mark.parametrize("angle_deg", [0, 20, 45, 70, 90])
def test_a_skeleton_is_thin_connected_and_in_the_middle(angle_deg: float) -> None:
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    clusters, image = found(track((100, 100), 50 - 35 * c, 50 - 35 * s, 50 + 35 * c, 50 + 35 * s))
    table = measure(clusters, image, MAPPING)
    box = [int(table[k][0]) for k in ("x_min_px", "x_max_px", "y_min_px", "y_max_px")]
    y, x = moments.skeleton(clusters.y, clusters.x, 0, len(clusters.y), *box)
    drawn = np.zeros((100, 100), bool)
    drawn[y, x] = True
    assert ndimage.label(drawn, np.ones((3, 3)))[1] == 1
    assert len(y) < 0.4 * len(clusters.y)
    assert table["residual_px"][0] < 0.7
    assert table["straightness"][0] > 0.65


def test_levels_are_distances_rounded_down() -> None:
    q = np.zeros((15, 15))
    q[7, 7] = 1000.0
    clusters, image = found(q + 1.0)  # every other pixel holds 1 e-
    around = rim.around(clusters, image)
    level = np.full((15, 15), -1)
    level[around.y, around.x] = around.level
    dy, dx = np.mgrid[-7:8, -7:8]
    distance = np.floor(np.hypot(dy, dx)).astype(int)
    np.testing.assert_array_equal(level, np.where((distance >= 1) & (distance <= 3), distance, -1))
    table = measure(clusters, image, MAPPING)
    counts = [int(np.count_nonzero(distance <= n)) for n in range(4)]
    assert [int(table[f"n{n}"][0]) for n in range(4)] == counts
    assert [table[f"e{n}"][0].item() for n in range(4)] == [1000.0 + n for n in counts]


def test_a_pixel_between_two_clusters_belongs_to_the_nearer_one() -> None:
    rng = np.random.default_rng(5)
    q = np.where(ndimage.gaussian_filter(rng.normal(size=(60, 70)), 2.0) > 0.16, 100.0, 1.0)
    q[::9, ::11] = np.nan
    clusters, image = found(q)
    around, labels = rim.around(clusters, image), clusters.label_image
    near = np.stack([ndimage.distance_transform_edt(labels != i + 1) for i in range(len(clusters))])
    inside = (labels == 0) & (near.min(axis=0) < 4) & image.usable
    assert len(around.y) == inside.sum()
    owner = np.repeat(np.arange(len(clusters)), np.diff(around.offsets))
    assert (near[owner, around.y, around.x] == near.min(axis=0)[around.y, around.x]).all()
    assert (around.level == np.floor(near.min(axis=0)[around.y, around.x])).all()
    assert (owner == near.argmin(axis=0)[around.y, around.x]).all()  # of equally near ones the first


def test_flags_say_what_spoils_a_measurement() -> None:
    q = np.zeros((40, 60))
    for y, x in ((0, 20), (10, 10), (10, 29), (20, 50), (35, 35)):
        q[y, x : x + 3] = 500.0
    q[21, 53] = np.nan
    image = image_of(q)
    image.saturated[10, 11] = True
    object.__setattr__(image, "seam_columns", (30,))
    clusters, _ = found(q)
    table = measure(clusters, image, MAPPING)
    always = {"no_width", "short"}
    flags = [flags_of(table, i) - always for i in range(5)]
    assert flags == [{"edge"}, {"saturated"}, {"both_halves"}, {"masked_pixels"}, set()]
    assert table["nsat"].tolist() == [0, 1, 0, 0, 0]


def test_occupancy_is_the_share_of_usable_pixels_in_clusters() -> None:
    q = np.zeros((10, 20))
    q[2, 2:12] = 100.0
    q[9] = np.nan
    assert measured(q)["occupancy"].tolist() == pytest.approx([10 / 180])


def test_turning_an_image_turns_its_features() -> None:
    q = track((90, 90), 12.0, 20.0, 70.0, 61.0) + blob((90, 90), 70, 15, 5e4, 3, 1.5)
    plain, turned = measured(q), measured(np.rot90(q))
    order, other = np.argsort(plain["charge_e"]), np.argsort(turned["charge_e"])
    for name in ("npix", "length_px", "sigma_l_px", "sigma_t_px", "dedx_kev_per_um", "sagitta_over_l", "e3"):
        np.testing.assert_allclose(turned[name][other], plain[name][order], rtol=2e-3, atol=1e-3, err_msg=name)


def test_the_refusal_of_a_mapping_with_swapped_thresholds() -> None:
    from core import parameters
    from core.connie.mapping import Mapping

    with pytest.raises(DarkroomError, match="expected at most 'strong_sigma'"):
        parameters.build(Mapping, {"weak_sigma": 12.0, "strong_sigma": 10.0})
