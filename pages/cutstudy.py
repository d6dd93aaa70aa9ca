"""Any cut, alone or with another or with a network: what it keeps while it moves, and where it is best."""

import shlex
from typing import Any

import streamlit as st

from core import figures
from core.data.dataset import Dataset
from core.data.derive import columns_of
from core.experiment import Column
from core.figures import cutstudy as drawn
from core.judge import cutreport, cutsample, export
from core.judge.cutsample import CutSample, CutStudy, Moved
from core.judge.cutstudy import DIRECTIONS, MERITS
from core.judge.scored import Scored
from pages.parts import asked, cached, choose, cutting, frame

NONE = "no second cut"
HEIGHT = 370
WIDTHS = (1.5, 1.0, 1.0, 1.0)


def choose_cut(columns: dict[str, Column]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(one or two columns, the side of each that is kept)."""
    names = list(columns)
    first = st.selectbox(
        "cut on", names, index=min(1, len(names) - 1), key="cut1", format_func=lambda n: columns[n].title,
        on_change=_forget, **choose.STAY,
    )  # fmt: skip
    side1 = _side("side1")
    rest = [NONE, *(name for name in names if name != first)]
    if st.session_state.get("cut2") not in (None, *rest):
        del st.session_state["cut2"]
    second = st.selectbox(
        "and on", rest, key="cut2", format_func=lambda n: columns[n].title if n in columns else n, on_change=_forget,
        **choose.STAY,
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


def choose_merit() -> tuple[str, tuple[float, float] | None]:
    """(figure of merit, expected signal and background or None)."""
    merit = st.selectbox(
        "figure of merit", list(MERITS), key="merit", format_func=lambda n: f"{MERITS[n].title} = {MERITS[n].formula}",
        help="  \n".join(f"**{one.title}**: {one.explanation}" for one in MERITS.values()), **choose.STAY,
    )  # fmt: skip
    if not st.toggle("expected numbers", key="expect", help="otherwise those of these events count", **choose.STAY):
        return merit, None
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


def key_numbers(found: CutStudy) -> None:
    best, merit = found.moved.best, MERITS[found.moved.merit]
    cut = found.points["cut"]
    digits = 4 if len(best.at) == 1 else 3
    places = ", ".join(f"{at:.{digits}g}" for at in best.at)
    spread = ", ".join(f"{low:.{digits}g} to {high:.{digits}g}" for low, high in zip(best.low, best.high, strict=True))
    shown = (
        (
            "best cut",
            places,
            f"68 %: {spread}",
            f"largest {merit.title} of the {found.chosen_on} events; interval by bootstrap",
        ),
        ("signal kept", *_told(cut.signal), f"of the {found.quoted_on} events, at the cut that is quoted"),
        ("background rejected", *_told(cut.background), f"of the {found.quoted_on} events, at the cut that is quoted"),
        (merit.title, cutreport.number(found.merits["cut"]), f"best: {best.merit.value:.4g}", merit.explanation),
    )
    for column, (label, value, delta, help) in zip(st.columns(WIDTHS, gap="xsmall"), shown, strict=True):
        column.metric(label, value, delta, help=help, delta_color="off", delta_arrow="off")


def _told(value: Any) -> tuple[str, str]:
    """(value, interval and n) of an efficiency for a key number."""
    return cutreport.percent(value), f"{cutreport.bounds(value)} n={value.n:,}"


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
    frame.show_figure(
        figure.update_layout(height=HEIGHT), "cutstudy-moved", note, lambda: cutreport.scan_columns(moved)
    )


def distributions(selected: Any, found: CutStudy, columns: dict[str, Column]) -> None:
    """Each feature per class, with the cut."""
    for place, axis, at in zip(st.columns(len(found.at)), found.moved.scan.axes, found.at, strict=True):
        column = columns[axis.column]
        counts = cached.class_histograms(selected, column)
        figure = figures.step_histogram(counts, column.label, column.unit, threshold=at, log_y=True)
        with place:
            note = f"{column.help or column.label} of all rows inside the selection, by label; dotted: the cut."
            key = f"cutstudy-{column.name}"
            frame.show_figure(figure.update_layout(height=330), key, note, lambda c=counts: frame.histogram_columns(c))


def against(events: CutSample, found: CutStudy) -> None:
    """The cut at the quoted place in bins of energy, or of the score."""
    options = ["energy", *(["score"] if events.has_run else [])]
    by = st.segmented_control("against", options, default="energy", key="by-what", required=True, **choose.STAY)
    tables, title, unit = cutreport.by_quantity(events, found, by or "energy")
    figure = figures.efficiency_vs_energy(tables, unit)
    figure.update_xaxes(title_text=title)
    note = (
        f"Signal kept and background rejected by the cut ({found.told}) against {by}, {found.quoted_on} events, 95 % "
        "Clopper-Pearson. A cut that is right bends with energy where the photoelectrons get few; pale: fewer than 20 events."
    )
    frame.show_figure(figure.update_layout(height=330), "cutstudy-against", note, lambda: export.energy_columns(tables))


def with_network(events: CutSample, found: CutStudy) -> None:
    """Cut, network, and both together, on the same events."""
    if not events.has_run:
        st.caption("Choose a run under 'scores of' to see cut and network together.")
        return
    st.dataframe(cutreport.combined_rows(found), hide_index=True, alt="cut and network, alone and together")
    st.caption(
        f"The same {found.quoted_on} events, 95 % intervals. 'network, as much signal' is the network alone at the threshold that "
        "keeps as much signal as both together: if it rejects as much background, the cut adds nothing."
    )


def features(events: CutSample, scored: Scored | None, key: str, columns: dict[str, Column]) -> None:
    """Which features the score follows, and which the boosted trees need."""
    if not events.has_run:
        st.caption("Choose a run under 'scores of' to see which features its score follows.")
        return
    found = cutting.correlations(events, key, tuple(columns))
    figure = drawn.follows(found, {n: c.title for n, c in columns.items()}, cutting.importances(scored))
    note = (
        "Spearman's rank correlation of each feature with the score (all, and within each class, 95 %), and by how much the "
        "area under the ROC curve of the trees falls when a feature is shuffled. A score that follows the baseline would be suspect."
    )
    frame.show_figure(
        figure.update_layout(height=560), "cutstudy-features", note, lambda: cutreport.correlation_columns(found)
    )


def command(data: Dataset, found: CutStudy, run: str, threshold: float, options: str) -> str:
    """The same as a command."""
    moved = found.moved
    axes = moved.scan.axes
    words = [f"python -m core study-cut {data.name} --feature {axes[0].column} --direction {axes[0].direction}"]
    words += [f" --second {axis.column} --second-direction {axis.direction}" for axis in axes[1:]]
    words.append(f" --merit {moved.merit} --at " + " ".join(f"{at:.6g}" for at in found.at))
    if moved.expected:
        words.append(f" --expect-signal {moved.expected[0]:g} --expect-background {moved.expected[1]:g}")
    return "".join(words) + (f" --run {run} --threshold {threshold:g}" if run else "") + options


def page() -> None:
    frame.heading("Cut study", "Which cut is best, how surely, and what does it add to the network?")
    with st.sidebar:
        data = choose.dataset()
        experiment = cached.experiment_of(data)
        columns = {column.name: column for column in columns_of(experiment, data)}
        names, sides = choose_cut(columns)
        place = st.container()
        merit, expected = choose_merit()
        scored = asked.choose_scores(data)
        selection = asked.choose_selection(data, scored)
        threshold = asked.choose_threshold() if scored else 0.5
    with frame.refusals():
        selected = cached.select(data, selection)
    of_class = scored.signal if scored else ""
    if scored is None and len(selected.classes) > 2:
        with st.sidebar:
            of_class = asked.one_class(selected.classes, selected.signal)
    with frame.refusals():
        events, key = cutting.sample(selected, scored, of_class)
        moved = cutting.moved(events, key, names, sides, merit, expected)
        with place:
            at = choose_position(moved, columns)
        found = cutsample.quote(events, moved, at, threshold)
    key_numbers(found)
    tabs = st.tabs(
        ["moving cut", "distributions", "by energy or score", "with the network", "features"],
        key="cs",
        bind="query-params",
    )
    parts = (
        lambda: main_figure(moved, at, columns), lambda: distributions(selected, found, columns), lambda: against(events, found),
        lambda: with_network(events, found), lambda: features(events, scored, key, columns),
    )  # fmt: skip
    for tab, draw in zip(tabs, parts, strict=True):
        if tab.open:
            with tab:
                draw()
    for warning in selected.warnings:
        st.caption(f":material/warning: {frame.plain(warning)}")
    frame.foot(
        f"{choose.describe(data)}; labels {selection.labels}; chosen on the {found.chosen_on} events, quoted on the "
        f"{found.quoted_on} events" + (f" of run {scored.run.id}." if scored else "."),
        command(data, found, scored.run.id if scored else "", threshold, choose.as_options(experiment, selection))
        + (f" --of {shlex.quote(of_class)}" if len(selected.classes) > 2 else ""),
    )


frame.show(page)
