"""A small data set of simulated positrons and electrons, prepared once for all tests that only read it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.dataset import Dataset, open_dataset
from core.juno.experiment import EXPERIMENT
from core.juno.simulate import SimulationParameters
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare


def _fill(folder: Path) -> None:
    (folder / "raw").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        parameters = SimulationParameters(energy_low_mev=1.5, energy_high_mev=3.0)
        files = EXPERIMENT.simulation.simulate(folder / "raw", n_events=160, seed=6, parameters=parameters)
        prepare(EXPERIMENT, files, "epem", default_mapping(EXPERIMENT))


@pytest.fixture
def epem(once: Callable[[str, Callable[[Path], None]], Path], monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """160 events of 1.5 to 3 MeV in ten sub-runs. Not to be written to."""
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(once("juno-epem", _fill) / "workspace"))
    return open_dataset("epem")
