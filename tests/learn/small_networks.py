"""Small networks on the toy's waveforms, one for each task: a regression in two stages, a generator, one with its own loss."""

from dataclasses import dataclass
from typing import Any

from core.cosine.recipe import WaveformInput
from core.learn.network import Network, Record, Stage
from core.learn.tasks.generate import CONDITION, NOISE, RECORDED, SAMPLES, Generate
from core.learn.tasks.regress import Regress
from core.parameters import param

TARGET, UNIT = "energy_kev", "keV"
BASE = "base"
TRAINING = {"batch_size": 16, "epochs": 2, "learning_rate": 0.01, "beta_1": 0.9, "xla": "no"}
RECORD = Record("any record", {"sampling_ns": 2.0, "record_samples": 4080, "pretrigger_samples": 1200})


@dataclass(frozen=True)
class Small:
    """The width of the hidden layer."""

    units: int = param(8, "width of the hidden layer", low=1, high=64)


def pooled(_parameters: Small) -> WaveformInput:
    """Few samples around the trigger."""
    return WaveformInput(first_us=0.0, last_us=1.024, pool_samples=64, scale_adc=50.0, shape_of_scale="asinh")


def regression(parameters: Small, input_shape: Any, n_outputs: int) -> Any:
    """A base of one layer, and a head of one; dropout between them has a random state."""
    import keras

    inputs = keras.Input(input_shape, name="waveform")
    x = keras.layers.Flatten(name="flat")(inputs)
    x = keras.layers.Dense(parameters.units, activation="relu", name=BASE)(x)
    x = keras.layers.Dropout(0.1, name="head_dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(n_outputs, name="head")(x), name="regression")


def generator(parameters: Small, input_shape: dict[str, Any], output: tuple[int, ...]) -> Any:
    """Condition and noise to a sample."""
    import keras

    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    x = keras.layers.Concatenate(name="joined")([inputs[CONDITION], inputs[NOISE]])
    x = keras.layers.Dense(parameters.units, activation="relu", name="hidden")(x)
    x = keras.layers.Dense(output[0] * output[1], name="flat")(x)
    return keras.Model(inputs, keras.layers.Reshape(output, name="sample")(x), name="generator")


def variational(parameters: Small, input_shape: dict[str, Any], output: tuple[int, ...]) -> Any:
    """The generator with a loss of its own that looks at all it is given, as a variational autoencoder's does."""
    import keras

    class Variational(keras.Model):  # type: ignore[misc]
        def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_others: Any, **_more: Any) -> Any:
            distance = keras.ops.mean(keras.ops.square(y - y_pred))
            return distance + 0.01 * keras.ops.mean(keras.ops.square(y_pred)) + 0.0 * keras.ops.mean(x[CONDITION])

    plain = generator(parameters, input_shape, output)
    return Variational({tensor.name: tensor for tensor in plain.inputs}, plain.outputs[0], name="variational")


def own_step(parameters: Small, input_shape: Any, n_outputs: int) -> Any:
    """The regression with a step of its own: it tells its loss and nothing else."""
    import keras

    class OwnStep(keras.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            return {"loss": super().train_step(data)["loss"]}

    plain = regression(parameters, input_shape, n_outputs)
    return OwnStep(plain.inputs, plain.outputs[0], name="own_step")


def density(parameters: Small, input_shape: dict[str, Any], output: int) -> Any:
    """Two parts of a loss, from condition and record."""
    import keras

    assert output == 3
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    x = keras.layers.Dense(parameters.units, activation="relu", name="hidden")(inputs[CONDITION])
    says = keras.layers.Dense(1, name="says")(x)
    mean = keras.layers.Dense(1, name="mean")(keras.layers.Flatten(name="flat")(inputs[RECORDED]))
    far = keras.layers.Dense(1, activation="softplus", name="far")(mean)
    near = keras.layers.Activation("softplus", name="near")(keras.layers.Subtract(name="between")([mean, says]))
    parts = [near, far]
    return keras.Model(inputs, keras.layers.Concatenate(name="parts")([parts[0] + parts[1], *parts]), name="density")


def adapt(model: Any, plan: Any, recorded: Any, targets: Any) -> dict[str, Any]:
    """The mean of the records, as a fact."""
    return {"rows": len(recorded), "energy_kev": float(targets.mean())}


def sampler(model: Any, parameters: Small) -> Any:
    """Records of one number: what the condition says, with a little noise."""
    import keras

    part = keras.Model(model.inputs[0], model.get_layer("says").output)

    def draw(condition: Any, noise: Any) -> dict[str, Any]:
        return {SAMPLES: part.predict_on_batch(condition) + 0.01 * noise[:, :1]}

    return draw


_COMMON: dict[str, Any] = {
    "parameters": Small,
    "recipe_for": pooled,
    "training": TRAINING,
    "cpu_events_per_s": 1e4,
    "record": RECORD,
}
NETWORKS = {
    "regression": Network(
        title="Two stages", build=regression, task=Regress({TARGET: UNIT}),
        stages=(
            Stage("head", trainable=("head",), epochs=2, rate=0.02, input=BASE),
            Stage("all"),
        ), **_COMMON,
    ),
    "generator": Network(title="Generator", build=generator, task=Generate((TARGET,), noise=3), **_COMMON),
    "variational": Network(title="Own loss", build=variational, task=Generate((TARGET,), noise=3), **_COMMON),
    "density": Network(
        title="Loss in parts", build=density, task=Generate((TARGET,), noise=2, parts=("near", "far")), adapt=adapt,
        sampler=sampler, **_COMMON,
    ),
    "own_step": Network(title="Own step", build=own_step, task=Regress({TARGET: UNIT}), **_COMMON),
}  # fmt: skip
