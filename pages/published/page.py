"""Page Published: printed results beside what follows from the printed counts and beside our runs."""

from typing import Literal

import streamlit as st

from core.analysis import comparison
from core.analysis.comparison import DIFFERS, NO_COMPARISON, Comparison
from core.analysis.comparison_report import TALLIED, PrintedResult, drawable_columns, figure
from core.data.dataset import open_dataset
from core.experiment import Experiment
from core.judge.report_files import csv_of_columns
from core.registry import EXPERIMENTS
from core.workflows.analyse import Names
from pages.published import sources
from pages.widgets import choose, layout, report, trainings

LIST = "list"
FLAGGED = "only what does not reproduce or differs"
HEIGHT = 300
FEW_ROWS = 7
FOLDED = ("rows", NO_COMPARISON)  # of the tally, told in a line below the five key numbers
COLUMNS = {
    "row": st.column_config.TextColumn("row", width=140),
    "column": st.column_config.TextColumn("column", width=100),
    "printed": st.column_config.TextColumn("printed", width=72),
    "recomputed": st.column_config.TextColumn("recomputed", width=88),
    "ours": st.column_config.TextColumn("ours, 95 % interval", width=125),
    "verdict": st.column_config.TextColumn("", width=82),
    "n": st.column_config.TextColumn("n", width=45),
    "comment": st.column_config.TextColumn("why", width=270),
    "run": st.column_config.TextColumn("from", width=200),
}


def choose_table(printed: PrintedResult) -> str:
    """The key of a printed table."""
    return choose.one_of("table", list(printed.tables), "table", format_func=lambda key: printed.tables[key])


def key_numbers(rows: list[Comparison], everything: tuple[Comparison, ...]) -> None:
    """How many numbers of this table reproduce and agree; below, of all tables."""
    of_table, of_all = comparison.tally(rows), comparison.tally(everything)
    numbers = {name: texts for name, texts in TALLIED.items() if name not in FOLDED}
    for column, (name, (label, help)) in zip(st.columns(len(numbers), gap="xsmall"), numbers.items(), strict=True):
        column.metric(
            label, f"{of_table[name]:,}", f"of all: {of_all[name]:,}", help=help, delta_color="off", delta_arrow="off"
        )
    st.caption(
        f"{of_table['rows']:,} numbers in this table; {of_table[NO_COMPARISON]:,} of ours cannot be compared with them."
    )


def _height(rows: list[dict[str, str]]) -> int | Literal["content"]:
    """A few rows need no frame for many."""
    return HEIGHT if len(rows) > FEW_ROWS else "content"


