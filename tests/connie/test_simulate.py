"""Simulated images against what went into them: files, charge, rates, readout; and the same again for the same seed."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core import parameters
from core.connie import mapping as mapping_module
from core.connie.clusters.extract import find_clusters
from core.connie.features import measure
from core.connie.labels.classes import FINE
from core.connie.labels.truth import read_truth, truth_columns
from core.connie.mapping import Mapping
from core.connie.raw.calibrate import calibrate
from core.connie.raw.fits import read_images
from core.connie.simulate import FIRST_EXPSTART_S, SimulationParameters, exposure, simulate, simulate_image
from core.connie.simulation import deposit, particles
from core.data.mapping import load_mapping
from core.errors import DarkroomError

SMALL = SimulationParameters(n_rows=400, n_columns=480, overscan_columns=60, overscan_rows=12, exposure_low_h=1.0)
QUIET = dataclasses.replace(
    SMALL, electrons=0.0, spots=0.0, alphas=0.0, hot_columns=0, hot_pixels=0.0, serial_lines=0.0
)
N_FULL = 6890  # muons in 3 h on a whole CCD
FULL_PX = 4130 * 4120


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return load_mapping(Path(mapping_module.__file__).parent / "mappings" / "connie.toml", Mapping)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> list[Path]:
    return simulate(tmp_path_factory.mktemp("simulated"), 500, 7, SMALL)


@pytest.fixture(scope="module")
def read(written, mapping):
    """(image, truth, what is measured with its truth) of every image."""
    images_read = []
    for path in written:
        for raw in read_images(path, mapping):
            image = calibrate(raw, mapping)
            truth = read_truth(path, raw.exposure.ohdu)
            clusters = find_clusters(image, mapping)
            measured = measure(clusters, image, mapping)
            images_read.append((image, truth, measured | truth_columns(clusters, measured, truth, image.shape)))
    return images_read


def test_files_have_names_headers_and_layout_of_the_experiment(written):
    assert [path.name for path in written] == [f"runID_9_{238 + i:05d}_sim_p1.fits" for i in range(len(written))]
    with fits.open(written[0]) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ["OHDU2", "TRUTH", "TRUTHPIX", "OHDU3", "TRUTH", "TRUTHPIX"]
        header, pixels = hdus[1].header, hdus[1].data
        assert pixels.dtype == np.uint16 and pixels.shape == (412, 600)
        assert (header["BITPIX"], header["BZERO"], header["SIMULATD"]) == (16, 32768, True)
        assert (header["RUN"], header["RUNID"], header["OHDU"]) == (9, 238, 2)
        assert (header["BIASW"], header["BIASH"], header["NOISE"], header["DC"]) == (60, 12, 2.0, 0.05)
        assert header["EXPSTOP"] - header["EXPSTART"] == header["EXPTIME"]
        assert 6.5 < header["GAIN"] < 8.0
        assert "PRESSURE" not in header


def test_events_are_counted_until_there_are_enough(written):
    per_file = [sum(len(fits.getdata(path, i)) for i in (2, 5)) for path in written]
    assert sum(per_file) >= 500 > sum(per_file[:-1])


def test_calibrated_image_is_the_truth_and_noise(read):
    for image, truth, _ in read:
        assert image.noise_e == pytest.approx((2.0, 2.0), rel=0.05)
        true = np.bincount(truth.charges.pixel, truth.charges.charge_e, image.charge_e.size).reshape(image.shape)
        good = image.usable & ~image.saturated
        rest = (image.charge_e - true)[good]
        # of what is not noise: dark current, the pedestal's error in a row, charges up to 1 e- per particle
        assert np.median(rest) == pytest.approx(0.0, abs=0.4)
        assert 1.95 < rest.std() < 2.15
        assert np.abs(rest).max() < 25.0


def test_energy_of_a_particle_is_its_charge(read):
    n = 0
    for image, truth, _ in read:
        p = truth.particles
        inside = np.ones(len(p["id"]), bool)
        for axis, size in (("x", image.shape[1]), ("y", image.shape[0])):
            for end in ("_px", "_end_px"):
                inside &= (p[axis + end] > 60) & (p[axis + end] < size - 60)
        for species, extra in ((particles.MUON, 0.0), (particles.ELECTRON, 0.0), (particles.SPOT, 4 * 0.36)):
            of_species = inside & (p["species"] == species)
            mean = p["energy_kev"][of_species] * 1e3 / deposit.PAIR_EV
            # each pixel is rounded to whole electrons; spots have the width of Fano beside
            assert p["charge_e"][of_species] == pytest.approx(mean, abs=40.0, rel=1e-3 + extra / np.sqrt(50.0))
            n += of_species.sum()
        held = np.bincount(truth.charges.particle, truth.charges.charge_e, len(p["id"]) + 1)[1:]
        assert held.sum() == pytest.approx(p["charge_e"].sum(), rel=2e-3)
    assert n > 50


def test_same_seed_same_pixels_compressed_or_not(written, tmp_path):
    again = simulate(tmp_path, 1, 7, dataclasses.replace(SMALL, compressed=True))
    assert again[0].name == "runID_9_00238_sim_p1.fits.fz"
    other = simulate_image(8, SMALL)
    with fits.open(written[0]) as first, fits.open(again[0]) as second:
        for i in (1, 4):
            assert isinstance(second[i], fits.CompImageHDU)
            assert np.array_equal(first[i].data, second[i].data)
        for i in (2, 3, 5, 6):
            assert np.array_equal(first[i].data, second[i].data) or first[i].data.tobytes() == second[i].data.tobytes()
        assert not np.array_equal(first[1].data, first[4].data)
        assert not np.array_equal(first[1].data, other.pixels_adu)


def test_muons_follow_rate_area_and_exposure():
    quiet = dataclasses.replace(QUIET, muons_per_cm2_min=4.0, noise_e=0.1, n_rows=256, n_columns=256)
    area_cm2 = 256 * 256 * 15e-4**2
    for exposure_s, factor in ((3600.0, 1.0), (10_800.0, 0.5)):
        counts = [simulate_image(seed, quiet, exposure_s, factor).n_muons for seed in range(20)]
        expected = 20 * 4.0 * area_cm2 * exposure_s / 60.0 * factor
        assert sum(counts) == pytest.approx(expected, abs=3.5 * np.sqrt(expected))


def test_muons_alone_overlap_as_on_a_whole_image(mapping, tmp_path):
    """A whole 3 h image with 6,890 muons gives 4,920 +- 200 clusters; here an eighth of its area."""
    eighth = dataclasses.replace(
        QUIET, n_rows=1460, n_columns=1456, exposure_low_h=3.0, exposure_high_h=3.0, ohdus=(2,)
    )
    path = simulate(tmp_path, 1, 4, eighth)[0]
    (raw,) = read_images(path, mapping)
    image = calibrate(raw, mapping)
    clusters = find_clusters(image, mapping)
    n_muons = fits.getheader(path, 1)["NMUONS"]
    part = 1460 * 1456 / FULL_PX
    assert n_muons == pytest.approx(N_FULL * part, abs=3 * np.sqrt(N_FULL * part))
    # tracks that enter through the edges: a clipped one for every 11 px that a track reaches along either axis
    entered = 2 * 11.0 * n_muons / 1458
    assert len(clusters) - entered == pytest.approx(4920 * part, abs=3 * np.sqrt(4920 * part))
    assert 0.055 < len(clusters.q) / image.charge_e.size < 0.09


def test_diffusion_is_found_again_in_the_image(mapping, tmp_path):
    lines = dataclasses.replace(
        QUIET, muons_per_cm2_min=0.0, spots=20_000.0, n_rows=600, n_columns=720, line_shares=(0.0, 1.0, 0.0), vary_diffusion=False, mix_spread=0.0,
        exposure_low_h=3.0, exposure_high_h=3.0, parabola_adu=0.0,
    )  # fmt: skip
    path = simulate(tmp_path, 1, 5, lines)[0]
    raw = next(read_images(path, mapping))
    image, truth = calibrate(raw, mapping), read_truth(path, 2)
    p = truth.particles
    x, y = np.rint(p["x_px"]).astype(int), np.rint(p["y_px"]).astype(int)
    far = np.hypot(np.subtract.outer(p["x_px"], p["x_px"]), np.subtract.outer(p["y_px"], p["y_px"])) + 99 * np.eye(
        len(x)
    )
    alone = (far.min(0) > 14) & (x > 8) & (x < 711) & (y > 8) & (y < 591) & (p["z_um"] > 500)
    assert alone.sum() > 50
    step = np.arange(-6, 7)
    pull = []
    for i in np.flatnonzero(alone):
        charge = image.charge_e[y[i] - 6 : y[i] + 7, x[i] - 6 : x[i] + 7]
        spread = np.sum(charge * (x[i] + step[None, :] - p["x_px"][i]) ** 2) / charge.sum() - 1.0 / 12.0
        pull.append(spread / deposit.sigma_px(p["z_um"][i], 258.817, 9.82e-4) ** 2)
    assert np.mean(pull) == pytest.approx(1.0, abs=4 * np.std(pull) / np.sqrt(len(pull)))
    assert np.std(pull) / np.sqrt(len(pull)) < 0.03


def test_alphas_saturate_and_some_bleed_along_their_column():
    alphas = dataclasses.replace(QUIET, muons_per_cm2_min=0.0, alphas=500.0, dark_e_per_px_h=0.0)
    image = simulate_image(3, alphas)
    assert np.count_nonzero(image.pixels_adu == 65_535) > 20
    c, nx = image.charges, image.shape[1]
    tall = []
    for particle in np.unique(c.particle[c.charge_e > 2000]):
        pixel = c.pixel[(c.particle == particle) & (c.charge_e > 100)]
        tall.append(np.ptp(pixel // nx) - np.ptp(pixel % nx))
    assert max(tall) > 20 and np.median(np.abs(tall)) <= 12


def test_defects_are_single_pixels_rows_and_columns():
    many = dataclasses.replace(QUIET, muons_per_cm2_min=0.0, hot_columns=200, hot_pixels=5000.0, serial_lines=2000.0)
    image = simulate_image(6, many)
    p, c = image.particles, image.charges
    assert set(p["species"]) == {particles.DEFECT}
    rows, columns = c.pixel // image.shape[1], c.pixel % image.shape[1]
    extent = {}
    for i in p["id"]:
        of_defect = c.particle == i
        extent[i] = (np.ptp(rows[of_defect]), np.ptp(columns[of_defect]))
    assert all(0 in e for e in extent.values())
    kinds = {"row": sum(e[1] >= 4 for e in extent.values()), "column": sum(e[0] > 4 for e in extent.values())}
    assert kinds["row"] > 5 and kinds["column"] > 3 and len(extent) - sum(kinds.values()) > 20


def test_exposures_are_spread_and_begin_one_after_the_other():
    when = [exposure(1, i, SimulationParameters()) for i in range(21)]
    length, start = (np.array([w[key] for w in when]) for key in ("exptime_s", "expstart_s"))
    assert start[0] == FIRST_EXPSTART_S
    assert np.all(np.diff(start) >= length[:-1])
    assert np.flatnonzero(np.diff(start) > 86_400).tolist() == [9, 19]
    assert [w["run"] for w in when][9:12] == [9, 10, 10]
    assert 0.305 * 3600 <= length.min() < 0.4 * 3600 and 3.2 * 3600 < length.max() <= 3.92 * 3600
    fixed = SimulationParameters(exposure_low_h=3.0, exposure_high_h=3.0, pressure_rms_hpa=8.0)
    when = [exposure(1, i, fixed) for i in range(60)]
    assert when[1]["expstart_s"] - when[0]["expstart_s"] == 10_800
    off = np.array([w["pressure_hpa"] for w in when]) - 1013.0
    assert 4.0 < off.std() < 12.0
    assert np.log([w["muon_factor"] for w in when]) == pytest.approx(-0.0015 * off)


@pytest.mark.parametrize(
    "wrong",
    [
        ["n_columns=101"],
        ["exposure_low_h=5"],
        ["line_shares=0.5,0.5,0.5"],
        ["line_shares=0.5,0.5"],
        ["ohdus=2,2"],
        ["ohdus=64"],  # readers would take another number
        ["n_columns=3970"],
        ["plane=tilted"],
        ["muons_per_cm2_min=100", "full_frame=true"],
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(DarkroomError):
        parameters.override(SimulationParameters(), wrong)


def test_every_fine_label_occurs(read):
    labels = np.concatenate([table["truth_class"] for _, _, table in read])
    missing = set(range(len(FINE))) - set(labels.tolist())
    assert not missing, [FINE[i] for i in missing]
