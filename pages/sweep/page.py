"""Page Sweep: one network trained many times with other settings, which of them are good, and how surely."""

import shlex
from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.jobs import watching
from core.learn import request, sweep_space
from core.learn.plan import TrainingPlan, plan_training
from core.learn.training import training_for
from core.parameters import Spec
from core.selection.selection import Selection
from core.workflows import sweeps
from core.workflows.sweeps import GRID, Members
from pages.sweep import outcome
from pages.widgets import cached, choose, form, layout, run_picker, settings, undo
from pages.widgets.settings import Settings

VARY, HOW, SWEEP = "vary", "sweep-how", "sweep"
NEW = "a new sweep"
N_PREVIEW = 6


def which(data: Dataset) -> str:
    """A sweep of the data set that is there, or a new one."""
    titles = {
        sweep.id: f"{sweep.title} ({sweep.n_ended} of {len(sweep.members)})" for sweep in sweeps.list_sweeps(data.name)
    }
    chosen: str = choose.one_of(
        "sweep", [NEW, *titles], SWEEP, of=choose.owner(data), format_func=lambda i: titles.get(i, i),
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen


def varied(chosen: Settings, data: Dataset) -> list[str]:
    """What varies, as the command line says it: parameters by their names, each with a field for its values; in the address."""
    known = sweeps.variable(cached.experiment_of(data), chosen.network)
    key = f"{VARY}-{chosen.of}"
    linked = tuple(st.query_params.get_all(VARY))
    if linked and not choose.is_written(VARY, linked, chosen.of):
        given = {
            name: values
            for name, separator, values in (text.partition("=") for text in linked)
            if separator and name in known
        }
        st.session_state[key] = list(given)
        st.session_state.update({f"{key}-{name}": values for name, values in given.items()})
    st.session_state.setdefault(key, ["learning_rate"])
    names = st.multiselect("what varies", list(known), key=key, persist_state="session", placeholder="parameters")
    texts = []
    for name in names:
        st.session_state.setdefault(f"{key}-{name}", suggestion(known[name], _usual(chosen, name)))
        values = st.text_input(
            name, key=f"{key}-{name}", persist_state="session",
            help=f"{known[name].help}: a list such as 1,2,3, or a range such as 1e-4..1e-2 (even in the logarithm over a factor of "
            "ten; /5: steps of a grid)",
        )  # fmt: skip
        texts.append(f"{name}={values}")
    if st.query_params.get_all(VARY) != texts:
        st.query_params[VARY] = texts
    choose.mark_written(VARY, tuple(texts), chosen.of)
    return texts


def _usual(chosen: Settings, name: str) -> Any:
    """The value of a parameter in the network's recipe; None of a cut."""
    for instance in (chosen.network.parameters(), training_for(chosen.network, {})):
        if hasattr(instance, name):
            return getattr(instance, name)
    return None


def suggestion(spec: Spec, usual: Any) -> str:
    """Values to begin with: all choices, else a range around the usual value inside what is allowed."""
    if spec.choices and not spec.is_tuple:
        return ",".join(map(str, spec.choices))
    if spec.kind is bool:
        return "true,false"
    if isinstance(usual, int | float) and not spec.is_tuple and usual > 0:
        factor = 2 if spec.kind is int else 10
        low = max(usual / factor, spec.low or 0.0)
        high = usual * factor if spec.high is None else min(usual * factor, spec.high)
        return f"{max(round(low), 1)}..{round(high)}" if spec.kind is int else f"{low:.3g}..{high:.3g}"
    return ""


def controls(data: Dataset) -> tuple[Selection, Settings, dict[str, Any], dict[str, Any], list[str], dict[str, Any]]:
    """The sidebar of a new sweep: rows, network, what varies and how, and what stays as it is."""
    selection = run_picker.choose_trained(data)
    chosen = settings.choose_network(data)
    texts = varied(chosen, data)
    with st.expander("members", expanded=True):
        how = form.draw_from(HOW, Members, Members())
    network_values, training = settings.draw(chosen, expanded=False)
    return selection, chosen, network_values, training, texts, how


def launch(data: Dataset, head: Any) -> None:
    """A new sweep: its members before they are trained, and the button."""
    with st.sidebar:
        selection, chosen, network_values, training, texts, how_values = controls(data)
    experiment = cached.experiment_of(data)
    plan: TrainingPlan | None = None
    members: list[dict[str, Any]] = []
    refusal = ""
    try:
        how = parameters.build(Members, how_values)
        members = sweeps.combinations(sweeps.space_of(experiment, chosen.network, texts), how)
        plan = plan_training(cached.select(data, selection), experiment.networks, chosen.name, network_values, training)
    except DarkroomError as error:
        refusal = str(error)
    with head:
        label = f"train {len(members)} members" if plan else "train"
        if st.button(label, type="primary", icon=":material/play_arrow:", disabled=plan is None) and plan:
            with layout.refusals():
                wanted = sweeps.plan(experiment, data, selection, chosen.name, network_values, training, texts, how)
                if wanted.n_left:
                    sweeps.submit(wanted)
                else:
                    sweeps.store(wanted.sweep)
            st.query_params[SWEEP] = wanted.sweep.id
            st.rerun()
        if refusal:
            st.error(layout.plain(refusal), icon=":material/block:")
    if plan:
        preview(members, len(members) * request.expected_seconds(plan))
    command(data, selection, chosen, plan, texts, how_values)


def preview(members: list[dict[str, Any]], seconds: float) -> None:
    """How many, how long, and the first of them."""
    left, right = st.columns([1, 3])
    left.metric("members", f"{len(members)}")
    left.metric(
        "expected time, at most",
        watching.duration(seconds) or "–",
        help="as if none were given up, by the speed of earlier runs",
    )
    shown = [{"member": i, **sweep_space.plain(values)} for i, values in enumerate(members[:N_PREVIEW], 1)]
    right.dataframe(shown, hide_index=True, height="content", alt="the first members")
    right.caption(
        f"The first {len(shown)} of {len(members)} members. Each is a run like any other, tagged with the sweep. The best is chosen on "
        "validation rows and told on test rows."
    )


def command(
    data: Dataset, selection: Selection, chosen: Settings, plan: TrainingPlan | None, texts: list[str], how: dict[str, Any]
) -> None:  # fmt: skip
    """How a member would be divided, and the same as a command."""
    options = "".join(f" --set {shlex.quote(text)}" for text in request.as_settings(plan)) if plan else ""
    options += "".join(f" --vary {shlex.quote(text)}" for text in texts)
    usual = parameters.to_dict(Members())
    options += " --grid" if how["method"] == GRID else ""
    options += "".join(
        f" --how {name}={value}" for name, value in how.items() if value != usual[name] and name != "method"
    )
    layout.foot(
        f"{choose.describe(data)}{choose.labelled(selection)}; divided by method '{selection.split.method}'.",
        f"python -m core sweep {data.name}{choose.as_options(cached.experiment_of(data), selection)} --model {chosen.name}{options}",
    )


def page() -> None:
    head = layout.heading("Sweep", "Which settings are good, and how surely?")
    undo.line()
    with st.sidebar:
        data = choose.dataset()
        sweep_id = which(data)
    if sweep_id == NEW:
        launch(data, head)
    else:
        outcome.show(data, sweep_id)


layout.show(page)
