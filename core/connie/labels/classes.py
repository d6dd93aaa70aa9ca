"""The seven fine labels, and how they are merged into the classes of a training.

Slides 002 name the seven; sets of them are TOML files in `classes/`. A set says for every fine label which class its
tracks belong to: one of the fine labels, `other` (a reject class) or `excluded` (not trained on, no class).
"""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from core import parameters
from core.errors import DarkroomError
from core.parameters import param

FINE = ("muon sure", "worm", "spot", "muon unsure", "bad pixel", "undefined", "segmentation error")
"""In the order of their numbers: a fine label is stored as its index, -1 where it is unknown."""
OTHER = "other"
EXCLUDED = "excluded"
CLASSES = (*FINE, OTHER)
MUON = FINE[0]

_CHOICES = (*CLASSES, EXCLUDED)
_FOLDER = Path(__file__).resolve().parent / "class_maps"


@dataclass(frozen=True)
class ClassMap:
    """Which class the tracks of each fine label belong to."""

    muon_sure_as: str = param("muon sure", "class of: straight, even charge, wedge-shaped", choices=_CHOICES)
    worm_as: str = param("worm", "class of: kinked or curled electron tracks", choices=_CHOICES)
    spot_as: str = param("spot", "class of: round, a few pixels", choices=_CHOICES)
    muon_unsure_as: str = param(EXCLUDED, "class of: steep or short pieces of what may be a muon", choices=_CHOICES)
    bad_pixel_as: str = param(EXCLUDED, "class of: hot pixels, hot columns, lines of the register", choices=_CHOICES)
    undefined_as: str = param(EXCLUDED, "class of: compact, of no kind that can be told", choices=_CHOICES)
    segmentation_error_as: str = param(EXCLUDED, "class of: tracks merged, or one in pieces", choices=_CHOICES)

    def check(self) -> None:
        if len(self.members()) < 2:
            raise DarkroomError(
                f"The class map leaves {len(self.members())} class ({', '.join(self.members()) or 'none'}): "
                "give the fine labels at least two different classes."
            )

    def assigned(self) -> tuple[str, ...]:
        """The class of each fine label, in the order of FINE."""
        return tuple(getattr(self, field.name) for field in fields(ClassMap))

    def members(self) -> dict[str, tuple[int, ...]]:
        """Class -> indices of its fine labels, classes in the order of FINE with `other` last; no empty class."""
        assigned = self.assigned()
        indices_of = {name: tuple(i for i, class_name in enumerate(assigned) if class_name == name) for name in CLASSES}
        return {name: indices for name, indices in indices_of.items() if indices}


@cache
def class_maps() -> dict[str, ClassMap]:
    """The sets that come with the program: name of the file -> map."""
    return {path.stem: load(path) for path in sorted(_FOLDER.glob("*.toml"))}


def load(path: Path) -> ClassMap:
    """Read and check a set of classes."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DarkroomError(f"{path.name}: not a readable TOML file ({error}): correct it or choose another.") from None
    return parameters.build(ClassMap, values)
