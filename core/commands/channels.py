"""The command that counts what each channel of a detector saw: the numbers of the map on page Inspect."""

from core.commands import channel_options
from core.commands.command import Result
from core.commands.find import find_dataset, find_selection
from core.commands.text import table
from core.data.channels import hits_of
from core.errors import DarkroomError
from core.figures import detector_map
from core.selection import selection as selecting


def channels(options: channel_options.Channels) -> Result:
    """Counts, rates with intervals, and states of the channels."""
    experiment, dataset = find_dataset(options.dataset)
    detector = experiment.looking.detector
    places = None if detector is None else detector.channels(dataset)
    if detector is None or not places:
        raise DarkroomError(
            f"Data set '{dataset.name}' tells no places of channels: prepare it from files that know where they are."
        )
    chosen = find_selection(experiment, dataset, options)
    rows = selecting.select(experiment.selecting, experiment.labels, dataset, chosen).preselected
    hits = hits_of(detector, dataset, rows)
    columns = detector_map.columns(places, hits)
    lines = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    marked = [line for line in lines if line["state"]]
    sentence = detector_map.sentence(detector, places, hits)
    result = {
        "dataset": dataset.name, "simulated": dataset.simulated, "n_events": hits.n_of, "n_looked_at": hits.n_rows,
        "n_channels": len(places), "channels": lines if options.only == "all" else marked,
    }  # fmt: skip
    return result, "\n".join([sentence, "", table(lines if options.only == "all" else marked)])
