"""What a check of one hypothesis says: a verdict, the sentence of its numbers, and what is shown for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.judge.report import Figure, Table
from core.juno.muons.sample import Sample

EXPLAINS, PART, NOT, UNKNOWN = "explains it", "takes part", "does not explain it", "cannot be told here"
ENOUGH = 50  # events of each class: below, intervals leave every verdict open


@dataclass(frozen=True)
class Check:
    """A hypothesis, one of the four verdicts, why, and its tables, figures and plain numbers."""

    hypothesis: str
    verdict: str
    why: str
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def unknown(hypothesis: str, n_muons: int, n_electrons: int) -> Check:
    """Of a data set without enough events."""
    why = (
        f"there are {n_muons} muons and {n_electrons} electrons above 20 MeV with known truth: simulate some (task mue)"
    )
    return Check(hypothesis, UNKNOWN, why)


def with_doubt(check: Check, sample: Sample) -> Check:
    """The check without its verdict where there are too few events for one."""
    n = int(min(sample.is_muon.sum(), (~sample.is_muon).sum()))
    if n >= ENOUGH:
        return check
    return replace(check, verdict=UNKNOWN, why=f"{check.why}; too few events for a verdict ({n} of a class)")
