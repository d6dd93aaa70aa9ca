"""What does a run say of new images: how many of what, how often, with which energy and direction?"""

import shlex

import streamlit as st

from core import parameters
from core.figures import applied as figures
from core.figures import rates
from core.judge import applying_export as results
from core.judge.applying import Applied, Applying
from core.judge.scored import Scored
from pages.parts import applying, asked, choose, frame

RATE = "/(cm² min)"
VERSIONS = ("raw", "corrected for pressure")


def key_numbers(found: Applied) -> None:
    numbers = found.key_numbers
    for column, number in zip(st.columns(len(numbers), gap="xsmall"), numbers, strict=True):
        column.metric(number.label, number.value, number.detail, help=number.help, delta_color="off", delta_arrow="off")


def image(found: Applied, scored: Scored, slot: Applying, values: object) -> None:
    """One classified image, a window of it at full resolution, and its counts."""
    data = scored.dataset
    applying.follow_click(data, scored.run.id)
    names = {f"{one.name}: {one.n_rows:,} clusters": one for one in found.images}
    with st.container(horizontal=True, vertical_alignment="center"):
        one = names[choose.one_of("image", list(names), "of-image", label_visibility="collapsed", width=220)]
        facts = data.frames[one.frame]
        window = applying.choose_window(facts)
        mouse, answers = applying.choose_mouse()
    with frame.refusals():
        drawn = applying.picture(scored, slot, values, one.frame, window)
    cell = (
        f"a cell is {drawn.step_px} pixels wide and shows its brightest"
        if drawn.step_px > 1
        else "every pixel is shown"
    )
    note = (
        f"Every cluster in the colour of what it is called; {cell}, so no track is lost. "
        f"{applying.MICE[mouse]} A patch of one colour would be surprising."
    )
    key = f"apply-image-{data.id}-{one.frame}-{window.text}-{mouse}"
    frame.show_figure(
        figures.picture(drawn).update_layout(**answers), key, note, on_select=lambda: applying.picked(data, facts, key),
        selection_mode=("points", "box"),
    )  # fmt: skip
    interval = f"{one.particles.value:,.0f} [{one.particles.low:,.0f}, {one.particles.high:,.0f}]"
    st.caption(frame.plain(f"{slot.particle}s in this image: {interval}; called: {one.in_words}"))


def counts(found: Applied, scored: Scored, slot: Applying, values: object) -> None:
    """Classes of all images together, and a table of the images."""
    del scored, values
    note = (
        "Clusters per class in all images, 95 % intervals. Called: as the run says, Poisson. Corrected: the confusion matrix of "
        "the run's test events inverted, bootstrap of both; it corrects what is mistaken, not what overlaps."
    )
    frame.show_figure(figures.counts(found.counts), "apply-counts", note, lambda: results.count_columns(found))
    st.dataframe(results.image_rows(found, slot.particle), hide_index=True, alt="counts per image")


def in_time(found: Applied, scored: Scored, slot: Applying, values: object) -> None:
    """The rate against time, raw or corrected for pressure."""
    del scored, values
    if not found.series:
        st.info("No image tells when and how long it was exposed: there is no rate.", icon=":material/info:")
        return
    panels = found.series
    if found.corrected:
        version = st.segmented_control(
            "rate",
            VERSIONS,
            default=VERSIONS[0],
            key="version",
            required=True,
            label_visibility="collapsed",
            **choose.STAY,
        )
        panels = found.corrected if version == VERSIONS[1] else found.series
        st.caption(frame.plain(results.pressure_in_words(found)))
    note = (
        "Rate per exposure with Poisson errors (68 %), dashed: the mean. Ringed: outliers. The line breaks where images are "
        "missing. A step that all CCDs share is a change of the source or of the air; one in a single CCD is the CCD."
    )
    figure = rates.rate_in_time(panels, found.band_spans, RATE, slot.particle)
    frame.show_figure(figure, "apply-rate", note, lambda: rates.series_columns(panels))
    if found.bands:
        st.dataframe(results.band_table(found), hide_index=True, alt="mean rate inside each band")


def energy(found: Applied, scored: Scored, slot: Applying, values: object) -> None:
    del scored, slot, values
    is_log = st.toggle("logarithmic", key="log", **choose.STAY)
    for number, (column, one) in enumerate(zip(st.columns(len(found.spectra)), found.spectra, strict=True)):
        with column:
            note = f"{one.title}, {one.in_words} {one.remark}"
            frame.show_figure(
                figures.spectrum(one, is_log),
                f"apply-spectrum-{number}",
                note,
                lambda one=one: figures.fit_columns(one),
            )


def direction(found: Applied, scored: Scored, slot: Applying, values: object) -> None:
    del scored, slot, values
    for number, (column, one) in enumerate(zip(st.columns(len(found.angles)), found.angles, strict=True)):
        with column:
            note = f"{one.title}: {one.in_words} Dashed: {one.remark}"
            frame.show_figure(
                figures.angle(one), f"apply-angle-{number}", note, lambda one=one: figures.angle_columns(one)
            )


def page() -> None:
    frame.heading("Apply", "What does a run say of new images?")
    with st.sidebar:
        run, data, slot = applying.choose_run()
    scored = asked.need_scores(run, data)
    with st.sidebar:
        calibration = applying.choose_calibration(run, data)
        values = applying.choose_parameters(slot)
        measured = applying.choose_pressure()
    with frame.refusals():
        found = applying.applied(scored, slot, values, calibration, measured)
    key_numbers(found)
    tabs = st.tabs(["image", "counts", "rate in time", "energy", "direction"], key="show", bind="query-params")
    for tab, draw in zip(tabs, (image, counts, in_time, energy, direction), strict=True):
        if tab.open:
            with tab:
                draw(found, scored, slot, values)
    for note in found.notes:
        st.caption(f":material/warning: {frame.plain(note)}")
    changed = "".join(f" --set {shlex.quote(text)}" for text in parameters.as_assignments(values, slot.parameters()))
    beside = f" --calibrate {calibration.name if calibration else 'none'}"
    beside += f" --pressure {measured.name}" if measured else ""
    frame.foot(
        f"run {run.id} ({run.network}), {choose.describe(data)}, {len(found.images)} images"
        + (
            f", counting calibrated on {choose.describe(calibration)}." if calibration else ", counting not calibrated."
        ),
        f"python -m core apply {run.id} {data.name}{beside}{changed}",
    )


frame.show(page)
