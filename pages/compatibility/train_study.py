"""The form of a study, its progress, and completing what it lacks."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.jobs import control, watching
from core.jobs.queue import Job
from core.judge.grid import grid_of
from core.workflows import cross_training as studies
from core.workflows.cross_training import Study, StudyPlan
from pages.compatibility import study as studied
from pages.widgets import cached, choose, form, layout, run_picker, settings, watch
from pages.widgets.settings import Settings


def ask(data: Dataset) -> tuple[StudyPlan | None, str, Settings]:
    """The form of a new study: (what was asked for, or None; why it cannot be; the network's settings)."""
    experiment = cached.experiment_of(data)
    chosen = settings.choose_network(data)
    kind = grid_of(experiment).parameters
    options = {s.name: cached.values(data, s.options_from) for s in parameters.specs(kind) if s.options_from}
    axes = form.draw(f"grid-{choose.owner(data)}", kind, options)
    selection = run_picker.choose_trained(data)
    network_values, training = settings.draw(chosen, expanded=False)
    try:
        plan = studies.plan(
            experiment, data, selection, chosen.name, network_values, training, parameters.build(kind, axes)
        )
    except DarkroomError as error:
        return None, str(error), chosen
    return plan, "", chosen


def offer(head: Any, data: Dataset, plan: StudyPlan | None, refusal: str, chosen: Settings) -> None:
    """What a study is, what this one will train, how long it will take, and the button that starts it."""
    with head:
        if st.button("start the study", type="primary", icon=":material/play_arrow:", disabled=plan is None) and plan:
            _start(plan)
        settings.differences(chosen)
    if refusal:
        st.error(layout.plain(refusal), icon=":material/block:")
    st.info(
        "A study trains one network on every region, one after the other, and lets each judge all regions: only events that "
        "it neither learnt from nor was validated with are counted. It can be stopped and resumed; what was trained before with "
        "the same settings is taken over.",
        icon=":material/grid_on:",
    )
    if plan is None:
        return
    shown = (
        ("regions", f"{len(plan.study.regions)}", f"of data set {data.name}"),
        ("trainings", f"{plan.n_trainings}", f"{plan.n_reused} of them taken over"),
        ("cells", f"{plan.n_trainings * len(plan.study.regions)}", "trained x tested"),
        ("expected time", watching.duration(plan.expected_seconds) or "–", "by earlier runs"),
    )
    for column, (label, value, detail) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, value, detail, delta_color="off", delta_arrow="off")
    st.dataframe(_planned_rows(plan), hide_index=True, placeholder="–", alt="the regions of the study")
    layout.foot(f"{choose.describe(data)}; {plan.study.title}.", studied.command(plan.study, data, 0.5), data=data)


def _planned_rows(plan: StudyPlan) -> list[dict[str, Any]]:
    rows = []
    for region, training, run, why in zip(
        plan.study.regions, plan.plans, plan.study.runs, plan.study.empty, strict=True
    ):
        counts: Mapping[str, Mapping[str, int]] = training.selected.counts() if training else {}
        counted = {name: " · ".join(f"{n:,} {of}" for of, n in by_class.items()) for name, by_class in counts.items()}
        rows.append({"region": region.name, **counted, "": why or (f"taken over: {run}" if run else "to be trained")})
    return rows


def _start(plan: StudyPlan) -> None:
    """Queue the study (or only what it lacks) and show it."""
    with layout.refusals():
        if plan.n_reused < plan.n_trainings:
            studies.submit(plan)
        else:
            studies.store(plan.study)
    st.query_params["study"] = plan.study.id
    st.rerun()


def state(study: Study, data: Dataset) -> None:
    """What is being made of a study, what failed, and what it lacks, each with the button that brings it."""
    watch.live(_state, study, data)


def _state(study: Study, data: Dataset) -> None:
    with layout.refusals():
        jobs = control.list_jobs()
        if studies.open_study(study.id).runs != study.runs:
            st.rerun()
    of_study = [job for job in jobs if job.kind == "study" and job.arguments.get("study") == study.id]
    scoring = [job for job in jobs if _scores(job, study) and not job.is_ended]
    working = [job for job in of_study if not job.is_ended] or scoring[-1:]
    for job in working:
        with st.container(horizontal=True, vertical_alignment="center"):
            watch.title(job)
            if len(scoring) > 1 and job in scoring:
                st.caption(f"and {len(scoring) - 1} more runs after it")
        watch.progress(job, jobs, [])
    if working:
        return
    if of_study and of_study[0].state in ("failed", "lost"):
        watch.progress(of_study[0], jobs, [])
    _complete(study, data)


def _scores(job: Job, study: Study) -> bool:
    return (
        job.kind == "predict"
        and job.arguments.get("run") in study.runs
        and job.arguments.get("dataset") == study.dataset
    )


def _complete(study: Study, data: Dataset) -> None:
    """What is missing, and how to bring it."""
    with layout.refusals():
        missing = studied.missing(study, data)
    if missing.regions:
        names = ", ".join(region.name for region in missing.regions)
        sentence = f"Not trained, or the run was deleted since: {names}."
        _offer(sentence, f"train {len(missing.regions)} missing", "do-resume", _resume, study, data)
    if missing.unscored:
        n, rows = len(missing.unscored), max(missing.unscored.values())
        sentence = f"{n} of the study's runs lack scores of up to {rows:,} rows."
        _offer(sentence, "score them", "do-score", _score, study, data)


def _offer(sentence: str, label: str, key: str, do: Any, *arguments: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(layout.plain(sentence), icon=":material/warning:")
        if st.button(label, key=key, type="primary", icon=":material/play_arrow:"):
            with layout.refusals():
                do(*arguments)
            st.rerun()


def _resume(study: Study, data: Dataset) -> None:
    """Train what is missing. Where defaults have changed since, it is another study: that one is shown."""
    plan = studied.again(study, data)
    studies.submit(plan)
    st.query_params["study"] = plan.study.id


def _score(study: Study, data: Dataset) -> None:
    studies.submit_missing_scores(study, cached.experiment_of(data), data)
