"""Networks that were made for photographs, without their tops and with a new head. keras is imported inside the builders only.

Parameters have `dense_units` and `dropout` of the head.
"""

from typing import Any

from core.juno.heads import hidden, softmax

FIRE = ((2, 16, 64), (3, 16, 64), (4, 32, 128), (5, 32, 128), (6, 48, 192), (7, 48, 192), (8, 64, 256), (9, 64, 256))
POOLED_AFTER = (3, 5)  # fire modules of SqueezeNet v1.1


def build_resnet50(parameters: Any, input_shape: Any, n_classes: int) -> Any:
    """Keras' ResNet-50 without its top, and a new head."""

    return _with_head(_resnet50(input_shape), parameters, n_classes, "resnet50")


def build_resnet50_2017(parameters: Any, input_shape: Any, n_classes: int) -> Any:
    """The same with batch normalisation as Keras had it in 2017: a frozen layer uses the batch's statistics in training."""
    import keras

    from core.juno.layers import BatchModeNormalization

    def as_in_2017(layer: Any) -> Any:
        is_normalising = isinstance(layer, keras.layers.BatchNormalization)
        return (BatchModeNormalization if is_normalising else type(layer)).from_config(layer.get_config())

    base = keras.models.clone_model(_resnet50(input_shape), clone_function=as_in_2017)
    return _with_head(base, parameters, n_classes, "resnet50_2017")


def _resnet50(input_shape: Any) -> Any:
    import keras

    from core.juno.layers import Caffe

    inputs = keras.Input(input_shape, name="image")
    return keras.applications.ResNet50(include_top=False, weights=None, input_tensor=Caffe(name="caffe")(inputs))


def _with_head(base: Any, parameters: Any, n_classes: int, name: str) -> Any:
    import keras

    x = keras.layers.GlobalAveragePooling2D(name="pooled")(base.output)
    return keras.Model(base.inputs[0], softmax(hidden(x, parameters), n_classes), name=name)


def build_squeezenet(parameters: Any, input_shape: Any, n_classes: int) -> Any:
    """SqueezeNet v1.1 (arXiv:1602.07360) without its last convolution, and a new head."""
    import keras

    from core.juno.layers import Caffe

    layers = keras.layers
    inputs = keras.Input(input_shape, name="image")
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu", name="conv1")(Caffe(name="caffe")(inputs))
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for i, squeezed, expanded in FIRE:
        x = layers.Conv2D(squeezed, 1, activation="relu", name=f"fire{i}__squeeze1x1")(x)
        wide = [
            layers.Conv2D(expanded, side, padding="same", activation="relu", name=f"fire{i}__expand{side}x{side}")(x)
            for side in (1, 3)
        ]
        x = layers.Concatenate(name=f"fire{i}__joined")(wide)
        if i in POOLED_AFTER:
            x = layers.MaxPooling2D(3, strides=2, name=f"pool{i}")(x)
    return _with_head(keras.Model(inputs, x), parameters, n_classes, "squeezenet")
