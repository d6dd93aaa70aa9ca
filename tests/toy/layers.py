"""The toy's own layer: it has to be imported before a stored network that has it is read."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="toy")
class Shared(keras.layers.Layer):  # type: ignore[misc]
    """An energy (n, 1) shared out over k cells by any numbers (n, k): (n, k) that add up to the energy, in its unit."""

    def call(self, inputs: Any) -> Any:
        energy, numbers = inputs
        return energy * keras.ops.softmax(numbers)
