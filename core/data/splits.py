"""Training, validation and test: by whole groups (sub-runs), stratified, or at random per row."""

from dataclasses import dataclass

import numba
import numpy as np

from core.errors import DarkroomError
from core.parameters import param

TRAIN, VALIDATION, TEST, OTHER = 0, 1, 2, 3
SPLITS = ("train", "validation", "test", "other")


@dataclass(frozen=True)
class SplitParameters:
    """How rows are divided."""

    method: str = param(
        "grouped", "grouped: whole sub-runs stay together, classes balanced; random: as the slides did, row by row",
        choices=("grouped", "random"),
    )  # fmt: skip
    validation_fraction: float = param(0.1, "share of the validation sample", low=0.0, high=0.5)
    test_fraction: float = param(0.1, "share of the test sample", low=0.01, high=0.9)
    seed: int = param(1, "seed of the division", low=0, high=2**31 - 1)

    def check(self) -> None:
        if self.validation_fraction + self.test_fraction >= 1.0:
            raise DarkroomError(
                f"Parameters 'validation_fraction' and 'test_fraction' add up to "
                f"{self.validation_fraction + self.test_fraction:g}: leave something below 1 for training."
            )

    @property
    def fractions(self) -> np.ndarray:
        return np.array(
            [1 - self.validation_fraction - self.test_fraction, self.validation_fraction, self.test_fraction]
        )


def split_rows(parameters: SplitParameters, uid: np.ndarray, group: np.ndarray, stratum: np.ndarray) -> np.ndarray:
    """int8 (n,): on which side every row lies, TRAIN, VALIDATION or TEST; OTHER in a group of which no row is counted.

    uid int64 (n,) identity; group int64 (n,) rows that stay together; stratum int (n,) what is balanced (-1: not counted,
    such a row lies where its group does). The random split depends on uid and seed only, so a row keeps its side
    whatever else is selected.
    """
    if parameters.method == "random":
        u = uniform(uid, parameters.seed)
        return np.searchsorted(np.cumsum(parameters.fractions)[:2], u, side="right").astype(np.int8)
    groups, inverse = np.unique(group, return_inverse=True)
    counts = np.zeros((len(groups), int(stratum.max(initial=-1)) + 1))
    known = stratum >= 0
    np.add.at(counts, (inverse[known], stratum[known]), 1)
    side = np.where(counts.any(axis=1), _assign(groups, counts, parameters), OTHER).astype(np.int8)
    return side[inverse]


def _assign(groups: np.ndarray, counts: np.ndarray, parameters: SplitParameters) -> np.ndarray:
    """Greedy: each group goes where its strata are still most short of their share (relative deficit)."""
    target = parameters.fractions[:, None] * counts.sum(axis=0)
    shuffled = np.random.default_rng(parameters.seed).permutation(len(groups))
    largest_first = shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]
    if counts.shape[1] == 1:  # a million rows without classes may each be a group
        return _assign_one_stratum(counts[:, 0], largest_first, target[:, 0])
    return _assign_strata(counts, largest_first, target)


def _assign_strata(counts: np.ndarray, largest_first: np.ndarray, target: np.ndarray) -> np.ndarray:
    """int8 (n_groups,): counts (n_groups, k), target (3, k)."""
    have = np.zeros_like(target)
    side = np.zeros(len(counts), np.int8)
    weight = counts / np.maximum(counts.sum(axis=0), 1)
    for g in largest_first:
        if not counts[g].any():
            break  # sorted by size: no group that is left holds a counted row
        lack = np.divide(target - have, target, out=np.full_like(target, -np.inf), where=target > 0)
        score = np.where(weight[g] > 0, lack, 0.0) @ weight[g]
        side[g] = int(np.argmax(score))
        have[side[g]] += counts[g]
    return side


@numba.njit(cache=True, nogil=True)
def _assign_one_stratum(counts: np.ndarray, largest_first: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The same of one stratum, counts (n_groups,), target (3,), to the last bit."""
    have, side, total = np.zeros(len(target)), np.zeros(len(counts), np.int8), max(counts.sum(), 1.0)
    for g in largest_first:
        if counts[g] == 0.0:
            break
        weight, best, highest = counts[g] / total, 0, -np.inf
        for s in range(len(target)):
            score = (target[s] - have[s]) / target[s] * weight if target[s] > 0.0 else -np.inf
            if score > highest:
                best, highest = s, score
        side[g] = best
        have[best] += counts[g]
    return side


def uniform(uid: np.ndarray, seed: int) -> np.ndarray:
    """Uniform numbers in [0, 1) from a mixed integer (splitmix64): the same row gives the same number."""
    with np.errstate(over="ignore"):
        z = uid.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15) * np.uint64(seed + 1)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)
