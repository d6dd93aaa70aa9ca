"""The few numbers of a run that stand in every list: on the test sample, with intervals, kept beside the run.

runs/<id>/result.json   numbers, what they were counted on, and the state of the stored outputs that they were made from

Derived: it may be deleted at any time. Where scores, rows or the way of counting are other ones now, it counts as missing.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core import manifest, outputs, runs, workspace
from core.errors import DarkroomError
from core.judge.judged_sample import judged_sample
from core.judge.output_report import intervals_of
from core.judge.report import DASH, PERCENT, Number, in_words, is_few
from core.judge.score_table import ScoreTable
from core.statistics.efficiency import at_threshold
from core.statistics.intervals import Efficiency, Interval, PairInterval
from core.statistics.multiclass import confusion, predicted_class, summary

VERSION = 1  # raise with every change after which the same outputs give other numbers
THRESHOLD, TEST = 0.5, "test"
LEAKAGE, SIGNAL, MACRO = "background leakage", "signal efficiency", "macro efficiency"
FEW_MARK = " (few)"


@dataclass(frozen=True)
class Quantity:
    """One number of a result: what it is, with its interval; `unit` "%" for parts, else that of the number or ''."""

    name: str
    number: Number
    unit: str = ""

    @property
    def factor(self) -> float:
        """What the number is shown as a multiple of."""
        return 100.0 if self.unit == PERCENT else 1.0

    @property
    def short(self) -> str:
        """`97.10 [96.50, 97.62]`, for a column whose title has the unit; a dash where undefined."""
        return in_words(self.number, self.unit, digits=_digits(self.number, self.factor), with_n=False)

    @property
    def title(self) -> str:
        """What it is, with its unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def text(self) -> str:
        """`97.10 [96.50, 97.62] % n = 3,012`, a dash where undefined, marked where fewer than 20 were counted."""
        if math.isnan(self.number.value):
            return DASH
        words = in_words(self.number, self.unit, digits=_digits(self.number, self.factor), with_unit=True)
        return words + (FEW_MARK if is_few(self.number) else "")


@dataclass(frozen=True)
class Result:
    """The numbers of a run, the most telling first, and what they were counted on. `why`: why there are none."""

    numbers: tuple[Quantity, ...] = ()
    counted_on: str = ""
    why: str = ""

    def of(self, name: str) -> Quantity | None:
        """The number of that name."""
        return next((quantity for quantity in self.numbers if quantity.name == name), None)

    @property
    def text(self) -> str:
        """The first two numbers in words; '' without any."""
        return "; ".join(f"{quantity.name} {quantity.text}" for quantity in self.numbers[:2])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, None where undefined."""
        numbers = [{"name": q.name, "unit": q.unit, **q.number.to_dict()} for q in self.numbers]
        return {"numbers": numbers, "counted_on": self.counted_on, "why": self.why}


def of_scores(scores: ScoreTable) -> Result:
    """The result of a run that tells classes apart: at the threshold 0.5, of more than two classes of the most probable one."""
    sample = judged_sample(scores)
    test = sample.members(TEST)
    counted_on = f"test sample of {scores.dataset.name}, labels {sample.scheme}"
    if scores.is_multiclass:
        calls = predicted_class(sample.table.probabilities[test])
        table = confusion(sample.class_labels[test], calls, scores.classes)
        return Result((Quantity(MACRO, summary(table).balanced_accuracy, PERCENT),), counted_on)
    point = at_threshold(sample.table.score[test], sample.labels[test], THRESHOLD)
    numbers = (Quantity(SIGNAL, point.signal, PERCENT), Quantity(LEAKAGE, _rest(point.background), PERCENT))
    return Result(numbers, f"{counted_on}, threshold {THRESHOLD:g}")


def of_summary(run: runs.Run) -> Result:
    """The result of a run that regresses or generates: what its task has summed up on rows that no training used."""
    intervals = intervals_of(runs.read_summary(run))
    why = "" if intervals else "its task summed nothing up, or it was stopped before"
    return Result(
        tuple(Quantity(name, number) for name, number in intervals.items()), f"test sample of {run.dataset}", why
    )


def of_quality(row: Mapping[str, Any]) -> Result:
    """The result of a generator from the line of its report: how well judges tell its rows from true ones (0.5: they cannot)."""
    judges = {"AUC, boosted trees": row.get("auc_high"), "AUC, dense network": row.get("auc_low")}
    numbers = tuple(Quantity(name, _number(plain)) for name, plain in judges.items() if plain)
    return Result(numbers, f"{row['n']:,} generated rows of {row['dataset']} beside as many true ones")


def _rest(part: Efficiency) -> Efficiency:
    """What remains of a whole."""
    return replace(part, value=1.0 - part.value, low=1.0 - part.high, high=1.0 - part.low, k=part.n - part.k)


def read(run_id: str, dataset: str) -> Result | None:
    """The stored result of a run on its data set, or None where it has to be made (again)."""
    folder = runs.runs_folder() / run_id
    file = folder / runs.RESULT
    if not file.is_file():
        return None
    try:
        return _read(folder, dataset, manifest.version(folder, (runs.RESULT,)))
    except DarkroomError:
        return None


@lru_cache(maxsize=4_096)
def _read(folder: Path, dataset: str, stamp: str) -> Result | None:
    del stamp
    try:
        values = workspace.read_json(folder / runs.RESULT)
        if values["state"] != state_of(folder, dataset):
            return None
        numbers = tuple(Quantity(str(q["name"]), _number(q), str(q["unit"])) for q in values["numbers"])
        return Result(numbers, str(values["counted_on"]), str(values["why"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def write(run_id: str, dataset: str, result: Result) -> None:
    """Keep a result with the state of the outputs that it was made from."""
    folder = runs.runs_folder() / run_id
    workspace.write_json(folder / runs.RESULT, {"state": state_of(folder, dataset), **result.to_dict()})


def state_of(folder: Path, dataset: str) -> str:
    """Changes whenever the outputs that a result is counted from do, or the way of counting."""
    hashes = manifest.read(folder)
    names = [*runs.SEALED, runs.SUMMARY, *outputs.files(folder, dataset)]
    record = [VERSION, THRESHOLD, [(name, hashes.get(name)) for name in sorted(names)]]
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()[:24]


def _number(plain: Mapping[str, Any]) -> Number:
    """A number with its interval from its plain values; None is NaN again."""
    value, low, high = (math.nan if plain[end] is None else float(plain[end]) for end in ("value", "low", "high"))
    if "n_signal" in plain:
        counts = int(plain["n_signal"]), int(plain["n_background"])
        return PairInterval(value, low, high, *counts, method=str(plain["method"]))
    if "k" in plain:
        return Efficiency(value, low, high, int(plain["n"]), k=int(plain["k"]), method=str(plain["method"]))
    return Interval(value, low, high, int(plain["n"]), method=str(plain["method"]))


def _digits(number: Number, factor: float) -> int:
    """As many as show half the width of the interval with two figures, at most four."""
    reach = 0.5 * factor * (number.high - number.low)
    return int(np.clip(1 - math.floor(math.log10(reach) + 1e-9), 0, 4)) if math.isfinite(reach) and reach > 0 else 2
