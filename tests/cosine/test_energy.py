"""What judging by energy is told of COSINE-100."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from core.cosine.energy import in_window, light_yield
from core.cosine.select import SCHEMES, Cuts
from core.cosine.simulate import LIGHT_YIELD_PE_PER_KEV


def with_crystals(*crystals):
    return SimpleNamespace(column=lambda _name: np.array(crystals))


def test_light_yield_is_the_mean_of_the_crystals_that_are_there():
    assert light_yield(with_crystals(3, 3, 3)) == LIGHT_YIELD_PE_PER_KEV[3]
    assert light_yield(with_crystals(1, 1, 1, 5)) == pytest.approx((14.9 + 7.3) / 2)
    assert math.isnan(light_yield(with_crystals()))
    assert math.isnan(light_yield(with_crystals(1, 11)))  # a crystal of unknown light yield


def test_only_the_energy_window_of_the_cuts_changes():
    cuts = Cuts(crystals=(7,), nmt500_threshold_us=0.1)
    wide = in_window(cuts, 0.0, 20.0)
    assert (wide.energy_low_kev, wide.energy_high_kev) == (0.0, 20.0)
    assert dataclasses.replace(wide, energy_low_kev=3.0, energy_high_kev=10.0) == cuts


def test_every_label_scheme_says_what_it_can_and_cannot_tell():
    assert all("not" in scheme.meaning for scheme in SCHEMES.values())
