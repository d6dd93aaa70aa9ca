"""What did the slides print, does it add up, and what do our runs give?"""

from typing import Literal

import streamlit as st

from core.experiment import Published
from core.figures.published import beside, is_number
from core.judge import comparison
from core.judge.comparison import AGREES, DIFFERS, NO_COMPARISON, NOTHING, Comparison, Sources
from pages.parts import choose, compared, frame

LIST = "list"
FLAGGED = "only what does not reproduce or differs"
HEIGHT = 300
FEW_ROWS = 7
NUMBERS = {
    "rows": ("rows", "printed numbers, and totals that follow from them"),
    "reproduce": ("reproduce", "printed numbers that arithmetic on the printed counts gives again, rounded as printed"),
    "do not reproduce": ("do not", "printed numbers that arithmetic on the printed counts does not give"),
    AGREES: ("ours agrees", "no further apart than both intervals reach towards each other, and half a printed digit"),
    DIFFERS: ("ours differs", "it does not; the comment gives reasons"),
    NO_COMPARISON: ("no comparison", "ours does not mean the same, or its size was chosen; the comment says why"),
    NOTHING: ("ours missing", "the comment says what to make"),
}
COLUMNS = {
    "row": st.column_config.TextColumn("row", width=165),
    "column": st.column_config.TextColumn("column", width=118),
    "printed": st.column_config.TextColumn("printed", width=88),
    "recomputed": st.column_config.TextColumn("recomputed", width=92),
    "ours": st.column_config.TextColumn("ours, 95 % interval", width=155),
    "verdict": st.column_config.TextColumn("", width=112),
    "n": st.column_config.TextColumn("n", width=50),
    "comment": st.column_config.TextColumn("why", width=420),
    "run": st.column_config.TextColumn("from", width=200),
}


def choose_table(printed: Published) -> str:
    """The key of a printed table."""
    return choose.one_of("table", list(printed.tables), "table", format_func=lambda key: printed.tables[key])


def key_numbers(rows: list[Comparison], everything: list[Comparison]) -> None:
    """How many numbers of this table reproduce and agree; below, of all tables."""
    mine, of_all = comparison.tally(rows), comparison.tally(everything)
    for column, (name, (label, help)) in zip(st.columns(len(NUMBERS), gap="xsmall"), NUMBERS.items(), strict=True):
        column.metric(
            label, f"{mine[name]:,}", f"of all: {of_all[name]:,}", help=help, delta_color="off", delta_arrow="off"
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
        frame.data_button(lambda: comparison.columns_of(rows), f"{key}.csv", f"data-{key}")
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
        told = [{name: text for name, text in comparison.texts(row).items() if name in COLUMNS} for row in wanted]
        st.dataframe(
            told, hide_index=True, height=_height(told), column_config=COLUMNS, column_order=list(COLUMNS),
            alt="printed, recomputed and our numbers of the table",
        )  # fmt: skip


def the_figure(key: str, title: str, rows: list[Comparison]) -> None:
    """One column of the table, printed and ours with intervals."""
    drawable = list(dict.fromkeys(row.column for row in rows if is_number(row.wanted)))
    if not drawable:
        st.caption("This table holds texts: there is nothing to draw.")
        return
    column = st.selectbox(
        "column", drawable, index=len(drawable) - 1, key=f"column-{key}", width=260, label_visibility="collapsed"
    )
    chosen = [row for row in rows if row.column == column]
    note = (
        "Squares: as printed, with the interval of the printed counts where there are any; circles: ours, 95 %. "
        "Ours outside its own interval is flagged in the table; open circles cannot be compared."
    )
    figure = beside(chosen, column).update_layout(height=HEIGHT + 30)
    frame.show_figure(figure, f"published-{key}", f"{title}. {note}", lambda: comparison.columns_of(chosen))


def does_not_add_up(printed: Published) -> None:
    """The inconsistencies of the slides with their arithmetic."""
    st.caption(
        "What was printed (left), and what follows from the printed numbers (right). Everything here is computed again."
    )
    with st.container(height=HEIGHT + 30, border=False):
        for one in printed.inconsistencies():
            st.markdown(f"**{frame.plain(one.title)}** :gray[{frame.plain(one.where)}]")
            left, right = st.columns([2, 3], gap="small")
            left.markdown(frame.plain(one.printed))
            right.markdown(frame.plain(one.follows))


def command(of: Sources) -> str:
    """The same on the command line."""
    words = ["python -m core published"]
    words += [f"--data {of.dataset.name}"] if of.dataset else []
    words += [f"--study {of.study.id}"] if of.study else []
    words += [f"--run {of.run.id}"] if of.run else []
    return " ".join(words)


def page() -> None:
    frame.heading("Published", "What did the slides print, does it add up, and what do our runs give?")
    with st.sidebar:
        experiment = compared.experiment()
        printed = experiment.published
        assert printed is not None
        key = choose_table(printed)
        of = compared.pick(experiment)
        compared.build_networks(experiment)
        compared.simulate_printed(experiment)
    everything = compared.rows(of)
    rows = [row for row in everything if row.table == key]
    key_numbers(rows, everything)
    tabs = st.tabs(["table", "figure", "what does not add up"], key="show", bind="query-params")
    if tabs[0].open:
        with tabs[0]:
            the_table(key, rows)
    if tabs[1].open:
        with tabs[1]:
            the_figure(key, printed.tables[key], rows)
    if tabs[2].open:
        with tabs[2]:
            does_not_add_up(printed)
    data = choose.describe(of.dataset) if of.dataset else "no data set"
    study, run = of.study.id if of.study else "none", of.run.id if of.run else "none"
    frame.foot(f"{data}; study {study}; run {run}. Ours at a score of 0.5.", command(of))


frame.show(page)
