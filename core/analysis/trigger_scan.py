"""A trigger that was scanned in energy, beside its closed form: agreement, where it is full, what is lost to what."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from core.analysis.total_efficiency import TriggerPoint, in_percent
from core.errors import DarkroomError
from core.judge.report import DASH, KeyNumber, key_number
from core.statistics.intervals import defined

N_POINTS, N_EVENTS, SEED = 40, 4000, 1
_ENOUGH = 5.0  # expected events on either side, for the chi2
_SURPRISE = 0.001
_PARTS = (("", "value"), (" low", "low"), (" high", "high"), (" k", "k"), (" n", "n"))


@dataclass(frozen=True)
class Trigger:
    """A simulated trigger: which part of the events is recorded at all.

    `scan(energies_kev, parameters, n, seed)` simulates; `closed_form(energies_kev, parameters)` (m,) is what holds
    without threshold and window, `above_threshold` the same with the threshold; `accidental_hz(parameters)` the rate
    without any event, `light_yield(parameters)` the photoelectrons per keV.
    """

    title: str
    scan: Callable[[Sequence[float], Any, int, int], tuple[TriggerPoint, ...]]
    closed_form: Callable[[Sequence[float], Any], np.ndarray]
    above_threshold: Callable[[Sequence[float], Any], np.ndarray]
    accidental_hz: Callable[[Any], float]
    light_yield: Callable[[Any], float]


@dataclass(frozen=True)
class Scan:
    """Simulated points at energies_kev (m,), and both closed forms there, all in energy order."""

    trigger: Trigger
    parameters: Any
    energies_kev: np.ndarray
    points: tuple[TriggerPoint, ...]
    closed: np.ndarray
    above_threshold: np.ndarray

    @property
    def light(self) -> np.ndarray:
        """(m, 3): the efficiency, low and high."""
        return np.array([(p.light.value, p.light.low, p.light.high) for p in self.points])

    @property
    def agreement(self) -> tuple[float, int, float]:
        """(chi2, points, p value) of the simulation against the closed form; points with few events are left out."""
        k, n = np.array([(p.light.k, p.light.n) for p in self.points], float).T
        usable = n * np.minimum(self.closed, 1.0 - self.closed) >= _ENOUGH
        k, n, expected = k[usable], n[usable], self.closed[usable]
        chi2 = float(np.sum((k - n * expected) ** 2 / (n * expected * (1.0 - expected))))
        return chi2, len(k), float(special.chdtrc(len(k), chi2)) if len(k) else math.nan

    def to_rows(self) -> list[dict[str, Any]]:
        """One plain record per energy."""
        forms = zip(self.points, self.closed.tolist(), self.above_threshold.tolist(), strict=True)
        return [
            {"energy_kev": p.energy_kev, "efficiency": p.light.to_dict(), "closed_form": closed}
            | {"closed_form_above_threshold": above, "difference": defined(p.light.value - closed)}
            | {"helped_by_dark_counts": p.helped.to_dict(), "accidental": p.accidental.to_dict()}
            for p, closed, above in forms
        ]


def scan(
    trigger: Trigger, parameters: Any, energies_kev: Sequence[float], n: int = N_EVENTS, seed: int = SEED
) -> Scan:  # fmt: skip
    """Simulate at the given energies."""
    energies = np.sort(np.asarray(energies_kev, float))
    points = trigger.scan(energies.tolist(), parameters, n, seed)
    forms = (form(energies.tolist(), parameters) for form in (trigger.closed_form, trigger.above_threshold))
    return Scan(trigger, parameters, energies, points, *forms)


def even_energies(up_to_kev: float) -> list[float]:
    """The middles of 40 equal bins from 0."""
    if not 0.0 < up_to_kev <= 200.0:
        raise DarkroomError(f"The highest energy is {up_to_kev:g} keV: expected more than 0 and at most 200.")
    return [(i + 0.5) * up_to_kev / N_POINTS for i in range(N_POINTS)]


def bin_edges(up_to_kev: float) -> np.ndarray:
    """Ten bins from 0, each of four points of `even_energies`."""
    return np.linspace(0.0, up_to_kev, N_POINTS // 4 + 1)


def reaches(scan: Scan, wanted: float) -> tuple[float, float, float]:
    """Energy at which the efficiency reaches `wanted`, between points by a straight line; NaN if it never does.

    Brackets: the energies at which the upper and the lower ends of the intervals reach it.
    """
    return tuple(_crossing(scan.energies_kev, scan.light[:, i], wanted) for i in (0, 2, 1))  # type: ignore[return-value]


def _crossing(x: np.ndarray, y: np.ndarray, wanted: float) -> float:
    above = np.flatnonzero(y >= wanted)
    if not len(above):
        return math.nan
    i = int(above[0])
    if i == 0:
        return float(x[0])
    return float(np.interp(wanted, y[i - 1 : i + 1], x[i - 1 : i + 1]))


def key_numbers(scan: Scan, at: Scan) -> list[KeyNumber]:
    """Where the trigger is half and nearly full, what it is at the energies of `at`, and its rate without events."""
    numbers = []
    for wanted in (0.5, 0.9):
        value, low, high = reaches(scan, wanted)
        text = DASH if math.isnan(value) else f"{value:.2f} keV"
        help = "between the simulated points by a straight line; brackets: where the ends of the intervals reach it"
        numbers.append(
            KeyNumber(f"{100 * wanted:g} % at", text, f"[{low:.2f}, {high:.2f}] keV".replace("nan", DASH), help)
        )
    for point, closed in zip(at.points, at.closed, strict=True):
        help = f"recorded by the light alone, 95 % Clopper-Pearson interval; the closed form gives {100 * closed:.1f} %"
        numbers.append(key_number(f"at {point.energy_kev:g} keV", point.light, help, digits=1))
    rate = scan.trigger.accidental_hz(scan.parameters)
    help = "triggers by two dark counts without any event, 2 r^2 window: records, but no efficiency"
    numbers.append(KeyNumber("accidental", f"{rate:.3g} Hz", "two dark counts", help))
    return numbers


def light_yield(scan: Scan) -> float:
    """Photoelectrons per keV of the scan, for a second energy axis."""
    return float(scan.trigger.light_yield(scan.parameters))


def columns(scan: Scan) -> dict[str, list[Any]]:
    """The points as columns for a file; efficiencies as fractions."""
    columns: dict[str, list[Any]] = {"energy_kev": scan.energies_kev.tolist()}
    for name, way in (("trigger", "light"), ("helped by a dark count", "helped"), ("dark counts alone", "accidental")):
        shares = [getattr(point, way) for point in scan.points]
        columns |= {f"{name}{end}": [getattr(share, part) for share in shares] for end, part in _PARTS}
    return columns | {"closed form": scan.closed.tolist(), "closed form above threshold": scan.above_threshold.tolist()}


def table(scan: Scan) -> list[dict[str, Any]]:
    """The points for a reader: percent."""
    return [
        {"energy [keV]": f"{p.energy_kev:.4g}", "trigger": in_percent(p.light), "closed form": f"{100 * closed:.2f}"}
        | {"with threshold": f"{100 * above:.2f}", "difference": f"{100 * (p.light.value - closed):+.2f}"}
        | {
            "helped by a dark count": in_percent(p.helped),
            "dark counts alone": in_percent(p.accidental),
            "n": p.light.n,
        }
        for p, closed, above in zip(scan.points, scan.closed, scan.above_threshold, strict=True)
    ]


def in_words(scan: Scan) -> str:
    """Whether the closed form holds and, where it does not, which part of the loss is whose."""
    chi2, n_points, p_value = scan.agreement
    test = f"chi2 = {chi2:.0f} for {n_points} energies, p {'< 0.0001' if p_value < 1e-4 else f'= {p_value:.2g}'}"
    if not n_points:
        return "No energy has events enough on both sides to compare the simulation with the closed form."
    if p_value > _SURPRISE:
        return f"The simulation agrees with the closed form ({test})."
    worst = int(np.argmax(np.abs(scan.light[:, 0] - scan.closed)))
    closed, above, value = 100 * scan.closed[worst], 100 * scan.above_threshold[worst], 100 * scan.light[worst, 0]
    return (
        f"The closed form is not met ({test}): most at {scan.energies_kev[worst]:.3g} keV, where it promises {closed:.1f} % and "
        f"{value:.1f} % are found. {closed - above:.1f} points of that go to the threshold, which hides small pulses, the other "
        f"{above - value:.1f} to the coincidence window: scintillation takes hundreds of ns, so with little light the first "
        "photoelectrons of the two PMTs can lie further apart."
    )
