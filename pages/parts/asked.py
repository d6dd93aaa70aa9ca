"""What a page judges: a run, the data set that it is judged on, its scores (made by a job if missing), the threshold."""

import shlex

import streamlit as st

from core import parameters, runs
from core.data.dataset import Dataset, list_datasets
from core.data.selection import Selection, usable_schemes
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.judge.scored import Scored
from pages.parts import cached, choose, frame, judged
from pages.parts.opening import OF_RUN

NO_RUN = "no run"
CURRENT = "as on page Select"
AS_SELECTED = "as selected"


def choose_run() -> tuple[runs.Run, Dataset]:
    """The run and the data set that it is judged on."""
    usable = judged.usable_runs()
    if not usable:
        frame.nothing_yet(
            "There is no trained network yet, so nothing can be judged. Train one: its scores are kept with the run.",
            "pages/train.py", "Go to Train",
        )  # fmt: skip
    run_id = judged.pick_run(list(usable), "run")
    with frame.refusals():
        run = runs.open_run(run_id or next(iter(usable)))
        there = list_datasets()
        first = [name for name in (run.dataset, *runs.scored_datasets(run)) if name in there]
        names = list(dict.fromkeys([*first, *there]))
        if not names:
            raise DarkroomError(f"Data set '{run.dataset}' of run '{run.id}' is gone: prepare it again.")
    if st.session_state.get("on") not in (None, *names):
        del st.session_state["on"]
    chosen = st.selectbox("judged on data set", names, key="on", **choose.STAY)
    with frame.refusals():
        return run, cached.open_dataset(chosen)


def choose_threshold() -> float:
    """A slider and a field to type into, one value; kept in the address."""
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
    help = "a score from which an event counts as signal"
    value = left.slider("threshold", 0.0, 1.0, 0.5, 0.01, key="threshold", help=help, **choose.STAY)
    st.session_state["threshold-typed"] = value
    right.number_input(
        "threshold, typed", 0.0, 1.0, step=0.01, key="threshold-typed", format="%.4g", label_visibility="collapsed",
        on_change=_typed,
    )  # fmt: skip
    st.button("reset to 0.5", on_click=_reset, icon=":material/restart_alt:", type="tertiary", disabled=value == 0.5)
    return value


def _typed() -> None:
    st.session_state["threshold"] = st.session_state["threshold-typed"]


def _reset() -> None:
    st.session_state["threshold"] = 0.5


def choose_scheme(experiment: Experiment, schemes: list[str], own: str) -> str:
    """One of the label schemes, what was trained with to begin with."""
    if st.session_state.get("scheme") not in (None, *schemes):
        del st.session_state["scheme"]
    first = own if own in schemes else schemes[0]
    scheme = st.segmented_control(
        "labels", schemes, default=first, key="scheme", required=True, **choose.STAY,
        help="  \n".join(f"**{name}**: {experiment.label_schemes[name]}" for name in schemes),
    )  # fmt: skip
    return scheme or first


def need_scores(run: runs.Run, data: Dataset) -> Scored:
    """The run's scores of the data set, or the button that makes them."""
    if not judged.has_scores(run, data):
        st.info(f"Run {run.id} has no scores of data set '{data.name}' yet.", icon=":material/info:")
        score_button(run, data, "score the data set with this run")
        st.stop()
    with frame.refusals():
        return judged.scored(run, data)


def score_button(run: runs.Run, data: Dataset, label: str, wanted: Selection | None = None) -> None:
    """Submit a predict job (of the run's own cuts, or of those `wanted`) and follow it; the page is drawn anew when it
    has ended.
    """
    key = f"job-{run.id}-{data.name}"
    if st.button(label, icon=":material/play_arrow:", type="primary", key=f"do-{key}"):
        with frame.refusals():
            arguments = {"run": run.id, "dataset": data.name}
            arguments |= {"selection": wanted.to_dict()} if wanted else {}
            st.session_state[key] = control.submit("predict", f"{run.id} on {data.name}", arguments).id
    if key in st.session_state:
        _follow(key)


def trees_button(run: runs.Run, data: Dataset) -> None:
    """Submit the job that makes the trees' scores, and follow it."""
    key = f"trees-{run.id}-{data.name}"
    if st.button("make the trees' scores", icon=":material/forest:", type="primary", key=f"do-{key}"):
        with frame.refusals():
            arguments = {"run": run.id, "dataset": data.name}
            st.session_state[key] = control.submit("baselines", f"trees of {run.id} on {data.name}", arguments).id
    if key in st.session_state:
        _follow(key)


