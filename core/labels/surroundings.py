"""What lies around a row in the image that it was found in, for labelling."""

import numpy as np

from core.data import detector_images, image_rows
from core.data.dataset import Dataset
from core.data.image_rows import ImageView
from core.figures.labelled import Surroundings

MAX_CELLS = 200  # a side: more cannot be told apart in the picture, and each costs time


def surroundings(image_view: ImageView | None, dataset: Dataset, row: int, times: float) -> Surroundings | None:
    """A window `times` as large as the row with the boxes of the neighbours that lie in it as a whole (others' boxes would
    only cross the picture); None for a row without an image.
    """
    image = -1 if image_view is None else int(detector_images.image_of(dataset, [row])[0])
    if image < 0 or image_view is None:
        return None
    window = image_rows.around(dataset, image_view, row, dataset.images[image], times)
    values, factor = detector_images.region(dataset, image, window.x0, window.x1, window.y0, window.y1, MAX_CELLS)
    rows = detector_images.rows_in(dataset, image)
    boxes = image_rows.boxes(dataset, image_view, rows)
    x0, x1, y0, y1 = boxes.T
    near = (x0 >= window.x0) & (x1 < window.x1) & (y0 >= window.y0) & (y1 < window.y1) & (rows != row)
    box = image_rows.boxes(dataset, image_view, np.array([row]))[0]
    return Surroundings(values, factor, window.x0 // factor * factor, window.y0 // factor * factor, box, boxes[near])
