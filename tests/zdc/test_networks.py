"""The networks of the impact's frame: what they learn is a probability, and what is drawn from them is drawn from it."""

from typing import Any

import numpy as np
import pytest
from scipy import special

from core.learn import backend
from core.learn.noise import noise_of, seeds_of
from core.zdc.frame import vector
from core.zdc.frame.sticks import N_CORE
from core.zdc.model import NETWORKS
from core.zdc.networks import autoregressive, core_cells, drawing
from core.zdc.networks.start import start_of
from core.zdc.recipe import CONDITIONS, ENERGY
from core.zdc.simulate import simulate_showers
from tests.zdc.conftest import planned

# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
FOLDED = ("compact", "flow", "vae", "gan", "library", "unet")
SIZES = {
    "compact": {"units": 64, "context_units": 16},
    "gan": {"units": 32, "critic_units": 32},
    "library": {"n_stored": 200},
}


def batch_of(p: Any, n: int, seed: int = 1) -> Any:
    weights = np.ones(n, np.float32)
    return p.task.batch((p.recorded[:n], p.targets[:n], weights), np.random.default_rng(seed))


def stirred(model: Any, seed: int = 1) -> None:
    """Random weights everywhere, so that nothing is zero by how it begins."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(weight + rng.normal(0.0, 0.1, weight.shape))


def test_mixtures_are_probabilities() -> None:
    backend.load_keras()
    from core.zdc.layers import MixtureLoss

    rng = np.random.default_rng(5)
    parameters = rng.normal(size=(1, 1, 10)).astype(np.float32)
    y = np.linspace(-40.0, 40.0, 20_001, dtype=np.float32)
    hit = np.asarray(MixtureLoss(3)([np.repeat(parameters, len(y), 0), y[:, None], np.ones((len(y), 1), np.float32)]))[
        :, 0
    ]
    empty = float(np.asarray(MixtureLoss(3)([parameters, y[:1, None], np.zeros((1, 1), np.float32)]))[0, 0])
    assert np.trapezoid(np.exp(-hit), y) + np.exp(-empty) == pytest.approx(1.0, abs=1e-3)


def test_no_cell_sees_itself_or_what_comes_after_it(showers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    p = planned(showers, "compact", monkeypatch, **SIZES["compact"])
    keras = backend.load_keras()
    stirred(p.model)
    part = keras.Model(p.model.inputs, p.model.get_layer("core_mixtures").output)
    x, _, _ = batch_of(p, 1)
    before = np.asarray(part.predict_on_batch(x))[0]
    columns = [vector.N_START + i * N_CORE for i in range(3)]
    for k in (0, 7, 30, N_CORE - 1):
        changed = x["recorded"].copy()
        for begin in columns:
            changed[:, begin + k] = 1.0 - changed[:, begin + k]
        after = np.asarray(part.predict_on_batch({**x, "recorded": changed}))[0]
        np.testing.assert_array_equal(after[: k + 1], before[: k + 1])
        if k + 1 < N_CORE:
            assert (after[k + 1 :] != before[k + 1 :]).any()


def test_what_is_known_of_a_shower_is_the_same_in_keras_and_where_it_is_drawn(
    showers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = planned(showers, "compact", monkeypatch, **SIZES["compact"])
    keras, start = backend.load_keras(), start_of(p.model)
    x, _, _ = batch_of(p, 50)
    log_energy, a, b, ratio = p.recorded[:50, : vector.N_START].astype(np.float64).T
    standard = (ratio - start.ratio[0]) / start.ratio[1]
    for layer, values in (("known", None), ("known_ratio", standard)):
        learned = keras.Model(p.model.inputs, p.model.get_layer(layer).output).predict_on_batch(x)
        drawn = start.known(np.exp(log_energy), np.stack([a, b], axis=1), values)
        np.testing.assert_allclose(drawn, np.asarray(learned), rtol=1e-4, atol=1e-3)


def test_cores_are_drawn_from_the_probability_that_is_learned(showers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells that are drawn, put through the keras network, give each cell's distribution: the numbers that they were drawn by."""
    p = planned(showers, "compact", monkeypatch, **SIZES["compact"])
    keras = backend.load_keras()
    stirred(p.model)
    n, t = 40, 1e-3 * showers.grid.threshold_mev
    known = keras.Model(p.model.inputs, p.model.get_layer("known_ratio").output)
    x, _, _ = batch_of(p, n)
    total_gev = 1e-3 * showers.cells_mev[:n].sum(axis=(1, 2), dtype=np.float64)
    u = np.random.default_rng(6).random((n, N_CORE, core_cells.N_UNIFORM))
    core = core_cells.core_of(p.model, autoregressive.degrees(p.parameters.units))
    cells = core_cells.draw(core, np.asarray(known.predict_on_batch(x)), total_gev, t, u)
    assert (cells.sum(axis=1) <= total_gev + t).all()
    rest = total_gev[:, None] - np.cumsum(cells, axis=1)
    left = np.concatenate([total_gev[:, None], rest[:, :-1]], axis=1)
    y = np.log((np.maximum(cells - t, 0.0) + 1e-6) / (np.maximum(left - cells, 0.0) + t))
    hit = cells > 0.0
    for i, values in enumerate((np.where(hit, y, 0.0), hit, np.log((np.maximum(rest, 0.0) + t) / total_gev[:, None]))):
        begin = vector.N_START + i * N_CORE
        x["recorded"][:, begin : begin + N_CORE] = values
    answers = np.asarray(keras.Model(p.model.inputs, p.model.get_layer("core_mixtures").output).predict_on_batch(x))
    can_be = left > t
    agrees = (u[..., 0] < special.expit(answers[..., 0])) & can_be
    assert (agrees == hit).mean() > 0.999
    mean, spread = p.model.get_layer("core_y").get_weights()
    weight = special.softmax(answers[..., 1:6], axis=-1)
    chosen = np.minimum((np.cumsum(weight, axis=-1) < u[..., 1:2]).sum(axis=-1), 4)
    pick = np.take_along_axis
    centre, scale = (pick(answers[..., a : a + 5], chosen[..., None], -1)[..., 0] for a in (6, 11))
    again = special.expit(((y - mean) / spread - centre) / np.exp(np.maximum(scale, -6.0)))
    inside = hit & agrees & (cells > t + 2e-6) & (cells < 0.999 * left)
    assert inside.sum() > 50
    np.testing.assert_allclose(again[inside], u[..., 2][inside], atol=0.01)


