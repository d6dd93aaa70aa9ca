"""The words of a command line that give the same selection, training or data set again."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import parameters
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.judge.grid import grid_of
from core.learn.network import Network
from core.learn.plan import network_of
from core.learn.training import training_for
from core.runs import Run
from core.selection.selection import Selection, from_dict
from core.workflows.cross_training import Study

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
    changed = _changed(network, run.params["parameters"], run.params["training"]) if network else []
    options = "".join(f" --set {shlex.quote(text)}" for text in changed)
    return f"{PYTHON} train {run.dataset}{as_options(experiment, selection)} --model {run.network}{options} --wait"


def _changed(network: Network, of_network: Mapping[str, Any], of_training: Mapping[str, Any]) -> list[str]:
    """The `name=value` texts that differ from the network's defaults."""
    chosen: Any = parameters.build(network.parameters, of_network)
    training = training_for(network, of_training)
    changed = parameters.as_assignments(chosen, network.parameters())
    return changed + parameters.as_assignments(training, training_for(network, {}))


def compatibility(experiment: Experiment, study: Study, threshold: float) -> str:
    """What makes the same study, or finds it again, and prints its matrix."""
    network = network_of(experiment.networks, study.network)
    selection = from_dict(experiment.selecting, experiment.labels, study.selection)
    grid: Any = parameters.build(grid_of(experiment).parameters, study.axes)
    axes = "".join(
        f" --{spec.name.removesuffix(f'_{spec.unit.lower()}')} {','.join(map(str, getattr(grid, spec.name)))}"
        for spec in parameters.specs(type(grid))
    )
    changed = _changed(network, study.parameters, study.training)
    settings = "".join(f" --set {shlex.quote(text)}" for text in changed)
    at = "" if threshold == 0.5 else f" --threshold {threshold:g}"
    options = as_options(experiment, selection)
    return f"{PYTHON} compatibility {study.dataset} --model {study.network}{axes}{options}{settings}{at}"
