"""How a drawn shower begins: where it is on the grid, and how much of its energy the cells see. NumPy twins of small keras layers."""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from scipy import special

from core.zdc.frame import fold
from core.zdc.networks.numbers import LEAST_LOG_SCALE

ORIENTATIONS = 8


@dataclass(frozen=True)
class Frames:
    """The frames of n showers (`core.zdc.frame.fold`): places int64 (n, 5) of (column, row, mirrored x, mirrored y, swapped), and
    offsets float64 (n, 2), (a, b).
    """

    places: np.ndarray
    offsets: np.ndarray


@dataclass(frozen=True)
class Detector:
    """Grid and threshold that a network was trained on, and where its showers were."""

    n_y: int
    n_x: int
    cell_mm: float
    threshold_mev: float
    places: np.ndarray

    @property
    def threshold_gev(self) -> float:
        return 1e-3 * self.threshold_mev


def detector_of(model: Any) -> Detector:
    """What the layer `detector` keeps."""
    facts, places = (np.array(values, np.float64) for values in model.get_layer("detector").get_weights())
    return Detector(int(facts[0]), int(facts[1]), float(facts[2]), float(facts[3]), places.astype(np.int64))


def frames_of(detector: Detector, impact_mm: np.ndarray | None, u: np.ndarray) -> Frames:
    """The frames of impacts (n, 2) [mm]; where they are not known, a place of the training sample and an orientation by lot, from
    u (n, 2), even between 0 and 1.
    """
    if impact_mm is None:
        n = len(u)
        chosen = detector.places[(u[:, 0] * len(detector.places)).astype(np.int64)]
        way = (u[:, 1] * ORIENTATIONS).astype(np.int64)
        return Frames(np.stack([chosen[:, 1], chosen[:, 0], way & 1, way >> 1 & 1, way >> 2], axis=1), np.zeros((n, 2)))
    places, offsets = np.empty((len(impact_mm), 5), np.int64), np.empty((len(impact_mm), 2))
    _frames(np.ascontiguousarray(impact_mm, np.float64), detector.cell_mm, detector.n_x, detector.n_y, places, offsets)
    return Frames(places, offsets)


@numba.njit(cache=True, nogil=True)
def _frames(impact_mm, cell_mm, n_x, n_y, places, offsets):  # type: ignore[no-untyped-def]
    for i in range(len(impact_mm)):
        column, row, mirror_x, mirror_y, swapped, a, b = fold.of_impact(
            impact_mm[i, 0], impact_mm[i, 1], cell_mm, n_x, n_y
        )
        places[i, 0], places[i, 1], places[i, 2], places[i, 3], places[i, 4] = column, row, mirror_x, mirror_y, swapped
        offsets[i, 0], offsets[i, 1] = a, b


@dataclass(frozen=True)
class Start:
    """Draws the sum of the cells over the energy, and tells what the networks are given."""

    log_energy: tuple[float, float]
    ratio: tuple[float, float]
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]

    def known(self, energy_gev: np.ndarray, offsets: np.ndarray, ratio: np.ndarray | None = None) -> np.ndarray:
        """float32 (n, 8), as the layer `Impact` has it; `ratio` (n,), standardised, is 0 where it is not known."""
        log_energy = (np.log(energy_gev) - self.log_energy[0]) / self.log_energy[1]
        a, b = offsets.T
        edge_a, edge_b = (np.exp((offset - 0.5) / 0.06) for offset in (a, b))
        last = np.zeros(len(a)) if ratio is None else ratio
        columns = [log_energy, log_energy**2 - 1.0, 4.0 * a - 1.3, 4.0 * b - 0.7, edge_a, edge_b, edge_a * edge_b, last]
        return np.stack(columns, axis=1).astype(np.float32)

    def draw(self, known: np.ndarray, u: np.ndarray) -> np.ndarray:
        """The standardised ratio (n,) of what is known (n, 8); u (n, 2), even between 0 and 1."""
        x = known
        for kernel, bias in self.layers[:-1]:
            x = silu(x @ kernel + bias)
        kernel, bias = self.layers[-1]
        return mixture(x @ kernel + bias, u)

    def total_gev(self, ratio: np.ndarray, energy_gev: np.ndarray, threshold_gev: float) -> np.ndarray:
        """The sum of the cells, at least as much as one hit cell has."""
        return np.maximum((self.ratio[0] + self.ratio[1] * ratio) * energy_gev, 1.01 * threshold_gev)


def start_of(model: Any) -> Start:
    """The start as a trained network has it."""
    (log_mean, log_spread), (mean, spread) = (weights(model, name) for name in ("log_energy", "ratio"))
    layers = tuple(pair(model, f"ratio_{i}") for i in (0, 1, "out"))
    return Start((float(log_mean[0]), float(log_spread[0])), (float(mean[0]), float(spread[0])), layers)


def pair(model: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a dense layer, float32."""
    kernel, bias = weights(model, name)
    return kernel, bias


def weights(model: Any, name: str) -> tuple[np.ndarray, ...]:
    """The weights of a layer of a network, float32."""
    return tuple(np.ascontiguousarray(w, np.float32) for w in model.get_layer(name).get_weights())


def silu(x: np.ndarray) -> np.ndarray:
    y: np.ndarray = x * special.expit(x)
    return y


def mixture(parameters: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Drawn values (n,) of mixtures of logistic distributions: parameters (n, 3 k), u (n, 2) even between 0 and 1."""
    logits, means, log_scales = np.split(parameters, 3, axis=1)
    weight = np.exp(logits - logits.max(axis=1, keepdims=True))
    edges = np.cumsum(weight, axis=1)
    chosen = np.minimum((edges < u[:, :1] * edges[:, -1:]).sum(axis=1), logits.shape[1] - 1)
    row = np.arange(len(u))
    scale = np.exp(np.maximum(log_scales[row, chosen], LEAST_LOG_SCALE))
    drawn: np.ndarray = means[row, chosen] + scale * special.logit(u[:, 1])
    return drawn
