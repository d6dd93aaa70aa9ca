"""A run that tells no classes apart: what its network regressed or generated, as its task sums it up."""

import streamlit as st

from core.data.dataset import Dataset
from core.judge import score_table
from core.judge.output_report import report_of
from core.judge.output_table import open_outputs
from core.judge.report import Report
from core.learn.plan import task_of_run
from core.runs import Run
from core.workflows import reporting
from pages.evaluate import quality
from pages.widgets import cached, choose, layout, report, run_picker, scores

SPLITS = ("test", "validation", "train", "other", "all")


@st.cache_resource(max_entries=16, show_spinner="Summing up ...", hash_funcs=cached.KEYS)
def _report(run: Run, data: Dataset, version: str, split: str) -> Report:
    del version
    experiment = cached.experiment_of(data)
    task = task_of_run(experiment.networks, run)
    axis = experiment.judging.axis if experiment.judging else None
    return report_of(open_outputs(run, task, data), axis, split)


def page(run: Run, data: Dataset) -> None:
    """Numbers with intervals, and the same along the axis that the experiment judges by."""
    if not scores.has_scores(run, data):
        st.info(f"Run {layout.plain(run.name)} has no outputs of data set '{data.name}' yet.", icon=":material/info:")
        run_picker.score_button(run, data, "let the run work on the data set")
        st.stop()
    with st.sidebar:
        split = st.segmented_control("split", SPLITS, default="test", key="split", required=True, **choose.STAY)
    with layout.refusals():
        shown = _report(run, data, score_table.version(run, data.name), split or "test")
    quality.section(data)
    asked_for = reporting.Question(data.name, split=split or "test")
    name = f"{run.id}-{data.name}-{split}"
    report.draw(shown, f"evaluate-{run.task}", name, whole=lambda _: reporting.of_run(run.id, asked_for))
    layout.foot(
        f"run {run.title} ({run.network}, trained to {run.task}), {choose.describe(data)}, split {split}.",
        f"python -m core evaluate {run.id} --split {split}"
        + (f" --data {data.name}" if data.name != run.dataset else ""),
        data=data,
        run=run,
    )
