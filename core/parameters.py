"""Parameters: frozen dataclasses whose fields carry unit, range and help.

One declaration beside the algorithm serves the form on the page, the validation, the stored `params.json`
and the command line. Supported field types: bool, int, float, str, parameter dataclasses, and tuples of these.
"""

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from core.errors import DarkroomError

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Spec:
    """Type, unit, range and help of one field, for forms, checks and help texts."""

    name: str
    kind: type
    is_tuple: bool
    is_optional: bool
    default: Any
    help: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[Any, ...]
    slider: tuple[float, float, float] | None
    options_from: str


def param(
    default: Any,
    help: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    slider: tuple[float, float, float] | None = None,
    options_from: str = "",
) -> Any:
    """Declare a field: default, one line of help, unit, inclusive range or allowed values.

    For a tuple field range and choices hold for every element. `slider` (low, high, step) is the usual range on a
    page; `options_from` names the table column whose values a page offers for a tuple.
    """
    meta = {
        "help": help, "unit": unit, "low": low, "high": high, "choices": tuple(choices), "slider": slider,
        "options_from": options_from,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=meta)


def specs(cls: type) -> list[Spec]:
    """The fields of a parameter dataclass, in order."""
    hints = typing.get_type_hints(cls)
    return [_spec(field, hints[field.name]) for field in dataclasses.fields(cls)]


def _spec(field: "dataclasses.Field[Any]", hint: Any) -> Spec:
    optional = isinstance(hint, types.UnionType) and type(None) in typing.get_args(hint)
    if optional:
        hint = next(h for h in typing.get_args(hint) if h is not type(None))
    is_tuple = typing.get_origin(hint) is tuple
    kind = typing.get_args(hint)[0] if is_tuple else hint
    m = field.metadata
    return Spec(
        field.name, kind, is_tuple, optional, field.default, m.get("help", ""), m.get("unit", ""),
        m.get("low"), m.get("high"), tuple(m.get("choices", ())), m.get("slider"), m.get("options_from", ""),
    )  # fmt: skip


def build(cls: type[T], values: Mapping[str, Any]) -> T:
    """Make `cls` from plain values (from JSON, TOML or a form), refusing unknown names and bad values.

    Strings are converted to the field's type, lists to tuples. After the fields, `cls.check()` (if it
    exists) may refuse combinations, such as an upside-down window, by raising `DarkroomError`.
    """
    known = {s.name: s for s in specs(cls)}
    if not isinstance(values, Mapping):
        raise DarkroomError(f"The parameters of {cls.__name__} are {values!r}: expected a table of values by name.")
    for name in values:
        if name not in known:
            raise DarkroomError(f"Unknown parameter '{name}' for {cls.__name__}: expected one of {', '.join(known)}.")
    parameters = cls(**{name: _convert(known[name], value) for name, value in values.items()})
    for spec in known.values():
        _check(spec, getattr(parameters, spec.name))
    if hasattr(parameters, "check"):
        parameters.check()
    return parameters


def value_of(spec: Spec, value: Any) -> Any:
    """A single field's value from a text or a plain value, converted and checked as `build` does."""
    converted = _convert(spec, value)
    _check(spec, converted)
    return converted


def override(instance: T, assignments: Sequence[str]) -> T:
    """Apply `name=value` strings, as given by `--set`, to a parameter dataclass."""
    values = to_dict(instance)
    for text in assignments:
        name, sep, value = text.partition("=")
        if not sep:
            raise DarkroomError(f"'{text}' is not an assignment: write it as name=value, for example epochs=3.")
        values[name.strip()] = value.strip()
    return build(type(instance), values)


def to_dict(instance: Any) -> dict[str, Any]:
    """Plain values of a parameter dataclass, tuples as lists: what is stored as JSON."""
    return {f.name: _plain(getattr(instance, f.name)) for f in dataclasses.fields(instance)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return to_dict(value) if dataclasses.is_dataclass(value) else value


def as_assignments(instance: Any, base: Any) -> list[str]:
    """The `name=value` strings that turn `base` into `instance`: the inverse of `override`."""
    now, was = to_dict(instance), to_dict(base)
    return [f"{name}={_as_text(value)}" for name, value in now.items() if value != was[name]]


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value) if any(isinstance(v, dict) for v in value) else ",".join(map(str, value))
    return "none" if value is None else repr(value) if isinstance(value, float) else str(value)


def digest(instance: Any) -> str:
    """A short stable text for a parameter dataclass: a cache key."""
    return json.dumps(to_dict(instance), sort_keys=True)


def _convert(spec: Spec, value: Any) -> Any:
    if spec.is_optional and (value is None or value in ("", "none", "None")):
        return None
    if spec.is_tuple:
        items = _split(value) if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise DarkroomError(f"Parameter '{spec.name}' is {value!r}: expected a list, each {_expected(spec)}.")
        return tuple(_convert_one(spec, v) for v in items)
    return _convert_one(spec, value)


def _split(text: str) -> Any:
    """A list written as text: comma-separated, or JSON where its items are tables."""
    if not text.lstrip().startswith("["):
        return [v for v in text.split(",") if v.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return None


def _convert_one(spec: Spec, value: Any) -> Any:
    wanted = f"Parameter '{spec.name}' is {value!r}: expected {_expected(spec)}."
    if dataclasses.is_dataclass(spec.kind):
        if isinstance(value, spec.kind):
            return value
        if not isinstance(value, Mapping):
            raise DarkroomError(wanted)
        return build(spec.kind, value)
    if spec.kind is bool:
        truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if isinstance(value, bool):
            return value
        if str(value).lower() in truth:
            return truth[str(value).lower()]
        raise DarkroomError(wanted)
    if spec.kind is str:
        if not isinstance(value, str):
            raise DarkroomError(wanted)
        return value.strip()
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise DarkroomError(wanted) from None
    if isinstance(value, bool) or not math.isfinite(number):
        raise DarkroomError(wanted)
    if spec.kind is int:
        if number != int(number):
            raise DarkroomError(wanted)
        return int(value) if isinstance(value, int) else int(number)
    return number


def _check(spec: Spec, value: Any) -> None:
    if value is None and spec.is_optional:
        return
    for item in value if spec.is_tuple else (value,):
        out_of_range = (spec.low is not None and item < spec.low) or (spec.high is not None and item > spec.high)
        if out_of_range or (spec.choices and item not in spec.choices):
            raise DarkroomError(f"Parameter '{spec.name}' is {item!r}: expected {_expected(spec)}.")


def _expected(spec: Spec) -> str:
    if spec.choices:
        return "one of " + ", ".join(map(str, spec.choices))
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    kind = kinds.get(spec.kind, f"a table of {spec.kind.__name__} fields")
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.low is not None and spec.high is not None:
        return f"{kind} from {spec.low:g} to {spec.high:g}{unit}"
    if spec.low is not None:
        return f"{kind} of at least {spec.low:g}{unit}"
    if spec.high is not None:
        return f"{kind} of at most {spec.high:g}{unit}"
    return kind + (f" in {spec.unit}" if spec.unit else "")
