"""Track features of a cluster: energy, extent, principal axis, distance from a straight track.

Moments are charge-weighted with w = max(q, 0): the covariance C gives sigma_L and sigma_T (roots of its eigenvalues) and
phi = atan2(2 Cxy, Cxx - Cyy)/2. L is the range of the pixel centres along that axis, so a single pixel has L = 0; where
no direction is longer than another it is the larger side of the box.
Diffusion carries charge beyond both ends of a track, so that L is longer than its projection P: see `projection_px`.
L3 = sqrt((pixel P)^2 + thickness^2), theta = atan(pixel P/thickness) and dE/dx = E/L3 hold for a particle that crossed the
whole thickness and is not cut by an edge. Straightness is the larger of the row and column distances between the ends
of the skeleton, plus 1, over the pixels of the skeleton. Where a quantity is undefined it is NaN, and a flag says so.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from core.connie.clusters import components, moments, rim
from core.data.table import Column

if TYPE_CHECKING:
    from core.connie.clusters.extract import Clusters
    from core.connie.mapping import Mapping
    from core.connie.raw.calibrate import Image

FLAGS: tuple[str, ...] = (
    "edge",  # touches the border of the image
    "saturated",
    "masked_pixels",  # touches a masked pixel
    "both_halves",  # crosses a seam between amplifiers
    "deblended",  # cut out of a larger cluster
    "joined",  # made of collinear pieces
    "no_axis",  # no direction is longer than another: angles and what is measured along the axis are undefined
    "no_width",  # all pixels on one line: the elongation is undefined
    "short",  # too short for an arc: sagitta undefined
)
EDGE, SATURATED, MASKED, BOTH_HALVES, DEBLENDED, JOINED, NO_AXIS, NO_WIDTH, SHORT = (
    np.uint32(1 << i) for i in range(len(FLAGS))
)
# What trees may use: the shape and the charge of the row only, neither the place nor the image (so not the occupancy)
TREE_FEATURES = (
    "energy_kev", "npix", "max_e", "length_px", "width_px", "w_over_l", "sigma_l_px", "sigma_t_px", "elongation",
    "straightness", "sagitta_over_l", "residual_px", "wedge_px", "box_diagonal_px", "mean_width_px", "dedx_kev_per_um",
    "log_dedx_adu", "fill", "nsat", "e1", "n1", "e3", "n3",
)  # fmt: skip

VERSION = 2  # raised with every change after which the same file gives other rows or numbers (held by a test)

COLUMNS: tuple[Column, ...] = (
    Column("energy_kev", "Energy", "keV", 0.0, 1000.0, 100, 2, "Charge times the energy per electron-hole pair"),
    Column("charge_e", "Charge", "e-", 0.0, 3e5, 100, 0, "Sum over the pixels of the cluster"),
    Column("npix", "Pixels", "", -0.5, 499.5, 100, 0, "Pixels above the weak threshold"),
    Column("max_e", "Highest pixel", "e-", 0.0, 1e4, 100, 0),
    Column("nsat", "Saturated pixels", "", -0.5, 19.5, 20, 0),
    Column("x_px", "Column", "px", 0.0, 4120.0, 103, 1, "Charge-weighted mean"),
    Column("y_px", "Row", "px", 0.0, 4130.0, 103, 1, "Charge-weighted mean"),
    Column("x_min_px", "First column", "px", 0.0, 4120.0, 103, 0),
    Column("x_max_px", "Last column", "px", 0.0, 4120.0, 103, 0),
    Column("y_min_px", "First row", "px", 0.0, 4130.0, 103, 0),
    Column("y_max_px", "Last row", "px", 0.0, 4130.0, 103, 0),
    Column("length_px", "Length L", "px", 0.0, 200.0, 100, 1, "Range of the pixels along the principal axis"),
    Column("projection_px", "Projection P", "px", 0.0, 200.0, 100, 1, "L without what diffusion adds at both ends"),
    Column("width_px", "Width W", "px", 0.0, 20.0, 100, 2, "sqrt(12) sigma_T"),
    Column("w_over_l", "W/L", "", 0.0, 1.5, 75, 3),
    Column("sigma_l_px", "sigma_L", "px", 0.0, 50.0, 100, 2, "Charge-weighted spread along the principal axis"),
    Column("sigma_t_px", "sigma_T", "px", 0.0, 5.0, 100, 3, "Charge-weighted spread across it"),
    Column("elongation", "Elongation", "", 1.0, 51.0, 100, 2, "sigma_L/sigma_T"),
    Column("straightness", "Straightness", "", 0.0, 1.02, 51, 3, "End to end distance over the pixels of the skeleton"),
    Column("sagitta_over_l", "Sagitta/L", "", 0.0, 0.3, 60, 4, "Height of the fitted arc over its chord, over L"),
    Column("residual_px", "Residual", "px", 0.0, 10.0, 100, 2, "rms distance of the skeleton from the axis"),
    Column("wedge_px", "Wedge", "px", -1.5, 1.5, 60, 3, "sigma_T of the half with larger x minus that of the other"),
    Column("box_diagonal_px", "Box diagonal D", "px", 0.0, 200.0, 100, 1, "sqrt(dx^2 + dy^2), last minus first pixel"),
    Column("mean_width_px", "Mean width n0/D", "px", 0.0, 15.0, 75, 2),
    Column("l3_um", "Path L3", "µm", 600.0, 3000.0, 96, 0, "sqrt((pixel P)^2 + thickness^2)"),
    Column("dedx_kev_per_um", "dE/dx", "keV/µm", 0.0, 1.0, 100, 4, "E/L3"),
    Column("log_dedx_adu", "log10 dE/dx", "log10 ADU/µm", 1.0, 4.0, 100, 3, "log10 of E0 in ADU over L3 of the box"),
    Column("theta_deg", "Zenith", "deg", 0.0, 90.0, 90, 1, "atan(pixel P/thickness)"),
    Column("phi_deg", "Azimuth", "deg", -90.0, 90.0, 90, 1, "Direction of the principal axis from +x towards +y"),
    Column("fill", "Fill", "", 0.0, 1.02, 51, 3, "Pixels over the area of the bounding box"),
    Column("occupancy", "Occupancy", "", 0.0, 0.2, 50, 4, "Share of the usable pixels of its image that lie in clusters"),
    *(Column(f"e{n}", f"E{n}", "e-", 0.0, 3e5, 100, 0, f"Charge of the pixels with level <= {n}") for n in range(4)),
    *(Column(f"n{n}", f"n{n}", "", -0.5, 499.5, 100, 0, f"Pixels with level <= {n}") for n in range(4)),
)  # fmt: skip
_INTEGERS = {"npix", "nsat", "x_min_px", "x_max_px", "y_min_px", "y_max_px", "n0", "n1", "n2", "n3"}
_MIN_ARC_PX = 4.0  # shorter than this, the arc of a parabola is noise
_MIN_CLUSTERS = 64  # for a thread
_MIN_VARIANCE_PX2 = 0.05  # of the spread of charge: below it pixels cannot tell


def measure(clusters: "Clusters", image: "Image", mapping: "Mapping") -> dict[str, np.ndarray]:
    """Every column of COLUMNS and `flags`, each (n,): int32 for counts, pixel limits and flags, else float32."""
    table = _geometry(clusters)
    npix = clusters.npix
    energy = table["charge_e"] * mapping.pair_ev * 1e-3
    pixel, thickness = mapping.pixel_um, mapping.thickness_um
    dx, dy = table["x_max_px"] - table["x_min_px"], table["y_max_px"] - table["y_min_px"]
    diagonal = np.hypot(dx, dy)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["mean_width_px"] = np.where(diagonal > 0, npix / diagonal, np.nan)
        box_path_um = np.hypot(pixel * diagonal, thickness)
        per_um = table["charge_e"] * float(np.mean(image.gain_adu_per_e)) / box_path_um
        table["log_dedx_adu"] = np.where(per_um > 0, np.log10(per_um), np.nan)
    table["energy_kev"], table["npix"], table["box_diagonal_px"] = energy, npix, diagonal
    table["fill"] = npix / ((dx + 1.0) * (dy + 1.0))
    least = np.minimum.reduceat(clusters.q, clusters.offsets[:-1]) if len(clusters) else np.zeros(0)
    table["projection_px"] = projection_px(table["length_px"], table["sigma_t_px"], table["charge_e"], least)
    table["l3_um"] = np.hypot(pixel * table["projection_px"], thickness)
    table["dedx_kev_per_um"] = energy / table["l3_um"]
    table["theta_deg"] = np.degrees(np.arctan2(pixel * table["projection_px"], thickness))
    n_usable = np.count_nonzero(image.usable)
    table["occupancy"] = np.full(len(npix), len(clusters.q) / n_usable if n_usable else np.nan)
    table.update(rim.levels(clusters, rim.around(clusters, image)))
    table["nsat"] = _per_cluster(image.saturated[clusters.y, clusters.x], clusters)
    flags = _flags(clusters, image, table, mapping.border_px)
    columns = {c.name: table[c.name].astype(np.int32 if c.name in _INTEGERS else np.float32) for c in COLUMNS}
    return {**columns, "flags": flags.astype(np.int32)}


def projection_px(
    length_px: np.ndarray, sigma_t_px: np.ndarray, charge_e: np.ndarray, least_e: np.ndarray
) -> np.ndarray:
    """Length (n,) of the projection of even tracks whose charge diffusion has spread by `sigma_t_px`, all (n,).

    Beyond its end at distance d an even track leaves on its axis the charge per length times Phi(-d/sigma) times the part
    of the spread that falls on one row of pixels; its last pixel is where that meets the threshold, which the smallest
    charge in the cluster, `least_e`, tells. Of pixels whose centres are counted, the last ones lie half a pixel within on
    the mean, so one is given back. NaN where an input is; never longer than `length_px`.
    """
    sigma = np.sqrt(
        np.maximum(np.square(sigma_t_px) - 1.0 / 12.0, _MIN_VARIANCE_PX2)
    )  # without the width of the pixels
    on_axis = special.erf(0.5 / (np.sqrt(2.0) * sigma))
    projection = np.asarray(length_px, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(3):  # the charge per length depends on the length; it has settled by then
            share = np.clip(least_e * np.maximum(projection, 1.0) / (charge_e * on_axis), 1e-6, 0.5)
            projection = np.clip(length_px + 2.0 * sigma * special.ndtri(share) + 1.0, 0.0, length_px)
    return np.where(charge_e > 0, projection, np.nan)


def _geometry(clusters: "Clusters") -> dict[str, np.ndarray]:
    """Sums and shape as float64 columns."""
    shape = np.empty((len(clusters), len(moments.SHAPE)))
    components.in_parts(
        lambda a, b: moments.shape(clusters.y, clusters.x, clusters.q, clusters.offsets, a, b, clusters.sums, shape),
        len(clusters),
        _MIN_CLUSTERS,
    )
    table = dict(zip(moments.COMMON, clusters.sums.T, strict=True)) | dict(zip(moments.SHAPE, shape.T, strict=True))
    length, sigma_t = table["length_px"], table["sigma_t_px"]
    table["width_px"] = np.sqrt(12.0) * sigma_t
    with np.errstate(divide="ignore", invalid="ignore"):
        table["w_over_l"] = np.where(length > 0, table["width_px"] / length, np.nan)
        table["elongation"] = np.where(sigma_t > 0, table["sigma_l_px"] / sigma_t, np.nan)
        table["sagitta_over_l"] = np.where(length >= _MIN_ARC_PX, table["sagitta_px"] / length, np.nan)
    table["phi_deg"] = np.degrees(table["phi"])
    return table


def _per_cluster(values: np.ndarray, clusters: "Clusters") -> np.ndarray:
    """Sum of a value per pixel (m,) over each cluster; every cluster has at least one pixel."""
    return np.add.reduceat(values.astype(np.int64), clusters.offsets[:-1]) if len(clusters) else np.zeros(0, np.int64)


def _flags(clusters: "Clusters", image: "Image", table: dict[str, np.ndarray], border_px: int) -> np.ndarray:
    """uint32 (n,): the bits of FLAGS."""
    ny, nx = clusters.shape
    flags = clusters.marks.copy()
    left, right, low, high = (table[f"{name}_px"] for name in ("x_min", "x_max", "y_min", "y_max"))
    at_edge = (left <= border_px) | (right >= nx - 1 - border_px) | (low <= border_px) | (high >= ny - 1 - border_px)
    flags[at_edge] |= EDGE
    flags[table["nsat"] > 0] |= SATURATED
    flags[rim.touches(clusters.label_image, image.usable, image.saturated, len(clusters))] |= MASKED
    for seams, first, last in ((image.seam_columns, left, right), (image.seam_rows, low, high)):
        for seam in seams:
            flags[(first < seam) & (last >= seam)] |= BOTH_HALVES
    flags[np.isnan(table["phi"])] |= NO_AXIS
    flags[~(table["sigma_t_px"] > 0)] |= NO_WIDTH
    flags[np.isnan(table["sagitta_over_l"])] |= SHORT
    return flags
