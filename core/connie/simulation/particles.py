"""What crosses or stops in the silicon: muons, electrons, X-rays, alphas, as charge at points and a table of truth.

x and y are pixels of the active area (a pixel's centre is a whole number), depth is um from the collecting front side.
Energy loss follows the Particle Data Group's review of the passage of particles through matter; Fano factor, lines and the
energies of alphas are those that CONNIE and DAMIC-M report. Spectra of electrons and Compton spots are assumed.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.connie.simulation import electrons
from core.connie.simulation.deposit import PAIR_EV, PIXEL_UM, THICKNESS_UM

SPECIES = ("muon", "electron", "spot", "alpha", "defect")
MUON, ELECTRON, SPOT, ALPHA, DEFECT = range(5)
XI_KEV_PER_UM = 0.01782  # Landau width of a singly charged relativistic particle in silicon
PLASMA_EV = 31.06
FANO = 0.129
ALPHA_RANGE_UM = 27.0
LINES_KEV, ATTENUATION_UM = (1.740, 8.046, 8.904), (13.0, 66.0, 66.0)  # Si K, Cu K-alpha, Cu K-beta
_CAP_KEV = 500.0  # of one step
_DELTA_KEV = 50.0  # a step with more than this is a delta electron of its own path
_STEP_UM = 5.0


@dataclass(frozen=True)
class Tracks:
    """Particles of one species: `table` name -> (n,), and their steps: `owner` (m,) index into the table,
    `place` (m, 3) x, y [px] and depth [µm], `energy_kev` (m,)."""

    table: dict[str, np.ndarray]
    owner: np.ndarray
    place: np.ndarray
    energy_kev: np.ndarray


def landau_mpv_kev(length_um: np.ndarray | float) -> np.ndarray:
    """Most probable energy loss of a muon on a path: xi (ln(2 m c2 xi / I_p2) + 0.2), the density-effect limit."""
    xi = XI_KEV_PER_UM * np.asarray(length_um, np.float64)
    return xi * (np.log(2.0 * electrons.MASS_KEV * xi / (PLASMA_EV * 1e-3) ** 2) + 0.2)


@cache
def _landau_table() -> tuple[np.ndarray, np.ndarray]:
    """-ln(1 - u) and the standard Landau variate x with CDF u, up to 1 - u = 1e-5 (a step reaches its cap before)."""
    from scipy import stats

    survival = np.r_[np.linspace(1.0, 0.02, 800)[1:], np.geomspace(0.02, 1e-5, 200)[1:]]
    return -np.log(survival), stats.landau.isf(survival)


def landau_kev(rng: np.random.Generator, step_um: np.ndarray, cap_kev: float = _CAP_KEV) -> np.ndarray:
    """Energy lost on steps of `step_um` (n,): Landau, at least 0, at most `cap_kev`. Steps add up to a Landau again."""
    exponent, variate = _landau_table()
    x = np.interp(rng.standard_exponential(len(step_um)), exponent, variate)
    # scipy's standard Landau is not CERNLIB's, whose mode is at -0.22278: pi/2 as wide, and moved by ln(pi/2)
    xi = XI_KEV_PER_UM * step_um
    energy = landau_mpv_kev(step_um) + 0.22278 * xi + xi * math.log(math.pi / 2.0) + x * xi * math.pi / 2.0
    return np.clip(energy, 0.0, cap_kev)


def muon_directions(rng: np.random.Generator, n: int, plane: str = "horizontal") -> np.ndarray:
    """Unit vectors (n, 3) of muons through the sensor, third component along its normal, into the silicon (< 0).

    Sky ~ cos2 of the zenith angle, times the projected area: cos3 sin through a horizontal plane.
    """
    if plane == "horizontal":
        cosine, azimuth = rng.random(n) ** 0.25, rng.uniform(-np.pi, np.pi, n)
        sine = np.sqrt(1.0 - cosine**2)
        return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), -cosine], 1)
    # a vertical plane, its normal horizontal and y up: pdf cos2 sin2 in zenith angle, |cos| in azimuth
    cosine = np.sqrt(rng.beta(1.5, 1.5, n))
    normal = np.sqrt(1.0 - cosine**2)
    azimuth = np.arcsin(rng.uniform(-1.0, 1.0, n))
    return np.stack([normal * np.sin(azimuth), -cosine, -normal * np.cos(azimuth)], 1)


def muons(rng: np.random.Generator, middle: np.ndarray, direction: np.ndarray) -> Tracks:
    """Muons through `middle` (n, 2) [px] at half depth: Landau steps of 5 µm, large ones as delta electrons."""
    n = len(middle)
    path_um = THICKNESS_UM / -direction[:, 2]
    slope = direction[:, :2] / -direction[:, 2:] * THICKNESS_UM / PIXEL_UM
    start = middle - 0.5 * slope
    n_steps = np.ceil(path_um / _STEP_UM).astype(np.int64)
    owner = np.repeat(np.arange(n), n_steps)
    along = (np.arange(n_steps.sum()) - np.repeat(np.cumsum(n_steps) - n_steps, n_steps) + 0.5) / n_steps[owner]
    place = np.empty((len(owner), 3))
    place[:, :2] = start[owner] + along[:, None] * slope[owner]
    place[:, 2] = (1.0 - along) * THICKNESS_UM
    energy = landau_kev(rng, (path_um / n_steps)[owner])
    hard = np.flatnonzero(energy > _DELTA_KEV)
    rays = _delta_rays(rng, owner[hard], place[hard], direction[owner[hard]], energy[hard])
    energy[hard] = 0.0
    owner, place, energy = (np.concatenate([a, b]) for a, b in zip((owner, place, energy), rays, strict=True))
    theta = np.degrees(np.arccos(-direction[:, 2]))
    table = _table(MUON, start[:, 0], start[:, 1], np.full(n, THICKNESS_UM), np.bincount(owner, energy, n))
    table |= {"x_end_px": start[:, 0] + slope[:, 0], "y_end_px": start[:, 1] + slope[:, 1], "z_end_um": np.zeros(n)}
    table |= {"theta_deg": theta, "phi_deg": np.degrees(np.arctan2(slope[:, 1], slope[:, 0]))}
    table |= {"length_px": np.hypot(slope[:, 0], slope[:, 1])}
    return Tracks(table, owner, place, energy)


def _delta_rays(
    rng: np.random.Generator, owner: np.ndarray, place: np.ndarray, along: np.ndarray, energy_kev: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps of electrons knocked on by muons: angle to the muon from energy and momentum, cos = sqrt(T / (T + 2 m))."""
    cosine = np.sqrt(energy_kev / (energy_kev + 2.0 * electrons.MASS_KEV))
    sideways = _unit(np.cross(along, isotropic(rng, len(owner))))
    direction = cosine[:, None] * along + np.sqrt(1.0 - cosine**2)[:, None] * sideways
    return electrons.propagate(rng, owner, place, direction, energy_kev)


