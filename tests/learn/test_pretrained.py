"""Weights from elsewhere: files of both kinds, by name and shape, and every way in which they may not fit."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core import manifest
from core.errors import DarkroomError
from core.learn import backend, pretrained

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
KERNEL, BIAS = np.arange(6.0, dtype=np.float32).reshape(2, 3), np.array([7.0, 8.0, 9.0], np.float32)


@pytest.fixture
def model() -> Any:
    keras = backend.load_keras()
    inputs = keras.Input((2,), name="x")
    x = keras.layers.Dense(3, name="dense")(inputs)
    return keras.Model(inputs, keras.layers.Dense(1, name="head")(x))


@pytest.fixture
def weights(workspace: Path) -> Path:
    folder = workspace / "weights"
    folder.mkdir(parents=True)
    return folder


def is_own(name: str) -> bool:
    return name == "head"


def write_h5(path: Path, kernel: np.ndarray = KERNEL) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"x", b"dense"]
        for layer, names in (("x", []), ("dense", [b"dense/kernel:0", b"dense/bias:0"])):
            file.create_group(layer).attrs["weight_names"] = names
        file["dense"]["dense/kernel:0"], file["dense"]["dense/bias:0"] = kernel, BIAS


def test_npz_and_h5_give_the_same_weights(model: Any, weights: Path) -> None:
    np.savez(weights / "w.npz", dense__bias=BIAS, dense__kernel=KERNEL)
    write_h5(weights / "w.h5")
    head = [array.copy() for array in model.get_layer("head").get_weights()]
    for name in ("w.npz", "w.h5"):
        model.get_layer("dense").set_weights([np.zeros((2, 3)), np.zeros(3)])
        facts = pretrained.load(model, name, is_own, "", {})
        assert facts == {"source": name, "file": name, "sha256": manifest.sha256(weights / name), "n_layers": 1}
        for stored, given in zip(model.get_layer("dense").get_weights(), (KERNEL, BIAS), strict=True):
            np.testing.assert_array_equal(stored, given)
    np.testing.assert_array_equal(model.get_layer("head").get_weights()[0], head[0])


def test_weights_in_keras_cache(model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    with pytest.raises(DarkroomError, match="no weights for this network"):
        pretrained.load(model, pretrained.CACHE, is_own, "some.h5", {})
    (tmp_path / "keras" / "models").mkdir(parents=True)
    write_h5(tmp_path / "keras" / "models" / "some.h5")
    assert pretrained.load(model, pretrained.CACHE, is_own, "some.h5", {})["n_layers"] == 1


def test_without_weights_it_is_called_a_control(model: Any) -> None:
    facts = pretrained.load(model, "", is_own, "", {})
    assert facts["source"] == "none"
    assert "control" in facts["note"]
    assert "control" in pretrained.note("")
    assert "ImageNet" in pretrained.note(pretrained.CACHE)
    assert "ImageNet" not in pretrained.note("w.npz") + pretrained.note("20260101-000000-base-abcd")


@pytest.mark.parametrize(
    ("name", "arrays", "sentence"),
    [
        ("a.npz", {"other__kernel": KERNEL, "other__bias": BIAS}, "0 of 1 layers of the base find their weights"),
        ("b.npz", {"dense__kernel": KERNEL.T, "dense__bias": BIAS}, "name and shape is 'dense'"),
        ("c.npz", None, "cannot be read"),
        ("d.h5", None, "cannot be read"),
        ("e.h5", {}, "There is no file 'e.h5'"),
        ("../../etc/passwd.h5", {}, "name of weights"),
        ("20260101-000000-base-abcd", {}, "20260101-000000-base-abcd"),
    ],
)
def test_what_does_not_fit_is_refused(model: Any, weights: Path, name: str, arrays: Any, sentence: str) -> None:
    if arrays is None:
        (weights / name).write_bytes(b"no weights at all")
    elif arrays:
        np.savez(weights / name, **arrays)
    with pytest.raises(DarkroomError, match=sentence):
        pretrained.load(model, name, is_own, "", {})
