"""The slides' network, layer by layer, and the compact one."""

import json

import numpy as np
import pytest

from core import parameters
from core.connie.model import NETWORKS, RECORD, CompactParameters, DecoParameters, deco_parameters
from core.errors import DarkroomError
from core.learn.layers import describe_layers

# (height, filters) after each convolution and pooling, from the slides' table at 64 px
PRINTED = [(64, 64), (64, 64), (32, 64), (32, 128), (32, 128), (16, 128), (16, 256), (16, 256), (8, 256), (8, 512), (8, 512), (4, 512)]  # fmt: skip


@pytest.mark.network
def test_deco_is_the_slides_table():
    description = describe_layers(NETWORKS["deco"], DecoParameters(), RECORD, RECORD.n_outputs)
    layers = {layer["name"]: layer for layer in description["layers"]}
    spatial = [
        x["output_shape"]
        for x in description["layers"]
        if x["name"].startswith(("conv", "pool")) and "leaky" not in x["name"]
    ]
    assert spatial == [[None, side, side, filters] for side, filters in PRINTED]
    assert layers["flatten"]["output_shape"] == [None, 8192]
    assert [layers[f"dense_{i}"]["output_shape"] for i in (1, 2)] == [[None, 2048]] * 2
    assert layers["score"]["output_shape"] == [None, 3]
    assert description["parameters"] == 25_665_987 == sum(layer["parameters"] for layer in description["layers"])
    json.dumps(description, allow_nan=False)


@pytest.mark.network
def test_deco_has_the_slides_slopes_and_dropouts():
    model = NETWORKS["deco"].build(DecoParameters(size_px=16, dense_units=8), (16, 16, 1), 4)
    slopes = {layer.negative_slope for layer in model.layers if type(layer).__name__ == "LeakyReLU"}
    assert slopes == {0.3}
    assert len([x for x in model.layers if type(x).__name__ == "LeakyReLU"]) == 10
    assert [x.rate for x in model.layers if type(x).__name__ == "Dropout"] == [0.2] * 4 + [0.4] * 2
    assert model.count_params() == deco_parameters(16, 4, dense_units=8)


@pytest.mark.parametrize(("size", "n_classes", "millions"), [(64, 3, 25.67), (64, 4, 25.67), (128, 3, 76.00)])
def test_the_number_of_weights_in_closed_form(size, n_classes, millions):
    assert deco_parameters(size, n_classes) / 1e6 == pytest.approx(millions, abs=0.005)


@pytest.mark.network
@pytest.mark.parametrize("scalars", [CompactParameters().scalars, ()])
def test_compact_is_small_and_ends_in_a_softmax(scalars):
    network, settings = NETWORKS["compact"], CompactParameters(scalars=scalars)
    shape = network.recipe_for(settings).shape(None)
    model = network.build(settings, shape, 4)
    assert 150_000 < model.count_params() <= 350_000
    rng = np.random.default_rng(1)
    image = rng.random((5, 64, 64, 1), np.float32)
    x = {"image": image, "scalars": rng.normal(size=(5, len(scalars))).astype(np.float32)} if scalars else image
    probability = np.asarray(model.predict_on_batch(x))
    assert probability.shape == (5, 4)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, atol=1e-5)


def test_what_the_slides_say_of_training_is_the_default():
    training = NETWORKS["deco"].training
    assert (training["batch_size"], training["epochs"]) == (64, 200)
    assert training["patience"] > 0
    assert all(network.augment is not None for network in NETWORKS.values())


def test_the_networks_see_what_their_parameters_say():
    recipe = NETWORKS["deco"].recipe_for(DecoParameters(padding=True, log=False, size_px=128))
    assert (recipe.size_px, recipe.padding, recipe.log, recipe.norm, recipe.scalars) == (128, True, False, "image", ())
    assert "charge_e" in NETWORKS["compact"].recipe_for(CompactParameters()).scalars


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(DarkroomError, match="filters has 6 entries: give one to five"):
        parameters.build(CompactParameters, {"filters": [8] * 6})
    with pytest.raises(DarkroomError, match="'size_px' is 100: expected one of 16, 32, 64, 128"):
        parameters.build(DecoParameters, {"size_px": 100})
