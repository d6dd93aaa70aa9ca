"""Likelihood ratios of positron and electron as derived columns of a data set."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.loader import batches
from core.data.table import Column, Derived
from core.juno import geometry as geometries
from core.juno.epem.histograms import ResidualHistograms
from core.juno.epem.ratio import log_ratios
from core.juno.select import MUE_FROM_MEV

if TYPE_CHECKING:
    from core.data.dataset import Dataset

BOUND, FITTED = "log_ratio_true", "log_ratio_fitted"
EARLIEST_NS = -40.0
BATCH_ROWS = 512


def ratios_of(dataset: "Dataset", vertex: str, progress: Callable[[int, int], None]) -> np.ndarray:
    """float32 (n_rows,): ln of the likelihood ratio at this vertex ("true" or "fitted"), NaN where it is undefined, and for events
    of the energies of tracks and showers, which are no points.
    """
    geometry = geometries.from_arrays(dataset.geometry)
    recipe = ResidualHistograms(vertex=vertex, low_ns=EARLIEST_NS)
    dark_per_ns = dataset.meta["mapping"]["response"]["dark_rate_khz"] * 1e-6 * len(geometry)
    rows = np.arange(dataset.n_rows)
    energy_mev, parts, done = dataset.column("energy_mev").astype(np.float64), [], 0
    for histograms, _, _ in batches(dataset, rows, recipe, BATCH_ROWS):
        energies = energy_mev[done : done + len(histograms)]
        parts.append(log_ratios(histograms, recipe.middles_ns, energies, geometry, dark_per_ns))
        done += len(histograms)
        progress(done, dataset.n_rows)
    return np.where(energy_mev < MUE_FROM_MEV, np.concatenate(parts), np.nan).astype(np.float32)


def _derived(vertex: str, label: str, explanation: str) -> Derived:
    name = f"log_ratio_{vertex}"

    def compute(
        dataset: "Dataset", _selected: Any, progress: Callable[[int, int], None]
    ) -> tuple[np.ndarray, dict[str, Any]]:  # fmt: skip
        return ratios_of(dataset, vertex, progress), {"vertex": vertex}

    return Derived(
        Column(name, label, "", -30.0, 30.0, 120, 2, explanation), explanation, compute, needs_selection=False
    )


DERIVED = {
    BOUND: _derived(
        "true",
        "ln L(e+)/L(e-), true vertex",
        "What times of hits alone allow: the simulated vertex, event time unknown.",
    ),
    FITTED: _derived(
        "fitted", "ln L(e+)/L(e-)", "Likelihood ratio of the times of hits at the fitted vertex, event time unknown."
    ),
}
