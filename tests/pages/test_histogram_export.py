"""The histograms of a selection, and as other libraries read them."""

import json

import boost_histogram
import hist
import numpy as np
import pytest
from uhi.io import json as uhi_json

from core.__main__ import main
from core.data.dataset import open_dataset
from core.data.table import columns_of
from core.registry import EXPERIMENTS
from core.selection.selection import select
from core.statistics import uhi
from core.statistics.histogram import Histogram


def test_flow_and_missing_values_are_kept() -> None:
    histogram = Histogram(np.array([0.0, 1.0, 3.0]), np.array([4, 5]), *np.zeros((2, 2)), 2, 3, 7, 21)
    filled = uhi.hist_of({"a": histogram, "b": histogram}, "energy_kev", "Energy [keV]")
    assert filled.values(flow=True).tolist() == [[2, 4, 5, 3]] * 2
    assert filled.axes["energy_kev"].label == "Energy [keV]" and list(filled.axes["class"]) == ["a", "b"]
    assert filled.metadata["n_missing"] == {"a": 7, "b": 7}


@pytest.mark.usefixtures("tracks")
@pytest.mark.parametrize("name", ["few", "tracks"])
def test_the_command_writes_what_hist_reads_and_every_row_is_in_it(name, tmp_path):
    data = open_dataset(name)
    file = tmp_path / "histograms.json"
    assert main(["select", data.name, "--hist", str(file), "--json"]) == 0
    read = json.loads(file.read_text(), object_hook=uhi_json.object_hook)
    experiment = EXPERIMENTS[data.experiment]
    known = {column.name for column in columns_of(experiment.table, data)}
    assert set(read) == known & {panel.column for panel in experiment.selecting.panels} != set()
    chosen = select(
        experiment.selecting, experiment.labels, data, next(iter(experiment.selecting.presets.values())).selection
    )
    for histogram in read.values():
        filled = hist.Hist(boost_histogram.serialization.from_uhi(histogram))
        n = filled.sum(flow=True) + sum(filled.metadata["n_missing"].values())
        assert n == len(chosen.preselected)
