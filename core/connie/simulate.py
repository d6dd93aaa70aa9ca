"""Simulated CCD images with known truth, in the files the experiment would write. No experiment's data.

A file holds one exposure of several CCDs: an image HDU each, followed by its particles (`TRUTH`) and the charge that
each left in each pixel (`TRUTHPIX`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.connie.mapping import MAX_OHDU
from core.connie.raw.geometry import WIDTHS
from core.connie.simulation import images
from core.connie.simulation.images import SimulatedImage
from core.connie.simulation.writing import write_file
from core.errors import DarkroomError
from core.parameters import param

FIRST_RUN, FIRST_RUNID, RUNIDS_PER_RUN = 9, 238, 10
FIRST_EXPSTART_S = 1_470_009_600  # of runID 238: 2016-08-01 UTC
EXPOSURE_EVERY_S, GAP_S = 10_800, 86_400  # at least; a longer exposure ends before the next begins
MOST_PARTICLES = 200_000  # in an image, so that its tracks fit into memory
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationParameters:
    """Size, density and composition of the images and the sensor's properties. Numbers of particles: per 3 h and CCD."""

    full_frame: bool = param(False, "4130 x 4120 pixels, whatever n_rows and n_columns say")
    n_rows: int = param(1030, "Active rows", unit="px", low=64, high=8192)
    n_columns: int = param(1032, "Active columns of both halves together, even", unit="px", low=64, high=8192)
    overscan_columns: int = param(150, "Overscan columns of each half", unit="px", low=20, high=1000)
    overscan_rows: int = param(90, "Overscan rows", unit="px", low=0, high=1000)
    first_runid: int = param(
        FIRST_RUNID, "runID of the first exposure; data sets that are joined need different ones", low=1, high=100_000
    )
    ohdus: tuple[int, ...] = param((2, 3), "CCDs in each file", low=0, high=MAX_OHDU)
    compressed: bool = param(False, "Write .fits.fz (Rice) instead of .fits")
    exposure_low_h: float = param(0.305, "Shortest exposure (700 muons per CCD)", unit="h", low=0.0, high=24.0)
    exposure_high_h: float = param(3.92, "Longest exposure (9,000 muons per CCD)", unit="h", low=0.001, high=24.0)
    muons_per_cm2_min: float = param(1.0, "Muon rate through the sensor", unit="/cm2/min", low=0.0, high=100.0)
    plane: str = param("horizontal", "How the sensor lies", choices=("horizontal", "vertical"))
    electrons: float = param(1500.0, "Electrons per 3 h and CCD", low=0.0, high=1e5)
    flat_electron_share: float = param(0.3, "Share of them flat to 1.5 MeV, the rest falls with 150 keV", low=0, high=1)
    spots: float = param(1000.0, "X-ray and Compton spots per 3 h and CCD", low=0.0, high=1e5)
    line_shares: tuple[float, ...] = param((0.1, 0.3, 0.06), "Spots at 1.740, 8.046, 8.904 keV", low=0.0, high=1.0)
    alphas: float = param(1.5, "Alphas per 3 h and CCD", low=0.0, high=1e4)
    mix_spread: float = param(0.3, "Spread of ln(electrons), ln(spots) from image to image", low=0.0, high=2.0)
    hot_columns: int = param(10, "Most hot columns of a CCD; half of it is the mean", low=0, high=1000)
    hot_pixels: float = param(150.0, "Hot pixels per CCD", low=0.0, high=1e5)
    serial_lines: float = param(30.0, "Serial-register lines per CCD", low=0.0, high=1e4)
    vary_diffusion: bool = param(True, "Another diffusion in every image, within the published ones")
    diffusion_a_um2: float = param(258.817, "Diffusion A in sqrt(-A ln(1 - b z))", unit="um2", low=1.0, high=1e4)
    diffusion_b_per_um: float = param(9.82e-4, "Diffusion b", unit="1/µm", low=1e-5, high=1.4e-3)
    dark_e_per_px_h: float = param(0.05, "Dark current", unit="e-/px/h", low=0.0, high=0.5)
    noise_e: float = param(2.0, "Readout noise", unit="e-", low=0.01, high=100.0)
    gain_adu_per_e: float = param(7.25, "Gain", unit="ADU/e⁻", low=0.01, high=1000.0)
    gain_spread: float = param(0.1, "Its relative spread from image to image", low=0.0, high=0.9)
    pedestal_adu: float = param(1500.0, "Pedestal; the right half has 2 % more", unit="ADU", low=0.0, high=60_000.0)
    ripple_adu: float = param(50.0, "Ripple of the pedestal along the rows", unit="ADU", low=0.0, high=1000.0)
    parabola_adu: float = param(15.0, "Rise of the pedestal at the left edge", unit="ADU", low=0.0, high=1000.0)
    pressure_rms_hpa: float = param(0.0, "Air pressure varies by this; 0: not written", unit="hPa", low=0.0, high=50.0)
    pressure_percent_per_hpa: float = param(-0.15, "Muon rate per hPa", unit="%/hPa", low=-5.0, high=5.0)

    def check(self) -> None:
        """Refuse what contradicts itself, and a width that readers take for two reads of the whole CCD."""
        if self.n_columns % 2:
            raise DarkroomError(f"Parameter 'n_columns' is {self.n_columns}: expected an even number for two halves.")
        if self.exposure_low_h > self.exposure_high_h:
            raise DarkroomError(
                f"Parameter 'exposure_low_h' is {self.exposure_low_h}: expected at most exposure_high_h, "
                f"{self.exposure_high_h}."
            )
        if len(self.line_shares) != 3 or sum(self.line_shares) > 1.0:
            raise DarkroomError(f"Parameter 'line_shares' is {self.line_shares}: expected 3 numbers, together up to 1.")
        area_cm2 = self.shape[0] * self.shape[1] * images.PIXEL_CM**2
        muons = self.muons_per_cm2_min * area_cm2 * self.exposure_high_h * 60.0
        whole = area_cm2 / images.FULL_AREA_CM2 * self.exposure_high_h / 3.0
        expected = muons + (self.electrons + self.spots + self.alphas) * whole
        if expected > MOST_PARTICLES:
            raise DarkroomError(
                f"These rates and exposures make {expected:,.0f} particles in an image: expected at most "
                f"{MOST_PARTICLES:,}. Lower exposure_high_h or the rates."
            )
        if self.shape[1] + 2 * self.overscan_columns in WIDTHS:
            raise DarkroomError(
                f"{self.shape[1]} columns and twice {self.overscan_columns} of overscan are the width of another readout: "
                "choose another 'n_columns' or 'overscan_columns'."
            )
        if not self.ohdus or len(set(self.ohdus)) < len(self.ohdus):
            raise DarkroomError(f"Parameter 'ohdus' is {self.ohdus}: expected at least one number, none twice.")

    @property
    def shape(self) -> tuple[int, int]:
        """Active rows and columns."""
        return images.FULL_SHAPE if self.full_frame else (self.n_rows, self.n_columns)


