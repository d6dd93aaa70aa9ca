"""The report on a simulated trigger: the scan beside its closed form, what dark counts add, and a selection after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import parameters as parameter_fields
from core.analysis import total_efficiency, trigger_figures, trigger_scan
from core.analysis.total_efficiency import Chain, SelectedSignal
from core.analysis.trigger_scan import N_EVENTS, SEED, Scan, Trigger
from core.errors import DarkroomError
from core.judge.report import Figure, Report, Table
from core.parameters import param
from core.statistics.intervals import defined

AT_KEV = (0.5, 1.0)
EFFICIENCY_NOTE = (
    "Recorded by the light alone (trigger), kept of what is recorded (selection), and their product, against true energy; "
    "95 % intervals, bins of fewer than 20 events pale. A trigger above its closed form would be surprising."
)
DARK_NOTE = (
    "Events that are recorded only because a dark count completed the pair, and those where two dark counts made the "
    "record by themselves. Neither counts as efficiency; a part that grows with energy would be surprising."
)


@dataclass(frozen=True)
class ScanParameters:
    """Where the trigger is simulated, how often, and from which score on a run keeps an event."""

    up_to_kev: float = param(2.0, "highest true energy of 40 even steps", unit="keV")
    energies_kev: tuple[float, ...] = param((), "true energies in place of the even steps", unit="keV")
    n_events: int = param(N_EVENTS, "events simulated at each energy", high=1_000_000)
    seed: int = param(SEED, "seed of the simulation")
    threshold: float = param(0.5, "score from which the run keeps an event", low=0.0, high=1.0)

    def check(self) -> None:
        """Refuse what cannot be simulated."""
        if self.n_events < 1:
            raise DarkroomError(f"--events is {self.n_events}: expected at least 1.")
        if self.seed < 0:
            raise DarkroomError(f"--seed is {self.seed}: expected 0 or more.")


@dataclass(frozen=True)
class TriggerResult:
    """The scan, a second one at a few energies that are quoted, and the efficiencies after a selection, if there is one."""

    scan: Scan
    quoted: Scan
    selected: SelectedSignal | None
    chain: Chain | None


def answer(trigger: Trigger, settings: Any, parameters: ScanParameters, selected: SelectedSignal | None) -> Report:
    """Simulate the trigger with its own `settings` and, after it, what was selected of the recorded signal."""

    def scan(energies: Sequence[float]) -> Scan:
        return trigger_scan.scan(trigger, settings, energies, parameters.n_events, parameters.seed)

    even = trigger_scan.even_energies(parameters.up_to_kev)
    result = scan(parameters.energies_kev or even)
    chain = None
    if selected is not None:
        edges = trigger_scan.bin_edges(parameters.up_to_kev)
        points = scan(even).points if parameters.energies_kev else result.points
        chain = total_efficiency.chain(points, selected, edges)
    return _report(TriggerResult(result, scan(AT_KEV), selected, chain), settings, parameters)


def _report(result: TriggerResult, settings: Any, parameters: ScanParameters) -> Report:
    scan, chain, selected = result.scan, result.chain, result.selected
    light_yield, columns = trigger_scan.light_yield(scan), trigger_scan.columns(scan)
    figures = [
        Figure(
            "efficiency", trigger_figures.efficiency(scan, light_yield, chain), EFFICIENCY_NOTE, columns, "efficiency"
        )
    ]
    if len(scan.points) > 1:
        dark = trigger_figures.dark_counts(scan, light_yield)
        figures.append(Figure("dark counts", dark, DARK_NOTE, columns, "dark counts"))
    tables, notes = [], [trigger_scan.in_words(scan)]
    if chain is not None and selected is not None:
        title = f"trigger, selection ({selected.name}) and total, percent with 95 % intervals"
        tables.append(Table(title, total_efficiency.table(chain), group="numbers"))
        notes.append(total_efficiency.in_words(chain, selected))
    tables.append(Table(f"{scan.trigger.title}, simulated", trigger_scan.table(scan), group="numbers"))
    numbers = trigger_scan.key_numbers(scan, result.quoted)
    return Report(
        tuple(numbers), tuple(tables), tuple(figures), tuple(notes), _values(result, settings, parameters), result
    )


def _values(result: TriggerResult, settings: Any, parameters: ScanParameters) -> dict[str, Any]:
    scan = result.scan
    chi2, n_points, p_value = scan.agreement
    values: dict[str, Any] = {
        "trigger": scan.trigger.title, "simulated": True, "parameters": parameter_fields.to_dict(settings),
        "n_events": parameters.n_events, "seed": parameters.seed, "points": scan.to_rows(),
        "agreement": {"chi2": chi2, "n": n_points, "p_value": defined(p_value)},
        "accidental_hz": scan.trigger.accidental_hz(settings),
    }  # fmt: skip
    if result.chain is not None and result.selected is not None:
        values |= {
            "selection": result.selected.name,
            "chain": result.chain.to_rows(),
            "method": total_efficiency.METHOD,
        }
    return values
