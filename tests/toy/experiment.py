"""A small calorimeter that is unlike every experiment of Darkroom: no classes, hit lists beside a picture, energies in MeV.

Pages and shared code must take it as they take the others: not one line there knows it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Analysis, Inputs, Need, NoParameters, Progress
from core.data.cuts import Cut
from core.data.dataset import Dataset, read_array
from core.data.ragged import Ragged
from core.data.reading import Block, Reading, StoredArray
from core.data.simulation import Simulation
from core.data.table import Column, Table
from core.data.uid import Uid
from core.errors import DarkroomError
from core.experiment import Experiment
from core.figures.looking import Looking, View
from core.judge.judging import Judging
from core.judge.report import Figure, Report
from core.learn.network import Network, Record, Stage
from core.learn.tasks.generate import CONDITION, NOISE, Generate
from core.learn.tasks.regress import Regress
from core.parameters import param
from core.selection.selecting import Panel, Preset, Selecting
from core.selection.selection import Selection
from core.statistics.axis import Axis
from core.statistics.residuals import resampled

HERE, SIDE, NOISE_MEV = Path(__file__).resolve().parent, 4, 0.05  # cells along a side; noise of a cell
UID = Uid("shower", "run.number", "0.12", bits={"run": 43, "number": 20})
AXIS = Axis("energy_mev", "MeV", np.geomspace(2.0, 50.0, 6))


@dataclass(frozen=True)
class ReadSettings:
    """What must be known of a file to read it."""

    title: str = param("", "what the files are")


@dataclass(frozen=True)
class Beam:
    """The beam that is simulated."""

    low_mev: float = param(1.0, "least energy of a shower", unit="MeV", low=0.1, high=1000.0)
    high_mev: float = param(50.0, "greatest energy of a shower", unit="MeV", low=0.1, high=1000.0)


@dataclass(frozen=True)
class Cuts:
    """Cuts on showers."""

    energy_low_mev: float = param(2.0, "least energy", unit="MeV", low=0.0, high=1000.0)


@dataclass(frozen=True)
class Width:
    """The size of a network."""

    units: int = param(16, "width of its hidden layer", low=1, high=256)


@dataclass(frozen=True)
class Cells:
    """The cells as they are, in MeV: (SIDE, SIDE)."""

    arrays: ClassVar[tuple[str, ...]] = ("cells_mev",)

    def columns(self, dataset: Dataset) -> tuple[str, ...]:  # noqa: ARG002
        return ()

    def shape(self, dataset: Any) -> tuple[int, int]:  # noqa: ARG002
        return SIDE, SIDE

    def make(self, arrays: Any, table: Any, dataset: Dataset) -> np.ndarray:  # noqa: ARG002
        return np.asarray(arrays["cells_mev"], np.float32)


def simulate(
    folder: Path, parameters: Beam = Beam(), n_events: int = 200, seed: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Path]:  # fmt: skip
    """Two runs of showers: energies even in the logarithm, shares of the cells exponential, ten hits a MeV."""
    paths, n = [folder / f"run{run}.npz" for run in range(2)], n_events // 2
    for run, path in enumerate(paths):
        generator = np.random.default_rng((seed, run))
        true_mev = np.exp(generator.uniform(*np.log([parameters.low_mev, parameters.high_mev]), n))
        share = generator.exponential(size=(n, SIDE, SIDE))
        cells = true_mev[:, None, None] * share / share.sum(axis=(1, 2), keepdims=True)
        n_hits = 1 + generator.poisson(10.0 * true_mev)
        hits = {
            "time_ns": generator.exponential(20.0, n_hits.sum()),
            "charge_pe": generator.gamma(4, 0.25, n_hits.sum()),
        }
        cells += generator.normal(0.0, NOISE_MEV, cells.shape)
        np.savez(path, run=run, true_mev=true_mev, cells_mev=cells, n_hits=n_hits, **hits)
        progress((run + 1) * n, 2 * n)
    return paths


def read_file(path: Path) -> Mapping[str, np.ndarray]:
    """The arrays of a raw file by name."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError) as error:
        raise DarkroomError(f"{path.name} cannot be read ({error}): expected showers in a .npz file.") from None


def blocks(path: Path, settings: ReadSettings) -> Iterator[Block]:
    """The showers of a file: cells, and the hits as two lists that are as long as each other."""
    raw = read_file(path)
    n, offsets = len(raw["n_hits"]), np.concatenate([[0], np.cumsum(raw["n_hits"])])
    time, charge = (Ragged(raw[name].astype(np.float32), offsets) for name in ("time_ns", "charge_pe"))
    cells = raw["cells_mev"].astype(np.float32)
    rows = {
        "uid": UID.pack(int(raw["run"]), np.arange(n)), "run": np.full(n, int(raw["run"]), np.int32),
        "flags": (cells.min(axis=(1, 2)) < -3.0 * NOISE_MEV).astype(np.int32), "energy_mev": cells.sum(axis=(1, 2)),
        "n_hits": raw["n_hits"].astype(np.int32), "light_pe": np.add.reduceat(charge.values, offsets[:-1]),
        "true_mev": raw["true_mev"].astype(np.float32),
    }  # fmt: skip
    yield Block(rows, {"time_ns": time, "charge_pe": charge, "cells_mev": cells})


def source(path: Path, settings: ReadSettings) -> dict[str, Any]:
    """The run of a file; none tells its live time."""
    return {"run": int(read_file(path)["run"]), "subrun": 0, "live_s": None}


