"""The trigger, simulated: how often an event of scintillation is recorded at all, against its true energy.

Two PMTs must each see a photoelectron of at least the threshold, at most the coincidence window apart. Light, split and
charges are drawn as the simulated sample's are (`core.cosine.simulation.pulses`); photoelectrons are judged one by one, so two that
pile up to pass the threshold together are missed, and afterpulses are left out. Three ways to a record are kept apart:
`light` (photoelectrons of the event alone: the efficiency), `helped` (a pair that needs a dark count) and `accidental`
(two dark counts during the record, which would have been recorded without the event too).

Closed form: with a mean of m = efficiency * yield * energy detected photoelectrons, evenly split, each PMT sees a Poisson
number of mean m/2, so P = (1 - exp(-m/2))^2. It holds for any pulse shape if the window is wide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numba
import numpy as np
from scipy import special

from core import parameters as parameter_fields
from core.analysis import total_efficiency, trigger_report
from core.analysis.analysis import Analysis, Inputs, Need, Progress
from core.analysis.total_efficiency import SelectedSignal, TriggerPoint
from core.analysis.trigger_report import ScanParameters
from core.analysis.trigger_scan import Trigger
from core.cosine import evaluate, select
from core.cosine.simulation import pulses
from core.errors import DarkroomError
from core.judge.report import Report
from core.parameters import param
from core.selection.selection import Selection
from core.statistics.intervals import efficiencies

RECORD_FROM_NS, RECORD_TO_NS = -2400.0, 5760.0  # where the record begins and ends, from the start of the pulse
_MAX_PE = 4096

_jit = numba.njit(nogil=True, cache=True)


@dataclass(frozen=True)
class TriggerParameters:
    """Light and trigger of one crystal; the defaults are those of the simulated sample."""

    light_yield_pe_per_kev: float = param(
        15.0, "Mean number of photoelectrons per keV", unit="PE/keV", low=0.1, high=100.0, slider=(1.0, 30.0, 0.5)
    )
    hit_efficiency: float = param(
        1.0, "Part of the photoelectrons that gives a pulse at all", low=0.0, high=1.0, slider=(0.5, 1.0, 0.01)
    )
    threshold_pe: float = param(
        0.15, "Smallest pulse that counts, in each PMT", unit="PE", low=0.0, high=5.0, slider=(0.0, 2.0, 0.05)
    )
    coincidence_ns: float = param(
        200.0, "Largest time between the two PMTs", unit="ns", low=1.0, high=1e6, slider=(10.0, 1000.0, 10.0)
    )
    dark_counts_khz: float = param(
        3.0, "Dark counts per PMT, before the threshold", unit="kHz", low=0.0, high=1000.0, slider=(0.0, 50.0, 0.5)
    )
    split_rms: float = param(0.03, "Event-to-event spread of the light split about one half", low=0.0, high=0.3)


@_jit
def _seen(rng, hits, n, pmt, t, hit_efficiency, threshold):  # type: ignore[no-untyped-def]
    """Add a pulse to `hits` (time, PMT) if it counts; return how many there are."""
    if rng.random() < hit_efficiency and pulses.charge(rng) >= threshold:
        hits[n, 0], hits[n, 1] = t, pmt
        return n + 1
    return n


@_jit
def _paired(hits, first, until, window):  # type: ignore[no-untyped-def]
    """Whether one of the hits from `first` on has a partner in the other PMT among those before it."""
    for i in range(first, until):
        for j in range(i):
            if hits[i, 1] != hits[j, 1] and abs(hits[i, 0] - hits[j, 0]) <= window:
                return True
    return False


@_jit
def _event(rng, mean_pe, split_rms, hit_efficiency, threshold, window, n_dark, hits):  # type: ignore[no-untyped-def]
    """0: no record, 1: by the light alone, 2: a dark count helped, 3: by dark counts alone."""
    split = min(max(0.5 + split_rms * rng.standard_normal(), 0.0), 1.0)
    n = 0
    for k in range(min(rng.poisson(mean_pe), _MAX_PE)):
        t = pulses.time_ns(rng, pulses.SIGNAL, (240.0, 0.05), k)
        before = n
        n = _seen(rng, hits, n, 0.0 if rng.random() < split else 1.0, t, hit_efficiency, threshold)
        if _paired(hits, before, n, window):
            return 1
    n_light = n
    for pmt in range(2):
        for _ in range(min(rng.poisson(n_dark), _MAX_PE)):
            t = RECORD_FROM_NS + (RECORD_TO_NS - RECORD_FROM_NS) * rng.random()
            n = _seen(rng, hits, n, float(pmt), t, 1.0, threshold)
    if _paired(hits[n_light:], 0, n - n_light, window):
        return 3
    return 2 if _paired(hits, n_light, n, window) else 0


@_jit
def _scan(rng, mean_pe, n, split_rms, hit_efficiency, threshold, window, n_dark, counts):  # type: ignore[no-untyped-def]
    hits = np.empty((3 * _MAX_PE, 2))
    for e in range(len(mean_pe)):
        for _ in range(n):
            counts[e, _event(rng, mean_pe[e], split_rms, hit_efficiency, threshold, window, n_dark, hits)] += 1


def scan(energies_kev: Sequence[float], p: TriggerParameters, n: int = 4000, seed: int = 1) -> tuple[TriggerPoint, ...]:
    """Simulate `n` events at every true energy; 95 % Clopper-Pearson intervals. Same seed, same counts: the last ones are kept."""
    return _simulated(tuple(map(float, energies_kev)), p, n, seed)


@lru_cache(maxsize=8)
def _simulated(energies_kev: tuple[float, ...], p: TriggerParameters, n: int, seed: int) -> tuple[TriggerPoint, ...]:
    energies = np.asarray(energies_kev, float)
    if n < 1 or not len(energies) or not np.all((energies >= 0.0) & (energies <= 200.0)):
        raise DarkroomError(
            f"{len(energies)} energies and {n} events at each: expected at least one of both, and energies from 0 to 200 keV."
        )
    counts = np.zeros((len(energies), 4), np.int64)
    n_dark = p.dark_counts_khz * 1e-6 * (RECORD_TO_NS - RECORD_FROM_NS)
    mean_pe = p.light_yield_pe_per_kev * energies
    rng = np.random.default_rng(seed)
    _scan(rng, mean_pe, n, p.split_rms, p.hit_efficiency, p.threshold_pe, p.coincidence_ns, n_dark, counts)
    total = np.full(len(energies), n)
    ways = (efficiencies(counts[:, way], total) for way in (1, 2, 3))
    return tuple(TriggerPoint(*point) for point in zip(energies.tolist(), *ways, strict=True))


def closed_form(energies_kev: Sequence[float], p: TriggerParameters) -> np.ndarray:
    """(1 - exp(-efficiency yield energy / 2))^2: no threshold, no window, no dark counts, no spread of the split."""
    return _both(p, energies_kev, p.hit_efficiency)


def above_threshold(energies_kev: Sequence[float], p: TriggerParameters) -> np.ndarray:
    """The same with the part of the pulses that the threshold leaves: what is still missing is the window's doing."""
    return _both(p, energies_kev, p.hit_efficiency * charge_above(p.threshold_pe))


