"""A command: a dataclass of its words and options, each with its help, and the place of the function that runs it.

The function is imported when the command runs, and values that only one command accepts when its words are read, so that
neither help nor a quick command waits for libraries that it does not use.
"""

import argparse
import dataclasses
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from core import parameters
from core.errors import DarkroomError

Result = tuple[dict[str, Any], str]
T = TypeVar("T", bound="Options")


@dataclasses.dataclass(frozen=True)
class Command:
    """What a command is called with, and the dotted place of its function, which takes the options and returns (JSON value, text)."""

    help: str
    function: str
    options: "type[Options]"


COMMANDS: dict[str, Command] = {}


def command(module: str, help: str) -> Callable[[type[T]], type[T]]:
    """Declare a command: its words and options are the fields of the class below, which also names it and its function."""

    def declare(options: type[T]) -> type[T]:
        frozen = dataclasses.dataclass(frozen=True, kw_only=True)(options)
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", options.__name__).lower()
        COMMANDS[name.replace("_", "-")] = Command(help, f"{__package__}.{module}.{name}", frozen)
        return frozen

    return declare


def word(help: str = "", *, metavar: str | None = None, choices: Sequence[str] = (), count: str | None = None) -> Any:
    """A word that follows the command; `count` is "?", "*" or "+" if it may be missing or repeated."""
    default = {None: dataclasses.MISSING, "?": None}.get(count, ())
    return _field(default, help, is_word=True, metavar=metavar, choices=choices, count=count)


def option(
    default: Any, help: str = "", *, metavar: str | None = None, choices: Sequence[str] | str = (), alias: str = ""
) -> Any:
    """A `--name`; of a tuple all values follow it. `choices` are values, or the dotted place where they stand."""
    return _field(default, help, metavar=metavar, choices=choices, alias=alias)


def needed(help: str = "", *, metavar: str | None = None) -> Any:
    """A `--name` that must be given."""
    return _field(dataclasses.MISSING, help, metavar=metavar)


def repeated(help: str, *, metavar: str, alias: str = "") -> Any:
    """A `--name` with one value that may be repeated."""
    return _field((), f"{help}; may be repeated", metavar=metavar, alias=alias, is_repeated=True)


def assignments(help: str, *, alias: str = "") -> Any:
    """A `--name NAME=VALUE` that may be repeated."""
    return repeated(help, metavar="NAME=VALUE", alias=alias)


def _field(default: Any, help: str, **how: Any) -> Any:
    return dataclasses.field(default=default, metadata={"help": help, **how})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What every command takes."""

    json: bool = option(False, "print one JSON object last")


def parse(
    arguments: Sequence[str], commands: Mapping[str, Command], description: str | None
) -> tuple[Callable[[Any], Result], Options]:
    """The function of the command that is called, and its options."""
    parser = argparse.ArgumentParser(prog="python -m core", description=description)
    sub = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, declared in commands.items():
        subparser = sub.add_parser(name, help=declared.help, description=declared.help)
        if name in arguments[:1]:
            _add_options(subparser, declared.options)
    values = vars(parser.parse_args(arguments))
    command = commands[values.pop("command")]
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return _at(command.function), _without_empty(command.options(**options))


def _add_options(parser: argparse.ArgumentParser, options: type[Options]) -> None:
    for field, spec in zip(dataclasses.fields(options), parameters.specs(options), strict=True):
        how = field.metadata
        names = [spec.name] if how.get("is_word") else [f"--{spec.name.replace('_', '-')}"]
        names += [how["alias"]] if how.get("alias") else []
        settings: dict[str, Any] = {"help": spec.help or None}
        if spec.kind is bool:
            parser.add_argument(*names, action="store_true", **settings)
            continue
        choices = how.get("choices", ())
        settings |= {"choices": tuple(_at(choices) if isinstance(choices, str) else choices) or None}
        settings |= {"type": None if spec.kind is str else spec.kind, "metavar": how.get("metavar")}
        is_missing = spec.default is dataclasses.MISSING
        if how.get("is_word"):
            settings |= {"nargs": how["count"]} if how["count"] else {}
        elif how.get("is_repeated"):
            settings |= {"action": "append", "default": []}
        else:
            settings |= {"nargs": "+"} if spec.is_tuple else {}
            settings |= {"required": is_missing, "dest": spec.name, "default": None if is_missing else spec.default}
        parser.add_argument(*names, **settings)


def _at(place: str) -> Any:
    """What stands at a dotted place."""
    module, name = place.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)


def _without_empty(options: Options) -> Options:
    """The options, unless one was given as an empty text, which reads as if it had been left out."""
    for field in dataclasses.fields(options):
        if getattr(options, field.name) == "" and field.default != "":
            raise DarkroomError(f"--{field.name.replace('_', '-')} is empty: give it a value, or leave it out.")
    return options
