"""COSINE-100: cuts, label schemes, presets of the two slide sets, and the data statistics table.

Sources: "Data Selection" and "Data Statistics" of the CNN slides, "Event Selection" of the first DNN slides.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.cosine import lpar
from core.cosine.features import COLUMNS, FLAGS
from core.data.cuts import Cut
from core.data.dataset import Dataset
from core.data.selection import Selected, Selection
from core.data.splits import SPLITS, SplitParameters
from core.errors import DarkroomError
from core.experiment import Panel, Preset
from core.parameters import param

CLASSES = ("background", "signal")
FEATURES = (*(column.name for column in COLUMNS), lpar.COLUMN.name)


@dataclass(frozen=True)
class FeatureLimit:
    """Keep rows with `low <= feature < high`; NaN never passes."""

    feature: str = param("es", "table column", choices=FEATURES)
    low: float = param(-1e30, "smallest value kept")
    high: float = param(1e30, "first value not kept")

    def check(self) -> None:
        if self.low >= self.high:
            raise DarkroomError(
                f"The limits of {self.feature} are upside down ({self.low:g} to {self.high:g}): low must be below high."
            )


@dataclass(frozen=True)
class Cuts:
    """What is kept, and what the labels are made of."""

    crystals: tuple[int, ...] = param((1, 3, 7), "crystals used; none: all", low=0, high=15, options_from="crystal")
    signal_runs: tuple[int, ...] = param(
        (1601, 1765), "calibration runs: coincident events are signal", low=0, high=999999, options_from="run"
    )
    background_runs: tuple[int, ...] = param(
        (1858, 1859), "physics runs: events alone are background", low=0, high=999999, options_from="run"
    )
    energy_low_kev: float | None = param(
        3.0, "lower edge of the energy window; none: no cut", unit="keV", low=0.0, high=5000.0, slider=(0.0, 20.0, 0.1)
    )
    energy_high_kev: float | None = param(
        10.0, "upper edge, exclusive; none: no cut", unit="keV", low=0.0, high=5000.0, slider=(0.0, 20.0, 0.1)
    )
    nmt500_threshold_us: float = param(
        0.12, "mean time in the first 500 ns that divides the published labels", unit="us", low=0.0, high=0.5,
        slider=(0.0, 0.3, 0.002),
    )  # fmt: skip
    limits: tuple[FeatureLimit, ...] = param((), "minimum and maximum of features")
    refused_flags: tuple[str, ...] = param((), "rows with one of these flags are dropped", choices=FLAGS)

    def check(self) -> None:
        low, high = self.energy_low_kev, self.energy_high_kev
        if low is not None and high is not None and low >= high:
            raise DarkroomError(
                f"The energy window is upside down ({low:g} to {high:g} keV): the lower edge must be below the upper."
            )
        both = set(self.signal_runs) & set(self.background_runs)
        if both:
            raise DarkroomError(f"Run {min(both)} is both a calibration and a physics run: give it one role.")

    @property
    def runs(self) -> tuple[int, ...]:
        return self.signal_runs + self.background_runs


SCHEMES = {
    "published": "signal: calibration run, coincident, nmt500 above the threshold; background: physics run, alone, below it",
    "coincidence": "signal: calibration run, coincident; background: physics run, alone (no nmt500)",
    "truth": "the simulated truth, whatever the run (simulated data only)",
}


def cut_list(cuts: Cuts) -> list[Cut]:
    """The cuts common to both classes, in the order of the cut flow."""
    made = []
    if cuts.crystals:
        made.append(Cut(f"crystal {_listed(cuts.crystals)}", "crystal", values=cuts.crystals))
    if cuts.runs:
        made.append(Cut(f"run {_listed(cuts.runs)}", "run", values=cuts.runs))
    if cuts.energy_low_kev is not None or cuts.energy_high_kev is not None:
        low = -np.inf if cuts.energy_low_kev is None else cuts.energy_low_kev
        high = np.inf if cuts.energy_high_kev is None else cuts.energy_high_kev
        made.append(Cut(f"energy {_window(low, high)} keV", "energy_kev", low, high))
    if cuts.refused_flags:
        bits = sum(1 << FLAGS.index(flag) for flag in cuts.refused_flags)
        made.append(Cut(f"not {_listed(cuts.refused_flags)}", "flags", refused_bits=bits))
    made += [Cut(f"{x.feature} {_window(x.low, x.high)}", x.feature, x.low, x.high) for x in cuts.limits]
    return made


def label_cuts(cuts: Cuts, scheme: str) -> dict[str, list[Cut]]:
    """What makes a row background or signal under a scheme. A row that is neither stays unlabelled."""
    if scheme == "truth":
        return {
            "background": [Cut("simulated as noise", "truth_class", values=(0,))],
            "signal": [Cut("simulated as signal", "truth_class", values=(1,))],
        }
    labels = {
        "background": [
            Cut(f"physics run {_listed(cuts.background_runs)}", "run", values=cuts.background_runs),
            Cut("no coincidence", "coincident", values=(0,)),
        ],
        "signal": [
            Cut(f"calibration run {_listed(cuts.signal_runs)}", "run", values=cuts.signal_runs),
            Cut("coincidence", "coincident", values=(1,)),
        ],
    }
    if scheme == "published":
        threshold = cuts.nmt500_threshold_us
        labels["background"].append(Cut(f"nmt500 < {threshold:g} us", "nmt500_us", high=threshold))
        labels["signal"].append(Cut(f"nmt500 > {threshold:g} us", "nmt500_us", low=threshold, exclusive_low=True))
    return labels


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(str, values)) or "none"


def _window(low: float, high: float) -> str:
    bounds = (f"{low:g}" if low > -1e29 else "", f"{high:g}" if high < 1e29 else "")
    return f"{bounds[0]}-{bounds[1]}" if all(bounds) else f">= {bounds[0]}" if bounds[0] else f"< {bounds[1]}"


def group(dataset: Dataset) -> np.ndarray:
    """(run, sub-run) as one number per row: rows of a sub-run stay together."""
    return dataset.column("run").astype(np.int64) * 4096 + dataset.column("subrun")


def warnings(cuts: Cuts, scheme: str, dataset: Dataset) -> list[str]:
    """What a physicist must know before trusting these labels."""
    told = []
    if scheme == "published":
        told.append(
            f"The labels are circular: they are defined by nmt500 above or below {cuts.nmt500_threshold_us:g} us, which any "
            "network can compute from the waveform; nmt500 alone scores 100/100 on them, and slow noise above the threshold "
            "is in neither class. Compare with the labels 'coincidence' and, on simulated data, 'truth'."
        )
    if scheme == "coincidence":
        told.append(
            "The background label is not pure: a physics run without coincidence also holds genuine scintillation, "
            "so the background efficiency is a lower limit."
        )
    if scheme == "truth" and not dataset.simulated:
        told.append("This data set is measured: it has no truth, so the labels 'truth' select nothing.")
    if dataset.simulated:
        told.append("These data are simulated; class balance and energy spectra are not nature's.")
    energy = dataset.column("energy_kev")
    n_unknown = int(np.isnan(energy).sum())
    if n_unknown and (cuts.energy_low_kev is not None or cuts.energy_high_kev is not None):
        told.append(f"{n_unknown:,} of {len(energy):,} rows have no energy: the energy window excludes them.")
    return told


PANELS = (
    Panel("nmt500_us", lambda cuts: (cuts.nmt500_threshold_us,)),
    Panel("energy_kev", lambda cuts: tuple(e for e in (cuts.energy_low_kev, cuts.energy_high_kev) if e is not None)),
)

PRESETS = {
    "cnn2020": Preset(
        Selection(Cuts(), "published", SplitParameters()),
        "CNN slides: crystals 1, 3, 7, 3-10 keV, nmt500 0.12 us; divided by sub-run instead of at random",
    ),
    "dnn2020": Preset(
        Selection(
            Cuts(crystals=(1, 2, 3, 4, 6, 7), background_runs=(1858,), energy_low_kev=0.0),
            "coincidence",
            SplitParameters(),
        ),
        "first DNN slides: no nmt500 cut, run 1858 only, 0-10 keV; divided by sub-run",
    ),
    "everything": Preset(
        Selection(
            Cuts(crystals=(), signal_runs=(), background_runs=(), energy_low_kev=None, energy_high_kev=None),
            "published",
        ),
        "no cut at all: where to start with another experiment's files",
    ),
}

WINDOWS_KEV = ((3.0, 6.0), (6.0, 10.0))


def statistics(selected: Selected) -> list[dict[str, Any]]:
    """The data statistics table of the CNN slides: crystal x energy window x split x class.

    The windows are those of the slides where the selection covers them, else the selection's own.
    """
    cuts = selected.selection.cuts
    crystal = selected.dataset.column("crystal")[selected.preselected]
    energy = selected.dataset.column("energy_kev")[selected.preselected]
    rows = []
    for c in cuts.crystals or np.unique(crystal):
        for low, high in _windows(cuts):
            inside = (crystal == c) & ((energy >= low) & (energy < high) if np.isfinite(high) else True)
            row: dict[str, Any] = {"crystal": int(c), "window_kev": [low, high] if np.isfinite(high) else None}
            for s, split in enumerate(SPLITS[:3]):
                for k, name in enumerate(CLASSES):
                    row[f"{split}_{name}"] = int((inside & (selected.split == s) & (selected.labels == k)).sum())
            rows.append(row)
    return rows


def _windows(cuts: Cuts) -> tuple[tuple[float, float], ...]:
    if cuts.energy_low_kev is None or cuts.energy_high_kev is None:
        return ((-np.inf, np.inf),)
    low, high = cuts.energy_low_kev, cuts.energy_high_kev
    edges = sorted({low, high, *(e for w in WINDOWS_KEV for e in w if low < e < high)})
    return tuple(itertools.pairwise(edges))
