"""The regions of COSINE-100 studies: crystals in energy windows, as in the compatibility table of the CNN slides."""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.cosine.select import Cuts
from core.errors import DarkroomError
from core.judge.grid import Region
from core.parameters import param

MAX_REGIONS = 64
_WINDOW = re.compile(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Axes:
    """Which crystals in which energy windows: every pair of them is a region."""

    crystals: tuple[int, ...] = param((1, 3, 7), "crystals, each alone", low=0, high=255, options_from="crystal")
    windows_kev: tuple[str, ...] = param(
        ("3-6", "6-10"), "energy windows such as 3-6, upper edge exclusive; they may overlap", unit="keV"
    )

    def check(self) -> None:
        windows = [_shown(window(text)) for text in self.windows_kev]
        for what, values in (("crystal", [str(c) for c in self.crystals]), ("energy window", windows)):
            if not values:
                raise DarkroomError(f"No {what} is named: give at least one.")
            for value in values:
                if values.count(value) > 1:
                    raise DarkroomError(f"The {what} {value} is named twice: leave one of them out.")
        if len(self.crystals) * len(windows) > MAX_REGIONS:
            raise DarkroomError(
                f"{len(self.crystals)} crystals in {len(windows)} energy windows are "
                f"{len(self.crystals) * len(windows)} trainings, at most {MAX_REGIONS} are possible: leave some out."
            )


def window(text: str) -> tuple[float, float]:
    """The edges in keV of a window written as low-high."""
    edges = _WINDOW.fullmatch(text.strip())
    if not edges:
        raise DarkroomError(f"The energy window '{text}' cannot be read: write it as low-high in keV, such as 3-6.")
    low, high = float(edges[1]), float(edges[2])
    if low >= high:
        raise DarkroomError(f"The energy window '{text}' is upside down: the lower edge must be below the upper.")
    return low, high


def regions(axes: Axes) -> tuple[Region, ...]:
    """Crystal by crystal, each in all windows."""
    return tuple(
        Region(f"C{crystal} {_shown(edges)} keV", {"crystal": crystal, "window_kev": list(edges)})
        for crystal in axes.crystals
        for edges in map(window, axes.windows_kev)
    )


def _shown(edges: tuple[float, float]) -> str:
    return f"{edges[0]:g}-{edges[1]:g}"


def cuts_of(cuts: Cuts, chosen: Sequence[Region]) -> Cuts:
    """The cuts with the crystals of the regions and an energy window that holds theirs; all else stays."""
    windows = [region.facts["window_kev"] for region in chosen]
    return dataclasses.replace(
        cuts,
        crystals=tuple(sorted({int(region.facts["crystal"]) for region in chosen})),
        energy_low_kev=min(low for low, _ in windows),
        energy_high_kev=max(high for _, high in windows),
    )
