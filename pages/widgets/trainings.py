"""The runs that an analysis compares: how many are there, the button that trains the others, and those at work."""

from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset, list_datasets
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control, watching
from core.learn import request
from core.learn.plan import TrainingPlan
from core.workflows import analysis_trainings
from core.workflows.analyse import Names
from pages.widgets import cached, layout, watch


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _plans(experiment: Experiment, data: Dataset, key: str, _values: Any, digest: str) -> dict[str, TrainingPlan]:
    """What the analysis would train, by the digest of its parameters."""
    del digest
    return analysis_trainings.plans_of(experiment, data, experiment.analyses[key], _values)


def section(experiment: Experiment, key: str, names: Names, values: Any) -> dict[str, str]:
    """Name -> run of the trainings that there are; below, what is missing and the button that trains it."""
    analysis = experiment.analyses[key]
    if analysis.trainings is None or names.of("dataset") not in list_datasets():
        return {}
    data = cached.open_dataset(names.dataset)
    try:
        plans = _plans(experiment, data, key, values, parameters.digest(values))
    except DarkroomError as error:  # what needs no training is answered nevertheless
        st.caption(f"No networks can be compared on {layout.plain(data.name)}. {layout.plain(str(error))}")
        return {}
    trained = analysis_trainings.trained(data, plans)
    missing = [task for name, task in plans.items() if name not in trained]
    st.caption(f"{len(trained)} of {len(plans)} networks that are compared are trained on {layout.plain(data.name)}.")
    if missing:
        seconds = sum(request.expected_seconds(task) for task in missing)
        label = (
            f"train the other {len(missing)}"
            if trained
            else f"train all {len(missing)}"
            if len(missing) > 1
            else "train it"
        )
        help = f"one job after the other, about {watching.duration(seconds)} in all; each is a run like any other"
        if st.button(label, icon=":material/play_arrow:", help=help, key=f"train-{key}"):
            with layout.refusals():
                analysis_trainings.submit_missing(data, plans)
            st.rerun()
        watch.live(_jobs, data.name)
    return trained


def _jobs(dataset: str) -> None:
    """The trainings on the data set that wait or work."""
    listed = control.list_jobs(states=watch.OPEN)
    for job in listed:
        if job.kind == "train" and job.arguments.get("dataset") == dataset:
            watch.progress(job, listed, [])
            watch.stop_button(job)
