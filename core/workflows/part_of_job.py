"""One training's share of a job that does several of them: what it reports is told as a part of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRAINED = 0.9  # the part of a share that its training is; the rest is scoring


class Stopped(Exception):
    """Leaves the scoring of rows; never leaves the job."""


@dataclass
class PartOfJob:
    """The part `index` of `n_parts` of a job, called `name`.

    The points of the curves are not passed on: those of several trainings are no curve, and each run keeps its own.
    """

    job: Any
    index: int
    n_parts: int
    name: str
    done: float = 0.0

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        self.tell(TRAINED * done / total if total else 0.0, text)

    def scored(self, done: int, total: int) -> None:
        self.tell(TRAINED + (1.0 - TRAINED) * done / total, f"{done:,} of {total:,} rows scored")
        if self.stop_requested():
            raise Stopped

    def tell(self, share: float, text: str) -> None:
        """Progress only goes up, although a training counts its batches first and its scored rows then."""
        self.done = max(self.done, min(share, 1.0))
        what = f"training {self.index + 1} of {self.n_parts}: {self.name}, {text[:1].lower()}{text[1:]}"
        self.job.report(self.index + self.done, self.n_parts, what)

    def metric(self, values: Mapping[str, Any]) -> None:
        pass

    def stop_requested(self) -> bool:
        return bool(self.job.stop_requested())
