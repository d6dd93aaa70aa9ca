"""Fixtures for training: small data sets with known truth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset, open_dataset
from tests.learn.learning_toy import write_dataset


@pytest.fixture
def make_dataset(workspace: Path) -> Callable[..., Dataset]:
    """A function that writes a toy data set of `n` rows into the test's workspace and opens it."""

    def make(name: str = "toy", n: int = 400, seed: int = 1, signal_share: float = 0.3, **options: float) -> Dataset:
        labels = (np.random.default_rng(seed).random(n) < signal_share).astype(np.int64)
        write_dataset(workspace / "datasets" / name, labels, seed, **options)
        return open_dataset(name)

    return make
