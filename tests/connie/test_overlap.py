"""Counting muons that share clusters: a toy with known numbers, in which a fixed factor and a fixed mix fail."""

import numpy as np
import pytest

from core.connie.muons import counting, overlap
from core.errors import DarkroomError

N_CLASSES = 3  # muon, worm, merged
KINDS = (1, 2)


def toy(n_muons: np.ndarray, n_electrons: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Clusters of images with Poisson numbers: each muon is alone with a probability that falls with the occupancy, else
    it shares a cluster with one more; a fifth of the electrons is called muon.
    """
    rng = np.random.default_rng(seed)
    columns: dict[str, list] = {name: [] for name in ("image", "called", "energy", "n_muons", "species")}
    occupancy = 6e-6 * n_muons + 4e-6 * n_electrons
    came = rng.poisson(n_muons)
    for i, n in enumerate(came):
        alone = rng.random(n) < np.exp(-8.0 * occupancy[i])
        pairs = (n - int(alone.sum())) // 2
        muons = np.r_[np.ones(int(alone.sum()), int), np.full(pairs, 2), np.ones(n - int(alone.sum()) - 2 * pairs, int)]
        called = np.where(muons == 1, np.where(rng.random(len(muons)) < 0.9, 0, 1), 2)
        electrons = rng.poisson(n_electrons[i])
        wrong = np.where(rng.random(electrons) < 0.2, 0, np.where(rng.random(electrons) < 0.9, 1, 2))
        energy = np.r_[
            rng.normal(260.0, 40.0, len(muons)) * np.where(muons == 2, 2.0, 1.0), rng.exponential(200.0, electrons)
        ]
        columns["image"].append(np.full(len(muons) + electrons, i))
        columns["called"].append(np.r_[called, wrong])
        columns["energy"].append(energy)
        columns["n_muons"].append(np.r_[muons, np.zeros(electrons, int)])
        columns["species"].append(np.r_[np.zeros(len(muons), int), np.ones(electrons, int)])
    clusters = {name: np.concatenate(parts) for name, parts in columns.items()}
    return clusters | {"occupancy": occupancy, "came": came}


def binned(clusters: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    bins = overlap.bins_of(clusters["called"], clusters["energy"], N_CLASSES)
    counts = overlap.per_image(clusters["image"], bins, len(clusters["came"]), overlap.n_bins(N_CLASSES))
    return bins, counts, clusters["occupancy"]


@pytest.fixture(scope="module")
def response() -> overlap.Response:
    """Calibrated on electrons in proportion to the muons, with some spread."""
    rng = np.random.default_rng(1)
    muons = np.geomspace(700, 9_000, 16)
    clusters = toy(muons, 0.25 * muons * np.exp(0.3 * rng.standard_normal(16)), 2)
    bins, _, where = binned(clusters)
    truth = overlap.truth_of(
        clusters["image"], bins, overlap.n_bins(N_CLASSES), clusters["n_muons"], clusters["species"], clusters["came"], KINDS
    )  # fmt: skip
    return overlap.calibrate(truth, where, repeats=20)


@pytest.mark.parametrize("electrons", ["in proportion", "constant"])
def test_the_count_is_right_from_700_to_9000_muons_in_two_mixes(response, electrons):
    muons = np.geomspace(700, 9_000, 8)
    clusters = toy(muons, 0.25 * muons if electrons == "in proportion" else np.full(8, 1_500.0), 3)
    _, counts, where = binned(clusters)
    muons_counted = overlap.count(response, counts, where)
    value = np.array([item.value for item in muons_counted])
    bias = value / clusters["came"] - 1.0
    assert np.abs(bias).max() < 0.05
    # against the mean numbers the stated errors hold, Poisson included
    pulls = (value - muons) / np.hypot(
        [item.statistical for item in muons_counted], [item.calibration for item in muons_counted]
    )
    assert np.sum(pulls**2) < 26.1  # chi2 of 8 at 0.001
    called = np.bincount(clusters["image"][clusters["called"] == 0], minlength=8) / clusters["came"]
    assert called.max() / called.min() > 1.3  # no factor could do that


def test_the_error_is_that_of_the_numbers(response):
    muons = np.full(60, 3_000.0)
    clusters = toy(muons, 0.25 * muons, 4)
    _, counts, where = binned(clusters)
    muons_counted = overlap.count(response, counts, where)
    value, error = np.array([(item.value, item.statistical) for item in muons_counted]).T
    assert error.mean() == pytest.approx(np.std(value), rel=0.3)
    assert error.mean() > np.sqrt(3_000.0)


def test_the_solution_of_exact_counts_is_exact():
    templates = np.array([[0.7, 0.2, 0.1, 0.0], [0.1, 0.3, 0.5, 0.1], [0.0, 0.0, 0.2, 0.8]])
    value, error = overlap.solve(templates, np.array([500.0, 0.0, 40.0]) @ templates)
    assert value == pytest.approx(500.0, rel=1e-6) and error > np.sqrt(500.0)
    assert overlap.solve(templates, np.zeros(4))[0] == 0.0


def test_outside_what_was_calibrated_the_nearest_occupancy_is_taken(response):
    end = response.high
    assert np.array_equal(response.templates(2.0 * end), response.templates(end))
    assert (response.templates(0.0) >= 0.0).all()


def test_too_few_images_are_refused():
    clusters = toy(np.full(3, 800.0), np.full(3, 200.0), 5)
    bins, _, where = binned(clusters)
    truth = overlap.truth_of(
        clusters["image"], bins, 24, clusters["n_muons"], clusters["species"], clusters["came"], KINDS
    )
    with pytest.raises(DarkroomError, match="calibrated on 3 simulated images, expected at least 4"):
        overlap.calibrate(truth, where)


def test_energies_below_and_above_the_edges_have_bins():
    bins = overlap.bins_of(np.array([0, 0, 2, 2]), np.array([-1.0, 1e9, 0.0, np.nan]), 3)
    assert bins[:2].tolist() == [0, 7] and bins[2] == 16 and 16 <= bins[3] < overlap.n_bins(3)


def test_called_muon_is_what_reaches_the_threshold_else_the_best_of_the_rest():
    outputs = np.array([[0.6, 0.3, 0.1], [0.4, 0.35, 0.25], [0.2, 0.1, 0.7]])
    assert counting.classify(outputs, 0, 0.5).tolist() == [0, 1, 2]
    assert counting.classify(outputs, 0, 0.4).tolist() == [0, 0, 2]
    assert counting.classify(outputs, 0, 0.9).tolist() == [1, 1, 2]
