"""The new ends of JUNO's networks: a hidden layer and a softmax. Their names begin with `head`."""

from typing import Any


def hidden(x: Any, parameters: Any) -> Any:
    """A dense layer of `dense_units`, with `dropout`."""
    import keras

    x = keras.layers.Dense(parameters.dense_units, activation="relu", name="head_dense")(x)
    return keras.layers.Dropout(parameters.dropout, name="head_dropout")(x)


def softmax(x: Any, n_classes: int) -> Any:
    """The probabilities of the classes."""
    import keras

    return keras.layers.Dense(n_classes, activation="softmax", name="head_score")(x)
