"""Pickers of a run, its data set, class and threshold; missing scores are made by a job."""

import dataclasses
import shlex
from collections.abc import Callable

import streamlit as st

from core import parameters, runs
from core.data.dataset import Dataset, list_datasets
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.jobs.queue import Job
from core.judge.score_table import ScoreTable
from core.selection.schemes import usable_schemes
from core.selection.selection import Selection
from pages.widgets import cached, choose, layout, scores, watch
from pages.widgets.opening import OF_RUN

NO_RUN = "no run"
CURRENT = "as on page Select"
AS_SELECTED = "as selected"
TRAINED = "train-selection"


def choose_run(*, with_classes: bool = True) -> tuple[runs.Run, Dataset]:
    """The run and the data set that it is judged on; by default one that tells classes apart."""
    usable, which = scores.usable_runs(), ""
    if with_classes and usable:
        which = " that tells classes apart"
        named = usable.get(st.query_params.get("run", ""))
        usable = {run_id: run for run_id, run in usable.items() if run.task == runs.CLASSIFY}
        if named is not None and named.id not in usable:
            layout.nothing_yet(
                f"Run {named.id} tells no classes apart (its network was trained to {named.task}), so there is nothing of "
                "the kind to see of it here.", "pages/evaluate/page.py", "Go to Evaluate",
            )  # fmt: skip
    if not usable:
        layout.nothing_yet(
            f"There is no trained network{which} yet, so nothing can be judged. Train one: its scores are kept with the run.",
            "pages/train/page.py", "Go to Train",
        )  # fmt: skip
    run_id = scores.pick_run(list(usable), "run")
    with layout.refusals():
        run = runs.open_run(run_id or next(iter(usable)))
        there = list_datasets()
        first = [name for name in (run.dataset, *runs.scored_datasets(run)) if name in there]
        names = list(dict.fromkeys([*first, *there]))
        if not names:
            raise DarkroomError(f"Data set '{run.dataset}' of run '{run.id}' is gone: prepare it again.")
    chosen = choose.one_of("judged on data set", names, "on", of=run.id)
    say_if_gone(run, there, chosen)
    with layout.refusals():
        return run, cached.open_dataset(chosen)


def say_if_gone(run: runs.Run, names: list[str], chosen: str) -> None:
    """That the data set of a run was deleted, and what stands in for it."""
    if run.dataset not in names:
        layout.warn(
            f"Data set '{run.dataset}', which run '{run.id}' was trained on, is gone: '{chosen}' is looked at here."
        )


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


def choose_scheme(experiment: Experiment, schemes: list[str], first: str) -> str:
    """One of the label schemes, what was trained with to begin with."""
    scheme: str = choose.one_of(
        "labels", schemes, "scheme", first=first if first in schemes else schemes[0], of=experiment.key,
        draw=st.segmented_control, required=True,
        help="  \n".join(f"**{name}**: {experiment.labels.schemes[name].title}" for name in schemes),
    )  # fmt: skip
    return scheme


def need_scores(run: runs.Run, data: Dataset) -> ScoreTable:
    """The run's scores of the data set, or the button that makes them."""
    if not scores.has_scores(run, data):
        st.info(f"Run {layout.plain(run.name)} has no scores of data set '{data.name}' yet.", icon=":material/info:")
        score_button(run, data, "score the data set with this run")
        st.stop()
    with layout.refusals():
        return scores.scored(run, data)


def score_button(run: runs.Run, data: Dataset, label: str, wanted: Selection | None = None) -> None:
    """Submit a predict job (of the run's own cuts, or of those `wanted`) and follow it; the page is drawn anew when it
    has ended.
    """
    key = f"job-{run.id}-{data.name}"
    if st.button(label, icon=":material/play_arrow:", type="primary", key=f"do-{key}"):
        with layout.refusals():
            arguments = {"run": run.id, "dataset": data.name}
            arguments |= {"selection": wanted.to_dict()} if wanted else {}
            st.session_state[key] = control.submit("predict", f"{run.name} on {data.name}", arguments).id
    if key in st.session_state:
        _follow(key)


def trees_button(run: runs.Run, data: Dataset) -> None:
    """Submit the job that makes the trees' scores, and follow it."""
    key = f"trees-{run.id}-{data.name}"
    if st.button("make the trees' scores", icon=":material/forest:", type="primary", key=f"do-{key}"):
        with layout.refusals():
            arguments = {"run": run.id, "dataset": data.name}
            st.session_state[key] = control.submit("baselines", f"trees of {run.name} on {data.name}", arguments).id
    if key in st.session_state:
        _follow(key)


def job_button(label: str, key: str, submit: Callable[[], Job], icon: str) -> None:
    """Submit a job, and follow it; the page is drawn anew when it has ended."""
    if st.button(label, icon=icon, type="primary", key=f"do-{key}"):
        with layout.refusals():
            st.session_state[key] = submit().id
    if key in st.session_state:
        _follow(key)


