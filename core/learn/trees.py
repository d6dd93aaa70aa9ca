"""Trees on the features, gradient-boosted or a random forest: what a network has to beat on the same events.

They are trained on exactly the rows, labels and classes of a run. No model is kept, as that would need unpickling: the scores
are, and a fit with the same rows and seed gives the same ones again. scikit-learn is imported inside functions only.
All is done on one core: OpenMP threads wait for each other at every node of a tree, and where other processes share the
cores, two were seen to take fifty times as long as one.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import parameters, runs
from core.data.dataset import Dataset, list_datasets, open_dataset
from core.data.selection import signal_index
from core.data.splits import TRAIN, VALIDATION
from core.errors import DarkroomError
from core.experiment import Experiment
from core.judge import stored
from core.judge.scored import locate
from core.learn.training import class_weights
from core.parameters import param
from core.registry import experiment_by_key

IMPORTANCE_ROWS, FOREST_ROWS, IMPORTANCE_REPEATS = 5_000, 1_000, 5  # a forest takes fifty times as long per row
BOOSTED, FOREST = "boosted", "forest"


@dataclass(frozen=True)
class TreeParameters:
    """scikit-learn's HistGradientBoostingClassifier; it stops by itself on the run's validation rows."""

    max_trees: int = param(1000, "most trees", low=1, high=10_000)
    learning_rate: float = param(0.05, "share of each tree", low=1e-4, high=1.0)
    max_leaves: int = param(31, "most leaves of a tree", low=2, high=1024)
    min_rows: int = param(20, "fewest training rows in a leaf", unit="rows", low=1, high=10_000)
    patience: int = param(20, "trees without a better validation loss after which it stops", low=1, high=1000)
    seed: int = param(1, "seed of the binning", low=0, high=2**31 - 1)


@dataclass(frozen=True)
class ForestParameters:
    """scikit-learn's RandomForestClassifier; it needs no validation rows."""

    n_trees: int = param(300, "trees", low=1, high=10_000)
    min_rows: int = param(2, "fewest training rows in a leaf", unit="rows", low=1, high=10_000)
    seed: int = param(1, "seed of the forest", low=0, high=2**31 - 1)


