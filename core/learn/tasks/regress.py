"""Regression of columns of the table: an energy, a vertex, an angle, each with its unit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.learn.task import Means, Sample, Task
from core.statistics.residuals import resampled, resolution

if TYPE_CHECKING:
    from core.data.dataset import Dataset


@dataclass(frozen=True)
class Regress(Task):
    """The columns of the table that are regressed, with the unit of each; `loss` is keras' mean_squared_error or
    mean_absolute_error.
    """

    units: Mapping[str, str]
    loss: str = "mean_squared_error"
    key = "regress"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.units)

    def compile_arguments(self, keras: Any) -> dict[str, Any]:  # noqa: ARG002
        return {"loss": self.loss}

    def judged(self, outputs: Callable[[], np.ndarray], own: Means, sample: Sample) -> dict[str, Any]:
        """The loss, and bias and resolution of each column; all None without rows."""
        if not len(sample.rows):
            return {"loss": None}
        residuals = (outputs() - sample.targets).astype(np.float64)
        numbers: dict[str, Any] = {"loss": own()["loss"]}
        for name, residual in zip(self.columns, residuals.T, strict=True):
            numbers |= {f"{name}_bias": float(np.median(residual)), f"{name}_resolution": float(resolution(residual))}
        return numbers

    def stored(self, outputs: np.ndarray) -> dict[str, np.ndarray]:
        return {name: outputs[:, i] for i, name in enumerate(self.columns)}

    def summary(self, outputs: Mapping[str, np.ndarray], dataset: "Dataset", rows: np.ndarray) -> dict[str, Any]:
        """Bias (median of output minus target) and resolution of each column, in its unit, with bootstrap intervals."""
        truth = self.target_of(dataset, rows).astype(np.float64)
        summary = {}
        for i, (name, unit) in enumerate(self.units.items()):
            residual = outputs[name] - truth[:, i]
            residual = residual[np.isfinite(residual)]
            bias, width = (resampled(residual, of).to_dict() for of in (np.median, resolution))
            summary[name] = {"unit": unit, "bias": bias, "resolution": width}
        return summary
