"""Page Cut study: the efficiencies of a moving cut, alone, with another cut or with a network, and its optimum."""

import shlex

import streamlit as st

from core import figures
from core.data.dataset import Dataset
from core.data.table import Column, columns_of
from core.figures import cutstudy as drawn
from core.judge import cutsample, cutstudy_report, evaluation_report
from core.judge.cutsample import CutSample, CutStudy, Moved
from core.judge.cutstudy import DIRECTIONS, MERITS
from core.judge.score_table import ScoreTable
from core.selection.selection import Selected
from core.workflows.label_warnings import selection_warnings
from pages.cutstudy import distributions, sample
from pages.widgets import cached, choose, layout, report, run_picker

NONE = "no second cut"
HEIGHT = 370
WIDTHS = (1.5, 1.0, 1.0, 1.0)


def choose_cut(owner: str, columns: dict[str, Column], usual: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(one or two columns, the side of each that is kept); the `usual` column to begin with."""
    names = list(columns)
    choose.apart(owner, side1=cutsample.AUTO, side2=cutsample.AUTO, at1=None, at2=None)
    first = choose.one_of(
        "cut on", names, "cut1", first=usual, of=owner, on_change=_forget,
        format_func=lambda n: columns[n].title,
    )  # fmt: skip
    side1 = _side("side1")
    rest = [NONE, *(name for name in names if name != first)]
    second = choose.one_of(
        "and on", rest, "cut2", of=owner, on_change=_forget,
        format_func=lambda n: columns[n].title if n in columns else n,
    )  # fmt: skip
    if second == NONE:
        return (first,), (side1,)
    return (first, second), (side1, _side("side2"))


def _side(key: str) -> str:
    sides = [cutsample.AUTO, *DIRECTIONS]
    return st.segmented_control(
        "keep", sides, default=cutsample.AUTO, key=key, required=True, on_change=_forget, **choose.STAY,
        help="which side of the threshold is kept; auto: the side on which the signal's median lies",
    )  # fmt: skip


def _forget() -> None:
    """Another cut: quote it at its own best place."""
    for key in ("at1", "at2"):
        st.session_state[key] = None


def choose_merit(owner: str) -> tuple[str, tuple[float, float] | None]:
    """(figure of merit, expected signal and background or None)."""
    merit = st.selectbox(
        "figure of merit", list(MERITS), key="merit", format_func=lambda n: f"{MERITS[n].title} = {MERITS[n].formula}",
        help="  \n".join(f"**{of_merit.title}**: {of_merit.explanation}" for of_merit in MERITS.values()), **choose.STAY,
    )  # fmt: skip
    if not st.toggle("expected numbers", key="expect", help="otherwise those of these events count", **choose.STAY):
        return merit, None
    choose.apart(owner, signal=100.0, background=10000.0)
    left, right = st.columns(2, gap="small")
    signal = left.number_input("signal", 0.001, value=100.0, key="signal", format="%g", **choose.STAY)
    background = right.number_input("background", 0.001, value=10000.0, key="background", format="%g", **choose.STAY)
    return merit, (signal, background)


def choose_position(moved: Moved, columns: dict[str, Column]) -> tuple[float, ...]:
    """Where the cut is quoted: at its best place, until a slider or a number moves it."""
    at = []
    for i, axis in enumerate(moved.scan.axes):
        key, thresholds = f"at{i + 1}", axis.thresholds.tolist()
        low, high = thresholds[0], thresholds[-1]
        wanted = st.session_state.get(key)
        value = moved.best.at[i] if wanted is None else wanted
        st.session_state[f"{key}-slider"] = min(max(value, low), high)
        left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
        left.slider(
            f"cut on {columns[axis.column].title}", low, high, step=(high - low) / 400, key=f"{key}-slider", on_change=_slid, args=(key,),
            format="%.4g",
        )  # fmt: skip
        typed = right.number_input(
            "typed", value=None, key=key, format="%.5g", placeholder="best", label_visibility="collapsed", **choose.STAY
        )
        at.append(moved.best.at[i] if typed is None else typed)
    st.button("to the best place", on_click=_forget, icon=":material/restart_alt:", type="tertiary")
    return tuple(at)


def _slid(key: str) -> None:
    st.session_state[key] = st.session_state[f"{key}-slider"]


def main_figure(moved: Moved, at: tuple[float, ...], columns: dict[str, Column]) -> None:
    titles = [columns[axis.column].title for axis in moved.scan.axes]
    if len(titles) == 1:
        figure = drawn.moving_cut(moved.scan, moved.merits, moved.merit, moved.best, at[0], titles[0])
        note = (
            "What the cut keeps and rejects as it moves, on the events that it is chosen on, with 95 % intervals. Green: the best "
            "place and its 68 % bootstrap interval; dotted: the cut quoted. A flat merit says that the place hardly matters."
        )
    else:
        figure = drawn.plane(moved.scan, moved.merits, moved.merit, moved.best, at, titles)
        note = (
            "The figure of merit over both cuts, on the events that they are chosen on; lines: where 90, 95 and 99 % of the signal "
            "are kept. A best place at the edge would say that one of the cuts is not needed."
        )
    layout.show_figure(
        figure.update_layout(height=HEIGHT), "cutstudy-moved", note, lambda: cutstudy_report.scan_columns(moved)
    )


def against(events: CutSample, study: CutStudy) -> None:
    """The cut at the quoted place in bins of energy, or of the score."""
    experiment = cached.experiment_of(events.dataset)
    axis = experiment.judging.axis
    options = [axis.name, *(["score"] if events.has_run else [])]
    by = st.segmented_control("against", options, default=axis.name, key="by-what", required=True, **choose.STAY)
    column = next(column for column in experiment.table.columns if column.name == axis.column)
    tables, title = cutstudy_report.by_quantity(events, study, None if by == "score" else column)
    figure = figures.efficiency_by_bin(tables)
    figure.update_xaxes(title_text=title)
    note = (
        f"Signal kept and background rejected by the cut ({study.in_words}) against {by}, {study.quoted_on} events, 95 % "
        "Clopper-Pearson. A cut that is right bends with energy where the photoelectrons get few; pale: fewer than 20 events."
    )
    layout.show_figure(
        figure.update_layout(height=330), "cutstudy-against", note, lambda: evaluation_report.bin_columns(tables)
    )


def with_network(events: CutSample, study: CutStudy) -> None:
    """Cut, network, and both together, on the same events."""
    if not events.has_run:
        st.caption("Choose a run under 'scores of' to see cut and network together.")
        return
    st.dataframe(cutstudy_report.combined_rows(study), hide_index=True, alt="cut and network, alone and together")
    st.caption(
        f"The same {study.quoted_on} events, 95 % intervals. 'network, as much signal' is the network alone at the threshold that "
        "keeps as much signal as both together: if it rejects as much background, the cut adds nothing."
    )


def features(selected: Selected, scored: ScoreTable | None, of_class: str, columns: dict[str, Column]) -> None:
    """Which features the score follows, and which the boosted trees need."""
    if scored is None:
        st.caption("Choose a run under 'scores of' to see which features its score follows.")
        return
    correlations = sample.correlations(selected, scored, of_class, tuple(columns))
    figure = drawn.follows(correlations, {n: c.title for n, c in columns.items()}, sample.importances(scored))
    note = (
        "Spearman's rank correlation of each feature with the score (all, and within each class, 95 %), and by how much the "
        "area under the ROC curve of the trees falls when a feature is shuffled. A score that follows the baseline would be suspect."
    )
    layout.show_figure(
        figure.update_layout(height=560),
        "cutstudy-features",
        note,
        lambda: cutstudy_report.correlation_columns(correlations),
    )


def command(data: Dataset, study: CutStudy, run: str, threshold: float, options: str) -> str:
    """The same as a command."""
    moved = study.moved
    axes = moved.scan.axes
    words = [f"python -m core study-cut {data.name} --feature {axes[0].column} --direction {axes[0].direction}"]
    words += [f" --second {axis.column} --second-direction {axis.direction}" for axis in axes[1:]]
    words.append(f" --merit {moved.merit} --at " + " ".join(f"{at:.6g}" for at in study.at))
    if moved.expected:
        words.append(f" --expect-signal {moved.expected[0]:g} --expect-background {moved.expected[1]:g}")
    return "".join(words) + (f" --run {run} --threshold {threshold:g}" if run else "") + options


def page() -> None:
    layout.heading("Cut study", "Which cut is best, how surely, and what does it add to the network?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        if experiment.labels is None:
            layout.nothing_yet(
                f"{experiment.title} has no labels, so no cut parts its rows: choose a data set of another experiment.",
                "pages/data/page.py", "Go to Data",
            )  # fmt: skip
        columns = {column.name: column for column in columns_of(experiment.table, data)}
        telling = [name for name in experiment.judging.tree_features if name in columns]
        names, sides = choose_cut(choose.owner(data), columns, [*telling, *columns][0])
        place = st.container()
        merit, expected = choose_merit(choose.owner(data))
        scored = run_picker.choose_scores(data)
        selection = run_picker.choose_selection(data, scored)
        threshold = run_picker.choose_threshold() if scored else 0.5
    with layout.refusals():
        selected = cached.select(data, selection)
    of_class = scored.signal if scored else ""
    if scored is None and len(selected.classes) > 2:
        with st.sidebar:
            of_class = run_picker.one_class(selected.classes, selected.signal)
    with layout.refusals():
        events = sample.sample(selected, scored, of_class)
        moved = sample.moved(selected, scored, of_class, names, sides, merit, expected)
        with place:
            at = choose_position(moved, columns)
        study = cutsample.quote(events, moved, at, threshold)
    report.key_numbers(cutstudy_report.key_numbers(study), WIDTHS)
    tabs = st.tabs(
        ["moving cut", "distributions", "by energy or score", "with the network", "features"],
        key="cs",
        bind="query-params",
    )
    parts = (
        lambda: main_figure(moved, at, columns), lambda: distributions.draw(selected, study, columns), lambda: against(events, study),
        lambda: with_network(events, study), lambda: features(selected, scored, of_class, columns),
    )  # fmt: skip
    for tab, draw in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                draw()
    for warning in selection_warnings(cached.experiment_of(data), selected):
        st.caption(f":material/warning: {layout.plain(warning)}")
    layout.foot(
        f"{choose.describe(data)}; labels {selection.labels}; chosen on the {study.chosen_on} events, quoted on the "
        f"{study.quoted_on} events" + (f" of run {scored.run.title}." if scored else "."),
        command(data, study, scored.run.id if scored else "", threshold, choose.as_options(experiment, selection))
        + (f" --of {shlex.quote(of_class)}" if len(selected.classes) > 2 else ""),
        data=data,
        run=scored.run if scored else None,
    )


layout.show(page)
