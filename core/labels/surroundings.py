"""What lies around a row in the image that it was found in, for labelling."""

import numpy as np

from core.data import frames, imaging
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.figures.labelled import Surroundings

MAX_CELLS = 200  # a side: more cannot be told apart in the picture, and each costs time


def surroundings(experiment: Experiment, dataset: Dataset, row: int, times: float) -> Surroundings | None:
    """A window `times` as large as the row with the boxes of the neighbours that lie in it as a whole (others' boxes would
    only cross the picture); None for a row without an image.
    """
    image = int(frames.frame_of(dataset, [row])[0])
    if image < 0 or experiment.imaging is None:
        return None
    window = imaging.around(dataset, experiment.imaging, row, dataset.frames[image], times)
    values, factor = frames.region(dataset, image, window.x0, window.x1, window.y0, window.y1, MAX_CELLS)
    rows = frames.rows_in(dataset, image)
    boxes = imaging.boxes(dataset, experiment.imaging, rows)
    x0, x1, y0, y1 = boxes.T
    near = (x0 >= window.x0) & (x1 < window.x1) & (y0 >= window.y0) & (y1 < window.y1) & (rows != row)
    own = imaging.boxes(dataset, experiment.imaging, np.array([row]))[0]
    return Surroundings(values, factor, window.x0 // factor * factor, window.y0 // factor * factor, own, boxes[near])
