"""Toy showers of known truth: images of an energy, and what a judge is given of them."""

from collections.abc import Mapping

import numpy as np

from core.data.table import Column
from core.figures.image_pairs import Frame, Picture
from core.judge.generating import Conditions, Generating, Geometry, Numbers
from core.judge.generation.sample import Rows, described
from core.statistics.axis import Axis

SIDE, THRESHOLD_MEV = 6, 1.0
AXIS = Axis("true_energy_gev", "GeV", np.array([2.0, 10.0, 50.0]))


def showers(
    n: int, seed: int, energy_gev: np.ndarray | None = None, width: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Energies float64 (n,) and images float32 (n, 6, 6) in MeV: Gaussian blobs, cells fluctuate by themselves, below 1 MeV 0."""
    rng = np.random.default_rng(seed)
    energy = np.exp(rng.uniform(np.log(2.0), np.log(50.0), n)) if energy_gev is None else energy_gev
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    centre = rng.uniform(-0.5, 0.5, (2, n, 1, 1))
    blob = np.exp(-0.5 * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / width**2)
    mean = 1000.0 * energy[:, None, None] * blob / blob.sum(axis=(1, 2), keepdims=True)
    cells = rng.gamma(np.maximum(mean / 20.0, 1e-3), 20.0)
    return energy, np.where(cells > THRESHOLD_MEV, cells, 0.0).astype(np.float32)


def features(rows: np.ndarray, conditions: Conditions, geometry: Geometry) -> Numbers:
    """Response, hit cells, share of the brightest and width."""
    total = rows.sum(axis=(1, 2), dtype=np.float64)
    x = np.arange(SIDE) - (SIDE - 1) / 2
    profile = rows.sum(axis=1, dtype=np.float64) / np.maximum(total, 1e-9)[:, None]
    mean = profile @ x
    return {
        "log_energy": np.log(conditions["true_energy_gev"]),
        "response": total / 1000.0 / conditions["true_energy_gev"],
        "n_cells": (rows > 0.0).sum(axis=(1, 2)).astype(float),
        "e1_share": rows.max(axis=(1, 2)) / np.maximum(total, 1e-9),
        "width": np.sqrt(np.maximum(profile @ x**2 - mean**2, 0.0)),
    }


def more_features(rows: np.ndarray, conditions: Conditions, geometry: Geometry) -> Numbers:
    return {"corner": rows[:, 0, 0].astype(float), "middle": rows[:, 2, 2].astype(float)}


def pixels(rows: np.ndarray, conditions: Mapping[str, np.ndarray], geometry: Geometry) -> np.ndarray:
    energy = conditions["true_energy_gev"][:, None]
    return np.hstack([np.log10(energy), rows.reshape(len(rows), -1) / 1000.0 / energy]).astype(np.float32)


def channels(rows: np.ndarray) -> Numbers:
    return {"left": rows[:, :, :3].sum(axis=(1, 2)), "right": rows[:, :, 3:].sum(axis=(1, 2))}


GENERATING = Generating(
    array="cells_mev", unit="MeV",
    conditions=(Column("true_energy_gev", "Energy", "GeV", 0.0, 100.0, 50, 2, "Energy of the particle"),), axis=AXIS,
    features=features, more_features=more_features, pixels=pixels,
    separated={"response": "response", "n_cells": "hit cells", "width": "width [cells]"}, channels=channels,
    images=lambda drawn, _conditions: (Picture("cells", drawn["samples"], unit="MeV"),),
    frame=lambda _geometry: Frame(np.arange(6.0), np.arange(6.0), "x", "y", 1.0),
)  # fmt: skip


def rows_of(energy: np.ndarray, cells: np.ndarray) -> Rows:
    """The showers as judges are given them."""
    return described(GENERATING, {}, np.arange(len(energy)), cells, energy, {"true_energy_gev": energy})
