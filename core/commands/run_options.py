"""The commands on runs and sweeps, as `declarations` says those on everything else, and the runs that any command names."""

import dataclasses
from typing import Any, TypeVar

from core import run_names
from core.commands.command import Options, assignments, command, option, word
from core.commands.option_groups import FOR_GOOD, JobOptions, SelectionOptions

T = TypeVar("T", bound=Options)
RUN_FIELDS = ("run",)  # what a word or an option of any command that names a run is called


@command("runlist", "list trained networks with their results; name, note, tag, alias one, or move it into the bin")
class Runs(Options):
    action: str | None = word(
        "name RUN NAME; note RUN TEXT; tag, untag RUN TAG ...; alias, unalias RUN ALIAS; delete RUN: into the bin",
        count="?", choices=("delete", "name", "note", "tag", "untag", "alias", "unalias"),
    )  # fmt: skip
    run: str | None = word("id, name or alias of the run", metavar="RUN", count="?")
    text: tuple[str, ...] = word(metavar="TEXT", count="*")
    for_good: bool = option(False, FOR_GOOD)
    tagged: str | None = option(None, "list only the runs with this tag", metavar="TAG")
    experiment: str | None = option(None, "list only its runs; which run of several an alias means", metavar="NAME")


@command("sweeping", "train a network many times with other settings, as one job: list, resume or forget a sweep")
class Sweep(SelectionOptions, JobOptions):
    dataset: str | None = word(metavar="NAME", count="?")
    model: str | None = option(None, "name of the network")
    vary: tuple[str, ...] = assignments(
        "a parameter and its values, e.g. n_layers=1,2,3 or learning_rate=1e-4..1e-2 (even in the logarithm over a factor of ten; "
        "/5: steps of a grid)"
    )
    members: int | None = option(None, "how many combinations by lot (default: 12)", metavar="N")
    grid: bool = option(False, "every combination instead of a lot")
    how: tuple[str, ...] = assignments("how members are drawn and given up, e.g. rule=halving, min_epochs=5 or seed=2")
    list: bool = option(False, "list the sweeps (of the data set NAME)")
    show: str | None = option(None, "the members of a sweep and what has come of them", metavar="ID")
    resume: str | None = option(None, "train what a sweep lacks", metavar="ID")
    delete: str | None = option(None, "forget a sweep; its runs stay", metavar="ID")


def with_run_ids(options: T) -> T:
    """The options with the id in the place of a run's name or alias; of several the one of the experiment that is named
    (`--experiment`, or that of the data set) counts.
    """
    named = {name: text for name in RUN_FIELDS if isinstance(text := getattr(options, name, None), str)}
    if not named:
        return options
    experiment = getattr(options, "experiment", None) or _experiment_of(options)
    ids: dict[str, Any] = {name: run_names.resolve(text, experiment) for name, text in named.items()}
    return dataclasses.replace(options, **ids)


def _experiment_of(options: Options) -> str:
    """The experiment of the data set that a command names, '' without one; a data set that is missing is refused later."""
    from core.data.dataset import list_datasets, open_dataset  # a command without a run waits for neither

    name = getattr(options, "data", None) or getattr(options, "dataset", None)
    return open_dataset(name).experiment if name in list_datasets() else ""
