"""What page Generate is asked: runs of generators, an event or conditions of one's own, and the number of the draw."""

from typing import Any

import streamlit as st

from core import runs
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.generating import columns_of, generating_of
from core.judge.generation import pairs
from core.learn.generator import outside, ranges_of, task_of
from core.learn.tasks.generate import Generate
from pages.widgets import choose, layout, scores

OF_EVENT, ASKED_FOR = "those of an event", "my own"
NO_SECOND = "none"
LARGEST = 4_000_000  # number of a draw


def choose_runs(experiment: Experiment, data: Dataset) -> list[runs.Run]:
    """A run of a generator, and a second one to compare it with, if that is wanted; those of this data set first."""
    usable = {i: run for i, run in scores.usable_runs(experiment).items() if run.task == Generate.key}
    if not usable:
        layout.nothing_yet(
            f"No network has learned to generate rows like those of {layout.plain(data.name)} yet: train one of {', '.join(experiment.networks)}.",
            "pages/train/page.py", "Go to Train",
        )  # fmt: skip
    ids = sorted(usable, key=lambda i: usable[i].dataset != data.name)
    names = {i: scores.label_of(i) for i in ids}
    owner = choose.owner(data)
    first = choose.one_of("run of a generator", ids, "run", of=owner, format_func=lambda i: names[i])
    others = [NO_SECOND, *(i for i in ids if i != first)]
    second = choose.one_of("beside it", others, "second", of=owner, format_func=lambda i: names.get(i, i))
    return [runs.open_run(i) for i in (first, second) if i != NO_SECOND]


def labels_of(chosen: list[runs.Run]) -> list[str]:
    """What stands beside their showers: the networks' names; of two runs of one network their own."""
    names = [run.network for run in chosen]
    return names if len(set(names)) == len(names) else [run.name for run in chosen]


def joined(experiment: Experiment, chosen: list[runs.Run]) -> dict[str, tuple[float, float]]:
    """The conditions of the runs with the range that both were trained on."""
    known = columns_of(generating_of(experiment))
    ranges = pairs.widest([ranges_of(run, task_of(run, experiment.networks)) for run in chosen])
    names = dict.fromkeys(name for run in chosen for name in task_of(run, experiment.networks).conditions)
    missing = [name for name in names if name not in known]
    if missing:
        raise DarkroomError(f"{experiment.title} does not say what {', '.join(missing)} may be: choose another run.")
    return {name: ranges.get(name, (known[name].low, known[name].high)) for name in names}


def number(name: str, owner: str, first: int, last: int) -> int:
    """A whole number of the address (0 to `last`), of before where it says none, else `first`; what is wrong of it is told."""
    memory = st.session_state.setdefault("generate-numbers", {})
    text = st.query_params.get(name)
    value = memory.get((name, owner), first)
    if text is not None and (choose.is_written(name, text, owner) or not choose.was_written(name, text)):
        if text.isdecimal() and int(text) <= last:
            value = int(text)
        else:
            layout.warn(
                f"The address asks for {name} '{text}', expected a whole number of 0 to {last}: {first} is shown."
            )
            value = first
    value = min(value, last)
    put(name, value, owner)
    return value


def put(name: str, value: int, owner: str) -> None:
    """Show another event or draw, and say so in the address."""
    st.session_state.setdefault("generate-numbers", {})[name, owner] = value
    if st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)
    choose.mark_written(name, str(value), owner)


def ask_conditions(experiment: Experiment, ranges: dict[str, tuple[float, float]], owner: str) -> dict[str, float]:
    """A slider over the range of the training for each condition, and beside it the value, which may be typed beyond it."""
    columns = columns_of(generating_of(experiment))
    first = {name: pairs.middle_of(*ends) for name, ends in ranges.items()}
    choose.apart(owner, **first)
    values = {}
    for name, (low, high) in ranges.items():
        column, steps = columns[name], pairs.steps_of(low, high)
        unit = f" [{column.unit}]" if column.unit else ""
        left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
        with right:
            values[name] = st.number_input(
                f"{column.label}, typed", column.low, column.high, first[name], key=name, format="%g", label_visibility="collapsed",
                help=f"{column.help}; trained on {low:g} to {high:g}{unit}, beyond which a network only guesses", **choose.STAY,
            )  # fmt: skip
        key = f"slide-{name}"
        st.session_state[key] = pairs.closest(steps, values[name])
        left.select_slider(
            f"{column.label}{unit}", steps, key=key, format_func=lambda value: f"{value:.4g}", on_change=_slid, args=(name, key),
        )  # fmt: skip
    st.button(
        "reset",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=_reset,
        args=(first,),
        help="to the middle of the ranges",
    )
    return values


def _slid(name: str, key: str) -> None:
    st.session_state[name] = st.session_state[key]


def _reset(first: dict[str, float]) -> None:
    for name, value in first.items():
        st.session_state[name] = value


def warn_extrapolation(experiment: Experiment, chosen: list[runs.Run], conditions: dict[str, float]) -> bool:
    """Mark what no training has seen; whether it is any."""
    words: list[str] = []
    for run in chosen:
        ranges = ranges_of(run, task_of(run, experiment.networks))
        words += outside({name: ends for name, ends in ranges.items() if name in conditions}, conditions)
    if words:
        outside_of = "; ".join(dict.fromkeys(words))
        layout.warn(f"Extrapolation: {outside_of}. A network has learned nothing there and only guesses.")
    return bool(words)


def request(
    run: runs.Run, experiment: Experiment, conditions: dict[str, float], draw: int, epoch: int | None = None
) -> dict[str, Any]:
    """The question for a draw and the next one."""
    names = task_of(run, experiment.networks).conditions
    model = run.path / runs.MODEL
    return {
        "do": "generate", "run": run.id, "version": model.stat().st_mtime_ns, "epoch": epoch,
        "conditions": {name: [conditions[name]] * 2 for name in names}, "keys": [pairs.key_of(draw), pairs.key_of(draw + 1)],
    }  # fmt: skip
