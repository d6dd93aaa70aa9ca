"""The report of a generator: key numbers, the table of all of them beside truth against truth, the same along the axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.figures import generation as figures
from core.figures.generation import GENERATED, TRUTH
from core.judge.generating import Generating
from core.judge.generation.measures import Beside, Bin
from core.judge.generation.quality import HARD, HIGH, JUDGES, LOW, Quality
from core.judge.generation.sample import Sample
from core.judge.generation.values import N_FAKES, surest, values_of
from core.judge.report import DASH, Figure, KeyNumber, Report, Table, key_number
from core.statistics.axis import Axis
from core.statistics.two_samples import edges_of

BY_AXIS, SEPARATED, NUMBERS, FAKES = "by {name}", "separation", "all numbers", "most fake"
AUC_HELP = "Area under the ROC curve of a judge that tells generated from true rows: 0.5 cannot tell, 1 always can. Truth against truth: "
MEANINGS = {
    "fpd": "Frechet distance of the features, extrapolated to infinitely many rows",
    "kpd": "kernel distance of the features (degree 4), median and 68 % of batches",
    "precision": "generated rows that lie where true ones do (5 neighbours, logarithm of the array)",
    "recall": "true rows that lie where generated ones do: less, where kinds are missing",
    "density": "how densely generated rows lie where true ones do: 1 for the truth",
    "coverage": "true rows with a generated one nearby",
    "etot_bias": "sum over the quantity of the axis: relative difference of the means",
    "empty_share": "share of a row that is 0, mean",
    "pixel_rmse": "root mean square difference of pairs of the same conditions; truth: pairs whose conditions are nearest",
    "neighbour_ratio": "distance to the nearest training row over that of true rows: 1 is right, less was copied",
}
TRUTH_NOTE = (
    "Truth: the true rows of the conditions that were generated, in the place of the generated ones, against the same other half of the truth. "
    "Biases and differences of pairs compare with the true row of the same conditions."
)


def report_of(quality: Quality, sample: Sample, generating: Generating, run: runs.Run, dataset: Dataset) -> Report:
    """All of it as key numbers, tables, figures and plain values."""
    axis, group = generating.axis, BY_AXIS.format(name=generating.axis.name)
    return Report(
        numbers=tuple(_key_numbers(quality)),
        tables=(
            Table("Against truth", _all_rows(quality, generating), TRUTH_NOTE, NUMBERS, unit=""),
            Table(group, [_bin_row(quality, axis, i, part) for i, part in enumerate(quality.bins)], "95 % intervals", group, unit=""),
            Table("Most fake", most_fake(quality, sample, dataset), _fake_note(), FAKES, unit=""),
        ),
        figures=(*_along(quality, generating, axis, group), *_distributions(sample, generating)),
        notes=(
            f"{quality.n:,} generated rows and as many true ones, none of which the training saw; the judges have learned from three fifths of them.",
            *_range_note(sample, run),
            *quality.refused,
        ),
        values=values_of(quality, sample, run, dataset),
        title=f"Quality of run {run.title}, {run.network}",
    )  # fmt: skip


def _key_numbers(quality: Quality) -> list[KeyNumber]:
    numbers = []
    for name in (LOW, HIGH, HARD):
        judged = quality.judges.get(name)
        if judged is None:
            numbers.append(KeyNumber(f"AUC {name}", DASH, "not asked", JUDGES[name]))
            continue
        same = judged.truth.auc
        help = f"{AUC_HELP}{same.value:.3f} [{same.low:.3f}, {same.high:.3f}]. Judge: {JUDGES[name]}."
        numbers.append(key_number(f"AUC {name}", judged.generated.auc, help, "", digits=3))
    for name, label in (("etot_bias", "sum, bias"), ("neighbour_ratio", "neighbour ratio")):
        pair = quality.numbers.get(name)
        if pair is not None and pair.generated is not None:
            percent, unit = name == "etot_bias", "%" if name == "etot_bias" else ""
            numbers.append(key_number(label, pair.generated, MEANINGS[name], unit, digits=2 if percent else 3))
    return numbers


def _all_rows(quality: Quality, generating: Generating) -> list[dict[str, Any]]:
    """Every number with what it means, generated and truth."""
    rows: list[tuple[str, Beside, str]] = []
    for name, judged in quality.judges.items():
        rows.append((f"AUC {name}", Beside(judged.generated.auc, judged.truth.auc), JUDGES[name]))
        rows.append(
            (f"JSD {name} [bit]", Beside(judged.generated.jsd, judged.truth.jsd), "calibrated, as that judge sees it")
        )
    rows += [(name, pair, MEANINGS[name]) for name, pair in quality.numbers.items()]
    for name, title in generating.separated.items():
        rows.append((f"separation of {title}", quality.separations[name], "0 the same, 1 disjoint"))
        rows.append(
            (f"divergence of {title} [bit]", quality.divergences[name], "Jensen-Shannon: 0 the same, 1 disjoint")
        )
    unit = generating.unit
    rows += [(f"Wasserstein, {name} [{unit}]", pair, "sums over channels") for name, pair in quality.channels.items()]
    rows += [
        (f"MAE, {name} [{unit}]", pair, "sums over channels, pairs; truth: pairs of nearest conditions")
        for name, pair in quality.channel_errors.items()
    ]
    rows += [
        (f"mean of {name}, {kind}", pair, "difference of the means") for name, (kind, pair) in quality.features.items()
    ]
    return [
        {"number": name, GENERATED: pair.generated, TRUTH: pair.truth, "what it is": text} for name, pair, text in rows
    ]


def _bin_row(quality: Quality, axis: Axis, place: int, part: Bin) -> dict[str, Any]:
    unit = f" [{axis.unit}]" if axis.unit else ""
    row: dict[str, Any] = {f"from{unit}": part.low, f"to{unit}": part.high, "n": part.n}
    for name, judged in quality.judges.items():
        row[f"AUC {name}"] = judged.by_axis[place].generated
        row[f"AUC {name}, truth"] = judged.by_axis[place].truth
    row["sum, bias"] = part.response.generated
    for name, pair in part.separations.items():
        row[f"separation {name}"], row[f"separation {name}, truth"] = pair.generated, pair.truth
    row |= {f"{name}, {kind}": pair.generated for name, (kind, pair) in part.features.items()}
    return row


def _along(quality: Quality, generating: Generating, axis: Axis, group: str) -> list[Figure]:
    """Areas, biases and separation powers by bins of the axis."""
    drawn = []

    def add(title: str, pairs: Sequence[Beside], y_title: str, note: str, **how: Any) -> None:
        series = {GENERATED: [pair.generated for pair in pairs], TRUTH: [pair.truth for pair in pairs]}
        drawn.append(
            Figure(title, figures.along_axis(axis, series, y_title, **how), note, _columns(axis, series), group)
        )

    for name, judged in quality.judges.items():
        note = "0.5: the judge cannot tell. A bin that leaves the truth is where to look at rows."
        add(f"AUC {name}", judged.by_axis, "area under the ROC curve", note, level=0.5)
    bins, note = (
        quality.bins,
        "0 is right; generated is compared with the true rows of the same conditions, truth with the other half.",
    )
    add("Bias of the sum", [part.response for part in bins], "relative difference of the mean", note, level=0.0)
    for name, title in generating.separated.items():
        kind = bins[0].features[name][0]
        add(
            f"Bias of {title}",
            [part.features[name][1] for part in bins],
            f"difference of the mean, {kind}",
            note,
            level=0.0,
        )
        apart = [part.separations[name] for part in bins]
        text = "0 the same, 1 disjoint; truth shows what this number of rows gives by chance."
        add(f"Separation of {title}", apart, "separation power", text, log_y=True)
    return drawn


def _columns(axis: Axis, series: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"from": axis.edges[:-1].tolist(), "to": axis.edges[1:].tolist()}
    for name, numbers in series.items():
        for end in ("value", "low", "high"):
            columns[f"{name} {end}"] = [getattr(number, end) if number is not None else None for number in numbers]
    return columns


def _distributions(sample: Sample, generating: Generating) -> list[Figure]:
    drawn = []
    for name, title in generating.separated.items():
        truth, generated = (part.features[name] for part in (sample.truth, sample.generated))
        edges = edges_of(truth)
        counts = [np.histogram(values, edges)[0].tolist() for values in (truth, generated)]
        columns = {"from": edges[:-1].tolist(), "to": edges[1:].tolist(), TRUTH: counts[0], GENERATED: counts[1]}
        note = "All judged rows. Steps that leave each other by more than their errors are what a judge sees."
        drawn.append(Figure(title, figures.distributions(truth, generated, edges, title), note, columns, SEPARATED))
    return drawn


def most_fake(quality: Quality, sample: Sample, dataset: Dataset) -> list[dict[str, Any]]:
    """The generated rows that the hardest judge is surest about: uid and row of the data set, its score, and the features."""
    name = next((name for name in (HARD, HIGH, LOW) if name in quality.judges), None)
    if name is None:
        return []
    return [
        {
            "judge": name,
            **row,
            **{feature: float(values[row["place"]]) for feature, values in sample.generated.features.items()},
        }
        for row in surest(quality.judges[name].generated.scores, sample.generated, dataset)
    ]


def _fake_note() -> str:
    return f"The {N_FAKES} generated rows that the hardest judge is surest about, of those that it was judged on."


def _range_note(sample: Sample, run: runs.Run) -> list[str]:
    """How many rows were asked for outside of what the run was trained on."""
    outside = np.zeros(len(sample), bool)
    for name, (low, high) in (run.provenance.get("ranges") or {}).items():
        values = sample.generated.conditions.get(name)
        if values is not None:
            outside |= (values < low) | (values > high)
    if not outside.any():
        return []
    return [
        f"{int(outside.sum()):,} rows were generated for conditions outside of those that the run was trained on: extrapolation."
    ]
