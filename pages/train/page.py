"""Page Train: the form of a training, checks before it is queued, and its progress, curves, log and stop button."""

import shlex
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.jobs import control, watching
from core.jobs.queue import Job
from core.learn import request
from core.learn.network import Network
from core.learn.plan import TrainingPlan, plan_training
from core.selection.selection import Selected, Selection
from core.workflows import training_job
from core.workflows.label_warnings import selection_warnings
from pages.widgets import cached, choose, job_again, layout, resume, run_picker, settings, watch
from pages.widgets.settings import Settings

HEIGHT = 300


def controls() -> tuple[Dataset, Selection, Settings, dict[str, Any], dict[str, Any]]:
    """The sidebar: what is trained on what, and how."""
    data = choose.dataset()
    selection = run_picker.choose_trained(data)
    chosen = settings.choose_network(data)
    st.caption(layout.plain(chosen.network.title) + stages(chosen.network))
    network_values, training = settings.draw(chosen, expanded=True)
    return data, selection, chosen, network_values, training


def stages(network: Network) -> str:
    """What the stages of a network set themselves, whatever the form of the training says."""
    own = [
        f"{stage.name} ({stage.epochs} epochs, rate {stage.rate:g})"
        for stage in network.stages
        if stage.epochs is not None and stage.rate is not None
    ]
    return f". Whatever epochs and learning rate say below: {', then '.join(own)}." if own else ""


def launch(plan: TrainingPlan | None, refusal: str, chosen: Settings) -> None:
    """The button, beside it what differs from the recipe, and why it cannot be pressed."""
    if st.button(f"train {chosen.name}", type="primary", icon=":material/play_arrow:", disabled=plan is None) and plan:
        with layout.refusals():
            job = request.submit(plan)
        st.session_state["job"] = str(job.id)
        st.toast(f"Job {job.id} is in the queue.")
    settings.differences(chosen)
    if refusal:
        st.error(layout.plain(refusal), icon=":material/block:")


def key_numbers(selected: Selected, plan: TrainingPlan | None) -> None:
    """Rows per sample and class, and how long it will take."""
    counts = plan.task.counts(selected) if plan else selected.counts()
    cells = st.columns(len(counts) + 1)
    for cell, (sample, by_class) in zip(cells, counts.items(), strict=False):
        detail = " · ".join(f"{n:,} {name}" for name, n in by_class.items()) or None
        cell.metric(
            f"{sample} sample", f"{sum(by_class.values()):,}", detail, delta_color="off", delta_arrow="off",
            help=detail if len(by_class) > 2 else None,  # of many classes the line is cut
        )  # fmt: skip
    expected = request.expected_seconds(plan) if plan else None
    detail = f"{plan.n_epochs} epochs of {plan.n_steps:,} batches" if plan else "not ready to train"
    cells[-1].metric(
        "expected time", watching.duration(expected) or "–", detail, delta_color="off", delta_arrow="off",
        help="by the speed of the latest runs of this network, else a first guess for a CPU",
    )  # fmt: skip


def again_button(job: Job) -> Job | None:
    """The button by which a job that came to no good goes on or is done again; the job that was queued."""
    if job.kind == "train" and job.is_ended and job.run and training_job.is_resumable(job.run):
        return resume.button(job.run, "resume-job")
    return job_again.button(job, "train")


def jobs_now(warnings: list[str]) -> None:
    """The watched job; beside it what to know of the selection, and the queue."""
    with layout.refusals():
        jobs = control.list_jobs()
    left, right = st.columns([5, 3], gap="medium")
    with right:
        for warning in warnings:
            st.caption(f":material/warning: {layout.plain(warning)}")
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
            if again_button(job):
                st.rerun()
        watch.job_view(job, jobs, HEIGHT)


def page() -> None:
    head = layout.heading("Train", "Does it learn, how long will it take, and is it done?")
    with st.sidebar:
        data, selection, chosen, network_values, training = controls()
    with layout.refusals():
        selected = cached.select(data, selection)
    plan, refusal = None, ""
    try:
        plan = plan_training(
            selected, cached.experiment_of(selected.dataset).networks, chosen.name, network_values, training
        )
    except DarkroomError as error:
        refusal = str(error)
    with head:
        launch(plan, refusal, chosen)
    key_numbers(selected, plan)
    warnings = [*(plan.warnings if plan else ()), *selection_warnings(cached.experiment_of(data), selected)]
    watch.live(jobs_now, warnings)
    options = "".join(f" --set {shlex.quote(text)}" for text in request.as_settings(plan)) if plan else ""
    layout.foot(
        f"{choose.describe(data)}{choose.labelled(selection)}; divided by method '{selection.split.method}'.",
        f"python -m core train {data.name}{choose.as_options(cached.experiment_of(selected.dataset), selection)} --model {chosen.name}{options}",
        data=data,
    )


layout.show(page)
