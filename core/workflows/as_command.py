"""The words of a command line that give the same selection, training or data set again."""

import shlex
from pathlib import Path
from typing import Any

from core import parameters
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.learn.network import Network
from core.learn.training import training_for
from core.runs import Run
from core.selection.selection import Selection, from_dict

PYTHON = "python -m core"
MOST_NAMED = 40  # files; of more the whole folder is meant


def as_options(experiment: Experiment, selection: Selection) -> str:
    """The options that give this selection, relative to the preset that it is, else to the first."""
    name, base = next((n, p.selection) for n, p in experiment.selecting.presets.items())
    for candidate, preset in experiment.selecting.presets.items():
        if preset.selection == selection:
            name, base = candidate, preset.selection
    words = [f" --preset {shlex.quote(name)}"]
    if selection.labels != base.labels:
        words.append(f" --labels {shlex.quote(selection.labels)}")
    for option, now, was in (("--cut", selection.cuts, base.cuts), ("--split", selection.split, base.split)):
        words += [f" {option} {shlex.quote(text)}" for text in parameters.as_assignments(now, was)]
    for option, names in (("--tag", selection.tags.keep), ("--without-tag", selection.tags.drop)):
        words += [f" {option} {shlex.quote(name)}" for name in names]
    return "".join(words)


def prepare(experiment: Experiment, dataset: Dataset) -> str:
    """What prepares the data set again, in the folder of its raw files (which are known by their content)."""
    names = [Path(str(part.get("path") or part["file"])).name for part in dataset.meta["parts"]]
    files = " ".join(map(shlex.quote, names)) if len(names) <= MOST_NAMED else "*"
    return f"{PYTHON} prepare {experiment.key} {files} --name {dataset.name}{_mapping(experiment, dataset)}"


def _mapping(experiment: Experiment, dataset: Dataset) -> str:
    """The option that names the mapping, unless it is the experiment's own."""
    for name in experiment.reading.mappings:
        if parameters.to_dict(experiment.reading.mapping_named(name)) == dataset.meta["mapping"]:
            return "" if name == experiment.key else f" --mapping {name}"
    return " --mapping FILE.toml"


def train(experiment: Experiment, run: Run) -> str:
    """What trains the run's network again on the same rows, as far as its network is still there."""
    selection = from_dict(experiment.selecting, experiment.labels, run.selection)
    network = experiment.networks.get(run.network)
    options = "".join(f" --set {shlex.quote(text)}" for text in _settings(network, run)) if network else ""
    return f"{PYTHON} train {run.dataset}{as_options(experiment, selection)} --model {run.network}{options} --wait"


def _settings(network: Network, run: Run) -> list[str]:
    """The `name=value` texts that differ from the network's defaults."""
    chosen: Any = parameters.build(network.parameters, run.params["parameters"])
    training = training_for(network, run.params["training"])
    changed = parameters.as_assignments(chosen, network.parameters())
    return changed + parameters.as_assignments(training, training_for(network, {}))
