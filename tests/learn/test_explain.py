"""Occlusion against networks whose answer is known: sums over a window, additive and saturated ones."""

from collections.abc import Callable

import numpy as np
import pytest

from core import parameters
from core.data.dataset import Dataset, read_array
from core.errors import DarkroomError
from core.learn import backend, explain
from core.learn.explain import Occlusion
from core.registry import experiment_by_key
from core.workflows.warm_child import open_network
from tests.learn.window_network import network, run_of

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SHAPE = (300, 2)
TIMES_NS = np.arange(SHAPE[0]) * 8.0 - 500.0
INSIDE = slice(100, 160)  # 300 to 780 ns


def additive(weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: (x.astype(np.float64) * weights).sum(axis=(1, 2)) - 0.7


@pytest.mark.network
@pytest.mark.parametrize("own_softmax", [False, True])
def test_a_network_that_sums_a_window_is_seen_to_look_at_exactly_that_window(own_softmax: bool) -> None:
    logits = explain.logit_function(network(SHAPE, INSIDE, channel=1, gain=0.02, own_softmax=own_softmax), 1)
    attribution = explain.occlude(
        logits, np.ones(SHAPE, np.float32), TIMES_NS, 0.0, Occlusion(window_ns=32, step_ns=32)
    )
    expected = np.zeros((2, SHAPE[0]))
    expected[1, INSIDE] = 0.02
    assert attribution.values == pytest.approx(expected, abs=1e-6)
    assert attribution.logit == pytest.approx(60 * 0.02 + 0.5, abs=1e-5)
    assert attribution.empty_logit == pytest.approx(0.5, abs=1e-6)


@pytest.mark.network
def test_the_logit_is_that_of_the_signal_whichever_its_number() -> None:
    """Of two classes the log-odds change their sign; of three they are those against both others."""
    x = np.ones((1, *SHAPE), np.float32)
    model = network(SHAPE, INSIDE, channel=1, gain=0.02)
    assert explain.logit_function(model, 0)(x)[0] == pytest.approx(-(60 * 0.02 + 0.5), abs=1e-5)
    keras = backend.load_keras()
    inputs = keras.Input((2,))
    three = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(3, use_bias=False)(inputs)))
    three.set_weights([np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]], np.float32)])
    z = np.array([1.0, 2.0, 3.0])
    for k in range(3):
        expected = z[k] - np.log(np.exp(np.delete(z, k)).sum())
        assert explain.logit_function(three, k)(np.ones((1, 2), np.float32))[0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("window_ns", [48.0, 96.0, 192.0])
def test_with_overlapping_windows_the_edges_are_found_within_a_step(window_ns: float) -> None:
    """The attribution is zero a window outside, constant a window inside, and crosses the middle at the edges."""
    weights = np.zeros(SHAPE)
    weights[INSIDE, 0] = 0.1
    occlusion = Occlusion(window_ns=window_ns, step_ns=48.0)
    attribution = explain.occlude(additive(weights), np.ones(SHAPE, np.float32), TIMES_NS, 0.0, occlusion)
    width = round(window_ns / 8.0)
    assert not attribution.values[0, : INSIDE.start - width].any()
    assert not attribution.values[0, INSIDE.stop + width :].any()
    assert not attribution.values[1].any()
    assert attribution.values[0, INSIDE.start + width : INSIDE.stop - width] == pytest.approx(0.1)
    above = np.flatnonzero(attribution.values[0] > 0.05)
    assert abs(above[0] - INSIDE.start) * 8.0 <= occlusion.step_ns
    assert abs(above[-1] + 1 - INSIDE.stop) * 8.0 <= occlusion.step_ns


@pytest.mark.parametrize(("window_ns", "step_ns"), [(96.0, 48.0), (100.0, 30.0), (8.0, 8.0), (5000.0, 700.0)])
def test_attributions_of_an_additive_network_add_up_to_the_difference_of_the_logits(window_ns, step_ns) -> None:
    rng = np.random.default_rng(4)
    logits, x = additive(rng.normal(size=SHAPE)), rng.normal(size=SHAPE).astype(np.float32)
    attribution = explain.occlude(logits, x, TIMES_NS, 0.3, Occlusion(window_ns, step_ns))
    empty = float(logits(np.full((1, *SHAPE), 0.3))[0])
    assert attribution.empty_logit == pytest.approx(empty, rel=1e-6)
    assert attribution.total == pytest.approx(float(logits(x[None])[0]) - empty, rel=1e-4)


def test_light_that_counts_against_signal_is_negative() -> None:
    weights = np.zeros(SHAPE)
    weights[INSIDE, 0], weights[200:210, 1] = 0.1, -2.0
    attribution = explain.occlude(additive(weights), np.ones(SHAPE, np.float32), TIMES_NS, 0.0, Occlusion())
    first, second = explain.strongest(attribution)[:2]
    assert (first["channel"], first["logit"]) == (2, pytest.approx(-20.0))
    assert first["begin_ns"] <= TIMES_NS[200] - 4
    assert first["end_ns"] >= TIMES_NS[209] + 4
    assert (second["channel"], second["logit"]) == (1, pytest.approx(1.2))


@pytest.mark.network
def test_a_saturated_score_does_not_hide_the_logit() -> None:
    model = network(SHAPE, INSIDE, channel=0, gain=10.0)
    x = np.ones(SHAPE, np.float32)
    assert np.asarray(model.predict_on_batch(x[None]))[0].tolist() == [0.0, 1.0]
    attribution = explain.occlude(explain.logit_function(model, 1), x, TIMES_NS, 0.0, Occlusion(32, 32))
    assert attribution.logit == pytest.approx(600.5)
    assert attribution.values[0, INSIDE] == pytest.approx(10.0)
    assert "saturated" in explain.words(attribution)


@pytest.mark.network
def test_a_network_without_a_softmax_is_refused() -> None:
    keras = backend.load_keras()
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="sigmoid", name="end")(inputs), name="odd")
    with pytest.raises(
        DarkroomError, match="The network 'odd' cannot be explained: its last layer 'end' is no softmax"
    ):
        explain.logit_function(model, 1)