def preview(path: Path) -> dict[str, Any]:
    """The file's arrays with their types."""
    raw = read_file(path)
    lines = [{"branch": name, "type": str(array.dtype), "first": str(array.flat[0])} for name, array in raw.items()]
    arrays = {"kind": "arrays", "n_entries": len(raw["n_hits"]), "n_branches": len(raw), "branches": lines}
    return {"file": path.name, "objects": {}, "trees": {"showers": arrays}}


def draw_cells(dataset: Dataset, row: int, settings: NoParameters) -> go.Figure:
    """The energy in each cell."""
    return go.Figure(go.Heatmap(z=read_array(dataset, "cells_mev", [row])[0], colorbar={"title": "MeV"}))


def regression(parameters: Width, input_shape: Any, n_outputs: int) -> Any:
    """A base of one layer and a head of one."""
    import keras

    inputs = keras.Input(input_shape, name="cells")
    x = keras.layers.Dense(parameters.units, activation="relu", name="base")(keras.layers.Flatten(name="flat")(inputs))
    return keras.Model(inputs, keras.layers.Dense(n_outputs, name="head")(x), name="energy")


def generator(parameters: Width, input_shape: Any, output: Any) -> Any:
    """Noise to the shares of the cells in the energy that is asked for."""
    import keras

    from tests.toy.layers import Shared

    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    x = keras.layers.Dense(parameters.units, activation="relu", name="hidden")(inputs[NOISE])
    cells = Shared(name="cells")([inputs[CONDITION], keras.layers.Dense(output[0] * output[1], name="numbers")(x)])
    return keras.Model(inputs, keras.layers.Reshape(output, name="sample")(cells), name="showers")


def response(inputs: Inputs, settings: NoParameters, progress: Progress) -> Report:
    """The median of measured over simulated energy, bin by bin."""
    assert inputs.dataset is not None
    true_mev, measured_mev = (inputs.dataset.column(name) for name in ("true_mev", "energy_mev"))
    bins = np.digitize(measured_mev, AXIS.edges)
    medians = [resampled((measured_mev / true_mev)[bins == i], np.median) for i in range(1, len(AXIS.edges))]
    columns = {
        "from [MeV]": AXIS.edges[:-1].tolist(),
        "median": [m.value for m in medians],
        "n": [m.n for m in medians],
    }
    figure = go.Figure(go.Scatter(x=columns["from [MeV]"], y=columns["median"])).update_xaxes(title=AXIS.title)
    return Report(figures=(Figure("Response", figure, "One everywhere: nothing is lost.", columns),))


COMMON: dict[str, Any] = {
    "parameters": Width, "recipe_for": lambda _parameters: Cells(), "record": Record("any"), "cpu_events_per_s": 1e4,
    "training": {"batch_size": 16, "epochs": 2, "learning_rate": 0.01, "xla": "no"},
}  # fmt: skip
EXPERIMENT = Experiment(
    key="toy", title="Toy, showers in a calorimeter", row_name="shower",
    reading=Reading(
        version=1, mapping=ReadSettings, mappings={"toy": HERE / "toy.toml"}, file_patterns=("*.npz",),
        arrays=(
            StoredArray("time_ns", "ns", ("float32",), is_ragged=True, help="When each hit was seen"),
            StoredArray("charge_pe", "pe", ("float32",), is_ragged=True, help="Charge of each hit"),
            StoredArray("cells_mev", "MeV", ("float32",), help="Energy in each cell"),
        ),
        blocks=blocks, source=source, preview=preview, no_rows="the file holds no shower: leave it out.",
    ),
    table=Table(
        columns=(
            Column("energy_mev", "Energy", "MeV", 0.0, 60.0, 60, 2, "Sum of the cells"),
            Column("n_hits", "Hits", "", -0.5, 599.5, 60, 0, "Photons that were seen"),
            Column("light_pe", "Light", "pe", 0.0, 600.0, 60, 1, "Sum of the hits' charges"),
        ),
        flags=("below_noise",), uid=UID, truth="true_mev",
    ),
    simulation=Simulation(Beam, simulate, HERE / "sample"),
    selecting=Selecting(
        cuts=Cuts, cut_list=lambda cuts: [Cut("energy", "energy_mev", cuts.energy_low_mev)],
        group=lambda dataset: dataset.column("uid"),
        presets={"all": Preset(Selection(Cuts(), ""), "Every shower above 2 MeV")},
        panels=(Panel("energy_mev", ("energy_low_mev",)),), mapping=ReadSettings,
        statistics=lambda selected: [{"showers": len(selected.preselected)}],
    ),
    labels=None,
    networks={
        "energy": Network(
            build=regression, title="Energy from the cells", task=Regress({"true_mev": "MeV"}),
            stages=(Stage("head", trainable=("head",), epochs=2, rate=0.05, input="base"), Stage("all")), **COMMON,
        ),
        "showers": Network(
            build=generator, title="Cells of an energy", task=Generate(("true_mev",), noise=4),
            layers="tests.toy.layers", **COMMON,
        ),
    },
    looking=Looking({"cells": View("Cells", "Where the energy went.", NoParameters, draw_cells)}),
    judging=Judging(AXIS),
    analyses={
        "response": Analysis("Response", "Is energy lost?", NoParameters, {"dataset": Need("data", True)}, response),
    },
)  # fmt: skip
