"""The drawing of what a network looks at: the right colour at the right time, zero colourless, means with their error."""

import numpy as np
import pytest

from core.cosine.attribution import ATTRIBUTION, draw, draw_mean
from core.cosine.plot import WaveformView
from core.data.dataset import open_dataset
from core.learn.explain import Attribution
from tests.learn.learning_toy import PRETRIGGER, SAMPLING_NS, write_dataset


def attribution(n: int = 1) -> Attribution:
    """0.2 per sample of 8 ns from 100 to 200 ns in the second PMT, -0.1 from 300 to 400 ns in the first."""
    times = np.arange(-496.0, 5504.0, 8.0, dtype=np.float32)
    values = np.zeros((2, len(times)), np.float32)
    values[1, (times > 100) & (times < 200)] = 0.2
    values[0, (times > 300) & (times < 400)] = -0.1
    nothing = np.zeros((2, 0), np.float32)
    error = np.full(values.shape, 0.01, np.float32)
    return Attribution(times, 8.0, values, error, nothing[0], nothing, 96.0, 2.0, -0.5, n, 10 * n)


@pytest.fixture
def dataset(workspace, monkeypatch):
    write_dataset(workspace / "datasets" / "toy", np.ones(2, np.int64), seed=1)
    opened = open_dataset("toy")
    onset = np.array([PRETRIGGER * SAMPLING_NS, np.nan])

    def read(files, names):
        return [onset if name == "onset_ns" else opened.read_columns(files, [name])[0] for name in names]

    return type(opened)(opened.path, opened.meta, read)


@pytest.mark.parametrize(
    ("row", "form", "channels"),
    [(0, "baseline-subtracted", "stacked"), (0, "smoothed", "over each other"), (1, "raw", "stacked")],
)
def test_bands_lie_behind_the_waveforms_at_their_times(dataset, row, form, channels):
    figure = draw(dataset, row, attribution(), WaveformView(form=form, channels=channels))
    lines = [t for t in figure.data if t.type == "scatter"]
    bands = [t for t in figure.data if t.type == "heatmap"]
    assert [line.xaxis for line in lines] == [band.xaxis for band in bands]
    for band, expected in zip(bands, attribution().values, strict=True):
        times = band.x0 + band.dx * np.arange(len(band.z[0]))
        assert times == pytest.approx(attribution().times_ns)
        assert np.asarray(band.z[0]) == pytest.approx(expected * 100 / 8)
        assert (band.zmin, band.zmax) == (pytest.approx(-2.5), pytest.approx(2.5))
    ends = {at: colour for at, colour in bands[0].colorscale if at != 0.5}
    assert all(colour.endswith(",0)") for at, colour in bands[0].colorscale if at == 0.5)
    assert ends[0.0].startswith("rgba(213,94,0")  # background's vermillion
    assert ends[1.0].startswith("rgba(0,114,178")  # signal's blue


def test_means_are_drawn_with_one_standard_error_and_their_number(dataset):
    figure = draw_mean(dataset, {"signal": attribution(30)}, {"signal": "#0072B2"})
    named = [t for t in figure.data if t.name]
    assert named[0].name == "signal (n = 30 of 300)"
    low, high, middle = figure.data[:3]
    assert np.asarray(high.y) - np.asarray(low.y) == pytest.approx(2 * 0.01 * 100 / 8, rel=1e-4)
    assert np.asarray(middle.y) == pytest.approx(attribution().values[0] * 100 / 8)
    assert ATTRIBUTION.channels(dataset) == ("PMT 1", "PMT 2")
