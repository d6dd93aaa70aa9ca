"""Attribution of a network's logit on page Inspect, for one event and for the mean of each class.

The network is asked in a process of its own (`core.jobs.warm`); the page goes on while that starts or works.
"""

from typing import Any

import streamlit as st

from core import figures, parameters
from core.judge import score_table as scoring
from core.judge.score_table import ScoreTable
from core.learn import explain
from core.learn.explain import Attribution, Occlusion
from core.selection import events
from core.selection.selection import Selected
from pages.widgets import asking, cached, choose, form, layout

TITLE = "why"
MEAN_SECONDS = 45.0
CAVEAT = (
    "Occlusion asks what changes if the light in a window is taken away. That tells what this network uses, not what "
    "is the cause; light that counts only together with other light is shared among the windows."
)
NOTE = (
    "Blue: the light here raises the score towards signal; vermillion: it speaks for background. "
    "Surprising: strong colour far from the pulse, or in noise."
)
MEAN_NOTE = (
    "Mean attribution aligned at the trigger, with one standard error. Above zero: light at this time speaks for signal. "
    "Surprising: a class that stands out before the pulse."
)


def why(selected: Selected, scored: ScoreTable | None, rows: Any, row: int, how: Any, height: int) -> None:
    """What the chosen run's answer for the event shown rests on, and on demand the mean among the filtered events."""
    view = cached.experiment_of(selected.dataset).looking.attribution
    if scored is None or view is None:
        st.caption(
            "Choose a run under *scores of* in the sidebar: its network is asked why it gives this event its score."
        )
        return
    left, right = st.columns([70, 30], gap="small")
    with right:
        settings = _ask_settings(choose.owner(selected.dataset))
        attribution = _answer({"do": "occlusion", "row": row, **_common(scored, settings)}, "why-one")
        if attribution is not None:
            _told(attribution, view.channels(selected.dataset))
        asking.state_of_child()
    if attribution is not None:
        with left:
            figure = view.draw(selected.dataset, row, attribution, how)
            layout.show_figure(figure.update_layout(height=height), "why", NOTE, lambda: explain.columns(attribution))
            st.caption(CAVEAT)
            layout.command_line(_command(selected, scored, row, settings))
    _means(selected, scored, rows, settings, height)


def _ask_settings(owner: str) -> Occlusion:
    with st.popover("occlusion", icon=":material/tune:", help="how the light is taken away"):
        values = form.draw(f"occlusion-{owner}", Occlusion)
    with layout.refusals():
        return parameters.build(Occlusion, values)


def _common(scored: ScoreTable, settings: Occlusion) -> dict[str, Any]:
    """What every question says: another run file or data set makes another question."""
    data, run = scored.dataset, scored.run
    return {
        "run": run.id, "version": scoring.version(run, data.name), "dataset": data.name, "dataset_id": data.id,
        "parameters": parameters.to_dict(settings),
    }  # fmt: skip


def _answer(request: dict[str, Any], key: str) -> Attribution | None:
    """The attribution, once it is there."""
    answer = asking.ask(request, key)
    return None if answer is None else Attribution(**answer.result)


def _told(attribution: Attribution, channels: tuple[str, ...]) -> None:
    st.markdown(explain.words(attribution))
    st.dataframe(
        explain.window_rows(attribution, channels), hide_index=True, row_height=28,
        alt="the windows without whose light the logit changes most",
    )  # fmt: skip


def _command(selected: Selected, scored: ScoreTable, row: int, occlusion: Occlusion) -> str:
    uid = events.uid_text(cached.experiment_of(selected.dataset).table, selected.dataset, row)
    settings = [f"--set {text}" for text in parameters.as_assignments(occlusion, Occlusion())]
    return " ".join(["python -m core explain", scored.run.id, uid, "--data", scored.dataset.name, *settings])


def _means(selected: Selected, scored: ScoreTable, rows: Any, settings: Occlusion, height: int) -> None:
    """The mean attribution of each class among the filtered events, once it was asked for."""
    parts = events.by_class(selected, rows)
    common = {"do": "mean_occlusion", "seconds": MEAN_SECONDS, **_common(scored, settings)}
    requests = {
        name: {**common, "rows": explain.sample(part).tolist(), "n_of": len(part)}
        for name, part in parts.items()
        if name in selected.classes
    }
    wanted = st.session_state.get("why-means") == requests
    n = " and ".join(f"{len(request['rows']):,} of {request['n_of']:,} {name}" for name, request in requests.items())
    if not wanted and st.button(
        f"mean of each class among the filtered events ({n})", key="why-mean", icon=":material/functions:",
        disabled=not requests, help="takes some seconds; events are taken evenly from those that pass the filter",
    ):  # fmt: skip
        st.session_state["why-means"] = requests
        st.rerun()
    if wanted:
        _draw_means(selected, requests, height)


def _draw_means(selected: Selected, requests: dict[str, dict[str, Any]], height: int) -> None:
    means = {}
    for name, request in requests.items():
        mean = _answer(request, f"why-{name}")
        if mean is None:
            return
        means[name] = mean
    colours = {name: figures.class_style(name)[0] for name in means}
    figure = (
        cached.experiment_of(selected.dataset)
        .looking.attribution.draw_mean(selected.dataset, means, colours)
        .update_layout(height=height)
    )
    layout.show_figure(figure, "why-mean-figure", MEAN_NOTE, lambda: explain.mean_columns(means))
    for name, mean in means.items():
        st.caption(f"**{name}**: {explain.words(mean)}")
