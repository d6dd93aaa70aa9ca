"""The networks of COSINE-100: the published CNN (2020), the published dense network, and a compact CNN.

Every network ends in a softmax over (background, signal); the score of a row is the second output.
keras is imported inside the builders only.
"""

from dataclasses import dataclass
from typing import Any

from core.cosine.recipe import WaveformInput
from core.errors import DarkroomError
from core.learn.network import Network, Record
from core.parameters import param

RECORD_SAMPLES, PRETRIGGER_SAMPLES, SAMPLING_NS = 4080, 1200, 2.0

# (filters, kernel size, stride, (pool size, pool stride) or None)
CNN_CONVOLUTIONS: tuple[tuple[int, int, int, tuple[int, int] | None], ...] = (
    (96, 39, 3, (4, 4)),
    (256, 23, 1, (3, 3)),
    (384, 9, 1, None),
    (384, 9, 1, None),
    (256, 9, 1, (3, 2)),
)

# The running mean and variance follow within tens of batches: small samples are judged after the first epoch.
NORM_MOMENTUM = 0.9


@dataclass(frozen=True)
class CnnParameters:
    """The 1-D CNN motivated by AlexNet (slides of 2020); the layer sizes are the published ones."""

    batch_norm: bool = param(True, "batch normalisation before each ReLU (5 convolutions, 4 dense layers)")
    dense_units: int = param(512, "width of the four hidden dense layers", low=8, high=2048)
    scale_adc: float = param(50.0, "ADC counts that the network sees as 1", unit="ADC", low=0.01, high=4096)


@dataclass(frozen=True)
class DenseParameters:
    """The first dense network (slides of February 2020): both waveforms flattened, five hidden layers."""

    units: tuple[int, ...] = param((768, 768, 512, 512, 512), "width of each hidden layer", low=8, high=4096)
    dropout: float = param(0.25, "share dropped after each hidden layer (published: 0.25-0.3)", low=0, high=0.9)
    scale_adc: float = param(50.0, "ADC counts that the network sees as 1", unit="ADC", low=0.01, high=4096)


@dataclass(frozen=True)
class CompactParameters:
    """A small CNN for laptops: the window around the trigger, pooled to 8 ns, strided convolutions."""

    pool_samples: int = param(4, "samples averaged into one", unit="samples", low=1, high=64)
    first_us: float = param(-0.5, "window begin relative to the trigger", unit="µs", low=-100, high=100)
    last_us: float = param(5.5, "window end relative to the trigger", unit="µs", low=-100, high=100)
    scale_adc: float = param(50.0, "ADC counts above which amplitudes are compressed", unit="ADC", low=0.01, high=4096)
    filters: tuple[int, ...] = param((32, 48, 64, 96), "filters of each strided convolution", low=4, high=512)
    kernels: tuple[int, ...] = param((16, 8, 5, 3), "kernel size of each convolution", low=1, high=256)
    strides: tuple[int, ...] = param((4, 3, 2, 2), "stride of each convolution", low=1, high=16)
    dense_units: int = param(64, "width of the hidden dense layer", low=4, high=1024)
    dropout: float = param(0.1, "share of units dropped before the output", low=0, high=0.9)

    def check(self) -> None:
        if not len(self.filters) == len(self.kernels) == len(self.strides) >= 1:
            raise DarkroomError(
                f"filters, kernels and strides have {len(self.filters)}, {len(self.kernels)} and "
                f"{len(self.strides)} entries: give one entry per convolution in each."
            )


