"""Cuts, labels and the statistics of JUNO's events."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.data.cuts import cut_table
from core.errors import DarkroomError
from core.juno import select
from core.juno.event import UID
from core.juno.select import EPEM, MUE, Cuts, FeatureLimit
from core.selection.limits import Limit, limit_cuts

TABLE = {
    "truth_class": np.array([0, 1, 2, 0, -1], np.int32),
    "true_energy_mev": np.array([2.0, 2.0, 300.0, 300.0, np.nan], np.float32),
    "energy_mev": np.array([2.1, 1.9, 310.0, 290.0, 3.0], np.float32),
    "vertex_r_m": np.array([3.0, 17.5, 5.0, np.nan, 1.0], np.float32),
    "flags": np.array([0, 0, 2, 2, 1], np.uint32),
    "run": np.array([1, 1, 2, 2, 2], np.int32),
    "charge_angle_deg": np.array([60.0, 70.0, 80.0, 90.0, 40.0], np.float32),
}


def labels(scheme: str) -> dict[str, list[int]]:
    """Rows of each class."""
    cuts = Cuts()
    per_class = select.label_cuts(cuts, scheme, SimpleNamespace())  # type: ignore[arg-type]
    cutting = cut_table(TABLE, select.cut_list(cuts), per_class)
    return {name: np.flatnonzero(cutting.labels == k).tolist() for k, name in enumerate(per_class)}


def test_the_two_tasks_share_electrons_by_energy() -> None:
    assert labels(EPEM) == {"positron": [1], "electron": [0]}
    assert labels(MUE) == {"muon": [2], "electron": [3]}


def test_each_cut_removes_what_it_says() -> None:
    for cuts, left in (
        (Cuts(), [0, 1, 2, 3]),
        (Cuts(refused_flags=()), [0, 1, 2, 3, 4]),
        (Cuts(runs=(2,)), [2, 3]),
        (Cuts(energy_low_mev=2.0, energy_high_mev=300.0), [0, 3]),
        (Cuts(radius_high_m=17.2), [0, 2]),
        (Cuts(limits=(FeatureLimit("charge_angle_deg", 65.0, 85.0),)), [1, 2]),
    ):
        assert np.flatnonzero(cut_table(TABLE, select.cut_list(cuts), {}).preselected).tolist() == left, cuts


def test_windows_upside_down_are_refused() -> None:
    with pytest.raises(DarkroomError, match="upside down"):
        Cuts(energy_low_mev=5.0, energy_high_mev=2.0).check()
    with pytest.raises(DarkroomError, match="upside down"):
        FeatureLimit("charge_angle_deg", 2.0, 1.0).check()


def test_limits_in_words() -> None:
    limits = (Limit("a", 1.0, 2.0), Limit("a", low=3.0), Limit("b", high=4.0))
    assert [cut.name for cut in limit_cuts(limits)] == ["a 1-2", "a >= 3", "b < 4"]


def test_groups_are_sub_runs() -> None:
    uid = UID.pack(np.array([1, 1, 1, 2]), np.array([0, 0, 1, 0]), np.array([0, 9, 0, 0]))
    group = select.group(SimpleNamespace(column=lambda _name: uid))  # type: ignore[arg-type]
    assert len(np.unique(group)) == 3
    assert group[0] == group[1]


def test_measured_data_are_told_apart_from_simulated() -> None:
    (sentence,) = select.warnings(Cuts(), EPEM, SimpleNamespace(simulated=False))  # type: ignore[arg-type]
    assert "no truth" in sentence
