"""The light sensors of a detector: where they stand and how sharply they tell time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

RADIUS_M, LS_RADIUS_M = 19.434, 17.7  # of JUNO's PMTs and of its acrylic sphere
N_RINGS, FIRST_RING_DEG, SPACING_M = 122, 2.77, 0.553
DYNODE_TTS_NS, MCP_TTS_NS, DYNODE_SHARE = 1.3, 7.0, 0.284  # sigma; 4,996 of 17,612 PMTs have dynodes
SPHERE_TOLERANCE = 0.02  # of the radius: a ring at the poles stands a little off, a box far


@dataclass(frozen=True)
class Geometry:
    """n sensors in the order of their table.

    `pmt_id` int64 (n,) as hit lists name them, ascending; `position_m` float64 (n, 3) from the centre; `tts_ns` float32 (n,): transit
    time spread, sigma. `ls_radius_m`: inside it is scintillator, outside water.
    """

    pmt_id: np.ndarray
    position_m: np.ndarray
    tts_ns: np.ndarray
    ls_radius_m: float = LS_RADIUS_M

    def __len__(self) -> int:
        return len(self.pmt_id)

    @cached_property
    def radius_m(self) -> float:
        """The median distance of a sensor from the centre."""
        return float(np.median(np.linalg.norm(self.position_m, axis=1)))

    @cached_property
    def is_sphere(self) -> bool:
        """Whether all sensors stand on one sphere, so that rings, rotation and images mean something."""
        distance_m = np.linalg.norm(self.position_m, axis=1)
        return bool(np.abs(distance_m / self.radius_m - 1.0).max() < SPHERE_TOLERANCE)

    @cached_property
    def ring_sizes(self) -> np.ndarray:
        """int64 (n_rings,): how many sensors stand at each height, from the top."""
        heights_mm = np.rint(self.position_m[:, 2] * 1000.0).astype(np.int64)
        return np.unique(-heights_mm, return_counts=True)[1]

    def arrays(self) -> dict[str, np.ndarray]:
        """As plain arrays, to be stored; `from_arrays` reads them back."""
        return {
            "pmt_id": self.pmt_id, "position_m": self.position_m, "tts_ns": self.tts_ns,
            "ls_radius_m": np.array(self.ls_radius_m),
        }  # fmt: skip


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Geometry:
    """The geometry of a data set, of the arrays that are stored with it."""
    return Geometry(arrays["pmt_id"], arrays["position_m"], arrays["tts_ns"], float(arrays["ls_radius_m"]))


def rings(radius_m: float = RADIUS_M, ls_radius_m: float = LS_RADIUS_M) -> Geometry:
    """A table like JUNO's, made by rule: 122 rings evenly from 2.77 to 177.23 degrees, about 0.553 m between neighbours (at
    JUNO's radius: 17,540 PMTs, the real table has 17,612), every PMT of one of two types by lot, always the same.
    """
    theta = np.radians(np.linspace(FIRST_RING_DEG, 180.0 - FIRST_RING_DEG, N_RINGS))
    sizes = np.rint(2.0 * np.pi * np.sin(theta) / (SPACING_M / RADIUS_M)).astype(int)
    ring_theta = np.repeat(theta, sizes)
    phi = np.concatenate([2.0 * np.pi * (np.arange(n) + 0.5 * (i % 2)) / n for i, n in enumerate(sizes)])
    direction = np.stack(
        [np.sin(ring_theta) * np.cos(phi), np.sin(ring_theta) * np.sin(phi), np.cos(ring_theta)], axis=1
    )
    has_dynodes = np.random.default_rng(2017).random(len(phi)) < DYNODE_SHARE
    tts_ns = np.where(has_dynodes, DYNODE_TTS_NS, MCP_TTS_NS).astype(np.float32)
    return Geometry(np.arange(len(phi), dtype=np.int64), radius_m * direction, tts_ns, ls_radius_m)
