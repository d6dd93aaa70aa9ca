"""Take long straight tracks out of clusters that hold more than them, and join collinear pieces of one track.

A line is looked for by RANSAC in every cluster whose box has a diagonal of at least `deblend_length_px` (40). What is left beside the
lines becomes clusters of its own where it holds enough of the charge; less stays with the line, as a delta ray does.
Where tracks cross, the pixels go to the longer one. Then straight pieces are joined whose axes are parallel within
|cos| >= 0.995, that lie on one line and whose ends are at most `join_gap_px` (20) apart: a masked column or another
track cut them. Both lengths are in the mapping, and `deblend` there turns all of it off.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from core.connie import features
from core.connie.clusters import components, line_finder, moments
from core.connie.clusters.extract import Clusters

if TYPE_CHECKING:
    from core.connie.mapping import Mapping

MIN_LINE_PX = 15.0  # of a line in such a cluster
MIN_SHARE = 0.15  # of the charge of the cluster, for a part beside a line to count as something else
MIN_COSINE = 0.995
MAX_OFFSET_PX = 2.0  # of an end from the axis of the other piece
MIN_PIECE_PX = 10.0  # length of a piece that has a direction worth trusting
MIN_ELONGATION = 4.0


def deblend(clusters: Clusters, mapping: "Mapping") -> Clusters:
    """The clusters with long straight tracks separated and their pieces joined, in the order of their first pixels.

    Every pixel stays in exactly one cluster, with its charge. The flags `deblended` and `joined` tell what was done.
    """
    if not mapping.deblend:
        return clusters
    return join(split(clusters, mapping.min_charge_e, mapping.deblend_length_px), mapping.join_gap_px)


def split(clusters: Clusters, min_charge_e: float, min_length_px: float) -> Clusters:
    """Separate straight tracks from each other and from the rest of their cluster, if its box has at least this diagonal."""
    piece, n_pieces = np.empty(len(clusters.q), np.uint16), np.ones(len(clusters), np.int64)
    y, x, q, offsets = clusters.y, clusters.x, clusters.q, clusters.offsets
    components.in_parts(
        lambda a, b: line_finder.split(
            y, x, q, offsets, a, b, clusters.sums, min_length_px, MIN_LINE_PX, MIN_SHARE, min_charge_e, piece, n_pieces
        ),
        len(clusters),
        16,
    )
    if not (n_pieces > 1).any():
        return clusters
    first = np.concatenate([[0], np.cumsum(n_pieces)[:-1]])
    marks = np.repeat(clusters.marks | np.where(n_pieces > 1, features.DEBLENDED, np.uint32(0)), n_pieces)
    return _regroup(clusters, np.repeat(first, clusters.npix) + piece - 1, marks)


def join(clusters: Clusters, max_gap_px: float) -> Clusters:
    """Join straight collinear pieces; an end is joined once, to the nearest."""
    pairs = _pairs(clusters, max_gap_px)
    if not len(pairs):
        return clusters
    group = np.arange(len(clusters))
    for i, j in pairs:
        group[group == group[j]] = group[i]
    numbers, owner = np.unique(group, return_inverse=True)
    marks = np.zeros(len(numbers), np.uint32)
    np.bitwise_or.at(marks, owner, clusters.marks)
    marks[np.bincount(owner) > 1] |= features.JOINED
    return _regroup(clusters, owner[clusters.owner], marks)


def _pairs(clusters: Clusters, max_gap_px: float) -> list[tuple[int, int]]:
    """Pairs of clusters to be joined, the nearest ends first."""
    reach = np.empty((len(clusters), 2))
    line_finder.ends(clusters.y, clusters.x, clusters.offsets, clusters.sums, reach)
    x, y, sigma_l, sigma_t, phi = (clusters.sums[:, i] for i in (2, 3, 11, 12, 13))
    straight = (reach[:, 1] - reach[:, 0] >= MIN_PIECE_PX) & (sigma_l >= MIN_ELONGATION * sigma_t)
    picked = np.flatnonzero(straight)  # NaN is not straight
    centre = np.stack([x, y], axis=1)[picked]
    direction = np.stack([np.cos(phi), np.sin(phi)], axis=1)[picked]
    ends = (centre[:, None] + reach[picked][:, :, None] * direction[:, None]).reshape(-1, 2)
    close = cKDTree(ends).query_pairs(max_gap_px, output_type="ndarray") if len(ends) else np.zeros((0, 2), np.int64)
    a, b = close[:, 0] // 2, close[:, 1] // 2
    cosine = np.abs((direction[a] * direction[b]).sum(axis=1))
    gap = ends[close[:, 1]] - ends[close[:, 0]]
    # each end must lie near the axis of the other piece, and beyond its end
    offset = np.maximum(_across(gap, direction[a]), _across(gap, direction[b]))
    outward_a = np.where(close[:, 0] % 2, 1, -1) * (gap * direction[a]).sum(axis=1)
    outward_b = np.where(close[:, 1] % 2, -1, 1) * (gap * direction[b]).sum(axis=1)
    good = (a != b) & (cosine >= MIN_COSINE) & (offset <= MAX_OFFSET_PX) & (outward_a > 0) & (outward_b > 0)
    close, distance = close[good], np.linalg.norm(gap[good], axis=1)
    taken: set[int] = set()
    pairs = []
    for i, j in close[np.lexsort((close[:, 1], close[:, 0], distance))].tolist():
        if i not in taken and j not in taken:
            taken |= {i, j}
            pairs.append((int(picked[i // 2]), int(picked[j // 2])))
    return pairs


def _across(vector: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Length of the part of each vector (m, 2) that is perpendicular to its unit direction (m, 2)."""
    return np.abs(vector[:, 0] * direction[:, 1] - vector[:, 1] * direction[:, 0])


def _regroup(clusters: Clusters, owner: np.ndarray, marks: np.ndarray) -> Clusters:
    """The same pixels with another owner (m,) each; clusters in the order of their first pixels.

    An owner is part of one cluster or made of whole ones, so that with as many pixels as one it is that one, and so are its sums.
    """
    place = clusters.y.astype(np.int64) * clusters.shape[1] + clusters.x
    sequence, offsets, order = components.regroup(owner, len(marks), place)
    y, x, q = (values[sequence] for values in (clusters.y, clusters.x, clusters.q))
    before = clusters.owner[sequence[offsets[:-1]]]
    sums = clusters.sums[before]
    for i in np.flatnonzero(np.diff(offsets) != clusters.npix[before]).tolist():
        moments.common(y, x, q, offsets, i, i + 1, sums)
    return Clusters(y, x, q, offsets, clusters.n_weak, clusters.shape, marks[order], sums)
