"""The tables of the first DNN slides beside ours: numbers of events, and efficiency by energy and score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core import runs
from core.cosine import evaluate, published
from core.cosine.select import PRESETS
from core.data.selection import select
from core.judge.comparison import Comparison, Sources, percent_of
from core.judge.efficiency import SCORE_EDGES, ClassTable, by_bins, table_from_counts
from core.judge.intervals import efficiency, poisson
from core.judge.scored import open_scored
from core.judge.unseen import UNSEEN

CRYSTAL = 3
SIGNAL_RUNS = (1601, 1765)
COPY_NAMES = {"single": "first copy", "combined": "second copy"}
EFFICIENCY = "efficiency [%]"
NO_DATA = "no data set: prepare one, or simulate the slides' numbers with `--scale seed`"
NO_RUN = "no run with scores: `python -m core train NAME --preset dnn2020 --model dense`"
CHOSEN_SIZE = "simulated sample: its size and class balance were chosen, not measured"
SCALED = "simulated in the printed numbers"
SIMULATED = "our events are simulated"
CONTAMINATED = "an event alone in a physics run may be genuine scintillation: the background label holds signal"
THEIR_SAMPLE = "counts depend on the size of the sample: compare the efficiency of the row"
MISPRINT = "a misprint: the first copy reads 5, which the printed efficiency needs"


def counted(
    table: str, row: str, column: str, printed: int | None, recomputed: int | None, ours: int | None,
    sources: Sources, scaled: bool = False,
) -> Comparison:  # fmt: skip
    """A count beside that of the data set; a simulated one is compared where it was made in the printed numbers."""
    if ours is None or sources.dataset is None:
        return Comparison(table, row, column, printed, recomputed, comment=NO_DATA)
    low, high = poisson(ours)
    told, wanted = "", recomputed if printed is None else printed
    if sources.dataset.simulated:
        told = SCALED if scaled else f"{CHOSEN_SIZE}; {ours / (wanted or 1):.3g} of the printed number"
    return Comparison(
        table, row, column, printed, recomputed, ours=ours, run=sources.dataset.name, low=low, high=high, n=ours,
        comment=told, comparable=scaled or not sources.dataset.simulated,
    )  # fmt: skip


def statistics_rows(sources: Sources) -> Iterator[Comparison]:
    """Events per run and crystal, and the part of signal in percent."""
    ours: dict[int, list[int]] = {}
    if sources.dataset is not None:
        selected = select(sources.experiment, sources.dataset, PRESETS["dnn2020"].selection)
        labelled, _ = selected.rows()
        run, crystal = (sources.dataset.column(name)[labelled] for name in ("run", "crystal"))
        ours = {
            r: [int(((run == r) & (crystal == c)).sum()) for c in published.DNN_CRYSTALS] for r in published.DNN_EVENTS
        }
    for number, events in published.DNN_EVENTS.items():
        kind = "signal" if number in SIGNAL_RUNS else "background"
        for i, (c, n) in enumerate(zip(published.DNN_CRYSTALS, events, strict=True)):
            found = ours[number][i] if ours else None
            yield counted("dnn_statistics", f"run {number} ({kind})", f"C{c}", n, None, found, sources)
    for i, (c, printed) in enumerate(zip(published.DNN_CRYSTALS, published.DNN_SIGNAL_PERCENT, strict=True)):
        yield _signal_share(sources, c, printed, _shared(published.DNN_EVENTS, i), _shared(ours, i) if ours else None)


def _shared(events: Mapping[int, Sequence[int]], i: int) -> tuple[int, int]:
    """(signal, all) events of one crystal."""
    return sum(events[run][i] for run in SIGNAL_RUNS), sum(counts[i] for counts in events.values())


def _signal_share(
    sources: Sources, crystal: int, printed: float, theirs: tuple[int, int], ours: tuple[int, int] | None
) -> Comparison:
    found = efficiency(*theirs)
    made = Comparison(
        "dnn_statistics", "signal of all [%]", f"C{crystal}", printed, 100.0 * found.value, 100.0 * found.low,
        100.0 * found.high, decimals=3, comment=NO_DATA,
    )  # fmt: skip
    if ours is None or sources.dataset is None:
        return made
    if not ours[1]:
        return replace(made, comment=f"data set {sources.dataset.name} has no event of crystal {crystal}")
    simulated = sources.dataset.simulated
    return replace(
        made, **percent_of(efficiency(*ours)), run=sources.dataset.name, comment=CHOSEN_SIZE if simulated else "",
        comparable=not simulated,
    )  # fmt: skip


def efficiency_rows(sources: Sources) -> Iterator[Comparison]:
    """Both printed copies, cell by cell, and the efficiency of each energy row; then that of all energies."""
    ours, why = _our_tables(sources)
    first = {(r.class_name, r.energy_low_kev): r for r in published.dnn_table() if r.copy == "single"}
    for check, printed in zip(evaluate.check_printed(), published.dnn_table(), strict=True):
        name = printed.class_name
        row = f"{name} {printed.energy_low_kev:.1f} keV, {COPY_NAMES[printed.copy]}"
        good = first[name, printed.energy_low_kev].counts
        table = ours.get(name)
        for j, count in enumerate(printed.counts):
            recomputed = good[j] if printed.copy == "combined" else None
            yield _bin(row, j, count, recomputed, table, round(2 * printed.energy_low_kev), sources, why)
        found = efficiency(check.k, check.n)
        made = _efficiency(name, table, round(2 * printed.energy_low_kev), sources, why, check.agree)
        yield Comparison(
            "dnn_efficiency", row, EFFICIENCY, check.printed, check.recomputed, 100.0 * found.low, 100.0 * found.high,
            decimals=2, **made,
        )  # fmt: skip
    theirs = table_from_counts({n: np.array(c) for n, c in published.dnn_counts().items()}, 0.5)
    for name, total in ((name, table.total) for name, table in theirs.items()):
        yield Comparison(
            "dnn_efficiency", f"{name}, all energies", EFFICIENCY, None, 100.0 * total.value, 100.0 * total.low,
            100.0 * total.high, decimals=2, **_efficiency(name, ours.get(name), None, sources, why),
        )  # fmt: skip


def _our_tables(sources: Sources) -> tuple[dict[str, ClassTable], str]:
    """Our table per class, of the crystal 3 events that the run has neither trained nor chosen its weights on; or why not.

    The labels are those of the slides (preset dnn2020), whatever the run's own are.
    """
    run, data = sources.run, sources.dataset
    if run is None or data is None:
        return {}, NO_RUN
    if data.name not in runs.scored_datasets(run):
        return {}, f"no scores: `python -m core predict {run.id} {data.name}`"
    scored = open_scored(run, sources.experiment, data)
    preset = PRESETS["dnn2020"].selection
    asked = replace(preset, cuts=replace(preset.cuts, crystals=(CRYSTAL,)))
    labels = select(sources.experiment, data, asked).cutting.labels[scored.rows]
    used = (labels >= 0) & ~np.isnan(scored.score) & np.isin(scored.split, UNSEEN)
    tables = by_bins(scored.column("energy_kev")[used], scored.score[used], labels[used], 0.5)
    cuts = scored.selection.cuts
    on = f"crystals {', '.join(map(str, cuts.crystals)) or 'all'}, {cuts.energy_low_kev}-{cuts.energy_high_kev} keV"
    own = [f"network {run.network} trained on {on}, judged on crystal {CRYSTAL}"] + [SIMULATED] * data.simulated
    return tables, "; ".join(own)


def _bin(
    row: str, j: int, printed: int, recomputed: int | None, table: ClassTable | None, i: int, sources: Sources, why: str
) -> Comparison:  # fmt: skip
    """The events of one score bin."""
    column = f"{SCORE_EDGES[j]:.3f}"
    wrong = MISPRINT if recomputed not in (None, printed) else ""
    if table is None or sources.run is None:
        told = "; ".join(filter(None, (wrong, why)))
        return Comparison("dnn_efficiency", row, column, printed, recomputed, comment=told)
    ours = int(table.counts[i, j])
    low, high = poisson(ours)
    return Comparison(
        "dnn_efficiency", row, column, printed, recomputed, ours=ours, run=sources.run.id, low=low, high=high,
        n=int(table.counts[i].sum()), comment="; ".join(filter(None, (wrong, THEIR_SAMPLE))), comparable=False,
    )  # fmt: skip


def _efficiency(
    name: str, table: ClassTable | None, i: int | None, sources: Sources, why: str, agrees: bool = True
) -> dict[str, Any]:
    """What is ours of the efficiency of one energy row, or of all of them."""
    misprint = [] if agrees else [MISPRINT]
    if table is None or sources.run is None:
        return {"comment": "; ".join([*misprint, why])}
    found = table.total if i is None else table.rows[i]
    if not found.n:
        return {
            "comment": "; ".join(
                [*misprint, f"run {sources.run.id} has no scored test event here: its cuts end before"]
            )
        }
    reasons = [*misprint, why, *([CONTAMINATED] if name == "background" else [])]
    return {**percent_of(found), "run": sources.run.id, "comment": "; ".join(reasons)}
