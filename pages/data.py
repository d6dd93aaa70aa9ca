"""Raw files below the data roots: what they hold, which mapping reads them, and preparing them as a job."""

import shlex
from pathlib import Path
from typing import Any

import streamlit as st

from core import parameters, workspace
from core.data import files
from core.data.dataset import readable
from core.experiment import Experiment
from core.jobs import control
from core.registry import EXPERIMENTS
from pages.parts import choose, deriving, form, frame, scaling

MAPPING = "map"


def pick_files(experiment: Experiment) -> list[files.RawFile]:
    """The data root and the files in it; a selection in the table."""
    roots = {str(root): root for root in files.data_roots()}
    root = roots[st.sidebar.selectbox("data root", list(roots), key="root", persist_state="session")]
    with frame.refusals():
        found, n_all = files.list_files(root, experiment.file_patterns)
    wanted = st.sidebar.text_input("name contains", key="file-filter", persist_state="session", live=True)
    shown = [f for f in found if wanted.lower() in f.name.lower()]
    if not shown:
        told = f"No file in {root} fits {', '.join(experiment.file_patterns)} and the filter."
        st.info(frame.plain(told), icon=":material/info:")
        return []
    told = f"{len(shown):,} of {n_all:,} files in {root}; tick those to prepare, or the head of the column for all."
    st.caption(frame.plain(told))
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
    with frame.refusals():
        found = _preview(experiment.key, str(file.path), file.mtime_ns, file.size, options)
    if found["mapping_problem"] is None:
        st.success(f"The mapping reads {frame.plain(file.name)}.", icon=":material/check:")
    else:
        others = " or ".join(found["fitting_mappings"])
        hint = f" The mapping {others} reads it." if others else ""
        st.warning(frame.plain(found["mapping_problem"] + hint), icon=":material/warning:")
    for name, tree in found["trees"].items():
        told = f"{file.name}: {tree['kind']} {name}, {tree['n_entries']:,} entries, {tree['n_branches']} branches"
        st.caption(frame.plain(told))
        st.dataframe(tree["branches"], hide_index=True, height=230, alt="branches")
    if not found["trees"]:
        st.warning(frame.plain(f"{file.name} holds no tree of events, but {', '.join(found['objects']) or 'nothing'}."))


def choose_mapping(experiment: Experiment) -> tuple[Any, tuple[str, ...]]:
    """A shipped mapping with its fields adjustable, and the options of the command line that give the same."""
    name = st.sidebar.selectbox("mapping", list(experiment.mappings), key="mapping", persist_state="session")
    base = experiment.load_mapping(experiment.mappings[name])
    if st.session_state.get("mapping-shown") != name:
        form.fill(MAPPING, base)
        st.session_state["mapping-shown"] = name
    with st.sidebar.expander(f"fields of '{base.title}'"):
        values = form.draw(MAPPING, experiment.mapping)
    with frame.refusals():
        mapping = parameters.build(experiment.mapping, {**parameters.to_dict(base), **values})
    changed = [option for text in parameters.as_assignments(mapping, base) for option in ("--set", text)]
    return mapping, ("--mapping", name, *changed)


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
        with frame.refusals():
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
    with frame.refusals():
        job = control.get(st.session_state["prepare-job"])
    done = (job.progress_done or 0) / (job.progress_total or 1)
    name = job.arguments["name"]
    if job.state == "finished":
        st.success(frame.plain(f"Data set '{name}' is ready: {job.progress_text}."), icon=":material/check:")
        st.page_link(
            "pages/select.py", label=f"Select in {name}", query_params={"data": name}, icon=":material/filter_alt:"
        )
        st.page_link("pages/inspect.py", label=f"Inspect {name}", query_params={"data": name}, icon=":material/search:")
    elif job.is_ended:
        st.error(frame.plain(f"Preparing '{name}' {job.state}: {job.message}"), icon=":material/error:")
    else:
        text = f"{job.state}: {job.progress_text or 'waiting for its turn'}"
        st.progress(min(done, 1.0), text=frame.plain(text))


def page() -> None:
    frame.heading("Data", "Which raw files are there, what do they hold, and how are they read?")
    with st.sidebar:
        key = choose.one_of("experiment", list(EXPERIMENTS), "experiment", format_func=lambda k: EXPERIMENTS[k].title)
    experiment = EXPERIMENTS[key]
    chosen = pick_files(experiment)
    mapping, options = choose_mapping(experiment)
    prepare(experiment, chosen, mapping)
    if "prepare-job" in st.session_state:
        progress()
    if chosen:
        show_preview(experiment, chosen[0], options)
        scaling.section(experiment, chosen, options)
    prepared, problems = readable()
    for problem in problems:
        frame.warn(problem)
    if prepared:
        st.markdown("**Prepared data sets**")
        rows = [
            {"name": d.name, "rows": d.n_rows, "files": len(d.parts), "mapping": d.meta["mapping_title"],
             "derived": ", ".join(d.derived) or "–",
             "data": "simulated" if d.simulated else "measured", "made": d.meta["made_at"]}
            for d in prepared.values()
        ]  # fmt: skip
        st.dataframe(rows, hide_index=True, alt="prepared data sets")
        derivable = ", ".join(experiment.derived) or "none"
        with st.expander(
            f"Templates ({derivable}): columns that depend on a selection", key="derived", icon=":material/ssid_chart:"
        ):
            deriving.section(list(prepared))
    names = shlex.join(str(f.path) for f in chosen[:3]) + (" ..." if len(chosen) > 3 else "")
    frame.foot(
        f"Only files below the data roots can be opened here: {', '.join(map(str, files.data_roots()))}.",
        f"python -m core prepare {experiment.key} {names or 'FILES...'} --name NAME {shlex.join(options)}",
    )


frame.show(page)
