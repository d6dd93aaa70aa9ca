"""Voxels in layers of rings and sectors, as the CaloChallenge has them, projected onto square cells by the area that they share.

A layer of the binning file lists the edges of its rings [mm] and how many sectors each has; voxels come layer by layer, sector by
sector (from -pi), ring by ring. The particle hits the middle.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array, hstack

from core.data.files import below_roots, data_roots
from core.errors import DarkroomError
from core.zdc.mapping import Mapping

MAX_BYTES, MAX_VOXELS = 1 << 20, 1_000_000
POINTS = 48  # along radius and angle of a voxel: its area is known to about a thousandth


@dataclass(frozen=True)
class Layer:
    """Rings (k + 1 edges [mm]) divided into sectors."""

    number: int
    edges_mm: tuple[float, ...]
    n_sectors: int

    @property
    def n_voxels(self) -> int:
        return (len(self.edges_mm) - 1) * self.n_sectors


def binning_path(path: Path, mapping: Mapping) -> Path:
    """The binning file: in the folder of the raw file, or below a data root. Of what lies elsewhere nothing is told."""
    folder = path.parent.resolve()
    for candidate in (folder, *data_roots()):
        try:
            real = (candidate / mapping.binning).resolve(strict=True)
            if real.is_file() and real.is_relative_to(folder):
                return real
            return below_roots(real)
        except (OSError, RuntimeError, ValueError, DarkroomError):
            continue
    raise DarkroomError(
        f"'{mapping.binning[:200]}', the binning of the voxels, is no file beside {path.name} or below a data root: correct 'binning' in the "
        "mapping, or copy the file there."
    )


def layers_of(path: Path) -> tuple[Layer, ...]:
    """The layers of a binning file that have voxels."""
    try:
        text = path.read_bytes()[: MAX_BYTES + 1]
        if len(text) > MAX_BYTES or b"<!" in text.replace(b"<!--", b""):
            raise ValueError("larger than 1 MB, or with declarations")
        root = ET.fromstring(text)
        particles = list(root)
        layers = tuple(_layer(element) for element in (particles[0] if len(particles) == 1 else ()))
    except (OSError, ValueError, ET.ParseError) as error:
        raise DarkroomError(
            f"{path.name} cannot be read ({error}): expected a binning in XML, layers with r_edges and n_bin_alpha."
        ) from None
    layers = tuple(layer for layer in layers if layer.n_voxels)
    if not layers or sum(layer.n_voxels for layer in layers) > MAX_VOXELS:
        raise DarkroomError(
            f"{path.name} has {len(particles)} particles and {len(layers)} layers with voxels: expected one particle with layers. Choose the "
            "binning of this data set."
        )
    return layers


def _layer(element: ET.Element) -> Layer:
    edges = tuple(float(edge) for edge in element.attrib.get("r_edges", "").split(","))
    n = int(element.attrib.get("n_bin_alpha", ""))
    if not (np.isfinite(edges).all() and edges[0] >= 0 and (np.diff(edges) > 0).all() and 0 < n <= 10_000):
        raise ValueError(f"layer {element.attrib.get('id', '')[:20]} has no rising edges or no sectors")
    return Layer(int(element.attrib.get("id", "")), edges, n)


def projection(layers: tuple[Layer, ...], mapping: Mapping) -> csr_array:
    """(n_cells, n_voxels): the share of each voxel's area in each cell; 0 for voxels of layers that are not summed."""
    n_cells = mapping.n_x * mapping.n_y
    parts = [
        _shares(layer.edges_mm, layer.n_sectors, mapping.n_x, mapping.n_y, mapping.cell_mm)
        if mapping.first_layer <= layer.number <= mapping.last_layer
        else csr_array((n_cells, layer.n_voxels))
        for layer in layers
    ]
    return csr_array(hstack(parts))


@lru_cache(maxsize=8)
def _shares(edges_mm: tuple[float, ...], n_sectors: int, n_x: int, n_y: int, cell_mm: float) -> csr_array:
    """The same of one layer, from points even in area: what lies beyond the cells is lost."""
    u = (np.arange(POINTS) + 0.5) / POINTS
    low, high = np.array(edges_mm[:-1])[:, None], np.array(edges_mm[1:])[:, None]
    r = np.sqrt(low**2 + u * (high**2 - low**2))
    alpha = -np.pi + 2.0 * np.pi * (np.arange(n_sectors)[:, None] + u) / n_sectors
    shape = (n_sectors, len(r), POINTS, POINTS)  # sector, ring, along the radius, along the angle
    x = np.broadcast_to(r[None, :, :, None] * np.cos(alpha)[:, None, None, :], shape)
    y = np.broadcast_to(r[None, :, :, None] * np.sin(alpha)[:, None, None, :], shape)
    column, row = np.floor(x / cell_mm + 0.5 * n_x).ravel(), np.floor(y / cell_mm + 0.5 * n_y).ravel()
    voxel = np.repeat(np.arange(n_sectors * len(r)), POINTS**2)
    inside = (column >= 0) & (column < n_x) & (row >= 0) & (row < n_y)
    cell = (row * n_x + column)[inside].astype(np.int64)
    weights = np.full(len(cell), 1.0 / POINTS**2)
    return csr_array((weights, (cell, voxel[inside])), shape=(n_x * n_y, n_sectors * len(r)))
