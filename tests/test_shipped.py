"""The runs that ship with the samples: whole, of today's features, judged as they are, and never forced on anybody."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core import outputs, parameters, runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge.judged_sample import judge_run
from core.judge.output_table import open_outputs
from core.learn import predict
from core.learn.plan import task_of_run
from core.registry import EXPERIMENTS
from core.workflows import demo, shipped
from core.workflows.scored import open_scored

SHIPPED = [experiment for experiment in EXPERIMENTS.values() if experiment.tour is not None]
MOST_BYTES = 6_000_000
QUICK = [experiment for experiment in SHIPPED if experiment.labels is None]  # its sample is prepared within two seconds


def unpacked(experiment: Experiment, folder: Path) -> runs.Run:
    """The run of an archive, opened where it lies."""
    path = folder / "runs" / shipped.run_id(experiment)
    path.mkdir(parents=True)
    shipped.unpack(shipped.archive_of(experiment), path)
    return runs.open_run(path.name)


def test_every_experiment_with_a_tour_ships_a_run_and_all_are_small() -> None:
    sizes = [shipped.archive_of(experiment).stat().st_size for experiment in SHIPPED]
    assert len(sizes) == len(EXPERIMENTS)
    assert sum(sizes) < MOST_BYTES


@pytest.mark.parametrize("experiment", SHIPPED, ids=lambda experiment: experiment.key)
def test_a_shipped_run_is_whole_simulated_and_of_todays_features(experiment: Experiment, workspace: Path) -> None:
    """Fails when VERSION or the tour's network has moved on: `python -m benchmarks.shipped_runs` makes the runs again."""
    run = unpacked(experiment, workspace)
    runs.verify(run)
    trained, facts = run.provenance["dataset"], run.provenance[shipped.MARK]
    assert trained["version"] == experiment.reading.version, shipped.REMEDY
    assert trained["mapping"] == parameters.to_dict(demo.default_mapping(experiment)), shipped.REMEDY
    assert trained["is_simulated"] and trained["name"] == demo.sample_name(experiment)
    samples = {path.name for path in demo.raw_files(experiment, experiment.simulation.sample)}
    assert {part["file"].rsplit("-", 2)[0] for part in trained["files"]} <= samples
    assert {name: facts[name] for name in ("preset", "network", "training")} == shipped.settings_of(experiment)
    assert runs.scored_datasets(run) == [trained["name"]]
    predict.recipe_of(experiment.networks, run)  # refused where today's code would make another input


@pytest.mark.parametrize("experiment", SHIPPED, ids=lambda experiment: experiment.key)
def test_the_network_is_read_by_the_locked_keras(experiment: Experiment, workspace: Path) -> None:
    run = unpacked(experiment, workspace)
    assert predict.load_model(run, experiment.networks).count_params() == run.provenance["n_parameters"]


@pytest.mark.parametrize("experiment", QUICK, ids=lambda experiment: experiment.key)
def test_it_is_taken_over_judged_and_predicts_again_what_it_says(experiment: Experiment, workspace: Path) -> None:
    demo.prepare_sample(experiment)
    (sentence,) = shipped.take_over()
    assert "is here now" in sentence and shipped.is_here(experiment)
    run, dataset = runs.open_run(shipped.run_id(experiment)), open_dataset(demo.sample_name(experiment))
    task = task_of_run(experiment.networks, run)
    assert open_outputs(run, task, dataset).summary("test")
    stored = outputs.read(run.path, dataset.name)
    rows = np.flatnonzero(np.isin(dataset.column("uid"), stored["uid"][:64]))
    network = experiment.networks[run.network]
    model = predict.load_model(run, experiment.networks)
    answering = predict.answering(model, network, parameters.build(network.parameters, run.params["parameters"]))
    batches = predict.batch_outputs(answering, task, dataset, rows, predict.recipe_of(experiment.networks, run))
    order = np.argsort(stored["uid"])
    at = order[np.searchsorted(stored["uid"], dataset.column("uid")[rows], sorter=order)]
    for name, values in task.stored(np.concatenate(list(batches))).items():
        assert values == pytest.approx(stored[name][at], rel=1e-3, abs=1e-3)


def test_a_classifier_is_judged_on_its_sample(workspace: Path) -> None:
    experiment = SHIPPED[0]
    demo.prepare_sample(experiment)
    shipped.take_over()
    run = runs.open_run(shipped.run_id(experiment))
    evaluation = judge_run(open_scored(run, experiment, open_dataset(run.dataset)))
    point = evaluation.network.point
    n = run.provenance["counts"]["test"]
    assert (point.signal.n, point.background.n) == (n["signal"], n["background"])
    assert point.signal.low > 0.9


def test_one_that_was_deleted_does_not_come_back(workspace: Path) -> None:
    experiment = QUICK[0]
    demo.prepare_sample(experiment)
    assert len(shipped.take_over()) == 1
    runs.delete(shipped.run_id(experiment))
    assert shipped.take_over() == []
    assert not shipped.is_here(experiment)


def test_features_that_have_moved_on_are_told_and_nothing_is_taken(workspace: Path) -> None:
    experiment = QUICK[0]
    demo.prepare_sample(experiment)
    sample = open_dataset(demo.sample_name(experiment))
    provenance = {"dataset": {"version": experiment.reading.version - 1}}
    with pytest.raises(
        DarkroomError, match=r"features of version 0, these are version 1: .*shipped_runs. makes it again"
    ):
        shipped.refuse_other_rows(experiment, provenance, sample)
    provenance = {"dataset": {"version": sample.version, "mapping": sample.meta["mapping"], "rows_key": "others"}}
    with pytest.raises(DarkroomError, match="of other rows than those of the data set"):
        shipped.refuse_other_rows(experiment, provenance, sample)


def test_a_damaged_archive_is_a_sentence_and_leaves_nothing(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = QUICK[0]
    demo.prepare_sample(experiment)
    whole = shipped.archive_of(experiment)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[:5000])
    (sentence,) = shipped.take_over()
    assert "cannot be read" in sentence and "shipped_runs" in sentence
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(cut, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b" " if name == "params.json" else b""))
        new.writestr("../outside.txt", "never written")
    (sentence,) = shipped.take_over()
    assert "is damaged (params.json" in sentence
    assert not list((workspace / "runs").iterdir())
    shutil.copy(whole, cut)
    assert "is here now" in shipped.take_over()[0]
    assert not list(workspace.rglob("outside.txt"))
