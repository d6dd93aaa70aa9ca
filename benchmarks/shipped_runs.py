"""Train the small runs that ship with the samples, one per experiment, and pack them: `python -m benchmarks.shipped_runs`.

With `--check` nothing is trained: every shipped network predicts its sample again, and the largest difference to the shipped
outputs is told. A few minutes on two cores. To be run again whenever the VERSION of an experiment's features is raised.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import options, show
from core import outputs, runs
from core.data.dataset import open_dataset
from core.experiment import Experiment
from core.jobs import control
from core.jobs.queue import Job
from core.judge import held_out
from core.judge.judging import Judging
from core.learn import request
from core.learn.plan import plan_training
from core.registry import EXPERIMENTS
from core.selection.selection import preset, select
from core.workflows import demo, prediction_job, shipped
from core.workflows.scored import open_scored


def waited(job: Job) -> Job:
    """The job when it has ended, which it must have well."""
    job = control.wait(job.id)
    if job.state != "finished":
        raise SystemExit(f"Job {job.id} {job.state}: {job.message}")
    return job


def trained(experiment: Experiment) -> runs.Run:
    """The run of an experiment's tour, trained on its sample by the job that a user would start."""
    assert experiment.tour is not None
    demo.prepare_sample(experiment)
    dataset, tour = open_dataset(demo.sample_name(experiment)), experiment.tour
    selected = select(experiment.selecting, experiment.labels, dataset, preset(experiment.selecting, tour.preset))
    plan = plan_training(selected, experiment.networks, tour.network, {}, dict(tour.training))
    run = runs.open_run(waited(request.submit(plan)).run or "")
    if run.classes and isinstance(experiment.judging, Judging):  # also outside the window of the training
        wide = held_out.widened(open_scored(run, experiment, dataset))
        prediction_job.score_dataset(run, dataset, wide.to_dict())
    return runs.open_run(run.id)


def largest_difference(experiment: Experiment) -> float:
    """Between the shipped outputs and those of the shipped network today."""
    demo.prepare_sample(experiment)
    dataset = open_dataset(demo.sample_name(experiment))
    shipped.take_over_one(experiment, dataset)
    run = runs.open_run(shipped.run_id(experiment))
    before = outputs.read(run.path, dataset.name)
    shutil.rmtree(run.path / outputs.OUTPUTS)
    prediction_job.score_dataset(run, dataset)
    after = outputs.read(run.path, dataset.name)
    _, old, new = np.intersect1d(before["uid"], after["uid"], return_indices=True)
    names = [name for name in before if name not in ("uid", "source", "split")]
    return max(float(np.max(np.abs(before[name][old] - after[name][new]))) for name in names)


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--check", action="store_true", help="predict again instead of training")
    parser.add_argument("--out", type=Path, default=shipped.FOLDER, help="folder of the archives")
    arguments = parser.parse_args()
    experiments = [experiment for experiment in EXPERIMENTS.values() if experiment.tour is not None]
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="darkroom-shipped-") as folder:
        os.environ["DARKROOM_WORKSPACE"] = folder
        for experiment in experiments:
            if arguments.check:
                result[experiment.key] = largest_difference(experiment)
                continue
            facts = {"made_by": "python -m benchmarks.shipped_runs", **shipped.settings_of(experiment)}
            arguments.out.mkdir(parents=True, exist_ok=True)
            path = shipped.pack(trained(experiment), experiment, arguments.out, facts)
            result[path.name] = path.stat().st_size
    show(result, arguments.json)


if __name__ == "__main__":
    main()
