"""Whole events: particle, place, deposits, light, dark hits; then hits as `Events` keeps them."""

import math
from typing import NamedTuple

import numba
import numpy as np

from core.data.ragged import from_records
from core.juno.events import MOST_HITS, Events
from core.juno.simulation import deposits as particles
from core.juno.simulation import gammas, light
from core.juno.simulation.deposits import MUON, POSITRON
from core.juno.simulation.light import Hits, Medium
from core.juno.simulation.sensors import Sensors
from core.juno.simulation.showers import LOSS_MEV_PER_M, shower

START_NS, START_SPREAD_NS = 100.0, 50.0  # when an event happens within its window
TRUTH = (
    "true_energy_mev", "true_x_m", "true_y_m", "true_z_m", "true_dir_x", "true_dir_y", "true_dir_z", "true_t_ns",
    "true_edep_x_m", "true_edep_y_m", "true_edep_z_m",
)  # fmt: skip


class Physics(NamedTuple):
    """What particles do: numbers of `SimulationParameters`, in its units. `extended`: tracks and showers, not points."""

    fiducial_m: float
    ops_share: float
    ops_ns: float
    extended: bool
    with_michel: bool
    equal_light: bool


class Detector(NamedTuple):
    """Sensors, what light meets, and the yield of light from the centre to the edge (`light.relative_yield`)."""

    sensors: Sensors
    medium: Medium
    relative: np.ndarray


@numba.njit(cache=True, nogil=True)
def _placed(
    rng: np.random.Generator, fiducial_m: float, reach_m: float
) -> tuple[float, float, float, float, float, float]:
    """A point and a direction, uniform where all within `reach_m` along the direction, both ways, lies in the fiducial sphere."""
    while True:
        cx, cy, cz = gammas.isotropic(rng)
        r = fiducial_m * rng.random() ** (1.0 / 3.0)
        ux, uy, uz = gammas.isotropic(rng)
        along = abs(r * (cx * ux + cy * uy + cz * uz))
        if r * r + 2.0 * along * reach_m + reach_m * reach_m <= fiducial_m * fiducial_m:
            return r * cx, r * cy, r * cz, ux, uy, uz


@numba.njit(cache=True, nogil=True)
def deposited(
    rng: np.random.Generator,
    d: Detector,
    p: Physics,
    particle: int,
    energy_mev: float,
    out: np.ndarray,
    truth: np.ndarray,
) -> int:
    """Write an event's deposits to `out` and its truth (`TRUTH`) to `truth`; how many deposits.

    Of tracks and showers the centre of energy is placed, in time too, where a muon of this energy is contained: so neither its
    place and time nor its direction tells the class.
    """
    ls = d.sensors.ls_radius_m
    reach = 0.5 * energy_mev / LOSS_MEV_PER_M if p.extended else 0.0
    cx, cy, cz, ux, uy, uz = _placed(rng, p.fiducial_m, reach)
    vx, vy, vz, start = cx, cy, cz, START_NS + START_SPREAD_NS * rng.random()
    if p.extended:
        if particle == MUON:
            n = particles.muon(rng, out, energy_mev, ux, uy, uz)
        else:
            n = shower(rng, out, 0, 0.0, 0.0, 0.0, 0.0, ux, uy, uz, energy_mev)
        mx, my, mz, mt = particles.centre(out, n)
        vx, vy, vz, start = cx - mx, cy - my, cz - mz, start - mt
    elif particle == POSITRON:
        n = particles.positron(rng, out, energy_mev, ux, uy, uz, p.ops_share, p.ops_ns)
    else:
        n = particles.electron(out, energy_mev, ux, uy, uz)
    particles.moved(out, n, vx, vy, vz, ls)
    ex, ey, ez, _ = particles.centre(out, n)
    if p.equal_light:
        particles.level(out, n, math.sqrt(cx * cx + cy * cy + cz * cz), d.relative, ls)
    if p.with_michel and particle == MUON:
        first = n
        end = 2.0 * reach
        n = particles.michel(rng, out, n, vx + end * ux, vy + end * uy, vz + end * uz, end)
        particles.moved(out[first:], n - first, 0.0, 0.0, 0.0, ls)
    particles.delayed(out, n, start)
    truth[:] = (energy_mev, vx, vy, vz, ux, uy, uz, start, ex, ey, ez)
    return n


