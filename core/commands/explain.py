"""The command that says which light a network's answer rests on."""

import argparse
from typing import Any

from core import parameters, runs
from core.commands.data import find_dataset
from core.commands.text import Result, table
from core.data import events
from core.errors import DarkroomError
from core.learn import backend
from core.learn import explain as explaining
from core.learn.explain import Occlusion


def explain(options: argparse.Namespace) -> Result:
    """The attribution of one row, computed in this process."""
    run = runs.open_run(options.run)
    experiment, dataset = find_dataset(options.data or run.dataset)
    if experiment.key != run.experiment or experiment.attribution is None:
        raise DarkroomError(
            f"Run '{run.id}' cannot explain rows of data set '{dataset.name}': choose its own data set."
        )
    row = events.row_of(dataset, experiment.parse_uid(options.uid))
    asked = parameters.override(Occlusion(), options.set)
    backend.stay_on_cpu()
    found = explaining.of_row(explaining.open_network(run), dataset, row, asked)
    channels = experiment.attribution.channels
    result: dict[str, Any] = {
        "run": run.id,
        "dataset": dataset.name,
        "uid": int(dataset.column("uid")[row]),
        "score": found.score,
        "logit": found.logit,
        "empty_logit": found.empty_logit,
        "sum_of_attributions": found.total,
        "windows": explaining.strongest(found),
        "channels": list(channels),
        "times_ns": found.times_ns.tolist(),
        "sample_ns": found.sample_ns,
        "attribution": found.values.tolist(),
        "parameters": parameters.to_dict(asked),
    }
    return result, "\n".join([explaining.words(found), "", table(explaining.window_rows(found, channels))])
