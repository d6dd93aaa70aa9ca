"""When a member of a sweep is given up: rules on validation losses, epoch by epoch. Plain numbers in, a sentence out.

The median rule: Golovin et al., KDD 2017 (Vizier), with the best loss so far in the place of the mean. Successive halving, the
variant that stops and never waits: Li et al., MLSys 2020 (ASHA).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.parameters import param

NEVER, MEDIAN, HALVING = "never", "median", "halving"
Losses = Sequence[float | None]
"""The validation loss after each epoch; None or NaN where it is undefined, which counts as the worst."""


@dataclass(frozen=True)
class Patience:
    """When a member is given up before its last epoch. What others reached is compared at the same epoch."""

    rule: str = param(
        MEDIAN, "median: worse than half of the others at the same epoch; halving: at rungs only the best part goes on; never",
        choices=(MEDIAN, HALVING, NEVER),
    )  # fmt: skip
    min_epochs: int = param(3, "epochs that every member is given, whatever it does", unit="epochs", low=1, high=1000)
    fewest: int = param(4, "others that must have come as far before any is given up", low=2, high=500)
    part: int = param(
        3,
        "halving: one in so many goes on, at the least epochs and each time after so many times as many",
        low=2,
        high=10,
    )


def best_until(losses: Losses, epoch: int) -> float:
    """The least loss of the first `epoch` epochs; infinite where none is defined."""
    defined = [loss for loss in losses[:epoch] if loss is not None and not math.isnan(loss)]
    return min(defined, default=math.inf)


def is_rung(epoch: int, patience: Patience) -> bool:
    """Whether members are halved after this epoch: the least epochs times a power of `part`."""
    rung = patience.min_epochs
    while rung < epoch:
        rung *= patience.part
    return rung == epoch


def verdict(patience: Patience, losses: Losses, others: Sequence[Losses]) -> str:
    """Why a member with these losses is given up now, beside `others` as far as they came; '' where it goes on.

    Others that ended before this epoch say nothing of it and do not count.
    """
    epoch = len(losses)
    reached = [best_until(other, epoch) for other in others if len(other) >= epoch]
    if patience.rule == NEVER or epoch < patience.min_epochs or len(reached) < patience.fewest:
        return ""
    own = best_until(losses, epoch)
    if patience.rule == HALVING:
        if not is_rung(epoch, patience):
            return ""
        n_on = math.ceil((len(reached) + 1) / patience.part)
        limit = sorted(reached)[n_on - 1]
        words = f"not among the best {n_on} of {len(reached) + 1}"
    else:
        limit = statistics.median(reached)
        words = f"above the median {limit:.4g} of {len(reached)} others"
    return (
        f"given up after epoch {epoch}: its best validation loss {own:.4g} is {words} at that epoch"
        if own > limit
        else ""
    )
