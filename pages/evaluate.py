"""How good a run is: efficiencies with intervals at a threshold, beside the cut that it has to beat."""

import itertools
from typing import Any

import streamlit as st

from core import figures
from core.figures import baselines as figure_of_baselines
from core.judge import export, paired_export, stored
from core.judge.baselines import BOUND, TREES
from core.judge.classified import Classified
from core.judge.efficiency import ClassTable
from core.judge.evaluation import Evaluation
from core.judge.paired import Comparison
from core.judge.scored import Scored
from pages.parts import asked, choose, confusion, frame, judged, opening

SPLITS = ("test", "validation", "train", "other", "all")
HEIGHT = 330
WIDTHS = (1.0, 1.04, 1.0, 1.0, 1.12)  # of the key numbers, by their texts


def controls(found: Scored) -> tuple[float, str, str]:
    """(threshold, split, label scheme)."""
    threshold = asked.choose_threshold()
    split = st.segmented_control("split", SPLITS, default="test", key="split", required=True, **choose.STAY)
    scheme = asked.choose_scheme(found.experiment, found.schemes(), found.selection.labels)
    return threshold, split or "test", scheme


def several_controls(scored: Scored) -> tuple[Scored, float, tuple[float, ...]]:
    """Of a run with several classes: (with the class that is judged against the rest, reject below, another mix)."""
    if not scored.is_multiclass:
        return scored, 0.0, ()
    reject_below = asked.choose_reject()
    with frame.refusals():
        mix = confusion.choose_mix(scored)
    return asked.choose_class(scored), reject_below, mix


NUMBERS = {
    "signal efficiency": ("signal efficiency", "signal at or above the threshold"),
    "background efficiency": ("background efficiency", "background below the threshold: what is rejected"),
    "harmonic efficiency": (
        "harmonic efficiency",
        "harmonic mean of signal and background efficiency: what the slides call F1. The ordinary F1, which depends on "
        "how many of each class there are, stands under 'baselines'.",
    ),
    "precision": ("precision", "signal among all that is kept, at the class balance of these events"),
    "area under the ROC curve": ("AUC", "area under the ROC curve, whatever the threshold"),
}


def key_numbers(found: Evaluation) -> None:
    rows = {row["quantity"]: row for row in export.key_rows(found)}
    for column, (quantity, (label, help)) in zip(st.columns(WIDTHS, gap="xsmall"), NUMBERS.items(), strict=True):
        row = rows[quantity]
        with column:
            told = f"{row['interval']} n={row['n']}"  # short: five of them stand in a row of 820 pixels
            st.metric(label, row["value"], told, help=help, delta_color="off", delta_arrow="off")


def main_figure(
    found: Evaluation, scored: Scored, where: dict[str, str], several: Classified | None, reject_below: float
) -> None:
    """The figure that is asked for; only the open tab is drawn. Of several classes, first those of all at once."""
    drawn = {
        "efficiency by energy": by_energy, "ROC": roc, "score spectra": spectra, "energy x score": table,
        "baselines": baselines,
    }  # fmt: skip
    names = [*(confusion.TABS if several else ()), *drawn]
    for name, tab in zip(names, st.tabs(names, key="show", bind="query-params"), strict=True):
        if tab.open:
            with tab:
                if several and name in confusion.TABS:
                    confusion.draw(name, several, scored, where, reject_below)
                    continue
                if several:
                    st.caption(asked.told_class(scored))
                drawn[name](found, scored, where)


def by_energy(found: Evaluation, scored: Scored, where: dict[str, str]) -> None:
    del scored, where
    note = (
        "Signal kept and background rejected per energy row, 95 % Clopper-Pearson intervals. A dip in one row alone, or "
        "background falling towards high energy, would ask for a look at its events."
    )
    show(figures.efficiency_vs_energy(found.tables), "efficiency", note, lambda: export.energy_columns(found.tables))


