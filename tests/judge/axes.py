"""An axis for events that are made up: energies in keV."""

import numpy as np

from core.statistics.axis import Axis

KEV = Axis("energy_kev", "keV", np.linspace(0.0, 20.0, 21), ((1.0, 2.0), (2.0, 3.0), (3.0, 6.0), (6.0, 10.0)))
ROWS = KEV.with_edges(np.arange(0.0, 10.25, 0.5))
