"""The guided tour at the foot of every page: what to look at here, and the next step. How far one has come outlives a reload."""

import streamlit as st

from core import runs
from core.registry import EXPERIMENTS
from core.workflows import tour
from core.workflows.tour import Progress, Step
from pages.widgets import chosen_experiment, layout
from pages.widgets.guard import BROWSER

REMEMBERED = "tour progress"
DONE, OPEN = ":material/check_circle:", ":material/radio_button_unchecked:"


def progress() -> Progress:
    """What this browser has seen, read once in a session."""
    if REMEMBERED not in st.session_state:
        st.session_state[REMEMBERED] = tour.read(_browser())
    remembered: Progress = st.session_state[REMEMBERED]
    return remembered


def _browser() -> str:
    """The number of the cookie; '' where there is none, and in Streamlit's tests, which have no cookies."""
    number: object = st.context.cookies.get(BROWSER, "")
    return number if isinstance(number, str) else ""


def remember(now: Progress) -> None:
    """Keep how far one has come: for this tab and, in the workspace, for this browser."""
    if now != progress():
        st.session_state[REMEMBERED] = now
        tour.write(_browser(), now)


def steps(key: str) -> list[Step]:
    """The steps of an experiment's tour; none without data."""
    experiment = EXPERIMENTS[key]
    dataset = tour.tour_dataset(experiment)
    return [] if dataset is None else tour.steps(experiment, dataset, runs.list_runs(), progress().places(key))


def mark(step: Step) -> str:
    """The symbol of a step."""
    return DONE if step.is_done else OPEN


def link(step: Step, label: str, icon: str = ":material/arrow_forward:") -> None:
    """The way to a step, or what it waits for."""
    st.page_link(
        f"pages/{step.page}/page.py", label=f"{label}: waits for {step.waits_for}" if step.waits_for else label,
        query_params=step.query, disabled=bool(step.waits_for), icon=icon,
    )  # fmt: skip


def at_foot() -> None:
    """Remember that the page was seen, and while a tour is on say what to look at, and what comes next."""
    page = str(st.session_state.get("page shown", ""))
    place = tour.seen_as(page, st.query_params.get("analysis", ""))
    experiment = chosen_experiment.key()
    now = progress().with_seen(experiment, place)
    if (begun := st.query_params.get(tour.GUIDE)) in EXPERIMENTS:
        now = Progress(begun, now.seen)
        del st.query_params[tour.GUIDE]  # it began the tour; a reload must not begin one that was left
    remember(now)
    if now.on not in EXPERIMENTS or page == "overview":
        return
    listed = steps(now.on)
    if listed:
        _line(listed, place)


def _line(listed: list[Step], place: str) -> None:
    here = next(((i, step) for i, step in enumerate(listed, 1) if step.place == place), None)
    following = tour.next_step(listed, place)
    with st.container(border=True):
        if here is not None:
            st.markdown(
                f"**Tour, step {here[0]} of {len(listed)}.** {layout.plain(here[1].look)} :gray[Surprising: {layout.plain(here[1].surprising)}]"
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            if following is not None:
                link(following, f"next: {following.title}{' (can be skipped)' if following.is_optional else ''}")
                after = tour.next_step(listed, following.place) if following.is_optional else None
                if after is not None:
                    link(after, f"or skip to {after.title}")
            else:
                st.markdown(f"{DONE} This tour is done.")
            st.page_link("pages/overview/page.py", label="all steps", icon=":material/map:")
            st.button(
                "leave the tour", key="leave-tour", type="tertiary", icon=":material/close:", on_click=_leave,
            )  # fmt: skip


def _leave() -> None:
    """The tour is off; what was seen stays seen."""
    remember(Progress("", progress().seen))
