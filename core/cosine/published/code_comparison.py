"""Printed networks and settings beside our networks and presets: what "code" stands for."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.analysis.comparison import Comparison, Number
from core.cosine.model import NETWORKS
from core.cosine.published import results
from core.cosine.published.inconsistencies import accuracy
from core.cosine.select import PRESETS
from core.selection.selection import Selection

CODE = "code"
NOT_BUILT = "our network was not built for this list"
BATCH_NORM = (
    "ours has batch normalisation after the five convolutions and the four hidden dense layers, as the slides say: "
    "13,696 parameters more"
)
BATCHES = 30
Shape = tuple[int, ...]


def cnn_rows(networks: Mapping[str, Any] | None) -> Iterator[Comparison]:
    """The CNN: shapes as printed, by arithmetic and as built; parameters, which were not printed."""
    layers = _layers(networks, "cnn")
    shape: Shape = results.CNN_INPUT_SHAPE
    names, total = iter(_cnn_names()), 0
    for i, (text, printed) in enumerate(results.CNN_LAYERS, 1):
        name = next(names)
        shape, parameters = after(text, shape)
        total += parameters
        yield _row(
            "cnn_layers",
            f"{i}. {text}",
            "output shape",
            _text("cnn_layers", printed),
            _text("cnn_layers", shape),
            layers,
            name,
            "shape",
        )
        yield _row("cnn_layers", f"{i}. {text}", "parameters", None, parameters, layers, name, "parameters")
    plain = sum(n for name, (_, n) in layers.items() if not name.endswith("_norm")) if layers else None
    norm = batch_norm_parameters()
    yield _total("cnn_layers", "all, without batch normalisation", None, total, plain)
    whole = sum(n for _, n in layers.values()) if layers else None
    yield _total("cnn_layers", "all, with batch normalisation", None, total + norm, whole, BATCH_NORM)


def dnn_rows(networks: Mapping[str, Any] | None) -> Iterator[Comparison]:
    """The dense network: shapes and parameters as printed, by arithmetic, and as built."""
    layers, n_dense = _layers(networks, "dense"), 0
    before: Shape = results.CNN_INPUT_SHAPE
    total = 0
    for kind, shape, parameters in results.DNN_LAYERS:
        n_dense += kind == "Dense"
        last = n_dense == len(results.DNN_LAYERS) - 1
        row = f"{kind.lower()}_{max(n_dense, 1)}"
        name = "score" if last else "reshape" if kind == "Reshape" else row
        by_arithmetic, counted = after(f"Dense({shape[0]})", before) if kind == "Dense" else ((math.prod(before),), 0)
        total += counted
        yield _row(
            "dnn_layers",
            row,
            "output shape",
            _text("dnn_layers", shape),
            _text("dnn_layers", by_arithmetic),
            layers,
            name,
            "shape",
        )
        yield _row("dnn_layers", row, "parameters", parameters, counted, layers, name, "parameters")
        if kind == "Dense":
            yield from _without_parameters(n_dense, last, shape, by_arithmetic, layers)
        before = by_arithmetic
    whole = sum(n for _, n in layers.values()) if layers else None
    yield _total("dnn_layers", "all", results.DNN_PARAMETERS, total, whole)


def _without_parameters(
    i: int, last: bool, printed: Shape, by_arithmetic: Shape, layers: Mapping[str, tuple[Shape, int]]
) -> Iterator[Comparison]:
    """The activation, and but for the last layer the dropout, that follow a dense layer."""
    inside = "the activation is part of our dense layer"
    for kind, name in (
        ("activation", "score" if last else f"dense_{i}"),
        *(() if last else (("dropout", f"dropout_{i}"),)),
    ):
        row, why = f"{kind}_{i}", inside if kind == "activation" else ""
        yield _row(
            "dnn_layers",
            row,
            "output shape",
            _text("dnn_layers", printed),
            _text("dnn_layers", by_arithmetic),
            layers,
            name,
            "shape",
            why,
        )
        yield Comparison("dnn_layers", row, "parameters", 0, 0, ours=0 if layers else None, run=CODE if layers else None,
                         comment=why if layers else NOT_BUILT)  # fmt: skip


def after(layer: str, shape: Shape) -> tuple[Shape, int]:
    """Output shape and parameters of a layer as printed, on an input shape without the batch dimension.

    Convolutions and pooling are 'valid': no padding, what does not fill a window at the end is dropped.
    """
    options = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", layer)}
    if layer.startswith("Conv1D"):
        size, filters = options["kernel_size"], options["filters"]
        return ((shape[0] - size) // options.get("strides", 1) + 1, filters), (size * shape[1] + 1) * filters
    if layer.startswith("MaxPool1D"):
        size = options["pool_size"]
        return ((shape[0] - size) // options.get("strides", size) + 1, shape[1]), 0
    if layer.startswith("Dense"):
        units = int(re.findall(r"\d+", layer)[0])
        return (units,), (math.prod(shape) + 1) * units
    return (math.prod(shape),), 0


def batch_norm_parameters() -> int:
    """Four per channel after each convolution and each hidden dense layer: scale, offset, mean, variance."""
    normed = [shape for text, shape in results.CNN_LAYERS[:-1] if text.startswith(("Conv1D", "Dense"))]
    return 4 * sum(shape[-1] for shape in normed)


def _cnn_names() -> Iterator[str]:
    """Our names of the printed layers."""
    n_conv = n_dense = 0
    for text, shape in results.CNN_LAYERS:
        kind = text.partition("(")[0]
        n_conv, n_dense = n_conv + (kind == "Conv1D"), n_dense + (kind == "Dense")
        hidden = "score" if shape == (2,) else f"dense_{n_dense}"
        yield {"Conv1D": f"conv_{n_conv}", "MaxPool1D": f"pool_{n_conv}", "Flatten": "flatten", "Dense": hidden}[kind]


def _layers(networks: Mapping[str, Any] | None, name: str) -> dict[str, tuple[Shape, int]]:
    """Shape (without the batch dimension) and parameters of each layer of one of our networks; empty if not built."""
    layers = (networks or {}).get(name, {}).get("layers", [])
    return {layer["name"]: (tuple(layer["output_shape"][1:]), layer["parameters"]) for layer in layers}


def _row(
    table: str, row: str, column: str, printed: Number | None, recomputed: Number,
    layers: Mapping[str, tuple[Shape, int]], name: str, what: str, why: str = "",
) -> Comparison:  # fmt: skip
    if name not in layers:
        return Comparison(table, row, column, printed, recomputed, comment=NOT_BUILT)
    shape, parameters = layers[name]
    return Comparison(
        table,
        row,
        column,
        printed,
        recomputed,
        ours=_text(table, shape) if what == "shape" else parameters,
        run=CODE,
        comment=why,
    )


def _total(table: str, row: str, printed: int | None, recomputed: int, ours: int | None, why: str = "") -> Comparison:
    comment = why or ("" if ours is not None else NOT_BUILT)
    return Comparison(
        table, row, "parameters", printed, recomputed, ours=ours, run=None if ours is None else CODE, comment=comment
    )


def _text(table: str, shape: Shape) -> str:
    """A shape as that slide writes it: `(1348, 96)` and `512`, or `(None, 768)`."""
    if table == "dnn_layers":
        return f"(None, {', '.join(map(str, shape))})"
    return f"({', '.join(map(str, shape))})" if len(shape) > 1 else str(shape[0])


def settings_rows(table: str) -> Iterator[Comparison]:
    """Numbers in the text of one slide set beside our preset and the defaults of our network."""
    settings = results.CNN_SETTINGS if table == "cnn_settings" else results.DNN_SETTINGS
    ours, recomputed, remarks = _our_settings(table), _recomputed_settings(table), _remarks(table)
    for name, printed in settings.items():
        decimals = len(f"{printed:g}".partition(".")[2]) if isinstance(printed, float) else 0
        is_range = "~" in str(printed) and ours.get(name) != printed
        yield Comparison(
            table, name, "value", printed, recomputed.get(name), ours=ours.get(name), run=CODE if name in ours else None,
            comment=remarks.get(name, ""), decimals=-3 if name == "events in 30 batches" else decimals,
            comparable=not is_range,
        )  # fmt: skip


def _our_settings(table: str) -> dict[str, Number]:
    if table == "dnn_settings":
        training, cuts = NETWORKS["dense"].training, _cuts(PRESETS["dnn2020"].selection)
        dropout = NETWORKS["dense"].parameters().dropout
        return {**cuts, "dropout": dropout, "epochs": training["epochs"], "batch size": training["batch_size"]}
    training, selection = NETWORKS["cnn"].training, PRESETS["cnn2020"].selection
    threshold = selection.cuts.nmt500_threshold_us
    return {
        **_cuts(selection),
        "nmt500 of signal above": threshold,
        "nmt500 of background below": threshold,
        "energy of the nmt500 figure [keV]": f"{selection.cuts.energy_low_kev:g}~{selection.cuts.energy_high_kev:g}",
        "batch size": training["batch_size"],
        "learning rate": training["learning_rate"],
        "beta_1": training["beta_1"],
        "epochs, 6~10 keV": training["epochs"],
        "epochs, 3~6 keV": training["epochs"],
        "events in 30 batches": BATCHES * training["batch_size"],
    }


def _cuts(selection: Selection) -> dict[str, Number]:
    cuts = selection.cuts
    return {
        "signal runs": ", ".join(map(str, sorted(cuts.signal_runs, reverse=True))),
        "background runs": ", ".join(map(str, cuts.background_runs)),
    }


def _recomputed_settings(table: str) -> dict[str, Number]:
    if table == "dnn_settings":
        return {"accuracy, crystal 3 [%]": accuracy().plain}
    batch = int(results.CNN_SETTINGS["batch size"])
    low, high = signal_in_batches(BATCHES * batch)
    return {"events in 30 batches": BATCHES * batch, "signal events in 30 batches": f"{low:.0f}~{high:.0f}"}


def signal_in_batches(n_events: int) -> tuple[float, float]:
    """Signal expected among so many training events, in the cells with the smallest and the largest share."""
    shares = [row.training[1] / sum(row.training) for row in results.CNN_STATISTICS]
    return n_events * min(shares), n_events * max(shares)


def _remarks(table: str) -> dict[str, str]:
    if table == "dnn_settings":
        return {
            "accuracy, crystal 3 [%]": "no combination of the printed test table gives 80 %: see the inconsistencies",
            "dropout": "printed as a range; ours is one value, a parameter of the network",
        }
    epochs = "printed as what was enough; ours is one default for all windows, the best epoch by validation is kept"
    return {
        "epochs, 6~10 keV": epochs,
        "epochs, 3~6 keV": epochs,
        "nmt500 of signal above": "printed without a unit; 0.12 µs divides scintillation from fast noise",
        "nmt500 of background below": "printed without a unit; the same value makes the labels circular",
        "events in 30 batches": "printed as about 2,000",
        "signal events in 30 batches": "depends on the class balance of the training sample",
    }
