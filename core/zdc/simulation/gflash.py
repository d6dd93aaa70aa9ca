"""Mean shape and fluctuations of electromagnetic showers in a homogeneous material: the parameters of GFlash.

G. Grindhammer, S. Peters, hep-ex/0001020, with the numbers of Geant4 (`GVFlashHomoShowerTuning.hh`). Depths are in radiation lengths,
radii in Moliere radii; y is the energy over the critical energy, tau the depth over that of the maximum.
"""

import math
from typing import NamedTuple

import numba

MOST_TAIL_RADII = 1e3
_jit = numba.njit(cache=True, nogil=True)


class Material(NamedTuple):
    """Radiation length and Moliere radius [cm], effective atomic number, critical energy [MeV]."""

    radiation_cm: float
    moliere_cm: float
    z: float
    critical_mev: float


class Shape(NamedTuple):
    """Of an energy: mean and spread of ln T (T: depth of the maximum) and of ln alpha, and their correlation."""

    ln_t: float
    ln_t_sigma: float
    ln_alpha: float
    ln_alpha_sigma: float
    correlation: float


PBWO4 = Material(0.890, 1.96, 68.4, 9.64)
"""Lead tungstate; critical energy of the PDG."""
LYSO = Material(1.14, 2.07, 54.6, 9.94)
"""Lutetium-yttrium oxyorthosilicate; critical energy by GFlash's formula, as the PDG has none."""


@_jit
def shape(m: Material, energy_gev: float) -> Shape:
    """Of showers of an energy above about 0.3 GeV: below, the formulas of the spreads have a pole."""
    ln_y = math.log(1000.0 * energy_gev / m.critical_mev)
    return Shape(
        math.log(ln_y - 0.812),
        1.0 / (-1.4 + 1.26 * ln_y),
        math.log(0.81 + (0.458 + 2.26 / m.z) * ln_y),
        1.0 / (-0.58 + 0.86 * ln_y),
        0.705 - 0.023 * ln_y,
    )


@_jit
def radial(m: Material, energy_gev: float, tau: float) -> tuple[float, float, float]:
    """R_core and R_tail [Moliere radii] and the share of the core at a depth: both parts are 2 r R^2 / (r^2 + R^2)^2."""
    ln_e = math.log(energy_gev)
    core = 0.0251 + 0.00319 * ln_e + (0.1162 - 0.000381 * m.z) * tau
    rising = min((0.3585 + 0.0412 * ln_e) * (tau - 0.645), math.log(MOST_TAIL_RADII))
    tail = (0.659 - 0.00309 * m.z) * (math.exp(-2.59 * (tau - 0.645)) + math.exp(rising))
    u = (0.401 + 0.00187 * m.z - tau) / (1.313 - 0.0686 * ln_e)
    return max(core, 1e-3), tail, (2.632 - 0.00094 * m.z) * math.exp(u - math.exp(u))


@_jit
def n_spots(m: Material, energy_gev: float) -> float:
    """Into how many spots of equal energy a shower falls: 2.5 to 5 MeV each."""
    return float(93.0 * math.log(m.z) * energy_gev**0.876)
