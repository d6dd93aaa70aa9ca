"""Raw files small enough to prepare in a test: two sub-runs of each of four runs, written by the simulation."""

from pathlib import Path

import pytest

from core.registry import EXPERIMENTS


@pytest.fixture(scope="session")
def raw_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Simulated raw files of the first experiment."""
    experiment = next(iter(EXPERIMENTS.values()))
    folder = tmp_path_factory.mktemp("raw")
    return sorted(experiment.simulation.simulate(folder, 600, (1, 3), 11, experiment.simulation.parameters()))
