"""What the page on new images asks and shows, kept so that a slider step counts nothing anew."""

from typing import Any

import streamlit as st

from core import parameters, runs
from core.data import events
from core.data import imaging as images
from core.data.dataset import Dataset, list_datasets
from core.data.imaging import Window
from core.experiment import Experiment
from core.judge import applying, pressure
from core.judge.applying import Applied, Applying, Picture
from core.judge.pressure import Pressure
from core.judge.scored import Scored
from core.registry import EXPERIMENTS
from pages.parts import cached, choose, form, frame, judged, opening
from pages.parts.imaging import BOX, MICE, PICK

UNCALIBRATED = "none: count clusters"
PART, CLICKED = "part", "applied-row"


def choose_run() -> tuple[runs.Run, Dataset, Applying]:
    """A run of an experiment with images, and one of its data sets."""
    able = {key: one for key, one in EXPERIMENTS.items() if one.applying is not None}
    usable = {run_id: told for run_id, told in judged.usable_runs().items() if told.experiment in able}
    if not usable:
        frame.nothing_yet(
            "There is no trained network of an experiment with images yet, so there is nothing to apply. Train one first.",
            "pages/train.py", "Go to Train",
        )  # fmt: skip
    run_id = _known("run", list(usable))
    with frame.refusals():
        run = runs.open_run(run_id)
        experiment = able[run.experiment]
        names = _data_sets(run, experiment)
    if not names:
        frame.nothing_yet("There is no data set with images: prepare one first.", "pages/data.py", "Go to Data")
    chosen = st.selectbox("applied to data set", _kept("on", names), key="on", **choose.STAY)
    with frame.refusals():
        return run, cached.open_dataset(chosen), applying.applying_of(experiment)


def _known(key: str, options: list[str]) -> str:
    """A run of those that can be applied; one of another experiment in the address is told."""
    asked = st.query_params.get(key)
    if asked not in (None, *options):
        st.caption(frame.plain(f"Run {asked} has no images to be applied to: another one is shown."))
        st.query_params.pop(key)
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    return judged.pick_run(options, key) or options[0]


def _kept(key: str, names: list[str]) -> list[str]:
    if st.session_state.get(key) not in (None, *names):
        del st.session_state[key]
    return names


def _data_sets(run: runs.Run, experiment: Experiment) -> list[str]:
    """Data sets of the experiment with images: those with scores that the run was not trained on first, its own last."""
    there = [name for name in list_datasets() if cached.open_dataset(name).experiment == experiment.key]
    there = [name for name in there if cached.open_dataset(name).frames]
    scored = [name for name in runs.scored_datasets(run) if name in there and name != run.dataset]
    last = [run.dataset] if run.dataset in there else []
    return [*dict.fromkeys([*scored, *(name for name in there if name != run.dataset)]), *last]


def choose_calibration(run: runs.Run, data: Dataset) -> Dataset | None:
    """The simulated data set on which the counting is calibrated, among those that the run has scored."""
    with frame.refusals():
        names = applying.calibrations(run, data.name)
    chosen = st.selectbox(
        "counting calibrated on", _kept("calibration", [*names, UNCALIBRATED]), key="calibration", **choose.STAY,
        help="a simulated data set that this run has scored, with images of many rates: it tells how many particles the "
        "clusters hold, misclassified and overlapping ones included. To make one: simulate and prepare it on page Data, "
        "then score it here by choosing it as the data set.",
    )  # fmt: skip
    return None if chosen == UNCALIBRATED else cached.open_dataset(chosen)


def choose_pressure() -> Pressure | None:
    """Air pressures from a file, if one is given."""
    file = st.file_uploader(
        "air pressure (CSV: time, pressure)", type="csv", key="pressure",
        help="time: unix seconds or 2020-01-31T12:00 (UTC); pressure in hPa. Without it, pressures in the headers count.",
    )  # fmt: skip
    if file is None:
        return None
    with frame.refusals():
        return pressure.read_pressure(file.getvalue().decode("utf-8", errors="replace"), file.name)


def choose_parameters(slot: Applying) -> Any:
    """What the experiment lets be chosen."""
    raw = form.draw("apply", slot.parameters)
    with frame.refusals():
        return parameters.build(slot.parameters, raw)


@st.cache_resource(max_entries=16, show_spinner="Counting ...")
def _applied(
    _found: Scored, _slot: Applying, _asked: Any, _calibration: Dataset | None, _own: Dataset | None,
    _pressure: Pressure | None, key: str,
) -> Applied:  # fmt: skip
    del key
    beside = applying.stand_beside(_found, _calibration, _pressure, _own)
    return _slot.apply(_found, _asked, beside)


def applied(
    found: Scored, slot: Applying, asked: Any, calibration: Dataset | None, measured: Pressure | None
) -> Applied:  # fmt: skip
    """Everything that the run says of the images."""
    run = found.run
    own = (
        cached.open_dataset(run.dataset)
        if run.dataset in list_datasets() and runs.is_scored(run.id, run.dataset)
        else None
    )
    parts = [judged.key_of(found), parameters.digest(asked), own.id if own else ""]
    parts += [calibration.id if calibration else "", measured.digest if measured else ""]
    return _applied(found, slot, asked, calibration, own, measured, "|".join(parts))


@st.cache_resource(max_entries=16, show_spinner="Drawing the image ...")
def _picture(_found: Scored, _slot: Applying, _asked: Any, key: str, frame_number: int, window: Window) -> Picture:
    del key
    return _slot.picture(_found, frame_number, _asked, window)


def picture(found: Scored, slot: Applying, asked: Any, frame_number: int, window: Window) -> Picture:
    """A window of a classified image."""
    key = f"{judged.key_of(found)}|{parameters.digest(asked)}"
    return _picture(found, slot, asked, key, frame_number, window)


def choose_window(facts: Any) -> Window:
    """The part of the image that the address names, and the way back to all of it."""
    with frame.refusals():
        window = images.window_from(st.query_params.get(PART, ""), facts)
    st.button(
        "whole image", icon=":material/fit_screen:", on_click=whole_image, disabled=window == images.whole(facts),
        type="tertiary",
    )  # fmt: skip
    return window


def choose_mouse() -> tuple[str, dict[str, str]]:
    """What the mouse does, as on the page that shows single events: the choice, and what the figure must be told of it."""
    chosen = st.segmented_control(
        "mouse", list(MICE), default=BOX, key="mouse", required=True, label_visibility="collapsed", **choose.STAY
    )
    drag, click = {BOX: ("select", "event"), PICK: ("pan", "event+select")}[chosen or BOX]
    return chosen or BOX, {"dragmode": drag, "clickmode": click}


def whole_image() -> None:
    st.query_params.pop(PART, None)


def picked(data: Dataset, facts: Any, key: str) -> None:
    """A box becomes the window; a click on a row opens it on the page that shows one at a time."""
    event = st.session_state[key]
    if event["selection"]["box"]:
        (x0, x1), (y0, y1) = (event["selection"]["box"][-1][axis] for axis in "xy")
        st.query_params[PART] = images.fitted(x0 + 0.5, x1 + 0.5, y0 + 0.5, y1 + 0.5, facts).text
        return
    for row in opening.picked_rows(event)[:1]:
        st.session_state[CLICKED] = (data.name, row)


def follow_click(data: Dataset, run_id: str) -> None:
    """Go to the row that was clicked: only now, as a page cannot be left while a click is answered."""
    name, row = st.session_state.pop(CLICKED, ("", 0))
    if name == data.name:
        uid = events.uid_text(cached.experiment_of(data), data, row)
        opening.open_events(data=data.name, scores=run_id, uid=uid)
