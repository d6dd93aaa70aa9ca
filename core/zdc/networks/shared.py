"""What all generators in the frame of the impact have in common: what they know, how much of the energy is seen, and the tail.

Each of their networks gives its loss in parts, of which `ratio` (the sum of the cells over the energy) and `tail` are made here, from the
rows of `core.zdc.frame.vector`. keras is imported inside the builders only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.zdc.frame import vector
from core.zdc.grid import from_arrays
from core.zdc.networks.numbers import N_PLACES, N_RATIO, N_TAIL_MIX, RATIO_UNITS, TAIL_UNITS

FOLD = 1.0 / vector.N_TAIL  # the loss of the tail counts for one of the cells that were chosen, not for all


@dataclass(frozen=True)
class Pieces:
    """The pieces of a recorded row as tensors, standardised: `known` (n, 8), `known_ratio` the same with the sum over energy in it,
    and by name what `vector.PARTS` lists.
    """

    known: Any
    known_ratio: Any
    ratio: Any
    by_name: dict[str, Any]


def pieces(recorded: Any) -> Pieces:
    """The recorded row (n, vector.SIZE) taken apart."""
    import keras

    from core.zdc.layers import Detector, Impact, Split, Standard

    parts = Split(vector.PARTS.values(), name="pieces")(Detector(name="detector")(recorded))
    by_name = dict(zip(vector.PARTS, parts, strict=True))
    log_energy, offset, ratio = Split((1, 2, 1), name="start")(by_name["start"])
    log_energy = Standard(name="log_energy")(log_energy)
    ratio = Standard(name="ratio")(ratio)
    nothing = keras.ops.zeros_like(ratio)
    join = keras.layers.Concatenate
    known = Impact(name="known")(join(name="start_blind")([log_energy, offset, nothing]))
    known_ratio = Impact(name="known_ratio")(join(name="start_all")([log_energy, offset, ratio]))
    return Pieces(known, known_ratio, ratio, by_name)


def ratio_loss(p: Pieces) -> Any:
    """The part `ratio`: how likely the sum of the cells is, given energy and impact."""
    import keras

    from core.zdc.layers import MixtureLoss, Spread

    x = p.known
    for i in range(2):
        x = keras.layers.Dense(RATIO_UNITS, activation="silu", name=f"ratio_{i}")(x)
    x = keras.layers.Dense(3 * N_RATIO, bias_initializer=Spread(N_RATIO, False), name="ratio_out")(x)
    x = keras.layers.Reshape((1, 3 * N_RATIO), name="ratio_mixture")(x)
    return MixtureLoss(N_RATIO, False, name="ratio_loss")([x, p.ratio])


def tail_loss(p: Pieces) -> Any:
    """The part `tail`: how likely the chosen cells of the tail are, given where they lie and what the core has."""
    import keras

    from core.zdc.layers import MixtureLoss, Spread, Standard

    context = keras.layers.Concatenate(name="tail_context")([p.known_ratio, Standard(name="facts")(p.by_name["facts"])])
    near = keras.layers.Reshape((vector.N_TAIL, vector.N_NEAR), name="near")(p.by_name["near"])
    context = keras.layers.Dense(TAIL_UNITS, name="tail_0_context")(context)
    x = keras.layers.Dense(TAIL_UNITS, use_bias=False, name="tail_0_place")(near)
    x = keras.layers.Activation("relu", name="tail_0")(x + keras.ops.expand_dims(context, 1))
    x = keras.layers.Dense(TAIL_UNITS, activation="relu", name="tail_1")(x)
    n = 1 + 3 * N_TAIL_MIX
    x = keras.layers.Dense(n, bias_initializer=Spread(N_TAIL_MIX), name="tail_out")(x)
    y = Standard(name="tail_y")(keras.layers.Reshape((vector.N_TAIL, 1), name="tail_values")(p.by_name["tail_y"]))
    y = keras.layers.Reshape((vector.N_TAIL,), name="tail_flat")(y)
    return MixtureLoss(N_TAIL_MIX, scale=FOLD, name="tail_loss")([x, y, p.by_name["tail_hit"]])


def adapt(model: Any, plan: Any, recorded: np.ndarray, targets: np.ndarray) -> dict[str, Any]:  # noqa: ARG001
    """Give a network the means and spreads of the training sample, and the detector's cells and threshold."""
    rows = named(recorded)
    model.get_layer("facts").adapt(rows["facts"])
    model.get_layer("tail_y").adapt(rows["tail_y"].reshape(-1, 1), rows["tail_hit"].reshape(-1, 1))
    model.get_layer("core_y").adapt(rows["y"], rows["is_hit"])
    return adapt_start(model, plan, recorded)


def adapt_start(model: Any, plan: Any, recorded: np.ndarray) -> dict[str, Any]:
    """The same of what tells energy and sum, and of the detector."""
    rows, grid = named(recorded), from_arrays(plan.dataset.geometry)
    model.get_layer("log_energy").adapt(rows["start"][:, :1])
    model.get_layer("ratio").adapt(rows["start"][:, 3:])
    detector = model.get_layer("detector")
    detector.facts.assign(np.array([*grid.shape, grid.cell_mm, grid.threshold_mev]))
    detector.places.assign(_places(plan, grid.shape))
    geometry = {name: np.asarray(values).tolist() for name, values in plan.dataset.geometry.items()}
    return {"rows": len(recorded), "hit_cells_of_core": float(rows["is_hit"].sum(axis=1).mean()), "geometry": geometry}


def named(recorded: np.ndarray) -> dict[str, np.ndarray]:
    """Recorded rows (n, vector.SIZE) taken apart, float64, by the names of `vector.PARTS`."""
    ends = np.cumsum(list(vector.PARTS.values()))[:-1]
    return dict(zip(vector.PARTS, np.split(recorded.astype(np.float64), ends, axis=1), strict=True))


def _places(plan: Any, shape: tuple[int, int]) -> np.ndarray:
    """float64 (N_PLACES, 2): row and column of the brightest cell of showers of the training sample."""
    from core.data.dataset import read_array

    rows = plan.train_sample.rows
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), N_PLACES)).astype(np.int64))
    cells = read_array(plan.dataset, "cells_mev", rows[chosen]).reshape(len(chosen), -1)
    places = np.stack(np.unravel_index(cells.argmax(axis=1), shape), axis=1)
    return np.resize(places, (N_PLACES, 2)).astype(np.float64)
