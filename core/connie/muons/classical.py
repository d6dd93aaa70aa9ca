"""The muon cuts and rules of earlier analyses, on track features: what a network has to beat.

Sources: CONNIEtools ("dE/dx", "shape") and a public rule-based classifier for Skipper-CCDs
(the modern rules). They hold for tracks that go through the whole CCD and are not clipped by an edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.connie.features import EDGE, MASKED, SATURATED
from core.connie.labels.classes import FINE, MUON
from core.errors import DarkroomError
from core.parameters import param

Table = Mapping[str, np.ndarray]
DEDX, SHAPE = "dE/dx", "shape"
MIN_TRACKS = 50
SIMULATED_PEAK = 2.776  # `observed_peak` of simulated images of 3 h, gain 7.25 ADU/e⁻
ALPHA_E = 2.67e5  # 1 MeV
REFUSED_FLAGS = ("edge", "saturated", "masked_pixels")  # what CONNIE's own `flag` tells of


@dataclass(frozen=True)
class DedxBand:
    """log10 of ADU per µm: the band keeps `centre +- half_width`."""

    centre: float = param(2.7055, "centre of the band as in the CONNIE code", unit="log10 ADU/µm", low=0.0, high=6.0)
    half_width: float = param(0.1601, "half its width", unit="log10 ADU/µm", low=0.001, high=3.0)


@dataclass(frozen=True)
class ShapeBand:
    """Diagonal of the bounding box and mean width, as in the CONNIE code."""

    min_diagonal_px: float = param(20.0, "shorter tracks are not kept", unit="px", low=0.0, high=1e4)
    mean_width_px: float = param(4.4, "pixels per pixel of diagonal", unit="px", low=0.0, high=100.0)
    half_width_px: float = param(1.0, "distance allowed from it", unit="px", low=0.01, high=100.0)


def observed_peak(table: Table, min_length_px: float = 20.0) -> float:
    """Centre of the dE/dx band on these tracks: the most frequent log10(ADU/µm) of clean tracks longer than this.

    The gain decides where the peak lies, and the band must follow it. The mode is the middle of the shortest interval
    that holds a tenth of the tracks. NaN with fewer than MIN_TRACKS.
    """
    chosen = (table["length_px"] >= min_length_px) & _clean(table)
    values = np.sort(table["log_dedx_adu"][chosen].astype(np.float64))
    values = values[np.isfinite(values)]
    if len(values) < MIN_TRACKS:
        return float("nan")
    n = max(2, len(values) // 10)
    at = int(np.argmin(values[n - 1 :] - values[: len(values) - n + 1]))
    return float(np.median(values[at : at + n]))


def _clean(table: Table) -> np.ndarray:
    """Bool (n,): CONNIE's flag == 0."""
    clean: np.ndarray = (table["flags"] & int(EDGE | SATURATED | MASKED)) == 0
    return clean


def is_classical_muon(table: Table, which: str, band: Any = None) -> np.ndarray:
    """Bool (n,): kept by the cut "dE/dx" or "shape". NaN never passes.

    `band` is a DedxBand or a ShapeBand; without one "dE/dx" is centred on the observed peak of these tracks.
    """
    clean = _clean(table)
    if which == DEDX:
        band = band or DedxBand(centre=observed_peak(table))
        passes: np.ndarray = clean & (np.abs(table["log_dedx_adu"] - band.centre) < band.half_width)
        return passes
    if which == SHAPE:
        band = band or ShapeBand()
        passes = clean & (table["e1"] > 0) & (table["box_diagonal_px"] > band.min_diagonal_px)
        return passes & (np.abs(table["mean_width_px"] - band.mean_width_px) < band.half_width_px)
    raise DarkroomError(f"Unknown classical cut '{which}': expected {DEDX} or {SHAPE}.")


def rule_classes(table: Table) -> np.ndarray:
    """int8 (n,) index in FINE by the modern rules, in their order; alphas count as spots, what no rule takes as worm.

    Artefact: one row or column of at least 12 px. Alpha: at least 1 MeV, box ratio >= 0.5, 15 pixels, no longer than 60 px.
    Muon: L >= 30 px, W/L <= 0.10, straightness >= 0.75, sagitta/L <= 0.03. Steep muon (unsure): 7 <= L < 30 px, straight,
    0.126-0.57 keV/µm. Spot: L <= 7 px.
    """
    length, straight = table["length_px"], table["straightness"] >= 0.75
    height = table["y_max_px"] - table["y_min_px"] + 1
    width = table["x_max_px"] - table["x_min_px"] + 1
    longer, shorter = np.maximum(height, width), np.minimum(height, width)
    is_line = (shorter == 1) & (longer >= 12)
    is_alpha = (table["charge_e"] >= ALPHA_E) & (shorter / longer >= 0.5) & (length <= 60) & (table["npix"] >= 15)
    is_muon = (length >= 30) & (table["w_over_l"] <= 0.10) & straight & (table["sagitta_over_l"] <= 0.03)
    dedx = table["dedx_kev_per_um"]
    is_steep = (length >= 7) & (length < 30) & straight & (dedx >= 0.126) & (dedx <= 0.57)
    out = np.full(len(length), FINE.index("worm"), np.int8)
    for label, chosen in (
        ("spot", length <= 7), ("muon unsure", is_steep), (MUON, is_muon), ("spot", is_alpha), ("bad pixel", is_line),
    ):  # fmt: skip
        out[chosen] = FINE.index(label)  # the first rule of the list above is the last written
    return out
