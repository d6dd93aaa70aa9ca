"""The slides' two networks: every shape and every number of parameters, losses, floors, and that they cannot vary."""

from typing import Any

import numpy as np
import pytest

from core.errors import DarkroomError
from core.learn import backend
from core.learn.layers import describe_layers
from core.zdc.model import NETWORKS, RECORD
from core.zdc.networks.floor import GROUP, floors
from core.zdc.recipe import CONDITIONS, ENERGY
from tests.zdc.conftest import planned

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
HEADS = 66  # a convolution of 32 channels to MASK and VALUE, which the slides do not list
READINGS = {
    ("layers", "single", True): (766_432, 1_231_264),
    ("layers", "single", False): (762_208, 1_224_352),
    ("expansion", "single", True): (1_022_592, 1_616_704),
    ("single", "single", True): (463_872, 827_584),
    ("branches", "single", True): (624_864, 1_087_648),
    ("layers", "residual", True): (1_536_160, 2_331_680),
}
SHAPES = {
    "linear": [128], "linear_block_0_3": [128], "linear_block_out_3": [288], "unflatten": [3, 3, 32], "transposed": [5, 5, 32],
    "conv_0_0_0": [5, 5, 64], "conv_0_out_0": [5, 5, 128], "shuffle_0": [10, 10, 32], "conv_1_0_0": [10, 10, 64],
    "conv_1_out_0": [10, 10, 128], "shuffle_1": [20, 20, 32], "conv_2_1_0": [20, 20, 32], "planes": [20, 20, 2],
}  # fmt: skip


def built(name: str, **values: Any) -> Any:
    backend.load_keras()
    network = NETWORKS[name]
    parameters = network.parameters(**values)
    task = network.task.given(parameters)
    return network.build(parameters, task.input_shape((20, 20, 2)), task.output((20, 20, 2)))


@pytest.mark.parametrize(("reading", "counts"), READINGS.items(), ids=lambda value: str(value))
def test_every_reading_has_the_number_of_parameters_of_the_brief(reading: Any, counts: Any) -> None:
    linear, convolution, is_normalised = reading
    for name, count in zip(("default", "extended2"), counts, strict=True):
        model = built(name, linear_block=linear, conv_block=convolution, is_normalised=is_normalised)
        assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == count + HEADS


@pytest.mark.parametrize("name", ["default", "extended2"])
def test_shapes_are_those_of_the_list(name: str) -> None:
    network = NETWORKS[name]
    layers = {layer["name"]: layer for layer in describe_layers(network, network.parameters(), RECORD)["layers"]}
    for layer, shape in SHAPES.items():
        assert layers[layer]["output_shape"] == [None, *shape], layer
    dropouts = [layer for layer in layers if layer.startswith("dropout")]
    assert len(dropouts) == (3 if name == "extended2" else 0)
    more = {"linear_block": 3, "conv_0": 3, "conv_1": 3, "conv_2": 4} if name == "extended2" else {"linear_block": 1, "conv_0": 1, "conv_1": 1, "conv_2": 2}  # fmt: skip
    for begin, n in more.items():
        assert (
            sum(1 for layer in layers if layer.startswith(begin) and layer.endswith("_0") and "out" not in layer) == n
        )
    assert layers["conv_0_0_0"]["parameters"] + layers["conv_0_0_0_normal"]["parameters"] - 128 == 18_624


