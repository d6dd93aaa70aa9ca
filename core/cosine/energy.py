"""What judging by energy needs to know of COSINE-100: its light yield and its energy window."""

import dataclasses

import numpy as np

from core.cosine.select import Cuts
from core.cosine.simulate import LIGHT_YIELD_PE_PER_KEV
from core.data.dataset import Dataset


def light_yield(dataset: Dataset) -> float:
    """Photoelectrons per keV: mean of the nominal light yields of the crystals in the data set, NaN without any."""
    yields = [LIGHT_YIELD_PE_PER_KEV.get(int(c), np.nan) for c in np.unique(dataset.column("crystal"))]
    return float(np.mean(yields)) if yields else float("nan")


def in_window(cuts: Cuts, low_kev: float, high_kev: float) -> Cuts:
    """The same cuts with another energy window."""
    return dataclasses.replace(cuts, energy_low_kev=low_kev, energy_high_kev=high_kev)
