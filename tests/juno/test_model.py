"""JUNO's networks: their sizes, frozen bases, real pretrained weights offline, and points in any order."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DarkroomError
from core.juno import imagenet, model
from core.juno.model import NETWORKS, ColourParameters, CompactParameters, PointParameters
from core.learn import backend
from core.learn.network import Stage

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
SMALL = (64, 64, 3)


@pytest.fixture(scope="module")
def resnet50() -> Any:
    backend.load_keras()
    return imagenet.build_resnet50(ColourParameters(), SMALL, 2)


def test_resnet50_is_keras_own_with_a_new_head(resnet50: Any) -> None:
    base = sum(layer.count_params() for layer in resnet50.layers if not layer.name.startswith("head"))
    assert base == 23_587_712
    assert sum(layer.__class__.__name__ == "BatchNormalization" for layer in resnet50.layers) == 53


def test_a_frozen_base_gives_the_same_in_training_and_inference(resnet50: Any) -> None:
    head = NETWORKS["resnet50"].stages[0]
    for layer in resnet50.layers:
        layer.trainable = head.learns(layer.name)
    keras = backend.load_keras()
    base = keras.Model(resnet50.input, resnet50.get_layer("pooled").output)
    x = np.random.default_rng(1).random((2, *SMALL)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(base(x, training=True)), np.asarray(base(x, training=False)))


def test_normalisation_as_in_2017_does_not() -> None:
    keras = backend.load_keras()
    from core.juno.layers import BatchModeNormalization

    layer = BatchModeNormalization(name="bn")
    x = np.random.default_rng(1).normal(3.0, 2.0, (64, 5)).astype(np.float32)
    layer.build(x.shape)
    layer.trainable = False
    in_training, at_test = np.asarray(layer(x, training=True)), np.asarray(layer(x, training=False))
    np.testing.assert_allclose(in_training.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(in_training.std(axis=0), 1.0, atol=1e-2)
    np.testing.assert_allclose(at_test, x, rtol=1e-3)  # moving averages are still those it began with
    assert issubclass(BatchModeNormalization, keras.layers.BatchNormalization)


def test_fine_tuning_keeps_normalisations_frozen() -> None:
    fine = NETWORKS["resnet50"].stages[1]
    assert fine.learns("conv5_block1_1_conv")
    assert fine.learns("head_score")
    assert not fine.learns("conv5_block1_1_bn")
    assert not fine.learns("conv4_block6_3_conv")
    assert Stage("all").learns("anything")


def test_squeezenet_takes_real_imagenet_weights_offline(test_data: Path, workspace: Path) -> None:
    """1,235,496 parameters in the file, 513,000 of them its last convolution, which the new head replaces."""
    backend.load_keras()
    name = "squeezenet_v1.1_imagenet_keras_hwio.npz"
    (workspace / "weights").mkdir(parents=True)
    shutil.copy(test_data / "weights" / name, workspace / "weights" / name)
    parameters = ColourParameters(weights=name)
    network = imagenet.build_squeezenet(parameters, (96, 96, 3), 2)
    base = sum(layer.count_params() for layer in network.layers if not layer.name.startswith("head"))
    assert base == 1_235_496 - 513_000
    before = network.get_layer("head_dense").get_weights()[0].copy()
    start = NETWORKS["squeezenet"].start
    assert start is not None
    facts = start.load(parameters, network)
    assert facts["n_layers"] == 1 + 8 * 3
    with np.load(test_data / "weights" / name) as file:
        np.testing.assert_array_equal(
            network.get_layer("fire9__expand3x3").get_weights()[0], file["fire9__expand3x3__kernel"]
        )
    np.testing.assert_array_equal(network.get_layer("head_dense").get_weights()[0], before)


def test_points_do_not_see_the_order_of_hits() -> None:
    backend.load_keras()
    parameters = PointParameters(points=64)
    network = model.build_points(parameters, (64, 7), 2)
    rng = np.random.default_rng(1)
    points = rng.normal(size=(1, 64, 7)).astype(np.float32)
    points[..., 6] = 1.0
    points[0, 40:] = 0.0
    shuffled = points[:, rng.permutation(64)]
    np.testing.assert_allclose(network.predict_on_batch(points), network.predict_on_batch(shuffled), rtol=1e-5)
    empty = network.predict_on_batch(np.zeros_like(points))
    assert np.isfinite(empty).all()


def test_a_colour_image_has_three_channels() -> None:
    with pytest.raises(DarkroomError, match="three"):
        replace(ColourParameters(), channels=("first", "mean")).check()
    with pytest.raises(DarkroomError, match="one to five"):
        replace(CompactParameters(), filters=()).check()


def test_the_small_network_has_the_size_that_laptops_bear() -> None:
    backend.load_keras()
    assert 3e5 < model.build_compact(CompactParameters(), (128, 256, 5), 2).count_params() < 1e6
