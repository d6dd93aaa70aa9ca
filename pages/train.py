"""Ask for a training, see that it is sound, and watch it: queue, live curves, log, stop."""

import shlex
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.selection import Selected, Selection
from core.errors import DarkroomError
from core.jobs import control, watching
from core.learn import asking, fit
from core.learn.fit import Task
from core.learn.training import TrainingParameters, training_for
from pages.parts import asked, cached, choose, form, frame, watch

HEIGHT = 300


def controls() -> tuple[Dataset, Selection, str, dict[str, Any], dict[str, Any]]:
    """The sidebar: what is trained on what, and how."""
    data = choose.dataset()
    experiment = cached.experiment_of(data)
    selection = asked.choose_trained(data)
    names, first = list(experiment.networks), asking.cheapest(experiment)
    name = st.selectbox("network", names, index=names.index(first), key="train-model", **choose.STAY) or first
    network = experiment.networks[name]
    st.caption(frame.plain(network.title))
    with st.expander("training", expanded=True):
        training = form.draw_from(f"fit-{name}", TrainingParameters, training_for(network, {}))
    with st.expander("network"):
        own = form.draw_from(f"net-{name}", network.parameters, network.parameters())
    return data, selection, name, own, training


def launch(task: Task | None, refusal: str, name: str) -> None:
    """The button, and beside it why it cannot be pressed."""
    if st.button(f"train {name}", type="primary", icon=":material/play_arrow:", disabled=task is None) and task:
        with frame.refusals():
            job = asking.submit(task)
        st.session_state["job"] = str(job.id)
        st.toast(f"Job {job.id} is in the queue.")
    if refusal:
        st.error(frame.plain(refusal), icon=":material/block:")


def key_numbers(selected: Selected, task: Task | None) -> None:
    """Rows per sample and class, and how long it will take."""
    counts = selected.counts()
    cells = st.columns(len(counts) + 1)
    for cell, (sample, by_class) in zip(cells, counts.items(), strict=False):
        told = " · ".join(f"{n:,} {name}" for name, n in by_class.items())
        cell.metric(
            f"{sample} sample", f"{sum(by_class.values()):,}", told, delta_color="off", delta_arrow="off",
            help=told if len(by_class) > 2 else None,  # of many classes the line is cut
        )  # fmt: skip
    expected = asking.expected_seconds(task) if task else None
    told = f"{task.training.epochs} epochs of {task.n_steps:,} batches" if task else "not ready to train"
    cells[-1].metric(
        "expected time", watching.duration(expected) or "–", told, delta_color="off", delta_arrow="off",
        help="by the speed of the latest runs of this network, else a first guess for a CPU",
    )  # fmt: skip


def jobs_now(warnings: list[str]) -> None:
    """The watched job; beside it what to know of the selection, and the queue."""
    with frame.refusals():
        jobs = control.list_jobs()
    left, right = st.columns([5, 3], gap="medium")
    with right:
        for warning in warnings:
            st.caption(f":material/warning: {frame.plain(warning)}")
        st.caption("**jobs of all users**, first in, first out")
        watch.queue_table(jobs)
    with left:
        if not jobs:
            st.info("No job yet. Press train: its curves appear here.", icon=":material/info:")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            choice = st.selectbox(
                "job", [watching.LATEST, *(str(job.id) for job in jobs)], key="job", width=110,
                label_visibility="collapsed", **choose.STAY,
            )  # fmt: skip
            job = watching.chosen_job(jobs, choice or watching.LATEST) or jobs[0]
            watch.title(job)
        watch.job_view(job, jobs, HEIGHT)


def page() -> None:
    head = frame.heading("Train", "Does it learn, how long will it take, and is it done?")
    with st.sidebar:
        data, selection, name, own, training = controls()
    with frame.refusals():
        selected = cached.select(data, selection)
    task, refusal = None, ""
    try:
        task = fit.task(selected, name, own, training)
    except DarkroomError as error:
        refusal = str(error)
    with head:
        launch(task, refusal, name)
    key_numbers(selected, task)
    watch.live(jobs_now, selected.warnings)
    settings = "".join(f" --set {shlex.quote(text)}" for text in asking.as_settings(task)) if task else ""
    frame.foot(
        f"{choose.describe(data)}; labels {selection.labels}; divided by method '{selection.split.method}'.",
        f"python -m core train {data.name}{choose.as_options(selected.experiment, selection)} --model {name}{settings}",
    )


frame.show(page)
