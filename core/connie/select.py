"""CONNIE: cuts on track features, label schemes, class maps, presets and the statistics table.

Source: slides 002 for classes and preprocessing sets; the classical muon cuts are those of the CONNIE code.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import parameters
from core.connie.event import UID
from core.connie.features import COLUMNS, FLAGS
from core.connie.labels.classes import FINE, ClassMap, class_maps
from core.connie.labels.votes import LABEL, vote_classes
from core.connie.muons.classical import REFUSED_FLAGS, SIMULATED_PEAK, DedxBand, ShapeBand
from core.data.cuts import Cut
from core.data.dataset import Dataset
from core.data.splits import SPLITS, SplitParameters
from core.errors import DarkroomError
from core.labels.labels import Scheme
from core.parameters import param
from core.selection.limits import Limit, limit_cuts, window_cuts
from core.selection.selecting import Panel, Preset
from core.selection.selection import Selected, Selection

FEATURES = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True)
class FeatureLimit(Limit):
    """Keep rows with `low <= feature < high`; NaN never passes."""

    feature: str = param("length_px", "table column", choices=FEATURES)


@dataclass(frozen=True)
class Cuts(ClassMap):
    """Cuts on tracks, and the class that is assigned to each fine label."""

    runs: tuple[int, ...] = param((), "runs used; none: all", low=0, high=999999, options_from="run")
    images: tuple[int, ...] = param((), "images used, by run ID; none: all", low=0, high=999999, options_from="runid")
    ohdus: tuple[int, ...] = param((), "CCDs used, by OHDU; none: all", low=0, high=63, options_from="ohdu")
    energy_low_kev: float | None = param(
        None, "lower edge of the energy window; none: no cut", unit="keV", low=0.0, high=1e6, slider=(0.0, 1000.0, 1.0)
    )
    energy_high_kev: float | None = param(
        None, "upper edge, exclusive; none: no cut", unit="keV", low=0.0, high=1e6, slider=(0.0, 1000.0, 1.0)
    )
    min_pixels: int = param(0, "fewest pixels of a track", unit="px", low=0, high=100_000, slider=(0, 200, 1))
    limits: tuple[FeatureLimit, ...] = param((), "minimum and maximum of features")
    refused_flags: tuple[str, ...] = param((), "tracks with one of these flags are dropped", choices=FLAGS)

    def check(self) -> None:
        super().check()
        low, high = self.energy_low_kev, self.energy_high_kev
        if low is not None and high is not None and low >= high:
            raise DarkroomError(
                f"The energy window is upside down ({low:g} to {high:g} keV): the lower edge must be below the upper."
            )


SCHEMES = {
    "truth": Scheme(
        "the class that the simulation's written recipe gives, from what was simulated and can be observed",
        "Simulated truth: every cluster's class follows from the particles in it and from what can be seen, by a written "
        "recipe. Purities hold for the simulated mix of particles and cannot tell how far it is from nature's.",
        needs_truth=True,
    ),
    "hand": Scheme(
        "labels made by hand in this program; of several labellers the majority",
        "Labels by hand: they say what a person saw. A network can be no better than the labellers agree with each other, "
        "and tracks that nobody labelled count nowhere.",
        unlabelled="not labelled",
    ),
    "votes": Scheme(
        "the class with most votes of an imported table; a tie is no label",
        "Votes: the class that most judges named. Where they were split the label is doubtful, so compare with the share "
        "of votes, and leave ties out.",
        is_own=True,
        unlabelled="no majority",
    ),
}


def cut_list(cuts: Cuts) -> list[Cut]:
    """The cuts common to all classes, in the order of the cut flow."""
    cut_flow = []
    for title, column, values in (
        ("run", "run", cuts.runs),
        ("run ID", "runid", cuts.images),
        ("OHDU", "ohdu", cuts.ohdus),
    ):
        if values:
            cut_flow.append(Cut(f"{title} {_listed(values)}", column, values=values))
    cut_flow += window_cuts("energy", "energy_kev", cuts.energy_low_kev, cuts.energy_high_kev, "keV")
    if cuts.min_pixels:
        cut_flow.append(Cut(f"at least {cuts.min_pixels} pixels", "npix", low=cuts.min_pixels))
    if cuts.refused_flags:
        bits = sum(1 << FLAGS.index(flag) for flag in cuts.refused_flags)
        cut_flow.append(Cut(f"not {_listed(cuts.refused_flags)}", "flags", refused_bits=bits))
    return cut_flow + limit_cuts(cuts.limits)


def label_cuts(cuts: Cuts, scheme: str, dataset: Dataset) -> dict[str, list[Cut]]:
    """What makes a row a class; the keys are the classes, in the order of the fine labels, `other` last.

    A row of an excluded fine label, or without a label, is in none. Votes bring their own classes.
    """
    voted = vote_classes(dataset) if scheme in ("votes", "hand") else ()
    if scheme == "votes":
        return {name: [Cut(f"most votes: {name}", LABEL, values=(i,))] for i, name in enumerate(voted)}
    if voted:
        return {name: [Cut(f"labelled {name}", "hand_label", values=(i,))] for i, name in enumerate(voted)}
    column, verb = ("hand_label", "labelled") if scheme == "hand" else ("truth_class", "simulated as")
    return {
        name: [Cut(f"{verb} {_listed(tuple(FINE[i] for i in indices))}", column, values=indices)]
        for name, indices in cuts.members().items()
    }


def class_names(cuts: Cuts) -> np.ndarray:
    """int8 (9,): index of the class for every fine label, -1 where excluded; the last one is for 'unknown' (-1)."""
    at = {name: i for i, name in enumerate(cuts.members())}
    return np.array([*(at.get(name, -1) for name in cuts.assigned()), -1, -1], np.int8)


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(str, values)) or "none"


def group(dataset: Dataset) -> np.ndarray:
    """The image as one number per row: tracks of an image stay together, as they share its noise and its pieces."""
    image: np.ndarray = dataset.column("uid") >> UID.bits["cluster"]
    return image


def in_window(cuts: Cuts, low_kev: float, high_kev: float) -> Cuts:
    """The same cuts with another energy window; cuts without any stay, and with them tracks that have no energy."""
    if cuts.energy_low_kev is None and cuts.energy_high_kev is None:
        return cuts
    return dataclasses.replace(cuts, energy_low_kev=low_kev, energy_high_kev=high_kev)


def warnings(cuts: Cuts, scheme: str, dataset: Dataset) -> list[str]:
    """Limitations of these labels, one sentence each."""
    sentences = []
    if scheme == "truth" and not dataset.simulated:
        sentences.append("This data set is measured: it has no truth, so the labels 'truth' select nothing.")
    if dataset.simulated:
        sentences.append("These data are simulated; class balance and energy spectra are not nature's.")
    excluded = [name for name, given in zip(FINE, cuts.assigned(), strict=True) if given == "excluded"]
    if scheme != "votes" and excluded:
        sentences.append(
            f"Excluded from training and from every efficiency: {', '.join(excluded)}. An image holds such tracks, and a "
            "network trained without them calls each of them one of its classes: its purity on whole images is lower."
        )
    n_images = len(np.unique(group(dataset)))
    if n_images < 3:
        sentences.append(
            f"The tracks come from {n_images} image(s): a division that keeps images together needs three; add images or "
            "divide at random, which lets pieces of the same image stand on both sides."
        )
    return sentences


PANELS = (
    Panel("length_px"),
    Panel("energy_kev", ("energy_low_kev", "energy_high_kev")),
    Panel("log_dedx_adu"),
    Panel("mean_width_px"),
)


def of_classes(name: str, **values: Any) -> Cuts:
    """Cuts with one of the class maps that come with the program."""
    if name not in class_maps():
        raise DarkroomError(f"Unknown class map '{name}': expected one of {', '.join(class_maps())}.")
    return parameters.build(Cuts, {**parameters.to_dict(class_maps()[name]), **values})


def dedx_cuts(band: DedxBand) -> Cuts:
    """The classical cut "dE/dx" as a selection of all tracks that it keeps."""
    limit = FeatureLimit("log_dedx_adu", band.centre - band.half_width, band.centre + band.half_width)
    return of_classes("seven", limits=(limit,), refused_flags=REFUSED_FLAGS)


def shape_cuts(band: ShapeBand) -> Cuts:
    """The classical cut "shape" as a selection of all tracks that it keeps."""
    limits = (
        FeatureLimit("e1", low=1e-6),
        FeatureLimit("box_diagonal_px", low=band.min_diagonal_px),
        FeatureLimit("mean_width_px", band.mean_width_px - band.half_width_px, band.mean_width_px + band.half_width_px),
    )
    return of_classes("seven", limits=limits, refused_flags=REFUSED_FLAGS)


PRESETS = {
    "three": Preset(
        Selection(of_classes("three"), "truth", SplitParameters()),
        "slides: muon sure, worm, spot; everything else excluded; divided by image",
    ),
    "four": Preset(
        Selection(of_classes("four"), "truth", SplitParameters()),
        "the three classes and a reject class for all the rest: what a whole image needs",
    ),
    "six": Preset(
        Selection(of_classes("six"), "truth", SplitParameters()), "six classes: the seven labels without 'muon unsure'"
    ),
    "seven": Preset(Selection(of_classes("seven"), "truth", SplitParameters()), "every fine label is a class"),
    "dE/dx": Preset(
        Selection(dedx_cuts(DedxBand(centre=SIMULATED_PEAK)), "truth"),
        "classical muon cut: no flag and log10(ADU/µm) within 0.16 of the observed peak, which is 2.776 at the simulated gain "
        "(the CONNIE code has 2.7055): look where yours is and move the limits",
    ),
    "shape": Preset(
        Selection(shape_cuts(ShapeBand()), "truth"),
        "classical muon cut: no flag, diagonal above 20 px, mean width 3.4-5.4 px",
    ),
    "everything": Preset(
        Selection(of_classes("seven"), "truth"), "no cut at all: where to start with another experiment's files"
    ),
}

WINDOWS_KEV = ((0.0, 10.0), (10.0, 100.0), (100.0, 300.0), (300.0, 1e6))


def statistics(selected: Selected) -> list[dict[str, Any]]:
    """The data statistics table: energy window (none: rows without an energy) x what was simulated (-1: unknown) x split
    x class, and how many have no label.
    """
    energy = selected.dataset.column("energy_kev")[selected.preselected]
    species = selected.dataset.column("truth_species")[selected.preselected]
    rows = []
    for kind in np.unique(species):
        for window in (*WINDOWS_KEV, None):
            in_it = np.isnan(energy) if window is None else (energy >= window[0]) & (energy < window[1])
            inside = (species == kind) & in_it
            if not inside.any():
                continue
            row: dict[str, Any] = {"species": int(kind), "window_kev": window and list(window)}
            for s, split in enumerate(SPLITS[:3]):
                for k, name in enumerate(selected.classes):
                    row[f"{split}_{name}"] = int((inside & (selected.split == s) & (selected.labels == k)).sum())
            row[SCHEMES[selected.selection.labels].unlabelled or "no label"] = int(
                (inside & (selected.labels < 0)).sum()
            )
            rows.append(row)
    return rows