@st.fragment(run_every=1.5)
def _follow(key: str) -> None:
    with frame.refusals():
        job = control.get(st.session_state[key])
    if job.state == "finished":
        del st.session_state[key]
        st.rerun(scope="app")
    if job.is_ended:
        st.error(frame.plain(f"Job {job.id} {job.state}: {job.message or 'see its log'}"), icon=":material/error:")
        return
    st.caption(frame.plain(f"job {job.id} {job.state}, {job.progress_text or 'waiting'}"))


def only_known(key: str, options: tuple[str, ...]) -> None:
    """Forget what a widget held under a key, or an address says, if it is none of the options now."""
    if st.session_state.get(key) not in (None, *options):
        del st.session_state[key]


def choose_class(found: Scored) -> Scored:
    """Of a run with several classes, the one that is judged against the rest: its signal class to begin with."""
    return found.of(one_class(found.classes, found.at)) if found.is_multiclass else found


def told_class(found: Scored) -> str:
    """What signal and background stand for, where a run has several classes; to be added to a text."""
    return f" Signal is here {frame.plain(found.signal)}, background every other class." if found.is_multiclass else ""


def of_option(found: Scored) -> str:
    """The command-line option that judges the same class against the rest."""
    return f" --of {shlex.quote(found.of_class)}" if found.of_class else ""


def one_class(classes: tuple[str, ...], first: int) -> str:
    """The class that is told from all others."""
    only_known("of_class", classes)
    name = st.selectbox(
        "class against the rest", classes, index=first, key="of_class", **choose.STAY,
        help="what 'signal' stands for in everything that parts events in two; its probability is the score",
    )  # fmt: skip
    return name or classes[first]


def choose_reject() -> float:
    """The probability that a class has to reach for an event to be called so."""
    return st.number_input(
        "reject below", 0.0, 1.0, 0.0, 0.05, key="reject", format="%g", **choose.STAY,
        help="an event is called none where no class reaches this probability; 0: the most probable class is taken",
    )  # fmt: skip


def choose_scores(data: Dataset) -> Scored | None:
    """A run whose scores are shown beside the events, if one is wanted."""
    run_id = judged.pick_run(judged.runs_with_scores(data), "scores", "scores of", none=NO_RUN)
    if run_id is None:
        return None
    with frame.refusals():
        found = judged.scored(runs.open_run(run_id), data)
    return choose_class(found)


def choose_selection(data: Dataset, found: Scored | None) -> Selection:
    """Where the events come from (with the changes to its cuts that a link names), and what labels them."""
    starts = choose.starting_points(data)
    fallback = choose.default_start(data, starts)
    if found is not None:
        starts, fallback = {OF_RUN: found.selection, **starts}, OF_RUN
    names = list(starts)
    if st.session_state.get("from") not in (None, *names):
        del st.session_state["from"]
    name = st.selectbox(
        "events of selection", names, index=names.index(fallback), key="from", on_change=_forget_labels, **choose.STAY
    )
    chosen = choose.from_address(cached.experiment_of(data), starts[name])
    if chosen.cuts != starts[name].cuts:
        st.caption("with " + frame.plain(", ".join(parameters.as_assignments(chosen.cuts, starts[name].cuts))))
    experiment = cached.experiment_of(data)
    schemes = usable_schemes(experiment, data)
    if st.session_state.get("label") not in (None, *schemes):
        del st.session_state["label"]
    scheme = st.segmented_control(
        "labels", schemes, default=chosen.labels if chosen.labels in schemes else schemes[0], key="label",
        required=True, **choose.STAY,
        help="  \n".join(f"**{name}**: {experiment.label_schemes[name]}" for name in schemes),
    )  # fmt: skip
    return Selection(chosen.cuts, scheme or chosen.labels, chosen.split)


def _forget_labels() -> None:
    """Another selection is taken as it is: with its own labels, and without the changes that a link made to another."""
    st.session_state.pop("label", None)
    st.query_params.pop("cut", None)


def choose_trained(data: Dataset) -> Selection:
    """What is trained on: the selection of page Select, a preset or a stored one, and the labels."""
    experiment = cached.experiment_of(data)
    with frame.refusals():
        starts = choose.starting_points(data)
    now = choose.current(data)
    if now is not None and now not in starts.values():
        starts = {CURRENT: now, **starts}
    first = next((name for name, one in starts.items() if one == now), None) or choose.default_start(data, starts)
    name = st.selectbox(
        "selection", list(starts), index=list(starts).index(first), key="train-selection", **choose.STAY
    )
    chosen = starts[name or first]
    schemes = [AS_SELECTED, *usable_schemes(experiment, data)]
    picked = st.selectbox("labels", schemes, key="train-labels", **choose.STAY)
    labels = chosen.labels if picked in (None, AS_SELECTED) else picked
    st.caption(frame.plain(f"{labels}: {experiment.label_schemes[labels]}"))
    return Selection(chosen.cuts, labels, chosen.split)
