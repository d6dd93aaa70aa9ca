"""Page Select: cuts with live histograms, the cut flow, and the data statistics table."""

from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.data.splits import SplitParameters
from core.data.table import columns_of
from core.selection import events
from core.selection import selection as selecting
from core.selection.panels import LIMITS
from core.selection.schemes import usable_schemes
from core.selection.selection import Selected, Selection
from core.workflows.label_warnings import selection_warnings
from pages.select import limits, panels, plane, tagging
from pages.select.panels import CUTS
from pages.widgets import cached, choose, form, gallery, layout

SPLIT = "div"
BEGUN, CHANGED = "begun", "changes"  # by data set: what the widgets were filled from; what was written of them
MOST_CLASSES = 2  # with a key number of their own


def controls(data: Dataset) -> Selection:
    """The sidebar: where to start from, then every cut."""
    experiment, owner = cached.experiment_of(data), choose.owner(data)
    starts = choose.starting_points(data)
    start = choose.one_of(
        "start from",
        list(starts),
        "start",
        first=choose.default_start(data, starts),
        of=owner,
        on_change=lambda: _restart(owner),
    )
    begun = st.session_state.setdefault(BEGUN, {})
    is_link = owner not in begun or (any(_changes()) and not choose.is_written(CHANGED, _changes(), owner))
    if begun.get(owner) != start or is_link:
        _start(data, start, choose.from_address(experiment, starts[start]) if is_link else starts[start])
    st.button("reset to it", on_click=_restart, args=(owner,), icon=":material/restart_alt:", type="tertiary")
    specs = parameters.specs(experiment.selecting.cuts)
    options = {s.name: cached.values(data, s.options_from) for s in specs if s.options_from}
    values = form.draw(f"{CUTS}-{owner}", experiment.selecting.cuts, options, skip=(LIMITS,))
    for name, available in options.items():  # what the data set does not have cannot be ticked, and is no change
        wanted = getattr(starts[start].cuts, name)
        if set(values[name] or ()) == set(wanted) & set(available):
            values[name] = wanted
    if LIMITS in {s.name for s in specs}:
        values[LIMITS] = limits.draw(owner, columns_of(experiment.table, data))
    labels, tags = choose_labels(data), tagging.choose_tags(data)
    with st.expander("division into samples"):
        split = form.draw(f"{SPLIT}-{owner}", SplitParameters)
    with layout.refusals():
        chosen = Selection(
            parameters.build(experiment.selecting.cuts, values), labels, parameters.build(SplitParameters, split), tags
        )
    choose.into_address(chosen, starts[start])
    choose.mark_written(CHANGED, _changes(), owner)
    return chosen


def choose_labels(data: Dataset) -> str:
    """One of the label schemes that mean something on the data set; '' without any."""
    experiment, key = cached.experiment_of(data), f"labels-{choose.owner(data)}"
    schemes = usable_schemes(experiment.selecting, experiment.labels, data)
    if not schemes:
        return ""
    if st.session_state.get(key) not in schemes:
        st.session_state[key] = schemes[0]
    labels = st.segmented_control(
        "labels", schemes, key=key, required=True, persist_state="session",
        help="  \n".join(f"**{name}**: {experiment.labels.schemes[name].title}" for name in schemes),
    )  # fmt: skip
    return labels or schemes[0]


def _changes() -> tuple[tuple[str, ...], ...]:
    """What the address says of changes to the starting point."""
    return tuple(tuple(st.query_params.get_all(name)) for name in choose.CHANGES)


def _restart(owner: str) -> None:
    """Begin anew from the starting point, without the changes that the address tells."""
    st.session_state[BEGUN].pop(owner, None)
    choose.forget_changes()


def _start(data: Dataset, name: str, selection: Selection) -> None:
    """Put a preset or stored selection into the widgets."""
    owner = choose.owner(data)
    form.fill(f"{CUTS}-{owner}", selection.cuts)
    form.fill(f"{SPLIT}-{owner}", selection.split)
    st.session_state[f"labels-{owner}"] = selection.labels
    limits.fill(data, selection.cuts)
    tagging.fill(data, selection.tags)
    st.session_state[BEGUN][owner] = name