def simulate_image(
    seed: int | np.random.SeedSequence = 1,
    settings: SimulationParameters = SimulationParameters(),
    exposure_s: float = images.FULL_EXPOSURE_S,
    muon_factor: float = 1.0,
) -> SimulatedImage:
    """One image in memory. Same seed, settings and exposure, same image."""
    rng = np.random.default_rng(seed)
    return images.expose(rng, settings, images.conditions(rng, settings, exposure_s, muon_factor))


def simulate(
    folder: Path,
    n_events: int,
    seed: int = 1,
    parameters: SimulationParameters = SimulationParameters(),
    progress: Progress | None = None,
) -> list[Path]:
    """Write files until they hold `n_events` particles (defects among them); return the files.

    Lengths of exposures are spread evenly in their logarithm. They start three hours apart (the longest exposure, if
    that is more); after ten a new run begins, a day later. Same seed and parameters, same pixels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    done = 0
    while done < n_events:
        when = exposure(seed, len(files), parameters)
        images = {}
        for ohdu in parameters.ohdus:
            source = np.random.SeedSequence(seed, spawn_key=(when["runid"], ohdu))
            images[ohdu] = simulate_image(source, parameters, when["exptime_s"], when["muon_factor"])
            done += len(images[ohdu].particles["id"])
            if progress is not None:
                progress(min(done, n_events), n_events)
        files.append(write_file(folder, images, when, parameters))
    return files


def exposure(seed: int, index: int, settings: SimulationParameters) -> dict[str, Any]:
    """Facts of the exposure number `index`: run, runid, start [unix s], length [s], pressure, factor on the muon rate."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    low, high = settings.exposure_low_h * 3600.0, settings.exposure_high_h * 3600.0
    # steps of the golden ratio: any number of exposures covers the range evenly
    where = (rng.random() + index * 0.618034) % 1.0
    exptime = round(low * (high / low) ** where if low > 0 else high * where)  # s, as a shutter is set
    runid = settings.first_runid + index
    since = runid - FIRST_RUNID
    start = FIRST_EXPSTART_S + since * max(EXPOSURE_EVERY_S, int(np.ceil(high))) + since // RUNIDS_PER_RUN * GAP_S
    phases = rng.uniform(0.0, 2.0 * np.pi, 2)
    periods = np.array([5.3, 1.7])  # days, as weather goes
    swing = np.sin(2.0 * np.pi * (start - FIRST_EXPSTART_S) / 86_400.0 / periods + phases)
    off_hpa = settings.pressure_rms_hpa * float(swing.sum())
    return {
        "run": max(FIRST_RUN + since // RUNIDS_PER_RUN, 1),
        "runid": runid,
        "expstart_s": start,
        "exptime_s": float(max(exptime, 1)),
        "pressure_hpa": 1013.0 + off_hpa if settings.pressure_rms_hpa > 0 else None,
        "muon_factor": float(np.exp(settings.pressure_percent_per_hpa / 100.0 * off_hpa)),
    }
