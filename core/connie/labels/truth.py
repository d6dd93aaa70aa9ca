"""Truth of a cluster of a simulated image: the particles whose charge it holds, and its fine label.

A label is given by a recipe on what is observed and what is true, in this order:

1. undefined: less than half of the cluster's charge comes from simulated particles.
2. segmentation error: a second particle holds more than 15 % of the simulated charge, or the dominant particle has less
   than half of its clustered charge here (it lies in pieces, and this is not its main one). Delta rays count as their muon.
3. bad pixel: the dominant particle is a defect.
4. muon unsure: a muon whose visible length L is below 10 px (steep, or cut by an edge). muon sure: any other muon.
5. spot: an X-ray, a Compton spot or an alpha; also an electron that leaves at most 20 keV: it ends after 5 µm, within one
   pixel, and nothing tells it from a Compton spot.
6. undefined: an electron above 20 keV with L <= 5 px, the size of a 20 keV spot. It is round as a spot is, but above
   the energy of all of them, and shows no path as a worm does.
7. worm: any other electron.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.connie.labels.classes import FINE
from core.connie.raw.cards import count
from core.connie.raw.hdus import survey
from core.connie.raw.tables import columns
from core.connie.simulation.deposit import PixelCharges
from core.connie.simulation.particles import DEFECT, ELECTRON, MUON, SPECIES
from core.errors import DarkroomError

if TYPE_CHECKING:
    from core.connie.clusters.extract import Clusters

__all__ = ["SPECIES", "Truth", "read_truth", "truth_columns"]

_WANTED = {
    "TRUTH": ("id", "species", "energy_kev", "theta_deg", "phi_deg", "n_stored"),
    "TRUTHPIX": ("pixel", "charge_e"),
}
MIN_TRUE_SHARE, MAX_SECOND_SHARE, MIN_TOGETHER = 0.5, 0.15, 0.5
SHORT_MUON_PX, COMPACT_PX = 10.0, 5.0
SPOT_KEV = 20.0
MADE_OF = {
    "truth_class": {
        "length_px": f"muons shorter than {SHORT_MUON_PX:g} px are 'muon unsure', electrons up to {COMPACT_PX:g} px 'undefined'",
        "energy_kev": f"electrons up to {SPOT_KEV:g} keV are spots",
    }
}
"""The observed columns that the recipe of the labels asks, and for what."""


@dataclass(frozen=True)
class Truth:
    """Of one image of `shape`: `particles` name -> (n,) with ids 1 .. n in order, and their charge per pixel."""

    particles: dict[str, np.ndarray]
    charges: PixelCharges
    shape: tuple[int, int]


def read_truth(path: Path, ohdu: int) -> Truth | None:
    """The truth of the image of CCD `ohdu` in a file; None if it has none, or if its tables are cut off."""
    file_survey = survey(path)
    units = {hdu.name: hdu for hdu in file_survey.hdus if hdu.name in _WANTED and hdu.cards.get("OHDU") == ohdu}
    if len(units) < len(_WANTED) or not all(hdu.is_whole for hdu in units.values()):
        return None
    particles, pixels = (
        {column: np.asarray(values) for column, values in columns(path, units[name], wanted).items()}
        for name, wanted in _WANTED.items()
    )
    shape = tuple(count(units["TRUTH"].cards, key) for key in ("ROWS", "COLUMNS"))
    n, stored, pixel = len(particles["id"]), particles["n_stored"], pixels["pixel"]
    is_whole = np.array_equal(particles["id"], np.arange(1, n + 1)) and stored.min(initial=0) >= 0
    is_whole &= int(stored.sum()) == len(pixel) and pixel.min(initial=0) >= 0
    is_whole &= pixel.max(initial=-1) < shape[0] * shape[1]
    is_whole &= particles["species"].min(initial=0) >= 0 and particles["species"].max(initial=0) < len(SPECIES)
    if not is_whole:
        raise DarkroomError(
            f"{path.name}: its tables TRUTH and TRUTHPIX of OHDU {ohdu} do not fit each other: simulate it again, or "
            "take the HDUs out to read it as an image without truth."
        )
    owner = np.repeat(particles["id"], stored).astype(np.int32)
    charges = PixelCharges(owner, pixel.astype(np.int32), pixels["charge_e"].astype(np.float32))
    return Truth(particles, charges, (shape[0], shape[1]))


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
    if truth.shape != shape:
        raise DarkroomError(
            f"The simulated truth is of an image of {truth.shape[0]} x {truth.shape[1]} pixels, this one has "
            f"{shape[0]} x {shape[1]}: correct the geometry in the mapping."
        )
    pairs = _pairs(clusters, truth, shape)
    table = unknown(n)
    table["truth_class"][:] = FINE.index("undefined")
    table["truth_share"][:] = 0.0
    total = np.bincount(pairs.cluster, pairs.charge_e, n)
    has, first, second = _two_largest(pairs, n)
    particle, charge = pairs.particle[first], pairs.charge_e[first]
    together = charge / np.bincount(pairs.particle, pairs.charge_e)[particle]
    for name in ("energy_kev", "theta_deg", "phi_deg"):
        table[f"truth_{name}"][has] = truth.particles[name][particle - 1]
    table["truth_species"][has] = truth.particles["species"][particle - 1]
    table["truth_particle"][has] = particle
    table["truth_share"][has] = charge / total[has]
    table["truth_n_muons"] = _muons(pairs, truth, n)
    is_wrong = (second > MAX_SECOND_SHARE * total[has]) | (together < MIN_TOGETHER)
    is_empty = total[has] < MIN_TRUE_SHARE * measured["charge_e"][has]
    length, energy = measured["length_px"][has], measured["energy_kev"][has]
    table["truth_class"][has] = _fine(table["truth_species"][has], is_wrong, is_empty, length, energy)
    return table


def _two_largest(pairs: "_Pairs", n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which of n clusters have simulated charge, bool (n,); of these (m,) the index of the largest pair and the charge
    of the second, 0 if there is none."""
    order = np.lexsort((-pairs.charge_e, pairs.cluster))
    starts = np.flatnonzero(np.diff(pairs.cluster[order], prepend=-1))
    has = np.zeros(n, bool)
    has[pairs.cluster[order[starts]]] = True
    counts = np.diff(starts, append=len(order))
    follows = order[np.minimum(starts + 1, len(order) - 1)]
    return has, order[starts], np.where(counts > 1, pairs.charge_e[follows], 0.0)


def _fine(
    species: np.ndarray, is_wrong: np.ndarray, is_empty: np.ndarray, length_px: np.ndarray, energy_kev: np.ndarray
) -> np.ndarray:
    """The recipe of the module's text, all (m,): int8, an index in FINE. A single pixel has no length."""
    length = np.nan_to_num(length_px)
    is_worm = (species == ELECTRON) & (energy_kev > SPOT_KEV)
    label = np.full(len(species), FINE.index("spot"), np.int8)
    label[is_worm] = FINE.index("worm")
    label[is_worm & (length <= COMPACT_PX)] = FINE.index("undefined")
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
    table: dict[str, np.ndarray] = {"truth_class": np.full(n, -1, np.int8), "truth_species": np.full(n, -1, np.int8)}
    table |= {name: np.full(n, np.nan, np.float32) for name in ("truth_share", "truth_energy_kev", "truth_theta_deg")}
    table |= {"truth_phi_deg": np.full(n, np.nan, np.float32), "truth_particle": np.full(n, -1, np.int32)}
    return table | {"truth_n_muons": np.zeros(n, np.int16)}
