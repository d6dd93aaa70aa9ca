"""What holds for all rows of a data set: stored with each part, the same in all of them, or refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data import geometry, parts
from core.data.dataset import delete_dataset, open_dataset
from core.data.prepare import prepare
from core.errors import DarkroomError
from tests.toy.experiment import EXPERIMENT, ReadSettings

POSITION_M = np.arange(12.0).reshape(4, 3)


def prepared(files: list[Path], position_of: Callable[[Path], dict[str, np.ndarray]] | None) -> dict[str, Any]:
    """The data set `a` of showers, by a reading with this geometry."""
    reading = replace(
        EXPERIMENT.reading, geometry=position_of and (lambda path, settings: position_of(path))  # noqa: ARG005
    )  # fmt: skip
    return prepare(EXPERIMENT.key, reading, EXPERIMENT.table, files, "a", ReadSettings("showers"))


def same(path: Path) -> dict[str, np.ndarray]:
    del path
    return {"position_m": POSITION_M, "radius_m": np.array(2.0)}


@pytest.fixture
def files(workspace: Path, tmp_path: Path) -> list[Path]:
    """Two raw files of showers."""
    del workspace
    return EXPERIMENT.simulation.simulate(tmp_path)


def test_a_data_set_tells_its_geometry_and_nobody_can_change_it(files):
    prepared(files, same)
    standing = open_dataset("a").geometry
    np.testing.assert_array_equal(standing["position_m"], POSITION_M)
    assert float(standing["radius_m"]) == 2.0
    with pytest.raises(ValueError, match="read-only"):
        standing["position_m"][0] = 0.0
    (digest,) = {r["geometry"] for r in parts.read_records(open_dataset("a").path / "parts").values()}
    assert digest == geometry.digest(standing)


def test_files_without_geometry_give_none(files):
    meta = prepared(files, None)
    assert open_dataset("a").geometry == {}
    assert not any("geometry" in r for r in parts.read_records(open_dataset("a").path / "parts").values())
    assert meta["n_rows"] == 200


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"position_m": POSITION_M[:3], "radius_m": np.array(2.0)}, "'position_m' has 12 and 9 values"),
        ({"position_m": POSITION_M, "radius_m": np.array(3.0)}, "'radius_m' has other values"),
        ({"position_m": POSITION_M}, "only the first has 'radius_m'"),
        ({}, "only the first has 'position_m'; only the first has 'radius_m'"),
    ],
)
def test_a_file_with_another_geometry_is_refused_in_a_sentence(files, other, sentence):
    meta = prepared(files, lambda path: same(path) if path == files[0] else other)
    (refused,) = meta["refused"]
    assert refused["file"] == str(files[1])
    assert f"run0.npz and run1.npz do not have the same geometry ({sentence}): expected it alike" in refused["reason"]
    assert meta["n_rows"] == 100


def test_another_geometry_of_the_same_files_is_another_data_set(files):
    first = prepared(files, same)["id"]
    delete_dataset("a")
    assert prepared(files, lambda _: {"position_m": POSITION_M + 1.0})["id"] != first


def test_a_geometry_that_has_changed_since_is_not_passed_over(files):
    first = prepared(files, same)["id"]
    assert prepared(files, same)["id"] == first
    with pytest.raises(DarkroomError, match=r"run0\.npz has another geometry than when data set 'a' was prepared"):
        prepared(files, lambda _: {"position_m": POSITION_M + 1.0})
    assert open_dataset("a").id == first


def test_the_digest_knows_names_types_and_shapes():
    arrays = {"x": np.arange(4.0)}
    others = [
        {"y": np.arange(4.0)}, {"x": np.arange(4.0, dtype=np.float32)}, {"x": np.arange(4.0).reshape(2, 2)}, {},
    ]  # fmt: skip
    assert len({geometry.digest(values) for values in [arrays, *others]}) == 5
    assert geometry.digest({}) == ""
    assert geometry.digest({"x": np.arange(4.0), "y": POSITION_M}) == geometry.digest(
        {"y": POSITION_M, "x": np.arange(4.0)}
    )
