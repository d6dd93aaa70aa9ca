"""ZDC: cuts on showers, presets and the statistics table."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.cuts import Cut
from core.data.dataset import Dataset
from core.data.splits import SPLITS, SplitParameters
from core.errors import DarkroomError
from core.parameters import param
from core.selection.limits import Limit, limit_cuts, window_cuts
from core.selection.selecting import Panel, Preset
from core.selection.selection import Selected, Selection
from core.zdc.event import UID
from core.zdc.features import COLUMNS, FLAGS
from core.zdc.showers import POSITRON

FEATURES = tuple(column.name for column in COLUMNS)
WINDOWS_GEV = ((0.0, 1.0), (1.0, 2.0), (2.0, 5.0), (5.0, 10.0), (10.0, 20.0), (20.0, 50.0), (50.0, 100.0), (100.0, 300.0), (300.0, 1e6))  # fmt: skip
_ENERGY: dict[str, Any] = {"unit": "GeV", "low": 0.0, "high": 1e6, "slider": (0.0, 300.0, 0.5)}
_PLACE: dict[str, Any] = {"unit": "mm", "low": -1e6, "high": 1e6, "slider": (-300.0, 300.0, 1.0)}


@dataclass(frozen=True)
class FeatureLimit(Limit):
    """Keep showers with `low <= feature < high`; NaN never passes."""

    feature: str = param("response", "table column", choices=FEATURES)


@dataclass(frozen=True)
class Cuts:
    """Cuts on showers."""

    runs: tuple[int, ...] = param((), "runs used; none: all", low=0, high=8_388_607, options_from="run")
    energy_low_gev: float | None = param(None, "lower edge of the window of measured energy; none: no cut", **_ENERGY)
    energy_high_gev: float | None = param(None, "upper edge, exclusive; none: no cut", **_ENERGY)
    true_low_gev: float | None = param(None, "lower edge of the window of true energy; none: no cut", **_ENERGY)
    true_high_gev: float | None = param(None, "upper edge, exclusive; none: no cut", **_ENERGY)
    n_cells_low: int | None = param(None, "fewest hit cells; none: no cut", low=0, high=1_000_000)
    n_cells_high: int | None = param(None, "first number of hit cells not kept; none: no cut", low=0, high=1_000_000)
    impact_x_low_mm: float | None = param(None, "impact region, lower edge of x; none: no cut", **_PLACE)
    impact_x_high_mm: float | None = param(None, "upper edge of x, exclusive; none: no cut", **_PLACE)
    impact_y_low_mm: float | None = param(None, "lower edge of y; none: no cut", **_PLACE)
    impact_y_high_mm: float | None = param(None, "upper edge of y, exclusive; none: no cut", **_PLACE)
    particles: tuple[int, ...] = param((), "PDG codes used; none: all", options_from="particle")
    limits: tuple[FeatureLimit, ...] = param((), "minimum and maximum of features")
    refused_flags: tuple[str, ...] = param(
        ("empty", "negative", "not_finite"), "showers with one of these flags are dropped", choices=FLAGS
    )

    def check(self) -> None:
        windows = {
            "energy": (self.energy_low_gev, self.energy_high_gev), "true energy": (self.true_low_gev, self.true_high_gev),
            "number of cells": (self.n_cells_low, self.n_cells_high), "impact in x": (self.impact_x_low_mm, self.impact_x_high_mm),
            "impact in y": (self.impact_y_low_mm, self.impact_y_high_mm),
        }  # fmt: skip
        for name, (low, high) in windows.items():
            if low is not None and high is not None and low >= high:
                raise DarkroomError(
                    f"The window of the {name} is upside down ({low:g} to {high:g}): the lower edge must be below the upper."
                )


def cut_list(cuts: Cuts) -> list[Cut]:
    """The cuts, in the order of the cut flow."""
    cut_flow = []
    if cuts.runs:
        cut_flow.append(Cut(f"run {', '.join(map(str, cuts.runs))}", "run", values=cuts.runs))
    if cuts.refused_flags:
        bits = sum(1 << FLAGS.index(flag) for flag in cuts.refused_flags)
        cut_flow.append(Cut(f"not {', '.join(cuts.refused_flags)}", "flags", refused_bits=bits))
    if cuts.particles:
        cut_flow.append(Cut(f"particle {', '.join(map(str, cuts.particles))}", "particle", values=cuts.particles))
    cut_flow += window_cuts("energy", "energy_gev", cuts.energy_low_gev, cuts.energy_high_gev, "GeV")
    cut_flow += window_cuts("true energy", "true_energy_gev", cuts.true_low_gev, cuts.true_high_gev, "GeV")
    cut_flow += window_cuts("cells", "n_cells", cuts.n_cells_low, cuts.n_cells_high, "hit")
    cut_flow += window_cuts("impact x", "impact_x_mm", cuts.impact_x_low_mm, cuts.impact_x_high_mm, "mm")
    cut_flow += window_cuts("impact y", "impact_y_mm", cuts.impact_y_low_mm, cuts.impact_y_high_mm, "mm")
    return cut_flow + limit_cuts(cuts.limits)


def group(dataset: Dataset) -> np.ndarray:
    """The number of the shower: files of others hold the same showers shifted, under other runs, and none may be on two sides."""
    number: np.ndarray = dataset.column("uid") & np.int64((1 << UID.bits["number"]) - 1)
    return number


def in_window(cuts: Cuts, low_gev: float, high_gev: float) -> Cuts:
    """The same cuts with another window of true energy."""
    return dataclasses.replace(cuts, true_low_gev=low_gev, true_high_gev=high_gev)


def warnings(cuts: Cuts, scheme: str, dataset: Dataset) -> list[str]:  # noqa: ARG001
    """Limitations of these showers, one sentence each."""
    if not dataset.defines("true_energy_gev"):
        return [
            "The true energies are not known: cuts on them keep nothing, and no network can be conditioned on them."
        ]
    energies = np.unique(dataset.column("true_energy_gev"))
    if np.count_nonzero(np.isfinite(energies)) == 1:
        return [
            f"All showers are of one energy, {energies[0]:g} GeV: a network cannot learn how showers change with energy, and its input cannot "
            "be standardised."
        ]
    return []


PANELS = (
    Panel("energy_gev", ("energy_low_gev", "energy_high_gev")),
    Panel("true_energy_gev", ("true_low_gev", "true_high_gev")),
    Panel("n_cells", ("n_cells_low", "n_cells_high")),
    Panel("response"),
    Panel("impact_x_mm", ("impact_x_low_mm", "impact_x_high_mm")),
    Panel("e9_share"),
)

PRESETS = {
    "generators": Preset(
        Selection(Cuts(true_low_gev=2.0, true_high_gev=100.0), "", SplitParameters()),
        "2-100 GeV, any impact: what generators are trained on and judged by",
    ),
    "balanced": Preset(
        Selection(Cuts(true_low_gev=1.0, true_high_gev=300.0, particles=(POSITRON,)), "", SplitParameters()),
        "the slides' sample: e+ from 1 to 300 GeV, simulated even in energy, so that no energy outweighs another in the loss",
    ),
    "one impact point": Preset(
        Selection(
            Cuts(impact_x_low_mm=-1.0, impact_x_high_mm=1.0, impact_y_low_mm=-1.0, impact_y_high_mm=1.0),
            "",
            SplitParameters(),
        ),
        "showers that hit the middle of the grid: all that a network whose only input is the energy can learn",
    ),
    "all": Preset(Selection(Cuts(refused_flags=()), "", SplitParameters()), "every shower of the data set"),
}


def statistics(selected: Selected) -> list[dict[str, Any]]:
    """The data statistics table: window of true energy (none: unknown) x split, and x class, where showers have classes."""
    energy_gev = selected.dataset.column("true_energy_gev")[selected.preselected]
    rows = []
    for window in (*WINDOWS_GEV, None):
        inside = np.isnan(energy_gev) if window is None else (energy_gev >= window[0]) & (energy_gev < window[1])
        if not inside.any():
            continue
        row: dict[str, Any] = {"window_gev": window and list(window), "showers": int(inside.sum())}
        for s, split in enumerate(SPLITS[:3]):
            of_split = inside & (selected.split == s)
            row |= {
                f"{split}_{name}": int((of_split & (selected.labels == k)).sum())
                for k, name in enumerate(selected.classes)
            }
            row |= {} if selected.classes else {split: int(of_split.sum())}
        rows.append(row)
    return rows
