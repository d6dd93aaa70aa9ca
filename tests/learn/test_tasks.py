"""Tasks: a column regressed in two stages, rows generated, models with a loss or a step of their own, through one fit."""

from typing import Any

import numpy as np
import pytest

from core import manifest, outputs, runs
from core.data.dataset import Dataset
from core.data.splits import OTHER, TEST, TRAIN
from core.errors import DarkroomError
from core.learn import backend, epoch_weights, fit, predict, stages
from core.learn.noise import noise_of, seeds_of
from core.learn.plan import TrainingPlan, plan_training
from core.learn.task import Task
from core.learn.tasks.classify import Classify
from core.learn.tasks.generate import Generate
from core.learn.tasks.regress import Regress
from core.statistics.residuals import resolution
from tests.learn.learning_toy import selected
from tests.learn.small_networks import BASE, NETWORKS, TARGET

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def plan_of(toy: Dataset, network: str, **training: Any) -> TrainingPlan:
    return plan_training(selected(toy), NETWORKS, network, {}, training)


@pytest.mark.network
def test_a_column_is_regressed_in_two_stages_of_which_the_first_leaves_the_base_alone(toy: Dataset) -> None:
    folder = runs.create("regression")
    plan = plan_of(toy, "regression")
    provenance = fit.train(plan, folder)
    assert (provenance["task"], provenance["classes"], provenance["n_epochs"]) == ("regress", [], 4)
    assert [(stage["name"], stage["epochs"], stage["input"]) for stage in provenance["stages"]] == [
        ("head", 2, BASE),
        ("all", 2, ""),
    ]
    run = runs.open_run(folder.name)
    runs.verify(run)
    assert not (folder / runs.CHECKPOINT).exists()
    own = outputs.read(folder, toy.name)
    assert set(own) == {"uid", "source", "split", TARGET}
    assert own["uid"].tolist() == toy.column("uid")[plan.selected.preselected].tolist()
    curve = runs.read_curves(run, "epochs")
    assert np.isfinite(curve[["loss", "validation_loss", f"validation_{TARGET}_resolution"]].to_numpy()).all()
    summary = runs.workspace.read_json(manifest.checked(folder, runs.SUMMARY))[TARGET]
    n_test = int((plan.task.split(plan.selected) == TEST).sum())
    assert (summary["unit"], summary["resolution"]["n"]) == ("keV", n_test)
    assert summary["resolution"]["low"] < summary["resolution"]["value"] < summary["resolution"]["high"]


@pytest.mark.network
def test_a_frozen_base_keeps_its_weights_and_its_cached_output_is_its_output(toy: Dataset) -> None:
    from core.learn import stages

    keras = backend.load_keras()
    keras.utils.set_random_seed(1)
    plan = plan_of(toy, "regression")
    network = plan.build()
    before = network.get_layer(BASE).get_weights()
    head, inputs = stages.prepare(keras, network, plan, plan.stages[0], xla=False)
    assert inputs.cached is not None
    rows = plan.validation_sample.rows
    through = predict.outputs_of(network, plan.task, toy, rows, plan.recipe)
    rounded = 5e-4  # what is cached is kept in 16 bits
    assert inputs.of_rows(head, rows, lambda _done: None) == pytest.approx(through, abs=rounded)
    for x, y, weight in inputs.training(0):
        head.train_on_batch(x, y, sample_weight=weight)
    for was, now in zip(before, network.get_layer(BASE).get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)
    assert not np.allclose(through, predict.outputs_of(network, plan.task, toy, rows, plan.recipe))


@pytest.mark.network
@pytest.mark.parametrize("network", ["generator", "variational"])
def test_rows_are_generated_from_a_condition_and_noise_the_same_again(toy: Dataset, network: str) -> None:
    folder = runs.create(network)
    plan = plan_of(toy, network, epochs=1)
    facts = fit.train(plan, folder)
    assert facts["task"] == "generate"
    assert np.isfinite(facts["validation_loss"])
    own = outputs.read(folder, toy.name)
    n_test = int((plan.task.split(plan.selected) == TEST).sum())
    assert own["samples"].shape == (n_test, 8, 2)
    assert set(own["split"]) == {TEST}
    assert own["samples"].std(axis=0).max() > 0.0
    for file in outputs.files(folder, toy.name):
        assert file.startswith("outputs/toy/")
    (array,) = (name for name in manifest.read(folder) if name.endswith(".npy"))
    (folder / array).write_bytes(b"damaged")
    with pytest.raises(DarkroomError, match="make the scores again with `python -m core predict"):
        outputs.read(folder, toy.name)
    assert outputs.drop_damaged(folder, toy.name) == 1
    assert outputs.files(folder, toy.name) == []


