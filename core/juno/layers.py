"""Own layers of JUNO's networks: they have to be imported before a stored network that has one is read."""

from typing import Any

import keras

CAFFE_MEANS = (103.939, 116.779, 123.68)  # blue, green, red, of ImageNet


@keras.saving.register_keras_serializable(package="juno")
class Caffe(keras.layers.Layer):
    """Images (n, h, w, 3) in 0..1 as networks trained on ImageNet in Caffe's way take them: blue, green, red, 0-255, less the means."""

    def call(self, images: Any) -> Any:
        return 255.0 * images[..., ::-1] - keras.ops.convert_to_tensor(CAFFE_MEANS, dtype=images.dtype)


@keras.saving.register_keras_serializable(package="juno")
class BatchModeNormalization(keras.layers.BatchNormalization):
    """Batch normalisation as Keras had it in 2017: a frozen layer still normalised with the batch's own statistics in training, and
    with its moving averages afterwards (keras-team/keras 9965).
    """

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if not training or self.trainable:
            return super().call(inputs, training=training, mask=mask)
        axes = tuple(i for i in range(len(inputs.shape)) if i != self.axis % len(inputs.shape))
        mean, variance = keras.ops.moments(inputs, axes, keepdims=True)
        return (inputs - mean) * keras.ops.rsqrt(variance + self.epsilon) * self.gamma + self.beta


@keras.saving.register_keras_serializable(package="juno")
class MaskedPooling(keras.layers.Layer):
    """Mean and maximum of what was made of points (n, m, k), none below 0, over those whose last input value is 1 and not 0: the inputs
    are (n, m, j), the result is (n, 2 k). No point at all: zeros.
    """

    def call(self, inputs: Any) -> Any:
        points, raw = inputs
        mask = raw[..., -1:]
        n = keras.ops.maximum(keras.ops.sum(mask, axis=1), 1.0)
        mean = keras.ops.sum(points * mask, axis=1) / n
        highest = keras.ops.max(points * mask, axis=1)
        return keras.ops.concatenate([mean, highest], axis=-1)


@keras.saving.register_keras_serializable(package="juno")
class LitMean(keras.layers.Layer):
    """Mean of what was made of each pixel (n, h, w, k) over the pixels that were hit, which are not 0 in all channels of the images
    (n, h, w, c): (n, k). What a histogram of the hits could tell, whatever the number of hits. No hit at all: zeros.
    """

    def call(self, inputs: Any) -> Any:
        pixels, images = inputs
        lit = keras.ops.cast(keras.ops.max(images, axis=-1, keepdims=True) > 0.0, pixels.dtype)
        return keras.ops.sum(pixels * lit, axis=(1, 2)) / keras.ops.maximum(keras.ops.sum(lit, axis=(1, 2)), 1.0)
