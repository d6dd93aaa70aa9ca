"""The catalog: a data set prepared from simulated images, written in three formats and read back."""

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot

from core.commands import catalog as command
from core.connie.clusters import stored_images
from core.connie.clusters.deblend import deblend
from core.connie.clusters.extract import find_clusters
from core.connie.experiment import EXPERIMENT
from core.connie.export import catalog
from core.connie.simulate import SimulationParameters
from core.data import stored_arrays
from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare
from tests.connie.canvas import found


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    folder = tmp_path_factory.mktemp("catalog")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(folder / "workspace"))
        settings = SimulationParameters(n_rows=300, n_columns=360, ohdus=(2, 3))
        files = EXPERIMENT.simulation.simulate(folder / "raw", n_events=200, seed=3, parameters=settings)
        prepare(EXPERIMENT, files[:2], "tracks", default_mapping(EXPERIMENT))
        yield open_dataset("tracks")


@pytest.fixture(scope="module")
def parquet(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "tracks.parquet"
    catalog.export(dataset, path)
    return path


def test_branches_have_the_names_of_the_catalogs_and_one_line_per_row(dataset: Dataset, parquet: Path) -> None:
    table = pq.read_table(parquet)
    per_level = [f"{name}{n}" for n in range(4) for name in ("E", "n", "xBary", "xVar", "yBary", "yVar")]
    first = ["runID", "ohdu", "expoStart", "gain", "nSat", "flag", "nSavedPix", "xMin", "xMax", "yMin", "yMax"]
    assert set(table.column_names) == {*first, *per_level, "xPix", "yPix", "level", "ePix"}
    assert table.num_rows == dataset.n_rows > 50
    assert "ADU" in json.loads(table.schema.metadata[b"units"])["charge"]


def test_values_are_those_of_the_table(dataset: Dataset, parquet: Path) -> None:
    read = pq.read_table(parquet)
    table = {name: read[name].to_numpy() for name in read.column_names}
    for name, column in (
        ("runID", "runid"),
        ("ohdu", "ohdu"),
        ("nSat", "nsat"),
        ("xMin", "x_min_px"),
        ("yMax", "y_max_px"),
    ):
        np.testing.assert_array_equal(table[name], dataset.column(column), err_msg=name)
    for n in range(4):
        np.testing.assert_allclose(table[f"E{n}"] / table["gain"], dataset.column(f"e{n}"), rtol=1e-5, atol=0.1)
        np.testing.assert_array_equal(table[f"n{n}"], dataset.column(f"n{n}"))
    np.testing.assert_allclose(table["xBary0"], dataset.column("x_px"), rtol=1e-6)
    spread = dataset.column("sigma_l_px").astype(float) ** 2 + dataset.column("sigma_t_px").astype(float) ** 2
    np.testing.assert_allclose(table["xVar0"] + table["yVar0"], spread, rtol=1e-4, atol=1e-4)
    assert set(np.unique(table["flag"])) <= {0, 1, 2, 3, 4, 5, 6, 7}  # edge, saturated, masked_pixels


def test_the_pixels_that_are_kept_are_those_that_clustering_gives(dataset: Dataset) -> None:
    mapping = default_mapping(EXPERIMENT)
    for i in range(len(dataset.images)):
        image = stored_images.stored_image(dataset, i)
        clusters, rows = stored_images.frame_clusters(dataset, i, image)
        again = deblend(find_clusters(image, mapping), mapping)
        np.testing.assert_array_equal(dataset.column("npix")[rows], clusters.npix)
        for name in ("y", "x", "q", "offsets"):
            np.testing.assert_array_equal(getattr(clusters, name), getattr(again, name), err_msg=name)


def test_lists_of_pixels_add_up(parquet: Path) -> None:
    table = pq.read_table(parquet).to_pylist()
    for row in table[::7]:
        x, level, e = (np.array(row[name]) for name in ("xPix", "level", "ePix"))
        assert len(x) == len(row["yPix"]) == row["nSavedPix"] == row["n3"]
        for n in range(4):
            assert np.count_nonzero(level <= n) == row[f"n{n}"]
            assert e[level <= n].sum() == pytest.approx(row[f"E{n}"], rel=1e-4, abs=0.5)
        weight = np.maximum(e[level <= 1], 0)
        assert np.average(x[level <= 1], weights=weight) == pytest.approx(row["xBary1"], abs=1e-3)
        assert (x[level == 0].min(), x[level == 0].max()) == (row["xMin"], row["xMax"])


def test_root_and_csv_hold_the_same(dataset: Dataset, parquet: Path, tmp_path: Path) -> None:
    catalog.export(dataset, tmp_path / "tracks.root")
    catalog.export(dataset, tmp_path / "tracks.csv")
    table = pq.read_table(parquet)
    with uproot.open(tmp_path / "tracks.root") as file:
        tree = file[catalog.TREE].arrays()
        assert "ADU" in str(file["units"])
    lines = (tmp_path / "tracks.csv").read_text().splitlines()
    body = [line for line in lines if not line.startswith("#")]
    names = body[0].split(",")
    values = np.array([[float(v) for v in line.split(",")] for line in body[1:]])
    assert "ADU" in lines[0]
    assert set(names) == set(table.column_names) - set(catalog.PIXELS)
    for i, name in enumerate(names):
        np.testing.assert_array_equal(np.asarray(tree[name]), table[name].to_numpy(), err_msg=name)
        np.testing.assert_allclose(values[:, i], table[name].to_numpy(), rtol=1e-6, err_msg=name)
    for name in catalog.PIXELS:
        assert tree[name].tolist() == table[name].to_pylist()


def test_the_command_tells_what_it_wrote(dataset: Dataset, parquet: Path, tmp_path: Path) -> None:
    path = tmp_path / "told.parquet"
    result, text = command.catalog(Namespace(dataset="tracks", out=path))
    assert (result["n_rows"], result["bytes"]) == (dataset.n_rows, path.stat().st_size)
    assert f"{dataset.n_rows:,} rows of 'tracks'" in text
    assert pq.read_table(path).equals(pq.read_table(parquet))
    with pytest.raises(DarkroomError, match="there is no folder"):
        command.catalog(Namespace(dataset="tracks", out=tmp_path / "none" / "a.root"))


def test_the_slot_writes_and_wrong_requests_are_refused(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert EXPERIMENT.table.catalog is catalog.export
    with pytest.raises(DarkroomError, match=r"the ending is '\.fits', expected one of \.parquet, \.csv, \.root"):
        catalog.export(dataset, tmp_path / "tracks.fits")
    bare = Dataset(dataset.path, {**dataset.meta, "frames": []}, dataset.read_columns)
    with pytest.raises(DarkroomError, match="holds no images"):
        catalog.export(bare, tmp_path / "tracks.csv")
    monkeypatch.setattr(stored_arrays, "has", lambda *_: False)
    with pytest.raises(DarkroomError, match="an earlier version made it: delete it"):
        catalog.export(dataset, tmp_path / "tracks.csv")
    assert not list(tmp_path.iterdir())  # nothing half written


def test_negative_pixels_around_a_cluster_lower_its_energy_and_weigh_nothing() -> None:
    q = np.full((9, 9), -1.0)
    q[4, 3:6] = 100.0
    clusters, image = found(q)
    columns, pixels = catalog.image_catalog(clusters, image, np.zeros(1), np.array([1 << 6]))
    assert columns["E0"].tolist() == pytest.approx([300 * 7.25])
    assert columns["E1"].tolist() == pytest.approx([(300 - 12) * 7.25])
    assert columns["n1"].tolist() == [15]
    assert columns["xBary1"].tolist() == [4.0]
    assert columns["flag"].tolist() == [0]  # 'no_axis' is no defect
    assert pixels["level"].item(0).tolist()[:3] == [0, 0, 0]
