"""From the arguments of a command to the data set, the mapping and the selection that they name."""

from core import parameters
from core.commands.option_groups import SelectionOptions
from core.data.dataset import Dataset, open_dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.labels.labels import checked_scheme
from core.registry import experiment_by_key
from core.selection import selection as selecting
from core.selection.schemes import with_usable_labels
from core.selection.selection import Selection
from core.selection.tag_cut import tag_cut


def find_dataset(name: str) -> tuple[Experiment, Dataset]:
    dataset = open_dataset(name)
    return experiment_by_key(dataset.experiment), dataset


def find_selection(experiment: Experiment, dataset: Dataset, options: SelectionOptions) -> Selection:
    """The selection that `--selection`, `--preset`, `--labels`, `--cut`, `--split`, `--tag` and `--without-tag` describe."""
    if options.selection and options.preset:
        raise DarkroomError("Both --selection and --preset are given: choose one.")
    if options.selection:
        base = selecting.load(experiment.selecting, experiment.labels, dataset.name, options.selection)
    else:
        base = selecting.preset(experiment.selecting, options.preset or next(iter(experiment.selecting.presets)))
        base = with_usable_labels(experiment.selecting, experiment.labels, dataset, base)
    return Selection(
        parameters.override(base.cuts, options.cut),
        checked_scheme(experiment.labels, options.labels or base.labels),
        parameters.override(base.split, options.split),
        tag_cut(options.tag or base.tags.keep, options.without_tag or base.tags.drop),
    )
