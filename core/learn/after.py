"""What follows a training in the same job. The run is whole before: whatever goes wrong here is told and loses nothing."""

import traceback
from collections.abc import Callable

from core import runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.judge import calibration
from core.judge.scored import open_scored
from core.learn import trees
from core.learn.progress import Context
from core.registry import experiment_by_key


def _trees(run: runs.Run) -> None:
    trees.make(run, open_dataset(run.dataset))


def _temperature(run: runs.Run) -> None:
    scored = open_scored(run, experiment_by_key(run.experiment), open_dataset(run.dataset))
    try:
        calibration.fit_and_store(run, scored)
    except DarkroomError as error:  # too few events, or classes parted without fault: usual, and nothing is amiss
        print(f"No temperature: {error}")


STEPS: tuple[tuple[str, Callable[[runs.Run], object]], ...] = (
    ("Fitting the temperature", _temperature),
    ("Training the boosted trees", _trees),
)


def complete(run_id: str, context: Context) -> None:
    """Do every step for a run that has scores of its own data set; after a stop none."""
    run = runs.open_run(run_id)
    if run.dataset not in runs.scored_datasets(run):
        return
    for title, step in STEPS:
        if context.stop_requested():
            print(f"Stopped before: {title}.")
            return
        context.report(0, None, title)
        try:
            step(run)
        except Exception:  # noqa: BLE001  hours of training must not be called failed for the sake of a comparison
            print(f"Not done: {title}.")
            traceback.print_exc()
