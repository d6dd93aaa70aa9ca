"""The networks for tracks: the slides' own (`deco`) and a small one for laptops (`compact`).

Both end in a softmax over the classes of the selection. keras is imported inside the builders only.
"""

from dataclasses import dataclass
from typing import Any

from core.connie.augment import DECO, QUARTERS
from core.connie.recipe import TrackInput
from core.connie.scalars import SCALARS
from core.errors import DarkroomError
from core.learn.network import Network, Record
from core.parameters import param

DECO_FILTERS = (64, 128, 256, 512)
LEAK = 0.3
NORM_MOMENTUM = 0.9  # the running mean follows within tens of batches: small samples are judged after the first epoch


@dataclass(frozen=True)
class DecoParameters:
    """The slides' network (DECO's, arXiv:1803.04493) with their preprocessing: variants A to E."""

    size_px: int = param(64, "side of the picture", unit="px", choices=(16, 32, 64, 128))
    padding: bool = param(False, "pad small tracks to the square instead of stretching them")
    log: bool = param(True, "logarithm of the charge")
    block_dropout: float = param(0.2, "share dropped after each block", low=0, high=0.9)
    dense_units: int = param(2048, "width of the two hidden dense layers", low=8, high=4096)
    dense_dropout: float = param(0.4, "share dropped after each hidden dense layer", low=0, high=0.9)


@dataclass(frozen=True)
class CompactParameters:
    """A small network for laptops: strided convolutions, means and maxima over the picture, a few scalar features."""

    size_px: int = param(64, "side of the picture", unit="px", choices=(32, 48, 64, 96, 128))
    padding: bool = param(True, "pad small tracks to the square instead of stretching them")
    log: bool = param(True, "logarithm of the charge")
    norm: str = param("image", "255 is the picture's own maximum, or one charge for all", choices=("image", "global"))
    scalars: tuple[str, ...] = param(
        tuple(SCALARS), "features beside the picture; none: the picture alone", choices=tuple(SCALARS)
    )
    filters: tuple[int, ...] = param(
        (24, 48, 96, 160), "filters of each convolution; each halves the picture", low=4, high=512
    )
    scalar_units: int = param(96, "width of the two layers that read the features", low=4, high=512)
    dense_units: int = param(96, "width of the hidden dense layer", low=4, high=1024)
    dropout: float = param(0.2, "share of units dropped before the output", low=0, high=0.9)

    def check(self) -> None:
        if not 1 <= len(self.filters) <= 5:
            raise DarkroomError(f"filters has {len(self.filters)} entries: give one to five, one per convolution.")


