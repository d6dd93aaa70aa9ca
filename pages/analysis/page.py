"""Any analysis of the chosen experiment: what it needs is picked, its parameters are a form, its report is drawn."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import parameters, runs
from core.analysis.analysis import Analysis
from core.data import files
from core.data.dataset import list_datasets
from core.experiment import Experiment
from core.jobs import control
from core.judge.report import Report
from core.registry import EXPERIMENTS, samples_of_others
from core.workflows import analyse, reporting
from core.workflows import cross_training as studies
from core.workflows.analyse import NONE, Names
from pages.widgets import cached, choose, chosen_experiment, form, layout, report, scores, trainings, watch


def choose_analysis() -> tuple[Experiment, str]:
    """One of the analyses of the chosen experiment; of one without any, says so and shows the way on."""
    experiment = EXPERIMENTS[chosen_experiment.key()]
    if not experiment.analyses:
        layout.nothing_yet(
            f"{experiment.title} has no analysis beyond the other pages: choose a data set of another experiment.",
            "pages/data/page.py", "Go to Data",
        )  # fmt: skip
    key = choose.one_of(
        "analysis", list(experiment.analyses), "analysis", of=experiment.key,
        format_func=lambda name: experiment.analyses[name].title,
    )  # fmt: skip
    return experiment, str(key)


def pick(experiment: Experiment, analysis: Analysis) -> Names:
    """What the analysis needs, by name; ends the page where a needed one cannot be picked."""
    needs, chosen = analysis.needs, {}
    if "run" in needs and needs["run"].is_required:  # a run says which data sets can be taken
        task = needs["run"].task
        usable = [name for name, run in scores.usable_runs(experiment).items() if task in ("", run.task)]
        chosen["run"] = _one_of(analysis, "run", usable)
    if "dataset" in needs:
        options = [name for name in list_datasets() if cached.open_dataset(name).experiment == experiment.key]
        chosen["dataset"] = _one_of(analysis, "dataset", options, "data")
    of = chosen.get("dataset") or ""
    data = cached.open_dataset(of) if of not in ("", NONE) else None
    if data is not None and "run" in needs and "run" not in chosen:
        chosen["run"] = _one_of(
            analysis, "run", scores.runs_with_scores(data, needs["run"].task or runs.CLASSIFY), of=of
        )
    if data is not None and "study" in needs:
        options = [study.id for study in studies.list_studies(data.name)]
        chosen["study"] = _one_of(analysis, "study", options, of=of)
    if data is not None and "calibration" in needs:
        options = analyse.calibrations(runs.open_run(chosen["run"]), data.name)
        chosen["calibration"] = _one_of(analysis, "calibration", options, of=of)
    if "files" in needs:
        return _pick_files(experiment, analysis)
    return Names(**chosen)


def _one_of(analysis: Analysis, kind: str, names: list[str], key: str = "", of: str = "") -> str:
    """A picker of one need; without a needed one the page ends with the way on."""
    need = analysis.needs[kind]
    if not names and need.is_required:
        page, label = ("pages/train/page.py", "Go to Train") if kind == "run" else ("pages/data/page.py", "Go to Data")
        layout.nothing_yet(f"{analysis.title} needs {need.title}, and there is none yet.", page, label)
    options = names if need.is_required else [*names, NONE] if need.is_newest else [NONE, *names]
    return str(choose.one_of(need.title, options, key or kind, of=of, help=need.help or None))


def _pick_files(experiment: Experiment, analysis: Analysis) -> Names:
    """Raw files below the data roots, and the mapping that reads them."""
    need = analysis.needs["files"]
    patterns, others = experiment.reading.file_patterns, samples_of_others(experiment)
    listed = [file for root in files.data_roots() for file in files.list_files(root, patterns, others)[0]]
    by_name = {f"{file.root.name}/{file.name}": files.below_roots(file.path) for file in listed}
    mapping = choose.one_of("mapping", list(experiment.reading.mappings), "mapping", of=experiment.key)
    chosen = st.multiselect(need.title, list(by_name), key=f"files-{experiment.key}", persist_state="session")
    if not chosen:
        st.info(f"{analysis.title} needs {need.title}: choose at least one.", icon=":material/info:")
        st.stop()
    return Names(files=tuple(str(by_name[name]) for name in chosen), mapping=mapping)


def by_job(experiment: Experiment, key: str, names: Names, values: Any, trained: dict[str, str]) -> None:
    """The kept report of a long analysis, or the button that makes it and the job that is at it."""
    file = analyse.key_of(experiment, key, names, values, trained=trained)
    with layout.refusals():
        stored = analyse.stored(file)
    if stored is not None:
        name = f"{experiment.key}-{key}"
        report.draw(
            stored, name, f"darkroom-{name}", experiment.analyses[key].title, _whole(experiment, key, names, values)
        )
        return
    st.info("This takes a while: it runs as a job, and its report is kept.", icon=":material/info:")
    if st.button("start", icon=":material/play_arrow:", type="primary"):
        with layout.refusals():
            st.session_state["analysis-job"] = (file, analyse.submit(experiment, key, names, values, trained).id)
    wanted, job_id = st.session_state.get("analysis-job", ("", 0))
    if wanted == file:
        watch.live(_follow, job_id)


def _whole(experiment: Experiment, key: str, names: Names, values: Any) -> Callable[[Report], Report]:
    """What adds the provenance and the command to a report."""
    command = report.command(key, experiment, names, values)
    return lambda shown: reporting.with_origin(shown, names.of("dataset"), names.of("run"), command)


def _follow(job_id: int) -> None:
    with layout.refusals():
        job = control.get(job_id)
        watch.progress(job, control.list_jobs(), [])
    if not job.is_ended:
        watch.stop_button(job)


def page() -> None:
    layout.heading("Analysis", "What does the experiment ask beyond the shared judgement?")
    with st.sidebar:
        experiment, key = choose_analysis()
        analysis = experiment.analyses[key]
        with layout.refusals():
            names = pick(experiment, analysis)
        raw = form.draw(f"analysis-{experiment.key}-{key}", analysis.parameters)
    st.caption(layout.plain(f"{analysis.title}. {analysis.explanation}"))
    with layout.refusals():
        values = parameters.build(analysis.parameters, raw)
        with st.sidebar:
            trained = trainings.section(experiment, key, names, values)
        if analysis.takes_long:
            by_job(experiment, key, names, values, trained)
        else:
            shown = report.answered(experiment, key, names, values, trained=trained)
            name = f"{experiment.key}-{key}"
            report.draw(shown, name, f"darkroom-{name}", analysis.title, _whole(experiment, key, names, values))
    layout.foot(
        f"{experiment.title}: {analysis.title}.",
        report.command(key, experiment, names, values),
        data=cached.open_dataset(names.dataset) if names.of("dataset") else None,
    )


layout.show(page)
