"""The boosted trees: known truth is found, nothing is found in shuffled labels, and they train on the run's own rows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import outputs, runs
from core.data.dataset import Dataset, delete_dataset, open_dataset
from core.data.splits import TRAIN, VALIDATION
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import stored
from core.learn import trees
from core.learn.trees import TreeParameters
from core.registry import experiment_by_key
from core.statistics.roc import auc
from core.workflows import baselines_job, training_job
from core.workflows.scored import open_scored
from tests.learn.learning_toy import Listener, selected

NAMES = ("a", "b", "c")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As `make` does: several would wait for each other for minutes on a busy machine."""
    with trees.one_core():
        yield


QUICK = TreeParameters(max_trees=60)


def toy(n: int = 2000, seed: int = 1) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Three features of which the second alone tells the class, a fifth of its values unknown; 10 % signal."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(2 * n) < 0.1).astype(np.int8)
    features = rng.normal(0, 1, (2 * n, 3)).astype(np.float32)
    features[:, 1] += 8.0 * labels
    features[rng.random(2 * n) < 0.2, 2] = np.nan
    return (features[:n], features[n:]), (labels[:n], labels[n:])


def test_what_one_feature_tells_is_found_and_said_to_be_important() -> None:
    features, labels = toy()
    fitted = trees.fit(features, labels, NAMES, QUICK)
    tree_scores, us_per_event = trees.scores(fitted, features[1])
    assert auc(tree_scores, labels[1]).value > 0.999
    assert us_per_event is not None
    assert us_per_event > 0
    mean = {row["feature"]: row["mean"] for row in fitted.facts["importance"]}
    assert mean["b"] > 0.4  # without it the order is at random
    assert abs(mean["a"]) < 0.01
    assert 0 < fitted.facts["n_trees"] <= 60
    assert fitted.facts["n_trees"] <= fitted.facts["n_parameters"] <= 31 * fitted.facts["n_trees"]


def test_nothing_is_found_in_shuffled_labels() -> None:
    features, labels = toy(4000)
    shuffled = np.random.default_rng(2).permutation(labels[0])
    tree_scores, _ = trees.scores(trees.fit(features, (shuffled, labels[1]), NAMES, QUICK), features[1])
    area = auc(tree_scores, labels[1])
    assert area.low < 0.55
    assert area.high > 0.45


def test_classes_count_alike() -> None:
    rng = np.random.default_rng(5)
    labels = (rng.random(4000) < 0.05).astype(np.int8)
    features = rng.normal(0, 1, (4000, 1)).astype(np.float32)  # tells nothing: a balanced answer is one half
    half = slice(0, 2000), slice(2000, 4000)
    fitted = trees.fit((features[half[0]], features[half[1]]), (labels[half[0]], labels[half[1]]), ("a",), QUICK)
    assert trees.scores(fitted, features)[0].mean() == pytest.approx(0.5, abs=0.15)


def test_without_a_validation_sample_they_train_all_the_same() -> None:
    features, labels = toy(500)
    none = features[1][:0], labels[1][:0]
    fitted = trees.fit((features[0], none[0]), (labels[0], none[1]), NAMES, TreeParameters(max_trees=7))
    assert (fitted.facts["n_trees"], fitted.facts["importance"]) == (7, [])
    assert trees.scores(fitted, none[0]) == (pytest.approx([]), None)


@pytest.fixture
def run_on(make_dataset: Callable[..., Dataset]) -> Callable[..., runs.Run]:
    """A sealed run on a toy data set with the columns that trees need; its scores are made up."""

    def make(name: str = "toy", scored: tuple[str, ...] = ("toy",)) -> runs.Run:
        folder = runs.create("compact")
        for dataset_name in {name, *scored}:
            with_features(make_dataset(dataset_name, n=300, seed=1 if dataset_name == name else 2))
        own = selected(open_dataset(name))
        runs.write_settings(folder, {"network": "compact", "parameters": {}, "training": {}}, {}, {})
        uid, source = own.dataset.column("uid")[own.preselected], own.dataset.source_of(own.preselected)
        runs.write_rows(folder, uid, source, own.labels, own.side)
        (folder / runs.MODEL).write_bytes(b"none")
        runs.seal(folder, {"experiment": "cosine", "dataset": {"name": name}})
        for dataset_name in scored:
            data = open_dataset(dataset_name)
            rows = np.arange(data.n_rows)[::-1]
            outputs.write(
                folder,
                dataset_name,
                data.column("uid")[rows],
                data.origin_of(rows),
                np.full(len(rows), 2),
                {"score": np.zeros(len(rows))},
            )
        return runs.open_run(folder.name)

    return make