@numba.njit(cache=True, nogil=True)
def event(
    rng: np.random.Generator,
    d: Detector,
    p: Physics,
    particle: int,
    energy_mev: float,
    out: np.ndarray,
    hits: Hits,
    truth: np.ndarray,
) -> None:
    """Simulate one event into `hits` and `truth`; `out`: room for deposits."""
    light.cleared(hits)
    n = deposited(rng, d, p, particle, energy_mev, out, truth)
    light.shine(rng, d.sensors, d.medium, out, n, hits)
    light.dark(rng, d.sensors, d.medium, hits)
    if hits.size[1] > 0:
        light.summed_up(hits)


@numba.njit(cache=True, nogil=True)
def by_sensor(hits: Hits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The hits in the room in ascending order of their sensors: int32, float32 [ns], float32 [photoelectrons]. `hits.n` is used up."""
    n = hits.size[0]
    begin = hits.n
    begin[:] = 0
    for k in range(n):
        begin[hits.pmt[k]] += 1
    total = 0
    for i in range(len(begin)):
        begin[i], total = total, total + begin[i]
    pmt, time, charge = np.empty(n, np.int32), np.empty(n, np.float32), np.empty(n, np.float32)
    for k in range(n):
        at = begin[hits.pmt[k]]
        begin[hits.pmt[k]] += 1
        pmt[at], time[at], charge[at] = hits.pmt[k], hits.time_ns[k], hits.charge_pe[k]
    return pmt, time, charge


def summaries(hits: Hits) -> dict[str, np.ndarray]:
    """One entry for each sensor with hits: `pmt`, `count` int32, float32 `charge_pe`, `time_ns` (first), `mean_ns`, `std_ns`, digitised
    like hits.
    """
    pmt = np.flatnonzero(hits.n)
    count = hits.n[pmt]
    mean = hits.time_sum[pmt] / count
    std = np.sqrt(np.maximum(hits.square_sum[pmt] / count - mean * mean, 0.0))
    steps = light.TIME_STEPS
    floats = {
        "time_ns": hits.first_ns[pmt], "charge_pe": hits.charge_sum[pmt],
        "mean_ns": np.rint(mean * steps) / steps, "std_ns": np.rint(std * steps) / steps,
    }  # fmt: skip
    ints = {"pmt": pmt.astype(np.int32), "count": count.astype(np.int32)}
    return ints | {name: values.astype(np.float32) for name, values in floats.items()}


def events(
    d: Detector, p: Physics, particle: np.ndarray, energy_mev: np.ndarray, seed: int, first: int = 0, run: int = 1
) -> Events:
    """Events number `first`, ... of a seed, of these particles and energies, each (n,): the same whatever is simulated before."""
    names = ("pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns")
    empty = {"count": np.empty(0, np.int32), "mean_ns": np.empty(0, np.float32), "std_ns": np.empty(0, np.float32)}
    out, hits = gammas.table(particles.MOST_DEPOSITS), light.room(MOST_HITS, len(d.sensors.position_m))
    records: dict[str, list[np.ndarray]] = {name: [] for name in names}
    truth, n_hits = np.empty((len(particle), len(TRUTH))), np.empty(len(particle), np.int64)
    for i in range(len(particle)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(first + i,)))
        event(rng, d, p, int(particle[i]), float(energy_mev[i]), out, hits, truth[i])
        n_hits[i] = hits.size.sum()
        row = summaries(hits) if hits.size[1] > 0 else dict(zip(names, by_sensor(hits), strict=False)) | empty
        for name in names:
            records[name].append(row[name])
    columns = {"truth_class": particle.astype(np.int32)} | dict(zip(TRUTH, truth.T.copy(), strict=True))
    number = np.arange(first, first + len(particle), dtype=np.int64)
    ragged = {name: from_records(values) for name, values in records.items()}
    return Events(
        run=run, number=number, **ragged, n_hits=n_hits, n_dropped=np.zeros(len(particle), np.int32), truth=columns
    )
