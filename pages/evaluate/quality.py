"""All generators of a data set in one table, beside what the truth itself scores; and the rows by which a judge knows one best."""

from typing import Any

import streamlit as st

from core import runs, workspace
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.figures import image_pairs
from core.figures.generation import TRUTH
from core.figures.image_pairs import Line
from core.jobs import control
from core.judge.generating import generating_of
from core.judge.generation import pairs, values
from core.judge.output_table import open_outputs
from core.judge.report import DASH
from core.judge.report_files import csv_text
from core.learn.generator import task_of
from core.learn.tasks.generate import Generate
from core.selection import events
from core.workflows import analyse
from core.workflows.analyse import Names
from pages.widgets import cached, layout, scores, watch

KEY = "quality"
N_SHOWN = 6
TITLES = {
    "auc_low": "AUC low", "auc_high": "AUC high", "auc_hard": "AUC hard", "fpd": "FPD", "wasserstein_channels": "Wasserstein, channels",
    "mae_channels": "MAE, channels", "neighbour_ratio": "neighbour ratio", "etot_bias": "sum, bias",
}  # fmt: skip
NOTE = (
    "Areas under the ROC curve of judges that tell generated from true rows: 0.5 cannot tell, 1 always can; every number beside what truth "
    "against truth gives. Choose a line to see by which rows its generator is known."
)
FAKE_NOTE = "The generated rows that the hardest judge is surest about, below the true rows of the same conditions."


@st.cache_data(max_entries=4, show_spinner="Reading the reports ...")
def _reports(version: tuple[int, int]) -> list[dict[str, Any]]:
    del version
    return [part for part in analyse.stored_values() if "judges" in part]


def reports() -> list[dict[str, Any]]:
    """The plain values of all stored reports on generators, newest first; read again only when another one has come."""
    folder = workspace.folder("analyses")
    return _reports((folder.stat().st_mtime_ns, len(list(folder.glob("*.json")))) if folder.exists() else (0, 0))


def section(data: Dataset) -> None:
    """The table, who is missing in it, and the rows of the line that is chosen."""
    experiment = cached.experiment_of(data)
    if experiment.generating is None or KEY not in experiment.analyses:
        return
    usable = {i: run for i, run in scores.usable_runs(experiment).items() if run.task == Generate.key}
    judged = [part for part in reports() if part["dataset"] == data.name and part["run"] in usable]
    rows = values.table_of_values(judged)
    st.markdown("**All generators of this data set**")
    if rows:
        _table(experiment, data, rows, judged)
    _missing(experiment, data, [i for i in usable if i not in {row["run"] for row in rows}])


def _table(experiment: Experiment, data: Dataset, rows: list[dict[str, Any]], judged: list[dict[str, Any]]) -> None:
    readable = values.readable_rows(rows)
    event = st.dataframe(
        readable, hide_index=True, row_height=28, key="generators", on_select="rerun", selection_mode="single-row", placeholder=DASH,
        column_config={
            **{name: st.column_config.TextColumn(title) for name, title in TITLES.items()},
            "generator": st.column_config.TextColumn(pinned=True), "run": st.column_config.TextColumn(width=150),
            "ms_per_row": st.column_config.NumberColumn("ms per row", format="%.3g"), "parameters": st.column_config.NumberColumn(format="localized"),
            "train_seconds": st.column_config.NumberColumn("trained in [s]", format="%.0f"),
        },
        alt="quality of all generators of the data set, the truth in the last line",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(NOTE)
        layout.data_button(lambda: csv_text(readable), "generators.csv", "generators-data")
    ticked = event["selection"]["rows"]
    if ticked and ticked[0] < len(rows):
        run = rows[ticked[0]]["run"]
        with layout.refusals():
            _most_fake(experiment, data, next(part for part in judged if part["run"] == run))


def _most_fake(experiment: Experiment, data: Dataset, of_run: dict[str, Any]) -> None:
    """The rows that the judge is surest about, with the true ones above them, and the way to each."""
    judge, listed = values.most_fake(of_run)
    if not listed:
        st.caption("No judge was asked about this run, or its rows are no longer there.")
        return
    run, generating = runs.open_run(of_run["run"]), generating_of(experiment)
    listed = listed[:N_SHOWN]
    table = open_outputs(run, task_of(run, experiment.networks), data)
    drawn = pairs.stored_pictures(table, generating, [part["row"] for part in listed])
    names = [events.uid_text(experiment.table, data, part["row"]) for part in listed]
    titles = [f"{name}<br>score {part['score']:.3f}" for name, part in zip(names, listed, strict=True)]
    lines = [Line(TRUTH, pairs.titled(drawn[0], titles)), Line(run.network, pairs.titled(drawn[1], titles))]
    frame = generating.frame(data.geometry)
    figure = image_pairs.draw(lines, frame, 150)
    layout.show_figure(figure, "most-fake", f"{FAKE_NOTE} Judge: {judge}.", lambda: image_pairs.columns(lines, frame))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(experiment.row_name, names, key=f"fake-{run.id}", width=220)
        row = listed[names.index(name)]["row"]
        st.page_link(
            "pages/inspect/page.py",
            label="look at the true one",
            icon=":material/search:",
            query_params={"data": data.name, "uid": name},
        )
        place = pairs.place_among_unseen(data, run, tuple(task_of(run, experiment.networks).conditions), row)
        if place is not None:
            address = {"data": data.name, "run": run.id, "event": str(place)}
            st.page_link(
                "pages/generate/page.py", label="generate others for it", icon=":material/casino:", query_params=address
            )


def _missing(experiment: Experiment, data: Dataset, without: list[str]) -> None:
    """Runs that were not judged on the data set, and the button that queues their judgement."""
    ready = [i for i in without if runs.is_scored(i, data.name)]
    if without:
        text = f"Not judged on {layout.plain(data.name)}: {', '.join(without)}"
        rest = (
            f"; {len(without) - len(ready)} of them have generated no rows of it yet (predict)"
            if len(ready) < len(without)
            else ""
        )
        st.caption(f"{text}{rest}.")
    if ready and st.button(
        f"judge {ready[0]}" if len(ready) == 1 else f"judge these {len(ready)}", icon=":material/gavel:", key="judge-missing",
        help="one job after the other, some minutes each; their reports are kept",
    ):  # fmt: skip
        with layout.refusals():
            for run in ready:
                analysis = experiment.analyses[KEY]
                analyse.submit(experiment, KEY, Names(dataset=data.name, run=run), analysis.parameters())
        st.rerun()
    watch.live(_jobs, data.name)


def _jobs(dataset: str) -> None:
    """The judgements that wait or work."""
    listed = control.list_jobs(states=watch.OPEN)
    for job in listed:
        if (
            job.kind == analyse.KIND
            and job.arguments.get("analysis") == KEY
            and job.arguments["names"]["dataset"] == dataset
        ):
            watch.progress(job, listed, [])
            watch.stop_button(job)