@st.fragment(run_every=1.5)
def _follow(key: str) -> None:
    with layout.refusals():
        job = control.get(st.session_state[key])
    if watch.followed(job):
        del st.session_state[key]
        st.rerun(scope="app")


def choose_class(scored: ScoreTable) -> ScoreTable:
    """Of a run with several classes, the one that is judged against the rest: its signal class to begin with."""
    return scored.of(one_class(scored.classes, scored.at)) if scored.is_multiclass else scored


def class_in_words(scored: ScoreTable) -> str:
    """What signal and background stand for, where a run has several classes; to be added to a text."""
    return (
        f" Signal is here {layout.plain(scored.signal)}, background every other class." if scored.is_multiclass else ""
    )


def of_option(scored: ScoreTable) -> str:
    """The command-line option that judges the same class against the rest."""
    return f" --of {shlex.quote(scored.of_class)}" if scored.of_class else ""


def one_class(classes: tuple[str, ...], first: int) -> str:
    """The class that is told from all others."""
    name: str = choose.one_of(
        "class against the rest", classes, "of_class", first=classes[first], of=", ".join(classes),
        help="what 'signal' stands for in everything that parts events in two; its probability is the score",
    )  # fmt: skip
    return name


def choose_reject() -> float:
    """The probability that a class has to reach for an event to be called so."""
    return st.number_input(
        "reject below", 0.0, 1.0, 0.0, 0.05, key="reject", format="%g", **choose.STAY,
        help="an event is called none where no class reaches this probability; 0: the most probable class is taken",
    )  # fmt: skip


def choose_scores(data: Dataset) -> ScoreTable | None:
    """A run whose scores are shown beside the events, if one is wanted."""
    run_id = scores.pick_run(scores.runs_with_scores(data), "scores", "scores of", NO_RUN, choose.owner(data))
    if run_id is None:
        return None
    with layout.refusals():
        scored = scores.scored(runs.open_run(run_id), data)
    return choose_class(scored)


def choose_selection(data: Dataset, scored: ScoreTable | None) -> Selection:
    """Where the events come from (with the changes to its cuts that a link names), and what labels them."""
    starts, experiment = choose.starting_points(data), cached.experiment_of(data)
    fallback, owner = choose.default_start(data, starts), choose.owner(data)
    if scored is not None:
        starts, fallback, owner = {OF_RUN: scored.selection, **starts}, OF_RUN, f"{owner}/{scored.run.id}"
    name = choose.one_of(
        "events of selection", list(starts), "from", first=fallback, of=owner, on_change=choose.forget_changes
    )
    chosen = choose.from_address(experiment, starts[name])
    changed = parameters.as_assignments(chosen.cuts, starts[name].cuts) + parameters.as_assignments(
        chosen.tags, starts[name].tags
    )
    if changed:
        st.caption("with " + layout.plain(", ".join(changed)))
    schemes = usable_schemes(experiment.selecting, experiment.labels, data)
    if not schemes:
        return chosen
    scheme = choose.one_of(
        "labels", schemes, "label", first=chosen.labels if chosen.labels in schemes else schemes[0],
        of=f"{owner}/{name}", draw=st.segmented_control, required=True,
        help="  \n".join(f"**{name}**: {experiment.labels.schemes[name].title}" for name in schemes),
    )  # fmt: skip
    return dataclasses.replace(chosen, labels=scheme)


def choose_trained(data: Dataset) -> Selection:
    """What is trained on: the selection that page Select shows, a preset or a stored one, and the labels.

    A selection that was made on page Select since it was last looked for here is the one to begin with. One without a name
    is in the address by what it changes in the first preset.
    """
    experiment, owner = cached.experiment_of(data), choose.owner(data)
    with layout.refusals():
        starts = choose.starting_points(data)
    base = starts[next(iter(experiment.selecting.presets))]
    by_link = TRAINED in st.query_params and not choose.is_written(TRAINED, st.query_params[TRAINED], owner)
    if by_link and st.query_params[TRAINED] == CURRENT:
        choose.remember(data, choose.from_address(experiment, base))
    now, seen = choose.current(data), f"{TRAINED} seen for {owner}"
    if now is not None and now not in starts.values():
        starts = {CURRENT: now, **starts}
    first = next((name for name, selection in starts.items() if selection == now), None) or choose.default_start(
        data, starts
    )
    if now != st.session_state.get(seen, now) and not by_link:
        st.query_params.pop(TRAINED, None)
        choose.forget(TRAINED)
    st.session_state[seen] = now
    name = choose.one_of("selection", list(starts), TRAINED, first=first, of=owner)
    chosen = starts[name]
    choose.into_address(chosen if name == CURRENT else base, base)
    schemes = usable_schemes(experiment.selecting, experiment.labels, data)
    if not schemes:
        return chosen
    picked = choose.one_of("labels", [AS_SELECTED, *schemes], "train-labels", of=f"{owner}/{name}")
    labels = chosen.labels if picked == AS_SELECTED else picked
    st.caption(layout.plain(f"{labels}: {experiment.labels.schemes[labels].title}"))
    return dataclasses.replace(chosen, labels=labels)
