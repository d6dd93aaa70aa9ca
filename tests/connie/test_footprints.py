"""Footprints of others become clusters: layout, refusals, and the LSST table with its reference numbers."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from core.connie import catalog, footprints
from core.connie.experiment import EXPERIMENT
from core.connie.features import measure
from core.connie.mapping import Mapping, load_mapping
from core.data.dataset import open_dataset
from core.data.prepare import prepare
from core.errors import DarkroomError

LSST = load_mapping(EXPERIMENT.mappings["lsst"])


def write(path: Path, rows: list[tuple[int, int, int, list[int]]], name: str = "COSMIC_RAYS", **renamed: str) -> Path:
    lists = np.empty(len(rows), object)
    lists[:] = [np.array(row[3], np.int32) for row in rows]
    columns = [
        fits.Column(name=renamed.get(key, key), format="I", array=[row[i] for row in rows])
        for i, key in enumerate(("fp_id", "x0", "y0"))
    ]
    table = fits.BinTableHDU.from_columns([*columns, fits.Column(name="pixel_values", format="PJ()", array=lists)])
    table.name = name
    table.header["EXPTIME"] = 1500.0
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    return path


def test_rows_of_pixels_become_clusters(tmp_path: Path) -> None:
    path = write(tmp_path / "few.fits", [(3, 10, 5, [100, 200]), (3, 11, 6, [300]), (7, 40, 30, [50])])
    ((clusters, image),) = footprints.read(path, LSST)
    assert clusters.npix.tolist() == [3, 1]
    assert list(zip(clusters.y, clusters.x, clusters.q, strict=True)) == [
        (5, 10, 100),
        (5, 11, 200),
        (6, 11, 300),
        (30, 40, 50),
    ]
    assert image.exposure.exptime_s == 1500.0
    (block,) = footprints.blocks(path, LSST)
    assert block.table["charge_e"].tolist() == [600.0, 50.0]
    assert block.table["npix"].tolist() == [3, 1]
    assert block.table["l3_um"][1] == 100.0  # the sensor's thickness


def test_footprints_on_top_of_each_other_go_to_several_images(tmp_path: Path) -> None:
    path = write(tmp_path / "two.fits", [(1, 10, 5, [100, 200]), (2, 11, 5, [300, 400]), (3, 60, 5, [70])])
    images = footprints.read(path, LSST)
    assert [c.q.tolist() for c, _ in images] == [[100, 200, 70], [300, 400]]
    assert len({int(u) for b in footprints.blocks(path, LSST) for u in b.table["uid"]}) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: write(p, [(1, 1, 1, [9])], x0="column"), "expected x0 too: correct the names in the mapping"),
        (lambda p: write(p, [(1, 1, 1, [9])], name="OTHER"), "the tables are OTHER, expected COSMIC_RAYS"),
        (lambda p: write(p, []), "holds no pixel"),
        (lambda p: write(p, [(1, -1, 1, [9])]), "negative place"),
        (lambda p: p.write_text("no FITS"), "not a FITS file .it does not begin with SIMPLE."),
    ],
)
def test_what_is_no_table_of_footprints_is_refused(make, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bad.fits"
    make(path)
    with pytest.raises(DarkroomError, match=message):
        footprints.read(path, LSST)


@pytest.fixture(scope="module")
def measured(test_data: Path) -> dict[str, np.ndarray]:
    read = footprints.read(test_data / "ccd/lsst/cosmic_rays_itl_2017.fits.gz", LSST)
    tables = [measure(clusters, image, LSST) for clusters, image in read]
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}


@pytest.fixture(scope="module")
def reference(test_data: Path) -> dict[str, np.ndarray]:
    with np.load(test_data / "ccd/lsst/lsst_cr_stamps64_derived.npz") as file:
        return {name: file[name] for name in ("npix", "charge_e", "w", "h", "var_min")}


def test_pixels_and_charge_of_the_lsst_table(measured: dict[str, np.ndarray], reference: dict[str, np.ndarray]) -> None:
    """1764 footprints with 28,804 pixels; the reference leaves out 11 that do not fit into 64 x 64 pixels."""
    assert (len(measured["npix"]), measured["npix"].sum()) == (1764, 28804)

    def key(npix: np.ndarray, charge: np.ndarray, w: np.ndarray, h: np.ndarray) -> Counter[tuple[int, ...]]:
        return Counter(zip(*(np.rint(v).astype(int).tolist() for v in (npix, charge, w, h)), strict=True))

    w, h = (measured[f"{a}_max_px"] - measured[f"{a}_min_px"] + 1 for a in "xy")
    ours = key(measured["npix"], measured["charge_e"].astype(float), w, h)
    theirs = key(reference["npix"], reference["charge_e"], reference["w"], reference["h"])
    assert theirs.total() == 1753
    assert not theirs - ours
    assert (ours - theirs).total() == 11


def test_shapes_of_the_lsst_footprints_are_told_apart_by_features(
    measured: dict[str, np.ndarray], reference: dict[str, np.ndarray]
) -> None:
    """Reference: straight, curly (15 pixels or more, smaller variance below or from 0.6 px2), compact (2 to 9 pixels).

    Ours: the same sizes and sigma_T below or from 0.75 px. The variance of the reference has the weights' own bias taken
    off, ours has not, so the two are not the same number.
    """
    npix, sigma_t = reference["npix"], measured["sigma_t_px"]
    long_ones = npix >= 15
    straight, curly = long_ones & (reference["var_min"] < 0.6), long_ones & (reference["var_min"] >= 0.6)
    assert [int(k.sum()) for k in (straight, curly, (npix >= 2) & (npix <= 9))] == [489, 127, 482]
    names = zip(measured["npix"].tolist(), np.rint(measured["charge_e"].astype(float)), strict=True)
    row = {k: i for i, k in enumerate(names)}  # pixels and charge name a footprint well enough
    at = np.array([row[k] for k in zip(npix.tolist(), np.rint(reference["charge_e"]), strict=True)])
    ours = long_ones & (sigma_t[at] < 0.75), long_ones & (sigma_t[at] >= 0.75)
    purity = [(a & b).sum() / a.sum() for a, b in zip(ours, (straight, curly), strict=True)]
    efficiency = [(a & b).sum() / b.sum() for a, b in zip(ours, (straight, curly), strict=True)]
    assert min(purity) > 0.98  # 489 of 492, 124 of 124
    assert min(efficiency) > 0.97  # 489 of 489, 124 of 127
    compact = (measured["npix"] >= 2) & (measured["npix"] <= 9)
    assert compact.sum() == 482
    assert (measured["length_px"][compact] < 8.0).mean() > 0.99
    bent, even = measured["residual_px"][at][curly], measured["residual_px"][at][straight]
    assert np.median(bent) > 2 * np.median(even)  # the curl shows in a feature that is no variance


def test_lsst_mapping_is_of_its_kind() -> None:
    assert isinstance(LSST, Mapping)
    assert (LSST.kind, LSST.pixel_um, LSST.thickness_um) == ("footprints", 10.0, 100.0)


def test_a_data_set_of_footprints_has_a_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    path = write(tmp_path / "three.fits", [(1, 50, 9, [100, 200]), (2, 51, 9, [300, 400, 5]), (3, 60, 2, [70])])
    prepare(EXPERIMENT, [path], "few", LSST)
    catalog.export(open_dataset("few"), tmp_path / "few.parquet")
    table = pq.read_table(tmp_path / "few.parquet")
    assert table["E0"].to_pylist() == [70.0, 300.0, 705.0]  # image by image, in the order of first pixels
    assert table["xMin"].to_pylist() == [60, 50, 51]


def test_two_tables_make_one_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path / "workspace"))
    paths = [write(tmp_path / f"{q}.fits", [(1, 10, 5, [q, 200])]) for q in (100, 300)]
    prepare(EXPERIMENT, paths, "two", LSST)
    assert sorted(open_dataset("two").column("charge_e").tolist()) == [300.0, 500.0]


def test_places_and_sizes_that_take_all_memory_are_refused(tmp_path: Path) -> None:
    far = write(tmp_path / "far.fits", [(1, 30_000, 30_000, [9])])
    with pytest.raises(
        DarkroomError, match="reach over 30,001 x 30,001 pixels: expected an image of at most 80,000,000"
    ):
        footprints.read(far, LSST)
    cut = tmp_path / "cut.fits"
    cut.write_bytes(far.read_bytes()[:-2880])
    with pytest.raises(DarkroomError, match=r"HDU 1 is truncated: .* expected a whole table"):
        footprints.read(cut, LSST)
