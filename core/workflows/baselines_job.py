"""The job kind `baselines`: the trees of a run, trained on its rows, and their scores of a data set."""

from typing import Any

from core import runs
from core.data.dataset import Dataset, list_datasets, locate, open_dataset
from core.errors import DarkroomError
from core.judge import stored
from core.judge.judging import judging_of
from core.labels.labels import signal_index
from core.learn import trees
from core.registry import experiment_by_key


def make(run: runs.Run, dataset: Dataset) -> int:
    """Train the trees of a run and keep their scores of every row of `dataset` that the run has scored; how many."""
    experiment = experiment_by_key(run.experiment)
    scores = runs.read_scores(run, dataset.name)
    earlier = stored.baseline_files(run.path, dataset.name)  # scores only grow: their rows are among those made now
    if run.dataset not in list_datasets():
        raise DarkroomError(
            f"Data set '{run.dataset}', on which run '{run.id}' was trained, is gone: its trees are not stored and "
            "have to be trained on it again; prepare it again."
        )
    home = dataset if dataset.name == run.dataset else open_dataset(run.dataset)
    rows, is_there = locate(dataset, scores["uid"], scores["source"], dataset.origin_of)
    judging = judging_of(experiment)
    with trees.one_core():
        fitted = trees.fit_run(run, home, judging.tree_features, judging.trees)
        tree_scores, us_per_event = trees.scores(
            fitted, trees.features_of(dataset, rows[is_there], fitted.facts["features"])
        )
    if len(run.classes) == 2 and signal_index(experiment.labels, run.classes) == 0:
        tree_scores = 1.0 - tree_scores
    uid, source = scores["uid"][is_there], scores["source"][is_there]
    stored.write_trees(run.path, dataset.name, uid, source, tree_scores, earlier)
    stored.write_trees_facts(run.path, {**fitted.facts, "us_per_event": us_per_event})
    return len(tree_scores)


def run_job(job: Any) -> None:
    """Arguments: run and dataset."""
    run, dataset = runs.open_run(job.arguments["run"]), open_dataset(job.arguments["dataset"])
    job.set_run(run.id)
    job.report(0, 1, "Training the trees")
    n = make(run, dataset)
    job.report(1, 1, f"{n:,} rows scored by the trees")