def roc(found: Evaluation, scored: Scored, where: dict[str, str]) -> None:
    del scored, where
    note = (
        "Signal kept against background leaked (logarithmic), marks at the operating points with their intervals. "
        "A network below its baseline anywhere would be surprising; a baseline at 100/100 tells that it made the labels."
    )
    curves = {"network": found.network, **found.baselines}
    show(figures.roc_curve(curves), "roc", note, lambda: export.roc_columns(curves))


def spectra(found: Evaluation, scored: Scored, where: dict[str, str]) -> None:
    del scored, where
    note = (
        "Scores of each class; dotted: the threshold. A spike in the middle would be one answer given to many events."
    )
    figure = figures.score_spectrum(found.spectra, found.network.point.threshold)
    show(figure, "scores", note, lambda: frame.histogram_columns(found.spectra))


def show(figure: Any, key: str, note: str, data: Any) -> None:
    frame.show_figure(figure.update_layout(height=HEIGHT), f"evaluate-{key}", note, data)


def table(found: Evaluation, scored: Scored, where: dict[str, str]) -> None:
    """Energy rows and score columns of one class: a click on a cell, or the form below, opens its events."""
    name = st.segmented_control(
        "class", list(found.tables), default="signal", key="cells", required=True, label_visibility="collapsed",
        **choose.STAY,
    )  # fmt: skip
    chosen = found.tables[name or "signal"]
    note = (
        f"{chosen.name.capitalize()} events per cell, the efficiency of each row at the right; {chosen.n_outside:,} lie outside "
        "the rows. Click a cell to see its events, or name it below."
    )
    figure = figures.count_heatmap(chosen).update_layout(height=430)
    event = frame.show_figure(
        figure, f"evaluate-table-{chosen.name}", note, lambda: export.energy_columns(found.tables), on_select="rerun",
        selection_mode="points",
    )  # fmt: skip
    for point in event["selection"]["points"]:
        cell = point.get("customdata")
        if cell and cell[0] == chosen.name:
            open_cell(scored, where, *cell[:5])
    cell_form(chosen, scored, where)


def cell_form(chosen: ClassTable, scored: Scored, where: dict[str, str]) -> None:
    """The same by keyboard."""
    with st.form("cell", border=False):
        left, middle, right = st.columns([1, 1, 1], vertical_alignment="bottom")
        rows = list(itertools.pairwise(chosen.energy_edges_kev.tolist()))
        columns = list(itertools.pairwise(chosen.score_edges.tolist()))
        row = left.selectbox(
            "energy row [keV]", rows, key="cell-row", format_func=lambda w: f"{w[0]:.1f} to {w[1]:.1f}"
        )
        column = middle.selectbox(
            "score column", [(0.0, 1.0), *columns], key="cell-column", format_func=lambda w: f"{w[0]:.2f} to {w[1]:.2f}"
        )
        if right.form_submit_button(f"open {chosen.name} events", icon=":material/search:"):
            open_cell(scored, where, chosen.name, *row, *column)


def open_cell(
    scored: Scored, where: dict[str, str], name: str, low: float, high: float, score_low: float, score_high: float
) -> None:
    """The events of a cell, one at a time."""
    experiment = scored.experiment
    title = next(c.title for c in experiment.columns if c.name == experiment.judge_columns[0])
    window = {"by": title, "low": float(low), "high": float(high), "class": name}
    if scored.is_multiclass:
        window["class"] = scored.signal if name == "signal" else opening.REST
    window["score"] = (float(score_low), float(score_high))
    opening.open_events(**where, **window)


def open_misclassified(where: dict[str, str], threshold: float) -> None:
    if st.button("see misclassified events", icon=":material/search:", type="tertiary"):
        opening.open_events(**where, wrong=True, at=threshold)


