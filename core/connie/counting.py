"""Clusters of scored images as what is counted: the class that each is called, and the population per image."""

import numpy as np

from core.connie import overlap
from core.connie.classes import MUON
from core.data.frames import frame_of
from core.errors import DarkroomError
from core.judge.scored import Scored

# the kinds of particles without a muon that are fitted beside it, as numbers of core.connie.particles.SPECIES: electrons,
# spots, everything else (alphas, defects)
KINDS = (1, 2, 3)


def muon_index(scored: Scored) -> int:
    """Place of the muons' class among the run's."""
    if MUON not in scored.classes:
        raise DarkroomError(
            f"Run '{scored.run.id}' has the classes {', '.join(scored.classes)}, expected '{MUON}' among them: choose a run "
            "that was trained on it."
        )
    return scored.classes.index(MUON)


def called_class(scored: Scored, threshold: float) -> np.ndarray:
    """int64 (n,): the class that each row is called."""
    return called(scored.probabilities, muon_index(scored), threshold)


def called(probabilities: np.ndarray, muon: int, threshold: float) -> np.ndarray:
    """int64 (n,) from probabilities (n, n_classes): muon where its own reaches the threshold, else the most probable of
    the other classes.
    """
    others = probabilities.astype(np.float64)
    others[:, muon] = -1.0
    found: np.ndarray = np.where(probabilities[:, muon] >= threshold, muon, others.argmax(axis=1))
    return found


def images_of(scored: Scored) -> tuple[np.ndarray, np.ndarray]:
    """Frames that hold scored rows, int64 (n_images,) ascending, and the place among them of each row (n,)."""
    frame = frame_of(scored.dataset, scored.rows)
    if not len(frame) or frame.min() < 0:
        raise DarkroomError(
            f"Data set '{scored.dataset.name}' has {int((frame < 0).sum()):,} of {len(frame):,} scored rows without an image: "
            "counting needs images; prepare it from FITS files."
        )
    found: tuple[np.ndarray, np.ndarray] = np.unique(frame, return_inverse=True)
    return found


def population(scored: Scored, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clusters per bin (n_images, n_bins) of each image of `images_of`, and its occupancy (n_images,)."""
    frames, image = images_of(scored)
    bins = overlap.bins_of(classes, scored.column("energy_kev"), len(scored.classes))
    counts = overlap.per_image(image, bins, len(frames), overlap.n_bins(len(scored.classes)))
    return counts, _occupancy(scored, image, len(frames))


def _occupancy(scored: Scored, image: np.ndarray, n_images: int) -> np.ndarray:
    found = np.zeros(n_images)
    found[image] = scored.column("occupancy")  # the same for all rows of an image
    return found


def response(scored: Scored, threshold: float) -> overlap.Response:
    """The counting calibrated on a simulated data set that the same run has scored."""
    frames, image = images_of(scored)
    classes = called_class(scored, threshold)
    bins = overlap.bins_of(classes, scored.column("energy_kev"), len(scored.classes))
    n_muons, species = scored.column("truth_n_muons"), scored.column("truth_species")
    came = np.bincount(image, n_muons, len(frames))
    truth = overlap.truth_of(image, bins, overlap.n_bins(len(scored.classes)), n_muons, species, came, KINDS)
    return overlap.calibrate(truth, _occupancy(scored, image, len(frames)))
