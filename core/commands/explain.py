"""The command that attributes a network's answer to windows of the waveform."""

from typing import Any

from core import parameters, runs
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.commands.text import table
from core.errors import DarkroomError
from core.labels.labels import signal_index
from core.learn import backend
from core.learn import explain as explaining
from core.learn.explain import Occlusion
from core.selection import events


def explain(options: declarations.Explain) -> Result:
    """The attribution of one row, computed in this process."""
    run = runs.open_run(options.run)
    experiment, dataset = find_dataset(options.data or run.dataset)
    if experiment.key != run.experiment or experiment.looking.attribution is None:
        raise DarkroomError(
            f"Run '{run.id}' cannot explain rows of data set '{dataset.name}': choose its own data set."
        )
    row = events.row_of(dataset, experiment.table.uid.parse(options.uid))
    settings = parameters.override(Occlusion(), options.set)
    backend.stay_on_cpu()
    opened = explaining.open_network(run, experiment.networks, signal_index(experiment.labels, run.classes))
    attribution = explaining.of_row(opened, dataset, row, settings)
    channels = experiment.looking.attribution.channels(dataset)
    result: dict[str, Any] = {
        "run": run.id,
        "dataset": dataset.name,
        "uid": int(dataset.column("uid")[row]),
        "score": attribution.score,
        "logit": attribution.logit,
        "empty_logit": attribution.empty_logit,
        "sum_of_attributions": attribution.total,
        "windows": explaining.strongest(attribution),
        "channels": list(channels),
        "times_ns": attribution.times_ns.tolist(),
        "sample_ns": attribution.sample_ns,
        "attribution": attribution.values.tolist(),
        "parameters": parameters.to_dict(settings),
    }
    return result, "\n".join([explaining.words(attribution), "", table(explaining.window_rows(attribution, channels))])
