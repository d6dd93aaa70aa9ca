"""A few simulated events of an experiment, prepared once for all tests that only read them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.data.dataset import Dataset, open_dataset
from core.experiment import Experiment
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare


@contextmanager
def few_events(experiment: Experiment, once: Callable[[str, Callable[[Path], None]], Path]) -> Iterator[Dataset]:
    """The data set `few`, in a workspace that stays the current one meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EXPERIMENTS, experiment.key, experiment)

        def fill(folder: Path) -> None:
            patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
            (folder / "raw").mkdir()
            files = experiment.simulation.simulate(folder / "raw", n_events=400, seed=5)
            prepare(experiment, files, "few", default_mapping(experiment))

        patch.setenv("DARKROOM_WORKSPACE", str(once(f"few-{experiment.key}", fill) / "workspace"))
        yield open_dataset("few")
