"""Numbers of generated rows against the truth: what is right passes, each known fault is seen by the number that is for it."""

import dataclasses

import numpy as np
import pytest

from core.judge.generation import measures
from core.judge.generation.measures import RELATIVE, mean_bias, mean_shift
from core.judge.generation.sample import Rows, Sample
from tests.judge.generated_toy import AXIS, GENERATING, rows_of, showers

N = 2_000


@pytest.fixture(scope="module")
def good() -> Sample:
    """A perfect generator: other showers of the same law and the same energies."""
    energy, cells = showers(N, 1)
    return Sample(rows_of(*showers(N, 2, energy)), rows_of(energy, cells), rows_of(*showers(N, 3)))


def faulty(sample: Sample, generated: Rows) -> Sample:
    return dataclasses.replace(sample, generated=generated)


def test_a_perfect_generator_is_as_far_from_truth_as_truth(good: Sample) -> None:
    names = GENERATING.separated
    own, same = (measures.separations(good.truth, rows, names, 50) for rows in (good.generated, good.paired))
    for name in names:
        assert abs(own[name].value - same[name].value) < 0.01
        assert own[name].value < 0.02
    own_w, same_w = (measures.wasserstein_channels(good.truth, rows) for rows in (good.generated, good.paired))
    assert own_w["mean"].value < 2.0 * same_w["mean"].high
    assert set(own_w) == {"mean", "left", "right"}
    assert measures.frechet_of(good.truth, good.generated, min_samples=500).low < 1e-3
    assert abs(measures.kernel_of(good.truth, good.generated, batch_rows=1_000).value) < 0.01


def test_a_response_that_is_off_is_measured_in_every_bin(good: Sample) -> None:
    cells = good.generated.array * np.float32(1.02)
    off = faulty(good, rows_of(good.generated.axis, cells))
    bias = measures.response_bias(off.generated, off.paired, True)
    assert bias.low < 0.02 < bias.high and bias.high - bias.low < 0.01
    bins = measures.by_axis(off, GENERATING, AXIS)
    assert [(part.low, part.high) for part in bins] == [(2.0, 10.0), (10.0, 50.0)]
    assert sum(part.n for part in bins) <= N
    for part in bins:
        assert part.response.generated is not None and part.response.truth is not None
        assert part.response.generated.low < 0.02 < part.response.generated.high
        assert part.response.truth.low < 0.0 < part.response.truth.high
        assert part.features["n_cells"][0] == RELATIVE


def test_pairs_tell_a_mean_better_than_strangers(good: Sample) -> None:
    paired, stranger = (
        measures.feature_biases(good.generated, other, is_paired)["n_cells"][1]
        for other, is_paired in ((good.paired, True), (good.truth, False))
    )
    assert paired.high - paired.low < 0.5 * (stranger.high - stranger.low)


def test_a_wrong_width_is_seen_where_widths_are_asked_for(good: Sample) -> None:
    wide = rows_of(*showers(N, 5, good.paired.axis, width=1.1))
    apart = measures.separations(good.truth, wide, GENERATING.separated, 50)
    assert apart["width"].low > 0.1 > apart["response"].high


def test_bins_of_few_rows_have_no_numbers(good: Sample) -> None:
    bins = measures.by_axis(good, GENERATING, AXIS.with_edges([2.0, 2.01, 50.0]))
    assert bins[0].n < 50 and bins[0].response.generated is None and bins[0].separations["width"].truth is None
    assert bins[1].response.generated is not None


def test_a_generator_that_copies_training_rows_is_found(good: Sample) -> None:
    energy, train = showers(4 * N, 9)
    copies = rows_of(energy[:N], train[:N])
    blocks = lambda: (train[:5_000], train[5_000:])  # noqa: E731
    right, copied = (measures.neighbour_ratio(sample, blocks, n_queries=300) for sample in (good, faulty(good, copies)))
    assert right.generated is not None and right.truth is not None and copied.generated is not None
    assert right.generated.low < 1.0 < right.generated.high or 0.95 < right.generated.value < 1.05
    assert 0.9 < right.truth.value < 1.1
    assert copied.generated.value < 0.01


def test_a_dropped_mode_lowers_recall_and_coverage(good: Sample) -> None:
    low = rows_of(*showers(N, 6, np.full(N, 3.0)))
    dropped, whole = (measures.manifolds_of(good.truth, rows, 600) for rows in (low, good.generated))
    assert whole.recall.value > 0.9 and whole.coverage.value > 0.9
    assert dropped.recall.value < 0.5 and dropped.coverage.value < 0.5


def test_errors_of_pairs(good: Sample) -> None:
    shifted = rows_of(good.paired.axis, good.paired.array + np.float32(2.0))
    assert measures.pixel_error(shifted, good.paired).value == pytest.approx(2.0, rel=1e-3)
    errors = measures.channel_errors(shifted, good.paired)
    assert [errors[name].value for name in ("left", "mean")] == pytest.approx(
        [36.0, 36.0], rel=1e-3
    )  # 18 cells of 2 MeV
    partners = measures.partners(good.paired, good.truth)
    assert np.median(np.abs(partners.axis / good.paired.axis - 1.0)) < 0.01
    assert (
        measures.pixel_error(partners, good.paired).value > measures.pixel_error(good.paired, good.paired).value == 0.0
    )


def test_biases_by_hand() -> None:
    reference = np.array([1.0, 3.0, np.nan])
    assert mean_bias(np.array([2.0, 6.0, 5.0]), reference, True).value == pytest.approx(1.0)
    assert mean_bias(np.array([2.0, 6.0, 7.0]), reference, False).value == pytest.approx(1.5)
    assert mean_shift(np.array([2.0, 4.0, 9.0]), reference, True).value == pytest.approx(1.0 / np.sqrt(2.0))
    assert np.isnan(mean_bias(reference[:1], reference, False).value)
    assert np.isnan(mean_shift(reference, np.ones(3), True).value)


def test_the_interval_of_a_bias_holds_the_truth() -> None:
    rng = np.random.default_rng(8)
    inside = {True: 0, False: 0}
    for _ in range(200):
        truth = rng.gamma(4.0, 1.0, 300)
        own = 1.1 * truth * rng.normal(1.0, 0.05, 300)
        others = 1.1 * rng.gamma(4.0, 1.0, 300) * rng.normal(1.0, 0.05, 300)
        for is_paired, values in ((True, own), (False, others)):
            bias = mean_bias(values, truth, is_paired)
            inside[is_paired] += bias.low < 0.1 < bias.high
    assert all(180 <= n <= 199 for n in inside.values())


def test_the_logarithm_of_cells_is_0_where_nothing_was_seen() -> None:
    cells = np.array([[[0.0, 2.0], [20.0, 200.0]]], np.float32)
    assert np.allclose(measures.log_cells(cells, measures.floor_of(cells)), [[0.0, 0.0, 1.0, 2.0]])
    assert measures.floor_of(np.zeros((1, 2, 2))) == 1.0
