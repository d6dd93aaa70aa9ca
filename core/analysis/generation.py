"""How good a generator is, as an analysis of any experiment that says how its generated rows are judged."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from core import runs
from core.analysis.analysis import Analysis, Inputs, Need, Progress
from core.data.dataset import Dataset, locate
from core.data.splits import TRAIN
from core.errors import DarkroomError
from core.judge.generating import Generating
from core.judge.generation.quality import QualityParameters, measure
from core.judge.generation.report import report_of
from core.judge.generation.sample import sample_of, stored_blocks
from core.judge.output_table import OutputTable
from core.judge.report import Report
from core.learn.tasks.generate import SAMPLES, Generate


def quality(generating: Generating) -> Analysis:
    """The analysis of an experiment's generators."""

    def run(inputs: Inputs, parameters: QualityParameters, progress: Progress) -> Report:
        return judge_run(generating, inputs, parameters, progress)

    return Analysis(
        title="Quality of generated rows",
        explanation="Can classifiers tell generated rows from true ones, and where do they differ? Every number beside truth against truth.",
        parameters=QualityParameters,
        needs={
            "dataset": Need("data set", is_required=True, help="for whose rows the run has generated others"),
            "run": Need("run of a generator", is_required=True, is_newest=True, task=Generate.key),
        },
        run=run,
        takes_long=True,
    )


def judge_run(generating: Generating, inputs: Inputs, parameters: QualityParameters, progress: Progress) -> Report:
    """The report of the run on the data set."""
    table, run, dataset = inputs.scored, inputs.run, inputs.dataset
    if run is None or dataset is None:
        raise DarkroomError("The quality of generated rows needs a run of a generator and a data set: name both.")
    if not isinstance(table, OutputTable) or SAMPLES not in table.outputs:
        raise DarkroomError(
            f"Run '{run.id}' has learned to {run.task} and generates no rows, or none of data set '{dataset.name}': choose a run of a "
            "generator, and let it work on the data set (predict)."
        )
    progress(0, 1, "rows and features")
    sample = sample_of(table, generating, parameters.wanted_rows, parameters.seed)
    training = training_blocks(run, (dataset, inputs.home), generating.array)
    measured = measure(sample, generating, parameters, training, lambda share, text: progress(share, 1, text))
    return report_of(measured, sample, generating, run, dataset)


def training_blocks(
    run: runs.Run, datasets: tuple[Dataset | None, ...], array: str
) -> Callable[[], Iterator[np.ndarray]] | None:  # fmt: skip
    """What gives the rows that the run learned from, block by block; None where no data set holds all of them."""
    learned = runs.read_rows(run)
    of_training = learned["split"] == TRAIN
    for dataset in datasets:
        if dataset is None or not dataset.n_rows:
            continue
        rows, is_there = locate(dataset, learned["uid"][of_training], learned["source"][of_training], dataset.source_of)
        if is_there.all():
            return partial(stored_blocks, dataset, array, np.sort(rows))
    return None
