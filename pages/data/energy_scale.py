"""The energy scale of raw files from a line of known energy, where the experiment knows how."""

import shlex
from typing import Any

import streamlit as st

from core import parameters
from core.data import files
from core.experiment import Experiment
from pages.widgets import form, layout


def section(experiment: Experiment, chosen: list[files.RawFile], options: tuple[str, ...]) -> None:
    """Ask for the fit of the ticked files and show it; `options` are those of the mapping."""
    scale = experiment.analyses.get("energy-scale")
    if scale is None or not chosen:
        return
    with st.expander(f"Energy scale: {scale.title}", icon=":material/straighten:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            with layout.refusals():
                settings = parameters.build(scale.parameters, form.draw(f"line-{experiment.key}", scale.parameters))
            line = [
                word for text in parameters.as_assignments(settings, scale.parameters()) for word in ("--line", text)
            ]
            names = [str(files.below_roots(f.path)) for f in chosen]
            wanted = ["energy-scale", experiment.key, *names, *options, *line]
            if st.button("fit the line", icon=":material/play_arrow:"):
                with layout.refusals():
                    what = f"{len(names)} files" if len(names) > 1 else chosen[0].name
                    st.session_state["energy-scale"] = (wanted, files.in_child([*wanted, "--json"], what))
        answered: tuple[list[str], dict[str, Any]] = st.session_state.get("energy-scale", ([], {}))
        if answered[0] == wanted:
            st.dataframe(answered[1]["scales"], hide_index=True, alt="the energy scale of each amplifier")
        st.caption(scale.explanation)
        layout.command_line(f"python -m core {shlex.join(wanted)}")
