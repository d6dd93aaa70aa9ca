"""Rows of a trained generator: in files of three layouts, the same again for the same seed, refused where they would be a guess."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import uproot

from core import runs
from core.__main__ import main
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.judge.output_table import open_outputs
from core.learn.generator import open_generator, outside
from core.learn.plan import task_of_run
from core.workflows.prepare_job import prepare
from core.workflows.sampling import SampleRequest, conditions_of, write_sample
from core.workflows.warm_child import Models, answer
from core.zdc.experiment import EXPERIMENT
from core.zdc.generation import GENERATING
from core.zdc.model import NETWORKS

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
ENERGY = "true_energy_gev"


def test_a_sample_is_written_streamed_and_is_the_same_again(trained: dict[str, str], tmp_path: Path) -> None:
    run, request = runs.open_run(trained["vae"]), SampleRequest(1500, {ENERGY: (5.0, 50.0)}, seed=4)
    done: list[int] = []
    result = write_sample(run, request, tmp_path / "a.h5", on_rows=lambda n, _total: done.append(n))
    assert (result["n"], result["run"], done) == (1500, run.id, [1000, 1500])
    write_sample(run, request, tmp_path / "b.h5")
    with h5py.File(tmp_path / "a.h5") as a, h5py.File(tmp_path / "b.h5") as b:
        assert a.attrs["run_id"] == run.id
        np.testing.assert_array_equal(a["cells_mev"][:], b["cells_mev"][:])
        energy, cells = a[ENERGY][:], a["cells_mev"][:]
    assert 5.0 <= energy.min() < 6.0 < 40.0 < energy.max() <= 50.0
    assert np.median(energy) == pytest.approx(np.sqrt(250.0), rel=0.1)
    assert np.median(cells.sum(axis=(1, 2)) / energy) == pytest.approx(990.0, rel=0.05)
    write_sample(run, SampleRequest(1500, request.ranges, seed=5), tmp_path / "c.h5")
    with h5py.File(tmp_path / "c.h5") as c:
        assert (c["cells_mev"][:100] != cells[:100]).any(axis=(1, 2)).all()


def test_a_sample_of_each_layout_is_read_back_as_showers(trained: dict[str, str], tmp_path: Path, monkeypatch) -> None:
    run, request = runs.open_run(trained["vae"]), SampleRequest(40, {ENERGY: (10.0, 20.0)})
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "own"))
    monkeypatch.setattr(runs, "open_run", lambda _id: run)
    for name, layout in (("a.h5", ""), ("b.h5", "calochallenge"), ("c.root", "")):
        write_sample(run, request, tmp_path / name, layout)
    prepare(EXPERIMENT, [tmp_path / "a.h5"], "back", EXPERIMENT.reading.mapping_named("zdc"))
    dataset = open_dataset("back")
    with h5py.File(tmp_path / "b.h5") as file, uproot.open(tmp_path / "c.root") as tree:
        showers, energy = file["showers"][:], file["incident_energies"][:, 0]
        cells = tree["showers"]["cells_mev"].array(library="np")
        np.testing.assert_allclose(energy, 1e3 * dataset.column(ENERGY), rtol=1e-6)
        np.testing.assert_allclose(cells.reshape(40, -1), showers)
    np.testing.assert_allclose(dataset.column("energy_gev"), 1e-3 * showers.sum(axis=1), rtol=1e-4)
    assert not dataset.defines("response") or np.isfinite(dataset.column("response")).all()


def test_conditions_depend_on_seed_and_number_only() -> None:
    request = SampleRequest(10, {ENERGY: (2.0, 100.0), "impact_x_mm": (-15.0, 15.0)}, seed=3)
    whole, part = conditions_of(request, GENERATING, 0, 50), conditions_of(request, GENERATING, 20, 30)
    for name, values in whole.items():
        np.testing.assert_array_equal(values[20:], part[name])
    assert abs(whole["impact_x_mm"]).max() <= 15.0


def test_what_a_generator_cannot_know_is_refused_in_a_sentence(trained: dict[str, str], tmp_path: Path) -> None:
    run, slides = runs.open_run(trained["vae"]), runs.open_run(trained["default"])
    with pytest.raises(
        DarkroomError, match=r"Outside of what run .* was trained on: true_energy_gev 5 to 500 \(trained on 2"
    ):
        write_sample(run, SampleRequest(10, {ENERGY: (5.0, 500.0)}), tmp_path / "a.h5")
    assert not (tmp_path / "a.h5").exists()
    write_sample(run, SampleRequest(10, {ENERGY: (5.0, 500.0)}, extrapolates=True), tmp_path / "a.h5")
    with pytest.raises(DarkroomError, match=r"was not given impact_x_mm in its training .it was given true_energy_gev"):
        write_sample(slides, SampleRequest(10, {"impact_x_mm": (0.0, 1.0)}), tmp_path / "b.h5")
    with pytest.raises(DarkroomError, match="expected two numbers, the lower first"):
        write_sample(run, SampleRequest(10, {ENERGY: (50.0, 5.0)}), tmp_path / "b.h5")
    with pytest.raises(DarkroomError, match="expected at least 1"):
        write_sample(run, SampleRequest(0, {}), tmp_path / "b.h5")
    with pytest.raises(DarkroomError, match="Unknown layout 'csv': expected one of darkroom, calochallenge, root"):
        write_sample(run, SampleRequest(10, {}), tmp_path / "b.h5", "csv")
    assert not (tmp_path / "b.h5").exists()
    assert outside({ENERGY: (2.0, 100.0)}, {ENERGY: 2.0}) == []


def test_a_sample_that_is_stopped_leaves_no_file(trained: dict[str, str], tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise DarkroomError(f"stopped after {done} of {total}")

    with pytest.raises(DarkroomError, match="stopped after 1000 of 3000"):
        write_sample(runs.open_run(trained["vae"]), SampleRequest(3000, {}), tmp_path / "a.h5", on_rows=stop)
    assert not list(tmp_path.glob("*.h5"))


def test_outputs_of_a_run_are_those_of_its_test_rows(trained: dict[str, str]) -> None:
    run, dataset = runs.open_run(trained["vae"]), open_dataset("few")
    table = open_outputs(run, task_of_run(NETWORKS, run), dataset)
    assert 0 < len(table.rows) < 0.3 * dataset.n_rows
    generator = open_generator(run, NETWORKS)
    conditions = {name: dataset.column(name)[table.rows] for name in generator.task.conditions}
    drawn = generator.rows(conditions, dataset.column("uid")[table.rows])["samples"]
    np.testing.assert_allclose(drawn, table.outputs["samples"], rtol=1e-3, atol=1e-3)


def test_the_command_says_what_it_wrote(
    trained: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "few.h5"
    arguments = [
        "sample",
        trained["vae"],
        "--n",
        "20",
        "--energy",
        "5:20",
        "--condition",
        "impact_x_mm=3",
        "--out",
        str(out),
        "--json",
    ]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["n"], result["run"], result["path"]) == (20, trained["vae"], str(out))
    assert result["seconds"] > 0
    with h5py.File(out) as file:
        np.testing.assert_array_equal(file["impact_x_mm"][:], 3.0)
    assert main(["sample", trained["vae"], "--energy", "much", "--out", str(out)]) != 0


def test_the_warm_child_draws_showers_with_the_weights_of_an_epoch(trained: dict[str, str]) -> None:
    models = Models(3)
    request = {"do": "generate", "run": trained["default"], "conditions": {ENERGY: [20.0, 20.0]}, "keys": [0, 1]}
    best = answer(models, request)
    assert set(best) == {"samples", "mask", "value_mev"}
    np.testing.assert_array_equal(best["samples"][0], best["samples"][1])
    epochs = [answer(models, {**request, "epoch": epoch})["mask"] for epoch in (1, 2)]
    assert (epochs[0] != epochs[1]).any()
    assert any((mask == best["mask"]).all() for mask in epochs)
    assert "keeps no weights of epoch 7 (it keeps those of: 1, 2)" in answer(models, {**request, "epoch": 7})["refusal"]
    unknown = answer(models, {**request, "conditions": {ENERGY: [20.0], "impact_x_mm": [0.0]}})
    assert "was not given impact_x_mm" in unknown["refusal"]
    assert models.names() == [trained["default"]]
