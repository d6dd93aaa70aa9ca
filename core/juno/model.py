"""JUNO's networks: a small one on images, pretrained ones with a new head, one on lists of hits, and regressions.

keras is imported inside the builders only. Layers whose names begin with `head` are new, all others are the base.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core.errors import DarkroomError
from core.juno.geometry import rings
from core.juno.heads import hidden, softmax
from core.juno.imagenet import build_resnet50, build_resnet50_2017, build_squeezenet
from core.juno.points import HitPoints
from core.juno.recipe import PmtImage
from core.learn import pretrained
from core.learn.network import Network, Record, Stage, Start
from core.learn.tasks.regress import Regress
from core.parameters import param

HEAD = "head"
HINGE_SLOPE, HINGE_RANGE = 30.0, (0.2, 1.0)
MOMENTUM = 0.9  # running means follow within tens of batches: small samples are judged after the first epoch
COARSE_PX, PATTERN_DROPOUT = 4, 0.5  # patterns of neighbours are learned by heart where events are few
RESNET_CACHE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
PLACE = {"true_x_m": "m", "true_y_m": "m", "true_z_m": "m"}
DIRECTION = {"true_dir_x": "", "true_dir_y": "", "true_dir_z": ""}


@dataclass(frozen=True)
class CompactParameters(PmtImage):
    """A small network on images: what every sensor says by itself, summed up, beside patterns of neighbours."""

    channels: tuple[str, ...] = param(
        ("first", "mean", "charge", "mask", "sharp"), "planes of the image",
        choices=("first", "mean", "std", "charge", "mask", "sharp"),
    )  # fmt: skip
    pixel_units: int = param(24, "width of the layer that reads each pixel by itself", low=4, high=128)
    filters: tuple[int, ...] = param(
        (32, 64, 128, 192), "filters of each convolution; each halves the image", low=4, high=512
    )
    dense_units: int = param(96, "width of the hidden dense layer", low=4, high=1024)
    dropout: float = param(0.2, "share of units dropped before the output", low=0, high=0.9)

    def check(self) -> None:
        super().check()
        if not 1 <= len(self.filters) <= 5:
            raise DarkroomError(f"filters has {len(self.filters)} entries: give one to five, one per convolution.")


@dataclass(frozen=True)
class TransferParameters(CompactParameters):
    """The same network, its base from a run that regressed place and energy from the same images."""

    weights: str = param("", pretrained.HELP)


@dataclass(frozen=True)
class ColourParameters(PmtImage):
    """A network trained on photographs, on colour images of three planes, with a new head."""

    mode: str = param("raw", "times as they are, or without the time of flight from the vertex", choices=("raw", "tof"))
    weights: str = param("", pretrained.HELP)
    dense_units: int = param(256, "width of the hidden dense layer of the new head", low=4, high=2048)
    dropout: float = param(0.3, "share of units dropped before it", low=0, high=0.9)

    def check(self) -> None:
        super().check()
        if len(self.channels) != 3:
            raise DarkroomError(
                f"channels has {len(self.channels)} entries: a colour image has three, such as first, mean, std."
            )


@dataclass(frozen=True)
class PointParameters(HitPoints):
    """A network on lists of hits that does not see their order (PointNet, arXiv:1612.00593)."""

    units: tuple[int, ...] = param((32, 64, 96), "widths of the layers that read each hit by itself", low=4, high=512)
    dense_units: int = param(96, "width of the hidden dense layer", low=4, high=1024)
    dropout: float = param(0.2, "share of units dropped before the output", low=0, high=0.9)


def flips(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A batch of images mirrored at the meridian or at the equator, by lot: the detector looks the same. Float32 (n, h, w, c)."""
    turned: np.ndarray = images[:, :: generator.choice((-1, 1)), :: generator.choice((-1, 1))]
    return turned


def image_input(parameters: PmtImage) -> PmtImage:
    """The recipe alone of the parameters of a network on images."""
    return PmtImage(**{field.name: getattr(parameters, field.name) for field in fields(PmtImage)})


def point_input(parameters: PointParameters) -> HitPoints:
    """The recipe alone of the parameters of the network on lists of hits."""
    return HitPoints(**{field.name: getattr(parameters, field.name) for field in fields(HitPoints)})


