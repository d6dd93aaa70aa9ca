"""Showers -> what networks learn to generate, as frozen recipes that are kept with every run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from core.errors import DarkroomError
from core.parameters import param
from core.zdc.frame import vector
from core.zdc.grid import from_arrays

if TYPE_CHECKING:
    from core.data.dataset import Dataset

ENERGY, IMPACT = "true_energy_gev", ("impact_x_mm", "impact_y_mm")
CONDITIONS = (ENERGY, *IMPACT)


def need_conditions(dataset: "Dataset", conditions: tuple[str, ...]) -> None:
    """Refuse a data set that does not know what a network is to be given."""
    missing = [name for name in conditions if hasattr(dataset, "defines") and not dataset.defines(name)]
    if missing:
        raise DarkroomError(
            f"Data set '{dataset.name}' does not know {' and '.join(missing)} of its showers: leave it out of the conditions, or "
            "name it in the mapping and prepare the files again."
        )


@dataclass(frozen=True)
class Planes:
    """A shower as two images: MASK, 1 where a cell is hit, and VALUE, the energy of each cell in MeV."""

    arrays: ClassVar[tuple[str, ...]] = ("cells_mev",)

    conditions: tuple[str, ...] = param((ENERGY,), "what a shower is generated for", choices=CONDITIONS)

    def check(self) -> None:
        if not self.conditions:
            raise DarkroomError(f"'conditions' is empty: expected at least one of {', '.join(CONDITIONS)}.")

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:
        """None: conditions are no part of what is generated. Refuses data that do not know them."""
        need_conditions(dataset, self.conditions)
        return ()

    def shape(self, dataset: "Dataset") -> tuple[int, int, int]:
        """(n_y, n_x, 2)."""
        return (*from_arrays(dataset.geometry).shape, 2)

    def make(self, arrays: Mapping[str, np.ndarray], table: Mapping[str, np.ndarray], dataset: "Dataset") -> np.ndarray:  # noqa: ARG002
        """Cells (n, n_y, n_x) -> float32 (n, n_y, n_x, 2)."""
        cells = arrays["cells_mev"]
        return np.stack([cells > 0.0, cells], axis=-1).astype(np.float32)


@dataclass(frozen=True)
class Folded:
    """A shower as one row of numbers, seen from its impact (`core.zdc.frame.vector`), or from its brightest cell where the impact is
    no condition.
    """

    arrays: ClassVar[tuple[str, ...]] = ("cells_mev",)

    conditions: tuple[str, ...] = param(CONDITIONS, "what a shower is generated for", choices=CONDITIONS)

    def check(self) -> None:
        if ENERGY not in self.conditions or len(set(self.conditions) & set(IMPACT)) == 1:
            raise DarkroomError(
                f"'conditions' is {', '.join(self.conditions) or 'empty'}: this network needs {ENERGY}, and takes {' and '.join(IMPACT)} "
                "together or not at all."
            )

    @property
    def is_impact_known(self) -> bool:
        return IMPACT[0] in self.conditions

    def columns(self, dataset: "Dataset") -> tuple[str, ...]:
        need_conditions(dataset, self.conditions)
        return ("uid", *self.conditions)

    def shape(self, dataset: "Dataset") -> tuple[int]:  # noqa: ARG002
        return (vector.SIZE,)

    def make(self, arrays: Mapping[str, np.ndarray], table: Mapping[str, np.ndarray], dataset: "Dataset") -> np.ndarray:
        """Cells (n, n_y, n_x), energies and impacts (n,) -> float32 (n, vector.SIZE)."""
        grid, cells = from_arrays(dataset.geometry), np.ascontiguousarray(arrays["cells_mev"], np.float32)
        out = np.empty((len(cells), vector.SIZE), np.float32)
        nowhere = np.zeros(len(cells))
        x_mm, y_mm = (np.asarray(table.get(name, nowhere), np.float64) for name in IMPACT)
        energy_gev, keys = np.asarray(table[ENERGY], np.float64), np.asarray(table["uid"], np.int64).view(np.uint64)
        vector.fill(cells, energy_gev, x_mm, y_mm, keys, self.is_impact_known, grid.cell_mm, grid.threshold_mev, out)
        return out
