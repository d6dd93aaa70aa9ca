"""What must be known of labels before a network is trained or judged by them: whether its input determines them."""

from collections.abc import Iterable
from typing import Any

from core import parameters
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.learn.network import Network
from core.runs import Run
from core.selection import circular
from core.selection.selection import Selected


def determined_columns(experiment: Experiment, recipes: Iterable[Any]) -> frozenset[str]:
    """The columns that the input of any of these recipes determines."""
    judging = experiment.judging
    if judging is None or judging.determined is None:
        return frozenset()
    return frozenset(name for recipe in recipes for name in judging.determined(recipe))


def of_any_network(experiment: Experiment, dataset: Dataset, cuts: Any, scheme: str) -> list[str]:
    """Sentences on labels that the input of some network with its usual parameters determines: before one is chosen."""
    recipes = [network.recipe_for(network.parameters()) for network in experiment.networks.values()]
    determined = determined_columns(experiment, recipes)
    return circular.warnings(experiment.labels, experiment.table, dataset, determined, cuts, scheme)


def run_inputs(experiment: Experiment, run: Run) -> frozenset[str]:
    """The columns that the run's input determines; of a network that there is no more, none."""
    network: Network | None = experiment.networks.get(run.network)
    if network is None:
        return frozenset()
    network_parameters: Any = parameters.build(network.parameters, run.params["parameters"])
    return determined_columns(experiment, [network.recipe_for(network_parameters)])


def selection_warnings(experiment: Experiment, selected: Selected) -> list[str]:
    """Everything that must be known of a selection before a training or a count is believed."""
    chosen = selected.selection
    return [*of_any_network(experiment, selected.dataset, chosen.cuts, chosen.labels), *selected.warnings]
