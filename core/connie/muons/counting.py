"""The predicted class of each cluster in scored images, and the clusters per class, energy and image."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.connie.labels.classes import MUON
from core.connie.muons import overlap
from core.connie.select import Cuts
from core.data.detector_images import image_of
from core.errors import DarkroomError
from core.judge.judged_sample import judged_sample
from core.judge.score_table import ScoreTable
from core.selection.selection import select

# the kinds of particles without a muon that are fitted beside it, as numbers of core.connie.particles.SPECIES: electrons,
# spots, everything else (alphas, defects)
KINDS = (1, 2, 3)


def muon_index(scored: ScoreTable) -> int:
    """Place of the muons' class among the run's."""
    if MUON not in scored.classes:
        raise DarkroomError(
            f"Run '{scored.run.id}' has the classes {', '.join(scored.classes)}, expected '{MUON}' among them: choose a run "
            "that was trained on it."
        )
    return scored.classes.index(MUON)


def predicted_class(scored: ScoreTable, threshold: float) -> np.ndarray:
    """int64 (n,): the class of each row by its scores."""
    return classify(scored.probabilities, muon_index(scored), threshold)


def classify(probabilities: np.ndarray, muon: int, threshold: float) -> np.ndarray:
    """int64 (n,) from probabilities (n, n_classes): muon where its own reaches the threshold, else the most probable of
    the other classes.
    """
    others = probabilities.astype(np.float64)
    others[:, muon] = -1.0
    classes: np.ndarray = np.where(probabilities[:, muon] >= threshold, muon, others.argmax(axis=1))
    return classes


def countable(scored: ScoreTable) -> tuple[ScoreTable, int]:
    """The scored rows inside the run's cuts that lie in images of which every such row is scored, and how many images are
    left out because some rows are not: a part of an image must not count with all of its live time.
    """
    scored = judged_sample(scored).table
    is_complete, of_row = _complete(scored), _image_of_rows(scored)
    n_left_out = len(np.unique(of_row[~is_complete[of_row]])) if len(of_row) else 0
    return scored.where(is_complete[of_row]), n_left_out


def images_of(scored: ScoreTable) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the images that are counted, int64 (n_images,) ascending, and the place among them of each row (n,) of what `countable` gave.

    An image of which the run's cuts leave no row, or that never had any, counts with its live time; one whose rows are not
    all scored, or that the cuts leave out as a whole, does not.
    """
    numbers, of_row = np.flatnonzero(_complete(scored)), _image_of_rows(scored)
    if not len(numbers):
        name = scored.dataset.name
        raise DarkroomError(
            f"Run '{scored.run.id}' has scored no image of data set '{name}': run `python -m core predict "
            f"{scored.run.id} {name}`, or take the images into the run's cuts."
        )
    return numbers, np.searchsorted(numbers, of_row)


def _image_of_rows(scored: ScoreTable) -> np.ndarray:
    """int64 (n,): the image of each scored row; refused where one has none."""
    dataset, of_row = scored.dataset, image_of(scored.dataset, scored.rows)
    n_outside = int((of_row < 0).sum())
    if not dataset.images or n_outside:
        raise DarkroomError(
            f"Data set '{dataset.name}' has {n_outside if dataset.images else len(of_row):,} of {len(of_row):,} scored rows without an "
            "image: counting needs images; prepare it from FITS files."
        )
    return of_row


def _complete(scored: ScoreTable) -> np.ndarray:
    """Bool (n_frames,): images that the run's cuts keep and of which every row inside the cuts is scored."""
    dataset = scored.dataset
    selected = select(scored.selecting, scored.labels_facet, dataset, scored.selection).preselected
    unscored = image_of(dataset, np.setdiff1d(selected, scored.rows, assume_unique=True))
    is_complete = np.array([is_selected(image, scored.selection.cuts) for image in dataset.images], bool)
    is_complete[unscored[unscored >= 0]] = False
    return is_complete


def is_selected(facts: Mapping[str, Any], cuts: Cuts) -> bool:
    """Whether cuts keep an image, whatever they do with its rows."""
    wanted = {"run": cuts.runs, "runid": cuts.images, "ohdu": cuts.ohdus}
    return all(not numbers or facts[name] in numbers for name, numbers in wanted.items())


def population(scored: ScoreTable, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clusters per bin (n_images, n_bins) of each image of `images_of`, and its occupancy (n_images,)."""
    numbers, image = images_of(scored)
    bins = overlap.bins_of(classes, scored.column("energy_kev"), len(scored.classes))
    counts = overlap.per_image(image, bins, len(numbers), overlap.n_bins(len(scored.classes)))
    return counts, _occupancy(scored, numbers)


def _occupancy(scored: ScoreTable, numbers: np.ndarray) -> np.ndarray:
    return np.array([scored.dataset.images[i]["occupancy"] for i in numbers])


def response(scored: ScoreTable, threshold: float) -> overlap.Response:
    """The counting calibrated on a simulated data set that the same run has scored."""
    scored, _ = countable(scored)
    numbers, image = images_of(scored)
    classes = predicted_class(scored, threshold)
    bins = overlap.bins_of(classes, scored.column("energy_kev"), len(scored.classes))
    n_muons, species = scored.column("truth_n_muons"), scored.column("truth_species")
    came = np.bincount(image, n_muons, len(numbers))
    truth = overlap.truth_of(image, bins, overlap.n_bins(len(scored.classes)), n_muons, species, came, KINDS)
    return overlap.calibrate(truth, _occupancy(scored, numbers))
