"""Names that runs begin with, of network, data set and selection; and what people then call them, by whom."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import run_names, runs
from core.errors import DarkroomError
from core.experiment import Experiment
from core.learn.plan import TrainingPlan
from core.registry import experiment_by_key
from core.user import this_user


def begin(plan: TrainingPlan, *facts: str) -> Path:
    """Make the folder of a new run and give it a name: what is trained on what, and in which window; `facts` come before that."""
    experiment = experiment_by_key(plan.dataset.experiment)
    path = runs.create(plan.name)
    cuts = plan.selected.selection.to_dict()["cuts"]
    text = run_names.proposal(plan.name, *facts, plan.dataset.name, window(experiment, cuts))
    run_names.propose(path.name, text, this_user())
    return path


def window(experiment: Experiment, cuts: Mapping[str, Any]) -> str:
    """The window that the cuts leave of the quantity which runs are judged by, `2-6 keV`; '' where they leave all of it."""
    if experiment.judging is None:
        return ""
    axis = experiment.judging.axis
    low, high = (cuts.get(name) for name in axis.plain(0.0, 0.0))
    if low is not None and high is not None:
        return axis.text(low, high)
    ends = [f"{word} {end:g} {axis.unit}" for word, end in (("above", low), ("below", high)) if end is not None]
    return " ".join(ends).rstrip()


def name_run(run_id: str, *facts: str) -> None:
    """Give a run that has ended and has no name the one that it would begin with today; `facts` come last."""
    run = runs.open_run(run_id)
    of_cuts = window(experiment_by_key(run.experiment), run.selection.get("cuts", {}))
    run_names.propose(run_id, run_names.proposal(run.network, run.dataset, of_cuts, *facts), this_user())


def name_unnamed() -> None:
    """Name every run that has ended and that nobody has named."""
    unnamed = [
        naming.id for naming in run_names.everyone().values() if naming.name == naming.id and runs.is_sealed(naming.id)
    ]
    for run_id in reversed(unnamed):  # the oldest takes the name without a number
        try:
            name_run(run_id)
        except (DarkroomError, AttributeError, TypeError, ValueError) as error:
            print(f"Run {run_id} keeps its id as its name: {error}")
