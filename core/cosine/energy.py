"""What judging by energy needs to know of COSINE-100: its light yield, its energy window, what each label can tell."""

import dataclasses

import numpy as np

from core.cosine.select import Cuts
from core.cosine.simulate import LIGHT_YIELD_PE_PER_KEV
from core.data.dataset import Dataset

SCHEME_MEANING = {
    "truth": (
        "Simulated truth: both classes are pure at every energy, so these efficiencies are what they say, of simulated "
        "events. They cannot tell how far the simulation is from nature, nor what its noise populations lack."
    ),
    "coincidence": (
        "Coincidence: signal is pure where a second deposit was seen, down to threshold and without a cut on the pulse "
        "shape. Background is not: a physics run alone also holds single-hit scintillation, so background rejection is a "
        "lower limit, and one that falls where noise dies out."
    ),
    "published": (
        "Published: nmt500 makes the labels, so a network that finds nmt500 gets 100/100. It cannot tell the loss of "
        "signal below nmt500 0.12 us, which grows below 2 keV, nor the leakage of slow noise above it: both are in no class."
    ),
}
"""Per label scheme, what its efficiencies can and cannot tell."""


def light_yield(dataset: Dataset) -> float:
    """Photoelectrons per keV: mean of the nominal light yields of the crystals in the data set, NaN without any."""
    known = [LIGHT_YIELD_PE_PER_KEV.get(int(c), np.nan) for c in np.unique(dataset.column("crystal"))]
    return float(np.mean(known)) if known else float("nan")


def in_window(cuts: Cuts, low_kev: float, high_kev: float) -> Cuts:
    """The same cuts with another energy window."""
    return dataclasses.replace(cuts, energy_low_kev=low_kev, energy_high_kev=high_kev)
