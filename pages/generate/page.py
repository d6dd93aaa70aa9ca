"""Page Generate: a true row and generated ones of the same conditions beside each other, drawn at once."""

from typing import Any

import streamlit as st

from core import runs
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.figures import image_pairs
from core.figures.generation import TRUTH
from core.figures.image_pairs import Line
from core.judge.generating import generating_of
from core.judge.generation import pairs
from core.judge.generation.pairs import Neighbour
from core.learn.generator import task_of
from core.learn.tasks.generate import SAMPLES
from core.registry import EXPERIMENTS
from core.selection import events
from pages.generate import below, controls
from pages.generate.shown import Shown, geometry_of, images_of, other_grids, true_array
from pages.widgets import asking, cached, choose, chosen_experiment, keys, layout
from pages.widgets.keys import Key

LOADING_S = 1.0
HEIGHTS = {0: 300, 1: 300, 2: 182, 3: 140}  # of a line of pictures, by how many there are
NOTE = (
    "The same conditions and colours. Surprising: a halo that is missing or too smooth, hit cells far from all others."
)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _unseen(data: Dataset, _chosen: list[runs.Run], names: tuple[str, ...], key: str) -> Any:
    del key
    return pairs.unseen_rows(data, _chosen, names)


def choose_what(experiment: Experiment, data: Dataset, place: Any) -> Shown:
    """Everything that is chosen, in the sidebar; the buttons of events and draws stand in `place`."""
    generating = generating_of(experiment)
    chosen = controls.choose_runs(experiment, data)
    ranges = controls.joined(experiment, chosen)
    owner = choose.owner(data)
    mode = choose.one_of(
        "conditions", [controls.OF_EVENT, controls.ASKED_FOR], "conditions", of=owner, draw=st.segmented_control, required=True,
    )  # fmt: skip
    rows = _unseen(data, chosen, tuple(ranges), "|".join(run.id for run in chosen))
    if mode == controls.OF_EVENT and not len(rows):
        layout.warn(
            f"Data set '{data.name}' has no row that the training did not see and of which {', '.join(ranges)} is known: ask for conditions of "
            "your own."
        )
        mode = controls.ASKED_FOR
    if mode == controls.OF_EVENT:
        place_of = controls.number("event", owner, 0, len(rows) - 1)
        row = int(rows[place_of])
        conditions = pairs.conditions_of_row(data, tuple(ranges), row)
        truth, words = (
            Neighbour(row, conditions, {}),
            f"event #{place_of} of {len(rows):,} that the training did not see",
        )
        st.caption(layout.plain(pairs.in_words(generating, conditions)))
        draw = controls.number("key", f"{owner}/{place_of}", place_of, controls.LARGEST)
        with place:
            _steps(place_of, len(rows), owner)
            _draws(draw, f"{owner}/{place_of}", place_of)
    else:
        conditions = controls.ask_conditions(experiment, ranges, owner)
        truth = pairs.nearest(data, generating, rows, conditions) if len(rows) else None
        words = "no row of this data set has known conditions" if truth is None else "the nearest stored row"
        draw = controls.number("key", owner, 0, controls.LARGEST)
        with place:
            _draws(draw, owner, 0)
    labels = controls.labels_of(chosen)
    return Shown(data, experiment, generating, chosen, labels, conditions, draw, truth, words)


def _steps(place: int, n: int, owner: str) -> None:
    """Buttons to the events before and after."""
    for label, to, key, icon, is_end in (
        ("previous", place - 1, "Left", "chevron_left", place == 0), ("next", place + 1, "Right", "chevron_right", place == n - 1),
    ):  # fmt: skip
        st.button(
            label, key=f"go-{key}", shortcut=key, icon=f":material/{icon}:", disabled=is_end, on_click=controls.put,
            args=("event", to, owner), help="event of those that the training did not see; ? lists the keys",
        )  # fmt: skip


def _draws(draw: int, owner: str, first: int) -> None:
    """Buttons to another draw of the same conditions."""
    st.button(
        "new draw", key="draw-new", shortcut="N", icon=":material/casino:", on_click=controls.put, args=("key", draw + 1, owner), type="primary",
        help="the same conditions, other noise: the key chooses it",
    )  # fmt: skip
    st.button(
        "", key="draw-back", shortcut="B", icon=":material/undo:", on_click=controls.put, args=("key", max(draw - 1, 0), owner),
        help="the draw before", disabled=draw <= 0,
    )  # fmt: skip
    st.markdown(f":small[key {draw}{'' if draw == first else f', the first was {first}'}]", width="content")


def listen(shown: Shown, meta: str) -> None:
    """The keys of the page."""
    of_event = [
        Key("ArrowLeft", "go-Left", "the event before", holds=True),
        Key("ArrowRight", "go-Right", "the next event", holds=True),
    ]
    of_draw = [Key("n", "draw-new", "a new draw"), Key("b", "draw-back", "the draw before")]
    has_events = shown.truth is not None and not shown.truth.distances
    keys.listen([*(of_event if has_events else []), *of_draw], meta)


