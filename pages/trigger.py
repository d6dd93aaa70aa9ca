"""Which part of the events does the detector record at all?"""

from typing import Any

import streamlit as st

from core import parameters, runs
from core.data.dataset import Dataset, list_datasets
from core.experiment import Experiment
from core.figures import trigger as figures
from core.judge import product, triggered
from core.judge.product import Chain, Kept
from core.judge.triggered import Scan
from core.registry import EXPERIMENTS
from pages.parts import asked, cached, choose, form, frame, judged
from pages.parts import triggered as kept

HEIGHT = 345
REACHES_KEV = (1.0, 2.0, 5.0)
AT_KEV = (0.5, 1.0)
ALONE = "none: the trigger alone"


def start() -> tuple[Experiment, Dataset | None]:
    """The data set whose selection is looked at, if there is any, and its experiment."""
    if not list_datasets():
        return next(one for one in EXPERIMENTS.values() if one.trigger), None
    data = choose.dataset()
    return cached.experiment_of(data), data


def selection(experiment: Experiment, data: Dataset | None) -> tuple[Kept | None, str]:
    """What is selected of the simulated signal that was recorded, and the options of the command that say so."""
    if data is None or not data.simulated:
        st.caption("Without a simulated data set there are no true energies to judge a selection by.")
        return None, ""
    cut = ["the cut"] if experiment.cut_baseline else []
    chosen = choose.one_of("selection after the trigger", [*cut, ALONE, *judged.runs_with_scores(data)], "after")
    if chosen == ALONE:
        return None, ""
    if chosen in cut:
        return kept.kept_by_cut(experiment, data), f" --data {data.name}"
    threshold = asked.choose_threshold()
    with frame.refusals():
        found = kept.kept_by_run(judged.scored(runs.open_run(chosen), data), threshold)
    return found, f" --data {data.name} --run {chosen} --threshold {threshold:g}"


def key_numbers(found: Scan, at: Scan) -> None:
    numbers = triggered.key_numbers(found, at)
    for column, number in zip(st.columns(len(numbers), gap="xsmall"), numbers, strict=True):
        column.metric(number.label, number.value, number.detail, help=number.help, delta_color="off", delta_arrow="off")


def curves(found: Scan, chain: Chain | None, name: str, light: float) -> None:
    del name
    note = (
        "Recorded by the light alone (trigger), kept of what is recorded (selection), and their product, against true energy; "
        "95 % intervals, bins of fewer than 20 events pale. A trigger above its closed form would be surprising."
    )
    figure = figures.efficiency(found, light, chain).update_layout(height=HEIGHT)
    frame.show_figure(figure, "trigger-efficiency", note, lambda: triggered.columns(found))
    st.caption(triggered.in_words(found))


def dark(found: Scan, chain: Chain | None, name: str, light: float) -> None:
    """Records that the light alone would not have made."""
    del chain, name
    note = (
        "Events that are recorded only because a dark count completed the pair, and those where two dark counts made the "
        "record by themselves. Neither counts as efficiency; a part that grows with energy would be surprising."
    )
    figure = figures.dark_counts(found, light).update_layout(height=HEIGHT)
    frame.show_figure(figure, "trigger-dark", note, lambda: triggered.columns(found))


def numbers(found: Scan, chain: Chain | None, name: str, light: float) -> None:
    del light
    if chain is not None:
        st.markdown(f"trigger, selection ({frame.plain(name)}) and total, percent with 95 % intervals")
        st.dataframe(product.table(chain), hide_index=True, alt="trigger, selection and total by true energy")
    st.dataframe(triggered.table(found), hide_index=True, alt="simulated trigger and closed form by true energy")


def page() -> None:
    frame.heading("Trigger", "Which part of the events does the detector record at all?")
    with st.sidebar:
        experiment, data = start()
        trigger = triggered.trigger_of(experiment)
        selected, options = selection(experiment, data)
        reach = st.segmented_control(
            "up to [keV]", REACHES_KEV, default=2.0, key="reach", required=True, **choose.STAY,
        )  # fmt: skip
        raw = form.draw("trigger", trigger.parameters)
    with frame.refusals():
        values: Any = parameters.build(trigger.parameters, raw)
        found = kept.scan(experiment, values, triggered.even_energies(reach or 2.0))
        at = kept.scan(experiment, values, AT_KEV)
    chain = product.chain(found.points, selected, triggered.bin_edges(reach or 2.0)) if selected else None
    key_numbers(found, at)
    light = triggered.light_yield(found)
    tabs = st.tabs(["efficiency", "dark counts", "numbers"], key="show", bind="query-params")
    for tab, draw in zip(tabs, (curves, dark, numbers), strict=True):
        if tab.open:
            with tab:
                draw(found, chain, selected.name if selected else "", light)
    if chain is not None and selected is not None:
        st.caption(product.in_words(chain, selected))
    changed = "".join(f" --set {text}" for text in parameters.as_assignments(values, trigger.parameters()))
    frame.foot(
        f"{trigger.title}, simulated: {triggered.N_EVENTS:,} events at each of {triggered.N_POINTS} energies, seed "
        f"{triggered.SEED}" + (f"; selection: {selected.name}, {choose.describe(data)}." if selected and data else "."),
        f"python -m core trigger --up-to {reach or 2.0:g}{options}{changed}",
    )


frame.show(page)