def the_table(key: str, rows: list[Comparison]) -> None:
    """As a list with ours and the reasons, or laid out as it was printed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        layouts = [LIST, *comparison.FIELDS]
        shown = st.segmented_control(
            "layout", layouts, default=comparison.FIELDS[0] if comparison.is_wide(rows) else LIST, key=f"layout-{key}",
            required=True, label_visibility="collapsed", help="a list, or one kind of number laid out as in the slides",
        )  # fmt: skip
        flagged = st.toggle(FLAGGED, key="flagged", **choose.STAY)
        layout.data_button(lambda: csv_of_columns(comparison.columns_of(rows)), f"{key}.csv", f"data-{key}")
    wanted = [row for row in rows if row.reproduces is False or row.verdict == DIFFERS] if flagged else rows
    if not wanted:
        st.caption("Every number reproduces, and nothing of ours differs.")
    elif shown in comparison.FIELDS:
        pivot = comparison.pivoted(wanted, shown)
        config = {"row": st.column_config.TextColumn("row", width=190, pinned=True)}
        st.dataframe(
            pivot, hide_index=True, height=_height(pivot), column_config=config, alt=f"{shown} numbers of the table"
        )
    else:
        listed = [{name: text for name, text in comparison.texts(row).items() if name in COLUMNS} for row in wanted]
        shown_columns = [name for name in COLUMNS if name != "run" or len({row["run"] for row in listed}) > 1]
        cell = st.dataframe(
            listed, hide_index=True, height=_height(listed), column_config=COLUMNS, column_order=shown_columns,
            key=f"numbers-{key}", on_select="rerun", selection_mode="single-cell",
            alt="printed, recomputed and our numbers of the table",
        )  # fmt: skip
        for row, _ in cell["selection"]["cells"]:
            in_words(listed[row])


def in_words(row: dict[str, str]) -> None:
    """A row whose texts are longer than its cells."""
    reason = ", ".join(
        filter(None, (row["verdict"], row["comment"], row["run"] not in ("", "–") and f"from {row['run']}"))
    )
    st.caption(layout.plain(f"{row['row']}, {row['column']}: printed {row['printed']}, ours {row['ours']}; {reason}."))


def the_figure(key: str, title: str, rows: list[Comparison]) -> None:
    """One column of the table, printed and ours with intervals."""
    drawable = drawable_columns(rows)
    if not drawable:
        st.caption("This table holds texts: there is nothing to draw.")
        return
    column = st.selectbox(
        "column", drawable, index=len(drawable) - 1, key=f"column-{key}", width=260, label_visibility="collapsed"
    )
    drawn = figure(title, rows, column)
    drawn.figure.update_layout(height=HEIGHT + 30)
    layout.show_figure(drawn.figure, f"published-{key}", drawn.note, lambda: drawn.columns)


def does_not_add_up(printed: PrintedResult) -> None:
    """The inconsistencies of the slides with their arithmetic."""
    st.caption(
        "What was printed (left), and what follows from the printed numbers (right). Everything here is computed again."
    )
    with st.container(height=HEIGHT + 30, border=False):
        for item in printed.inconsistencies:
            st.markdown(f"**{layout.plain(item.title)}** :gray[{layout.plain(item.where)}]")
            left, right = st.columns([2, 3], gap="small")
            left.markdown(layout.plain(item.printed))
            right.markdown(layout.plain(item.follows))


def command(names: Names, of_first: bool, experiment: Experiment) -> str:
    """The same on the command line."""
    words = ["python -m core published", *([] if of_first else [f"--experiment {experiment.key}"])]
    words += [f"--data {names.dataset}"] if names.of("dataset") else []
    words += [f"--study {names.study}"] if names.of("study") else []
    words += [f"--run {names.run}"] if names.of("run") else []
    return " ".join(words)


def page() -> None:
    layout.heading("Published", "What did the slides print, does it add up, and what do our runs give?")
    with st.sidebar:
        experiment = sources.experiment()
        place = st.container()
        names = sources.pick(experiment)
        sources.build_networks(experiment)
        sources.simulate_printed(experiment)
        values = sources.choose_parameters(experiment)
        trained = trainings.section(experiment, sources.KEY, names, values)
    with layout.refusals():
        layers = sources.built().get(experiment.key)
        shown = report.answered(experiment, sources.KEY, names, values, layers, trained)
    printed: PrintedResult = shown.result
    with place:
        key = choose_table(printed)
    rows = printed.of_table(key)
    key_numbers(rows, printed.rows)
    extra = list(dict.fromkeys(part.group for part in printed.figures))
    tabs = st.tabs(["table", "figure", *extra, "what does not add up"], key="show", bind="query-params")
    if tabs[0].open:
        with tabs[0]:
            the_table(key, rows)
    if tabs[1].open:
        with tabs[1]:
            the_figure(key, printed.tables[key], rows)
    for tab, group in zip(tabs[2:-1], extra, strict=True):
        if tab.open:
            with tab:
                report.draw_group(shown, group, "published")
    if tabs[-1].open:
        with tabs[-1]:
            does_not_add_up(printed)
    data = open_dataset(names.dataset) if names.of("dataset") else None
    facts = choose.describe(data) if data else "no data set"
    beside = f"study {names.of('study') or 'none'}; run {names.of('run') or 'none'}"
    layout.foot(
        f"{facts}; {beside}. Ours at a score of 0.5." if experiment.labels is not None else f"{facts}.",
        command(names, experiment.key == next(iter(EXPERIMENTS)), experiment),
        data=data,
    )


layout.show(page)
