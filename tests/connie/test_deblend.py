"""De-blending: crossing tracks, a track on a blob, what must stay whole, and what is joined."""

import math
from dataclasses import replace

import numpy as np
import pytest

from core.connie import features
from core.connie.clusters.deblend import deblend, join
from core.connie.clusters.extract import Clusters
from tests.connie.canvas import MAPPING, blob, found, track

SHAPE = (160, 200)
DEBLENDED, JOINED = int(features.DEBLENDED), int(features.JOINED)


def separated(charge_e: np.ndarray) -> tuple[Clusters, Clusters]:
    clusters, _ = found(charge_e)
    return clusters, deblend(clusters, MAPPING)


def pixels(clusters: Clusters) -> list[tuple[int, int, float]]:
    return sorted(zip(clusters.y.tolist(), clusters.x.tolist(), clusters.q.tolist(), strict=True))


@pytest.mark.parametrize("angle_deg", [35, 60, 90, 140])
def test_two_crossing_tracks_become_two(angle_deg: float) -> None:
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    first, second = track(SHAPE, 20, 80, 180, 80), track(SHAPE, 90 - 45 * c, 80 - 45 * s, 90 + 45 * c, 80 + 45 * s)
    before, after = separated(first + second)
    assert len(before) == 1
    assert len(after) == 2
    assert (after.marks & DEBLENDED > 0).all()
    shares = [
        sum(first[y, x] for y, x in zip(after.y[a:b], after.x[a:b], strict=True)) / first.sum()
        for a, b in zip(after.offsets[:-1], after.offsets[1:], strict=True)
    ]
    assert max(shares) > 0.9
    lengths = np.diff([*after.sums[:, 11]])  # sigma_L of 160 and 90 px
    assert abs(abs(lengths[0]) - (160 - 90) / math.sqrt(12)) < 3.0


def test_a_track_with_a_blob_on_its_end_is_taken_off_it() -> None:
    before, after = separated(track(SHAPE, 20, 40, 120, 70) + blob(SHAPE, 122, 80, 3e5, 4, 4))
    assert len(before) == 1
    assert len(after) == 2
    table = after.sums
    assert sorted(np.rint(table[:, 0] / 1e4).tolist()) == pytest.approx([12.5, 30], abs=4)


def test_every_pixel_stays_in_exactly_one_cluster() -> None:
    rng = np.random.default_rng(4)
    q = np.zeros(SHAPE)
    for _ in range(14):
        q += track(SHAPE, *rng.uniform(5, 155, 4))
    before, after = separated(q)
    assert len(after) > len(before)
    assert pixels(after) == pixels(before)
    assert after.n_weak == before.n_weak
    place = after.y.astype(np.int64) * SHAPE[1] + after.x
    assert (np.diff(place[after.offsets[:-1]]) > 0).all()  # clusters in the order of their first pixels
    for a, b in zip(after.offsets[:-1], after.offsets[1:], strict=True):
        assert (np.diff(place[a:b]) > 0).all()
    again = separated(q)[1]
    np.testing.assert_array_equal(again.offsets, after.offsets)  # the draws are the same every time


@pytest.mark.parametrize(
    "whole",
    [
        track(SHAPE, 15, 20, 180, 140),
        track(SHAPE, 15, 20, 180, 140) + track(SHAPE, 60, 52, 66, 40),  # a delta ray
        blob(SHAPE, 80, 80, 5e7, 14, 14),  # large, but no line
        track(SHAPE, 60, 60, 85, 60) + track(SHAPE, 70, 50, 70, 72),  # short tracks are left as they are
    ],
    ids=["track", "delta ray", "blob", "short"],
)
def test_what_is_no_blend_stays_whole(whole: np.ndarray) -> None:
    before, after = separated(whole)
    assert len(before) == len(after) == 1
    assert after.marks.tolist() == [0]


def test_a_track_cut_by_a_masked_column_is_joined() -> None:
    q = track(SHAPE, 20, 30, 180, 90)
    q[:, 99:104] = np.nan
    before, after = separated(q)
    assert len(before) == 2
    assert len(after) == 1
    assert after.marks.tolist() == [JOINED]
    assert pixels(after) == pixels(before)


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ((126, 80, 190, 80), "gap of 26 px"),
        ((110, 86, 190, 86), "beside the axis"),
        ((108, 80, 190, 95), "10 degrees off"),
        ((90, 88, 170, 88), "overlapping, not one behind the other"),
    ],
)
def test_pieces_that_do_not_continue_each_other_are_not_joined(second: tuple[float, ...], why: str) -> None:
    before, after = separated(track(SHAPE, 20, 80, 100, 80) + track(SHAPE, *second))
    assert len(before) == len(after) == 2, why
    assert after.marks.tolist() == [0, 0]


def test_three_pieces_become_one_and_blobs_are_not_joined() -> None:
    q = track(SHAPE, 20, 80, 180, 80)
    q[:, 70:75] = q[:, 120:124] = 0.0
    clusters, _ = found(q)
    assert len(join(clusters, MAPPING.join_gap_px)) == 1
    pair, _ = found(blob(SHAPE, 50, 50, 2e4, 1, 1) + blob(SHAPE, 62, 50, 2e4, 1, 1))
    assert len(join(pair, MAPPING.join_gap_px)) == 2
    nothing, _ = found(np.zeros((5, 5)))
    assert len(deblend(nothing, MAPPING)) == 0


def test_the_mapping_says_what_is_separated_and_joined() -> None:
    crossing = track(SHAPE, 20, 80, 180, 80) + track(SHAPE, 100, 20, 100, 140)
    clusters, _ = found(crossing)
    assert len(deblend(clusters, replace(MAPPING, deblend=False))) == len(clusters) == 1
    assert len(deblend(clusters, replace(MAPPING, deblend_length_px=300.0))) == 1
    assert len(deblend(clusters, MAPPING)) == 2
    q = track(SHAPE, 20, 80, 180, 80)
    q[:, 90:100] = 0.0
    pieces, _ = found(q)
    assert [len(deblend(pieces, replace(MAPPING, join_gap_px=gap))) for gap in (5.0, 20.0)] == [2, 1]
