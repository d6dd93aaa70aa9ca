"""What labellers agree on, what needs a decision, and labels in and out."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.data import derive
from core.data.dataset import Dataset
from core.data.events import uid_text
from core.errors import DarkroomError
from core.figures import labelled
from core.jobs import control
from core.judge.intervals import Interval
from core.labels import desk as desks
from core.labels import exchange as exchanging
from core.labels.agreement import Agreement, Dispute
from core.labels.desk import Desk
from core.labels.log import ADJUDICATION
from core.labels.record import Look
from core.labels.surroundings import surroundings
from pages.parts import cached, frame, labelling

N_LISTED = 200
N_AT_ONCE, PROGRESS_HEIGHT = 5, 150
FREEZE_JOB = "freeze-job"


def in_words(kappa: Interval) -> str:
    """`0.83 [0.75, 0.90] n = 60`; undefined says so."""
    if kappa.n == 0:
        return "undefined"
    return f"{kappa.value:.2f} [{kappa.low:.2f}, {kappa.high:.2f}] n = {kappa.n:,}"


def agreement(data: Dataset, labeller: str) -> None:
    """Progress, kappa, who confuses what, and the events that need a decision."""
    with frame.refusals():
        desk = labelling.open_desk(data)
    if not desk.here:
        st.info("Nobody has labelled an event of this data set yet.", icon=":material/info:")
        return
    found = desk.agreement
    left, middle, right = st.columns([2, 1, 1])
    left.metric(
        f"{found.name}, {_people(found.labellers)}", in_words(found.kappa), help="95 % interval from a bootstrap over events"
    )  # fmt: skip
    middle.metric("labelled events", f"{len(desk.votes.rows):,}")
    right.metric("in dispute", f"{sum(not d.decided for d in found.disputes):,}")
    if desk.n_damaged:
        st.warning(f"{desk.n_damaged} lines of the logs are damaged and left out.", icon=":material/warning:")
    left, right = st.columns([56, 44], gap="medium")
    with left:
        rows = desk.progress()
        st.dataframe(
            rows, hide_index=True, row_height=28, height="content" if len(rows) < N_AT_ONCE else PROGRESS_HEIGHT,
            column_config={"median_s": st.column_config.NumberColumn("s / label", help="median time for a label")},
            alt="labels per labeller",
        )  # fmt: skip
        dispute = disputes(desk, found)
    with right:
        confusion(found)
    if dispute is not None:
        decide(desk, dispute, labeller)


def _people(labellers: Sequence[str]) -> str:
    return f"{len(labellers)} labeller{'s' * (len(labellers) != 1)}"


def confusion(found: Agreement) -> None:
    """A pair of labellers, or one with himself."""
    pairs = {f"{pair.first} / {pair.second}": pair for pair in found.pairs}
    pairs |= {f"{pair.first}, first / last time": pair for pair in found.own}
    if not pairs:
        st.caption("No event has labels of two people yet, nor was one shown again.")
        return
    name = st.selectbox("confusion of", list(pairs), key="confusion-of")
    pair = pairs[name]
    frame.show_figure(
        labelled.confusion(pair, found.classes), "labellers",
        f"Cohen's kappa {in_words(pair.kappa)}. Off the diagonal stands what one calls otherwise than the other.",
    )  # fmt: skip


def disputes(desk: Desk, found: Agreement) -> Dispute | None:
    """The events on which labellers differ; returns the one that is ticked."""
    if not found.disputes:
        st.caption("No event has different labels.")
        return None
    experiment = cached.experiment_of(desk.dataset)
    rows = [_listed(desk, experiment, dispute) for dispute in found.disputes[:N_LISTED]]
    picked = st.dataframe(
        rows, hide_index=True, key="disputes", on_select="rerun", selection_mode="single-row", height=180, row_height=28,
        alt="events with different labels",
    )  # fmt: skip
    st.caption(
        f"Different labels: {len(rows):,} of {len(found.disputes):,} events shown, open ones first, most evenly split first. "
        "Tick a line to decide it; the next open one takes its place."
    )
    ticked = picked["selection"]["rows"]
    return found.disputes[ticked[0]] if ticked and ticked[0] < len(rows) else None


def _listed(desk: Desk, experiment: Any, dispute: Dispute) -> dict[str, Any]:
    return {
        "event": uid_text(experiment, desk.dataset, dispute.row),
        "labels": ", ".join(f"{name}: {label}" for name, label in dispute.votes.items()),
        "difficult": dispute.n_difficult,
        "adjudicated": dispute.decided,
    }


def decide(desk: Desk, dispute: Dispute, labeller: str) -> None:
    """The event, and one button per class that settles it by another line of the log."""
    experiment, data = cached.experiment_of(desk.dataset), desk.dataset
    how = desks.labelling_of(experiment)
    with frame.refusals():
        look = Look()
        around = surroundings(experiment, data, dispute.row, look.context)
        figure = labelled.row(how.crop(data, dispute.row), around, look, how.scale(data))
    st.plotly_chart(figure, key="disputed-row", config={"displayModeBar": False}, alt="the disputed event")
    with st.container(horizontal=True, gap="small"):
        for number, name in enumerate(desk.classes, 1):
            st.button(
                frame.plain(name), key=f"decide-{number}", disabled=not labeller, on_click=_decide,
                args=(data, dispute.row, name, labeller, desk.classes),
                type="primary" if dispute.decided == name else "secondary",
            )  # fmt: skip
    if not labeller:
        st.caption("Type your name in the sidebar first: a decision says whose it is.")


def _decide(data: Dataset, row: int, name: str, labeller: str, classes: tuple[str, ...]) -> None:
    entry = desks.line(data, row, ADJUDICATION, name, labeller, why="dispute", look=Look())
    try:
        desks.write(data, entry, classes)
    except DarkroomError as error:
        st.session_state["label-problem"] = str(error)


def exchange(data: Dataset) -> None:
    """Freeze labels for a training; download and upload them."""
    experiment = cached.experiment_of(data)
    with frame.refusals():
        desk = labelling.open_desk(data)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        freeze(data)
    with middle:
        st.markdown("**Out**")
        st.caption(f"{len(desk.here):,} lines of {_people(desk.labellers)}, those taken back included.")
        for ending in exchanging.FORMATS:
            st.download_button(
                ending.removeprefix("."), lambda ending=ending: exchanging.export(desk.here, ending),
                f"labels-{data.name}{ending}", key=f"export{ending}", on_click="ignore", icon=":material/download:",
                disabled=not desk.here,
            )  # fmt: skip
        st.download_button(
            "images with votes", lambda: exchanging.as_zip(exchanging.images(experiment, desk)),
            f"labels-{data.name}.zip", key="export-images", on_click="ignore", icon=":material/photo_library:",
            disabled=not len(desk.votes.rows), help="a PNG per event and a table of votes",
        )  # fmt: skip
    with right:
        st.markdown("**In**")
        given = st.file_uploader("labels that were exported elsewhere", ["csv", "jsonl", "parquet"], key="labels-in")
        if given is not None and st.button("add them to the logs", icon=":material/upload:", key="take-in"):
            with frame.refusals():
                added, known = exchanging.take_in(experiment, exchanging.read_labels(given.name, given.getvalue()))
            st.success(f"{added:,} lines added, {known:,} were there already.", icon=":material/check:")
        st.caption("Images with votes (a folder and a table) become a data set of their own on the page Data.")


def freeze(data: Dataset) -> None:
    """The column that a training uses."""
    experiment = cached.experiment_of(data)
    column = desks.labelling_of(experiment).column
    st.markdown("**For a training**")
    made = data.derived.get(column)
    if made is None:
        st.caption(
            f"Column {column} is not there yet: labels are frozen into it, then the label scheme 'hand' uses them."
        )
    else:
        kappa = made["kappa"]
        told = (
            "undefined" if kappa["value"] is None else f"{kappa['value']:.2f} [{kappa['low']:.2f}, {kappa['high']:.2f}]"
        )
        st.caption(
            frame.plain(
                f"Column {column} of {made['made_at']}: {made['n_defined']:,} of {made['n_events']:,} labelled events have a "
                f"class ({made['rule']}); {_people(made['labellers'])}, {kappa['name']} {told}, "
                f"{made['n_random']:,} of the unbiased sample."
            )
        )
        st.page_link(
            "pages/train.py", label="train with them", icon=":material/arrow_forward:",
            query_params={"data": data.name},
        )  # fmt: skip
    if st.button("freeze the labels as they are now", key="freeze", icon=":material/ac_unit:"):
        with frame.refusals():
            st.session_state[FREEZE_JOB] = derive.submit(experiment, data, column).id
    if FREEZE_JOB in st.session_state:
        _follow()


@st.fragment(run_every=1.0)
def _follow() -> None:
    with frame.refusals():
        job = control.get(st.session_state[FREEZE_JOB])
    if job.state == "finished":
        st.session_state.pop(FREEZE_JOB)
        st.rerun(scope="app")
    elif job.is_ended:
        st.error(frame.plain(f"{job.title} {job.state}: {job.message}"), icon=":material/error:")
    else:
        st.caption(f"{job.state}: {job.progress_text or 'waiting for its turn'}")
