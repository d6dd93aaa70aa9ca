"""Is the workspace whole? Every check in turn; each says what is wrong, where, how bad it is, and what helps."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from core import workspace
from core.errors import DarkroomError
from core.housekeeping import data_checks, job_checks, place_checks, run_checks
from core.housekeeping.problem import DAMAGE, SEVERITIES, Problem, split_sentence

Check = Callable[[], Iterable[Problem]]


def examine(is_deep: bool = False) -> list[Problem]:
    """The problems of the workspace, the worst first; [] if it is whole. It changes nothing.

    Quick: files are there, begin and end as they should, seals of settings hold. Deep: every byte is read and every hash computed.
    """
    problems: dict[str, Problem] = {}
    for check in _checks(is_deep):
        for problem in _answers(check):
            problems.setdefault(problem.what, problem)
    return sorted(problems.values(), key=lambda problem: SEVERITIES.index(problem.severity))


def _checks(is_deep: bool) -> Iterator[Check]:
    yield from (place_checks.space, place_checks.permissions, place_checks.packages)
    yield from (job_checks.jobs, job_checks.watches)
    yield from (partial(data_checks.datasets, is_deep), data_checks.selections, data_checks.logs)
    yield from (partial(run_checks.check_runs, is_deep), run_checks.check_studies, run_checks.check_sweeps)
    yield from (place_checks.views, place_checks.binned, place_checks.leftovers)


def _answers(check: Check) -> Iterator[Problem]:
    """What a check says; one that cannot be made, since the list of jobs is damaged, say, tells that and hinders no other."""
    try:
        yield from check()
    except DarkroomError as error:
        what, remedy = split_sentence(error)
        yield Problem(what, str(workspace.root()), DAMAGE, remedy)
