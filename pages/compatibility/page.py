"""Page Compatibility: the heatmap of runs trained on one region and tested on all, its cells, and the studies."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import figures
from core.data.dataset import Dataset
from core.figures.compatibility import heatmap
from core.judge import compatibility_report, evaluation_report
from core.judge.compatibility import METRICS, Matrix
from core.judge.report import Figure
from core.judge.report_files import csv_text
from core.workflows import cross_training as studies
from core.workflows import reporting
from core.workflows.cross_training import Study
from pages.compatibility import study as studied
from pages.compatibility import train_study
from pages.widgets import cached, choose, layout, opening, report, run_picker, undo
from pages.widgets.touch.scores import score_spectrum

TABS = ("heatmap", "cell", "published pairs", "what was trained")
SHOWN = ["harmonic_efficiency", *(name for name in METRICS if name != "harmonic_efficiency")]  # the headline first
HEIGHT = 366
WIDTHS = (0.95, 0.8, 1.5, 0.8)  # of the key numbers, by their texts


def controls(study: Study, data: Dataset) -> tuple[str, float, str]:
    """(metric, threshold, label scheme)."""
    metric = choose.one_of("shown", SHOWN, "metric", format_func=lambda name: METRICS[name].title)
    threshold = run_picker.choose_threshold()
    experiment = cached.experiment_of(data)
    return metric, threshold, run_picker.choose_scheme(experiment, studied.schemes(data), study.selection["labels"])


def whole_picture(matrix: Matrix, metric: str, study: Study, pairs: list[dict[str, Any]], facts: str) -> None:
    """The heatmap; a click on a cell opens it."""
    published = {tuple(p["at"]): p["published"] for p in pairs if p["at"] and p["metric"] == metric}
    figure = heatmap(matrix, metric, published, studied.why_missing(study)).update_layout(height=HEIGHT)
    note = (
        "A network trained on one region (row) and tested on another (column), with 95 % interval and n; framed: its own region; "
        "pale: fewer than 20 events; hatched: missing. Click a cell to open it. An own region worse than the others would be "
        "surprising."
    )
    names = [region.name for region in matrix.regions]
    layout.show_figure(figure, "compatibility", note, on_select=lambda: _clicked(names), selection_mode="points")
    drawn = (Figure(METRICS[metric].title, figure, note),)
    asked_for = reporting.Question(threshold=matrix.threshold, labels=matrix.scheme, metric=metric)
    with st.container(horizontal=True, vertical_alignment="center"):
        report.downloads(
            lambda: compatibility_report.report(matrix, study.runs, metric, facts, drawn), f"darkroom-{study.id}",
            lambda: reporting.of_study(study.id, asked_for),
        )  # fmt: skip


def _clicked(names: list[str]) -> None:
    """Open the cell that was clicked: its marker carries both indices."""
    for point in st.session_state["compatibility"]["selection"]["points"]:
        if point.get("customdata") is not None:
            trained, tested = point["customdata"][:2]
            choose.put("trained", names[trained])
            choose.put("tested", names[tested])
            st.session_state["show"] = "cell"


def one_cell(matrix: Matrix, study: Study, data: Dataset) -> None:
    """One cell, chosen by click or by keyboard: its numbers, score spectrum, efficiency by energy, and its events."""
    names = [region.name for region in matrix.regions]
    left, middle, right, far = st.columns([3, 3, 3, 2], vertical_alignment="bottom")
    with left:
        trained = names.index(choose.one_of("trained on", names, "trained", of=study.id))
    with middle:
        tested = names.index(choose.one_of("tested on", names, "tested", of=study.id))
    cell = matrix.cells[trained][tested]
    if cell is None or compatibility_report.is_missing(cell):
        st.info(
            layout.plain(f"This cell is missing: {studied.why_missing(study)[trained, tested]}."),
            icon=":material/info:",
        )
        return
    if right.button("see misclassified events", icon=":material/search:"):
        where = studied.where(study, data, (trained, tested), matrix.scheme)
        opening.open_events(**where, wrong=True, at=matrix.threshold)
    far.page_link(
        "pages/evaluate/page.py", label="evaluate", query_params={"run": cell.run}, icon=":material/table_chart:"
    )
    with layout.refusals():
        judged = studied.cell(study, data, (trained, tested), matrix.threshold, matrix.scheme)
    spectrum, energy = st.columns(2, gap="small")
    key = f"cell-{study.id}-{trained}-{tested}"
    with spectrum:
        note = "Scores of the cell's events; the line: the threshold. Two classes in one heap: the network knows nothing here."
        score_spectrum(judged, f"{key}-scores", 285, note)
    with energy:
        figure = figures.efficiency_by_bin(judged.tables).update_layout(height=285)
        note = "Signal kept and background rejected by energy, 95 % intervals. A step at the edge of the trained window tells."
        layout.show_figure(figure, f"{key}-energy", note, lambda: evaluation_report.bin_columns(judged.tables))
    sentence = f"{cell.n_left_out:,} labelled events of this region were trained or validated with and are not counted"
    st.dataframe(compatibility_report.cell_rows(cell), hide_index=True, alt="every metric of the cell")
    st.caption(sentence + (f"; {cell.n_missing:,} have no score." if cell.n_missing else "."))


def published(pairs: list[dict[str, Any]], matrix: Matrix) -> None:
    """The printed pairs beside ours."""
    if not pairs:
        st.caption("Nothing was published for these regions.")
        return
    config = {"difference [sigma]": st.column_config.NumberColumn(format="%.1f")}
    table = compatibility_report.pair_table(pairs)
    st.dataframe(
        table.texts,
        hide_index=True,
        height=HEIGHT,
        column_config=config,
        placeholder="–",
        alt="published pairs beside ours",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Printed numbers with the interval of all whole numbers of test events that would be printed so; they hold for "
            "the labels and the measured data of the publication. Difference: ours "
            f"minus published, divided by the two half intervals that reach toward each other, added in quadrature and taken from "
            f"{100 * matrix.level:g} % to one standard deviation: a guide, not a test. – : this study has no such cell."
        )
        st.download_button(
            "csv", lambda: csv_text(table.records), "darkroom-published-pairs.csv", "text/csv",
            on_click="ignore", type="tertiary", icon=":material/download:", key="get-pairs",
        )  # fmt: skip


def trainings(study: Study) -> None:
    """The runs behind the rows of the heatmap."""
    config = {
        "evaluate": st.column_config.LinkColumn(display_text="evaluate"),
        "seconds": st.column_config.NumberColumn(format="%.0f"),
    }
    rows = studied.trained_rows(study)
    st.dataframe(rows, hide_index=True, column_config=config, placeholder="–", alt="the trainings of the study")
    st.caption(layout.plain(f"{study.title}; labels {study.selection['labels']}; asked for {study.created_at}."))
    with st.popover("forget this study", icon=":material/delete:"):
        st.write(
            "The study moves into the bin; its runs and their scores stay, and the same study can be asked for again."
        )
        st.button("forget it", type="primary", on_click=_forget, args=(study.id,))


def _forget(study_id: str) -> None:
    undo.delete(studies.delete_study, [study_id])


def draw(study: Study, data: Dataset, metric: str, threshold: float, scheme: str) -> None:
    """Key numbers, the picture, its details, the notes."""
    with layout.refusals():
        matrix = studied.matrix(study, data, threshold, scheme)
    grid = cached.experiment_of(data).grid
    pairs = grid.published_pairs(matrix) if grid is not None and grid.published_pairs is not None else []
    facts = (
        f"study {study.id} ({study.network}), {choose.describe(data)}, labels {scheme}, threshold {threshold:g}; only events "
        "outside each training's own training and validation samples"
    )
    report.key_numbers(compatibility_report.key_numbers(matrix, metric), WIDTHS)
    drawn: Mapping[str, Any] = {
        "heatmap": lambda: whole_picture(matrix, metric, study, pairs, facts),
        "cell": lambda: one_cell(matrix, study, data),
        "published pairs": lambda: published(pairs, matrix),
        "what was trained": lambda: trainings(study),
    }
    for name, tab in zip(TABS, st.tabs(TABS, key="show", bind="query-params"), strict=True):
        if tab.open:
            with tab:
                drawn[name]()
    for note in matrix.notes:
        st.caption(f":material/warning: {layout.plain(note)}")
    other = "" if scheme == study.selection["labels"] else "; the command judges with the labels of the training"
    layout.foot(f"{facts}{other}.", studied.command(study, data, threshold), data=data)


def page() -> None:
    head = layout.heading("Compatibility", "What does a network know about regions that it was not trained on?")
    undo.line()
    with st.sidebar:
        data = choose.dataset()
        study = studied.pick(data)
        if study is None:
            task, refusal, chosen = train_study.ask(data)
        else:
            metric, threshold, scheme = controls(study, data)
    if study is None:
        train_study.offer(head, data, task, refusal, chosen)
        return
    train_study.state(study, data)
    draw(study, data, metric, threshold, scheme)


layout.show(page)
