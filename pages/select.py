"""Cuts with live histograms, the cut flow, and the data statistics table."""

from typing import Any

import streamlit as st

from core import figures, parameters
from core.data import events
from core.data import selection as selecting
from core.data.dataset import Dataset
from core.data.derive import columns_of
from core.data.selection import Selected, Selection
from core.data.splits import SplitParameters
from core.experiment import Column, Panel
from pages.parts import cached, choose, form, frame, gallery

CUTS, SPLIT = "cut", "div"
IN_A_ROW, METRICS_IN_A_ROW = 2, 6  # histograms; more numbers would be cut in a narrow window
HEIGHT, LEGEND_LINE_PX, N_SHORT = 300, 25, 4  # of a histogram; more classes need a longer legend above it


def controls(data: Dataset) -> Selection:
    """The sidebar: where to start from, then every cut."""
    experiment = cached.experiment_of(data)
    starts = choose.starting_points(data)
    fallback = choose.default_start(data, starts)
    start = st.selectbox(
        "start from", list(starts), key="start", index=list(starts).index(fallback), on_change=_restart, **choose.STAY
    )
    if st.session_state.get("started-from") != (data.name, start):
        first_visit = "started-from" not in st.session_state
        _start(data, start, choose.from_address(experiment, starts[start]) if first_visit else starts[start])
    st.button("reset to it", on_click=_restart, icon=":material/restart_alt:", type="tertiary")
    specs = parameters.specs(experiment.cuts)
    options = {s.name: cached.values(data, s.options_from) for s in specs if s.options_from}
    values = form.draw(CUTS, experiment.cuts, options, skip=("limits",))
    for name, there in options.items():  # what the data set does not have cannot be ticked, and is no change
        wanted = getattr(starts[start].cuts, name)
        if set(values[name] or ()) == set(wanted) & set(there):
            values[name] = wanted
    values["limits"] = feature_limits(columns_of(experiment, data))
    schemes = selecting.usable_schemes(experiment, data)
    if st.session_state.get("labels") not in schemes:
        st.session_state["labels"] = schemes[0]
    labels = st.segmented_control(
        "labels", schemes, key="labels", required=True, persist_state="session",
        help="  \n".join(f"**{name}**: {experiment.label_schemes[name]}" for name in schemes),
    )  # fmt: skip
    with st.expander("division into samples"):
        division = form.draw(SPLIT, SplitParameters)
    with frame.refusals():
        chosen = Selection(
            parameters.build(experiment.cuts, values),
            labels or starts[start].labels,
            parameters.build(SplitParameters, division),
        )
    choose.into_address(chosen, starts[start])
    return chosen


def _restart() -> None:
    st.session_state["started-from"] = None


def _start(data: Dataset, name: str, selection: Selection) -> None:
    """Put a preset or stored selection into the widgets."""
    form.fill(CUTS, selection.cuts)
    form.fill(SPLIT, selection.split)
    st.session_state["labels"] = selection.labels
    st.session_state["limited"] = [limit.feature for limit in selection.cuts.limits]
    ranges = {c.name: (c.low, c.high) for c in columns_of(cached.experiment_of(data), data)}
    with frame.refusals():
        data.columns(limit.feature for limit in selection.cuts.limits if limit.feature not in ranges)
    for limit in selection.cuts.limits:
        low, high = ranges[limit.feature]  # an open end is the end of the slider
        st.session_state[f"limit-{limit.feature}"] = (min(max(limit.low, low), high), max(min(limit.high, high), low))
    st.session_state["started-from"] = (data.name, name)


