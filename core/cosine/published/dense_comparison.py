"""The tables of the first DNN slides beside ours: numbers of events, and efficiency by energy and score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.analysis.analysis import Inputs
from core.analysis.comparison import Comparison, percent_of
from core.cosine import evaluate
from core.cosine.published import results
from core.cosine.select import PRESETS
from core.judge.held_out import HELD_OUT
from core.statistics.efficiency import SCORE_EDGES, ClassTable, by_bins, table_from_counts
from core.statistics.intervals import efficiency, poisson

CRYSTAL = 3
SIGNAL_RUNS = (1601, 1765)
COPY_NAMES = {"single": "first copy", "combined": "second copy"}
EFFICIENCY = "efficiency [%]"
NO_DATA = "no data set: prepare one, or simulate the slides' numbers with `--scale seed`"
NO_RUN = "no run with scores: `python -m core train NAME --preset dnn2020 --model dense`"
CHOSEN_SIZE = "simulated sample: its size and class balance were chosen, not measured"
SCALED = "simulated in the printed numbers"
DIVIDED = "how such a sample is divided has no counting error to compare by"
SIMULATED = "our events are simulated"
CONTAMINATED = "an event alone in a physics run may be genuine scintillation: the background label holds signal"
THEIR_SAMPLE = "counts depend on the size of the sample: compare the efficiency of the row"
MISPRINT = "a misprint: the first copy reads 5, which the printed efficiency needs"


def counted(
    table: str, row: str, column: str, printed: int | None, recomputed: int | None, ours: int | None,
    inputs: Inputs, crystal: int, scaled: bool = False, divided: bool = False,
) -> Comparison:  # fmt: skip
    """A count beside that of the data set; nothing of ours where that holds no event of the crystal.

    A simulated number was chosen: it has no counting error, so no interval, and is compared only where it was made in the
    printed numbers, before it is `divided` into samples.
    """
    if ours is None or inputs.dataset is None:
        return Comparison(table, row, column, printed, recomputed, comment=NO_DATA)
    if not ours and not (inputs.dataset.column("crystal") == crystal).any():
        comment = _absent(inputs.dataset.name, crystal)
        return Comparison(table, row, column, printed, recomputed, comment=comment)
    comparison = Comparison(table, row, column, printed, recomputed, ours=ours, run=inputs.dataset.name, n=ours)
    if not inputs.dataset.simulated:
        low, high = poisson(ours)
        return replace(comparison, low=low, high=high)
    wanted = recomputed if printed is None else printed
    comment = f"{CHOSEN_SIZE}; {ours / (wanted or 1):.3g} of the printed number"
    if scaled:
        comment = f"{SCALED}; {DIVIDED}" if divided else SCALED
    return replace(comparison, comment=comment, comparable=scaled and not divided)


def _absent(dataset_name: str, crystal: int) -> str:
    return f"data set {dataset_name} has no event of crystal {crystal}"


def statistics_rows(inputs: Inputs) -> Iterator[Comparison]:
    """Events per run and crystal, and the part of signal in percent."""
    ours: dict[int, list[int]] = {}
    if inputs.dataset is not None:
        selected = inputs.selected(PRESETS["dnn2020"].selection)
        labelled, _ = selected.rows()
        run, crystal = (inputs.dataset.column(name)[labelled] for name in ("run", "crystal"))
        ours = {r: [int(((run == r) & (crystal == c)).sum()) for c in results.DNN_CRYSTALS] for r in results.DNN_EVENTS}
    for number, events in results.DNN_EVENTS.items():
        kind = "signal" if number in SIGNAL_RUNS else "background"
        for i, (c, n) in enumerate(zip(results.DNN_CRYSTALS, events, strict=True)):
            our_events = ours[number][i] if ours else None
            yield counted("dnn_statistics", f"run {number} ({kind})", f"C{c}", n, None, our_events, inputs, c)
    for i, (c, printed) in enumerate(zip(results.DNN_CRYSTALS, results.DNN_SIGNAL_PERCENT, strict=True)):
        yield _signal_share(inputs, c, printed, _shared(results.DNN_EVENTS, i), _shared(ours, i) if ours else None)


def _shared(events: Mapping[int, Sequence[int]], i: int) -> tuple[int, int]:
    """(signal, all) events of one crystal."""
    return sum(events[run][i] for run in SIGNAL_RUNS), sum(counts[i] for counts in events.values())


def _signal_share(
    inputs: Inputs, crystal: int, printed: float, theirs: tuple[int, int], ours: tuple[int, int] | None
) -> Comparison:
    share = efficiency(*theirs)
    comparison = Comparison(
        "dnn_statistics", "signal of all [%]", f"C{crystal}", printed, 100.0 * share.value, 100.0 * share.low,
        100.0 * share.high, decimals=3, comment=NO_DATA,
    )  # fmt: skip
    if ours is None or inputs.dataset is None:
        return comparison
    if not ours[1]:
        return replace(comparison, comment=_absent(inputs.dataset.name, crystal))
    simulated = inputs.dataset.simulated
    return replace(
        comparison, **percent_of(efficiency(*ours)), run=inputs.dataset.name, comment=CHOSEN_SIZE if simulated else "",
        comparable=not simulated,
    )  # fmt: skip


def efficiency_rows(inputs: Inputs) -> Iterator[Comparison]:
    """Both printed copies, cell by cell, and the efficiency of each energy row; then that of all energies."""
    ours, why = _our_tables(inputs)
    first = {(r.class_name, r.energy_low_kev): r for r in results.dnn_table() if r.copy == "single"}
    for check, printed in zip(evaluate.check_printed(), results.dnn_table(), strict=True):
        name = printed.class_name
        row = f"{name} {printed.energy_low_kev:.1f} keV, {COPY_NAMES[printed.copy]}"
        good = first[name, printed.energy_low_kev].counts
        table = ours.get(name)
        for j, count in enumerate(printed.counts):
            recomputed = good[j] if printed.copy == "combined" else None
            yield _bin(row, j, count, recomputed, table, round(2 * printed.energy_low_kev), inputs, why)
        interval = efficiency(check.k, check.n)
        of_ours = _efficiency(name, table, round(2 * printed.energy_low_kev), inputs, why, check.agree)
        yield Comparison(
            "dnn_efficiency", row, EFFICIENCY, check.printed, check.recomputed, 100.0 * interval.low, 100.0 * interval.high,
            decimals=2, **of_ours,
        )  # fmt: skip
    theirs = table_from_counts({n: np.array(c) for n, c in results.dnn_counts().items()}, 0.5, evaluate.TABLE)
    for name, total in ((name, table.total) for name, table in theirs.items()):
        yield Comparison(
            "dnn_efficiency", f"{name}, all energies", EFFICIENCY, None, 100.0 * total.value, 100.0 * total.low,
            100.0 * total.high, decimals=2, **_efficiency(name, ours.get(name), None, inputs, why),
        )  # fmt: skip


def _our_tables(inputs: Inputs) -> tuple[dict[str, ClassTable], str]:
    """Our table per class, of the crystal 3 events that the run has neither trained nor chosen its weights on; or why not.

    The labels are those of the slides (preset dnn2020), whatever the run's own are.
    """
    run, data = inputs.run, inputs.dataset
    if run is None or data is None:
        return {}, NO_RUN
    scored = inputs.scored
    if scored is None:
        return {}, f"no scores: `python -m core predict {run.id} {data.name}`"
    preset = PRESETS["dnn2020"].selection
    on_crystal = replace(preset, cuts=replace(preset.cuts, crystals=(CRYSTAL,)))
    labels = inputs.selected(on_crystal).cutting.labels[scored.rows]
    used = (labels >= 0) & ~np.isnan(scored.score) & np.isin(scored.side, HELD_OUT)
    tables = by_bins(scored.column("energy_kev")[used], scored.score[used], labels[used], 0.5, evaluate.TABLE)
    cuts = scored.selection.cuts
    on = f"crystals {', '.join(map(str, cuts.crystals)) or 'all'}, {cuts.energy_low_kev}-{cuts.energy_high_kev} keV"
    reasons = [f"network {run.network} trained on {on}, judged on crystal {CRYSTAL}"] + [SIMULATED] * data.simulated
    return tables, "; ".join(reasons)


def _bin(
    row: str, j: int, printed: int, recomputed: int | None, table: ClassTable | None, i: int, inputs: Inputs, why: str
) -> Comparison:  # fmt: skip
    """The events of one score bin."""
    column = f"{SCORE_EDGES[j]:.3f}"
    wrong = MISPRINT if recomputed not in (None, printed) else ""
    if table is None or inputs.run is None:
        comment = "; ".join(filter(None, (wrong, why)))
        return Comparison("dnn_efficiency", row, column, printed, recomputed, comment=comment)
    ours = int(table.counts[i, j])
    is_counted = inputs.dataset is not None and not inputs.dataset.simulated
    low, high = poisson(ours) if is_counted else (None, None)
    return Comparison(
        "dnn_efficiency", row, column, printed, recomputed, ours=ours, run=inputs.run.id, low=low, high=high,
        n=int(table.counts[i].sum()), comment="; ".join(filter(None, (wrong, THEIR_SAMPLE))), comparable=False,
    )  # fmt: skip


def _efficiency(
    name: str, table: ClassTable | None, i: int | None, inputs: Inputs, why: str, agrees: bool = True
) -> dict[str, Any]:
    """Our efficiency in one energy row, or in all of them, with run and comment."""
    misprint = [] if agrees else [MISPRINT]
    if table is None or inputs.run is None:
        return {"comment": "; ".join([*misprint, why])}
    interval = table.total if i is None else table.rows[i]
    if not interval.n:
        return {
            "comment": "; ".join([*misprint, f"run {inputs.run.id} has no scored test event here: its cuts end before"])
        }
    reasons = [*misprint, why, *([CONTAMINATED] if name == "background" else [])]
    return {**percent_of(interval), "run": inputs.run.id, "comment": "; ".join(reasons)}
