"""The numbers of a generator as plain values, and the table of all generators that have been judged."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.figures.generation import GENERATED, TRUTH
from core.judge import stored
from core.judge.generation.measures import Beside
from core.judge.generation.quality import HARD, HIGH, LOW, Quality
from core.judge.generation.sample import Rows, Sample
from core.judge.report import DASH, Report, in_words
from core.statistics.intervals import Interval, PairInterval

N_FAKES = 50


def surest(scores: np.ndarray, rows: Rows, dataset: Dataset, n: int = N_FAKES) -> list[dict[str, Any]]:
    """The n rows of the highest scores, which must be defined: `place` among the judged, `uid`, `row` of the data set, `score`."""
    order = np.argsort(np.where(np.isfinite(scores), -scores, np.inf), kind="stable")[
        : min(n, int(np.isfinite(scores).sum()))
    ]
    uid = dataset.column("uid")[rows.rows[order]]
    return [
        {"place": int(place), "uid": int(u), "row": int(rows.rows[place]), "score": float(scores[place])}
        for place, u in zip(order, uid, strict=True)
    ]


def values_of(quality: Quality, sample: Sample, run: runs.Run, dataset: Dataset) -> dict[str, Any]:
    """Everything as plain values, of which `row` is the line of this generator in the table of all (`table.py`)."""

    def both(pairs: Mapping[str, Beside]) -> dict[str, Any]:
        return {name: pair_values(pair) for name, pair in pairs.items()}

    return {
        "run": run.id, "network": run.network, "dataset": dataset.name, "n": quality.n,
        "row": row_of(quality, run, dataset),
        "judges": {
            name: {
                GENERATED: judged.generated.to_dict(), TRUTH: judged.truth.to_dict(),
                "by_axis": [pair_values(pair) for pair in judged.by_axis],
                "most_fake": surest(judged.generated.scores, sample.generated, dataset),
            }
            for name, judged in quality.judges.items()
        },
        "numbers": both(quality.numbers), "separations": both(quality.separations), "divergences": both(quality.divergences),
        "channels": both(quality.channels), "channel_errors": both(quality.channel_errors),
        "features": {name: {"kind": kind, **pair_values(pair)} for name, (kind, pair) in quality.features.items()},
        "by_axis": [
            {
                "low": part.low, "high": part.high, "n": part.n, "response": pair_values(part.response),
                "features": {name: {"kind": kind, **pair_values(pair)} for name, (kind, pair) in part.features.items()},
                "separations": both(part.separations),
            }
            for part in quality.bins
        ],
        "refused": list(quality.refused),
    }  # fmt: skip


def pair_values(pair: Beside) -> dict[str, Any]:
    """Plain values of a number and its truth."""
    return {
        name: None if number is None else number.to_dict()
        for name, number in ((GENERATED, pair.generated), (TRUTH, pair.truth))
    }


def row_of(quality: Quality, run: runs.Run, dataset: Dataset) -> dict[str, Any]:
    """The line of a generator in the table of all: numbers with their intervals, None where they were not measured."""
    row: dict[str, Any] = {"run": run.id, "network": run.network, "dataset": dataset.name, "n": quality.n}
    for name in (LOW, HIGH, HARD):
        judged = quality.judges.get(name)
        row[f"auc_{name}"] = judged and judged.generated.auc.to_dict()
        row[f"auc_{name}_truth"] = judged and judged.truth.auc.to_dict()
        row[f"auc_{name}_seeds"] = [area.value for area in judged.generated.aucs] if judged else []
    for name in ("fpd", "kpd", "neighbour_ratio", "etot_bias", "recall", "coverage", "pixel_rmse"):
        pair = pair_values(quality.numbers.get(name, Beside(None, None)))
        row |= {name: pair[GENERATED], f"{name}_truth": pair[TRUTH]}
    separations = {name: pair_values(pair) for name, pair in quality.separations.items()}
    row["separation"] = {name: pair[GENERATED] for name, pair in separations.items()}
    row["separation_truth"] = {name: pair[TRUTH] for name, pair in separations.items()}
    for key, pairs in (("wasserstein_channels", quality.channels), ("mae_channels", quality.channel_errors)):
        pair = pair_values(pairs["mean"])
        row |= {key: pair[GENERATED], f"{key}_truth": pair[TRUTH]}
    cost = stored.costs(run)["network"]
    us = cost["us_per_event"]
    return row | {
        "ms_per_row": None if us is None else us / 1e3, "train_seconds": cost["train_seconds"], "parameters": cost["parameters"],
    }  # fmt: skip


def table_of(reports: Iterable[Report]) -> list[dict[str, Any]]:
    """The lines of all generators that the reports judge; see `table_of_values`."""
    return table_of_values(report.values for report in reports)


def table_of_values(values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines of all generators whose report's values these are, best for the trees first; each as `row_of` has it.

    Values of something else are passed over. Of several reports of one run on one data set the one of most rows counts, of these the
    first.
    """
    by_run: dict[tuple[str, str], dict[str, Any]] = {}
    for of_report in values:
        row = of_report.get("row")
        if not isinstance(row, Mapping) or "auc_high" not in row:
            continue
        key = str(row["run"]), str(row["dataset"])
        if key not in by_run or row["n"] > by_run[key]["n"]:
            by_run[key] = dict(row)
    return sorted(by_run.values(), key=lambda row: row["auc_high"]["value"] if row["auc_high"] else 2.0)


def most_fake(of_report: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """(name of the hardest judge that was asked, the rows that it is surest about, as `surest` has them) of a report's values."""
    judges = of_report.get("judges") or {}
    name = next((name for name in (HARD, HIGH, LOW) if name in judges), "")
    return name, list(judges[name]["most_fake"]) if name else []


def number_of(plain: Mapping[str, Any] | None) -> Interval | PairInterval | None:
    """An interval from its plain values."""
    if plain is None:
        return None
    value, low, high = (np.nan if plain[end] is None else plain[end] for end in ("value", "low", "high"))
    if "n_signal" in plain:
        return PairInterval(value, low, high, plain["n_signal"], plain["n_background"], method=plain["method"])
    return Interval(value, low, high, plain["n"], method=plain["method"])


def readable_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The table of all generators to read: numbers with interval, and below them in a line of its own what truth against truth gives
    (that of the first, as all have the same truth).
    """
    names = (
        "auc_low",
        "auc_high",
        "auc_hard",
        "fpd",
        "wasserstein_channels",
        "mae_channels",
        "neighbour_ratio",
        "etot_bias",
    )
    costs = ("ms_per_row", "train_seconds", "parameters")

    def line(row: Mapping[str, Any], end: str) -> dict[str, Any]:
        numbers = {name: _words(row[name + end]) for name in names}
        return numbers | {f"separation {name}": _words(pair) for name, pair in row[f"separation{end}"].items()}

    shown = list(rows)
    lines = [
        {
            "generator": row["network"],
            "run": row["run"],
            "rows": row["n"],
            **line(row, ""),
            **{name: row[name] for name in costs},
        }
        for row in shown
    ]
    return lines + [
        {"generator": TRUTH, "run": "", "rows": row["n"], **line(row, "_truth"), **dict.fromkeys(costs)}
        for row in shown[:1]
    ]


def _words(plain: Mapping[str, Any] | None) -> str:
    number = number_of(plain)
    return DASH if number is None else in_words(number, "", with_n=False)
