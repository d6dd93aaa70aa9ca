"""Printed results beside ours, kept so that another table is drawn at once; our networks, built in a process of their own."""

from typing import Any

import streamlit as st

from core import runs
from core.data import seedscale
from core.data.dataset import Dataset, list_datasets, readable
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control, warm, watching
from core.judge import scored as scoring
from core.judge import sources
from core.judge.comparison import Comparison, Sources
from core.learn import study as studies
from core.learn.study import Study
from core.registry import EXPERIMENTS
from pages.parts import cached, choose, frame, judged, watch

NONE = "none"
FRACTIONS = (0.01, 0.1, 1.0)


def experiment() -> Experiment:
    """The experiment whose printed results are shown; a choice only where there are several."""
    there = {key: one for key, one in EXPERIMENTS.items() if one.published is not None}
    if not there:
        raise DarkroomError("No experiment has printed results to compare with.")
    name = st.query_params.get("data") or st.session_state.get("data")
    if name in list_datasets() and (other := cached.experiment_of(cached.open_dataset(name))).key not in there:
        frame.warn(f"{other.title} has no printed results: those of another experiment are shown.")
        st.query_params.pop("data", None)
    return (
        there[choose.one_of("experiment", list(there), "experiment")] if len(there) > 1 else next(iter(there.values()))
    )


def pick(of: Experiment) -> Sources:
    """Data set, study and run that stand beside what was printed; each may be missing."""
    there, problems = readable()
    for problem in problems:
        frame.warn(problem)
    names = [name for name, data in there.items() if data.experiment == of.key]
    first = sources.default_dataset(of)
    names = [*([first] if first else []), *(name for name in names if name != first)]
    chosen = choose.one_of("data set", [*names, NONE], "data")
    if chosen == NONE:
        return Sources(of, networks=built().get(of.key))
    data = cached.open_dataset(chosen)
    made = {study.id: study for study in studies.list_studies(data.name)}
    study = choose.one_of("study", [*made, NONE], "study")
    best = sources.run_for(of, data)
    scored = judged.runs_with_scores(data)
    ordered = [*([best.id] if best else []), *(run for run in scored if best is None or run != best.id)]
    run = choose.one_of("run", [*ordered, NONE], "run")
    return Sources(of, data, made.get(study), None if run == NONE else runs.open_run(run), built().get(of.key))


@st.cache_resource(max_entries=8, show_spinner="Comparing ...")
def _rows(_sources: Sources, key: str) -> list[Comparison]:
    del key
    return sources.published_of(_sources.experiment).rows(_sources)


def rows(of: Sources) -> list[Comparison]:
    """Every printed number beside ours."""
    data = of.dataset
    versions = _versions([*(of.study.runs if of.study else ()), of.run.id if of.run else None], data)
    key = (of.experiment.key, data.id if data else "", _asked(of.study), of.networks is not None, *versions)
    return _rows(of, "|".join(map(str, key)))


def _asked(study: Study | None) -> str:
    return "" if study is None else f"{study.id} {study.runs}"


def _versions(run_ids: list[str | None], data: Dataset | None) -> list[str]:
    """Change when a run or its scores are written anew."""
    return [f"{run} {scoring.version(runs.open_run(run), data.name)}" for run in run_ids if run and data is not None]


@st.cache_resource
def built() -> dict[str, Any]:
    """Layers and parameters of our networks, by experiment, once somebody asked for them."""
    return {}


def build_networks(of: Experiment) -> None:
    """The button that builds our networks to count their parameters, and what becomes of it."""
    if of.key in built():
        return
    request = {"do": "describe", "experiment": of.key}
    if st.button("build our networks", icon=":material/layers:", help="to count their parameters; takes some 15 s"):
        if warm.submit(request).error:  # it failed before
            warm.forget(request)
        st.session_state["building"] = True
    if st.session_state.get("building"):
        _building(of, request)


@st.fragment(run_every=1.0)
def _building(of: Experiment, request: dict[str, Any]) -> None:
    answer = warm.submit(request)
    if not answer.is_done:
        st.caption(f"building, {answer.waited_s:.0f} s")
    elif answer.error:
        st.error(frame.plain(answer.error), icon=":material/error:")
    else:
        st.session_state.pop("building", None)
        built()[of.key] = answer.result["networks"]
        st.rerun(scope="app")


def simulate_printed(of: Experiment) -> None:
    """Simulate a data set in the printed numbers: how much, what it costs, the button, its progress."""
    if of.published is None or of.published.scaled is None:
        return
    with st.expander("simulate the printed numbers", icon=":material/science:"):
        fraction = st.segmented_control(
            "part", FRACTIONS, default=0.1, key="scale-part", required=True, format_func=lambda f: f"{100 * f:g} %",
        )  # fmt: skip
        cost, name = of.published.scaled.cost(fraction), seedscale.dataset_name(of, fraction)
        st.caption(
            f"{cost['n_events']:,.0f} simulated events in {of.published.scaled.title}: about "
            f"{watching.duration(cost['seconds'])}, {cost['gb']:.2f} GB; can be stopped and goes on where it was."
        )
        if name in list_datasets():
            st.caption(f"Data set {name} is there.")
        if st.button(f"make {name}", icon=":material/play_arrow:", disabled=name in list_datasets()):
            with frame.refusals():
                seedscale.submit(of, fraction)
            st.rerun()
        watch.live(_jobs)


def _jobs() -> None:
    """Those that simulate printed numbers now."""
    listed = control.list_jobs(states=watch.OPEN)
    for job in listed:
        if job.kind == seedscale.KIND:
            watch.progress(job, listed, [])
            watch.stop_button(job)