def key_numbers(selected: Selected) -> None:
    """Rows, those inside the cuts, and how many have which label; of many classes the histograms' legends tell."""
    names, n_in = selected.classes, len(selected.preselected)
    shown = [("rows", selected.dataset.n_rows), ("inside the cuts", n_in)]
    if names:
        by_class = [(name, selected.n_of(i)) for i, name in enumerate(names)]
        n_labelled = sum(n for _, n in by_class)
        shown += by_class if len(names) <= MOST_CLASSES else [("with a label", n_labelled)]
        shown.append((events.class_names(selected)[-1], n_in - n_labelled))
    for column, (label, n) in zip(st.columns(len(shown)), shown, strict=True):
        column.metric(label, f"{n:,}")


def gallery_of(selected: Selected) -> None:
    """Pictures of some rows inside the cuts."""
    labels = selected.cutting.labels

    def names(rows: Any) -> list[str]:
        known = events.class_names(selected)
        return [known[i] for i in labels[rows].tolist()]

    gallery.gallery(selected.dataset, selected.preselected, "passing", "rows inside the cuts", names)


def save(data: Dataset, selection: Selection) -> None:
    with st.popover("save", icon=":material/bookmark:", help="keep this selection under a name"):
        # a button that waits for a name would be enabled only by the click that it then does not get
        with st.form("save", border=False):
            name = st.text_input("name", key="save-name", placeholder="low-energy")
            is_wanted = st.form_submit_button("save selection", type="primary")
        if is_wanted:
            with layout.refusals():
                selecting.store(data, name, selection)
            st.success(f"Selection '{name}' is stored: choose it under 'start from' or with --selection {name}.")


def details(selected: Selected) -> None:
    """What remains and what was lost, and what it looks like; only the open tab is drawn."""
    drawn = {
        "cut flow": lambda: st.dataframe(
            [row.to_dict() for row in selected.cutting.flow],
            hide_index=True,
            column_config=layout.FLOW_COLUMNS,
            placeholder="",
        ),
        "gallery": lambda: gallery_of(selected),
        "data statistics": lambda: st.dataframe(
            layout.flat(cached.experiment_of(selected.dataset).selecting.statistics(selected)), hide_index=True
        ),
        "any two features": lambda: plane.draw(selected),
    }
    for tab, draw in zip(st.tabs(list(drawn), key="details", bind="query-params"), drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def without_labels(selected: Selected) -> None:
    """Why no row has a class, and where labels come from."""
    sentence = f"No row inside the cuts has a label under '{selected.selection.labels}'"
    with st.container(horizontal=True, vertical_alignment="center"):
        if cached.experiment_of(selected.dataset).by_hand is None:
            st.info(f"{sentence}: choose other labels or wider cuts.", icon=":material/info:")
            return
        st.info(f"{sentence}: choose other labels, or label some by hand and freeze them.", icon=":material/info:")
        st.page_link("pages/label/page.py", label="label by hand", icon=":material/arrow_forward:")


def page() -> None:
    head = layout.heading("Select", "What remains after the cuts, and what was lost where?")
    with st.sidebar:
        data = choose.dataset()
        selection = controls(data)
    choose.remember(data, selection)
    with layout.refusals():
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
    elif selected.classes and not any(selected.n_of(i) for i in range(len(selected.classes))):
        without_labels(selected)
    panels.draw(selected)
    for warning in selection_warnings(cached.experiment_of(data), selected):
        st.caption(f":material/warning: {layout.plain(warning)}")
    details(selected)
    command = f"python -m core select {data.name}{choose.as_options(cached.experiment_of(selected.dataset), selection)}"
    layout.foot(f"{choose.describe(data)}{choose.labelled(selection)}.", command, data=data)


layout.show(page)