def build_deco(parameters: DecoParameters, input_shape: Any, n_classes: int) -> Any:
    """Four blocks of two 3x3 convolutions ('same', or nothing would be left at 64 px), two dense layers, softmax."""
    import keras

    x = inputs = keras.Input(input_shape, name="image")
    for i, filters in enumerate(DECO_FILTERS, 1):
        for part in "ab":
            x = keras.layers.Conv2D(filters, 3, padding="same", name=f"conv_{i}{part}")(x)
            x = keras.layers.LeakyReLU(negative_slope=LEAK, name=f"conv_{i}{part}_leaky")(x)
        x = keras.layers.MaxPooling2D(2, name=f"pool_{i}")(x)
        x = keras.layers.Dropout(parameters.block_dropout, name=f"dropout_{i}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for i in (1, 2):
        x = keras.layers.Dense(parameters.dense_units, name=f"dense_{i}")(x)
        x = keras.layers.LeakyReLU(negative_slope=LEAK, name=f"dense_{i}_leaky")(x)
        x = keras.layers.Dropout(parameters.dense_dropout, name=f"dense_{i}_dropout")(x)
    return keras.Model(inputs, _softmax(x, n_classes), name="deco")


def deco_parameters(size_px: int, n_classes: int, dense_units: int = 2048) -> int:
    """Number of weights of `deco`, in closed form: 3x3 convolutions with bias, then the dense layers."""
    total, before = 0, 1
    for filters in DECO_FILTERS:
        total += filters * (9 * before + 1) + filters * (9 * filters + 1)
        before = filters
    flat = (size_px // 2 ** len(DECO_FILTERS)) ** 2 * before
    return total + dense_units * (flat + 1) + dense_units * (dense_units + 1) + n_classes * (dense_units + 1)


def build_compact(parameters: CompactParameters, input_shape: Any, n_classes: int) -> Any:
    """Strided convolutions with batch norm and ReLU, mean and maximum over the picture; features join before the end."""
    import keras

    shapes = input_shape if isinstance(input_shape, dict) else {"image": input_shape}
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    x = inputs["image"]
    for i, filters in enumerate(parameters.filters, 1):
        # the first kernel is wider: at full size a picture is mostly empty, and every pixel is dear
        x = keras.layers.Conv2D(
            filters, 5 if i == 1 else 3, strides=2, padding="same", use_bias=False, name=f"conv_{i}"
        )(x)
        x = keras.layers.BatchNormalization(momentum=NORM_MOMENTUM, name=f"conv_{i}_norm")(x)
        x = keras.layers.ReLU(name=f"conv_{i}_relu")(x)
    joined = [
        keras.layers.GlobalAveragePooling2D(name="mean_over_picture")(x),
        keras.layers.GlobalMaxPooling2D(name="maximum_over_picture")(x),
    ]
    if "scalars" in inputs:
        features = inputs["scalars"]
        for i in (1, 2):
            features = keras.layers.Dense(parameters.scalar_units, activation="relu", name=f"features_{i}")(features)
        joined.append(features)
    x = keras.layers.Concatenate(name="joined")(joined)
    x = keras.layers.Dense(parameters.dense_units, activation="relu", name="dense_1")(x)
    x = keras.layers.Dropout(parameters.dropout, name="dropout")(x)
    return keras.Model(inputs if len(inputs) > 1 else inputs["image"], _softmax(x, n_classes), name="compact")


def _softmax(x: Any, n_classes: int) -> Any:
    import keras

    return keras.layers.Dense(n_classes, activation="softmax", name="score")(x)


def deco_input(parameters: DecoParameters) -> TrackInput:
    """The slides' preprocessing; the defaults are variants B and D."""
    return TrackInput(size_px=parameters.size_px, padding=parameters.padding, log=parameters.log)


def compact_input(parameters: CompactParameters) -> TrackInput:
    """The slides' preprocessing, and scalar features that restore what 0-255 takes away."""
    return TrackInput(
        size_px=parameters.size_px, padding=parameters.padding, log=parameters.log, norm=parameters.norm,
        scalars=parameters.scalars,
    )  # fmt: skip


RECORD = Record("any track", n_outputs=3)
SLIDES = {"batch_size": 64, "beta_1": 0.9}  # and Adam; they tell no more

NETWORKS: dict[str, Network] = {
    "deco": Network(
        title="The slides' network (DECO's, 26 million weights)",
        parameters=DecoParameters,
        recipe_for=deco_input,
        build=build_deco,
        training={
            "batch_size": 64,
            "epochs": 200,
            "learning_rate": 0.001,
            "beta_1": 0.9,
            "class_weights": True,
            "patience": 15,
        },
        cpu_events_per_s=5.0,
        record=RECORD,
        augment=DECO,
    ),
    "compact": Network(
        title="Compact network for laptops, picture and features",
        parameters=CompactParameters,
        recipe_for=compact_input,
        build=build_compact,
        training={
            **SLIDES,
            "epochs": 16,
            "learning_rate": 0.002,
            "class_weights": False,
            "decay": True,
            "patience": 6,
        },
        cpu_events_per_s=600.0,
        record=RECORD,
        augment=QUARTERS,
    ),
}