def with_features(dataset: Dataset) -> None:
    """Give a toy data set the tree features that it lacks: noise, half of it unknown."""
    file = dataset.path / "table-toy.parquet"
    table, rng = pd.read_parquet(file), np.random.default_rng(len(dataset.name))
    for name in experiment().judging.tree_features:
        if name not in table:
            table[name] = np.where(rng.random(len(table)) < 0.5, rng.normal(0, 1, len(table)), np.nan).astype("f4")
    table.to_parquet(file)


def experiment() -> Experiment:
    return experiment_by_key("cosine")


def test_they_train_on_the_rows_of_the_run(run_on: Callable[..., runs.Run], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    original = trees.fit

    def spy(features: Any, labels: Any, *rest: Any) -> Any:
        seen.append((features, labels))
        return original(features, labels, *rest)

    monkeypatch.setattr(trees, "fit", spy)
    run = run_on()
    baselines_job.run_job(Listener({"run": run.id, "dataset": "toy"}))
    own, data = selected(open_dataset("toy")), open_dataset("toy")
    for i, split in enumerate((TRAIN, VALIDATION)):
        rows, labels = own.rows(split)
        assert seen[0][1][i].tolist() == labels.tolist()
        at = experiment().judging.tree_features.index("nmt500_us")
        assert seen[0][0][i][:, at] == pytest.approx(data.column("nmt500_us")[rows])


def test_a_second_fit_gives_the_same_scores_and_reaches_the_rows_they_belong_to(
    run_on: Callable[..., runs.Run],
) -> None:
    run = run_on(scored=("toy", "other"))
    baselines_job.run_job(Listener({"run": run.id, "dataset": "toy"}))
    first = stored.read_baseline(run, "toy", "trees")
    baselines_job.run_job(Listener({"run": run.id, "dataset": "other"}))
    baselines_job.run_job(Listener({"run": run.id, "dataset": "toy"}))
    second = stored.read_baseline(run, "toy", "trees")
    assert first is not None
    assert second is not None
    assert first["trees"].tolist() == second["trees"].tolist()
    for name in ("toy", "other"):
        scored = open_scored(run, experiment(), open_dataset(name))
        assert auc(scored.baseline("trees"), scored.column("truth_class")).value == 1.0  # nmt500 tells it in the toy
    assert stored.costs(run)["trees"]["parameters"] == stored.trees_facts(run)["n_parameters"]


def test_rows_without_trees_are_nan(run_on: Callable[..., runs.Run]) -> None:
    run = run_on()
    scored = open_scored(run, experiment(), open_dataset("toy"))
    assert np.isnan(scored.baseline("trees")).all()
    stored.write_trees(
        run.path, "toy", scored.column("uid")[5:7], scored.dataset.origin_of(scored.rows[5:7]), np.ones(2)
    )
    assert np.flatnonzero(~np.isnan(scored.baseline("trees"))).tolist() == [5, 6]


def test_without_the_training_data_set_they_are_refused(run_on: Callable[..., runs.Run]) -> None:
    run = run_on(scored=("toy", "other"))
    delete_dataset("toy")
    with pytest.raises(DarkroomError, match=r"Data set 'toy', on which run .* was trained, is gone: its trees"):
        baselines_job.make(run, open_dataset("other"))


def test_a_run_whose_rows_have_changed_is_refused(run_on: Callable[..., runs.Run]) -> None:
    run = run_on()
    own = runs.read_rows(run)
    runs.write_rows(run.path, own["uid"] + 7, own["source"], own["label"], own["split"])
    runs.seal(run.path, run.provenance)
    with pytest.raises(DarkroomError, match="no longer has 7 of the 300 rows"):
        baselines_job.make(run, open_dataset("toy"))


def test_what_fails_after_a_training_loses_nothing(
    run_on: Callable[..., runs.Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    workspace: Path,
) -> None:
    run = run_on()

    def fail(_run: runs.Run) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(
        training_job, "STEPS", (("Dividing", fail), ("Training the boosted trees", training_job._trees))
    )
    training_job.complete(run.id, Listener())
    assert "Not done: Dividing." in capsys.readouterr().out
    assert stored.baseline_files(run.path, "toy")