def isotropic(rng: np.random.Generator, n: int) -> np.ndarray:
    """Unit vectors (n, 3) in all directions alike."""
    return _unit(rng.standard_normal((n, 3)))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


def worm_energies_kev(rng: np.random.Generator, n: int, flat_share: float) -> np.ndarray:
    """Kinetic energies: exponential with mean 150 keV, and a share flat up to 1.5 MeV; at least 2 keV."""
    energy = np.where(rng.random(n) < flat_share, rng.uniform(2.0, 1500.0, n), rng.exponential(150.0, n))
    return np.clip(energy, 2.0, 2500.0)


def worms(rng: np.random.Generator, start: np.ndarray, energy_kev: np.ndarray) -> Tracks:
    """Electrons from `start` (n, 3), isotropic."""
    n = len(start)
    direction = isotropic(rng, n)
    owner, place, energy = electrons.propagate(rng, np.arange(n), start, direction, energy_kev)
    table = _table(ELECTRON, start[:, 0], start[:, 1], start[:, 2], np.bincount(owner, energy, n))
    last = np.flatnonzero(np.diff(owner, append=n))
    ends = start.copy()
    ends[owner[last]] = place[last]
    table |= {"x_end_px": ends[:, 0], "y_end_px": ends[:, 1], "z_end_um": ends[:, 2]}
    table |= {"theta_deg": np.degrees(np.arccos(np.abs(direction[:, 2])))}
    table |= {"phi_deg": np.degrees(np.arctan2(direction[:, 1], direction[:, 0]))}
    table |= {"length_px": np.hypot(*(ends - start)[:, :2].T)}
    return Tracks(table, owner, place, energy)


