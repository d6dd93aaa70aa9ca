"""Printed results beside ours, kept so that another table is drawn at once; our networks, built in a process of their own."""

from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import list_datasets, readable
from core.experiment import Experiment
from core.jobs import control, warm, watching
from core.registry import EXPERIMENTS
from core.workflows import analyse, scaled_sample
from core.workflows import cross_training as studies
from core.workflows.analyse import Names
from pages.widgets import cached, choose, chosen_experiment, form, layout, scores, watch

KEY = "published"
FRACTIONS = (0.01, 0.1, 1.0)


def experiment() -> Experiment:
    """The chosen experiment; of one without printed results, says so and shows the way on."""
    chosen = EXPERIMENTS[chosen_experiment.key()]
    if KEY not in chosen.analyses:
        layout.nothing_yet(
            f"{chosen.title} has no analysis '{KEY}', so no printed results: choose a data set of another experiment.",
            "pages/data/page.py", "Go to Data",
        )  # fmt: skip
    return chosen


def pick(of: Experiment) -> Names:
    """Data set, study and run that stand beside what was printed; each may be missing."""
    by_name, problems = readable()
    for problem in problems:
        layout.warn(problem)
    names = [name for name, data in by_name.items() if data.experiment == of.key]
    first = analyse.default_dataset(of)
    names = [*([first] if first else []), *(name for name in names if name != first)]
    chosen = choose.one_of("data set", [*names, analyse.NONE], "data")
    if chosen == analyse.NONE:
        return Names(analyse.NONE)
    data = cached.open_dataset(chosen)
    needs = of.analyses[KEY].needs
    if "run" not in needs:
        return Names(data.name)
    there_studies = [study.id for study in studies.list_studies(data.name)]
    study = choose.one_of("study", [*there_studies, analyse.NONE], "study", of=choose.owner(data))
    best = analyse.run_for(of, data, needs["run"].network)
    scored = scores.runs_with_scores(data)
    ordered = [*([best.id] if best else []), *(run for run in scored if best is None or run != best.id)]
    run = choose.one_of("run", [*ordered, analyse.NONE], "run", of=choose.owner(data))
    return Names(data.name, run, study)


def choose_parameters(of: Experiment) -> Any:
    """What the analysis lets be chosen."""
    cls = of.analyses[KEY].parameters
    with layout.refusals():
        return parameters.build(cls, form.draw(f"published-{of.key}", cls))


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
        st.error(layout.plain(answer.error), icon=":material/error:")
    else:
        st.session_state.pop("building", None)
        built()[of.key] = answer.result["networks"]
        st.rerun(scope="app")


def simulate_printed(of: Experiment) -> None:
    """Simulate a data set in the printed numbers: how much, what it costs, the button, its progress."""
    if of.simulation.scaled is None:
        return
    with st.expander("simulate the printed numbers", icon=":material/science:"):
        fraction = st.segmented_control(
            "part", FRACTIONS, default=0.1, key="scale-part", required=True, format_func=lambda f: f"{100 * f:g} %",
        )  # fmt: skip
        cost, name = of.simulation.scaled.cost(fraction), scaled_sample.dataset_name(of, fraction)
        st.caption(
            f"{cost['n_events']:,.0f} simulated events in {of.simulation.scaled.title}: about "
            f"{watching.duration(cost['seconds'])}, {cost['gb']:.2f} GB; can be stopped and goes on where it was."
        )
        if name in list_datasets():
            st.caption(f"Data set {name} is there.")
        if st.button(f"make {name}", icon=":material/play_arrow:", disabled=name in list_datasets()):
            with layout.refusals():
                scaled_sample.submit(of, fraction)
            st.rerun()
        watch.live(_jobs)


def _jobs() -> None:
    """Those that simulate printed numbers now."""
    listed = control.list_jobs(states=watch.OPEN)
    for job in listed:
        if job.kind == scaled_sample.KIND:
            watch.progress(job, listed, [])
            watch.stop_button(job)
