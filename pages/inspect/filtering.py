"""What is asked of the events on page Inspect: the controls of its sidebar."""

from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.splits import SPLITS
from core.data.table import columns_of
from core.judge.classified_report import NONE
from core.judge.score_table import ScoreTable
from core.selection import events
from core.selection.events import EventFilter
from core.selection.selection import Selection
from pages.widgets import cached, choose, layout, region_chosen, run_picker
from pages.widgets.opening import ANY, REST

NO_FLAG = "no flag"


def ask(data: Dataset, scored: ScoreTable | None, selection: Selection) -> tuple[str, EventFilter]:
    """The filter: (column of the window, what is asked)."""
    experiment = cached.experiment_of(data)
    with layout.refusals():
        selected = cached.select(data, selection)
    classes, names = selected.classes, events.class_names(selected)
    region = region_chosen.chip(selected)
    options = [ANY, *names.values(), *([REST] if len(classes) > 2 else [])]
    owner, label, signal = choose.owner(data), ANY, scored.signal if scored is not None else ""
    if classes:
        label = choose.one_of("class", options, "class", of=owner, draw=st.segmented_control, required=True)
        signal = signal or classes[selected.signal]
    titles = {column.title: column.name for column in columns_of(experiment.table, data)}
    title = choose.one_of("window of", list(titles), "by", of=owner)
    choose.apart(owner, low=None, high=None, score=(0.0, 1.0))
    left, right = st.columns(2, gap="small")
    low = left.number_input("from", value=None, key="low", format="%g", placeholder="any", **choose.STAY)
    high = right.number_input("to (exclusive)", value=None, key="high", format="%g", placeholder="any", **choose.STAY)
    flag = choose.one_of("flag", [ANY, NO_FLAG, *experiment.table.flags], "flag", of=owner)
    known = list(cached.open_tags(data).counts)
    tag = choose.one_of("tag", [ANY, *known], "tagged", of=owner) if known or "tagged" in st.query_params else ANY
    common: dict[str, Any] = {
        "tag": "" if tag == ANY else tag,
        "label": next((index for index, n in names.items() if n == label), None),
        "without": classes.index(signal) if label == REST and signal in classes else None,
        "low": low,
        "high": high,
        "flag": None if flag == ANY else -1 if flag == NO_FLAG else experiment.table.flags.index(flag),
    }
    return titles[title], EventFilter(
        **common, region=region, **(ask_scores(scored, classes) if scored is not None else {})
    )


def ask_scores(scored: ScoreTable, classes: tuple[str, ...]) -> dict[str, Any]:
    """What is asked of the run's scores, for a selection with these classes."""
    predicted, reject_below = ANY, 0.0
    if scored.is_multiclass:
        left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
        with left:
            predicted = choose.one_of("called", [ANY, *scored.classes, NONE], "called", of=scored.run.id)
        with right:
            reject_below = run_picker.choose_reject()
    score_low, score_high = st.slider(
        "score",
        0.0,
        1.0,
        (0.0, 1.0),
        0.01,
        key="score",
        help="from (inclusive) to (exclusive; 1 is inside)",
        **choose.STAY,
    )
    split = st.segmented_control(
        "split of the run", [ANY, *SPLITS], default=ANY, key="of", required=True, **choose.STAY
    )
    left, right = st.columns([2, 1], vertical_alignment="center")
    wrong = left.toggle("misclassified at", key="wrong", help="labelled otherwise than the score says", **choose.STAY)
    threshold = right.number_input(
        "threshold", 0.0, 1.0, 0.5, 0.01, key="at", label_visibility="collapsed", disabled=not wrong, **choose.STAY
    )
    return {
        "score_low": score_low,
        "score_high": score_high,
        "split": None if split == ANY else SPLITS.index(split),
        "misclassified_at": threshold if wrong else None,
        "signal": classes.index(scored.signal) if scored.signal in classes else -1,
        "predicted": {name: i for i, name in enumerate(scored.classes)}.get(
            predicted, -1 if predicted == NONE else None
        ),
        "reject_below": reject_below,
    }