def build_cnn(parameters: CnnParameters, input_shape: tuple[int, ...], n_classes: int) -> Any:
    """Input (4080, 2). Convolutions 'valid', then (batch norm), ReLU, max pooling; four dense layers; softmax."""
    import keras

    x = inputs = keras.Input(input_shape, name="waveform")
    for i, (filters, kernel, stride, pool) in enumerate(CNN_CONVOLUTIONS, 1):
        x = keras.layers.Conv1D(filters, kernel, strides=stride, padding="valid", name=f"conv_{i}")(x)
        x = _norm_relu(x, f"conv_{i}", parameters.batch_norm)
        if pool:
            x = keras.layers.MaxPooling1D(pool[0], strides=pool[1], padding="valid", name=f"pool_{i}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for i in range(1, 5):
        x = keras.layers.Dense(parameters.dense_units, name=f"dense_{i}")(x)
        x = _norm_relu(x, f"dense_{i}", parameters.batch_norm)
    return keras.Model(inputs, _softmax(x, n_classes), name="cnn")


def build_dense(parameters: DenseParameters, input_shape: tuple[int, ...], n_classes: int) -> Any:
    """Input (4080, 2), flattened to 8160; hidden layers with ReLU and dropout; softmax."""
    import keras

    inputs = keras.Input(input_shape, name="waveform")
    x = keras.layers.Reshape((input_shape[0] * input_shape[1],), name="reshape")(inputs)
    for i, units in enumerate(parameters.units, 1):
        x = keras.layers.Dense(units, activation="relu", name=f"dense_{i}")(x)
        x = keras.layers.Dropout(parameters.dropout, name=f"dropout_{i}")(x)
    return keras.Model(inputs, _softmax(x, n_classes), name="dense")


def build_compact(parameters: CompactParameters, input_shape: tuple[int, ...], n_classes: int) -> Any:
    """Input (n_times, 2): strided convolutions with batch norm and ReLU, mean and maximum over time, dense, softmax."""
    import keras

    x = inputs = keras.Input(input_shape, name="waveform")
    steps = zip(parameters.filters, parameters.kernels, parameters.strides, strict=True)
    for i, (filters, kernel, stride) in enumerate(steps, 1):
        x = keras.layers.Conv1D(filters, kernel, strides=stride, padding="same", use_bias=False, name=f"conv_{i}")(x)
        x = _norm_relu(x, f"conv_{i}", True)
    mean = keras.layers.GlobalAveragePooling1D(name="mean_over_time")(x)
    maximum = keras.layers.GlobalMaxPooling1D(name="maximum_over_time")(x)
    x = keras.layers.Concatenate(name="pooled")([mean, maximum])
    x = keras.layers.Dense(parameters.dense_units, activation="relu", name="dense_1")(x)
    x = keras.layers.Dropout(parameters.dropout, name="dropout")(x)
    return keras.Model(inputs, _softmax(x, n_classes), name="compact")


def _norm_relu(x: Any, name: str, batch_norm: bool) -> Any:
    import keras

    if batch_norm:
        x = keras.layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"{name}_norm")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _softmax(x: Any, n_classes: int) -> Any:
    import keras

    return keras.layers.Dense(n_classes, activation="softmax", name="score")(x)


def full_record(parameters: CnnParameters | DenseParameters) -> WaveformInput:
    """The published input: 4080 samples of 2 ns from both PMTs, unchanged."""
    return WaveformInput(n_samples=RECORD_SAMPLES, sampling_ns=SAMPLING_NS, scale_adc=parameters.scale_adc)


def trigger_window(parameters: CompactParameters) -> WaveformInput:
    """The window around the trigger, pooled, with large amplitudes compressed."""
    return WaveformInput(
        first_us=parameters.first_us, last_us=parameters.last_us, pool_samples=parameters.pool_samples,
        scale_adc=parameters.scale_adc, shape_of_scale="asinh",
    )  # fmt: skip


RECORD = Record(
    "a COSINE-100 record",
    {"sampling_ns": SAMPLING_NS, "record_samples": RECORD_SAMPLES, "pretrigger_samples": PRETRIGGER_SAMPLES},
)
SLIDES_2020 = {"batch_size": 64, "learning_rate": 0.0015, "beta_1": 0.97, "class_weights": True}

NETWORKS: dict[str, Network] = {
    "cnn": Network(
        title="1-D CNN of 2020 (4080 x 2 samples)",
        parameters=CnnParameters,
        recipe_for=full_record,
        build=build_cnn,
        training={**SLIDES_2020, "epochs": 4},
        cpu_events_per_s=40.0,
        record=RECORD,
    ),
    "dense": Network(
        title="First dense network (8160 inputs)",
        parameters=DenseParameters,
        recipe_for=full_record,
        build=build_dense,
        training={"batch_size": 2048, "epochs": 15, "learning_rate": 0.001, "beta_1": 0.9, "class_weights": True},
        cpu_events_per_s=3000.0,
        record=RECORD,
    ),
    "compact": Network(
        title="Compact 1-D CNN for laptops",
        parameters=CompactParameters,
        recipe_for=trigger_window,
        build=build_compact,
        training={**SLIDES_2020, "epochs": 6, "decay": True},
        cpu_events_per_s=3500.0,
        record=RECORD,
    ),
}
