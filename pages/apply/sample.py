"""Choice of run, data set and window of the image for page Apply, and clicks on the image."""

from typing import Any

import streamlit as st

from core import parameters, runs
from core.analysis import pressure
from core.analysis.pressure import Pressure
from core.data import image_rows as images
from core.data.dataset import Dataset, list_datasets
from core.data.image_rows import Window
from core.experiment import Experiment
from core.registry import EXPERIMENTS
from core.selection import events
from core.workflows import analyse
from core.workflows.analyse import Names
from pages.widgets import cached, choose, form, layout, opening, run_picker, scores
from pages.widgets.detector_image import BOX, MICE, PICK

RATES = "rates"
UNCALIBRATED = "none: count clusters"
PART, CLICKED = "part", "applied-row"


def choose_run() -> tuple[runs.Run, Dataset, Experiment]:
    """A run of an experiment with images, and one of its data sets."""
    able = {key: experiment for key, experiment in EXPERIMENTS.items() if RATES in experiment.analyses}
    usable = {run_id: run for run_id, run in scores.usable_runs().items() if run.experiment in able}
    if not usable:
        layout.nothing_yet(
            "There is no trained network of an experiment with images yet, so there is nothing to apply. Train one first.",
            "pages/train/page.py", "Go to Train",
        )  # fmt: skip
    run_id = _known("run", list(usable))
    with layout.refusals():
        run = runs.open_run(run_id)
        chosen_experiment = able[run.experiment]
        names = _data_sets(run, chosen_experiment)
    if not names:
        layout.nothing_yet("There is no data set with images: prepare one first.", "pages/data/page.py", "Go to Data")
    chosen = choose.one_of("applied to data set", names, "on", of=f"{run.id} applied")
    run_picker.say_if_gone(run, list_datasets(), chosen)
    with layout.refusals():
        return run, cached.open_dataset(chosen), chosen_experiment


def _known(key: str, options: list[str]) -> str:
    """A run of those that can be applied; one of another experiment in the address is told."""
    wanted = st.query_params.get(key)
    if wanted not in (None, *options):
        st.caption(layout.plain(f"Run {wanted} has no images to be applied to: another one is shown."))
        st.query_params.pop(key)
    return scores.pick_run(options, key) or options[0]


def _data_sets(run: runs.Run, experiment: Experiment) -> list[str]:
    """Data sets of the experiment with images: those with scores that the run was not trained on first, its own last."""
    names_here = [name for name in list_datasets() if cached.open_dataset(name).experiment == experiment.key]
    names_here = [name for name in names_here if cached.open_dataset(name).images]
    scored = [name for name in runs.scored_datasets(run) if name in names_here and name != run.dataset]
    last = [run.dataset] if run.dataset in names_here else []
    return [*dict.fromkeys([*scored, *(name for name in names_here if name != run.dataset)]), *last]


def choose_calibration(run: runs.Run, data: Dataset) -> Dataset | None:
    """The simulated data set on which the counting is calibrated, among those that the run has scored."""
    with layout.refusals():
        names = analyse.calibrations(run, data.name)
    chosen = choose.one_of(
        "counting calibrated on", [*names, UNCALIBRATED], "calibration", of=f"{run.id} on {data.name}",
        help=cached.experiment_of(data).analyses[RATES].needs["calibration"].help,
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
    with layout.refusals():
        return pressure.read_pressure(file.getvalue().decode("utf-8", errors="replace"), file.name)


def choose_parameters(experiment: Experiment, data: Dataset) -> Any:
    """What the experiment lets be chosen."""
    cls = experiment.analyses[RATES].parameters
    raw = form.draw(f"apply-{choose.owner(data)}", cls)
    with layout.refusals():
        return parameters.build(cls, raw)


def names(run: runs.Run, data: Dataset, calibration: Dataset | None) -> Names:
    """What is chosen, by name."""
    return Names(data.name, run.id, calibration=calibration.name if calibration else analyse.NONE)


def choose_window(facts: Any) -> Window:
    """The part of the image that the address names, and the way back to all of it."""
    with layout.refusals():
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
        uid = events.uid_text(cached.experiment_of(data).table, data, row)
        opening.open_events(data=data.name, scores=run_id, uid=uid)
