"""Footprints of others become clusters: layout, refusals, and the LSST table with its reference numbers."""

import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from core.connie.event import UID
from core.connie.experiment import EXPERIMENT
from core.connie.export import catalog
from core.connie.features import measure
from core.connie.mapping import Mapping
from core.connie.raw import footprints
from core.data.dataset import open_dataset
from core.data.mapping import load_mapping
from core.errors import DarkroomError
from core.workflows.prepare_job import prepare

LSST = load_mapping(EXPERIMENT.reading.mappings["lsst"], Mapping)


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
    ((clusters, image),) = list(footprints.read(path, LSST))
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
    images = list(footprints.read(path, LSST))
    assert [c.q.tolist() for c, _ in images] == [[100, 200, 70], [300, 400]]
    assert len({int(u) for b in footprints.blocks(path, LSST) for u in b.table["uid"]}) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: write(p, [(1, 1, 1, [9])], x0="column"), "expected x0 too: correct the names in the mapping"),
        (lambda p: write(p, [(1, 1, 1, [9])], name="OTHER"), "the tables are OTHER, expected COSMIC_RAYS"),
        (lambda p: write(p, []), "holds no pixel"),
        (lambda p: write(p, [(1, -1, 1, [9])]), "negative place"),
        (lambda p: p.write_text("no FITS"), "not a FITS file .it is text."),
    ],
)
def test_what_is_no_table_of_footprints_is_refused(make, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bad.fits"
    make(path)
    with pytest.raises(DarkroomError, match=message):
        list(footprints.read(path, LSST))


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
        list(footprints.read(far, LSST))
    cut = tmp_path / "cut.fits"
    cut.write_bytes(far.read_bytes()[:-2880])
    with pytest.raises(DarkroomError, match=r"HDU 1 is truncated: .* expected a whole table"):
        list(footprints.read(cut, LSST))


def test_three_thousand_footprints_on_one_place_take_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hot pixel of 3,000 exposures: the layout keeps boxes, not one mask of the image per layer (here 3,000 x 1 MB)."""
    n, far = 3000, 1000
    owner, y, x = np.arange(n + 1), np.r_[np.full(n, 20), far], np.r_[np.full(n, 30), far]
    tracemalloc.start()
    canvas = footprints._layout(owner, y, x, n + 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert canvas.tolist() == [*range(n), 0]
    assert peak < 1e6
    path = write(tmp_path / "deep.fits", [(i, 30, 20, [100 + i]) for i in range(300)] + [(300, 900, 900, [7])])
    tracemalloc.start()
    n_rows = [len(block.table["uid"]) for block in footprints.blocks(path, LSST)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_rows == [2] + [1] * 299
    assert peak < 60 * 901 * 901  # one image with what is measured in it, not 300
    monkeypatch.setattr(footprints, "MAX_PIXELS_IN_ALL", 10 * 901 * 901)
    with pytest.raises(DarkroomError, match="on top of each other 300 deep"):
        list(footprints.read(path, LSST))


def test_layers_beyond_the_256th_keep_identities_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "deep.fits", [(i, 3, 2, [100 + i]) for i in range(300)])
    uids = np.concatenate([block.table["uid"] for block in footprints.blocks(path, LSST)])
    assert len(set(uids.tolist())) == 300
    assert [UID.text(int(uid)).split(".")[2:] for uid in uids[[0, 255, 256]]] == [["0", "0", "0"], ["0", "255", "0"], ["1", "0", "0"]]  # fmt: skip


def test_a_column_of_another_kind_is_no_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fits", [(1, 1, 1, [9])], x0="other")
    with pytest.raises(DarkroomError, match="column pixel_values does not hold whole numbers") as caught:
        list(footprints.read(path, replace(LSST, footprints_x="pixel_values")))
    assert "damaged" not in str(caught.value) and "Copy" not in str(caught.value)


def test_a_table_with_changed_headers_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    """Bytes of any header changed by chance, also of one that nobody needs: never anything but rows or a DarkroomError."""
    whole = write(tmp_path / "a.fits", [(i, 7 * i % 90, 5 * i % 70, [100, 200, 3]) for i in range(30)]).read_bytes()
    headers = [i for i in range(0, len(whole), 2880) if whole[i : i + 8] in (b"SIMPLE  ", b"XTENSION")]
    rng = np.random.default_rng(4)
    outcome: Counter[str] = Counter()
    for _ in range(80):
        data = bytearray(whole)
        for at in rng.integers(80, 1200, rng.integers(1, 4)):
            data[rng.choice(headers) + int(at)] = int(rng.choice(np.frombuffer(b"0129 'ABCT=F.-/\xff\x00", np.uint8)))
        (tmp_path / "b.fits").write_bytes(bytes(data))
        try:
            outcome["rows"] += sum(len(block.arrays["crop"]) for block in footprints.blocks(tmp_path / "b.fits", LSST))
        except DarkroomError:
            outcome["refused"] += 1
    assert outcome["rows"] > 300 and outcome["refused"] > 5
