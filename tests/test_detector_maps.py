"""The map of every experiment's detector: each row that it looks at is counted where it was seen."""

import numpy as np
import pytest

from core.data.channels import hits_of
from core.figures import detector_map
from core.registry import EXPERIMENTS
from tests.few_events import few_events


@pytest.fixture(scope="module", params=EXPERIMENTS.values(), ids=lambda e: e.key)
def prepared(request, once):
    """(experiment, data set) of a few simulated events."""
    with few_events(request.param, once) as dataset:
        yield request.param, dataset


def test_a_map_of_the_detector_counts_every_row_it_looks_at(prepared):
    experiment, dataset = prepared
    detector, rows = experiment.looking.detector, np.arange(dataset.n_rows)
    places, hits = detector.channels(dataset), hits_of(detector, dataset, rows)
    n = len(places)
    lengths = {len(places.number), len(places.place), len(places.position), len(places.kind), len(places.live_s), n}
    assert lengths == {n}
    assert n > 1
    assert hits.n_rows == hits.n_of == dataset.n_rows
    assert (hits.channel >= 0).all()
    assert (hits.channel < n).all()
    assert len(np.unique(hits.row * n + hits.channel)) == len(hits.row)
    assert len(np.unique(hits.row)) > 0.9 * dataset.n_rows
    channel = int(hits.channel[0])
    assert len(hits.rows_of(channel)) == hits.counts(n)[channel] > 0
    figure = detector_map.draw(detector, places, hits, channel)
    assert figure.data[0].customdata[:, 0].tolist() == list(range(n))
    assert detector_map.columns(places, hits)["events"] == hits.counts(n).tolist()
    assert detector.sees in detector_map.sentence(detector, places, hits)
