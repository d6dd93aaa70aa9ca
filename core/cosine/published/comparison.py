"""Every table of the two slide sets of 2020: as printed, by arithmetic on the printed counts, and ours.

Ours: networks and presets ("code"), counts of a data set, a study for the CNN's tests, a run for the DNN's tables. What
is missing leaves `ours` empty, and the comment says what to make. Whether numbers agree is the rule of
`core.analysis.comparison`; the comments only give reasons.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from core import runs
from core.analysis import comparison_report
from core.analysis.analysis import Analysis, Inputs, Need, NoParameters, Progress
from core.analysis.comparison import Comparison, percent_of
from core.analysis.comparison_report import PrintedResult
from core.cosine import evaluate
from core.cosine.published import code_comparison, dense_comparison, results
from core.cosine.published.dense_comparison import SIMULATED, counted
from core.cosine.published.inconsistencies import inconsistencies
from core.cosine.select import CLASSES, PRESETS, statistics
from core.judge.compatibility import Cell, Matrix
from core.judge.report import Report
from core.statistics.efficiency import OperatingPoint
from core.statistics.intervals import Interval, PairInterval

TABLES = {
    "cnn_compatibility": "CNN: compatibility",
    "cnn_tests": "CNN: test efficiencies",
    "cnn_statistics": "CNN: data statistics",
    "cnn_layers": "CNN: layers and parameters",
    "cnn_settings": "CNN: numbers in the text",
    "dnn_statistics": "DNN: data statistics",
    "dnn_layers": "DNN: layers and parameters",
    "dnn_efficiency": "DNN: efficiency by energy and score",
    "dnn_settings": "DNN: numbers in the text",
}
PARTS = (("training", "train"), ("validation", "validation"), ("test", "test"))
NO_STUDY = "no study: `python -m core compatibility NAME --model cnn --crystals 1,3,7 --windows 3-6,6-10`"
RANDOM = "the slides divided at random, ours is divided by sub-run"
CIRCULAR = "the labels are circular: nmt500 alone scores 100/100 on them"
NO_COUNT = "follows from the rounded percentages, from no count of events"
HARMONIC = 'harmonic, "F1" [%]'
Of = Callable[[OperatingPoint], Interval | PairInterval]

QUANTITIES: dict[str, tuple[str, Of]] = {
    "signal [%]": ("signal", lambda point: point.signal),
    "background [%]": ("background", lambda point: point.background),
    HARMONIC: ("harmonic", lambda point: point.harmonic),
}


def rows(inputs: Inputs) -> list[Comparison]:
    """All rows, table by table in the order of `TABLES`."""
    matrix = inputs.matrix
    return [
        *_pairs("cnn_compatibility", results.CNN_COMPATIBILITY, matrix, inputs),
        *_pairs("cnn_compatibility", results.CNN_OWN_SLIDES, matrix, inputs, ", slide of its own"),
        *_pairs("cnn_tests", results.CNN_SELF_TESTS, matrix, inputs),
        *_cnn_statistics(inputs),
        *code_comparison.cnn_rows(inputs.layers),
        *code_comparison.settings_rows("cnn_settings"),
        *dense_comparison.statistics_rows(inputs),
        *code_comparison.dnn_rows(inputs.layers),
        *dense_comparison.efficiency_rows(inputs),
        *code_comparison.settings_rows("dnn_settings"),
    ]


def _cnn_statistics(inputs: Inputs) -> Iterator[Comparison]:
    """36 counts as printed, and the sum of the three samples per cell and class."""
    ours = {}
    if inputs.dataset is not None:
        selected = inputs.selected(PRESETS["cnn2020"].selection)
        ours = {(row["crystal"], *row["window_kev"]): row for row in statistics(selected)}
    for row in results.CNN_STATISTICS:
        cell_counts = ours.get((row.cell.crystal, row.cell.energy_low_kev, row.cell.energy_high_kev))
        for k, name in enumerate(CLASSES):
            counts = [int(cell_counts[f"{split}_{name}"]) for _, split in PARTS] if cell_counts else [None] * len(PARTS)
            total = sum(n or 0 for n in counts) if cell_counts else None
            scaled = total == row.totals[k]
            for (part, _), count in zip(PARTS, counts, strict=True):
                printed = getattr(row, part)[k]
                comparison = counted(
                    "cnn_statistics",
                    str(row.cell),
                    f"{part} {name}",
                    printed,
                    None,
                    count,
                    inputs,
                    row.cell.crystal,
                    scaled,
                    divided=True,
                )
                yield replace(
                    comparison, comment="; ".join(filter(None, (comparison.comment, RANDOM if cell_counts else "")))
                )
            yield counted(
                "cnn_statistics",
                str(row.cell),
                f"all {name}",
                None,
                row.totals[k],
                total,
                inputs,
                row.cell.crystal,
                scaled,
            )


def _pairs(
    table: str,
    pairs: Sequence[results.Compatibility],
    matrix: Matrix | None,
    inputs: Inputs,
    suffix: str = "",
) -> Iterator[Comparison]:
    """Percentages of networks trained on one cell and tested on another or the same."""
    for check in evaluate.check_compatibility(pairs):
        printed = check.printed
        row = (
            str(printed.tested)
            if table == "cnn_tests"
            else f"{printed.trained}".removesuffix(" keV") + f" on {printed.tested}{suffix}"
        )
        cell, comment = _our_cell(printed, matrix, inputs)
        for column, (name, of) in QUANTITIES.items():
            if getattr(printed, name) is None:
                continue
            comparison = _printed_percent(table, row, column, getattr(printed, name), check, of)
            if cell is None:
                yield replace(comparison, comment="; ".join(filter(None, (comparison.comment, comment))))
                continue
            ours = percent_of(of(cell.point))
            remark = comment if ours["ours"] is not None else f"{comment}; no labelled test event to judge by"
            run = cell.run if ours["ours"] is not None else None
            yield replace(comparison, **ours, run=run, comment="; ".join(filter(None, (comparison.comment, remark))))


def _printed_percent(
    table: str, row: str, column: str, printed: float, check: evaluate.CompatibilityCheck, of: Of
) -> Comparison:
    """A printed percentage with what the counts give that it may stand for, and their intervals."""
    shares = [of(point) for point in check.matching or check.points]
    harmonic = column == HARMONIC
    from_count = not harmonic or bool(check.matching)
    return Comparison(
        table, row, column, printed, 100.0 * shares[0].value if from_count else check.from_rounded,
        printed_low=100.0 * min(share.low for share in shares), printed_high=100.0 * max(share.high for share in shares),
        comment="" if from_count else NO_COUNT, decimals=2,
    )  # fmt: skip


def _our_cell(pair: results.Compatibility, matrix: Matrix | None, inputs: Inputs) -> tuple[Cell | None, str]:
    """The cell of the study for a printed pair, and why it may differ or is not there."""
    if matrix is None or inputs.study is None or inputs.dataset is None:
        return None, NO_STUDY
    places = [(region.facts["crystal"], *region.facts["window_kev"]) for region in matrix.regions]
    cells = [(c.crystal, c.energy_low_kev, c.energy_high_kev) for c in (pair.trained, pair.tested)]
    if not set(cells) <= set(places):
        return None, f"study {inputs.study.id} has no such cell"
    cell = matrix.cells[places.index(cells[0])][places.index(cells[1])]
    if cell is None:
        return None, f"study {inputs.study.id} has no training on {pair.trained}"
    network = f"network {inputs.study.network}, {_training(cell.run)}"
    return cell, "; ".join([network, *([SIMULATED] if inputs.dataset.simulated else []), CIRCULAR])


def _training(run_id: str) -> str:
    """How much a network was trained: a small sample is a reason to differ."""
    provenance = runs.open_run(run_id).provenance
    counts = ", ".join(f"{n:,} {name}" for name, n in provenance["counts"]["train"].items())
    return f"trained on {counts} events, {provenance['n_epochs']} epoch{'s' * (provenance['n_epochs'] != 1)}"


def run(inputs: Inputs, parameters: NoParameters, progress: Progress) -> Report:
    """The report on every printed table."""
    del parameters
    progress(0, 1, "comparing")
    return comparison_report.report(PrintedResult(TABLES, tuple(rows(inputs)), tuple(inconsistencies())))


PUBLISHED = Analysis(
    title="Published results",
    explanation="What the slides printed, whether it adds up, and what our runs give.",
    parameters=NoParameters,
    needs={
        "dataset": Need("data set", is_newest=True),
        "study": Need("study", is_newest=True),
        "run": Need("run", is_newest=True, is_scored=False, network="dense"),
        "networks": Need("our networks"),
    },
    run=run,
)
