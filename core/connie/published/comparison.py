"""Slides 002 beside ours: layers as printed, settings, classes with pictures, and the five preprocessings side by side.

The slides print no count and no efficiency, so that ours of classes and variants stand alone, as "no number printed".
"""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata

from core.analysis import comparison_report
from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.analysis.comparison import Comparison, Inconsistency, Number
from core.analysis.comparison_report import PrintedResult
from core.connie.labels.classes import FINE, class_maps
from core.connie.model import DECO_FILTERS, NETWORKS, DecoParameters, deco_parameters
from core.connie.published import pictures, printed
from core.connie.recipe import VARIANT_CLASSES, VARIANTS
from core.connie.select import PRESETS
from core.data.splits import TEST
from core.judge.report import Report
from core.judge.score_table import ScoreTable
from core.parameters import param, specs
from core.statistics import multiclass
from core.statistics.intervals import Interval, defined

TABLES = {
    "layers": "Layers and parameters",
    "settings": "Training, software and hardware",
    "classes": "Classes",
    "variants": "Five preprocessings",
}
CODE = "code"
NO_NUMBER = "no number printed"
NOT_TRAINED = f"{NO_NUMBER}; ours is not trained on this data set: train the five variants on the page, or with --train"
N_CLASSES = 3


@dataclass(frozen=True)
class VariantParameters:
    """With which network the five preprocessings are compared, and how long it is trained."""

    network: str = param(
        "compact", "the small network on the picture alone, or the slides' own", choices=tuple(NETWORKS)
    )
    epochs: int = param(8, "epochs of each training; the slides had 200", low=1, high=200)


def rows(inputs: Inputs) -> Iterator[Comparison]:
    """All rows, table by table in the order of `TABLES`."""
    yield from _layer_rows(inputs.layers)
    yield from _setting_rows()
    yield from _class_rows(inputs)
    for name in printed.VARIANTS:
        yield _variant_row(name, inputs.trained.get(name))


def _layer_rows(layers: Mapping[str, Mapping[str, object]] | None) -> Iterator[Comparison]:
    """Every printed layer beside the same one of our network, and the weights of all layers together."""
    for i, ((number, kind, *cells), ours) in enumerate(zip(printed.LAYERS, _our_layers(), strict=True), 1):
        for column, cell, our_cell in zip(printed.COLUMNS, cells, ours, strict=True):
            is_last = i == len(printed.LAYERS) and column == "features"
            why = "one output per class: three here, six for variant B; the slides have 4 for both" if is_last else ""
            yield Comparison("layers", f"{i}: {number} {kind}", column, cell, ours=our_cell, run=CODE, comment=why)
    built = (layers or {}).get("deco", {}).get("parameters")
    total = built if isinstance(built, int) else None
    yield Comparison(
        "layers", "all", "parameters", None, deco_parameters(64, N_CLASSES), ours=total,
        run=None if total is None else CODE, comment=NO_NUMBER if total is not None else "our network was not built here",
    )  # fmt: skip


def _our_layers() -> Iterator[tuple[str, str, str, str]]:
    """(features, size, activation, dropout) of the network `deco` in the order of the slides, by its defaults."""
    parameters = DecoParameters()
    for filters in DECO_FILTERS:
        yield from [(str(filters), "3×3", "Leaky ReLU", "-")] * 2
        yield "-", "2×2", "-", f"{parameters.block_dropout:g}"
    yield from [(str(parameters.dense_units), "-", "Leaky ReLU", f"{parameters.dense_dropout:g}")] * 2
    yield str(N_CLASSES), "-", "softmax", "-"


def _setting_rows() -> Iterator[Comparison]:
    training = NETWORKS["deco"].training
    ours: dict[str, Number] = {
        "optimizer": "adam", "loss": "categorical_crossentropy", "epochs": int(training["epochs"]),
        "batch size": int(training["batch_size"]),
    }  # fmt: skip
    for name, value in printed.SETTINGS.items():
        yield Comparison("settings", name, "value", value, ours=ours[name], run=CODE)
    here = {
        "library": f"TensorFlow {metadata.version('tensorflow')}", "interface": f"Keras {metadata.version('keras')}",
        "language": f"Python {platform.python_version()}", "hardware": platform.machine(),
    }  # fmt: skip
    for name, value in printed.TECHNICAL.items():
        why = "this machine's; a run keeps those it was trained with"
        yield Comparison("settings", name, "value", value, ours=here[name], run=CODE, comparable=False, comment=why)