def spots(rng: np.random.Generator, place: np.ndarray, line_shares: tuple[float, ...]) -> Tracks:
    """X-rays and low Compton electrons at `place` (n, 2): point-like. Lines enter from either side.

    `line_shares`: of Si 1.740, Cu 8.046 and 8.904 keV; the rest is flat from 0.05 to 20 keV at any depth.
    """
    n = len(place)
    kind = np.searchsorted(np.cumsum(line_shares), rng.random(n), side="right")
    energy = np.append(LINES_KEV, 0.0)[kind]
    depth = rng.exponential(np.append(ATTENUATION_UM, 1.0)[kind]) % THICKNESS_UM
    depth = np.where(rng.random(n) < 0.5, depth, THICKNESS_UM - depth)
    is_compton = kind == len(LINES_KEV)
    energy[is_compton] = rng.uniform(0.05, 20.0, int(is_compton.sum()))
    depth[is_compton] = rng.uniform(0.0, THICKNESS_UM, int(is_compton.sum()))
    table = _table(SPOT, place[:, 0], place[:, 1], depth, energy)
    return Tracks(table, np.arange(n), np.column_stack([place, depth]), energy)


def electrons_of(rng: np.random.Generator, energy_kev: np.ndarray) -> np.ndarray:
    """Electrons (n,) int64 set free by an absorbed energy: Normal(E / pair, sqrt(F E / pair)), F = 0.129."""
    mean = energy_kev * 1e3 / PAIR_EV
    return np.maximum(np.rint(mean + np.sqrt(FANO * mean) * rng.standard_normal(len(mean))), 0.0).astype(np.int64)


def _table(species: int, x: np.ndarray, y: np.ndarray, z: np.ndarray, energy_kev: np.ndarray) -> dict[str, np.ndarray]:
    """Truth of n particles; what has no direction and no length has NaN and 0."""
    n = len(x)
    nan = np.full(n, np.nan)
    return {
        "species": np.full(n, species, np.int16), "energy_kev": energy_kev, "x_px": x, "y_px": y, "z_um": z,
        "x_end_px": x, "y_end_px": y, "z_end_um": z, "theta_deg": nan, "phi_deg": nan, "length_px": np.zeros(n),
    }  # fmt: skip


def alphas(rng: np.random.Generator, place: np.ndarray) -> Tracks:
    """Alphas of 3 to 9 MeV at `place` (n, 2), within 27 µm of either side: one point each, spread by their plasma."""
    n = len(place)
    energy = rng.uniform(3000.0, 9000.0, n)
    depth = rng.uniform(0.0, ALPHA_RANGE_UM, n)
    depth = np.where(rng.random(n) < 0.5, depth, THICKNESS_UM - depth)
    table = _table(ALPHA, place[:, 0], place[:, 1], depth, energy)
    return Tracks(table, np.arange(n), np.column_stack([place, depth]), energy)


def defect_table(pieces: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Truth rows of defects, (3, pixels) arrays of row, column and charge: first and last pixel, charge as energy."""
    first = np.array([piece[:2, 0] for piece in pieces], float).reshape(-1, 2)
    last = np.array([piece[:2, -1] for piece in pieces], float).reshape(-1, 2)
    charge = np.array([piece[2].sum() for piece in pieces], float)
    table = _table(DEFECT, first[:, 1], first[:, 0], np.zeros(len(pieces)), charge * PAIR_EV * 1e-3)
    return table | {
        "x_end_px": last[:, 1],
        "y_end_px": last[:, 0],
        "length_px": np.abs(last - first).max(1, initial=0.0),
    }
