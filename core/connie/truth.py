"""What a cluster of a simulated image is made of, and which of the seven fine labels it gets.

A label is given by a recipe on what is observed and what is true, in this order:

1. undefined: less than half of the cluster's charge comes from simulated particles.
2. segmentation error: a second particle holds more than 15 % of the simulated charge, or the dominant particle has less
   than 85 % of its clustered charge here (it lies in pieces).
3. bad pixel: the dominant particle is a defect.
4. muon unsure: a muon whose visible length L is below 10 px (steep, or cut by an edge); muon sure: any other muon.
5. spot: a compact cluster (L <= 7 px) of at most 20 keV, whatever set its charge free: an electron of that energy ends
   after 5 um, within one pixel. An alpha or an X-ray is a spot at any size.
6. undefined: a compact electron above 20 keV. It is round, but no X-ray line or Compton spot reaches that energy and no
   path shows that it is a worm.
7. worm: any other electron.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.connie.classes import FINE
from core.connie.deposit import PixelCharges
from core.connie.particles import DEFECT, ELECTRON, MUON, SPECIES
from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.connie.extract import Clusters

__all__ = ["SPECIES", "Truth", "read_truth", "truth_columns"]

MIN_TRUE_SHARE, MAX_SECOND_SHARE, MIN_TOGETHER = 0.5, 0.15, 0.85
SHORT_MUON_PX, COMPACT_PX = 10.0, 7.0
SPOT_KEV = 20.0


@dataclass(frozen=True)
class Truth:
    """Of one image: `particles` name -> (n,) with ids 1 .. n in order, and their charge per pixel."""

    particles: dict[str, np.ndarray]
    charges: PixelCharges


def read_truth(path: Path, ohdu: int) -> Truth | None:
    """The truth of the image of CCD `ohdu` in a file; None if it has none."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        tables = {hdu.name: hdu for hdu in hdus if hdu.name in ("TRUTH", "TRUTHPIX") and hdu.header.get("OHDU") == ohdu}
        if len(tables) < 2:
            return None
        particles, pixels = (_columns(tables[name].data) for name in ("TRUTH", "TRUTHPIX"))
    wanted = {"TRUTH": ("id", "species", "energy_kev", "theta_deg", "phi_deg"), "TRUTHPIX": ("particle", "pixel", "charge_e")}
    for name, found in (("TRUTH", particles), ("TRUTHPIX", pixels)):
        missing = [column for column in wanted[name] if column not in found]
        if missing:
            raise DarkroomError(f"{path.name}: its table {name} has no column {', '.join(missing)}: simulate it again.")
    charge = pixels["charge_e"].astype(np.float32)
    return Truth(particles, PixelCharges(pixels["particle"], pixels["pixel"], charge))


def _columns(data: Any) -> dict[str, np.ndarray]:
    """The columns of a FITS table as arrays of their own, in the machine's byte order."""
    made = {}
    for name in data.names:
        column = np.asarray(data[name])
        made[name] = column.astype(column.dtype.newbyteorder("="))
    return made


def truth_columns(
    clusters: "Clusters", measured: dict[str, np.ndarray], truth: Truth | None, shape: tuple[int, int]
) -> dict[str, np.ndarray]:
    """Truth of n clusters, each (n,): class, species and particle of the most charge, -1 or NaN where there is none.

    `truth_share`: the dominant particle's part of the simulated charge; `truth_n_muons`: muons that have more of their
    charge here than in any other cluster. `measured` has `charge_e`, `energy_kev` and `length_px`.
    """
    n = len(clusters.offsets) - 1
    if truth is None:
        return unknown(n)
    pairs = _pairs(clusters, truth, shape)
    n_particles = len(truth.particles["id"])
    total = np.bincount(pairs.cluster, pairs.charge_e, n)
    order = np.lexsort((-pairs.charge_e, pairs.cluster))
    ranked = pairs.cluster[order]
    first = np.searchsorted(ranked, np.arange(n))
    has = (first < len(ranked)) & (total > 0)
    best = order[np.minimum(first, max(len(order) - 1, 0))] if len(order) else np.zeros(n, np.int64)
    follows = np.minimum(first + 1, max(len(order) - 1, 0))
    has_second = has & (first + 1 < len(ranked))
    if len(order):
        has_second &= ranked[follows] == np.arange(n)
    found = unknown(n)
    if not has.any():
        found["truth_class"] = np.full(n, FINE.index("undefined"), np.int8)
        return found
    dominant, charge = pairs.particle[best], pairs.charge_e[best]
    second = np.where(has_second, pairs.charge_e[order[follows]], 0.0)
    of_particle = np.bincount(pairs.particle, pairs.charge_e, n_particles + 1)
    together = charge / np.maximum(of_particle[dominant], 1.0)
    species = np.where(has, truth.particles["species"][dominant - 1], -1)
    for name in ("energy_kev", "theta_deg", "phi_deg"):
        found[f"truth_{name}"] = np.where(has, truth.particles[name][dominant - 1], np.nan).astype(np.float32)
    found["truth_species"] = species.astype(np.int8)
    found["truth_particle"] = np.where(has, dominant, -1).astype(np.int32)
    found["truth_share"] = np.where(has, charge / np.maximum(total, 1.0), 0.0).astype(np.float32)
    found["truth_n_muons"] = _muons(pairs, truth, n)
    true_share = np.where(has, total / np.maximum(measured["charge_e"], 1.0), 0.0)
    is_wrong = (second > MAX_SECOND_SHARE * total) | (together < MIN_TOGETHER)
    found["truth_class"] = _fine(species, is_wrong, true_share < MIN_TRUE_SHARE, measured)
    return found