def _compact(parameters: CompactParameters, input_shape: Any) -> tuple[Any, Any]:
    """(inputs, what the base says of an image (n, k)): each pixel by itself in the mean, and coarse patterns."""
    import keras

    from core.juno.layers import LitMean

    inputs = keras.Input(input_shape, name="image")
    by_pixel = keras.layers.Conv2D(parameters.pixel_units, 1, activation="relu", name="pixel_1")
    x = by_pixel(inputs)
    by_pixel.set_weights(_hinges(by_pixel.get_weights(), parameters.channels))
    mean = keras.layers.BatchNormalization(momentum=MOMENTUM, name="pixel_bn")(LitMean(name="pixel_mean")([x, inputs]))
    x = keras.layers.AveragePooling2D(COARSE_PX, name="coarse")(x)
    for i, filters in enumerate(parameters.filters, 1):
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name=f"conv_{i}")(x)
        x = keras.layers.BatchNormalization(momentum=MOMENTUM, name=f"conv_{i}_bn")(x)
        x = keras.layers.ReLU(name=f"conv_{i}_relu")(x)
    patterns = keras.layers.GlobalAveragePooling2D(name="pattern_mean")(x)
    patterns = keras.layers.Dropout(PATTERN_DROPOUT, name="pattern_dropout")(patterns)
    return inputs, keras.layers.Concatenate(name="joined")([mean, patterns])


def _hinges(weights: list[np.ndarray], channels: Sequence[str]) -> list[np.ndarray]:
    """Kernel (1, 1, n_channels, n_units) and bias (n_units,) that begin as hinges along the first hit time: any function of time is a sum
    of them, where small random weights see a nanosecond as nothing. Every other unit sees sharp sensors only.
    """
    kernel, bias = (array.copy() for array in weights)
    if "first" in channels:
        begins = np.linspace(*HINGE_RANGE, len(bias))
        kernel[0, 0, channels.index("first")] = HINGE_SLOPE
        bias[:] = -HINGE_SLOPE * begins
        if "sharp" in channels:
            kernel[0, 0, channels.index("sharp"), ::2] = HINGE_SLOPE
            bias[::2] -= HINGE_SLOPE
    return [kernel, bias]


def build_compact(parameters: CompactParameters, input_shape: Any, n_classes: int) -> Any:
    """The small network with a softmax over the classes."""
    import keras

    inputs, x = _compact(parameters, input_shape)
    return keras.Model(inputs, softmax(hidden(x, parameters), n_classes), name="compact")


def build_base(parameters: CompactParameters, input_shape: Any, n_outputs: int) -> Any:
    """The small network with numbers as its output."""
    import keras

    inputs, x = _compact(parameters, input_shape)
    return keras.Model(inputs, keras.layers.Dense(n_outputs, name="head_numbers")(hidden(x, parameters)), name="base")


def _points(parameters: PointParameters, input_shape: Any) -> tuple[Any, Any]:
    """(inputs, what all hits say together (n, k)): layers that read each hit by itself, then mean and maximum over the hits."""
    import keras

    from core.juno.layers import MaskedPooling

    x = inputs = keras.Input(input_shape, name="points")
    for i, units in enumerate(parameters.units, 1):
        x = keras.layers.Dense(units, activation="relu", name=f"hit_{i}")(x)
    x = MaskedPooling(name="pooled")([x, inputs])
    return inputs, keras.layers.BatchNormalization(momentum=MOMENTUM, name="pooled_bn")(x)


def build_points(parameters: PointParameters, input_shape: Any, n_classes: int) -> Any:
    """The network on lists of hits with a softmax over the classes."""
    import keras

    inputs, x = _points(parameters, input_shape)
    return keras.Model(inputs, softmax(hidden(x, parameters), n_classes), name="points")


def build_point_numbers(parameters: PointParameters, input_shape: Any, n_outputs: int) -> Any:
    """The same with numbers as its output."""
    import keras

    inputs, x = _points(parameters, input_shape)
    return keras.Model(inputs, keras.layers.Dense(n_outputs, name="head_numbers")(hidden(x, parameters)), name="hits")


