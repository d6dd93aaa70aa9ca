"""The run folder: what is written comes back, half and damaged runs are told as such, nothing leaves the folder."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import outputs, runs
from core.errors import DarkroomError

PROVENANCE = {
    "experiment": "x", "dataset": {"name": "sample", "id": "abc"}, "state": "finished",
    "started_at": "2026-11-22T06:15:30Z", "seconds": 12.5, "events_per_s": 3000.0, "device": "CPU", "n_parameters": 7,
    "n_epochs": 2, "validation_loss": None,
}  # fmt: skip


def made(network: str = "compact", seal: bool = True) -> Path:
    """A run with a model file of a few bytes."""
    path = runs.create(network)
    runs.write_settings(path, {"network": network, "parameters": {}, "training": {}}, {}, {"labels": "truth"})
    runs.write_rows(path, np.arange(4), np.zeros(4, np.int64), np.array([0, 1, -1, 1]), np.array([0, 0, 1, 2]))
    (path / runs.MODEL).write_bytes(b"weights")
    runs.write_curves(path, "epochs", [{"epoch": 1, "loss": 0.5, "signal_efficiency": None}, {"epoch": 2, "loss": 0.4}])
    if seal:
        runs.seal(path, PROVENANCE)
    return path


@pytest.mark.usefixtures("workspace")
def test_a_run_comes_back_as_it_was_written() -> None:
    path = made()
    run = runs.open_run(path.name)
    assert (run.id, run.network, run.dataset) == (path.name, "compact", "sample")
    assert run.selection == {"labels": "truth"}
    assert runs.read_rows(run)["label"].tolist() == [0, 1, -1, 1]
    curve = runs.read_curves(run, "epochs")
    assert curve["loss"].tolist() == [0.5, 0.4]
    assert curve["signal_efficiency"].isna().all()
    runs.verify(run)


@pytest.mark.usefixtures("workspace")
def test_ids_tell_time_and_network_and_never_repeat() -> None:
    ids = {runs.create("cnn").name for _ in range(20)}
    assert len(ids) == 20
    assert all(name[8] == "-" and name[15:20] == "-cnn-" and len(name) == 24 for name in ids)


@pytest.mark.usefixtures("workspace")
def test_scores_keep_uid_score_and_split() -> None:
    run = runs.open_run(made().name)
    outputs.write(
        run.path, "sample", np.array([5, 3]), np.array([7, 7]), np.array([2, 3]), {"score": np.array([0.25, 0.75])}
    )
    assert runs.scored_datasets(run) == ["sample"]
    scores = runs.read_scores(run, "sample")
    assert [scores[c].tolist() for c in ("uid", "score", "split")] == [[5, 3], [0.25, 0.75], [2, 3]]
    assert [str(scores[c].dtype) for c in ("uid", "score", "split")] == ["int64", "float32", "int8"]
    with pytest.raises(
        DarkroomError, match=r"no scores of data set 'other' \(it has: sample\): run `python -m core predict"
    ):
        runs.read_scores(run, "other")


@pytest.mark.usefixtures("workspace")
def test_the_list_shows_whole_half_and_damaged_runs() -> None:
    whole, half, no_model, no_json, no_key = made(), made(seal=False), made(), made(), made()
    (no_model / runs.MODEL).unlink()
    (no_json / "provenance.json").write_text("{")
    (no_key / "provenance.json").write_text("{}")
    listed = {run.id: run for run in runs.list_runs()}
    assert [listed[p.name].state for p in (whole, half, no_model, no_json, no_key)] == [
        "finished", "unfinished", "damaged", "damaged", "damaged",
    ]  # fmt: skip
    assert (listed[whole.name].labels, listed[whole.name].seconds) == ("truth", 12.5)
    assert "provenance.json of run" in listed[no_json.name].problem
    assert listed[no_json.name].problem.endswith("train again.")
    assert list(listed) == sorted(listed, reverse=True)
    with pytest.raises(DarkroomError, match="is unfinished"):
        runs.open_run(half.name)


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("name", ["model.keras", "recipe.json", "rows.parquet", "provenance.json"])
def test_a_changed_file_is_refused_by_its_hash(name: str) -> None:
    run = runs.open_run(made().name)
    with (run.path / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(
        DarkroomError, match=r"damaged or was changed: found [0-9a-f]{12}, expected [0-9a-f]{12}: train"
    ):
        runs.verify(run)


@pytest.mark.usefixtures("workspace")
def test_a_run_is_deleted_unless_a_job_works_on_it() -> None:
    path = made()
    with pytest.raises(DarkroomError, match="still being made by a job: stop the job first"):
        runs.delete(path.name, is_busy=True)
    assert path.exists()
    runs.delete(path.name)
    assert runs.list_runs() == []
    with pytest.raises(DarkroomError, match="There is no run"):
        runs.delete(path.name)


@pytest.mark.parametrize("name", ["../datasets", "a/b", "", ".", "x" * 65])
@pytest.mark.usefixtures("workspace")
def test_a_name_never_leaves_the_runs_folder(name: str) -> None:
    for function in (runs.open_run, runs.delete):
        with pytest.raises(DarkroomError, match="is not allowed"):
            function(name)


def test_pages_can_read_runs_without_keras() -> None:
    code = "import sys, core.runs, core.learn.training; print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False"]
