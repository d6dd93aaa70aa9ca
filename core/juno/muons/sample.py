"""The muons and electrons of a data set that a check looks at, and what a linear classifier makes of numbers of theirs."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.analysis.analysis import Inputs
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.juno.select import MUE, WINDOWS_MEV, Cuts
from core.selection.selection import Selection

FEWEST = 10  # of each class, for an area under the ROC curve
N_FOLDS = 5
STRENGTH = 0.1  # inverse of the regularisation


@dataclass(frozen=True)
class Sample:
    """Rows int64 (n,), ascending; bool (n,) whether each is a muon; true visible energy (n,) [MeV]."""

    dataset: Dataset
    rows: np.ndarray
    is_muon: np.ndarray
    energy_mev: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_both(self) -> bool:
        """Whether there are enough of each class to tell them apart."""
        return bool(min(self.is_muon.sum(), (~self.is_muon).sum()) >= FEWEST)

    def where(self, chosen: np.ndarray) -> "Sample":
        """Those chosen, bool (n,) or places."""
        return Sample(self.dataset, self.rows[chosen], self.is_muon[chosen], self.energy_mev[chosen])

    def columns(self, names: tuple[str, ...]) -> np.ndarray:
        """float64 (n, k) of the table."""
        table = self.dataset.columns(list(names))
        return np.stack([table[name][self.rows].astype(np.float64) for name in names], axis=1)

    def windows(self) -> list[tuple[str, np.ndarray]]:
        """Windows of energy that hold enough of each class: their mean energy in words, and bool (n,)."""
        edges = sorted({edge for window in WINDOWS_MEV for edge in window})
        listed = []
        for low, high in pairwise(edges):
            inside = (self.energy_mev >= low) & (self.energy_mev < high)
            if inside.any() and self.where(inside).has_both:
                listed.append((f"{self.energy_mev[inside].mean():.0f} MeV", inside))
        return listed


def sample_of(inputs: Inputs, n_at_most: int) -> Sample:
    """Muons and electrons of known truth above 20 MeV, at most so many of them, taken evenly."""
    dataset = inputs.dataset
    if dataset is None:
        raise DarkroomError("Muons are told from electrons in a data set: choose one with simulated truth.")
    selected = inputs.selected(Selection(Cuts(), MUE))
    rows, labels = selected.rows()
    if len(rows) > n_at_most:
        chosen = np.random.default_rng(1).choice(len(rows), n_at_most, replace=False)
        rows, labels = rows[np.sort(chosen)], labels[np.sort(chosen)]
    is_muon = labels == list(selected.classes).index("muon")
    return Sample(dataset, rows, is_muon, dataset.column("true_energy_mev")[rows].astype(np.float64))


def crossed_scores(features: np.ndarray, labels: np.ndarray, seed: int = 1) -> np.ndarray:
    """float64 (n,): a logistic regression on features (n, k), each row's by one that was fitted to the other folds. NaN where a
    feature is NaN or a class is missing.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    scores = np.full(len(features), np.nan)
    known = np.flatnonzero(np.isfinite(features).all(axis=1))
    fold = np.random.default_rng(seed).permutation(len(known)) % N_FOLDS
    with threadpool_limits(1, user_api="blas"):  # of matrices so small, threads wait for each other on a busy machine
        for k in range(N_FOLDS):
            train, test = known[fold != k], known[fold == k]
            if len(np.unique(labels[train])) < 2 or not len(test):
                continue
            model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=2000))
            model.fit(features[train], labels[train])
            scores[test] = model.decision_function(features[test])
    return scores