@pytest.mark.network
def test_a_network_that_gives_the_parts_of_its_loss_is_drawn_from_by_its_sampler(toy: Dataset) -> None:
    folder = runs.create("density")
    plan = plan_of(toy, "density", epochs=2, keep_epochs=(1, 2), warmup_steps=3, clip_norm=1.0, decay=True)
    facts = fit.train(plan, folder)
    run = runs.open_run(folder.name)
    for epoch in runs.read_curves(run, "epochs").to_dict("records"):
        for kind in ("", "validation_"):
            parts = epoch[f"{kind}near_loss"] + epoch[f"{kind}far_loss"]
            assert parts == pytest.approx(epoch[f"{kind}loss"], rel=1e-4)
    energy = plan.train_sample.targets[:, 0]
    assert facts["adapted"] == {"rows": len(energy), "energy_kev": pytest.approx(energy.mean(), rel=1e-5)}
    assert facts["ranges"] == {TARGET: [energy.min(), energy.max()]}
    own = outputs.read(folder, toy.name)["samples"]
    assert own.shape == (int((plan.task.split(plan.selected) == TEST).sum()), 1)
    model = predict.load_model(run, NETWORKS)
    assert epoch_weights.epochs(run) == [1, 2]
    best = epoch_weights.read(run, facts["best_epoch"])
    assert all((a == b).all() for a, b in zip(best, model.get_weights(), strict=True))
    with pytest.raises(DarkroomError, match=r"no weights of epoch 3 .it keeps those of: 1, 2"):
        epoch_weights.read(run, 3)
    assert predict.score_missing(run, NETWORKS, plan.task, toy, plan.selected.preselected) == 0


def test_the_step_size_rises_and_falls(toy: Dataset) -> None:
    keras = backend.load_keras()
    plan = plan_of(toy, "density", epochs=2, warmup_steps=4, learning_rate=0.1, decay=True)
    model, n_steps = plan.build(), 2 * plan.n_steps
    stages.compile_model(keras, model, plan, plan.stages[0], xla=False)
    rate = [float(model.optimizer._learning_rate(step)) for step in range(n_steps + 1)]
    assert rate[:5] == pytest.approx([0.0, 0.025, 0.05, 0.075, 0.1])
    assert rate[-1] == pytest.approx(0.0, abs=1e-8)
    assert (np.diff(rate[4:]) < 0).all()


def test_the_noise_of_a_row_depends_on_its_key_only_and_is_normal() -> None:
    keys = np.arange(20_000) << 20
    noise = noise_of(keys, 7)
    assert (noise[::-1] == noise_of(keys[::-1], 7)).all()
    assert abs(noise.mean(axis=0)).max() < 5 / np.sqrt(len(keys))
    assert abs(noise.var(axis=0) - 1.0).max() < 5 * np.sqrt(2 / len(keys))
    assert abs(np.corrcoef(noise.T) - np.eye(7)).max() < 5 / np.sqrt(len(keys))
    assert len(np.unique(seeds_of(noise))) == len(keys)


@pytest.mark.network
def test_a_model_with_its_own_step_passes_through_the_same_fit(toy: Dataset) -> None:
    folder = runs.create("own_step")
    provenance = fit.train(plan_of(toy, "own_step", epochs=1), folder)
    assert provenance["state"] == "finished"
    assert np.isfinite(provenance["validation_loss"])


def test_rows_without_a_target_belong_to_no_split(toy: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Regress({TARGET: "keV"})
    chosen = selected(toy)
    column = np.array(toy.column(TARGET))
    column[::2] = np.nan
    monkeypatch.setattr(
        Dataset, "column", lambda self, name, own=Dataset.column: column if name == TARGET else own(self, name)
    )
    split, is_defined = task.split(chosen), chosen.preselected % 2 == 1
    assert (split[~is_defined] == OTHER).all()
    assert set(split[is_defined]) == {0, 1, 2}
    assert task.counts(chosen)["train"] == {"rows": int((split == TRAIN).sum())}
    column[:] = np.nan
    with pytest.raises(DarkroomError, match=f"no row of the training sample has {TARGET}"):
        task.check(chosen)


def test_a_resolution_is_the_deviation_of_a_gaussian_within_its_interval() -> None:
    residual = np.random.default_rng(1).normal(0.3, 2.0, 4000)
    assert resolution(residual) == pytest.approx(2.0, rel=0.05)
    task = Regress({"x": "m"})

    class Table:
        def column(self, _name: str) -> np.ndarray:
            return np.zeros(len(residual))

    summary = task.summary({"x": residual}, Table(), np.arange(len(residual)))["x"]  # type: ignore[arg-type]
    assert summary["bias"]["low"] < 0.3 < summary["bias"]["high"]
    assert summary["resolution"]["low"] < 2.0 < summary["resolution"]["high"]


def test_what_is_stored_of_each_task() -> None:
    p = np.array([[0.1, 0.2, 0.7]], np.float32)
    assert set(Classify(("a", "b", "c"), 1).stored(p)) == {"score", "p_0", "p_1", "p_2"}
    assert set(Classify(("a", "b"), 1).stored(p[:, :2])) == {"score"}
    assert set(Regress({"x": "m", "y": "m"}).stored(p[:, :2])) == {"x", "y"}
    assert set(Generate(("x",), 2).stored(p)) == {"samples"}


def test_a_task_that_leaves_something_out_cannot_be_made() -> None:
    class Half(Task):
        key = "half"

    with pytest.raises(TypeError, match="abstract methods"):
        Half()  # type: ignore[abstract]
