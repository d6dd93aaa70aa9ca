"""Agreement of labellers, events that need a decision, and labels in and out."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.figures import labelled
from core.jobs import control
from core.judge.report import DASH, in_words
from core.labels import exchange as exchanging
from core.labels import label_session
from core.labels.agreement import Agreement, Dispute
from core.labels.label_session import HandLabels
from core.labels.log import ADJUDICATION
from core.selection.events import uid_text
from core.workflows import derive
from pages.label import picture, session
from pages.widgets import cached, layout, watch

N_LISTED = 200
N_AT_ONCE, PROGRESS_HEIGHT = 5, 150
FREEZE_JOB = "freeze-job"


def agreement(data: Dataset, labeller: str) -> None:
    """Progress, kappa, who confuses what, and the events that need a decision."""
    with layout.refusals():
        hand_labels = session.open_hand_labels(data)
    if not hand_labels.here:
        st.info("Nobody has labelled an event of this data set yet.", icon=":material/info:")
        return
    agreed = hand_labels.agreement
    left, middle, right = st.columns([2, 1, 1])
    left.metric(
        f"{agreed.name}, {_people(agreed.labellers)}", in_words(agreed.kappa, "", digits=2), help="95 % interval from a bootstrap over events"
    )  # fmt: skip
    middle.metric("labelled events", f"{len(hand_labels.votes.rows):,}")
    right.metric("in dispute", f"{sum(not d.decided for d in agreed.disputes):,}")
    if hand_labels.n_damaged:
        st.warning(f"{hand_labels.n_damaged} lines of the logs are damaged and left out.", icon=":material/warning:")
    left, right = st.columns([56, 44], gap="medium")
    with left:
        rows = hand_labels.progress()
        st.dataframe(
            rows, hide_index=True, row_height=28, height="content" if len(rows) < N_AT_ONCE else PROGRESS_HEIGHT,
            column_config={"median_s": st.column_config.NumberColumn("s / label", help="median time for a label")},
            alt="labels per labeller",
        )  # fmt: skip
        dispute = disputes(hand_labels, agreed)
    with right:
        confusion(agreed)
    if dispute is not None:
        decide(hand_labels, dispute, labeller)


def _people(labellers: Sequence[str]) -> str:
    return f"{len(labellers)} labeller{'s' * (len(labellers) != 1)}"


def confusion(agreed: Agreement) -> None:
    """A pair of labellers, or one with himself."""
    pairs = {f"{pair.first} / {pair.second}": pair for pair in agreed.pairs}
    pairs |= {f"{pair.first}, first / last time": pair for pair in agreed.own}
    if not pairs:
        st.caption("No event has labels of two people yet, nor was one shown again.")
        return
    name = st.selectbox("confusion of", list(pairs), key="confusion-of")
    pair = pairs[name]
    layout.show_figure(
        labelled.confusion(pair, agreed.classes), "labellers",
        f"Cohen's kappa {in_words(pair.kappa, '', digits=2)}. Off the diagonal stands what one calls otherwise than the other.",
    )  # fmt: skip


def disputes(hand_labels: HandLabels, agreed: Agreement) -> Dispute | None:
    """The events on which labellers differ; returns the one that is ticked."""
    if not agreed.disputes:
        st.caption("No event has different labels.")
        return None
    experiment = cached.experiment_of(hand_labels.dataset)
    rows = [_listed(hand_labels, experiment, dispute) for dispute in agreed.disputes[:N_LISTED]]
    picked = st.dataframe(
        rows, hide_index=True, key="disputes", on_select="rerun", selection_mode="single-row", height=180, row_height=28,
        alt="events with different labels",
    )  # fmt: skip
    st.caption(
        f"Different labels: {len(rows):,} of {len(agreed.disputes):,} events shown, open ones first, most evenly split first. "
        "Tick a line to decide it; the next open one takes its place."
    )
    ticked = picked["selection"]["rows"]
    return agreed.disputes[ticked[0]] if ticked and ticked[0] < len(rows) else None


def _listed(hand_labels: HandLabels, experiment: Any, dispute: Dispute) -> dict[str, Any]:
    return {
        "event": uid_text(experiment.table, hand_labels.dataset, dispute.row),
        "labels": ", ".join(f"{name}: {label}" for name, label in dispute.votes.items()),
        "difficult": dispute.n_difficult,
        "adjudicated": dispute.decided,
    }


def decide(hand_labels: HandLabels, dispute: Dispute, labeller: str) -> None:
    """The event, and one button per class that settles it by another line of the log."""
    data = hand_labels.dataset
    look = label_session.labelling_of(cached.experiment_of(data)).first_look
    with layout.refusals():
        figure = picture.figure(data, dispute.row, look)
    st.plotly_chart(figure, key="disputed-row", config={"displayModeBar": False}, alt="the disputed event")
    with st.container(horizontal=True, gap="small"):
        for number, name in enumerate(hand_labels.classes, 1):
            st.button(
                layout.plain(name), key=f"decide-{number}-{dispute.row}", disabled=not labeller, on_click=_decide,
                args=(data, dispute.row, name, labeller, hand_labels.classes),
                type="primary" if dispute.decided == name else "secondary",
            )  # fmt: skip
    if not labeller:
        st.caption("Type your name in the sidebar first: a decision says whose it is.")


def _decide(data: Dataset, row: int, name: str, labeller: str, classes: tuple[str, ...]) -> None:
    labelling = label_session.labelling_of(cached.experiment_of(data))
    entry = label_session.line(
        labelling, data, row, ADJUDICATION, name, labeller, why="dispute", look=labelling.first_look
    )
    try:
        label_session.write(data, entry, classes)
    except DarkroomError as error:
        st.session_state["label-problem"] = str(error)


def exchange(data: Dataset) -> None:
    """Freeze labels for a training; download and upload them."""
    experiment = cached.experiment_of(data)
    with layout.refusals():
        hand_labels = session.open_hand_labels(data)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        freeze(data)
    with middle:
        st.markdown("**Out**")
        st.caption(f"{len(hand_labels.here):,} lines of {_people(hand_labels.labellers)}, those taken back included.")
        for ending in exchanging.FORMATS:
            st.download_button(
                ending.removeprefix("."), lambda ending=ending: exchanging.export(hand_labels.here, ending),
                f"labels-{data.name}{ending}", key=f"export{ending}", on_click="ignore", icon=":material/download:",
                disabled=not hand_labels.here,
            )  # fmt: skip
        if label_session.labelling_of(experiment).pixels is not None:
            st.download_button(
            "images with votes", lambda: exchanging.as_zip(exchanging.images(label_session.labelling_of(experiment), experiment.table.uid, hand_labels)),
            f"labels-{data.name}.zip", key="export-images", on_click="ignore", icon=":material/photo_library:",
            disabled=not len(hand_labels.votes.rows), help="a PNG per event and a table of votes",
          )  # fmt: skip
    with right:
        st.markdown("**In**")
        uploaded = st.file_uploader("labels that were exported elsewhere", ["csv", "jsonl", "parquet"], key="labels-in")
        if uploaded is not None and st.button("add them to the logs", icon=":material/upload:", key="take-in"):
            with layout.refusals():
                added, repeated = exchanging.take_in(
                    experiment.key, exchanging.read_labels(uploaded.name, uploaded.getvalue())
                )
            st.success(f"{added:,} lines added, {repeated:,} were there already.", icon=":material/check:")
        if label_session.labelling_of(experiment).pixels is not None:
            st.caption("Images with votes (a folder and a table) become a data set of their own on the page Data.")


def freeze(data: Dataset) -> None:
    """The column that a training or an analysis uses."""
    experiment = cached.experiment_of(data)
    column = label_session.labelling_of(experiment).column
    teaches = experiment.labels is not None
    st.markdown("**For a training**" if teaches else "**As a column**")
    frozen = data.derived.get(column)
    if frozen is None:
        use = "then a label scheme uses them" if teaches else "then cuts and analyses may use them"
        st.caption(f"Column {column} is not there yet: labels are frozen into it, {use}.")
    else:
        kappa = frozen["kappa"]
        value = DASH if kappa["value"] is None else f"{kappa['value']:.2f} [{kappa['low']:.2f}, {kappa['high']:.2f}]"
        st.caption(
            layout.plain(
                f"Column {column} of {frozen['made_at']}: {frozen['n_defined']:,} of {frozen['n_events']:,} labelled events have a "
                f"class ({frozen['rule']}); {_people(frozen['labellers'])}, {kappa['name']} {value}, "
                f"{frozen['n_random']:,} of the unbiased sample."
            )
        )
        page, label = ("train", "train with them") if teaches else ("analysis", "analyse them")
        st.page_link(
            f"pages/{page}/page.py", label=label, icon=":material/arrow_forward:",
            query_params={"data": data.name},
        )  # fmt: skip
    if st.button("freeze the labels as they are now", key="freeze", icon=":material/ac_unit:"):
        with layout.refusals():
            st.session_state[FREEZE_JOB] = derive.submit(experiment, data, column).id
    if FREEZE_JOB in st.session_state:
        _follow()


@st.fragment(run_every=1.0)
def _follow() -> None:
    with layout.refusals():
        job = control.get(st.session_state[FREEZE_JOB])
    if watch.followed(job):
        st.session_state.pop(FREEZE_JOB)
        st.rerun(scope="app")
