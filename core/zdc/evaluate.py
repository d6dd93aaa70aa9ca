"""Judgement of ZDC: the axis is the energy that a shower was made for."""

import numpy as np

from core.statistics.axis import Axis

AXIS = Axis(
    "true_energy_gev", "GeV", np.array([1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 300.0]),
    ((2.0, 5.0), (5.0, 20.0), (20.0, 50.0), (50.0, 100.0)),
)  # fmt: skip
