"""A CCD image from particles: how many of each, their charge in pixels, and what the readout makes of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.connie.raw import defects
from core.connie.simulation import particles
from core.connie.simulation.deposit import PAIR_EV, THICKNESS_UM, Deposits, PixelCharges, collect, scatter, sigma_px

if TYPE_CHECKING:
    from core.connie.simulate import SimulationParameters

PIXEL_CM = 15e-4
FULL_SHAPE = (4130, 4120)
FULL_AREA_CM2 = FULL_SHAPE[0] * FULL_SHAPE[1] * PIXEL_CM**2
FULL_EXPOSURE_S = 10_800.0
_MARGIN_PX = 64  # particles start this far outside too: their tracks enter through the edges
_PARABOLA_PX = 60
_BLEED_SHARE, _BLEED_PX = 0.05, 120


@dataclass(frozen=True)
class Conditions:
    """What differs from image to image: factors on the rate of muons (pressure) and on electrons and spots (`mix`),
    diffusion as A [um2] and b [1/µm]."""

    exposure_s: float
    muon_factor: float
    mix: tuple[float, float]
    diffusion: tuple[float, float]
    gain_adu_per_e: float


@dataclass(frozen=True)
class SimulatedImage:
    """`pixels_adu` uint16 (rows + overscan, columns of both halves with overscan); the truth of its particles.

    `particles`: name -> (n,), ids 1 .. n in `id`; `charges`: which particle left how much in which active pixel.
    """

    pixels_adu: np.ndarray
    shape: tuple[int, int]
    particles: dict[str, np.ndarray]
    charges: PixelCharges
    conditions: Conditions

    @property
    def n_muons(self) -> int:
        """Muons that cross the middle plane inside the image: their mean is rate times area times exposure."""
        p, (ny, nx) = self.particles, self.shape
        x, y = 0.5 * (p["x_px"] + p["x_end_px"]) + 0.5, 0.5 * (p["y_px"] + p["y_end_px"]) + 0.5
        inside = (x >= 0) & (x < nx) & (y >= 0) & (y < ny)
        return int(np.count_nonzero(inside & (p["species"] == particles.MUON)))


def conditions(
    rng: np.random.Generator, settings: "SimulationParameters", exposure_s: float, muon_factor: float = 1.0
) -> Conditions:
    """Draw what varies. Diffusion between the published ones: A from 216 to 1000 um2, widest from 14 to 20 µm."""
    a, b = settings.diffusion_a_um2, settings.diffusion_b_per_um
    if settings.vary_diffusion:
        a, widest = np.exp(rng.uniform(np.log(216.0), np.log(1000.0))), rng.uniform(14.0, 20.0)
        b = -np.expm1(-(widest**2) / a) / THICKNESS_UM
    mix = np.exp(settings.mix_spread * rng.standard_normal(2))
    gain = settings.gain_adu_per_e * (1.0 + settings.gain_spread * rng.uniform(-1.0, 1.0))
    return Conditions(exposure_s, muon_factor, (float(mix[0]), float(mix[1])), (float(a), float(b)), float(gain))


def expose(rng: np.random.Generator, settings: "SimulationParameters", now: Conditions) -> SimulatedImage:
    """One image: particles, their charge, dark current, defects, readout."""
    shape = settings.shape
    table, charges = _charges(rng, settings, now, shape)
    active = np.zeros(shape, np.float32)
    active.ravel()[:] = np.bincount(charges.pixel, charges.charge_e, active.size)
    dark = rng.poisson(settings.dark_e_per_px_h * now.exposure_s / 3600.0 * active.size)
    active.ravel()[:] += np.bincount(rng.integers(active.size, size=dark), minlength=active.size)
    n = len(table["species"])
    table["id"] = np.arange(1, n + 1, dtype=np.int32)
    table["charge_e"] = np.bincount(charges.particle, charges.charge_e, n + 1)[1:].astype(np.float32)
    table["n_pixels"] = np.bincount(charges.particle, minlength=n + 1)[1:].astype(np.int32)
    return SimulatedImage(read_out(rng, active, settings, now), shape, table, charges, now)


def _counts(
    rng: np.random.Generator, settings: "SimulationParameters", now: Conditions, shape: tuple[int, int]
) -> tuple[int, ...]:
    """Muons, electrons, spots, alphas that start in the image and its margin: Poisson."""
    area_px = (shape[0] + 2 * _MARGIN_PX) * (shape[1] + 2 * _MARGIN_PX)
    part = area_px / (FULL_SHAPE[0] * FULL_SHAPE[1]) * now.exposure_s / FULL_EXPOSURE_S
    muons = settings.muons_per_cm2_min * area_px * PIXEL_CM**2 * now.exposure_s / 60.0 * now.muon_factor
    others = settings.electrons * now.mix[0], settings.spots * now.mix[1], settings.alphas
    return tuple(int(rng.poisson(mean)) for mean in (muons, *(part * n for n in others)))


def _charges(
    rng: np.random.Generator, settings: "SimulationParameters", now: Conditions, shape: tuple[int, int]
) -> tuple[dict[str, np.ndarray], PixelCharges]:
    n_muons, n_electrons, n_spots, n_alphas = _counts(rng, settings, now, shape)

    def anywhere(n: int) -> np.ndarray:
        return rng.uniform([-_MARGIN_PX] * 2, [shape[1] + _MARGIN_PX, shape[0] + _MARGIN_PX], (n, 2)) - 0.5

    depth = rng.uniform(0.0, THICKNESS_UM, n_electrons)
    energy = particles.worm_energies_kev(rng, n_electrons, settings.flat_electron_share)
    diffusing = [
        particles.muons(rng, anywhere(n_muons), particles.muon_directions(rng, n_muons, settings.plane)),
        particles.worms(rng, np.column_stack([anywhere(n_electrons), depth]), energy),
    ]
    points = particles.spots(rng, anywhere(n_spots), settings.line_shares)
    heavy = particles.alphas(rng, anywhere(n_alphas))
    parts, first = [], 1
    for tracks in diffusing:
        parts.append(_diffused(rng, tracks, first, now, shape))
        first += len(tracks.table["species"])
    electrons = particles.electrons_of(rng, points.energy_kev)
    ids = first + points.owner
    x, y, z = points.place.T
    parts.append(scatter(rng, ids, x, y, sigma_px(z, *now.diffusion), electrons, shape))
    first += n_spots
    parts.append(_plasma(rng, heavy, first, shape))
    first += n_alphas
    tables = [t.table for t in (*diffusing, points, heavy)]
    pieces = _defects(rng, settings, shape)
    parts.append(defects.as_charges(pieces, first, shape[1]))
    tables.append(particles.defect_table(pieces))
    table = {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
    fields = ("particle", "pixel", "charge_e")
    return _seen(table, PixelCharges(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields)))


def _seen(table: dict[str, np.ndarray], charges: PixelCharges) -> tuple[dict[str, np.ndarray], PixelCharges]:
    """Without the particles that left nothing in the image; the others get ids 1 .. n."""
    n = len(table["species"])
    seen = np.bincount(charges.particle, minlength=n + 1)[1:] > 0
    new = np.r_[0, np.cumsum(seen)].astype(np.int32)
    visible = {name: column[seen] for name, column in table.items()}
    return visible, PixelCharges(new[charges.particle], charges.pixel, charges.charge_e)


def _diffused(
    rng: np.random.Generator, tracks: particles.Tracks, first: int, now: Conditions, shape: tuple[int, int]
) -> PixelCharges:
    order = np.argsort(tracks.owner, kind="stable")
    x, y, z = tracks.place[order].T
    charge = tracks.energy_kev[order] * 1e3 / PAIR_EV
    width = sigma_px(z, *now.diffusion)
    return collect(rng, Deposits(first + tracks.owner[order], x.copy(), y.copy(), width, charge), shape)


def _plasma(rng: np.random.Generator, heavy: particles.Tracks, first: int, shape: tuple[int, int]) -> PixelCharges:
    """Alphas: their dense charge drives itself apart to 2-4 px, whatever the depth. Every second one that stops near
    the front overflows: a twentieth of its charge runs along the column, ever less.
    """
    x, y, z = heavy.place.T
    charge = heavy.energy_kev * 1e3 / PAIR_EV
    width = rng.uniform(2.0, 4.0, len(charge))
    bleeds = np.flatnonzero((z < THICKNESS_UM / 2.0) & (rng.random(len(z)) < 0.5))
    away = np.arange(1, _BLEED_PX)
    part = np.exp(-away / rng.uniform(5.0, 40.0, (len(bleeds), 1)))
    part *= 0.5 * _BLEED_SHARE * charge[bleeds, None] / part.sum(1, keepdims=True)
    charge[bleeds] *= 1.0 - _BLEED_SHARE
    tails = [
        (np.repeat(bleeds, len(away)), np.repeat(np.rint(x[bleeds]), len(away)), np.rint(y[bleeds, None]) + side * away)
        for side in (-1, 1)
    ]
    owner, across, along = (
        np.concatenate([a, *(np.ravel(t[i]) for t in tails)]) for i, a in enumerate((heavy.owner, x, y))
    )
    width = np.concatenate([width, np.zeros(2 * part.size)])
    charge = np.concatenate([charge, part.ravel(), part.ravel()])
    order = np.argsort(owner, kind="stable")
    return collect(rng, Deposits(first + owner[order], across[order], along[order], width[order], charge[order]), shape)


def _defects(rng: np.random.Generator, settings: "SimulationParameters", shape: tuple[int, int]) -> list[np.ndarray]:
    part = shape[0] * shape[1] / (FULL_SHAPE[0] * FULL_SHAPE[1])
    n_columns = min(rng.poisson(0.5 * settings.hot_columns * shape[1] / FULL_SHAPE[1]), settings.hot_columns)
    return [
        *defects.hot_columns(rng, n_columns, shape),
        *defects.hot_pixels(rng, rng.poisson(settings.hot_pixels * part), shape),
        *defects.serial_lines(rng, rng.poisson(settings.serial_lines * part), shape),
    ]


def read_out(
    rng: np.random.Generator, active_e: np.ndarray, settings: "SimulationParameters", now: Conditions
) -> np.ndarray:
    """Electrons (ny, nx) -> uint16 as written: two halves with overscan, the right half read from the right.

    Per half: noise, gain, pedestal with a ripple along the rows; a parabola at the left edge of the sensor.
    """
    ny, nx = active_e.shape
    over_x, over_y, half = settings.overscan_columns, settings.overscan_rows, nx // 2
    raw = rng.standard_normal((ny + over_y, nx + 2 * over_x), dtype=np.float32)
    raw *= np.float32(settings.noise_e)
    raw[:ny, :half] += active_e[:, :half]
    raw[:ny, half + 2 * over_x :] += active_e[:, half:]
    raw *= np.float32(now.gain_adu_per_e)
    rows = np.arange(ny + over_y)
    ripple = settings.ripple_adu * np.cos(rows / 2.0 / np.pi / 20.0)
    edge = settings.parabola_adu * np.clip(1.0 - np.arange(half) / _PARABOLA_PX, 0.0, None) ** 2
    raw += (settings.pedestal_adu + ripple[:, None]).astype(np.float32)
    raw[:, half + over_x :] += np.float32(0.02 * settings.pedestal_adu)
    raw[:ny, :half] += edge.astype(np.float32)
    np.rint(raw, out=raw)
    return np.clip(raw, 0.0, 65_535.0, out=raw).astype(np.uint16)
