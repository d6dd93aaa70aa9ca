"""Every table of the two slide sets of 2020: as printed, by arithmetic on the printed counts, and ours.

Ours: networks and presets ("code"), counts of a data set, a study for the CNN's tests, a run for the DNN's tables. What
is missing leaves `ours` empty, and the comment says what to make. Whether numbers agree is the rule of
`core.judge.comparison`; the comments only give reasons.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from core import runs
from core.cosine import compare_code, compare_dnn, evaluate, published, seedscale
from core.cosine.compare_dnn import SIMULATED, counted
from core.cosine.inconsistencies import inconsistencies
from core.cosine.select import CLASSES, PRESETS
from core.data.selection import select
from core.experiment import Published, ScaledSample
from core.judge.comparison import Comparison, Sources, percent_of
from core.judge.compatibility import Cell, Matrix, open_matrix
from core.judge.efficiency import OperatingPoint
from core.judge.intervals import Interval, PairInterval

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


def rows(sources: Sources) -> list[Comparison]:
    """All rows, table by table in the order of `TABLES`."""
    matrix = (
        open_matrix(sources.study, sources.experiment, sources.dataset) if sources.study and sources.dataset else None
    )
    return [
        *_pairs("cnn_compatibility", published.CNN_COMPATIBILITY, matrix, sources),
        *_pairs("cnn_compatibility", published.CNN_OWN_SLIDES, matrix, sources, ", slide of its own"),
        *_pairs("cnn_tests", published.CNN_SELF_TESTS, matrix, sources),
        *_cnn_statistics(sources),
        *compare_code.cnn_rows(sources.networks),
        *compare_code.settings_rows("cnn_settings"),
        *compare_dnn.statistics_rows(sources),
        *compare_code.dnn_rows(sources.networks),
        *compare_dnn.efficiency_rows(sources),
        *compare_code.settings_rows("dnn_settings"),
    ]


def _cnn_statistics(sources: Sources) -> Iterator[Comparison]:
    """36 counts as printed, and the sum of the three samples per cell and class."""
    ours = {}
    if sources.dataset is not None:
        selected = select(sources.experiment, sources.dataset, PRESETS["cnn2020"].selection)
        ours = {(row["crystal"], *row["window_kev"]): row for row in sources.experiment.statistics(selected)}
    for row in published.CNN_STATISTICS:
        found = ours.get((row.cell.crystal, row.cell.energy_low_kev, row.cell.energy_high_kev))
        for k, name in enumerate(CLASSES):
            counts = [int(found[f"{split}_{name}"]) for _, split in PARTS] if found else [None] * len(PARTS)
            total = sum(n or 0 for n in counts) if found else None
            scaled = total == row.totals[k]
            for (part, _), count in zip(PARTS, counts, strict=True):
                printed = getattr(row, part)[k]
                made = counted("cnn_statistics", str(row.cell), f"{part} {name}", printed, None, count, sources, scaled)
                yield replace(made, comment="; ".join(filter(None, (made.comment, RANDOM if found else ""))))
            yield counted("cnn_statistics", str(row.cell), f"all {name}", None, row.totals[k], total, sources, scaled)


def _pairs(
    table: str,
    pairs: Sequence[published.Compatibility],
    matrix: Matrix | None,
    sources: Sources,
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
        cell, comment = _our_cell(printed, matrix, sources)
        for column, (name, of) in QUANTITIES.items():
            if getattr(printed, name) is None:
                continue
            made = _printed_percent(table, row, column, getattr(printed, name), check, of)
            if cell is None:
                yield replace(made, comment="; ".join(filter(None, (made.comment, comment))))
                continue
            ours = percent_of(of(cell.point))
            told = comment if ours["ours"] is not None else f"{comment}; no labelled test event to judge by"
            run = cell.run if ours["ours"] is not None else None
            yield replace(made, **ours, run=run, comment="; ".join(filter(None, (made.comment, told))))


def _printed_percent(
    table: str, row: str, column: str, printed: float, check: evaluate.CompatibilityCheck, of: Of
) -> Comparison:
    """A printed percentage with what the counts give that it may stand for, and their intervals."""
    found = [of(point) for point in check.matching or check.points]
    harmonic = column == HARMONIC
    from_count = not harmonic or bool(check.matching)
    return Comparison(
        table, row, column, printed, 100.0 * found[0].value if from_count else check.from_rounded,
        printed_low=100.0 * min(one.low for one in found), printed_high=100.0 * max(one.high for one in found),
        comment="" if from_count else NO_COUNT, decimals=2,
    )  # fmt: skip


def _our_cell(pair: published.Compatibility, matrix: Matrix | None, sources: Sources) -> tuple[Cell | None, str]:
    """The cell of the study for a printed pair, and why it may differ or is not there."""
    if matrix is None or sources.study is None or sources.dataset is None:
        return None, NO_STUDY
    there = [(region.facts["crystal"], *region.facts["window_kev"]) for region in matrix.regions]
    asked = [(c.crystal, c.energy_low_kev, c.energy_high_kev) for c in (pair.trained, pair.tested)]
    if not set(asked) <= set(there):
        return None, f"study {sources.study.id} has no such cell"
    cell = matrix.cells[there.index(asked[0])][there.index(asked[1])]
    if cell is None:
        return None, f"study {sources.study.id} has no training on {pair.trained}"
    own = f"network {sources.study.network}, {_training(cell.run)}"
    return cell, "; ".join([own, *([SIMULATED] if sources.dataset.simulated else []), CIRCULAR])


def _training(run_id: str) -> str:
    """How much a network was trained: a small sample is a reason to differ."""
    told = runs.open_run(run_id).provenance
    counts = ", ".join(f"{n:,} {name}" for name, n in told["counts"]["train"].items())
    return f"trained on {counts} events, {told['n_epochs']} epoch{'s' * (told['n_epochs'] != 1)}"


PUBLISHED = Published(
    tables=TABLES,
    rows=rows,
    inconsistencies=inconsistencies,
    network="dense",
    scaled=ScaledSample("the numbers of the CNN slides' data statistics", seedscale.cost, seedscale.simulate_scaled),
)
