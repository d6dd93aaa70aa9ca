"""How often each kind of shower occurs: in what was generated, in the truth for the same conditions, and in other truth."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.statistics.intervals import Efficiency, Interval, defined, efficiencies
from core.statistics.two_samples import jensen_shannon, of_histograms
from core.zdc.masks.kinds import EMPTY

RARE = 0.1  # of its share in the other sample: a kind of which there is surely less than that is missing


@dataclass(frozen=True)
class Compared:
    """Two samples of showers by kind, both int64 (k + 1,): the last of the kinds are the empty images.

    `chi2` of the table of both over `ndf`, with `p`; `divergence`: Jensen-Shannon in bits with its interval. Kinds that neither has count
    in nothing.
    """

    first: np.ndarray
    second: np.ndarray
    chi2: float
    ndf: int
    p: float
    divergence: Interval

    @property
    def shares(self) -> tuple[tuple[Efficiency, ...], tuple[Efficiency, ...]]:
        """The share of each kind in both samples, with their intervals."""
        first, second = (
            efficiencies(counts, np.full(len(counts), counts.sum())) for counts in (self.first, self.second)
        )
        return first, second

    @property
    def missing(self) -> list[int]:
        """Kinds of which the second sample surely has less than a tenth of what the first has: dropped modes."""
        return _rare(*self.shares)

    @property
    def invented(self) -> list[int]:
        """Kinds of which the first sample surely has less than a tenth of what the second has."""
        first, second = self.shares
        return _rare(second, first)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        first, second = self.shares
        return {
            "first": [share.to_dict() for share in first], "second": [share.to_dict() for share in second],
            "chi2": defined(self.chi2), "ndf": self.ndf, "p": defined(self.p), "divergence": self.divergence.to_dict(),
            "missing": [name_of(i, len(self.first) - 1) for i in self.missing],
            "invented": [name_of(i, len(self.first) - 1) for i in self.invented],
        }  # fmt: skip


def _rare(first: tuple[Efficiency, ...], second: tuple[Efficiency, ...]) -> list[int]:
    return [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if b.high < RARE * a.low]


def counts_of(kinds: np.ndarray, k: int) -> np.ndarray:
    """int64 (k + 1,): showers of each kind, and at the end empty images."""
    return np.bincount(np.where(kinds == EMPTY, k, kinds), minlength=k + 1)


def compare(first: np.ndarray, second: np.ndarray) -> Compared:
    """Two samples by their counts (k + 1,); NaN where one is empty or only one kind is there."""
    both = np.stack([first, second]).astype(float)
    there = both[:, both.sum(axis=0) > 0]
    total, ndf = there.sum(), max(there.shape[1] - 1, 0)
    chi2, p = math.nan, math.nan
    if ndf and there.sum(axis=1).all():
        expected = there.sum(axis=1, keepdims=True) * there.sum(axis=0) / total
        chi2 = float(((there - expected) ** 2 / expected).sum())
        p = float(special.gammaincc(ndf / 2.0, chi2 / 2.0))
    return Compared(first, second, chi2, ndf, p, of_histograms(jensen_shannon, first, second))


def name_of(kind: int, k: int) -> str:
    """A kind in words; the most frequent is type 1."""
    return "empty" if kind in (EMPTY, k) else f"type {kind + 1}"
