"""Watched folders: new raw files that wait, and the rules by which they are offered or prepared."""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from core import runs
from core.clock import when
from core.data import files
from core.experiment import Experiment
from core.jobs import control, watched
from core.workflows import watches
from pages.widgets import layout

N_NAMED = 3


def offers(experiment: Experiment) -> None:
    """What waits in watched folders of the experiment, with the button that prepares it; what went wrong there."""
    rules, problems = watched.readable()
    for problem in problems:
        layout.warn(problem)
    for rule in rules:
        state = watched.state_of(rule.name)
        if state.problem:
            layout.warn(f"Watched folder '{rule.name}': {state.problem}")
        if rule.experiment == experiment.key and state.waiting:
            _offer(rule, state)


def _offer(rule: watched.Watch, state: watched.State) -> None:
    n, names = len(state.waiting), [Path(file).name for file in sorted(state.waiting)[:N_NAMED]]
    some = f"{', '.join(names)}{' ...' if n > N_NAMED else ''}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"arrived-{rule.name}"):
        sentence = f"{n:,} new file{'s' * (n != 1)} in {rule.folder} for data set {rule.dataset}: {some}"
        st.markdown(f":material/download: {layout.plain(sentence)}", width="content")
        if st.button(f"prepare {n:,}", key=f"hand-over-{rule.name}", icon=":material/play_arrow:"):
            with layout.refusals():
                job = watched.hand_over(rule)
            if job is None:
                st.caption("A preparation of this data set is at work: wait until it ends.")
            else:
                st.session_state["prepare-job"] = job.id
                st.rerun()


def rules_section(experiment: Experiment, mapping: Any) -> None:
    """The rules there are; below them a form for another one."""
    rules = [rule for rule in watched.readable()[0] if rule.experiment == experiment.key]
    for rule in rules:
        state = watched.state_of(rule.name)
        with st.container(horizontal=True, vertical_alignment="center"):
            does = "prepared by themselves" if rule.does == watched.PREPARE else "offered here"
            then = f", then run {rule.run} is applied" if rule.run else ""
            looked = (
                f"; {len(state.waiting):,} wait since {when(state.looked_at, time.time())}" if state.waiting else ""
            )
            st.caption(
                layout.plain(
                    f"{rule.name}: new files in {rule.folder} for data set {rule.dataset} are {does}{then}{looked}."
                )
            )
            st.button(
                "watch no longer", key=f"unwatch-{rule.name}", type="tertiary", icon=":material/visibility_off:",
                on_click=watched.remove, args=(rule.name,),
            )  # fmt: skip
    _form(experiment, mapping)


def _form(experiment: Experiment, mapping: Any) -> None:
    ids = [run.id for run in runs.list_runs() if run.is_usable and run.experiment == experiment.key]
    with st.form("watch-form", border=False):
        left, right = st.columns(2)
        root = left.selectbox("data root", [str(root) for root in files.data_roots()], key="watch-root")
        below = right.text_input("folder in it ('': the root itself)", key="watch-below")
        dataset = left.text_input("data set that grows", key="watch-dataset")
        name = right.text_input("name of the rule", key="watch-name", placeholder="shift-2026")
        is_auto = left.toggle("prepare them by themselves", key="watch-auto")
        run = right.selectbox(
            "apply a run to them then", ["", *ids], key="watch-run", format_func=lambda r: r or "none"
        )
        is_wanted = st.form_submit_button("watch this folder", icon=":material/visibility:")
    if is_wanted:
        with layout.refusals():
            does = watched.PREPARE if is_auto else watched.OFFER
            watches.add(name, experiment, Path(root or "") / below, dataset, mapping, does=does, run=run or "")
            control.refresh()
        st.rerun()
    st.caption(
        "The mapping chosen beside is kept with the rule. A file counts when it has not changed for some seconds."
    )