def feature_limits(columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """Minimum and maximum of any feature."""
    names = {column.name: column for column in columns}
    st.session_state["limited"] = [name for name in st.session_state.get("limited", ()) if name in names]
    with st.expander("limits of other features"):
        chosen = st.multiselect(
            "features", list(names), key="limited", format_func=lambda n: names[n].title, persist_state="session"
        )
        limits = []
        for name in chosen:
            c = names[name]
            st.session_state.setdefault(f"limit-{name}", (c.low, c.high))
            low, high = st.slider(c.title, c.low, c.high, key=f"limit-{name}", persist_state="session")
            limits.append(
                {"feature": name, "low": low if low > c.low else -1e30, "high": high if high < c.high else 1e30}
            )
    return limits


def key_numbers(selected: Selected) -> None:
    names = selected.classes
    n_all, n_in = selected.dataset.n_rows, len(selected.preselected)
    shown = [("rows", f"{n_all:,}"), ("inside the cuts", f"{n_in:,}")]
    shown += [(name, f"{selected.n_of(i):,}") for i, name in enumerate(names)]
    unlabelled = n_in - sum(selected.n_of(i) for i in range(len(names)))
    shown.append((events.class_names(names)[-1], f"{unlabelled:,}"))
    for start in range(0, len(shown), METRICS_IN_A_ROW):
        row = shown[start : start + METRICS_IN_A_ROW]
        n_columns = len(row) if len(shown) <= METRICS_IN_A_ROW else METRICS_IN_A_ROW
        for column, (label, value) in zip(st.columns(n_columns), row, strict=False):
            column.metric(label, value)


def choose_panels(selected: Selected) -> list[Panel]:
    """Those of the experiment's histograms that stand beside each other."""
    drawn = {p.column: p for p in selected.experiment.panels}
    if len(drawn) <= IN_A_ROW:
        return list(drawn.values())
    titles = {c.name: c.label for c in selected.experiment.columns}
    first = list(drawn)[:IN_A_ROW]
    chosen = st.pills(
        "histograms", list(drawn), selection_mode="multi", default=first, key=f"panels-{selected.experiment.key}",
        format_func=lambda name: titles[name], label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return [drawn[name] for name in chosen or first]


def panel(selected: Selected, drawn: Panel) -> None:
    """A histogram with the cuts drawn in it."""
    column = next(c for c in selected.experiment.columns if c.name == drawn.column)
    found = cached.class_histograms(selected, column)
    lines = drawn.lines(selected.selection.cuts)
    how = {"threshold": lines[0]} if len(lines) == 1 else {"window": lines} if len(lines) == 2 else {}
    figure = figures.step_histogram(
        found, column.label, column.unit, rows="rows", log_y=st.session_state.get("log", True), **how
    )
    note = f"{column.help or column.label} of the rows inside the cuts, by label."
    frame.show_figure(
        figure.update_layout(height=HEIGHT + LEGEND_LINE_PX * max(0, len(found) - N_SHORT)),
        f"select-{column.name}",
        note,
        lambda: frame.histogram_columns(found),
    )


def two_dimensions(selected: Selected) -> None:
    """Any two columns against each other."""
    columns = {c.name: c for c in columns_of(selected.experiment, selected.dataset)}
    left, right = st.columns([1, 3])
    with left:
        names = list(columns)
        x = st.selectbox("x", names, index=0, key="x2", format_func=lambda n: columns[n].title, **choose.STAY)
        y = st.selectbox("y", names, index=1, key="y2", format_func=lambda n: columns[n].title, **choose.STAY)
        of = st.selectbox("of", ["all inside the cuts", *selected.classes], key="of2", **choose.STAY)
    index = selected.classes.index(of) if of in selected.classes else -1
    found = cached.histogram_2d(selected, columns[x], columns[y], index)
    with right:
        note = f"{found.n:,} rows ({of}); {found.n_outside:,} of them lie outside the axes or are undefined."
        figure = figures.histogram_2d(found, columns[x].title, columns[y].title, rows="rows")
        frame.show_figure(figure, "select-2d", note, lambda: frame.histogram_2d_columns(found))


def gallery_of(selected: Selected) -> None:
    """Pictures of some rows inside the cuts."""
    labels = selected.cutting.labels

    def names(rows: Any) -> list[str]:
        known = events.class_names(selected.classes)
        return [known[i] for i in labels[rows].tolist()]

    gallery.gallery(selected.dataset, selected.preselected, "passing", "rows inside the cuts", names)


def save(data: Dataset, selection: Selection) -> None:
    with st.popover("save", icon=":material/bookmark:", help="keep this selection under a name"):
        name = st.text_input("name", key="save-name", placeholder="low-energy")
        if st.button("save selection", disabled=not name, type="primary"):
            with frame.refusals():
                selecting.store(data, name, selection)
            st.success(f"Selection '{name}' is stored: choose it under 'start from' or with --selection {name}.")


def details(selected: Selected) -> None:
    """What remains and what was lost, and what it looks like; only the open tab is drawn."""
    drawn = {
        "cut flow": lambda: st.dataframe(
            [row.to_dict() for row in selected.cutting.flow], hide_index=True, column_config=frame.FLOW_COLUMNS
        ),
        "gallery": lambda: gallery_of(selected),
        "data statistics": lambda: st.dataframe(frame.flat(selected.experiment.statistics(selected)), hide_index=True),
        "any two features": lambda: two_dimensions(selected),
    }
    for tab, draw in zip(st.tabs(list(drawn), key="details", bind="query-params"), drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def without_labels(selected: Selected) -> None:
    """Why no row has a class, and where labels come from."""
    told = f"No row inside the cuts has a label under '{selected.selection.labels}'"
    with st.container(horizontal=True, vertical_alignment="center"):
        if selected.experiment.labelling is None:
            st.info(f"{told}: choose other labels or wider cuts.", icon=":material/info:")
            return
        st.info(f"{told}: choose other labels, or label some by hand and freeze them.", icon=":material/info:")
        st.page_link("pages/label.py", label="label by hand", icon=":material/arrow_forward:")


def page() -> None:
    head = frame.heading("Select", "What remains after the cuts, and what was lost where?")
    with st.sidebar:
        data = choose.dataset()
        selection = controls(data)
    choose.remember(data, selection)
    with frame.refusals():
        selected = cached.select(data, selection)
    with head:
        st.toggle("log", value=True, key="log", persist_state="session")
        save(data, selection)
    key_numbers(selected)
    if not len(selected.preselected):
        worst = min(selected.cutting.flow[1:], key=lambda row: row.cumulative)
        st.warning(
            f"No row is inside the cuts: after '{worst.cut}' {worst.cumulative} are left. Widen it, or start from 'everything'."
        )
    elif not any(selected.n_of(i) for i in range(len(selected.classes))):
        without_labels(selected)
    drawn = choose_panels(selected)
    for start in range(0, len(drawn), IN_A_ROW):
        for column, one in zip(st.columns(IN_A_ROW), drawn[start : start + IN_A_ROW], strict=False):
            with column:
                panel(selected, one)
    for warning in selected.warnings:
        st.caption(f":material/warning: {frame.plain(warning)}")
    details(selected)
    command = f"python -m core select {data.name}{choose.as_options(selected.experiment, selection)}"
    frame.foot(f"{choose.describe(data)}; labels {selection.labels}.", command)


frame.show(page)
