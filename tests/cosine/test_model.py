"""The published networks, layer by layer as printed on the slides of 2020, and the recipes that feed them."""

import json

import numpy as np
import pytest

from core import parameters
from core.cosine.model import NETWORKS, RECORD, CnnParameters, CompactParameters, DenseParameters
from core.cosine.recipe import WaveformInput
from core.errors import DarkroomError
from core.learn.layers import describe_layers
from core.learn.network import Record


def record(name: str, sampling_ns: float, n_samples: int, pretrigger: int, *, positive: bool) -> Record:
    meta = {
        "sampling_ns": sampling_ns,
        "record_samples": n_samples,
        "pretrigger_samples": pretrigger,
        "positive": positive,
    }
    return Record(name, meta)


COSINE = record("cosine", 2.0, 4080, 1200, positive=True)
HISPARC = record("hisparc", 2.5, 2400, 400, positive=True)

PRINTED_CNN = [
    (1348, 96), (337, 96), (315, 256), (105, 256), (97, 384), (89, 384), (81, 256), (40, 256), (10240,),
    (512,), (512,), (512,), (512,), (2,),
]  # fmt: skip
PRINTED_DENSE = [
    ("reshape", (8160,), 0), ("dense_1", (768,), 6_267_648), ("dropout_1", (768,), 0), ("dense_2", (768,), 590_592),
    ("dropout_2", (768,), 0), ("dense_3", (512,), 393_728), ("dropout_3", (512,), 0), ("dense_4", (512,), 262_656),
    ("dropout_4", (512,), 0), ("dense_5", (512,), 262_656), ("dropout_5", (512,), 0), ("score", (2,), 1_026),
]  # fmt: skip


@pytest.mark.network
@pytest.mark.parametrize(("batch_norm", "n_parameters"), [(False, 9_703_074), (True, 9_716_770)])
def test_the_cnn_is_the_printed_one(batch_norm: bool, n_parameters: int) -> None:
    description = describe_layers(NETWORKS["cnn"], CnnParameters(batch_norm=batch_norm), RECORD)
    layers = [layer for layer in description["layers"] if not layer["name"].endswith(("_norm", "_relu"))]
    assert [tuple(layer["output_shape"]) for layer in layers] == [(None, *s) for s in [(4080, 2), *PRINTED_CNN]]
    assert description["parameters"] == n_parameters == sum(layer["parameters"] for layer in description["layers"])
    json.dumps(description, allow_nan=False)


@pytest.mark.network
def test_the_dense_network_is_the_printed_one() -> None:
    description = describe_layers(NETWORKS["dense"], DenseParameters(), RECORD)
    assert description["parameters"] == 7_778_306
    layers = [(layer["name"], tuple(layer["output_shape"]), layer["parameters"]) for layer in description["layers"][1:]]
    assert layers == [(name, (None, *shape), n) for name, shape, n in PRINTED_DENSE]


@pytest.mark.network
def test_compact_is_small_and_ends_in_a_softmax() -> None:
    network = NETWORKS["compact"]
    recipe = network.recipe_for(CompactParameters())
    model = network.build(CompactParameters(), recipe.shape(COSINE), 2)
    assert model.count_params() <= 300_000
    x = np.random.default_rng(1).normal(size=(5, 750, 2)).astype(np.float32)
    probability = np.asarray(model.predict_on_batch(x))
    assert probability.shape == (5, 2)
    assert probability.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_the_slides_training_is_the_default() -> None:
    assert NETWORKS["cnn"].training["batch_size"] == 64
    assert NETWORKS["cnn"].training["learning_rate"] == 0.0015
    assert NETWORKS["cnn"].training["beta_1"] == 0.97
    assert 3 <= NETWORKS["cnn"].training["epochs"] <= 12
    assert (NETWORKS["dense"].training["batch_size"], NETWORKS["dense"].training["epochs"]) == (2048, 15)


