"""JUNO: cuts on events, label schemes of the two tasks, presets and the statistics table."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.cuts import Cut
from core.data.dataset import Dataset
from core.data.splits import SPLITS, SplitParameters
from core.errors import DarkroomError
from core.juno.by_hand import CLASSES as HAND
from core.juno.by_hand import COLUMN
from core.juno.event import CLASSES, UID
from core.juno.features import COLUMNS, FLAGS
from core.labels.labels import Scheme
from core.parameters import param
from core.selection.limits import Limit, limit_cuts, window_cuts, window_text
from core.selection.selecting import Panel, Preset
from core.selection.selection import Selected, Selection

FEATURES = tuple(column.name for column in COLUMNS)
ELECTRON, POSITRON, MUON = range(len(CLASSES))
EPEM, MUE = "e+/e-", "mu/e"
BY_HAND = {f"hand:{task}": task for task in (EPEM, MUE)}
_MEMBERS = {EPEM: {"positron": POSITRON, "electron": ELECTRON}, MUE: {"muon": MUON, "electron": ELECTRON}}
MUE_FROM_MEV = 20.0  # electrons below are those of the first task, above those of the second
WINDOWS_MEV = (
    (1.0, 1.75), (1.75, 2.5), (2.5, 3.5), (3.5, 5.0), (5.0, 7.5), (7.5, 12.0), (12.0, 75.0), (75.0, 200.0), (200.0, 500.0),
    (500.0, 1500.0), (1500.0, 4000.0),
)  # fmt: skip


@dataclass(frozen=True)
class FeatureLimit(Limit):
    """Keep events with `low <= feature < high`; NaN never passes."""

    feature: str = param("charge_angle_deg", "table column", choices=FEATURES)


@dataclass(frozen=True)
class Cuts:
    """Cuts on events."""

    runs: tuple[int, ...] = param((), "runs used; none: all", low=0, high=8_388_607, options_from="run")
    energy_low_mev: float | None = param(
        None,
        "lower edge of the window of visible energy; none: no cut",
        unit="MeV",
        low=0.0,
        high=1e5,
        slider=(0.0, 12.0, 0.1),
    )
    energy_high_mev: float | None = param(
        None, "upper edge, exclusive; none: no cut", unit="MeV", low=0.0, high=1e5, slider=(0.0, 12.0, 0.1)
    )
    radius_high_m: float | None = param(
        None, "fiducial volume: vertex within this radius; none: everywhere", unit="m", low=0.0, high=100.0,
        slider=(0.0, 20.0, 0.1),
    )  # fmt: skip
    limits: tuple[FeatureLimit, ...] = param((), "minimum and maximum of features")
    refused_flags: tuple[str, ...] = param(("empty",), "events with one of these flags are dropped", choices=FLAGS)

    def check(self) -> None:
        low, high = self.energy_low_mev, self.energy_high_mev
        if low is not None and high is not None and low >= high:
            raise DarkroomError(
                f"The energy window is upside down ({low:g} to {high:g} MeV): the lower edge must be below the upper."
            )


_TRUTH = (
    "Simulated truth: every event is what it is called, and both classes have the same visible energies and positions. "
    "What an efficiency says of nature rests on the simulated light, times and noise."
)
_HAND = (
    "Labels by hand: they say what a person saw. A network can be no better than the labellers agree with each other, and "
    "events that nobody labelled count nowhere."
)
SCHEMES = {
    EPEM: Scheme("positron against electron, as simulated", _TRUTH, needs_truth=True),
    MUE: Scheme("muon against electron above 20 MeV, as simulated", _TRUTH, needs_truth=True),
    **{
        name: Scheme(
            f"{task} as labelled by hand in this program; of several labellers the majority",
            _HAND,
            unlabelled="not labelled",
        )
        for name, task in BY_HAND.items()
    },
}


def cut_list(cuts: Cuts) -> list[Cut]:
    """The cuts common to all classes, in the order of the cut flow."""
    cut_flow = []
    if cuts.runs:
        cut_flow.append(Cut(f"run {', '.join(map(str, cuts.runs))}", "run", values=cuts.runs))
    if cuts.refused_flags:
        bits = sum(1 << FLAGS.index(flag) for flag in cuts.refused_flags)
        cut_flow.append(Cut(f"not {', '.join(cuts.refused_flags)}", "flags", refused_bits=bits))
    cut_flow += window_cuts("energy", "energy_mev", cuts.energy_low_mev, cuts.energy_high_mev, "MeV")
    if cuts.radius_high_m is not None:
        cut_flow.append(Cut(f"vertex within {cuts.radius_high_m:g} m", "vertex_r_m", high=cuts.radius_high_m))
    return cut_flow + limit_cuts(cuts.limits)


def label_cuts(cuts: Cuts, scheme: str, dataset: Dataset) -> dict[str, list[Cut]]:  # noqa: ARG001
    """What makes an event a class; the keys are the classes, the signal first."""
    if scheme in BY_HAND:
        members = _MEMBERS[BY_HAND[scheme]]
        return {name: [Cut(f"labelled {name}", COLUMN.name, values=(HAND.index(name),))] for name in members}
    above = MUE_FROM_MEV if scheme == MUE else -np.inf
    below = MUE_FROM_MEV if scheme == EPEM else np.inf
    energy = Cut(f"simulated energy {window_text(above, below)} MeV", "true_energy_mev", above, below)
    return {
        name: [Cut(f"simulated {name}", "truth_class", values=(kind,)), energy]
        for name, kind in _MEMBERS[scheme].items()
    }


def group(dataset: Dataset) -> np.ndarray:
    """The sub-run as one number per row."""
    subrun: np.ndarray = dataset.column("uid") >> UID.bits["event"]
    return subrun


def in_window(cuts: Cuts, low_mev: float, high_mev: float) -> Cuts:
    """The same cuts with another energy window."""
    return dataclasses.replace(cuts, energy_low_mev=low_mev, energy_high_mev=high_mev)


def warnings(cuts: Cuts, scheme: str, dataset: Dataset) -> list[str]:  # noqa: ARG001
    """Limitations of these labels, one sentence each."""
    if not dataset.simulated and scheme in BY_HAND:
        return []
    if dataset.simulated:
        return [
            "These data are simulated: light, times and noise are a model of the detector, energies and classes not nature's."
        ]
    return [f"This data set has no truth, which the labels '{scheme}' need: they select nothing."]


PANELS = (
    Panel("energy_mev", ("energy_low_mev", "energy_high_mev")),
    Panel("vertex_r_m", ("radius_high_m",)),
    Panel("charge_angle_deg"),
    Panel("residual_mean_ns"),
)

PRESETS = {
    "e+/e-": Preset(
        Selection(Cuts(energy_high_mev=12.0, radius_high_m=17.2), EPEM, SplitParameters()),
        "positrons and electrons of equal visible energy, 1.5-10 MeV, vertex within 17.2 m",
    ),
    "e+/e- at 2 MeV": Preset(
        Selection(Cuts(energy_low_mev=1.75, energy_high_mev=2.25, radius_high_m=17.2), EPEM, SplitParameters()),
        "the same in one window, where results are quoted",
    ),
    "mu/e": Preset(
        Selection(Cuts(energy_low_mev=MUE_FROM_MEV), MUE, SplitParameters()),
        "contained muons and electrons of equal visible energy, 50 MeV to 2 GeV",
    ),
}


def statistics(selected: Selected) -> list[dict[str, Any]]:
    """The data statistics table: energy window (none: events without an energy) x split x class, and how many have no label."""
    energy_mev = selected.dataset.column("energy_mev")[selected.preselected]
    rows = []
    for window in (*WINDOWS_MEV, None):
        inside = np.isnan(energy_mev) if window is None else (energy_mev >= window[0]) & (energy_mev < window[1])
        if not inside.any():
            continue
        row: dict[str, Any] = {"window_mev": window and list(window)}
        for s, split in enumerate(SPLITS[:3]):
            for k, name in enumerate(selected.classes):
                row[f"{split}_{name}"] = int((inside & (selected.split == s) & (selected.labels == k)).sum())
        row["no label"] = int((inside & (selected.labels < 0)).sum())
        rows.append(row)
    return rows
