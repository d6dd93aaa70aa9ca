"""An analysis on a page: its report kept by small keys, and drawn with downloads."""

import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from core import parameters
from core.analysis.analysis import Analysis, Inputs, silent
from core.experiment import Experiment
from core.judge.report import KeyNumber, Report
from core.judge.report_files import WRITERS, csv_text
from core.workflows import analyse
from core.workflows.analyse import Names
from pages.widgets import cached, layout, scores

MOST_NUMBERS = 5  # key numbers above a figure: of more, none stands out
MAX_TABS = 7


@st.cache_resource(max_entries=64, show_spinner="Analysing ...")
def _report(_analysis: Analysis, _inputs: Callable[[], Inputs], _asked: Any, key: str) -> Report:
    del key
    return _analysis.run(_inputs(), _asked, silent)


def answered(
    experiment: Experiment, key: str, names: Names, values: Any, layers: Mapping[str, Any] | None = None,
    trained: Mapping[str, str] | None = None, **opened: Any,
) -> Report:  # fmt: skip
    """The report, made anew only if an input or a parameter is another. `opened`: inputs that have no name."""
    analysis = experiment.analyses[key]

    def inputs() -> Inputs:
        return analyse.open_inputs(
            experiment, analysis, names, layers, trained=trained, opener=cached.open_dataset, scorer=scores.scored,
            **opened,
        )  # fmt: skip

    digests = [part.digest for part in opened.values() if part is not None]
    text = "|".join([analyse.key_of(experiment, key, names, values, layers is not None, trained), *digests])
    return _report(analysis, inputs, values, text)


def key_numbers(numbers: Sequence[KeyNumber], widths: Sequence[float] = ()) -> None:
    """The first five with value, interval and n, `widths` by their texts, else all alike; the others folded away."""
    if not numbers:
        return
    first, others = numbers[:MOST_NUMBERS], numbers[MOST_NUMBERS:]
    for column, number in zip(st.columns(widths or len(first), gap="xsmall"), first, strict=False):
        column.metric(
            number.label, number.value, number.detail or None, help=number.help or None, delta_color="off",
            delta_arrow="off",
        )  # fmt: skip
    if others:
        with st.expander(f"{len(others)} more numbers"):
            st.dataframe([dataclasses.asdict(number) for number in others], hide_index=True, alt="more numbers")


def draw(
    report: Report, prefix: str, name: str, title: str = "", whole: Callable[[Report], Report] = lambda report: report
) -> None:
    """Key numbers, and the figures and tables group by group: in tabs, or of many groups the chosen one. All of it as
    a file `name`, under the report's own title or this one; `whole` adds what the page of it tells besides.
    """
    key_numbers(report.numbers)
    groups = report.groups
    if len(groups) > MAX_TABS:
        chosen = st.selectbox("show", groups, key=f"{prefix}-group", width=420, label_visibility="collapsed")
        draw_group(report, chosen, prefix)
    elif groups:
        for tab, group in zip(st.tabs(list(groups), key="show", bind="query-params"), groups, strict=True):
            if tab.open:
                with tab:
                    draw_group(report, group, prefix)
    notes(report)
    with st.container(horizontal=True):
        titled = dataclasses.replace(report, title=report.title or title)
        downloads(lambda: titled, name, lambda: whole(titled))


def notes(report: Report) -> None:
    """What a reader should know."""
    for note in report.notes:
        st.caption(f":material/warning: {layout.plain(note)}")


def draw_group(
    report: Report, group: str, prefix: str, height: int | Literal["content"] = "content", *, log_y: bool | None = None
) -> None:
    """Figures side by side, two in a row, then tables with their downloads.

    `height` and the scale of y (None: as it is) are those of the page; the kept figures stay as they are.
    """
    figures, tables = report.of_group(group)
    for start in range(0, len(figures), 2):
        pair = figures[start : start + 2]
        for i, (column, figure) in enumerate(zip(st.columns(len(pair)), pair, strict=True), start):
            with column:
                drawn = figure.figure
                if log_y is not None:
                    drawn = copy.deepcopy(drawn).update_layout(yaxis_type="log" if log_y else "linear")
                layout.show_figure(
                    drawn,
                    f"{prefix}-{group}-{i}",
                    figure.note,
                    lambda shown=figure: shown.columns,
                    height=height,
                )
    for i, table in enumerate(tables):
        if table.title != group:
            st.markdown(layout.plain(table.title))
        st.dataframe(table.texts, hide_index=True, alt=table.title)
        with st.container(horizontal=True, vertical_alignment="center"):
            if table.note:
                st.caption(layout.plain(table.note))
            layout.data_button(
                lambda shown=table: csv_text(shown.records), f"{prefix}-{group}-{i}.csv", f"{prefix}-{group}-t{i}"
            )


def downloads(report: Callable[[], Report], name: str, whole: Callable[[], Report] | None = None) -> None:
    """A report as a file of each kind, written on the click; as a page it is the `whole` one, where there is more to tell."""
    for ending, (write, media_type) in WRITERS.items():
        is_page = ending == "html"
        make = whole if is_page and whole is not None else report
        st.download_button(
            "report" if is_page else ending, lambda write=write, make=make: write(make()), f"{name}.{ending}", media_type,
            on_click="ignore", type="tertiary", icon=":material/summarize:" if is_page else ":material/download:", key=f"get-{ending}",
            help="a page of its own: figures that can be moved, tables, LaTeX, where all of it came from, and the commands (5 MB)"
            if is_page else None,
        )  # fmt: skip


def command(key: str, experiment: Experiment, names: Names, values: Any) -> str:
    """The same on the command line."""
    words = [f"python -m core analyse {key} --experiment {experiment.key}"]
    options = {"data": names.dataset, "run": names.run, "study": names.study, "calibrate": names.calibration}
    words += [f"--{option} {value}" for option, value in options.items() if value]
    words += ["--files", *names.files] if names.files else []
    words += [f"--mapping {names.mapping}"] if names.mapping else []
    words += [f"--set {text}" for text in parameters.as_assignments(values, experiment.analyses[key].parameters())]
    return " ".join(words)