def baselines(found: Evaluation, scored: Scored, where: dict[str, str]) -> None:
    """The network against cuts, trees and bound on the same events."""
    del where
    compared = judged.comparison(scored, found.network.point.threshold, found.which_split, found.label_scheme)
    note = (
        f"Background that leaks where 99 % of the signal of a window is kept; limits from {compared.chosen_on}. Open "
        "triangle: none leaked, upper limit."
    )
    if BOUND in compared.methods:
        note += " Grey line: what simulated truth allows; below it nothing can be, but by chance."
    figure = figure_of_baselines.leakage_by_window(compared.rows)
    show(figure, "leakage", note, lambda: paired_export.leakage_columns(compared))
    for sentence in compared.notes:
        st.caption(f":material/warning: {frame.plain(sentence)}")
    if scored.experiment.tree_features and TREES not in compared.methods:
        asked.trees_button(scored.run, scored.dataset)
    baseline_tables(found, compared, scored)


def baseline_tables(found: Evaluation, compared: Comparison, scored: Scored) -> None:
    leaks, differences, costs, schemes = (
        paired_export.leakage_rows(compared), paired_export.threshold_rows(compared),
        paired_export.cost_rows(compared, stored.costs(scored.run)), export.comparison_rows(found),
    )  # fmt: skip
    st.markdown(
        "**Leakage at 99 % signal efficiency**, 95 % Clopper-Pearson; p against the network: McNemar and the limits' scatter"
    )
    st.dataframe(leaks, hide_index=True, alt="leakage of every method in every energy window")
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


def downloads(found: Evaluation, name: str) -> None:
    for text, ending, mime in (
        (lambda: export.to_csv(found.tables), "csv", "text/csv"),
        (lambda: export.to_latex(found.tables), "tex", "text/x-tex"),
        (lambda: export.to_json(found), "json", "application/json"),
    ):
        st.download_button(
            ending, text, f"{name}.{ending}", mime, on_click="ignore", type="tertiary", icon=":material/download:",
            key=f"get-{ending}",
        )  # fmt: skip


def page() -> None:
    frame.heading("Evaluate", "How much signal is kept, how much background is rejected, and is it better than a cut?")
    with st.sidebar:
        run, data = asked.choose_run()
    scored = asked.need_scores(run, data)
    with st.sidebar:
        threshold, split, scheme = controls(scored)
        scored, reject_below, mix = several_controls(scored)
    with frame.refusals():
        found = judged.evaluation(scored, threshold, split, scheme)
        edges = found.tables["signal"].energy_edges_kev
        several = judged.classified(scored, split, scheme, reject_below, edges, mix) if scored.is_multiclass else None
    where = {"data": data.name, "scores": run.id, "from": opening.OF_RUN, "label": scheme}
    where |= {} if split == "all" else {"of": split}
    where |= {"of_class": scored.signal} if scored.is_multiclass else {}
    if several:
        confusion.key_numbers(several)
    else:
        key_numbers(found)
    main_figure(found, scored, where, several, reject_below)
    with st.container(horizontal=True, vertical_alignment="center"):
        open_misclassified(where, threshold)
        downloads(found, f"{run.id}-{data.name}-{split}")
    n_left = judged.n_unscored(scored)
    if n_left:
        st.warning(f"{n_left:,} events inside the run's cuts have no score yet.", icon=":material/warning:")
        asked.score_button(run, data, "score them")
    for note in (*found.notes, *(several.notes if several else ())):
        st.caption(f":material/warning: {frame.plain(note)}")
    told = f"{found.n_unlabelled:,} scored events of the split have no label, {found.n_missing:,} no score"
    frame.foot(
        f"run {run.id} ({run.network}), {choose.describe(data)}, split {split}, labels {scheme}; {told}.",
        f"python -m core evaluate {run.id} --threshold {threshold:g} --split {split} --labels {scheme}"
        + (f" --data {data.name}" if data.name != run.dataset else "")
        + asked.of_option(scored)
        + (f" --reject-below {reject_below:g}" if reject_below else "")
        + (" --mix " + " ".join(f"{part:g}" for part in mix) if mix else ""),
    )


frame.show(page)
