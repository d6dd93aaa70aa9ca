"""Page Apply: the rates report of a run on new images, with the classified image."""

import shlex

import streamlit as st

from core import parameters
from core.analysis import rate_figures as figures
from core.analysis.rate_report import NO_RATE
from core.analysis.rates import RateResult
from core.data.dataset import Dataset
from core.judge.report import Report
from pages.apply import sample
from pages.widgets import choose, detector_image, layout, report, run_picker

IN_TIME = "rate in time"


def image(result: RateResult, data: Dataset, run_id: str) -> None:
    """One classified image, a window of it at full resolution, and its counts."""
    sample.follow_click(data, run_id)
    names = {f"{image.name}: {image.n_rows:,} clusters": image for image in result.images}
    with st.container(horizontal=True, vertical_alignment="center"):
        counted = names[
            choose.one_of(
                "image", list(names), "of-image", of=choose.owner(data), label_visibility="collapsed", width=220
            )
        ]
        facts = data.images[counted.frame]
        window = sample.choose_window(facts)
        mouse, answers = sample.choose_mouse()
    with layout.refusals():
        drawn = result.overlay(counted.frame, window)
    cell = (
        f"a cell is {drawn.step_px} pixels wide and shows its brightest"
        if drawn.step_px > 1
        else "every pixel is shown"
    )
    note = (
        f"Every cluster in the colour of what it is called; {cell}, so no track is lost. "
        f"{detector_image.MICE[mouse]} A patch of one colour would be surprising."
    )
    key = f"apply-image-{data.id}-{counted.frame}-{window.text}-{mouse}"
    layout.show_figure(
        figures.overlay(drawn).update_layout(**answers), key, note, on_select=lambda: sample.picked(data, facts, key),
        selection_mode=("points", "box"),
    )  # fmt: skip
    particles = counted.particles
    interval = f"{particles.value:,.0f} [{particles.low:,.0f}, {particles.high:,.0f}]"
    st.caption(layout.plain(f"{result.particle}s in this image: {interval}; called: {counted.in_words}"))


def group(shown: Report, name: str) -> None:
    """Figures and tables of one group; the spectra with a logarithmic axis where that is wanted."""
    if name == IN_TIME and IN_TIME not in shown.groups:
        st.info(NO_RATE, icon=":material/info:")
        return
    log_y = None
    if name == "energy":
        log_y = st.toggle("logarithmic", key="log", **choose.STAY)
    report.draw_group(shown, name, "apply", log_y=log_y)


def page() -> None:
    layout.heading("Apply", "What does a run say of new images?")
    with st.sidebar:
        run, data, experiment = sample.choose_run()
    run_picker.need_scores(run, data)
    with st.sidebar:
        calibration = sample.choose_calibration(run, data)
        values = sample.choose_parameters(experiment, data)
        measured = sample.choose_pressure()
    with layout.refusals():
        names = sample.names(run, data, calibration)
        shown = report.answered(experiment, sample.RATES, names, values, pressure=measured)
    report.key_numbers(shown.numbers)
    groups = list(dict.fromkeys(["image", "counts", IN_TIME, *shown.groups]))
    for tab, name in zip(st.tabs(groups, key="show", bind="query-params"), groups, strict=True):
        if tab.open:
            with tab:
                image(shown.result, data, run.id) if name == "image" else group(shown, name)
    report.notes(shown)
    default = experiment.analyses[sample.RATES].parameters()
    changed = "".join(f" --set {shlex.quote(text)}" for text in parameters.as_assignments(values, default))
    beside = f" --calibrate {calibration.name if calibration else 'none'}"
    beside += f" --pressure {measured.name}" if measured else ""
    counting = f"counting calibrated on {choose.describe(calibration)}" if calibration else "counting not calibrated"
    layout.foot(
        f"run {run.title}, {run.network}, {choose.describe(data)}, {len(shown.result.images)} images, {counting}.",
        f"python -m core apply {run.id} {data.name}{beside}{changed}",
        data=data,
        run=run,
    )


layout.show(page)
