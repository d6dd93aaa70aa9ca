"""The guided tour: one data set and one network, from the cuts to the efficiencies, and how far one has come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.data.dataset import readable
from core.experiment import Experiment
from core.learn import request
from core.runs import RunSummary
from core.workflows import cross_training as studies
from core.workflows import demo


@dataclass(frozen=True)
class Step:
    """A page with prepared query parameters, the question that it answers, and what it waits for ('' if for nothing)."""

    page: str
    title: str
    question: str
    query: Mapping[str, str]
    is_done: bool
    waits_for: str = ""


def tour_dataset(experiment: Experiment, names: Sequence[str] | None = None) -> str | None:
    """The demonstration data set, else the shipped sample, else any of the experiment; None without one."""
    names_of_experiment = (
        [n for n, d in readable()[0].items() if d.experiment == experiment.key] if names is None else names
    )
    wanted = [demo.demo_name(experiment, demo.wanted_n_events()), demo.sample_name(experiment), *names_of_experiment]
    return next((name for name in wanted if name in names_of_experiment), None)


def steps(experiment: Experiment, dataset: str, runs: Sequence[RunSummary], seen: Collection[str]) -> list[Step]:
    """The four steps, or those two of an experiment without networks. Done is what left a run behind, or a page that was
    `seen`; `runs` are newest first.
    """
    preset = next(iter(experiment.selecting.presets))
    look = (
        "What does signal look like, and what background?"
        if experiment.labels
        else f"What does one {experiment.row_name} look like?"
    )
    of_studies = studies.members()
    ended = [run.id for run in runs if run.dataset == dataset and run.state in ("finished", "stopped")]
    ended.sort(key=lambda run: run in of_studies)  # stable: the newest first, those of studies last
    chosen = {"data": dataset}
    first = [
        Step("select", "Select", f"What do the cuts of '{preset}' keep, and what do they lose?",
             {**chosen, "start": preset}, bool(ended) or "select" in seen),
        Step("inspect", "Inspect", look, chosen, "inspect" in seen),
    ]  # fmt: skip
    if not experiment.networks:
        return first
    network = request.cheapest(experiment.networks)
    wanted = {**chosen, "train-selection": preset, "train-model": network}
    train, evaluate = f"Does the network '{network}' learn?", "How well does it do on rows that it has not seen?"
    if experiment.networks[network].task is None:
        train = f"Does the network '{network}' tell them apart?"
        evaluate = "How much signal does it keep, how much background does it let through?"
    return [
        *first,
        Step("train", "Train", train, wanted, bool(ended)),
        Step("evaluate", "Evaluate", evaluate,
             {"run": ended[0]} if ended else {}, bool(ended) and "evaluate" in seen, "" if ended else "a finished run"),
    ]  # fmt: skip
