"""Page Data: the content of raw files, the mapping that reads them, and preparing them as a job."""

import shlex
from pathlib import Path
from typing import Any

import streamlit as st

from core import parameters, workspace
from core.data import files
from core.data.dataset import readable
from core.experiment import Experiment
from core.jobs import control
from core.registry import EXPERIMENTS, samples_of_others
from pages.data import arrivals, derived, energy_scale, sources
from pages.widgets import choose, form, job_again, layout, undo, watch


def pick_files(experiment: Experiment) -> list[files.RawFile]:
    """The data root and the files in it; a selection in the table."""
    roots = {str(root): root for root in files.data_roots()}
    root = roots[st.sidebar.selectbox("data root", list(roots), key="root", persist_state="session")]
    with layout.refusals():
        listed, n_all = files.list_files(root, experiment.reading.file_patterns, samples_of_others(experiment))
    wanted = st.sidebar.text_input("name contains", key="file-filter", persist_state="session", live=True)
    shown = [f for f in listed if wanted.lower() in f.name.lower()]
    if not shown:
        sentence = f"No file in {root} fits {', '.join(experiment.reading.file_patterns)} and the filter."
        st.info(layout.plain(sentence), icon=":material/info:")
        return []
    sentence = f"{len(shown):,} of {n_all:,} files in {root}; tick those to prepare, or the head of the column for all."
    st.caption(layout.plain(sentence))
    rows = [{"file": f.name, "MB": f.size / 1e6} for f in shown]
    config = {"MB": st.column_config.NumberColumn(format="%.2f")}
    event = st.dataframe(
        rows, key=f"files-{root}", on_select="rerun", selection_mode="multi-row", hide_index=True,
        height=min(250, 38 + 35 * len(rows)),
        column_config=config, alt="raw files",
    )  # fmt: skip
    return [shown[i] for i in event["selection"]["rows"] if i < len(shown)]


@st.cache_data(max_entries=64, show_spinner="Reading the file's table of contents ...")
def _preview(key: str, path: str, mtime_ns: int, size: int, options: tuple[str, ...]) -> dict[str, Any]:
    del mtime_ns, size  # part of the key only
    return files.preview(key, Path(path), options)


def show_preview(experiment: Experiment, file: files.RawFile, options: tuple[str, ...]) -> None:
    """Whether the mapping reads the file; its trees, branches and first values."""
    with layout.refusals():
        preview = _preview(experiment.key, str(file.path), file.mtime_ns, file.size, options)
    if preview["mapping_problem"] is None:
        st.success(f"The mapping reads {layout.plain(file.name)}.", icon=":material/check:")
        for note in preview["mapping_notes"]:
            st.caption(layout.plain(note))
    else:
        others = " or ".join(preview["fitting_mappings"])
        hint = f" The mapping {others} reads it." if others else ""
        st.warning(layout.plain(preview["mapping_problem"] + hint), icon=":material/warning:")
    for name, tree in preview["trees"].items():
        sentence = f"{file.name}: {tree['kind']} {name}, {tree['n_entries']:,} entries, {tree['n_branches']} branches"
        st.caption(layout.plain(sentence))
        st.dataframe(tree["branches"], hide_index=True, height=230, alt="branches")
    if not preview["trees"]:
        st.warning(
            layout.plain(f"{file.name} holds no tree of events, but {', '.join(preview['objects']) or 'nothing'}.")
        )


def choose_mapping(experiment: Experiment) -> tuple[Any, tuple[str, ...]]:
    """A mapping, shipped or a .toml file below the data roots, with its fields adjustable, and the options of the command line
    that give the same."""
    of, stored = f"mapping-{experiment.key}", files.list_mappings()
    name = st.sidebar.selectbox(
        "mapping", [*experiment.reading.mappings, *stored], key=of, persist_state="session",
        help="those that come with Darkroom, and .toml files below the data roots: copy one and change it",
    )  # fmt: skip
    with layout.refusals():
        base = experiment.reading.load_mapping(stored[name] if name in stored else experiment.reading.mappings[name])
    form.begin(f"{of}/{name}", base)
    with st.sidebar.expander(f"fields of '{layout.plain(base.title)}'"):
        values = form.draw(f"{of}/{name}", experiment.reading.mapping)
    with layout.refusals():
        mapping = parameters.build(experiment.reading.mapping, {**parameters.to_dict(base), **values})
    changed = [option for text in parameters.as_assignments(mapping, base) for option in ("--set", text)]
    return mapping, ("--mapping", str(stored.get(name, name)), *changed)


