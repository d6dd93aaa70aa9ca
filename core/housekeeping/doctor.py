"""Is the workspace whole? Every check in turn; each says what is wrong, where, how bad it is, and what helps."""

from collections.abc import Iterator

from core import workspace
from core.housekeeping import data_checks, job_checks, place_checks, run_checks
from core.housekeeping.problem import SEVERITIES, Problem


def examine(is_deep: bool = False) -> list[Problem]:
    """The problems of the workspace, the worst first; [] if it is whole. It changes nothing.

    Quick: files are there, begin and end as they should, seals of settings hold. Deep: every byte is read and every hash computed.
    """
    workspace.root()
    return sorted(_problems(is_deep), key=lambda problem: SEVERITIES.index(problem.severity))


def _problems(is_deep: bool) -> Iterator[Problem]:
    yield from place_checks.space()
    yield from place_checks.permissions()
    yield from place_checks.packages()
    yield from data_checks.datasets(is_deep)
    yield from data_checks.selections()
    yield from data_checks.logs()
    yield from run_checks.check_runs(is_deep)
    yield from run_checks.check_studies()
    yield from run_checks.check_sweeps()
    yield from job_checks.jobs()
    yield from place_checks.binned()
    yield from place_checks.leftovers()