@pytest.mark.network
def test_a_run_is_explained_in_the_times_of_the_record(make_dataset: Callable[..., Dataset]) -> None:
    """A network that looks at the second PMT from 200 to 600 ns after the trigger, through recipe, model file and run."""
    dataset = make_dataset(n=40)
    opened = open_network(run_of(dataset, 200.0, 600.0, channel=1))
    row = int(np.flatnonzero(dataset.column("truth_class") == 1)[0])
    attribution = explain.of_row(opened, dataset, row, Occlusion(16.0, 16.0))
    beyond = (attribution.times_ns < 200.0 - 16.0) | (attribution.times_ns > 600.0 + 16.0)
    assert not attribution.values[0].any()
    assert not attribution.values[1, beyond].any()
    assert attribution.values[1, ~beyond].any()
    # the input's samples of 4 begin 250 before the trigger, at 1200: the first centre after 200 ns is that of 1302 to 1305
    pulse = read_array(dataset, "waveform", [row])[0, 1, 1302:1502].reshape(-1, 4).mean(axis=1)
    assert attribution.logit == pytest.approx(0.5 + 0.1 * np.arcsinh(pulse / 50.0).sum(), rel=1e-4)
    assert attribution.total == pytest.approx(attribution.logit - attribution.empty_logit, rel=1e-4)


@pytest.mark.network
def test_the_mean_of_rows_is_the_mean_with_its_standard_error(make_dataset: Callable[..., Dataset]) -> None:
    dataset = make_dataset(n=40)
    opened = open_network(run_of(dataset, 0.0, 400.0, channel=0))
    rows = np.array([3, 8, 21, 30, 31])
    single = np.stack([explain.of_row(opened, dataset, int(row), Occlusion()).values for row in rows])
    mean = explain.mean_of_rows(opened, dataset, rows, Occlusion(), n_of=12)
    assert (mean.n, mean.n_of) == (5, 12)
    assert mean.values == pytest.approx(single.mean(axis=0), abs=1e-5)
    assert mean.error == pytest.approx(single.std(axis=0, ddof=1) / np.sqrt(5), abs=1e-5)
    assert "Mean logit" in explain.words(mean)
    assert explain.mean_of_rows(opened, dataset, rows, Occlusion(), n_of=12, seconds=0.0).n == 1
    with pytest.raises(DarkroomError, match="no row to average over"):
        explain.mean_of_rows(opened, dataset, rows[:0], Occlusion(), n_of=0)
    with pytest.raises(DarkroomError, match="has rows 0 to 39, asked for 40"):
        explain.of_row(opened, dataset, 40, Occlusion())


@pytest.mark.parametrize("settings", [{}, {"pool_samples": 5, "first_us": -1.0, "last_us": 3.0}, {"pool_samples": 1}])
def test_input_times_are_those_of_the_record(make_dataset: Callable[..., Dataset], settings: dict[str, float]) -> None:
    """A spike in one stored sample stands in the input sample whose time holds it."""
    dataset = make_dataset(n=2)
    entry = experiment_by_key(dataset.experiment).networks["compact"]
    recipe = entry.recipe_for(parameters.build(entry.parameters, settings))
    times_ns = recipe.times_ns(dataset)
    assert times_ns.shape == recipe.shape(dataset)[:1]
    table = {name: np.array([300.0]) for name in recipe.columns(dataset)}
    for spike in (1100, 1200, 1201, 2345):
        raw = np.zeros((1, 2, dataset.meta["record_samples"]), np.int16)
        raw[0, :, spike] = 500
        at = int(recipe.make({"waveform": raw}, table, dataset)[0, :, 0].argmax())
        assert abs(times_ns[at] - (spike - dataset.meta["pretrigger_samples"]) * 2.0) < (times_ns[1] - times_ns[0]) / 2
    assert recipe.make({"waveform": raw * 0}, table, dataset) == pytest.approx(recipe.no_light)


def test_a_step_wider_than_its_window_is_refused() -> None:
    with pytest.raises(DarkroomError, match="light between the windows would be missed"):
        parameters.build(Occlusion, {"window_ns": 20, "step_ns": 30})


def test_a_sample_of_rows_is_even_and_always_the_same() -> None:
    rows = np.arange(1000, 3000)
    chosen = explain.sample(rows, 100)
    assert len(chosen) == 100
    assert set(np.diff(chosen)) <= {20, 21}
    assert explain.sample(rows[:50], 100).tolist() == rows[:50].tolist()