def line_of(shown: Shown, run: runs.Run | None, label: str, drawn: Any, conditions: Any) -> Line:
    """The pictures and facts of one row of a run, or of the true one."""
    facts = pairs.facts_of(shown.generating, geometry_of(shown, run), drawn[SAMPLES], conditions)
    return Line(label, images_of(shown, run, drawn, conditions), facts)


def answers(shown: Shown) -> list[Any] | None:
    """What the networks gave, once all have."""
    wanted = [controls.request(run, shown.experiment, shown.conditions, shown.draw) for run in shown.chosen]
    answered = [asking.ask(request, f"generate-{i}") for i, request in enumerate(wanted)]
    return None if None in answered else answered


def pictures(shown: Shown, answered: list[Any] | None) -> None:
    """Truth and generated rows below each other, with their numbers."""
    frame = shown.generating.frame(shown.data.geometry)
    lines = (
        []
        if shown.truth is None
        else [line_of(shown, None, TRUTH, {SAMPLES: true_array(shown)}, shown.truth.conditions)]
    )
    for run, label, answer in zip(shown.chosen, shown.labels, answered or [], strict=False):
        drawn = {name: values[0] for name, values in answer.result.items()}
        given = {name: shown.conditions[name] for name in task_of(run, shown.experiment.networks).conditions}
        lines.append(line_of(shown, run, label, drawn, given))
    figure = image_pairs.draw(lines, frame, HEIGHTS[min(len(lines), 3)])
    figure.update_layout(meta=meta_of(shown) if answered else None)
    layout.show_figure(figure, "generate", NOTE, lambda: image_pairs.columns(lines, frame))
    with st.container(horizontal=True, vertical_alignment="center"):
        about_truth(shown)
        if answered:
            slowest = max(answer.took_s for answer in answered)
            loading = ", with loading the network" if slowest > LOADING_S else ""
            st.caption(f"answered in {1e3 * slowest:,.0f} ms{loading}", width="content")
        asking.state_of_child()


def meta_of(shown: Shown) -> str:
    """Another text for everything else that is drawn, so that a key acts once on each picture."""
    return f"{[run.id for run in shown.chosen]} {shown.conditions} {shown.draw}"


def about_truth(shown: Shown) -> None:
    """Which true row is shown, and how far from what was asked for."""
    if shown.truth is None:
        st.caption(layout.plain(shown.words))
        return
    uid = events.uid_text(shown.experiment.table, shown.data, shown.truth.row)
    text = f"truth: {shown.experiment.row_name} {uid}, {shown.words}"
    if shown.truth.distances:
        far = pairs.in_words(shown.generating, shown.truth.distances)
        text += f" ({pairs.in_words(shown.generating, shown.truth.conditions)}); off by {far}"
    st.caption(layout.plain(text))
    st.page_link(
        "pages/inspect/page.py",
        label="look at it",
        icon=":material/search:",
        query_params={"data": shown.data.name, "uid": uid},
    )


def command(shown: Shown, is_outside: bool) -> str:
    """The same shower in a file."""
    run, axis = shown.chosen[0], shown.generating.axis.column
    names = task_of(run, shown.experiment.networks).conditions
    words = [f"python -m core sample {run.id} --n 1 --seed {shown.draw}"]
    words += [f"--energy {shown.conditions[axis]:.9g}"] if axis in names else []
    words += [f"--condition {name}={shown.conditions[name]:.9g}" for name in names if name != axis]
    return " ".join([*words, *(["--extrapolate"] if is_outside else []), "--out row.h5"])


def page() -> None:
    layout.heading("Generate", "Does a generated row look like a true one of the same conditions?")
    with layout.refusals():
        generating_of(EXPERIMENTS[chosen_experiment.key()])
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
    place = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with st.sidebar, layout.refusals():
        shown = choose_what(experiment, data, place)
    is_outside = controls.warn_extrapolation(experiment, shown.chosen, shown.conditions)
    if others := other_grids(shown):
        layout.warn(
            f"{', '.join(others)} generates rows on another grid than that of data set '{data.name}': each is drawn on its own."
        )
    with layout.refusals():
        answered = answers(shown)
        pictures(shown, answered)
    if answered:
        listen(shown, meta_of(shown))
    below.draw(shown, answered)
    layout.foot(
        f"{choose.describe(data)}; runs {', '.join(run.title for run in shown.chosen)}; {pairs.in_words(shown.generating, shown.conditions)}; key "
        f"{shown.draw}.",
        command(shown, is_outside),
        data=data,
        run=shown.chosen[0] if shown.chosen else None,
    )


layout.show(page)
