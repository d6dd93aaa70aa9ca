"""Parameter dataclasses -> widgets. Label, unit, range and help come from the fields' own declaration."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core import parameters
from core.parameters import Spec


def fill(prefix: str, instance: Any, only: Sequence[str] | None = None) -> None:
    """Put the values of a parameter dataclass into the widgets of its form (before they are drawn); `only` of these fields."""
    for spec in parameters.specs(type(instance)):
        if only is not None and spec.name not in only:
            continue
        value = getattr(instance, spec.name)
        if spec.is_optional:
            st.session_state[_key(prefix, spec, "on")] = value is not None
        if value is None:
            continue
        value = _as_shown(spec, value)
        st.session_state[_key(prefix, spec)] = _on_slider(spec, value)
        if spec.slider:
            st.session_state[_key(prefix, spec, "typed")] = value


def _on_slider(spec: Spec, value: Any) -> Any:
    """The value, or the nearest that the field's slider can show: a typed one may lie beyond it."""
    return min(max(value, spec.slider[0]), spec.slider[1]) if spec.slider else value


def draw(
    prefix: str, cls: type, options: Mapping[str, Sequence[Any]] | None = None, skip: Sequence[str] = ()
) -> dict[str, Any]:
    """Draw the form of `cls` and return its plain values, to be checked by `core.parameters.build`.

    `options` gives, by field, what a list may be chosen from. Fill the form first, or the declared defaults show.
    """
    return {
        spec.name: _field(prefix, spec, (options or {}).get(spec.name))
        for spec in parameters.specs(cls)
        if spec.name not in skip and not hasattr(spec.kind, "__dataclass_fields__")
    }


def draw_from(prefix: str, cls: type, defaults: Any) -> dict[str, Any]:
    """A form that begins with the given defaults, and a way back to them."""
    begin(prefix, defaults)
    values = draw(prefix, cls)
    st.button(
        "reset", key=f"{prefix}-reset", on_click=fill, args=(prefix, defaults), type="tertiary",
        icon=":material/restart_alt:", help="back to the defaults",
    )  # fmt: skip
    return values


def begin(prefix: str, defaults: Any) -> None:
    """Fill a form that was not drawn before."""
    if f"{prefix}-{parameters.specs(type(defaults))[0].name}" not in st.session_state:
        fill(prefix, defaults)


def differing(prefix: str, defaults: Any) -> list[str]:
    """What stands in a drawn form and is not the default, as `name = value`, whether or not it can be used."""
    return [
        f"{label(spec)} = {value}"
        for spec in parameters.specs(type(defaults))
        if (value := _shown(prefix, spec)) != _as_shown(spec, getattr(defaults, spec.name))
    ]


def _shown(prefix: str, spec: Spec) -> Any:
    """What the widgets of a field say."""
    if spec.is_optional and not st.session_state[_key(prefix, spec, "on")]:
        return None
    return st.session_state[_key(prefix, spec, "typed") if spec.slider else _key(prefix, spec)]


def _as_shown(spec: Spec, value: Any) -> Any:
    """A field's value as its widget holds it."""
    if spec.is_tuple and value is not None:
        return list(value) if spec.choices or spec.options_from else ", ".join(map(str, value))
    return value


def _key(prefix: str, spec: Spec, part: str = "") -> str:
    return "-".join(filter(None, (prefix, spec.name, part)))


def label(spec: Spec) -> str:
    """What a field is called beside its widget, with its unit."""
    words = spec.name.removesuffix(f"_{spec.unit.lower().replace('/', '_per_')}").replace("_", " ")
    return f"{words} [{spec.unit}]" if spec.unit else words


def _field(prefix: str, spec: Spec, options: Sequence[Any] | None) -> Any:
    key = _key(prefix, spec)
    if key not in st.session_state and spec.default is not None:
        _start(prefix, spec, options)
    if spec.is_optional:
        on = _key(prefix, spec, "on")
        st.session_state.setdefault(on, spec.default is not None)
        if not st.checkbox(label(spec), key=on, help=spec.help, persist_state="session"):
            return None
    if spec.is_tuple:
        return _list(key, spec, options)
    if spec.choices:
        return st.selectbox(label(spec), spec.choices, key=key, help=spec.help, persist_state="session")
    if spec.kind is bool:
        return st.toggle(label(spec), key=key, help=spec.help, persist_state="session")
    if spec.kind is str:
        return st.text_input(label(spec), key=key, help=spec.help, persist_state="session")
    return _number(prefix, spec)


def _start(prefix: str, spec: Spec, options: Sequence[Any] | None) -> None:
    value = spec.default
    if spec.is_tuple:
        chosen = spec.choices or options is not None
        value = list(value) if chosen else ", ".join(map(str, value))
    st.session_state[_key(prefix, spec)] = _on_slider(spec, value)
    if spec.slider:
        st.session_state[_key(prefix, spec, "typed")] = value


def _list(key: str, spec: Spec, options: Sequence[Any] | None) -> Any:
    allowed = list(spec.choices or options or ())
    if not allowed:
        return st.text_input(label(spec), key=key, help=f"{spec.help}, comma-separated", persist_state="session")
    st.session_state[key] = [v for v in st.session_state.get(key, ()) if v in allowed]
    if len(allowed) <= 10 and not spec.choices:
        return st.pills(label(spec), allowed, selection_mode="multi", key=key, help=spec.help, persist_state="session")
    return st.multiselect(label(spec), allowed, key=key, help=spec.help, persist_state="session")


def _number(prefix: str, spec: Spec) -> Any:
    """A slider over the usual range with a field to type into, or a field alone."""
    key = _key(prefix, spec)
    if spec.slider is None:
        step = 1 if spec.kind is int else None
        low = None if spec.low is None else spec.kind(spec.low)
        high = None if spec.high is None else spec.kind(spec.high)
        return st.number_input(
            label(spec), low, high, step=step, key=key, help=spec.help, persist_state="session",
            format=None if spec.kind is int else "%g",
        )  # fmt: skip
    low, high, step = spec.slider
    typed = _key(prefix, spec, "typed")
    st.session_state.setdefault(typed, st.session_state[key])
    left, right = st.columns([3, 2], vertical_alignment="bottom", gap="small")
    with left:
        st.slider(
            label(spec) if not spec.is_optional else "value", low, high, step=step, key=key, help=spec.help,
            label_visibility="collapsed" if spec.is_optional else "visible", on_change=_follow, args=(key, typed),
            persist_state="session", format="%g",
        )  # fmt: skip
    with right:
        return st.number_input(
            "typed", spec.low, spec.high, step=step, key=typed, label_visibility="collapsed", on_change=_lead,
            args=(key, typed, low, high), persist_state="session", format="%g",
        )  # fmt: skip


def _follow(key: str, typed: str) -> None:
    st.session_state[typed] = st.session_state[key]


def _lead(key: str, typed: str, low: float, high: float) -> None:
    value = st.session_state[typed]
    if value is not None:
        st.session_state[key] = min(max(value, low), high)
