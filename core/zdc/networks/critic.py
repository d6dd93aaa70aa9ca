"""The critic of an adversarial training: which of two showers of the same conditions was recorded?

It has neither batch normalisation nor dropout: what it says of a drawn shower must be the same each time within a step
(`core.zdc.networks.layers.Contest`).
"""

from typing import Any

FILTERS = (32, 64, 64)
UNITS = 128


def contest(drawn: Any, real: Any, known: Any) -> Any:
    """(critic's loss, generator's loss), each (n, 1), of planes (logit of MASK, VALUE) and recorded planes (MASK, VALUE)."""
    import keras

    from core.zdc.layers import Split
    from core.zdc.networks.layers import Contest

    logit, value = Split((1, 1), name="drawn_planes")(drawn)
    fake = keras.layers.Concatenate(name="fake")([keras.ops.sigmoid(logit), value])
    return Contest(_critic(tuple(fake.shape[1:]), known.shape[-1]), name="contest")([real, fake, known])


def _critic(shape: Any, n_known: int) -> Any:
    """Planes (h, w, 2) and what both networks are known (n_known,) -> a logit (1,)."""
    import keras

    planes, known = keras.Input(shape, name="planes"), keras.Input((n_known,), name="known")
    x = planes
    for i, filters in enumerate(FILTERS):
        x = keras.layers.Conv2D(filters, 3, strides=1 if i == 0 else 2, padding="same", name=f"critic_{i}")(x)
        x = keras.layers.LeakyReLU(negative_slope=0.2, name=f"critic_{i}_active")(x)
    x = keras.layers.Concatenate(name="critic_all")([keras.layers.Flatten(name="critic_flat")(x), known])
    x = keras.layers.Dense(UNITS, name="critic_dense")(x)
    x = keras.layers.LeakyReLU(negative_slope=0.2, name="critic_dense_active")(x)
    return keras.Model([planes, known], keras.layers.Dense(1, name="critic_logit")(x), name="critic")
