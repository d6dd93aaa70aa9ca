"""Stored images: the largest values survive, a region is what slicing gives, every row finds its image."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from core.data import detector_images, stored_arrays
from core.data.dataset import Dataset
from core.data.detector_images import STEP, StoredImage, image_of, pooled, region, rows_in
from core.errors import DarkroomError

N_ROWS = 5  # of each part


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Two images of odd sizes, in steps that are stored exactly; the second with a hole."""
    rng = np.random.default_rng(4)
    charges = [np.rint(rng.normal(0, 20, shape) / STEP) * STEP for shape in ((301, 517), (77, 40))]
    charges[1][10:14, 20:24] = np.nan
    return [charge.astype(np.float32) for charge in charges]


@pytest.fixture(scope="module")
def dataset(pictures, tmp_path_factory) -> Dataset:
    """Two parts of five rows; the first holds both images, the second one of whole numbers."""
    folder: Path = tmp_path_factory.mktemp("framed")
    (folder / "parts").mkdir()
    stored = [pictures, [np.arange(12, dtype=np.int32).reshape(3, 4)]]
    known = []
    for number, images in enumerate(stored):
        with h5py.File(folder / "parts" / f"{number}.h5", "w") as file:
            stored_arrays.append(file, {"crop": np.zeros((N_ROWS, 1), np.float32)})
            for index, pixels in enumerate(images):
                detector_images.write(file, index, StoredImage(f"{number}/{index}", pixels, {}))
                known.append({"part": number, "index": index, "name": f"{number}/{index}"})
    meta = {
        "table": "none",
        "frames": known,
        "id": "x",
        "parts": [{"file": f"{i}.h5", "n_rows": N_ROWS, "sha256": "0" * 64} for i in (0, 1)],
    }
    columns = {"frame": np.array([1, 0, 0, 1, 1, 0, 0, 0, 0, 7], np.int32)}
    return Dataset(folder, meta, lambda _, names: [columns[name] for name in names])


def by_hand(values: np.ndarray, k: int) -> np.ndarray:
    """The largest of every k x k cells, cell by cell."""
    rows, columns = range(0, values.shape[0], k), range(0, values.shape[1], k)
    cells = [[values[y : y + k, x : x + k] for x in columns] for y in rows]
    return np.array([[np.nan if np.isnan(c).all() else np.nanmax(c) for c in line] for line in cells])


@pytest.mark.parametrize("k", [1, 2, 3, 4, 16, 400])
@pytest.mark.parametrize("which", [0, 1])
def test_pooled_is_the_largest_of_every_cell(pictures, which, k):
    assert np.array_equal(pooled(pictures[which], k), by_hand(pictures[which], k), equal_nan=True)


@pytest.mark.parametrize(
    ("window", "max_px", "factor"),
    [
        ((0, 517, 0, 301), 600, 1), ((100, 180, 30, 90), 80, 1), ((101, 180, 31, 90), 30, 3), ((3, 500, 7, 290), 100, 8),
        ((0, 517, 0, 301), 20, 32), ((-50, 900, -3, 999), 130, 8),
    ],
)  # fmt: skip
def test_a_region_is_what_slicing_and_pooling_give(dataset, pictures, window, max_px, factor):
    """Compared with the whole image pooled by hand, of which the region is a part."""
    cells, k = region(dataset, 0, *window, max_px)
    assert k == factor
    assert max(cells.shape) <= max_px + 1
    x0, x1, y0, y1 = max(window[0], 0), min(window[1], 517), max(window[2], 0), min(window[3], 301)
    expected = by_hand(pictures[0], k)[y0 // k : -(-y1 // k), x0 // k : -(-x1 // k)]
    assert np.array_equal(cells, expected.astype(np.float32))


def test_missing_pixels_and_whole_numbers_come_back(dataset, pictures):
    assert np.array_equal(region(dataset, 1, 0, 40, 0, 77, 100)[0], pictures[1], equal_nan=True)
    assert np.isnan(region(dataset, 1, 20, 24, 10, 14, 100)[0]).all()
    assert np.array_equal(region(dataset, 2, 0, 4, 0, 3, 9)[0], np.arange(12).reshape(3, 4))


def test_a_single_bright_pixel_is_seen_at_every_scale(tmp_path):
    pixels = np.zeros((500, 700), np.float32)
    pixels[433, 91] = 777.0
    (tmp_path / "parts").mkdir()
    with h5py.File(tmp_path / "parts" / "a.h5", "w") as file:
        stored_arrays.append(file, {"crop": np.zeros((1, 1), np.float32)})
        detector_images.write(file, 0, StoredImage("one", pixels, {}))
    meta = {"id": "x", "frames": [{"part": 0, "index": 0, "name": "one"}], "parts": [{"file": "a.h5", "n_rows": 1}]}
    data = Dataset(tmp_path, meta, lambda *_: [np.zeros(1, np.int32)])
    for max_px in (700, 300, 100, 30, 5):
        cells, k = region(data, 0, 0, 700, 0, 500, max_px)
        assert cells[433 // k, 91 // k] == 777.0
        assert (cells > 0).sum() == 1


def test_infinities_are_kept_finite_and_three_axes_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        detector_images.write(file, 0, StoredImage("hot", np.array([[np.inf, -np.inf, np.nan]], np.float32), {}))
        stored = file["frames/0/pixels"][:]
        assert stored[0, 0] > 2**30
        assert stored[0, 1] < -(2**30)
        assert stored[0, 2] == detector_images.MISSING
        with pytest.raises(DarkroomError, match=r"cube: the image has the shape \(2, 2, 2\), expected two axes"):
            detector_images.write(file, 1, StoredImage("cube", np.zeros((2, 2, 2)), {}))


def test_an_empty_region_is_refused(dataset):
    with pytest.raises(DarkroomError, match="0/0: the region is empty or outside the 517 x 301 pixels"):
        region(dataset, 0, 600, 700, 0, 10, 50)


def test_every_row_finds_its_image_and_back(dataset):
    assert image_of(dataset, np.arange(10)).tolist() == [1, 0, 0, 1, 1, 2, 2, 2, 2, -1]
    assert [rows_in(dataset, i).tolist() for i in range(3)] == [[1, 2], [0, 3, 4], [5, 6, 7, 8]]


def test_without_images_no_row_lies_in_one(dataset):
    bare = Dataset(dataset.path, {**dataset.meta, "frames": []}, dataset.read_columns)
    assert image_of(bare, [0, 1]).tolist() == [-1, -1]
