"""What is asked about the chosen runs: curves, results with intervals, parameters against the result, differences, details."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import figures, manifest, runs
from core.errors import DarkroomError
from core.figures.parallel import parallel
from core.figures.results import points_and_intervals
from core.judge.report import PERCENT
from core.judge.run_result import Result
from core.learn import curves
from core.runs import Run, RunSummary
from core.workflows import run_admin, run_results
from pages.runs.listing import COMPARED, redraw_table
from pages.widgets import choose, layout
from pages.widgets import parallel as drawing

FEW_RUNS = 5  # of more only the validation is drawn, in thin lines
MAX_AXES, LOSS, BRUSHED, PARALLEL = 8, "validation loss", "runs-brushed", "runs-parallel"


def comparison(opened: list[Run], axis: str) -> None:
    """Loss and efficiencies of the chosen runs in one figure."""
    of_runs = []
    for run in opened:
        try:
            of_runs.append(curves.of_run(run, axis))
        except DarkroomError as error:
            st.warning(layout.plain(str(error)), icon=":material/warning:")
    every = max((of_run.every for of_run in of_runs), default=1)
    thinned = f"; long curves are thinned, up to every {every}. of their points is drawn" if every > 1 else ""
    training = "mean of the latest 30 batches" if axis == "batches" else "mean of the epoch"
    names = {curve.class_name for of_run in of_runs for curve in of_run.curves} - {""}
    of_two = names <= {"signal", "background"}
    classes = "; signal solid, background dashed" if of_two else "; each class in its own line style"
    drawn = [curve for of_run in of_runs for curve in of_run.curves]
    are_many = len(of_runs) > FEW_RUNS
    which = (
        f"Thin: training, {training}; with markers: validation"
        if not are_many
        else "Validation alone, one colour per run"
    )
    note = f"{which}{classes if names else ''}{thinned}. A validation loss that rises while the training's falls: overtrained."
    least = curves.least_of(opened[0]) if len(opened) == 1 else {}
    shown = [curve for curve in drawn if curve.is_validation] if are_many else drawn
    figure = figures.training_curves(shown, axis, training, beside=True, least=least).update_layout(height=260)
    if are_many:
        figure.update_traces(mode="lines", line_width=1)
        figure.update_layout(legend={"orientation": "v", "x": 1.02, "y": 1.0, "yanchor": "top"}, height=300)
    layout.show_figure(figure, "runs", note, lambda: curves.columns(of_runs, axis))


def results_figure(opened: list[Run], results: Mapping[str, Result]) -> None:
    """One quantity of the chosen runs as points with intervals."""
    there = [run for run in opened if run.id in results and results[run.id].numbers]
    names = list(dict.fromkeys(quantity.name for run in there for quantity in results[run.id].numbers))
    if not names:
        st.caption("None of these runs has a result on its test sample yet.")
        return
    name = choose.one_of("quantity", names, "quantity", label_visibility="collapsed", width=320)
    numbers = [(run, quantity) for run in there if (quantity := results[run.id].of(name))]
    values = [tuple(q.factor * getattr(q.number, end) for end in ("value", "low", "high")) for _, q in numbers]
    unit = next((f" [{q.unit}]" for _, q in numbers if q.unit), "")
    titles, texts = [run.name for run, _ in numbers], [q.text for _, q in numbers]
    figure = points_and_intervals(titles, values, texts, name + unit)
    note = (
        "On the test sample of each run, 95 % intervals. Runs whose intervals are far apart differ; of runs on other data or cuts "
        "the samples are other ones too."
    )
    columns = {
        "run": [run.id for run, _ in numbers],
        "name": titles,
        **dict(zip(("value", "low", "high"), zip(*values, strict=True), strict=True)),
    }
    layout.show_figure(figure, "runs-results", note, lambda: columns)


def parameters_against_result(
    listed: Sequence[RunSummary], results: Mapping[str, Result], chosen: Sequence[str]
) -> None:
    """Parallel coordinates of everything in which the listed runs differ; what is dragged shortens the list."""
    usable = [run for run in listed if run.is_usable]
    if len(usable) < 2:
        st.caption(
            "Two or more runs that have ended are needed: their differing parameters are drawn against the result."
        )
        return
    values, against = _values(usable, results)
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        label = choose.one_of("against", against, "against", help="the last axis, which also gives the colour")
    differing = [name for name in dict.fromkeys(n for v in values.values() for n in v) if name not in against]
    differing = [name for name in differing if len({str(v.get(name)) for v in values.values()}) > 1]
    n_lacking = {name: sum(v.get(name) is None for v in values.values()) for name in differing}
    differing.sort(key=lambda name: n_lacking[name])  # stable: what all runs have comes first
    shown = right.multiselect(
        "axes",
        differing,
        differing[:MAX_AXES],
        key=f"axes-{'|'.join(differing)}"[:200],
        placeholder="parameters that differ",
    )
    picture = parallel(
        {run.id: runs.open_run(run.id).name for run in usable},
        {run_id: {name: of_run.get(name) for name in (*shown, label)} for run_id, of_run in values.items()}, label,
    )  # fmt: skip
    drawing.draw(
        picture, PARALLEL, chosen, f"{len(usable)} runs across {len(picture.axes)} axes, coloured by {label}",
        on_brush=_brushed, on_pick=_picked,
    )  # fmt: skip
    st.caption(
        f"Dark is low, bright high {layout.plain(label)}, grey unknown. Each line is a run; the list above shows those that are left."
    )


def _values(usable: Sequence[RunSummary], results: Mapping[str, Result]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """(settings and results of each run by id and short name; the names of what can be coloured by)."""
    values: dict[str, dict[str, Any]] = {}
    quantities: dict[str, None] = {}
    for run in usable:
        of_run = run_admin.settings_of(run.id, manifest.state(runs.runs_folder() / run.id))
        numbers = {
            f"{q.name} [{q.unit}]" if q.unit == PERCENT else q.name: q.factor * q.number.value
            for q in (results[run.id].numbers if run.id in results else ())
            if not math.isnan(q.number.value)
        }
        quantities |= dict.fromkeys(numbers)
        loss = {} if run.validation_loss is None else {LOSS: run.validation_loss}
        values[run.id] = {
            "data set": run.dataset,
            **{_short(name): value for name, value in of_run.items()},
            **numbers,
            **loss,
        }
    return values, [*quantities, LOSS]


def _short(name: str) -> str:
    """The name of a setting without the group that it stands in."""
    return name.rsplit(".", 1)[-1]


def _brushed(ids: list[str] | None) -> None:
    st.session_state[BRUSHED] = ids
    redraw_table()


def _picked(run_id: str) -> None:
    """A click on a line takes its run among the compared ones, or out of them."""
    before = list(st.session_state.get(COMPARED, ()))
    st.session_state[COMPARED] = [i for i in before if i != run_id] if run_id in before else [*before, run_id]
    redraw_table()


def differing(opened: list[Run]) -> None:
    """The parameters in which the chosen runs differ."""
    if differs := run_admin.differences(opened):
        config = {"parameter": st.column_config.TextColumn(width="medium")}
        st.dataframe(differs, hide_index=True, column_config=config, alt="what was asked for differently")
    else:
        st.caption("Tick two or more runs: the parameters in which they differ stand here.")


def all_details(opened: list[Run], results: Mapping[str, Result]) -> None:
    for run in opened:
        details(run, results.get(run.id, run_results.UNKNOWN))


def details(run: Run, result: Result) -> None:
    """Everything that a run's result depends on."""
    provenance = run.provenance
    with st.expander(layout.plain(run.title), icon=":material/info:"):
        for warning in provenance.get("warnings", ()):
            st.caption(f":material/warning: {layout.plain(str(warning))}")
        words = result.text or f"no result: {result.why}"
        st.caption(layout.plain(f"{words}. {f'On the {result.counted_on}.' if result.counted_on else ''}"))
        left, middle, right = st.columns(3)
        left.dataframe(run_admin.as_rows({**run.params, "recipe": run.recipe}), hide_index=True, alt="parameters")
        middle.dataframe(
            [{"sample": sample, **n} for sample, n in provenance.get("counts", {}).items()],
            hide_index=True,
            alt="counts",
        )
        middle.dataframe(run_admin.as_rows(run.selection), hide_index=True, alt="selection")
        facts = {k: v for k, v in provenance.items() if k not in ("warnings", "counts")}
        right.dataframe(run_admin.as_rows(facts), hide_index=True, alt="provenance")
        if summary := runs.read_summary(run):
            middle.dataframe(run_admin.as_rows(summary), hide_index=True, alt="numbers on the test sample")
        with st.container(horizontal=True):
            evaluate_link(run)
            for name in ("params", "provenance", "selection"):
                text = json.dumps(getattr(run, name), indent=1)
                st.download_button(
                    f"{name}.json", text, f"{run.id}-{name}.json", "application/json", key=f"{name}-{run.id}",
                    on_click="ignore", type="tertiary", icon=":material/download:",
                )  # fmt: skip


def evaluate_link(run: Run) -> None:
    st.page_link(
        "pages/evaluate/page.py", label=f"evaluate {layout.plain(run.name)}", query_params={"run": run.id},
        icon=":material/table_chart:",
    )  # fmt: skip
