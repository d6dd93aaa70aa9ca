"""The blocks of the slides' networks. They are named there but not defined; every reading that we know is a choice.

`LinearBlock(i, o, n)`: "layers" n times (dense, batch normalisation, leaky ReLU); "expansion" a hidden layer n times as wide;
"single" one layer, n means nothing; "branches" n layers beside each other, averaged. `Conv2dBlockHkWk(i, o)`: "single" convolution,
batch normalisation, leaky ReLU; "residual" two convolutions beside a shortcut. Channels last; keras is imported inside functions.
"""

from dataclasses import dataclass
from typing import Any

SLOPE, MOMENTUM, EPSILON = 0.2, 0.9, 1e-5  # of leaky ReLU; batch normalisation as PyTorch has it
LINEAR, CONVOLUTION = ("layers", "expansion", "single", "branches"), ("single", "residual")


@dataclass(frozen=True)
class Blocks:
    """How the blocks are read."""

    linear: str
    convolution: str
    is_normalised: bool

    def linear_block(self, x: Any, units: int, n: int, name: str) -> Any:
        """(batch, i) -> (batch, units)."""
        import keras

        dense = keras.layers.Dense
        if self.linear == "layers":
            for i in range(n):
                x = self._active(self._normal(dense(units, name=f"{name}_{i}")(x), f"{name}_{i}"), f"{name}_{i}")
            return x
        if self.linear == "expansion":
            x = self._active(dense(n * units, name=f"{name}_wide")(x), f"{name}_wide")
            return self._active(dense(units, name=f"{name}_narrow")(x), name)
        branches = [dense(units, name=f"{name}_{i}")(x) for i in range(n if self.linear == "branches" else 1)]
        x = keras.layers.Average(name=f"{name}_mean")(branches) if len(branches) > 1 else branches[0]
        return self._active(x, name)

    def convolution_block(self, x: Any, filters: int, size: int, name: str) -> Any:
        """(batch, h, w, i) -> (batch, h, w, filters)."""
        import keras

        conv = keras.layers.Conv2D
        y = self._normal(conv(filters, size, padding="same", name=f"{name}_0")(x), f"{name}_0")
        if self.convolution == "single":
            return self._active(y, name)
        y = self._normal(
            conv(filters, size, padding="same", name=f"{name}_1")(self._active(y, f"{name}_0")), f"{name}_1"
        )
        same = x.shape[-1] == filters
        return self._active(y + (x if same else conv(filters, 1, name=f"{name}_shortcut")(x)), name)

    def _normal(self, x: Any, name: str) -> Any:
        import keras

        if not self.is_normalised:
            return x
        return keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{name}_normal")(x)

    def _active(self, x: Any, name: str) -> Any:
        import keras

        return keras.layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_active")(x)
