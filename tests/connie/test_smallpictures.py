"""Small pictures with votes on the pages: drawn in their place and unit, nothing said of energies that they do not have."""

import json

import numpy as np
import pytest
from plotly.utils import PlotlyJSONEncoder

from core.commands.selecting import selection_result
from core.connie import plot
from core.connie.clusters import stored_crops
from core.connie.labels import votes
from core.data.dataset import Dataset, open_dataset
from core.data.table import columns_of
from core.selection.events import event_table
from core.selection.schemes import with_usable_labels
from core.selection.selection import preset, select
from core.workflows.prepare_job import prepare
from tests.connie.test_votes import CREDO, EXPERIMENT, SIDE, six_images


@pytest.fixture
def data(tmp_path, workspace) -> Dataset:
    del workspace
    prepare(EXPERIMENT, [six_images(tmp_path) / "data.txt"], "credo", CREDO)
    return open_dataset("credo")


def test_pictures_are_drawn_where_they_lie_in_their_own_unit(data):
    """A line from (20, 20) to (40, 40) beside a brighter dot; nothing is said of electrons, energies or a sensor's sides."""
    assert stored_crops.origin_of(data, 1) == (0, 0) and stored_crops.floors(data, [0, 1]).tolist() == [20.0, 20.0]
    for row in (1, 4):
        figure = plot.draw_track(data, row, plot.TrackView())
        picture, ends = figure.data[0], figure.data[1]
        assert (picture.x0, picture.y0) == (0, 0) and picture.z.shape == (SIDE, SIDE)
        assert sorted(ends.x) == pytest.approx([18.5, 41.5], abs=1.0) == sorted(ends.y)
        text = json.dumps(figure.to_plotly_json(), cls=PlotlyJSONEncoder)
        assert "grey value" in text
        assert not [word for word in ("e⁻", "keV", "nan", "front", "eV/") if word in text]
    mean = plot.mean_track(data, np.array([1, 4]))
    assert mean.n == 2 and np.isfinite(mean.mean).all()
    assert "grey value" in str(plot.thumbnails(data, np.arange(6), ["a"] * 6).data[0].colorbar.title.text)


def test_votes_are_the_labels_of_an_imported_set_and_ties_are_told(data):
    """Two of the six have no majority: a tie, and one without any vote."""
    selected = select(
        EXPERIMENT.selecting,
        EXPERIMENT.labels,
        data,
        with_usable_labels(EXPERIMENT.selecting, EXPERIMENT.labels, data, preset(EXPERIMENT.selecting, "three")),
    )
    result = selection_result(EXPERIMENT, selected)
    assert result["selection"]["labels"] == "votes"
    assert (result["n_rows"], result["n_unlabelled"], result["n_line"]) == (4, 2, 2)
    assert sum(row["no majority"] for row in result["statistics"]) == 2
    assert event_table(EXPERIMENT.table, selected, np.arange(6), None, 2)["label"] == ["dot", "line", "no majority", "no majority", "line", "artefact"]  # fmt: skip


def test_what_no_picture_has_is_not_offered(data):
    names = {column.name for column in columns_of(EXPERIMENT.table, data)}
    assert {"npix", "length_px", "phi_deg"} <= names
    assert not names & {*votes.UNDEFINED}
    facts = EXPERIMENT.by_hand.facts(data, 1)
    assert "Q [grey value]" in facts and "undefined" not in facts.values() and "E [keV]" not in facts
    assert not data.defines("energy_kev") and data.defines("charge_e") and not data.defines("never heard of")
