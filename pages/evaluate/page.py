"""Page Evaluate: efficiencies of a run with intervals at a threshold, and its baselines on the same events."""

import itertools
from typing import Any

import streamlit as st

from core import figures, runs
from core.figures import baselines as figure_of_baselines
from core.figures.judged import BY_AXIS_NOTE, ROC_NOTE, SPECTRA_NOTE
from core.judge import classified_report, evaluation_report, stored
from core.judge.baselines import BOUND, TREES
from core.judge.classified import Classified
from core.judge.evaluation import Evaluation
from core.judge.paired import Comparison
from core.judge.score_table import ScoreTable
from core.labels.labels import signal_index
from core.statistics.efficiency import ClassTable
from core.workflows import reporting
from pages.evaluate import confusion, outputs, plane
from pages.widgets import cached, choose, layout, opening, report, run_picker, scores
from pages.widgets.touch.scores import score_spectrum

HEIGHT = 330
ALL, REST = "all classes", "one class against the rest"
WIDTHS = (1.0, 1.04, 1.0, 1.0, 1.12)  # of the key numbers, by their texts


def controls(scored: ScoreTable) -> tuple[float, str, str]:
    """(threshold, split, label scheme)."""
    threshold = run_picker.choose_threshold()
    split = st.segmented_control("split", outputs.SPLITS, default="test", key="split", required=True, **choose.STAY)
    scheme = run_picker.choose_scheme(cached.experiment_of(scored.dataset), scored.schemes(), scored.selection.labels)
    return threshold, split or "test", scheme


def several_controls(scored: ScoreTable) -> tuple[ScoreTable, float, tuple[float, ...]]:
    """Of a run with several classes: (with the class that is judged against the rest, reject below, another mix)."""
    if not scored.is_multiclass:
        return scored, 0.0, ()
    reject_below = run_picker.choose_reject()
    with layout.refusals():
        mix = confusion.choose_mix(scored)
    return run_picker.choose_class(scored), reject_below, mix


def main_figure(
    judged: Evaluation, scored: ScoreTable, where: dict[str, str], several: Classified | None, reject_below: float
) -> None:
    """The figure that is asked for; only the open tab is drawn. Of several classes, first those of all at once."""
    along = scored.judging.axis.name
    drawn = {
        f"efficiency by {along}": by_axis, "ROC": roc, "score spectra": spectra, f"{along} x score": table,
        "baselines": baselines, plane.PLANE_TAB: plane.draw_scores, plane.MAP_TAB: plane.draw_map,
    }  # fmt: skip
    if not scored.has_axis:
        drawn = {name: draw for name, draw in drawn.items() if draw not in (by_axis, table, plane.draw_scores)}
    names = [*drawn]
    if several and choose_group(groups := {ALL: (*confusion.tabs(scored), plane.MAP_TAB), REST: tuple(drawn)}) == ALL:
        names = [*groups[ALL]]
    elif several:
        st.caption(run_picker.class_in_words(scored))
    for name, tab in zip(names, st.tabs(names, key="show", bind="query-params"), strict=True):
        if tab.open:
            with tab:
                if name in drawn:
                    drawn[name](judged, scored, where)
                elif several:
                    confusion.draw(name, several, scored, where, reject_below)


def choose_group(groups: dict[str, tuple[str, ...]]) -> str:
    """Which figures are offered; a link to a figure chooses its group."""
    linked = next((group for group, names in groups.items() if st.query_params.get("show") in names), ALL)
    chosen = st.segmented_control(
        "judged", list(groups), default=linked, key="group", required=True, label_visibility="collapsed",
        on_change=lambda: st.query_params.pop("show", None), persist_state="session",
    )  # fmt: skip
    return chosen or linked


