"""Mappings: validated TOML files that say how the names in raw files become ours. Nothing in them is evaluated."""

import tomllib
from pathlib import Path
from typing import TypeVar

from core import parameters
from core.errors import DarkroomError

M = TypeVar("M")


def load_mapping(path: Path, kind: type[M]) -> M:
    """Read a mapping file and check it against the mapping's dataclass."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DarkroomError(
            f"Mapping file {path} cannot be read: {error}. Expected TOML, see the shipped ones."
        ) from None
    try:
        return parameters.build(kind, values)
    except DarkroomError as error:
        raise DarkroomError(f"Mapping file {path.name}: {error}") from None