def test_the_same_energy_twice_gives_the_same_shower(showers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    p = planned(showers, "extended2", monkeypatch)
    draw = p.network.sampler(p.model, p.parameters)
    drawn = draw(np.array([[20.0], [50.0], [20.0]], np.float32), np.zeros((3, 0), np.float32))
    np.testing.assert_array_equal(drawn["samples"][0], drawn["samples"][2])
    assert (drawn["value_mev"][0] != drawn["value_mev"][1]).any()
    hit = drawn["samples"] > 0
    np.testing.assert_array_equal(hit, drawn["mask"] > 0.5)
    assert (drawn["samples"][hit] > showers.grid.threshold_mev).all()


@pytest.mark.parametrize("scale", ["all", "each"])
def test_values_are_standardised_and_come_back_in_mev(
    scale: str, showers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = planned(showers, "default", monkeypatch, value_scale=scale, conditions=CONDITIONS)
    keras = backend.load_keras()
    name = "value" if scale == "all" else "value_cells"
    part = keras.Model(p.model.inputs, p.model.get_layer(name).output)
    value = np.asarray(part.predict_on_batch({"condition": p.targets, "recorded": p.recorded}), np.float64)
    if scale == "all":
        assert value.mean() == pytest.approx(0.0, abs=1e-3)
        assert value.std() == pytest.approx(1.0, abs=1e-3)
    else:
        varies = p.recorded[..., 1].std(axis=0) > 1e-3
        np.testing.assert_allclose(value[..., 0].std(axis=0)[varies], 1.0, atol=1e-2)


def test_the_losses_are_cross_entropy_and_squared_distance_with_their_weight(
    showers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = planned(showers, "default", monkeypatch, value_weight=500.0)
    keras = backend.load_keras()
    x = {"condition": p.targets[:50], "recorded": p.recorded[:50]}
    answers = np.asarray(p.model.predict_on_batch(x), np.float64)
    drawn = np.asarray(keras.Model(p.model.inputs, p.model.get_layer("planes").output).predict_on_batch(x), np.float64)
    real = np.asarray(keras.Model(p.model.inputs, p.model.get_layer("real").output).predict_on_batch(x), np.float64)
    share = 1.0 / (1.0 + np.exp(-drawn[..., 0]))
    entropy = -(real[..., 0] * np.log(share) + (1 - real[..., 0]) * np.log(1 - share)).mean(axis=(1, 2))
    squares = ((drawn[..., 1] - real[..., 1]) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(answers[:, 1], entropy, rtol=1e-3)
    np.testing.assert_allclose(answers[:, 2], squares, rtol=1e-3)
    np.testing.assert_allclose(answers[:, 0], entropy + 500.0 * squares, rtol=1e-3)


def test_the_automatic_weight_makes_both_losses_count_alike() -> None:
    backend.load_keras()
    from core.zdc.layers import Total

    mask, value = np.full((4, 1), 0.3, np.float32), np.full((4, 1), 0.002, np.float32)
    total = np.asarray(Total((1.0, np.inf))([mask, value]))
    np.testing.assert_allclose(total[:, 0], 0.6, rtol=1e-5)


def test_a_critic_joins_in_and_its_losses_are_told(
    showers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    p = planned(showers, "default", monkeypatch, mode="gan", hidden_dim=8)
    keras = backend.load_keras()
    p.model.compile("adam", run_eagerly=True, **p.task.compile_arguments(keras))
    x, y, _ = p.task.batch((p.recorded[:32], p.targets[:32], np.ones(32, np.float32)), np.random.default_rng(1))
    loss = p.model.train_on_batch(x, y, return_dict=True)
    assert loss["critic_loss"] == pytest.approx(2 * np.log(2), abs=0.5)
    assert loss["generator_loss"] == pytest.approx(np.log(2), abs=0.5)
    p.model.run_eagerly = False
    p.model.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras", compile=False, safe_mode=True)
    np.testing.assert_allclose(again.predict_on_batch(x), p.model.predict_on_batch(x), rtol=1e-4, atol=1e-5)


def test_the_floor_of_cells_that_the_energy_tells_nothing_of_is_their_entropy() -> None:
    rng = np.random.default_rng(2)
    n, probability, spread = 40 * GROUP, 0.3, 0.7
    energy = rng.uniform(2.0, 100.0, n)
    mask = rng.random((n, 5, 4)) < probability
    value = 3.0 * energy[:, None] + spread * rng.normal(size=(n, 20))
    least = floors(mask, value, energy)
    entropy = -probability * np.log(probability) - (1 - probability) * np.log(1 - probability)
    assert least["mask_loss"] == pytest.approx(entropy, rel=0.005)
    assert least["value_loss"] == pytest.approx(spread**2, rel=0.02)
    assert floors(mask[:10], value[:10], energy[:10]) == {}


def test_images_of_another_size_are_refused() -> None:
    network = NETWORKS["default"]
    task = network.task.given(network.parameters())
    with pytest.raises(
        DarkroomError, match="The images have 34 x 34 cells, this network generates 20 x 20: set `window` to 20"
    ):
        network.build(network.parameters(), task.input_shape((34, 34, 2)), 3)
    with pytest.raises(DarkroomError, match="expected a multiple of 4"):
        network.parameters(hidden_dim=30).check()


def test_an_impact_is_given_whole_or_not_at_all() -> None:
    parameters = NETWORKS["compact"].parameters
    with pytest.raises(DarkroomError, match="takes impact_x_mm and impact_y_mm together or not at all"):
        parameters(conditions=(ENERGY, "impact_x_mm")).check()
    with pytest.raises(DarkroomError, match="needs true_energy_gev"):
        parameters(conditions=("impact_x_mm", "impact_y_mm")).check()