def _both(p: TriggerParameters, energies_kev: Sequence[float], hit_efficiency: float) -> np.ndarray:
    half = 0.5 * hit_efficiency * p.light_yield_pe_per_kev * np.asarray(energies_kev, float)
    return np.asarray(np.expm1(-half) ** 2)


def charge_above(threshold_pe: float) -> float:
    """Part of the single photoelectrons with at least this charge (see `core.cosine.simulation.pulses.charge`)."""
    normal = special.ndtr((1.0 - max(threshold_pe, 0.05)) / 0.35) / special.ndtr(0.95 / 0.35)
    return float(0.85 * normal + 0.15 * math.exp(-max(threshold_pe, 0.0) / 0.4))


def accidental_hz(p: TriggerParameters) -> float:
    """Rate of triggers by dark counts alone: 2 r^2 window, r the rate above threshold of one PMT."""
    rate_hz = 1e3 * p.dark_counts_khz * charge_above(p.threshold_pe)
    return 2.0 * rate_hz**2 * p.coincidence_ns * 1e-9


TRIGGER = Trigger(
    title="Coincidence of two PMTs",
    scan=scan,
    closed_form=closed_form,
    above_threshold=above_threshold,
    accidental_hz=accidental_hz,
    light_yield=lambda parameters: float(parameters.light_yield_pe_per_kev),
)
TRUE_ENERGY, TRUTH = "truth_energy_kev", "truth"


@dataclass(frozen=True)
class TriggerScanParameters(TriggerParameters, ScanParameters):
    """Light and trigger of one crystal, and where it is simulated."""


def run(inputs: Inputs, parameters: TriggerScanParameters, progress: Progress) -> Report:
    """The trigger against true energy, and what the cut or the run keeps of the recorded signal."""
    progress(0, 1, "simulating")
    names = [spec.name for spec in parameter_fields.specs(TriggerParameters)]
    settings = TriggerParameters(**{name: getattr(parameters, name) for name in names})
    return trigger_report.answer(TRIGGER, settings, parameters, _selected(inputs, parameters.threshold))


def _selected(inputs: Inputs, threshold: float) -> SelectedSignal | None:
    """By the run's score, or of a data set alone by the cut that made the published labels; None without either."""
    if inputs.scored is not None:
        return total_efficiency.selected_by_run(inputs.scored, threshold, TRUE_ENERGY, TRUTH)
    if inputs.dataset is None:
        return None
    everything = list(select.PRESETS.values())[-1].selection  # the last preset cuts nothing
    labels = inputs.selected(Selection(everything.cuts, TRUTH, everything.split)).cutting.labels
    cut = evaluate.cut_baseline(everything.cuts)
    return total_efficiency.selected_by_cut(inputs.dataset, labels, cut, TRUE_ENERGY)


ANALYSIS = Analysis(
    title="Trigger against true energy",
    explanation="Which part of the events a simulated coincidence of two PMTs records at all, and what a selection keeps of it.",
    parameters=TriggerScanParameters,
    needs={
        "dataset": Need(
            "simulated data set", help="its recorded signal is selected after the trigger: by the cut, or by a run"
        ),
        "run": Need("run", help="whose score selects after the trigger"),
    },
    run=run,
)