def by_axis(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    del scored, where
    figure = figures.efficiency_by_bin(judged.tables)
    show(figure, "efficiency", BY_AXIS_NOTE, lambda: evaluation_report.bin_columns(judged.tables))


def roc(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    del scored, where
    curves = {"network": judged.network, **judged.baselines}
    show(figures.roc_curve(curves), "roc", ROC_NOTE, lambda: evaluation_report.roc_columns(curves))


def spectra(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    opened = score_spectrum(judged, "evaluate-scores", HEIGHT, SPECTRA_NOTE, opens="class")
    if opened is not None and opened.name is not None:
        open_scores(scored, where, opened.name, (opened.low, opened.high))


def show(figure: Any, key: str, note: str, data: Any) -> None:
    layout.show_figure(figure.update_layout(height=HEIGHT), f"evaluate-{key}", note, data)


def table(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    """Rows along the axis and score columns of one class: a click on a cell, or the form below, opens its events."""
    name = st.segmented_control(
        "class", list(judged.tables), default="signal", key="cells", required=True, label_visibility="collapsed",
        **choose.STAY,
    )  # fmt: skip
    chosen = judged.tables[name or "signal"]
    note = (
        f"{chosen.name.capitalize()} events per cell, the efficiency of each row at the right; {chosen.n_outside:,} lie outside "
        "the rows. Click a cell to see its events, or name it below."
    )
    figure = figures.count_heatmap(chosen).update_layout(height=430)
    event = layout.show_figure(
        figure, f"evaluate-table-{chosen.name}", note, lambda: evaluation_report.bin_columns(judged.tables), on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    for point in event["selection"]["points"]:
        cell = point.get("customdata")
        if cell and cell[0] == chosen.name:
            st.session_state["cell-row"], st.session_state["cell-column"] = tuple(cell[1:3]), tuple(cell[3:5])
            open_cell(scored, where, *cell[:5])
    cell_form(chosen, scored, where)


def cell_form(chosen: ClassTable, scored: ScoreTable, where: dict[str, str]) -> None:
    """The same by keyboard."""
    with st.form("cell", border=False):
        left, middle, right = st.columns([1, 1, 1], vertical_alignment="bottom")
        rows = list(itertools.pairwise(chosen.axis.edges.tolist()))
        columns = list(itertools.pairwise(chosen.score_edges.tolist()))
        row = left.selectbox(
            f"{chosen.axis.name} row [{chosen.axis.unit}]",
            rows,
            key="cell-row",
            persist_state="session",
            format_func=lambda w: f"{w[0]:g} to {w[1]:g}",
        )
        column = middle.selectbox(
            "score column",
            [(0.0, 1.0), *columns],
            key="cell-column",
            persist_state="session",
            format_func=lambda w: f"{w[0]:.2f} to {w[1]:.2f}",
        )
        if right.form_submit_button(f"open {chosen.name} events", icon=":material/search:"):
            open_cell(scored, where, chosen.name, *row, *column)


def open_cell(
    scored: ScoreTable, where: dict[str, str], name: str, low: float, high: float, score_low: float, score_high: float
) -> None:
    """The events of a cell, one at a time."""
    experiment = cached.experiment_of(scored.dataset)
    title = next(c.title for c in experiment.table.columns if c.name == experiment.judging.axis.column)
    window = {"by": title, "low": float(low), "high": float(high)}
    open_scores(scored, where, name, (float(score_low), float(score_high)), **window)


def open_scores(
    scored: ScoreTable, where: dict[str, str], name: str, score: tuple[float, float], **window: Any
) -> None:  # fmt: skip
    """The signal or background events with a score in a window, one at a time."""
    experiment = cached.experiment_of(scored.dataset)
    if scored.is_multiclass:
        named = {"signal": scored.signal, "background": opening.REST}
    else:
        classes = tuple(experiment.labels.cuts_of(scored.selection.cuts, where["label"], scored.dataset))
        signal = signal_index(experiment.labels, classes)
        named = {"signal": classes[signal], "background": classes[1 - signal]}
    opening.open_events(**where, **window, **{"class": named[name], "score": score})


def open_misclassified(where: dict[str, str], threshold: float) -> None:
    if st.button("see misclassified events", icon=":material/search:", type="tertiary"):
        opening.open_events(**where, wrong=True, at=threshold)


def baselines(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    """The network against cuts, trees and bound on the same events."""
    del where
    compared = scores.comparison(scored, judged.network.point.threshold, judged.which_split, judged.label_scheme)
    note = (
        f"Leakage, the background that passes, where 99 % of the signal of a window is kept; limits from {compared.chosen_on}. Open "
        "triangle: none leaked, upper limit."
    )
    if BOUND in compared.methods:
        note += (
            " Grey: the bound that simulated truth allows, with its own 95 % interval; where none of it leaked, from nothing "
            "up to its upper limit. A method is at the bound where the two intervals meet."
        )
    figure = figure_of_baselines.leakage_by_window(compared.rows, compared.axis)
    show(figure, "leakage", note, lambda: evaluation_report.leakage_columns(compared))
    for sentence in compared.notes:
        st.caption(f":material/warning: {layout.plain(sentence)}")
    if scored.judging.tree_features and TREES not in compared.methods:
        run_picker.trees_button(scored.run, scored.dataset)
    baseline_tables(judged, compared, scored)


def baseline_tables(judged: Evaluation, compared: Comparison, scored: ScoreTable) -> None:
    leaks, differences, costs, schemes = (
        evaluation_report.leakage_rows(compared), evaluation_report.threshold_rows(compared),
        evaluation_report.cost_rows(compared, stored.costs(scored.run)), list(evaluation_report.scheme_table(judged).rows),
    )  # fmt: skip
    st.markdown(
        "**Leakage at 99 % signal efficiency**, 95 % Clopper-Pearson; p against the network: McNemar and the limits' scatter"
    )
    st.dataframe(leaks, hide_index=True, alt="leakage of every method in every window")
    st.markdown("**At the threshold**: network minus baseline, part of each class decided rightly")
    st.dataframe(differences, hide_index=True, alt="network against every baseline at their thresholds")
    st.markdown("**Cost**")
    st.dataframe(costs, hide_index=True, alt="cost of every method")
    st.caption(
        "Parameters of trees: one number per leaf. Per event: the network with reading its record, the trees without the "
        "features, which are made when a data set is prepared, as those of the cuts are."
    )
    st.markdown("**Under every label scheme**")
    st.dataframe(schemes, hide_index=True, alt="network and baselines under every label scheme")
    st.caption(
        "The same events under every label scheme that this data set has; 95 % intervals. A cut alone at 100/100 says that "
        "the labels were made with it, not that it is good."
    )


def downloads(judged: Evaluation, scored: ScoreTable, name: str) -> None:
    """The tables as files, and everything that is known of the run as a page."""
    data, split = scored.dataset.name, judged.which_split
    asked_for = reporting.Question(data, judged.network.point.threshold, split, judged.label_scheme)
    report.downloads(lambda: evaluation_report.report(judged), name, lambda: reporting.of_run(scored.run.id, asked_for))


def page() -> None:
    layout.heading("Evaluate", "How well does a run do on rows that it has not seen, and is it better than a cut?")
    with st.sidebar:
        run, data = run_picker.choose_run(with_classes=False)
    if run.task != runs.CLASSIFY:
        outputs.page(run, data)
        return
    scored = run_picker.need_scores(run, data)
    with st.sidebar:
        threshold, split, scheme = controls(scored)
        scored, reject_below, mix = several_controls(scored)
    with layout.refusals():
        judged = scores.evaluation(scored, threshold, split, scheme)
        edges = judged.tables["signal"].axis.edges
        several = scores.classified(scored, split, scheme, reject_below, edges, mix) if scored.is_multiclass else None
    where = {"data": data.name, "scores": run.id, "from": opening.OF_RUN, "label": scheme}
    where |= {} if split == "all" else {"of": split}
    where |= {"of_class": scored.signal} if scored.is_multiclass else {}
    if several:
        report.key_numbers(classified_report.key_numbers(several), confusion.WIDTHS)
    else:
        report.key_numbers(evaluation_report.key_numbers(judged), WIDTHS)
    main_figure(judged, scored, where, several, reject_below)
    with st.container(horizontal=True, vertical_alignment="center"):
        open_misclassified(where, threshold)
        downloads(judged, scored, f"{run.id}-{data.name}-{split}")
    n_left = scores.n_unscored(scored)
    if n_left:
        st.warning(f"{n_left:,} events inside the run's cuts have no score yet.", icon=":material/warning:")
        run_picker.score_button(run, data, "score them")
    for note in (*judged.notes, *(several.notes if several else ())):
        st.caption(f":material/warning: {layout.plain(note)}")
    left_out = f"{judged.n_unlabelled:,} scored events of the split have no label, {judged.n_missing:,} no score"
    layout.foot(
        f"run {run.title}, {run.network}, {choose.describe(data)}, split {split}, labels {scheme}; {left_out}.",
        f"python -m core evaluate {run.id} --threshold {threshold:g} --split {split} --labels {scheme}"
        + (f" --data {data.name}" if data.name != run.dataset else "")
        + run_picker.of_option(scored)
        + (f" --reject-below {reject_below:g}" if reject_below else "")
        + (" --mix " + " ".join(f"{part:g}" for part in mix) if mix else ""),
        data=data,
        run=run,
    )


layout.show(page)
