"""What is promised of the generators: a number that is not there holds no promise."""

import copy
from typing import Any

import numpy as np

from benchmarks import zdc_quality


def number(value: float) -> dict[str, float]:
    return {"value": value}


def line() -> dict[str, Any]:
    """A generator that keeps all promises."""
    pairs = [{"generated": number(0.001), "truth": number(0.0)} for _ in range(3)]
    part = {
        "response": pairs[0],
        "features": {"n_cells": pairs[1]},
        "separations": {"response": pairs[2]},
        "low": 2.0,
        "high": 5.0,
    }
    empty = copy.deepcopy(part) | {"response": {"generated": None, "truth": None}, "low": 100.0, "high": 200.0}
    return {
        "network": "compact", "auc_low": number(0.51), "auc_high": number(0.52), "auc_hard": number(0.55), "by_energy": [part, empty],
        "separation": {"response": number(0.001)}, "neighbour_ratio": number(1.0), "train_seconds": 400.0, "ms_per_shower": 0.5,
    }  # fmt: skip


def test_every_promise_can_be_broken() -> None:
    assert all(zdc_quality.gates(line()).values())
    broken = {
        "auc_low": {"auc_low": None}, "auc_high": {"auc_high": number(0.57)}, "auc_hard": {"auc_hard": number(0.7)},
        "neighbour_ratio": {"neighbour_ratio": number(0.5)}, "train_seconds": {"train_seconds": 700.0}, "ms_per_shower": {"ms_per_shower": 1.0},
        "separation": {"separation": {"response": number(0.01)}},
    }  # fmt: skip
    for gate, change in broken.items():
        held = zdc_quality.gates(line() | change)
        assert [name for name, is_held in held.items() if not is_held] == [gate]
    for path, value, gates in (
        ("response", 0.003, {"etot_bias_in_every_bin"}), ("features", 0.02, {"n_cells_in_every_bin"}), ("separations", 0.02, {"separation_low_and_high"}),
    ):  # fmt: skip
        row = copy.deepcopy(line())
        part = row["by_energy"][0][path]
        (part if path == "response" else next(iter(part.values())))["generated"] = number(value)
        assert {name for name, is_held in zdc_quality.gates(row).items() if not is_held} == gates


def test_conditions_lie_within_what_was_trained_on() -> None:
    low, high = np.array([2.0, -150.0]), np.array([100.0, 150.0])
    drawn = zdc_quality.conditions(np.random.default_rng(1), low, high, ("true_energy_gev", "impact_x_mm"))
    assert drawn.shape == (1_000, 2) and (drawn.min(axis=0) >= low).all() and (drawn.max(axis=0) <= high).all()
    assert np.median(drawn[:, 0]) < 20.0  # even in the logarithm: half lie below 14 GeV