@pytest.mark.parametrize(
    ("name", "conditions"), [*((name, CONDITIONS) for name in FOLDED), *((name, (ENERGY,)) for name in FOLDED[:-1])]
)
def test_showers_are_drawn_the_same_again_whatever_stands_beside_them(
    name: str, conditions: tuple[str, ...], showers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = planned(showers, name, monkeypatch, conditions=conditions, **SIZES.get(name, {}))
    draw, n = p.network.sampler(p.model, p.parameters), 12 if name == "unet" else 64
    keys = np.arange(n)
    first = draw(p.targets[:n], noise_of(keys, p.task.noise))["samples"]
    assert first.shape == (n, 20, 20)
    assert first.dtype == np.float32
    hit = first[first > 0]
    assert (hit > showers.grid.threshold_mev).all()
    total, energy = first.sum(axis=(1, 2)), 1e3 * p.targets[:n, 0]
    assert np.median(total / energy) == pytest.approx(0.99, abs=0.05)
    again = draw(p.targets[3:n], noise_of(keys[3:], p.task.noise))["samples"]
    np.testing.assert_allclose(again, first[3:], rtol=1e-3, atol=1e-3)
    other = draw(p.targets[:n], noise_of(keys + 1000, p.task.noise))["samples"]
    assert (other != first).any(axis=(1, 2)).all()


@pytest.mark.parametrize("name", FOLDED)
def test_a_step_is_learned_and_the_parts_are_known(name: str, showers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    p = planned(showers, name, monkeypatch, **SIZES.get(name, {}))
    keras = backend.load_keras()
    p.model.compile(keras.optimizers.Adam(3e-3), run_eagerly=True, **p.task.compile_arguments(keras))
    x, y, _ = batch_of(p, 50 if name == "unet" else 200)
    losses = [p.model.train_on_batch(x, y, return_dict=True) for _ in range(8)]
    assert set(losses[0]) == {"loss", *p.task.metrics}
    assert all(np.isfinite(list(loss.values())).all() for loss in losses)
    assert losses[-1]["ratio_loss"] < losses[0]["ratio_loss"]


def test_the_contest_teaches_each_side_its_own_loss_only(showers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients of the sum are those of two losses that are minimised apart."""
    keras = backend.load_keras()
    import tensorflow as tf

    from core.zdc.networks.layers import Contest

    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    known_critic = keras.Model([rows := keras.Input((2,)), known := keras.Input((1,))], critic(rows) + 0.0 * known)
    layer, rng = Contest(known_critic), np.random.default_rng(7)
    real, drawn, known = (tf.constant(rng.normal(size=(16, k)), tf.float32) for k in (2, 2, 1))
    weights = critic.trainable_weights
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(drawn)
        critic_loss, generator_loss = layer([real, drawn, known], training=True)
        both = tf.reduce_sum(critic_loss + generator_loss)
        own = tf.reduce_sum(tf.nn.softplus(-critic(real)) + tf.nn.softplus(critic(drawn)))
        others = tf.reduce_sum(tf.nn.softplus(-critic(drawn)))
    for a, b in zip(tape.gradient(both, weights), tape.gradient(own, weights), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(both, drawn), tape.gradient(others, drawn), rtol=1e-4, atol=1e-6)
    assert float(tf.reduce_sum(generator_loss)) == pytest.approx(float(others), rel=1e-5)


def test_the_library_gives_a_stored_shower_back_for_its_own_conditions(
    showers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = planned(showers, "library", monkeypatch, n_stored=600, n_alike=1)
    drawn = p.network.sampler(p.model, p.parameters)(p.targets[:50], noise_of(np.arange(50), 2))["samples"]
    shares = [images / images.sum(axis=(1, 2), keepdims=True) for images in (drawn, showers.cells_mev[:50])]
    assert np.abs(shares[0] - shares[1]).sum(axis=(1, 2)).max() < 0.02


def test_a_short_training_comes_close_to_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """2,000 steps would be needed for a good one: after 60 the sum is right, and cells are hit about as often as they should be."""
    keras = backend.load_keras()
    many = simulate_showers(6000, seed=9)
    p = planned(many, "compact", monkeypatch, units=96, context_units=32)
    p.model.compile(keras.optimizers.Adam(5e-3, global_clipnorm=5.0), **p.task.compile_arguments(keras))
    rng = np.random.default_rng(8)
    for _ in range(8):
        order = rng.permutation(len(many))
        for start in range(0, len(many), 500):
            rows = order[start : start + 500]
            x, y, _ = p.task.batch((p.recorded[rows], p.targets[rows], np.ones(500, np.float32)), rng)
            p.model.train_on_batch(x, y)
    drawn = p.network.sampler(p.model, p.parameters)(p.targets[:1000], noise_of(np.arange(1000), 2))["samples"]
    truth = many.cells_mev[:1000]
    assert drawn.sum() == pytest.approx(truth.sum(), rel=0.01)
    assert (drawn > 0).sum() == pytest.approx((truth > 0).sum(), rel=0.2)
    assert drawn.max(axis=(1, 2)).mean() == pytest.approx(truth.max(axis=(1, 2)).mean(), rel=0.1)


def test_streams_of_random_numbers_are_apart() -> None:
    seeds = seeds_of(noise_of(np.arange(1000), 2))
    first, second = (drawing.uniforms(drawing.mixed_seeds(seeds, stream), 3) for stream in (1, 2))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.08
    assert 0.0 < first.min() < first.max() < 1.0
    assert first.mean() == pytest.approx(0.5, abs=0.03)


def test_every_generator_has_a_way_to_be_drawn_from() -> None:
    assert all(network.sampler and network.adapt and network.task for network in NETWORKS.values())
