"""COSINE-100: cuts, label schemes, presets of the two slide sets, and the data statistics table.

Sources: "Data Selection" and "Data Statistics" of the CNN slides, "Event Selection" of the first DNN slides.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.cosine import by_hand
from core.cosine.features import COLUMNS, FLAGS
from core.cosine.pulse import lpar
from core.cosine.rows import HIGHEST, HIGHEST_RUN, LABEL
from core.data.cuts import Cut
from core.data.dataset import Dataset
from core.data.splits import SPLITS, SplitParameters
from core.errors import DarkroomError
from core.labels.labels import Scheme
from core.parameters import param
from core.selection.limits import Limit, limit_cuts, window_cuts
from core.selection.selecting import Panel, Preset
from core.selection.selection import Selected, Selection

CLASSES = ("background", "signal")
FEATURES = (*(column.name for column in COLUMNS), lpar.COLUMN.name)


@dataclass(frozen=True)
class FeatureLimit(Limit):
    """Keep rows with `low <= feature < high`; NaN never passes."""

    feature: str = param("es", "table column", choices=FEATURES)


@dataclass(frozen=True)
class Cuts:
    """Cuts on events, and the conditions that make the labels."""

    crystals: tuple[int, ...] = param(
        (1, 3, 7), "crystals used; none: all", low=0, high=HIGHEST["crystal"], options_from="crystal"
    )
    signal_runs: tuple[int, ...] = param(
        (1601, 1765), "calibration runs: coincident events are signal", low=0, high=HIGHEST_RUN, options_from="run"
    )
    background_runs: tuple[int, ...] = param(
        (1858, 1859), "physics runs: events alone are background", low=0, high=HIGHEST_RUN, options_from="run"
    )
    energy_low_kev: float | None = param(
        3.0, "lower edge of the energy window; none: no cut", unit="keV", low=0.0, high=5000.0, slider=(0.0, 20.0, 0.1)
    )
    energy_high_kev: float | None = param(
        10.0, "upper edge, exclusive; none: no cut", unit="keV", low=0.0, high=5000.0, slider=(0.0, 20.0, 0.1)
    )
    nmt500_threshold_us: float = param(
        0.12, "mean time in the first 500 ns that divides the published labels", unit="µs", low=0.0, high=0.5,
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
    "published": Scheme(
        "signal: calibration run, coincident, nmt500 above the threshold; background: physics run, alone, below it",
        "Published: nmt500 makes the labels, so a network that finds nmt500 gets 100/100. It cannot tell the loss of "
        "signal below nmt500 0.12 µs, which grows below 2 keV, nor the leakage of slow noise above it: both are in no class.",
    ),
    "coincidence": Scheme(
        "signal: calibration run, coincident; background: physics run, alone (no nmt500)",
        "Coincidence: signal is pure where a second deposit was seen, down to threshold and without a cut on the pulse "
        "shape. Background is not: a physics run alone also holds single-hit scintillation, so background rejection is a "
        "lower limit, and one that falls where noise dies out.",
    ),
    "truth": Scheme(
        "the simulated truth, whatever the run (simulated data only)",
        "Simulated truth: both classes are pure at every energy, so these efficiencies are what they say, of simulated "
        "events. They cannot tell how far the simulation is from nature, nor what its noise populations lack.",
        needs_truth=True,
    ),
    "hand": Scheme(
        "signal: labelled scintillation by hand; background: labelled as one of the kinds of noise; of several labellers the majority",
        "Labels by hand: they say what a person saw of the pulse shape, not what made the pulse. A network can be no better than the labellers agree with "
        "each other, and pulses that nobody labelled, or that were called pile-up or other, count nowhere.",
        unlabelled="not labelled",
    ),
    "file": Scheme(
        "classes that the raw files tell, by the [[label]] conditions of the mapping they were read with",
        "Labels of the file: whoever made them knows how pure they are, these efficiencies do not. Where they follow from the "
        "pulse shape, a network is measured by how well it computes that again; where from something independent, by physics.",
        is_own=True,
    ),
}


def cut_list(cuts: Cuts) -> list[Cut]:
    """The cuts common to both classes, in the order of the cut flow."""
    cut_flow = []
    if cuts.crystals:
        cut_flow.append(Cut(f"crystal {_listed(cuts.crystals)}", "crystal", values=cuts.crystals))
    if cuts.runs:
        cut_flow.append(Cut(f"run {_listed(cuts.runs)}", "run", values=cuts.runs))
    cut_flow += window_cuts("energy", "energy_kev", cuts.energy_low_kev, cuts.energy_high_kev, "keV")
    if cuts.refused_flags:
        bits = sum(1 << FLAGS.index(flag) for flag in cuts.refused_flags)
        cut_flow.append(Cut(f"not {_listed(cuts.refused_flags)}", "flags", refused_bits=bits))
    return cut_flow + limit_cuts(cuts.limits)


def labels_of(cuts: Cuts, scheme: str, dataset: Dataset) -> dict[str, list[Cut]]:
    """What makes a row a class under a scheme; the keys are the classes. A row that is in none stays unlabelled.

    Labels of the file bring their own classes; there are none where the mapping of the data set has no [[label]].
    """
    if scheme == "file":
        classes = dataset.meta.get("classes", ())
        return {name: [Cut(f"file says {name}", LABEL, values=(i,))] for i, name in enumerate(classes)}
    return label_cuts(cuts, scheme)


def label_cuts(cuts: Cuts, scheme: str) -> dict[str, list[Cut]]:
    """What makes a row background or signal under a scheme of this experiment."""
    if scheme == "hand":
        return {
            "background": [Cut("labelled as noise", by_hand.COLUMN.name, values=by_hand.NOISE)],
            "signal": [Cut("labelled scintillation", by_hand.COLUMN.name, values=by_hand.SIGNAL)],
        }
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
        labels["background"].append(Cut(f"nmt500 < {threshold:g} µs", "nmt500_us", high=threshold))
        labels["signal"].append(Cut(f"nmt500 > {threshold:g} µs", "nmt500_us", low=threshold, exclusive_low=True))
    return labels


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(str, values)) or "none"


def group(dataset: Dataset) -> np.ndarray:
    """(run, sub-run) as one number per row: rows of a sub-run stay together."""
    return dataset.column("run").astype(np.int64) * 4096 + dataset.column("subrun")


def warnings(cuts: Cuts, scheme: str, dataset: Dataset) -> list[str]:
    """Limitations of these labels, one sentence each."""
    sentences = []
    if scheme == "coincidence":
        sentences.append(
            "The background label is not pure: a physics run without coincidence also holds genuine scintillation, "
            "so the background rejection is a lower limit."
        )
    if scheme == "file":
        sentences.append(_file_warning(cuts, dataset))
    if scheme == "truth" and not dataset.simulated:
        sentences.append("This data set is measured: it has no truth, so the labels 'truth' select nothing.")
    if dataset.simulated:
        sentences.append("These data are simulated; class balance and energy spectra are not nature's.")
    energy = dataset.column("energy_kev")
    n_unknown = int(np.isnan(energy).sum())
    if n_unknown and (cuts.energy_low_kev is not None or cuts.energy_high_kev is not None):
        sentences.append(f"{n_unknown:,} of {len(energy):,} rows have no energy: the energy window excludes them.")
    return sentences


def _file_warning(cuts: Cuts, dataset: Dataset) -> str:
    """The definition of the file's labels, in the mapping's words."""
    del cuts
    conditions = [
        f"{label['name']}: {label['branch']} {label['comparison']} {label['value']:g}"
        for label in dataset.meta["mapping"].get("label", ())
    ]
    return (
        f"The labels are those of the files ({'; '.join(conditions)}). How they were made is not known here: where they follow "
        "from the pulse itself, a network is measured by how well it computes that again, not by how pure its classes are."
    )


PANELS = (
    Panel("nmt500_us", ("nmt500_threshold_us",)),
    Panel("energy_kev", ("energy_low_kev", "energy_high_kev")),
)

PRESETS = {
    "cnn2020": Preset(
        Selection(Cuts(), "published", SplitParameters()),
        "CNN slides: crystals 1, 3, 7, 3-10 keV, nmt500 0.12 µs; divided by sub-run instead of at random",
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
                for k, name in enumerate(selected.classes):
                    row[f"{split}_{name}"] = int((inside & (selected.split == s) & (selected.labels == k)).sum())
            rows.append(row)
    return rows


def _windows(cuts: Cuts) -> tuple[tuple[float, float], ...]:
    if cuts.energy_low_kev is None or cuts.energy_high_kev is None:
        return ((-np.inf, np.inf),)
    low, high = cuts.energy_low_kev, cuts.energy_high_kev
    edges = sorted({low, high, *(e for w in WINDOWS_KEV for e in w if low < e < high)})
    return tuple(itertools.pairwise(edges))
