"""The slides' networks as ONNX files: the same answers as keras gives, also for one shower; others are refused."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from core import runs
from core.__main__ import main
from core.learn import onnx_file
from core.learn.generator import open_generator
from core.zdc.model import NETWORKS
from core.zdc.networks import planes
from tests.zdc.conftest import planned

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]


def answers(path: Path, condition: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    (given,) = session.get_inputs()
    return dict(zip(names, session.run(None, {given.name: condition}), strict=True))


def test_the_file_answers_as_keras_does(trained: dict[str, str], tmp_path: Path, capsys) -> None:
    path = tmp_path / "net.onnx"
    assert main(["export", trained["default"], "--out", str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["inputs"] == {"condition": [None, 1]}
    assert result["outputs"] == {"mask": [None, 20, 20], "value_mev": [None, 20, 20]}
    generator = open_generator(runs.open_run(trained["default"]), NETWORKS)
    for energy in ([20.0], np.geomspace(2.0, 100.0, 33)):
        drawn = generator.rows({"true_energy_gev": np.array(energy)}, np.arange(len(energy)))
        there = answers(path, np.array(energy, np.float32)[:, None])
        for name, values in there.items():
            assert values.shape == (len(energy), 20, 20)
            np.testing.assert_allclose(values, drawn[name], rtol=1e-4, atol=1e-4)


def test_dropout_and_values_of_each_cell_are_written_too(showers, monkeypatch, tmp_path: Path) -> None:
    ready = planned(showers, "extended2", monkeypatch, hidden_dim=4, value_scale="each", energy_scale="log")
    onnx_file._convert(NETWORKS["extended2"].exported(ready.model, ready.parameters), tmp_path / "a.onnx")
    condition = np.geomspace(2.0, 100.0, 9, dtype=np.float32)[:, None]
    mask, value_mev, _ = planes.answering(ready.model, "each")(condition)
    there = answers(tmp_path / "a.onnx", condition)
    np.testing.assert_allclose(there["mask"], mask, rtol=1e-4)
    np.testing.assert_allclose(there["value_mev"], value_mev, rtol=1e-4, atol=1e-3)


def test_a_network_that_is_no_function_is_refused(trained: dict[str, str], tmp_path: Path, capsys) -> None:
    assert main(["export", trained["vae"], "--out", str(tmp_path / "a.onnx")]) != 0
    assert "those of default, extended2 are" in capsys.readouterr().err
    assert not list(tmp_path.glob("*"))