def _class_rows(inputs: Inputs) -> Iterator[Comparison]:
    """Tracks of each printed class in the data set, in the three and in the six classes."""
    for name in ("three", "six", "seven"):
        members = {FINE[i] for indices in class_maps()[name].members().values() for i in indices}
        counts = pictures.distribution(inputs, name) if inputs.dataset is not None else {}
        for fine, title in zip(FINE, printed.CLASSES, strict=True):
            if fine not in members:
                continue
            n = counts.get(fine)
            yield Comparison(
                "classes", title, f"tracks, {name} classes", None, ours=n, n=n,
                run=inputs.dataset.name if inputs.dataset is not None and n is not None else None,
                comment=NO_NUMBER if n is not None else f"{NO_NUMBER}; no data set with this class",
            )  # fmt: skip


def _variant_row(name: str, scored: ScoreTable | None) -> Comparison:
    """Macro-F1 on the test tracks of the run of one variant."""
    row = f"{name}: {printed.VARIANTS[name]}"
    if scored is None:
        return Comparison("variants", row, "macro-F1 [%]", None, comment=NOT_TRAINED)
    score = macro_f1(scored)
    low, value, high = (defined(100.0 * end) for end in (score.low, score.value, score.high))
    return Comparison(
        "variants", row, "macro-F1 [%]", None, ours=value, run=scored.run.id, low=low, high=high, n=score.n,
        comment=NO_NUMBER, decimals=1,
    )  # fmt: skip


def macro_f1(scored: ScoreTable) -> Interval:
    """Mean F1 of the classes on the tracks of the test split, with its interval."""
    test = scored.where(scored.side == TEST)
    labels = test.class_labels(test.under(test.selection.labels))
    labelled = labels >= 0
    calls = multiclass.predicted_class(test.probabilities[labelled])
    return multiclass.summary(multiclass.confusion(labels[labelled], calls, test.classes)).macro_f1


def inconsistencies() -> tuple[Inconsistency, ...]:
    """What does not add up in the slides, by arithmetic."""
    sizes, side = [], 64
    for _ in DECO_FILTERS:
        side = (side - 4) // 2
        sizes.append(side)
    shrinking = ", ".join(map(str, sizes))
    return (
        Inconsistency(
            "Four outputs", "Dense, 4 features, softmax, for three and for six classes",
            "three classes need 3 outputs, six need 6; DECO's network, which is cited, has four classes", "DL model",
        ),
        Inconsistency(
            "Layer numbers", "9, 10, 11 for the dense layers",
            "they follow on 12 and would be 13, 14, 15: the numbers 9 to 11 stand twice", "DL model",
        ),
        Inconsistency(
            "Padding of the convolutions", "3×3 convolutions, not said whether padded",
            f"without padding four blocks shrink 64 pixels to {shrinking}: nothing is left, so they are padded", "DL model",
        ),
        Inconsistency(
            "Six classes", "seven classes with pictures, '6 classes' in the preprocessing",
            "which of the seven is left out is not said; here it is 'muon unsure'", "Dataset, Dataset Preprocessing",
        ),
        Inconsistency(
            "Results", "training results of four variants as figures", "no number of any is printed", "Training results"
        ),
    )  # fmt: skip


def trainings(parameters: VariantParameters) -> dict[str, Training]:
    """The trainings of the five variants: the same network on five inputs."""
    names = {spec.name for spec in specs(NETWORKS[parameters.network].parameters)}
    return {
        name: Training(
            parameters.network,
            {key: value for key, value in recipe_values(name).items() if key in names},
            {"epochs": parameters.epochs},
            PRESETS[VARIANT_CLASSES[name]].selection,
        )
        for name in VARIANTS
    }


def recipe_values(name: str) -> dict[str, object]:
    """The settings of a variant's input; the picture alone."""
    recipe = VARIANTS[name]
    return {
        "size_px": recipe.size_px,
        "padding": recipe.padding,
        "log": recipe.log,
        "norm": recipe.norm,
        "scalars": (),
    }


def run(inputs: Inputs, parameters: VariantParameters, progress: Progress) -> Report:
    """The report on slides 002."""
    del parameters
    progress(0, 1, "comparing")
    compared = tuple(rows(inputs))
    return comparison_report.report(PrintedResult(TABLES, compared, inconsistencies(), tuple(pictures.figures(inputs))))


PUBLISHED = Analysis(
    title="Published results",
    explanation="What slides 002 printed, whether it adds up, and ours: classes, layers, and the five preprocessings.",
    parameters=VariantParameters,
    needs={"dataset": Need("data set", is_newest=True), "networks": Need("our networks")},
    run=run,
    trainings=trainings,
)
