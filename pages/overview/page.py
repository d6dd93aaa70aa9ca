"""Page Overview: data sets, newest runs, jobs at work, and the guided tour."""

import streamlit as st

from core import run_names, runs, views
from core.data.dataset import Dataset, readable
from core.figures.state_table import damaged_in_red
from core.jobs import control, watching
from core.registry import EXPERIMENTS
from core.workflows import demo, run_admin, tour
from core.workflows.tour import Step
from pages.widgets import cached, guide, layout, named_view, watch

LOCAL = {"rows": st.column_config.NumberColumn(format="localized")}
WIDTHS = (1.4, 4.0, 3.2)  # of a step: its page, what to look at, what would be surprising
DEMO_KINDS = (demo.SAMPLE_KIND, demo.KIND)


def datasets() -> list[Dataset]:
    """All data sets that can be opened; a damaged one is told."""
    by_name, problems = readable(cached.open_dataset)
    for problem in problems:
        layout.warn(problem)
    return list(by_name.values())


def tour_step(number: int, step: Step) -> None:
    """One step: done or not, the link that does it, what to look at and what would be surprising."""
    place, look, surprising = st.columns(WIDTHS, vertical_alignment="center")
    with place:
        guide.link(step, f"{number} {step.title}", guide.mark(step))
    look.caption(layout.plain(step.look) + " *Can be skipped.*" * step.is_optional)
    surprising.caption(layout.plain(step.surprising))


def guided_demo() -> None:
    """The tour of one of the experiments that have data."""
    begun = {e.title: (e, name) for e in EXPERIMENTS.values() if (name := tour.tour_dataset(e)) is not None}
    if not begun:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        title = st.segmented_control(
            "experiment", list(begun), default=next(iter(begun)), key="tour", required=True,
            label_visibility="collapsed", bind="query-params",
        )  # fmt: skip
        experiment, name = begun[title or next(iter(begun))]
        st.markdown(f"**Guided tour: {tour.tour_of(experiment).goal}**, on data set {layout.plain(name)}")
    steps = guide.steps(experiment.key)
    needed = [step for step in steps if not step.is_optional]
    with st.container(border=True, gap="xsmall"):
        of, look, surprising = st.columns(WIDTHS)
        of.markdown(f":small[**{sum(step.is_done for step in needed)} of {len(needed)} done**]")
        look.markdown(":small[**look at**]")
        surprising.markdown(":small[**would be surprising**]")
        for number, step in enumerate(steps, 1):
            tour_step(number, step)


def active_jobs() -> None:
    """Every job that waits or works, with its progress."""
    with layout.refusals():
        jobs = control.list_jobs()
    for job in jobs[::-1]:
        if not job.is_ended:
            words = layout.plain(f"job {job.id} {job.title}: {watching.sentence(job, jobs)}")
            st.progress(watching.fraction(job) or 0.0, text=words)


def demo_trouble() -> None:
    """Why the demonstration data are not there, if their job came to no good."""
    with layout.refusals():
        ended = [job for job in control.list_jobs(states=("failed", "lost")) if job.kind in DEMO_KINDS]
    if ended and not any(job.kind in DEMO_KINDS for job in control.list_jobs(states=watch.OPEN)):
        sentence = layout.plain(f"{ended[0].title}: {ended[0].state}. {ended[0].message}")
        st.warning(f"{sentence} The next start tries again.", icon=":material/warning:")


def tables(prepared: list[Dataset], listed: list[runs.RunSummary]) -> None:
    """Data sets beside the newest runs."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Data sets**")
        rows = [
            {"data set": d.name, "experiment": cached.experiment_of(d).title, "rows": d.n_rows, "files": len(d.parts),
             "data": "simulated" if d.simulated else "measured"}
            for d in prepared
        ]  # fmt: skip
        st.dataframe(
            rows, hide_index=True, height="content" if len(rows) < 5 else 180, column_config=LOCAL, alt="data sets"
        )
        st.page_link("pages/data/page.py", label="prepare more", icon=":material/add:")
    with right:
        st.markdown("**Newest runs**")
        if not listed:
            st.caption("No run yet: page Train makes the first one.")
            return
        with layout.refusals():
            of_studies = run_admin.members()
            newest = [run for run in listed if run.id not in of_studies][:4]
            states = run_admin.states(newest)
        rows = [
            {"run": run_names.of(r.id).name, "state": states[r.id], "network": r.network, "data set": r.dataset,
             "validation loss": r.validation_loss}
            for r in newest
        ]  # fmt: skip
        config = {"validation loss": st.column_config.NumberColumn(format="%.4f")}
        st.dataframe(
            damaged_in_red(rows), hide_index=True, height="content", column_config=config, placeholder="",
            alt="the newest runs",
        )  # fmt: skip
        if of_studies:
            st.caption(f"Without the {len(of_studies)} runs of studies.")
        st.page_link("pages/runs/page.py", label="compare runs", icon=":material/list:")


def page() -> None:
    layout.heading("Overview", "What is here, what is being done, and where to begin?")
    prepared, listed = datasets(), runs.list_runs()
    with layout.refusals():
        waiting = control.list_jobs(states=watch.OPEN)
    if prepared:
        shown = [
            ("data sets", f"{len(prepared)}"), ("rows", f"{sum(d.n_rows for d in prepared):,}"), ("runs", f"{len(listed)}"),
            ("jobs at work or waiting", f"{len(waiting)}"),
        ]  # fmt: skip
        for column, (label, value) in zip(st.columns(len(shown)), shown, strict=True):
            column.metric(label, value)
    watch.live(active_jobs)
    demo_trouble()
    if not prepared and waiting:
        st.info(
            "The first data are on their way; this page shows them when they are there.", icon=":material/hourglass:"
        )
    elif not prepared:
        layout.nothing_yet(
            "There is no data set yet: raw files become one on the page Data.", "pages/data/page.py", "Go to Data"
        )
    else:
        guided_demo()
        tables(prepared, listed)
    if listed_views := views.readable()[0]:
        named_view.links(listed_views)
    layout.foot(
        "Data sets, runs and jobs of this workspace.",
        "python -m core datasets; python -m core runs; python -m core jobs",
        data=max(prepared, key=lambda data: data.meta["made_at"], default=None),
    )


layout.show(page)
