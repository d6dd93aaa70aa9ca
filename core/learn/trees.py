"""Tree baselines on the table features, gradient-boosted or a random forest, trained on the same events as the network.

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
from core.data.dataset import Dataset, locate
from core.data.splits import TRAIN, VALIDATION
from core.errors import DarkroomError
from core.learn.tasks.classify import class_weights
from core.parameters import param

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
    stored = runs.read_rows(run)
    rows, is_there = locate(dataset, stored["uid"], stored["source"], dataset.source_of)
    if not is_there.all():
        raise DarkroomError(
            f"Data set '{dataset.name}' no longer has {int((~is_there).sum()):,} of the {len(is_there):,} rows that run "
            f"'{run.id}' was made with: the trees cannot be trained on the same rows; train again."
        )
    order = np.argsort(rows)
    return Sample(rows[order], stored["label"][order], stored["split"][order])


def names_of(candidates: Sequence[str], dataset: Dataset, rows: np.ndarray) -> tuple[str, ...]:
    """Those of the features that are defined in any of these rows: nothing can be learned from the others."""
    names = tuple(name for name in candidates if np.isfinite(dataset.column(name)[rows]).any())
    if not names:
        raise DarkroomError(
            f"Data set '{dataset.name}': no feature for trees ({', '.join(candidates) or 'none is named'}) is defined in any of the "
            "training rows: there is nothing to train them on."
        )
    return names


def features_of(dataset: Dataset, rows: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """float32 (n, n_features); NaN stays, as the trees know what to do with it."""
    return np.stack([dataset.column(name)[rows].astype(np.float32) for name in names], axis=1)


def fit(
    features: tuple[np.ndarray, np.ndarray], labels: tuple[np.ndarray, np.ndarray], names: Sequence[str],
    settings: TreeParameters | ForestParameters = TreeParameters(), n_classes: int = 2,
) -> Fitted:  # fmt: skip
    """Train on `features` = (training, validation) float32 (n, n_features) and their `labels`, all classes weighted alike.

    The parameters say which kind. Without all classes in the validation sample boosting trains `max_trees` trees, and no
    importance is told.
    """
    has_all_classes = len(np.unique(labels[1])) == n_classes
    weights = [class_weights(y, n_classes, True)[y] for y in labels]
    if isinstance(settings, ForestParameters):
        model, validation = _forest(settings), {}
    else:
        model = _boosted(settings, has_all_classes)
        validation = (
            {"X_val": features[1], "y_val": labels[1], "sample_weight_val": weights[1]} if has_all_classes else {}
        )
    began = time.perf_counter()
    model.fit(features[0], labels[0], sample_weight=weights[0], **validation)
    seconds = time.perf_counter() - began
    grown = [tree for group in model._predictors for tree in group] if hasattr(model, "_predictors") else []
    n_leaves = sum(tree.get_n_leaf_nodes() for tree in grown)
    if not grown:  # a forest holds one number per leaf and class but the last
        n_leaves = sum(int(tree.get_n_leaves()) for tree in model.estimators_) * (n_classes - 1)
    facts = {
        "kind": FOREST if isinstance(settings, ForestParameters) else BOOSTED,
        "parameters": parameters.to_dict(settings),
        "features": list(names),
        "n_train": len(labels[0]),
        "n_validation": len(labels[1]),
        "fit_seconds": seconds,
        "n_trees": len(grown) or len(model.estimators_),
        "n_parameters": n_leaves,  # of boosting one number per leaf; two classes share their trees
        "importance": importance(model, features[1], labels[1], names, settings.seed) if has_all_classes else [],
    }
    return Fitted(model, facts)


def _boosted(settings: TreeParameters, has_all_classes: bool) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=settings.max_trees, learning_rate=settings.learning_rate, max_leaf_nodes=settings.max_leaves,
        min_samples_leaf=settings.min_rows, n_iter_no_change=settings.patience, early_stopping=has_all_classes,
        random_state=settings.seed,
    )  # fmt: skip


def _forest(settings: ForestParameters) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        settings.n_trees, min_samples_leaf=settings.min_rows, random_state=settings.seed, n_jobs=1
    )


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
    permuted = permutation_importance(
        model,
        features[chosen],
        labels[chosen],
        scoring="roc_auc" if n_classes == 2 else "roc_auc_ovr",
        n_repeats=IMPORTANCE_REPEATS,
        random_state=seed,
    )
    means, deviations = permuted.importances_mean, permuted.importances_std
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
    probabilities = fitted.model.predict_proba(features).astype(np.float32)
    us_per_event = 1e6 * (time.perf_counter() - began) / len(features)
    return (probabilities[:, 1] if n_classes == 2 else probabilities), us_per_event


@contextmanager
def one_core() -> Iterator[None]:
    """Without OpenMP's threads."""
    import sklearn.ensemble  # noqa: F401  (only a library that is loaded can be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        yield


def fit_run(run: runs.Run, home: Dataset, candidates: Sequence[str], kind: str) -> Fitted:
    """Train the trees of a `kind` on the rows, labels and classes of a run, from its own data set `home`."""
    sample = sample_of(run, home)
    (rows, labels), (validation_rows, validation_labels) = (sample.of(split) for split in (TRAIN, VALIDATION))
    names = names_of(candidates, home, rows)
    features = features_of(home, rows, names), features_of(home, validation_rows, names)
    settings = ForestParameters() if kind == FOREST else TreeParameters()
    return fit(features, (labels, validation_labels), names, settings, len(run.classes))
