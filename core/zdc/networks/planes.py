"""MASK and VALUE images: how they are standardised, how low their losses can get, and how images are drawn from a trained network."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from core.errors import DarkroomError
from core.zdc.grid import from_arrays
from core.zdc.networks.floor import floors
from core.zdc.networks.start import detector_of
from core.zdc.recipe import ENERGY

BATCHES = (1, 16, 256, 1024)  # the backend compiles anew for every size: batches are filled up to the next of these


def check_width(hidden_dim: int) -> None:
    """Four channels become four cells, so that widths are multiples of 4."""
    if hidden_dim % 4:
        raise DarkroomError(f"Parameter 'hidden_dim' is {hidden_dim}: expected a multiple of 4.")


def check_side(shape: tuple[int, ...], side: int) -> None:
    """Refuse images of another size."""
    if tuple(shape[:2]) != (side, side):
        raise DarkroomError(
            f"The images have {shape[0]} x {shape[1]} cells, this network generates {side} x {side}: set `window` to {side} in the "
            "mapping and prepare the files again, or choose another network."
        )


def known(condition: Any, conditions: tuple[str, ...], energy_scale: str) -> Any:
    """The conditions (n, k) with mean 0 and spread 1, the energy in its logarithm if that is wanted."""
    from core.zdc.layers import Logarithm, Standard

    if energy_scale == "log" and ENERGY in conditions:
        condition = Logarithm(conditions.index(ENERGY), name="log")(condition)
    return Standard(name="condition_standard")(condition)


def standardised(value: Any, side: int, scale: str) -> Any:
    """VALUE (n, side, side, 1) with mean 0 and spread 1, of all cells together or of each by itself."""
    import keras

    from core.zdc.layers import Standard

    if scale == "all":
        return Standard(name="value")(value)
    flat = Standard(name="value")(keras.layers.Reshape((side * side,), name="value_flat")(value))
    return keras.layers.Reshape((side, side, 1), name="value_cells")(flat)


def adapt(model: Any, plan: Any, recorded: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """Give a network the means and spreads of the training sample; the least losses that are possible, as facts."""
    parameters, facts = plan.network_parameters, adapt_known(model, plan, recorded, targets)
    value = recorded[..., 1].astype(np.float64)
    flat = value.reshape(len(value), -1)
    model.get_layer("value").adapt(flat if parameters.value_scale == "each" else flat.reshape(-1, 1))
    spread = np.asarray(model.get_layer("value").get_weights()[1], np.float64)
    least = {}
    if plan.task.conditions == (ENERGY,) and parameters.value_cells == "all":
        least = floors(recorded[..., 0], flat / spread, targets[:, 0])
    return facts | {"floors": least}


def adapt_known(model: Any, plan: Any, recorded: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """The same of the conditions, and the detector's cells and threshold."""
    condition, grid = targets.astype(np.float64), from_arrays(plan.dataset.geometry)
    if plan.network_parameters.energy_scale == "log" and ENERGY in plan.task.conditions:
        at = plan.task.conditions.index(ENERGY)
        condition[:, at] = np.log(condition[:, at])
    model.get_layer("condition_standard").adapt(condition)
    model.get_layer("detector").facts.assign(np.array([*grid.shape, grid.cell_mm, grid.threshold_mev]))
    geometry = {name: np.asarray(values).tolist() for name, values in plan.dataset.geometry.items()}
    return {"rows": len(recorded), "geometry": geometry}


def answering(model: Any, scale: str) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, float]]:
    """(conditions (n, k)) -> probability of MASK, VALUE [MeV], both float32 (n, n_y, n_x), and the threshold [MeV]."""
    import keras

    part = keras.Model(model.get_layer("condition").output, model.get_layer("planes").output)
    mean, spread = (np.asarray(values, np.float32) for values in model.get_layer("value").get_weights())
    detector = detector_of(model)
    shape = (detector.n_y, detector.n_x) if scale == "each" else (1,)

    def answer(condition: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        planes = filled(part, condition)
        mask = special.expit(planes[..., 0])
        return mask, planes[..., 1] * spread.reshape(shape) + mean.reshape(shape), detector.threshold_mev

    return answer


def exported(model: Any, scale: str) -> Any:
    """The keras model from conditions (n, k) to `mask`, the probability that a cell is hit, and `value_mev`, both (n, n_y, n_x)."""
    import keras

    drawn = keras.Model(model.get_layer("condition").output, model.get_layer("planes").output)
    mean, spread = (np.asarray(values, np.float32) for values in model.get_layer("value").get_weights())
    detector = detector_of(model)
    shape = (1, detector.n_y, detector.n_x) if scale == "each" else (1, 1, 1)
    condition = keras.Input(model.get_layer("condition").output.shape[1:], name="condition")
    planes = drawn(condition)
    value_mev = planes[..., 1] * spread.reshape(shape) + mean.reshape(shape)
    return keras.Model(condition, {"mask": keras.ops.sigmoid(planes[..., 0]), "value_mev": value_mev}, name="planes_of")


def filled(model: Any, *inputs: np.ndarray) -> np.ndarray:
    """The output of a keras model for inputs (n, ...), in batches of a few sizes."""
    n, pieces = len(inputs[0]), []
    for start in range(0, n, BATCHES[-1]):
        part = [values[start : start + BATCHES[-1]] for values in inputs]
        m = len(part[0])
        size = next(size for size in BATCHES if size >= m)
        whole = [np.concatenate([values, np.repeat(values[:1], size - m, axis=0)]) for values in part]
        pieces.append(np.asarray(model.predict_on_batch(whole if len(whole) > 1 else whole[0]), np.float32)[:m])
    return np.concatenate(pieces)
