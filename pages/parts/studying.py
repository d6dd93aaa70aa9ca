"""Ask for a study, follow it while it is made, and complete what it lacks."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.data.selection import grid_of
from core.errors import DarkroomError
from core.jobs import control, watching
from core.jobs.queue import Job
from core.learn import asking
from core.learn import study as studies
from core.learn.study import Study, StudyTask
from core.learn.training import TrainingParameters, training_for
from pages.parts import asked, cached, choose, form, frame, studied, watch


def ask(data: Dataset) -> tuple[StudyTask | None, str]:
    """The form of a new study: (what was asked for, or None; why it cannot be)."""
    experiment = cached.experiment_of(data)
    names, first = list(experiment.networks), asking.cheapest(experiment)
    name = st.selectbox("network", names, index=names.index(first), key="train-model", **choose.STAY) or first
    network = experiment.networks[name]
    kind = grid_of(experiment).parameters
    options = {s.name: cached.values(data, s.options_from) for s in parameters.specs(kind) if s.options_from}
    axes = form.draw("grid", kind, options)
    selection = asked.choose_trained(data)
    with st.expander("training"):
        training = form.draw_from(f"fit-{name}", TrainingParameters, training_for(network, {}))
    with st.expander("network"):
        own = form.draw_from(f"net-{name}", network.parameters, network.parameters())
    try:
        return studies.plan(experiment, data, selection, name, own, training, parameters.build(kind, axes)), ""
    except DarkroomError as error:
        return None, str(error)


def offer(head: Any, data: Dataset, task: StudyTask | None, refusal: str) -> None:
    """What a study is, what this one will train, how long it will take, and the button that starts it."""
    with head:
        if st.button("start the study", type="primary", icon=":material/play_arrow:", disabled=task is None) and task:
            _start(task)
    if refusal:
        st.error(frame.plain(refusal), icon=":material/block:")
    st.info(
        "A study trains one network on every region, one after the other, and lets each judge all regions: only events that "
        "it neither learnt from nor was validated with are counted. It can be stopped and resumed; what was trained before with "
        "the same settings is taken over.",
        icon=":material/grid_on:",
    )
    if task is None:
        return
    shown = (
        ("regions", f"{len(task.study.regions)}", f"of data set {data.name}"),
        ("trainings", f"{task.n_trainings}", f"{task.n_reused} of them taken over"),
        ("cells", f"{task.n_trainings * len(task.study.regions)}", "trained x tested"),
        ("expected time", watching.duration(task.expected_seconds) or "–", "by earlier runs"),
    )
    for column, (label, value, told) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value, told, delta_color="off", delta_arrow="off")
    st.dataframe(_planned_rows(task), hide_index=True, placeholder="–", alt="the regions of the study")
    frame.foot(f"{choose.describe(data)}; {task.study.title}.", studied.command(task.study, data, 0.5))


def _planned_rows(task: StudyTask) -> list[dict[str, Any]]:
    rows = []
    for region, training, run, why in zip(
        task.study.regions, task.tasks, task.study.runs, task.study.empty, strict=True
    ):
        counts: Mapping[str, Mapping[str, int]] = training.selected.counts() if training else {}
        told = {name: " · ".join(f"{n:,} {of}" for of, n in one.items()) for name, one in counts.items()}
        rows.append({"region": region.name, **told, "": why or (f"taken over: {run}" if run else "to be trained")})
    return rows


def _start(task: StudyTask) -> None:
    """Queue the study (or only what it lacks) and show it."""
    with frame.refusals():
        if task.n_reused < task.n_trainings:
            studies.submit(task)
        else:
            studies.store(task.study)
    st.query_params["study"] = task.study.id
    st.rerun()


def state(study: Study, data: Dataset) -> None:
    """What is being made of a study, what failed, and what it lacks, each with the button that brings it."""
    watch.live(_state, study, data)


def _state(study: Study, data: Dataset) -> None:
    with frame.refusals():
        jobs = control.list_jobs()
        if studies.open_study(study.id).runs != study.runs:
            st.rerun()
    own = [job for job in jobs if job.kind == "study" and job.arguments.get("study") == study.id]
    scoring = [job for job in jobs if _scores(job, study) and not job.is_ended]
    working = [job for job in own if not job.is_ended] or scoring[-1:]
    for job in working:
        with st.container(horizontal=True, vertical_alignment="center"):
            watch.title(job)
            if len(scoring) > 1 and job in scoring:
                st.caption(f"and {len(scoring) - 1} more runs after it")
        watch.progress(job, jobs, [])
    if working:
        return
    if own and own[0].state in ("failed", "lost"):
        watch.progress(own[0], jobs, [])
    _complete(study, data)


def _scores(job: Job, study: Study) -> bool:
    return (
        job.kind == "predict"
        and job.arguments.get("run") in study.runs
        and job.arguments.get("dataset") == study.dataset
    )


def _complete(study: Study, data: Dataset) -> None:
    """What is missing, and how to bring it."""
    with frame.refusals():
        missing = studied.missing(study, data)
    if missing.regions:
        names = ", ".join(region.name for region in missing.regions)
        told = f"Not trained, or the run was deleted since: {names}."
        _offer(told, f"train {len(missing.regions)} missing", "do-resume", _resume, study, data)
    if missing.unscored:
        n, rows = len(missing.unscored), max(missing.unscored.values())
        told = f"{n} of the study's runs lack scores of up to {rows:,} rows."
        _offer(told, "score them", "do-score", _score, study, data)


def _offer(told: str, label: str, key: str, do: Any, *arguments: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(frame.plain(told), icon=":material/warning:")
        if st.button(label, key=key, type="primary", icon=":material/play_arrow:"):
            with frame.refusals():
                do(*arguments)
            st.rerun()


def _resume(study: Study, data: Dataset) -> None:
    """Train what is missing. Where defaults have changed since, it is another study: that one is shown."""
    task = studied.again(study, data)
    studies.submit(task)
    st.query_params["study"] = task.study.id


def _score(study: Study, data: Dataset) -> None:
    studies.submit_missing_scores(study, cached.experiment_of(data), data)
