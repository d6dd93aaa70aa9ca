"""Cuts, groups, warnings and the statistics of showers."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.data.cuts import cut_table
from core.errors import DarkroomError
from core.zdc import select
from core.zdc.event import UID
from core.zdc.select import Cuts, FeatureLimit

TABLE = {
    "energy_gev": np.array([0.9, 4.0, 30.0, 90.0, 0.0], np.float32),
    "true_energy_gev": np.array([1.0, 5.0, 31.0, np.nan, 2.0], np.float32),
    "n_cells": np.array([10, 30, 60, 120, 0], np.int32),
    "impact_x_mm": np.array([-10.0, 0.0, 10.0, np.nan, 5.0], np.float32),
    "impact_y_mm": np.array([0.0, 1.0, 2.0, np.nan, 0.0], np.float32),
    "particle": np.array([11, 11, -11, 0, 11], np.int32),
    "response": np.array([0.9, 0.8, 0.97, np.nan, 0.0], np.float32),
    "flags": np.array([0, 2, 0, 8, 1], np.uint32),
    "run": np.array([1, 1, 2, 2, 2], np.int32),
}
ANY = Cuts(refused_flags=())


def rows(cuts: Cuts) -> list[int]:
    cuts.check()
    return np.flatnonzero(cut_table(TABLE, select.cut_list(cuts), {}).preselected).tolist()


@pytest.mark.parametrize(
    ("cuts", "expected"),
    [
        (ANY, [0, 1, 2, 3, 4]),
        (Cuts(), [0, 1, 2]),
        (Cuts(refused_flags=("edge",)), [0, 2, 3, 4]),
        (Cuts(runs=(2,), refused_flags=()), [2, 3, 4]),
        (Cuts(particles=(-11, 0), refused_flags=()), [2, 3]),
        (Cuts(energy_low_gev=1.0, energy_high_gev=30.0, refused_flags=()), [1]),
        (Cuts(true_low_gev=2.0, refused_flags=()), [1, 2, 4]),
        (Cuts(n_cells_low=30, n_cells_high=120, refused_flags=()), [1, 2]),
        (Cuts(impact_x_low_mm=-1.0, impact_x_high_mm=6.0, refused_flags=()), [1, 4]),
        (Cuts(impact_y_low_mm=1.0, refused_flags=()), [1, 2]),
        (Cuts(limits=(FeatureLimit("response", 0.85, 1.0),), refused_flags=()), [0, 2]),
    ],
)
def test_cuts(cuts, expected):
    assert rows(cuts) == expected


def test_presets_keep_what_they_say():
    kept_by = {name: rows(preset.selection.cuts) for name, preset in select.PRESETS.items()}
    assert kept_by == {"generators": [1, 2], "balanced": [2], "one impact point": [], "all": [0, 1, 2, 3, 4]}


@pytest.mark.parametrize("name", ["energy", "true", "n_cells", "impact_x", "impact_y"])
def test_upside_down_windows_are_refused(name):
    unit = {"energy": "_gev", "true": "_gev", "n_cells": ""}.get(name, "_mm")
    values: dict[str, Any] = {f"{name}_low{unit}": 5, f"{name}_high{unit}": 5}
    with pytest.raises(DarkroomError, match="is upside down"):
        Cuts(**values).check()


def test_a_window_of_the_axis_is_one_of_true_energy():
    assert rows(select.in_window(ANY, 2.0, 6.0)) == [1, 4]


def test_showers_of_one_number_are_one_group():
    dataset: Any = SimpleNamespace(
        column=lambda _: np.concatenate([UID.pack(1, np.arange(3)), UID.pack(9, np.arange(3))])
    )
    assert select.group(dataset).tolist() == [0, 1, 2, 0, 1, 2]


def test_one_energy_is_warned_of():
    def dataset(values: list[float]) -> Any:
        column = np.array(values, np.float32)
        return SimpleNamespace(defines=lambda _: bool(np.isfinite(column).any()), column=lambda _: column)

    assert "one energy, 5 GeV" in select.warnings(ANY, "", dataset([5.0, 5.0]))[0]
    assert select.warnings(ANY, "", dataset([5.0, 6.0])) == []
    assert "not known" in select.warnings(ANY, "", dataset([np.nan]))[0]


def test_the_statistics_count_every_shower_once():
    split = np.array([0, 0, 1, 2, 0])
    dataset = SimpleNamespace(column=TABLE.__getitem__)
    selected: Any = SimpleNamespace(
        dataset=dataset, preselected=np.arange(5), split=split, classes=(), labels=np.zeros(5)
    )
    table = select.statistics(selected)
    assert sum(row["showers"] for row in table) == 5
    assert sum(row["train"] + row["validation"] + row["test"] for row in table) == 5
    assert [row["window_gev"] for row in table][-1] is None
    selected.classes, selected.labels = ("a", "b"), np.array([0, 1, 1, -1, 0])
    table = select.statistics(selected)
    assert sum(row[f"{s}_{c}"] for row in table for s in ("train", "validation", "test") for c in "ab") == 4