def prepare(experiment: Experiment, chosen: list[files.RawFile], mapping: Any) -> None:
    """Name the data set and start the job."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input(
        "name of the data set (an existing one grows)", key="new-name", placeholder="calibration-2026"
    )
    label = f"prepare {len(chosen):,} file{'s' * (len(chosen) != 1)}"
    if right.button(
        label, type="primary", disabled=not (chosen and name), icon=":material/play_arrow:", width="stretch"
    ):
        with layout.refusals():
            arguments = {
                "experiment": experiment.key,
                "files": [str(files.below_roots(f.path)) for f in chosen],
                "name": workspace.checked_name(name, "data set"),
                "mapping": parameters.to_dict(mapping),
                "is_bounded": True,
            }
            job = control.submit("prepare", f"prepare {name}", arguments)
        st.session_state["prepare-job"] = job.id


@st.fragment(run_every=1.0)
def progress() -> None:
    """The job that was started here, until it is over."""
    with layout.refusals():
        job = control.get(st.session_state["prepare-job"])
    name = job.arguments["name"]
    if job.is_ended and st.session_state.get("prepare-told") != job.id:
        st.session_state["prepare-told"] = job.id
        st.rerun()  # the tables below this fragment show the data set from now on
    if job.state == "finished":
        is_whole = " refused" not in job.progress_text
        (st.success if is_whole else st.warning)(
            layout.plain(f"Job {job.id} finished. Data set '{name}' is ready: {job.progress_text}"),
            icon=":material/check:" if is_whole else ":material/warning:",
        )
        st.page_link(
            "pages/select/page.py", label=f"Select in {name}", query_params={"data": name}, icon=":material/filter_alt:"
        )
        st.page_link(
            "pages/inspect/page.py", label=f"Inspect {name}", query_params={"data": name}, icon=":material/search:"
        )
    else:
        watch.followed(job)
    if (queued := job_again.button(job, "data")) is not None:
        st.session_state["prepare-job"] = queued.id
        st.rerun(scope="fragment")


def page() -> None:
    layout.heading("Data", "Which raw files are there, what do they hold, and how are they read?")
    undo.line()
    with st.sidebar:
        key = choose.one_of("experiment", list(EXPERIMENTS), "experiment", format_func=lambda k: EXPERIMENTS[k].title)
    experiment = EXPERIMENTS[key]
    chosen = pick_files(experiment)
    mapping, options = choose_mapping(experiment)
    prepare(experiment, chosen, mapping)
    arrivals.offers(experiment)
    if "prepare-job" in st.session_state:
        progress()
    if chosen:
        show_preview(experiment, chosen[0], options)
        energy_scale.section(experiment, chosen, options)
    prepared, problems = readable()
    for problem in problems:
        layout.warn(problem)
    if prepared:
        sources.section(prepared)
        derivable = [name for name, data in prepared.items() if data.experiment == key]
        if derivable and experiment.table.derived:
            title = f"Columns made after preparing: {', '.join(experiment.table.derived)}"
            with st.expander(title, key="derived", icon=":material/ssid_chart:"):
                derived.section(experiment, derivable)
    with st.expander("Watched folders", key="watched", on_change="rerun", icon=":material/visibility:") as folded:
        if folded.open:
            arrivals.rules_section(experiment, mapping)
    names = shlex.join(str(f.path) for f in chosen[:3]) + (" ..." if len(chosen) > 3 else "")
    layout.foot(
        f"Only files below the data roots can be opened here: {', '.join(map(str, files.data_roots()))}.",
        f"python -m core prepare {experiment.key} {names or 'FILES...'} --name NAME {shlex.join(options)}",
        data=max(prepared.values(), key=lambda data: data.meta["made_at"], default=None),
    )


layout.show(page)