@dataclass(frozen=True)
class Sample:
    """Rows of a data set, ascending, as a run had them: rows int64 (n,), labels int8 (n,), split int8 (n,)."""

    rows: np.ndarray
    labels: np.ndarray
    split: np.ndarray

    def of(self, split: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and labels of the labelled rows of one split."""
        chosen = (self.split == split) & (self.labels >= 0)
        return self.rows[chosen], self.labels[chosen]


@dataclass(frozen=True)
class Fitted:
    """Trained trees with what they have cost; `facts` are plain values."""

    model: Any
    facts: dict[str, Any]


def sample_of(run: runs.Run, dataset: Dataset) -> Sample:
    """The rows that the run was trained, validated and tested on; refused where the data set has lost some."""
    own = runs.read_rows(run)
    rows, known = locate(dataset, own["uid"], own["source"])
    if not known.all():
        raise DarkroomError(
            f"Data set '{dataset.name}' no longer has {int((~known).sum()):,} of the {len(known):,} rows that run "
            f"'{run.id}' was made with: the trees cannot be trained on the same rows; train again."
        )
    order = np.argsort(rows)
    return Sample(rows[order], own["label"][order], own["split"][order])


def features_of(experiment: Experiment, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """float32 (n, n_features); NaN stays, as the trees know what to do with it."""
    if not experiment.tree_features:
        raise DarkroomError(f"{experiment.title} names no features for trees: there is nothing to train them on.")
    return np.stack([dataset.column(name)[rows].astype(np.float32) for name in experiment.tree_features], axis=1)


def fit(
    features: tuple[np.ndarray, np.ndarray], labels: tuple[np.ndarray, np.ndarray], names: Sequence[str],
    asked: TreeParameters | ForestParameters = TreeParameters(), n_classes: int = 2,
) -> Fitted:  # fmt: skip
    """Train on `features` = (training, validation) float32 (n, n_features) and their `labels`, all classes weighted alike.

    The parameters say which kind. Without all classes in the validation sample boosting trains `max_trees` trees, and no
    importance is told.
    """
    apart = len(np.unique(labels[1])) == n_classes
    weights = [class_weights(y, n_classes, True)[y] for y in labels]
    if isinstance(asked, ForestParameters):
        model, validation = _forest(asked), {}
    else:
        model = _boosted(asked, apart)
        validation = {"X_val": features[1], "y_val": labels[1], "sample_weight_val": weights[1]} if apart else {}
    began = time.perf_counter()
    model.fit(features[0], labels[0], sample_weight=weights[0], **validation)
    seconds = time.perf_counter() - began
    grown = [tree for group in model._predictors for tree in group] if hasattr(model, "_predictors") else []
    n_leaves = sum(tree.get_n_leaf_nodes() for tree in grown)
    if not grown:  # a forest holds one number per leaf and class but the last
        n_leaves = sum(int(tree.get_n_leaves()) for tree in model.estimators_) * (n_classes - 1)
    facts = {
        "kind": FOREST if isinstance(asked, ForestParameters) else BOOSTED,
        "parameters": parameters.to_dict(asked),
        "features": list(names),
        "n_train": len(labels[0]),
        "n_validation": len(labels[1]),
        "fit_seconds": seconds,
        "n_trees": len(grown) or len(model.estimators_),
        "n_parameters": n_leaves,  # of boosting one number per leaf; two classes share their trees
        "importance": importance(model, features[1], labels[1], names, asked.seed) if apart else [],
    }
    return Fitted(model, facts)


def _boosted(asked: TreeParameters, apart: bool) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=asked.max_trees, learning_rate=asked.learning_rate, max_leaf_nodes=asked.max_leaves,
        min_samples_leaf=asked.min_rows, n_iter_no_change=asked.patience, early_stopping=apart,
        random_state=asked.seed,
    )  # fmt: skip


def _forest(asked: ForestParameters) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(asked.n_trees, min_samples_leaf=asked.min_rows, random_state=asked.seed, n_jobs=1)


def importance(
    model: Any, features: np.ndarray, labels: np.ndarray, names: Sequence[str], seed: int
) -> list[dict[str, Any]]:
    """How much of the area under the ROC curve each feature carries: the loss when its values are shuffled. Of several
    classes it is the mean area of each against the rest.

    Mean and standard deviation over the repeats, on at most IMPORTANCE_ROWS rows, of a forest FOREST_ROWS. Of features that tell the same, none
    seems important.
    """
    from sklearn.inspection import permutation_importance

    n_at_most = FOREST_ROWS if hasattr(model, "estimators_") else IMPORTANCE_ROWS
    chosen = np.random.default_rng(seed).permutation(len(labels))[:n_at_most]
    n_classes = len(np.unique(labels))
    if len(np.unique(labels[chosen])) < max(n_classes, 2):
        return []
    found = permutation_importance(
        model,
        features[chosen],
        labels[chosen],
        scoring="roc_auc" if n_classes == 2 else "roc_auc_ovr",
        n_repeats=IMPORTANCE_REPEATS,
        random_state=seed,
    )
    means, deviations = found.importances_mean, found.importances_std
    return [
        {"feature": name, "mean": float(mean), "std": float(deviation), "n": len(chosen)}
        for name, mean, deviation in zip(names, means, deviations, strict=True)
    ]


def scores(fitted: Fitted, features: np.ndarray) -> tuple[np.ndarray, float | None]:
    """Probability of the second of two classes float32 (n,), or of all of several float32 (n, n_classes), and microseconds
    per event (None without events).
    """
    n_classes = len(fitted.model.classes_)
    if not len(features):
        return np.zeros(0 if n_classes == 2 else (0, n_classes), np.float32), None
    began = time.perf_counter()
    made = fitted.model.predict_proba(features).astype(np.float32)
    us_per_event = 1e6 * (time.perf_counter() - began) / len(features)
    return (made[:, 1] if n_classes == 2 else made), us_per_event


@contextmanager
def one_core() -> Iterator[None]:
    """Without OpenMP's threads."""
    import sklearn.ensemble  # noqa: F401  (only a library that is loaded can be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield


def make(run: runs.Run, dataset: Dataset) -> int:
    """Train the trees of a run and keep their scores of every row of `dataset` that the run has scored; how many."""
    with one_core():
        return _make(run, dataset)


def _make(run: runs.Run, dataset: Dataset) -> int:
    experiment = experiment_by_key(run.experiment)
    known = runs.read_scores(run, dataset.name)
    if run.dataset not in list_datasets():
        raise DarkroomError(
            f"Data set '{run.dataset}', on which run '{run.id}' was trained, is gone: its trees are not stored and "
            "have to be trained on it again; prepare it again."
        )
    home = dataset if dataset.name == run.dataset else open_dataset(run.dataset)
    sample = sample_of(run, home)
    samples = [sample.of(split) for split in (TRAIN, VALIDATION)]
    first, second = (features_of(experiment, home, rows) for rows, _ in samples)
    asked = ForestParameters() if experiment.trees == FOREST else TreeParameters()
    labels = samples[0][1], samples[1][1]
    fitted = fit((first, second), labels, experiment.tree_features, asked, len(run.classes))
    rows, there = locate(dataset, known["uid"], known["source"])
    made, us_per_event = scores(fitted, features_of(experiment, dataset, rows[there]))
    if len(run.classes) == 2 and signal_index(experiment, run.classes) == 0:
        made = 1.0 - made
    stored.write_trees(run.path, dataset.name, known["uid"][there], known["source"][there], made)
    stored.write_trees_facts(run.path, {**fitted.facts, "us_per_event": us_per_event})
    return len(made)


def run_job(job: Any) -> None:
    """The job kind `baselines`: arguments run and dataset."""
    run, dataset = runs.open_run(job.arguments["run"]), open_dataset(job.arguments["dataset"])
    job.set_run(run.id)
    job.report(0, 1, "Training the trees")
    n = make(run, dataset)
    job.report(1, 1, f"{n:,} rows scored by the trees")
