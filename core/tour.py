"""The guided tour: one data set and one network, from the cuts to the efficiencies, and how far one has come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.data import demo
from core.data.dataset import readable
from core.experiment import Experiment
from core.learn import asking
from core.runs import RunSummary


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
    there = [n for n, d in readable()[0].items() if d.experiment == experiment.key] if names is None else names
    wanted = [demo.demo_name(experiment, demo.wanted_n_events()), demo.sample_name(experiment), *there]
    return next((name for name in wanted if name in there), None)


def steps(experiment: Experiment, dataset: str, runs: Sequence[RunSummary], seen: Collection[str]) -> list[Step]:
    """The four steps. Done is what left a run behind, or a page that was `seen`; `runs` are newest first."""
    preset, network = next(iter(experiment.presets)), asking.cheapest(experiment)
    made = [run.id for run in runs if run.dataset == dataset and run.state in ("finished", "stopped")]
    chosen = {"data": dataset}
    asked = {**chosen, "train-selection": preset, "train-model": network}
    return [
        Step("select", "Select", f"What do the cuts of '{preset}' keep, and what do they lose?",
             {**chosen, "start": preset}, bool(made) or "select" in seen),
        Step("inspect", "Inspect", "What does signal look like, and what noise?", chosen, "inspect" in seen),
        Step("train", "Train", f"Does the network '{network}' tell them apart?", asked, bool(made)),
        Step("evaluate", "Evaluate", "How much signal does it keep, how much noise does it let through?",
             {"run": made[0]} if made else {}, bool(made) and "evaluate" in seen, "" if made else "a finished run"),
    ]  # fmt: skip
