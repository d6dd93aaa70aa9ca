"""Training pictures, varied: flips, rotation, shift and zoom (the values of DECO, arXiv:1803.04493). Only ever for training batches.

Flips and rotations keep the physics of a track, its width along the way included; a shear would not.
"""

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """Random flips, rotation, shift and zoom of every picture of a batch; pixels from outside of the picture are 0."""

    rotation_deg: float = 360.0  # angles lie between 0 and this
    step_deg: float = 0.0  # and are multiples of this, if it is not 0
    shift: float = 0.08  # of the side
    zoom: float = 0.1
    flips: bool = True

    def __call__(self, x: Any, rng: np.random.Generator) -> Any:
        """x: pictures float32 (n, height, width, 1), or a dict that holds them as "image". The rest stays as it is."""
        if isinstance(x, dict):
            return {**x, "image": self(x["image"], rng)}
        n, height, width = x.shape[:3]
        angle = self.rotation_deg * rng.random(n)
        if self.step_deg:
            angle = np.floor(angle / self.step_deg) * self.step_deg
        shift = self.shift * rng.uniform(-1.0, 1.0, (n, 2)) * (height, width)
        zoom = 1.0 + self.zoom * rng.uniform(-1.0, 1.0, n)
        flip = np.where(rng.random((n, 2)) < 0.5, -1.0, 1.0) if self.flips else np.ones((n, 2))
        out = np.empty_like(x)
        _transform(x, np.radians(angle), shift, zoom, flip, out)
        return out


@numba.njit(cache=True, nogil=True)
def _transform(x, angle, shift, zoom, flip, out):  # type: ignore[no-untyped-def]
    """Each output pixel looks up, between four neighbours, where it comes from."""
    n, height, width = x.shape[0], x.shape[1], x.shape[2]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    for i in range(n):
        cos, sin = math.cos(angle[i]) / zoom[i], math.sin(angle[i]) / zoom[i]
        for row in range(height):
            dy = row - middle_y - shift[i, 0]
            for column in range(width):
                dx = column - middle_x - shift[i, 1]
                y = middle_y + flip[i, 0] * (cos * dy + sin * dx)
                from_x = middle_x + flip[i, 1] * (cos * dx - sin * dy)
                below, left = math.floor(y), math.floor(from_x)
                fy, fx = y - below, from_x - left
                total = 0.0
                for a in range(2):
                    for b in range(2):
                        at_y, at_x = int(below) + a, int(left) + b
                        if 0 <= at_y < height and 0 <= at_x < width:
                            weight = (fy if a else 1 - fy) * (fx if b else 1 - fx)
                            total += weight * x[i, at_y, at_x, 0]
                out[i, row, column, 0] = total


DECO = Augmentation()
# what is wrong with a CCD runs along its rows or columns: a quarter turn keeps that, and blurs nothing
QUARTERS = Augmentation(step_deg=90.0, shift=0.04, zoom=0.05)
