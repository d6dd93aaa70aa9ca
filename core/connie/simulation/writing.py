"""Simulated images as FITS: headers as the experiment has them, the truth in tables of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.connie.simulation.images import SimulatedImage

if TYPE_CHECKING:
    from core.connie.simulate import SimulationParameters

_TRUTH_E = 1.0  # charge of a particle in a pixel up to which the table leaves it out
_MOST_E = 65_535  # in the table; a pixel saturates far below


def write_file(
    folder: Path, images: Mapping[int, SimulatedImage], when: Mapping[str, Any], settings: "SimulationParameters"
) -> Path:
    """One exposure, `images` OHDU -> image, as `runID_<run>_<runID>_sim_p1.fits` (or `.fits.fz`, Rice)."""
    from astropy.io import fits

    ending = "fits.fz" if settings.compressed else "fits"
    path = folder / f"runID_{when['run']}_{when['runid']:05d}_sim_p1.{ending}"
    hdus: list[Any] = [fits.PrimaryHDU()]
    for ohdu, image in images.items():
        header = _header(ohdu, image, when, settings)
        if settings.compressed:
            hdus.append(fits.CompImageHDU(image.pixels_adu, header, compression_type="RICE_1"))
        else:
            hdus.append(fits.ImageHDU(image.pixels_adu, header))
        hdus += _truth(ohdu, image)
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def _header(ohdu: int, image: SimulatedImage, when: Mapping[str, Any], settings: "SimulationParameters") -> Any:
    from astropy.io import fits

    now = image.conditions
    header = fits.Header()
    cards: list[tuple[str, Any, str]] = [
        ("EXTNAME", f"OHDU{ohdu}", ""),
        ("RUN", when["run"], "run"),
        ("RUNID", when["runid"], "exposure"),
        ("OHDU", ohdu, "CCD"),
        ("EXPSTART", when["expstart_s"], "[s] unix time"),
        ("EXPSTOP", when["expstart_s"] + now.exposure_s, "[s] unix time"),
        ("EXPTIME", now.exposure_s, "[s]"),
        ("BIASW", settings.overscan_columns, "[px] overscan columns of each half"),
        ("BIASH", settings.overscan_rows, "[px] overscan rows"),
        ("REBIN", 1, "rows binned"),
        ("GAIN", now.gain_adu_per_e, "[ADU/e-]"),
        ("NOISE", settings.noise_e, "[e-] true readout noise"),
        ("DC", settings.dark_e_per_px_h, "[e-/px/h] true dark current"),
        ("DIFFA", now.diffusion[0], "[um2] true diffusion A"),
        ("DIFFB", now.diffusion[1], "[1/um] true diffusion b"),
        ("NMUONS", image.n_muons, "muons with half their path inside the image"),
        ("SIMULATD", True, "simulated, no experiment's data"),
    ]
    if when["pressure_hpa"] is not None:
        cards.append(("PRESSURE", when["pressure_hpa"], "[hPa]"))
    header.extend(cards)
    return header


def _truth(ohdu: int, image: SimulatedImage) -> list[Any]:
    """TRUTH: one row per particle, in single precision. TRUTHPIX: pixel y * n_columns + x of the active area and charge.

    TRUTHPIX is in the order of the particles, `n_stored` pixels for each; charges of up to 1 e- are left out.
    """
    c = image.charges
    stored_px = np.flatnonzero(c.charge_e > _TRUTH_E)
    stored_px = stored_px[np.argsort(c.particle[stored_px], kind="stable")]
    particles = {
        name: column.astype(np.float32) if column.dtype == np.float64 else column
        for name, column in image.particles.items()
    }
    stored = np.bincount(c.particle[stored_px], minlength=len(particles["id"]) + 1)[1:].astype(np.int32)
    charge = np.minimum(c.charge_e[stored_px], _MOST_E).astype(np.uint16)
    return [
        _table("TRUTH", ohdu, image, particles | {"n_stored": stored}),
        _table("TRUTHPIX", ohdu, image, {"pixel": c.pixel[stored_px], "charge_e": charge}),
    ]


def _table(name: str, ohdu: int, image: SimulatedImage, columns: Mapping[str, np.ndarray]) -> Any:
    from astropy.io import fits

    dtype = [(key, column.dtype) for key, column in columns.items()]
    rows = np.empty(len(next(iter(columns.values()))), dtype)
    for key, column in columns.items():
        rows[key] = column
    hdu = fits.BinTableHDU(rows, name=name)
    hdu.header["OHDU"] = (ohdu, "CCD of the image")
    hdu.header["ROWS"] = (image.shape[0], "[px] active")
    hdu.header["COLUMNS"] = (image.shape[1], "[px] active")
    return hdu
