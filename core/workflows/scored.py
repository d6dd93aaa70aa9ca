"""The scores of a run beside a data set, with what the experiment says of selecting, labels and judging."""

from core.data.dataset import Dataset
from core.experiment import Experiment
from core.judge import score_table
from core.judge.judging import judging_of
from core.judge.score_table import ScoreTable
from core.runs import Run
from core.selection import circular
from core.workflows.label_warnings import run_inputs


def open_scored(run: Run, experiment: Experiment, dataset: Dataset) -> ScoreTable:
    """Join a run's scores to the table by uid."""
    labels, table, determined = experiment.labels, experiment.table, run_inputs(experiment, run)
    return score_table.joined(
        run, dataset, experiment.selecting, labels, judging_of(experiment),
        lambda cuts, scheme: circular.warnings(labels, table, dataset, determined, cuts, scheme),
    )  # fmt: skip
