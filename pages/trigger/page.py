"""Page Trigger: the simulated trigger efficiency, and selection and total after it."""

from typing import Any

import streamlit as st

from core import parameters
from core.analysis import trigger_scan
from core.analysis.analysis import analysis_of
from core.analysis.trigger_report import ScanParameters
from core.data.dataset import Dataset, list_datasets
from core.experiment import Experiment
from core.judge.report import Report
from core.registry import EXPERIMENTS
from core.workflows.analyse import Names
from pages.widgets import cached, choose, form, layout, report, run_picker, scores

HEIGHT = 345
REACHES_KEV = (1.0, 2.0, 5.0)
ALONE, CUT = "none: the trigger alone", "the cut"
KEY = "trigger"


def start() -> tuple[Experiment, Dataset | None]:
    """The data set whose selection is looked at, if there is any, and its experiment."""
    if not list_datasets():
        return next(experiment for experiment in EXPERIMENTS.values() if KEY in experiment.analyses), None
    data = choose.dataset()
    return cached.experiment_of(data), data


def selection(data: Dataset | None) -> tuple[Names, float, str]:
    """What selects the simulated signal that was recorded: its names, a threshold, and the command's options for it."""
    if data is None or not data.simulated:
        st.caption("Without a simulated data set there are no true energies to judge a selection by.")
        return Names(), 0.5, ""
    chosen = choose.one_of(
        "selection after the trigger", [CUT, ALONE, *scores.runs_with_scores(data)], "after", of=choose.owner(data)
    )
    if chosen == ALONE:
        return Names(), 0.5, ""
    if chosen == CUT:
        return Names(data.name), 0.5, f" --data {data.name}"
    threshold = run_picker.choose_threshold()
    return Names(data.name, chosen), threshold, f" --data {data.name} --run {chosen} --threshold {threshold:g}"


def figure(shown: Report, name: str) -> None:
    """One figure in the height of the page; below the curves, whether the closed form holds."""
    report.draw_group(shown, name, KEY, height=HEIGHT)
    if name == shown.groups[0]:
        st.caption(shown.notes[0])


def page() -> None:
    layout.heading("Trigger", "Which part of the events does the detector record at all?")
    with st.sidebar:
        experiment, data = start()
        with layout.refusals():
            analysis = analysis_of(experiment.analyses, KEY, experiment.title)
        names, threshold, options = selection(data)
        reach = st.segmented_control(
            "up to [keV]", REACHES_KEV, default=2.0, key="reach", required=True, **choose.STAY,
        )  # fmt: skip
        scan_names = [spec.name for spec in parameters.specs(ScanParameters)]
        raw = form.draw(f"trigger-{experiment.key}", analysis.parameters, skip=scan_names)
    with layout.refusals():
        values: Any = parameters.build(analysis.parameters, {**raw, "up_to_kev": reach or 2.0, "threshold": threshold})
        shown = report.answered(experiment, KEY, names, values)
    report.key_numbers(shown.numbers)
    for tab, name in zip(st.tabs(list(shown.groups), key="show", bind="query-params"), shown.groups, strict=True):
        if tab.open:
            with tab:
                figure(shown, name)
    for note in shown.notes[1:]:
        st.caption(note)
    default = analysis.parameters(up_to_kev=values.up_to_kev, threshold=values.threshold)
    changed = "".join(f" --set {text}" for text in parameters.as_assignments(values, default))
    facts = f"{shown.values['trigger']}, simulated: {trigger_scan.N_EVENTS:,} events at each of {trigger_scan.N_POINTS}"
    after = f"; selection: {shown.result.selected.name}, {choose.describe(data)}." if options and data else "."
    layout.foot(
        f"{facts} energies, seed {trigger_scan.SEED}{after}",
        f"python -m core trigger --up-to {values.up_to_kev:g}{options}{changed}",
        data=data,
    )


layout.show(page)