def _start(cached: str) -> Start:
    """Weights for the base: everything whose name does not begin with `head`."""
    return Start(
        note=lambda parameters: pretrained.note(parameters.weights),
        load=lambda parameters, model: pretrained.load(
            model, parameters.weights, lambda name: name.startswith(HEAD), cached, NETWORKS
        ),
    )


RECORD = Record("JUNO's sensors", geometry=rings().arrays())
FINE_TUNING = 1e-5  # learning rate of layers that were trained before
TRAINING = {"batch_size": 64, "learning_rate": 0.004, "class_weights": False, "decay": True, "patience": 6}
COMMON: dict[str, Any] = {"record": RECORD, "layers": "core.juno.layers"}

NETWORKS: dict[str, Network] = {
    "compact": Network(
        title="Compact network on images, for laptops", parameters=CompactParameters, recipe_for=image_input,
        build=build_compact, training={**TRAINING, "epochs": 12}, cpu_events_per_s=250.0, augment=flips, **COMMON,
    ),
    "points": Network(
        title="Network on lists of hits (PointNet)", parameters=PointParameters, recipe_for=point_input,
        build=build_points, training={**TRAINING, "epochs": 12}, cpu_events_per_s=150.0, **COMMON,
    ),
    "base": Network(
        title="Place and energy from images: a base for transfer", parameters=CompactParameters, recipe_for=image_input,
        build=build_base, task=Regress({**PLACE, "true_energy_mev": "MeV"}),
        training={**TRAINING, "epochs": 12}, cpu_events_per_s=250.0, **COMMON,
    ),
    "hits": Network(
        title="Place and energy from lists of hits, of any detector", parameters=PointParameters, recipe_for=point_input,
        build=build_point_numbers, task=Regress({**PLACE, "true_energy_mev": "MeV"}),
        training={**TRAINING, "epochs": 12}, cpu_events_per_s=150.0, **COMMON,
    ),
    "transfer": Network(
        title="Compact network on a base trained on simulation, in two stages", parameters=TransferParameters,
        recipe_for=image_input, build=build_compact, start=_start(""),
        stages=(
            Stage("head", trainable=(HEAD,), epochs=8, rate=1e-3, input="joined"),
            Stage("fine-tuning", frozen=("_bn",), epochs=4, rate=1e-4),
        ),
        training={**TRAINING, "epochs": 12}, cpu_events_per_s=200.0, **COMMON,
    ),
    "resnet50": Network(
        title="ResNet-50 with a new head, in two stages (slides)", parameters=ColourParameters, recipe_for=image_input,
        build=build_resnet50, start=_start(RESNET_CACHE),
        stages=(
            Stage("head", trainable=(HEAD,), epochs=8, rate=1e-3, input="pooled"),
            Stage("fine-tuning", trainable=("conv5", HEAD), frozen=("_bn",), epochs=4, rate=FINE_TUNING, input="conv4_block6_out"),
        ),
        training={**TRAINING, "epochs": 12}, cpu_events_per_s=8.0, **COMMON,
    ),
    "resnet50-2017": Network(
        title="ResNet-50 as in 2017: frozen normalisation by batches", parameters=ColourParameters, recipe_for=image_input,
        build=build_resnet50_2017, start=_start(RESNET_CACHE), stages=(Stage("head", trainable=(HEAD,)),),
        training={**TRAINING, "epochs": 8, "learning_rate": 1e-3, "decay": False}, cpu_events_per_s=15.0, **COMMON,
    ),
    "squeezenet": Network(
        title="SqueezeNet with a new head, in two stages", parameters=ColourParameters, recipe_for=image_input,
        build=build_squeezenet, start=_start(""),
        stages=(
            Stage("head", trainable=(HEAD,), epochs=8, rate=1e-3, input="pooled"),
            Stage("fine-tuning", trainable=("fire8", "fire9", HEAD), epochs=4, rate=FINE_TUNING, input="fire7__joined"),
        ),
        training={**TRAINING, "epochs": 12}, cpu_events_per_s=60.0, **COMMON,
    ),
    "track": Network(
        title="Start and direction of a track from images", parameters=CompactParameters, recipe_for=image_input,
        build=build_base, task=Regress({**PLACE, **DIRECTION}),
        training={**TRAINING, "epochs": 20}, cpu_events_per_s=250.0, **COMMON,
    ),
}  # fmt: skip