def table(*baselines: tuple[float, float]) -> dict[str, np.ndarray]:
    """The columns that a recipe asks for, for events with the given baselines of the two PMTs."""
    values = np.array(baselines, np.float32)
    return {"baseline1_adc": values[:, 0], "baseline2_adc": values[:, 1]}


def test_the_full_record_is_scaled_and_loses_no_fraction_of_the_baseline() -> None:
    raw = np.arange(2 * 4080, dtype=np.int16).reshape(1, 2, 4080)
    recipe = NETWORKS["cnn"].recipe_for(CnnParameters(scale_adc=10.0))
    x = recipe.make({"waveform": raw}, table((300.25, 299.75)), COSINE)
    assert x.shape == (1, 4080, 2) == (1, *recipe.shape(COSINE))
    assert x.dtype == np.float32
    # stored = raw - round(baseline), so a baseline of 300.25 leaves 0.25 too much, one of 299.75 takes 0.25 too much
    assert x[0, :, 0] == pytest.approx((raw[0, 0] - 0.25) / 10, abs=1e-4)
    assert x[0, :, 1] == pytest.approx((raw[0, 1] + 0.25) / 10, abs=1e-4)


def test_for_negative_pulses_the_fraction_counts_the_other_way() -> None:
    negative = record("negative", 2.0, 4080, 1200, positive=False)
    x = WaveformInput(scale_adc=1.0).make(
        {"waveform": np.zeros((1, 2, 4080), np.int16)}, table((300.25, 300.0)), negative
    )
    assert x[0, 0] == pytest.approx([0.25, 0.0])


def test_an_unknown_baseline_leaves_the_waveform_as_it_is() -> None:
    x = WaveformInput(scale_adc=1.0).make(
        {"waveform": np.full((1, 2, 4080), 7, np.int16)}, table((np.nan, np.nan)), COSINE
    )
    assert (x == 7.0).all()


def test_the_window_around_the_trigger_is_pooled_and_compressed() -> None:
    raw = np.zeros((2, 2, 4080), np.int16)
    raw[0, 1, 1200:1204] = (0, 10, 20, 50)
    recipe = WaveformInput(first_us=-0.5, last_us=5.5, pool_samples=4, scale_adc=10.0, shape_of_scale="asinh")
    x = recipe.make({"waveform": raw}, table((300.0, 300.0), (300.0, 300.0)), COSINE)
    assert x.shape == (2, 750, 2)
    expected = np.zeros((2, 750, 2))
    # 0.5 µs are 62.5 pooled samples: the pulse is shared by two of them
    expected[0, 62, 1], expected[0, 63, 1] = np.arcsinh(10 / 4 / 10), np.arcsinh(70 / 4 / 10)
    assert x == pytest.approx(expected, abs=1e-6)


def test_negative_samples_stay_negative() -> None:
    x = WaveformInput(shape_of_scale="asinh", scale_adc=1.0).make(
        {"waveform": np.full((1, 2, 4080), -3, np.int16)}, table((300.0, 300.0)), COSINE
    )
    assert x == pytest.approx(np.full((1, 4080, 2), np.arcsinh(-3.0)), abs=1e-6)


@pytest.mark.parametrize("name", ["cnn", "dense"])
def test_a_record_of_another_length_is_refused(name: str) -> None:
    network = NETWORKS[name]
    with pytest.raises(
        DarkroomError, match=r"'hisparc' has 2400 samples of 2.5 ns, expected 4080 samples of 2 ns; choose"
    ):
        network.recipe_for(network.parameters()).shape(HISPARC)


def test_a_window_outside_the_record_is_refused() -> None:
    recipe = NETWORKS["compact"].recipe_for(CompactParameters())
    with pytest.raises(DarkroomError, match=r"-0.5 to 5.5 µs .* does not fit: data set 'hisparc'.* 400 of them before"):
        recipe.shape(HISPARC)


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DarkroomError, match="filters, kernels and strides have 1, 4 and 4 entries"):
        parameters.build(CompactParameters, {"filters": [32]})
    with pytest.raises(DarkroomError, match="upside down"):
        parameters.build(WaveformInput, {"first_us": 2.0, "last_us": 1.0})
