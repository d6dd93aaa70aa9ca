"""Judges of generated rows: they tell what can be told as well as it can be, and do not tell truth from truth."""

import math

import numpy as np
import pytest
from scipy import special

from core.errors import DarkroomError
from core.judge.generation import judges, network_judge
from core.judge.generation.judges import N_FOLDS, Fifths, Judgement, judge
from core.judge.generation.network_judge import NetworkSettings
from tests.judge.generated_toy import rows_of, showers

N = 3_000


def shifted(shift: float, n: int = N, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two samples (n, 2) of normal numbers, the first shifted in its first column."""
    rng = np.random.default_rng(seed)
    return rng.normal((shift, 0.0), 1.0, (n, 2)), rng.normal(size=(n, 2))


@pytest.fixture(scope="module")
def by_trees() -> Judgement:
    return judge(*shifted(1.0), 3, judges.boosted(("x", "y")))


def test_trees_reach_the_area_of_shifted_normals(by_trees: Judgement) -> None:
    """Two normals a standard deviation apart: area Phi(1 / sqrt 2) = 0.760, and nothing can be better."""
    exact = float(special.ndtr(1.0 / math.sqrt(2.0)))
    assert by_trees.auc.low < exact and exact - 0.02 < by_trees.auc.value < by_trees.auc.high
    assert by_trees.auc.value == pytest.approx(np.mean([area.value for area in by_trees.aucs]))
    assert by_trees.auc.n_signal == by_trees.auc.n_background == 3 * N // 5
    assert 0.0 < by_trees.spread < 0.03
    assert by_trees.importance[0]["feature"] == "x"


def test_the_divergence_of_shifted_normals_is_that_of_the_integral(by_trees: Judgement) -> None:
    """For the best judge, the likelihood ratio; trees lose some of it."""
    x = np.linspace(-8.0, 9.0, 4_001)
    p, q = (np.exp(-0.5 * (x - mean) ** 2) for mean in (1.0, 0.0))
    exact = 0.5 * (p * np.log2(2 * p / (p + q)) + q * np.log2(2 * q / (p + q))).sum() / p.sum()
    halves = [
        (special.expit(np.concatenate(pair)[:, 0] - 0.5), np.repeat([1, 0], 20_000))
        for pair in (shifted(1.0, 20_000, seed) for seed in (3, 4))
    ]
    best = judges.divergence(*halves[0], *halves[1])
    assert best.low < exact < best.high and best.high - best.low < 0.02
    assert 0.5 * exact < by_trees.jsd.value < best.high


def test_truth_is_not_told_from_truth() -> None:
    same = judge(*shifted(0.0), 3, judges.boosted(("x", "y")))
    assert same.auc.low < 0.5 < same.auc.high and abs(same.auc.value - 0.5) < 0.03
    assert same.jsd.value < 0.02


def test_every_row_is_judged_once_and_never_by_who_learned_from_it() -> None:
    generated, truth = shifted(0.0, 1_000)
    seen: list[np.ndarray] = []

    def scorer(parts: Fifths, seed: int) -> tuple[np.ndarray, np.ndarray, list]:
        keys = [part[0][:, 0] for part in (parts.learn, parts.stop, parts.judged)]
        assert [len(key) for key in keys] == [1_200, 400, 400]
        assert len(np.unique(np.concatenate(keys))) == 2_000
        assert parts.judged[1].mean() == 0.5
        seen.append(keys[2])
        return np.full(400, 0.5), np.full(400, 0.5), []

    result = judge(generated, truth, N_FOLDS, scorer)
    assert len(np.unique(np.concatenate(seen))) == 2_000
    assert np.isfinite(result.scores).all() and np.isfinite(result.truth_scores).all()
    assert result.auc.value == 0.5
    two = judge(generated, truth, 2, scorer)
    assert np.isnan(two.scores).sum() == 600


def test_the_hard_judge_sees_what_only_more_features_tell() -> None:
    rng = np.random.default_rng(2)
    generated, truth = rng.normal(size=(2, 1_500, 2))
    generated[:, 1] = generated[:, 0] + 0.3 * generated[:, 1]
    hard = judge(generated, truth, 1, judges.boosted_long(("x", "y")))
    easy = judge(generated[:, :1], truth[:, :1], 1, judges.boosted(("x",)))
    assert hard.auc.value > 0.8 > easy.auc.value
    assert not hard.importance


def test_too_few_rows_are_refused_with_both_numbers() -> None:
    with pytest.raises(
        DarkroomError, match=r"'high' needs 500 generated and as many true rows, there are 20 and 3,000"
    ):
        judge(shifted(0.0)[0][:20], shifted(0.0)[1], 1, judges.boosted(("x", "y")), "high")


def test_areas_of_some_rows_are_those_of_each_seed(by_trees: Judgement) -> None:
    everything = np.ones(N, bool)
    area = by_trees.auc_where(everything, everything, 20)
    assert area is not None and area.value == pytest.approx(by_trees.auc.value)
    assert by_trees.auc_where(np.arange(N) < 30, everything, 20) is None


def stop_after_two(epoch: int) -> None:
    if epoch == 2:
        raise DarkroomError("Stopped after 2.")


@pytest.mark.network
def test_the_network_reaches_the_area_of_shifted_normals_and_tells_no_truth() -> None:
    settings = NetworkSettings(width=16, epochs=12, batch_rows=200, rate=5e-3)
    epochs: list[int] = []
    apart = judge(*shifted(1.0), 1, network_judge.network(settings, epochs.append))
    assert apart.auc.value == pytest.approx(float(special.ndtr(1.0 / math.sqrt(2.0))), abs=0.04)
    assert epochs == list(range(1, 13))
    with pytest.raises(DarkroomError, match="Stopped after 2"):
        judge(*shifted(1.0), 1, network_judge.network(settings, stop_after_two))
    same = judge(*shifted(0.0), 1, network_judge.network(settings))
    assert same.auc.low < 0.5 < same.auc.high
    wide, narrow = (rows_of(*showers(1_000, seed, width=width)) for seed, width in ((1, 1.3), (2, 1.0)))
    assert judge(wide.pixels, narrow.pixels, 1, network_judge.network(settings)).auc.value > 0.9


def test_inputs_are_standardised_and_cut() -> None:
    x = np.zeros((1_000, 3), np.float32)
    x[:, 0], x[0, 1] = np.arange(1_000), 1.0
    scaled = network_judge.scaled(x, network_judge.standardisation(x))
    assert scaled[:, 0].std() == pytest.approx(1.0, rel=1e-3) and scaled[0, 1] == 10.0 and not scaled[:, 2].any()