def _fine(
    species: np.ndarray, is_wrong: np.ndarray, is_empty: np.ndarray, measured: dict[str, np.ndarray]
) -> np.ndarray:
    """The recipe of the module's text: int8 (n,), an index in FINE."""
    length, energy = np.nan_to_num(measured["length_px"]), measured["energy_kev"]
    is_compact, is_electron = length <= COMPACT_PX, species == ELECTRON
    label = np.full(len(species), FINE.index("spot"), np.int8)
    label[is_electron & ~is_compact] = FINE.index("worm")
    label[is_electron & is_compact & (energy > SPOT_KEV)] = FINE.index("undefined")
    label[species == MUON] = FINE.index("muon sure")
    label[(species == MUON) & (length < SHORT_MUON_PX)] = FINE.index("muon unsure")
    label[species == DEFECT] = FINE.index("bad pixel")
    label[is_wrong] = FINE.index("segmentation error")
    label[is_empty] = FINE.index("undefined")
    return label


@dataclass(frozen=True)
class _Pairs:
    """Charge [e-] of a particle (id) in a cluster (index), for all that overlap: arrays (m,)."""

    cluster: np.ndarray
    particle: np.ndarray
    charge_e: np.ndarray


def _pairs(clusters: "Clusters", truth: Truth, shape: tuple[int, int]) -> _Pairs:
    owner = np.full(shape[0] * shape[1], -1, np.int32)
    n = len(clusters.offsets) - 1
    owner[clusters.y.astype(np.int64) * shape[1] + clusters.x] = np.repeat(np.arange(n), np.diff(clusters.offsets))
    cluster = owner[truth.charges.pixel]
    inside = cluster >= 0
    stride = len(truth.particles["id"]) + 1
    key = cluster[inside].astype(np.int64) * stride + truth.charges.particle[inside]
    keys, index = np.unique(key, return_inverse=True)
    return _Pairs(keys // stride, keys % stride, np.bincount(index, truth.charges.charge_e[inside], len(keys)))


def _muons(pairs: _Pairs, truth: Truth, n: int) -> np.ndarray:
    """int16 (n,): muons by the cluster that holds the largest part of them."""
    is_muon = truth.particles["species"][pairs.particle - 1] == MUON
    particle, cluster, charge = pairs.particle[is_muon], pairs.cluster[is_muon], pairs.charge_e[is_muon]
    order = np.lexsort((-charge, particle))
    main = order[np.diff(particle[order], prepend=-1) > 0]
    return np.bincount(cluster[main], minlength=n).astype(np.int16)


def unknown(n: int) -> dict[str, np.ndarray]:
    """The truth columns of n rows that were not simulated."""
    made: dict[str, np.ndarray] = {"truth_class": np.full(n, -1, np.int8), "truth_species": np.full(n, -1, np.int8)}
    made |= {name: np.full(n, np.nan, np.float32) for name in ("truth_share", "truth_energy_kev", "truth_theta_deg")}
    made |= {"truth_phi_deg": np.full(n, np.nan, np.float32), "truth_particle": np.full(n, -1, np.int32)}
    return made | {"truth_n_muons": np.zeros(n, np.int16)}
