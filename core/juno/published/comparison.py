"""Slides 003 beside ours: the steps to an image, sample sizes, the training, and what was reached.

The slides print no accuracy and no area, so that ours stand alone, as "no number printed".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis import comparison_report
from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.analysis.comparison import Comparison, Inconsistency
from core.analysis.comparison_report import PrintedResult
from core.data.dataset import Dataset
from core.data.splits import TEST, SplitParameters
from core.judge.report import Report
from core.juno import geometry
from core.juno.evaluate import area, scores_of
from core.juno.images import squeeze
from core.juno.published import printed
from core.juno.published.scaled_sample import PARAMETERS
from core.juno.recipe import PmtImage
from core.juno.select import ELECTRON, EPEM, MUE, POSITRON, Cuts
from core.parameters import param
from core.selection.selection import Selection
from core.statistics.intervals import defined, efficiency

TABLES = {
    "steps": "From hits to an image",
    "samples": "Samples",
    "training": "Network and training",
    "results": "What was reached",
    "missing": "What the slides do not print",
}
CODE, NO_NUMBER = "code", "no number printed"
SLIDES: Mapping[str, Any] = {"mode": "raw", "channels": ("first", "mean", "std")}
OUR_CHOICES = (
    f"{PARAMETERS.energy_low_mev:g} to {PARAMETERS.energy_high_mev:g} MeV, even", "122 rings, 17,540 PMTs; 128 x 256 pixels",
    "250 ns after the event's begin, 50 ns of spread, 0.05 to 1", "a new head, then conv5", "Adam, 0.001, 64, 12",
    "by whole sub-runs, 80, 10, 10 %", "under 'What was reached'", "under 'What was reached'",
)  # fmt: skip


@dataclass(frozen=True)
class SlidesParameters:
    """Which of the two questions is trained on the slides' images, with which network."""

    task: str = param("e+/e-", "positrons or muons against electrons", choices=(EPEM, MUE))
    network: str = param("compact", "the small network, or the slides' own", choices=("compact", "resnet50"))
    epochs: int = param(8, "epochs of the training", low=1, high=100)


def trainings(p: SlidesParameters) -> dict[str, Training]:
    """The network on the slides' images: times as they are; first, mean, spread."""
    training = {"epochs": p.epochs} if p.network == "compact" else {}
    selection = Selection(Cuts(), p.task, SplitParameters(test_fraction=0.3))
    return {p.task: Training(p.network, SLIDES, training, selection)}


def rows(inputs: Inputs, p: SlidesParameters) -> Iterator[Comparison]:
    """All rows, table by table in the order of `TABLES`."""
    yield from _step_rows()
    yield from _sample_rows(inputs.dataset)
    yield from _training_rows(inputs.layers)
    yield from _result_rows(inputs, p)
    for name, ours in zip(printed.NOT_PRINTED, OUR_CHOICES, strict=True):
        yield Comparison("missing", name, "value", None, ours=ours, run=CODE, comment=NO_NUMBER)


def _step_rows() -> Iterator[Comparison]:
    recipe, sensors = PmtImage(mode="raw"), geometry.rings()
    height, width = squeeze.canvas_px(sensors, True, True)
    ours = (
        "a choice: " + ", ".join(CHANNELS_OF_ALL), ", ".join(recipe.channels), "theta and phi of every PMT",
        "charge centre, by Rodrigues' rotation of all PMTs", "rows of the rings' sizes, phi 0 in the middle column",
        "its direction is; its radius stays in the image", f"none within a row; {100.0 * len(sensors) / (height * width):.0f} % of the canvas is filled",
    )  # fmt: skip
    for (name, value), our in zip(printed.STEPS.items(), ours, strict=True):
        same = name.endswith("'Example event'")
        yield Comparison(
            "steps", name, "value", "first, mean, std" if same else value, ours=our, run=CODE, comparable=same,
            comment="as printed: first hit time, mean hit time, stddev hit times" if same else "in words",
        )  # fmt: skip


CHANNELS_OF_ALL = ("first", "mean", "std", "charge", "mask", "sharp")


def _sample_rows(dataset: Dataset | None) -> Iterator[Comparison]:
    n = _pairs(dataset)
    name = None if dataset is None or n is None else dataset.name
    size = "the size of ours was chosen; the slides' is costed under Data and can be simulated in parts"
    yield Comparison("samples", "positrons and electrons", "events", printed.N_EVENTS, ours=n, n=n, run=name, comparable=False, comment=size)  # fmt: skip
    trained = "the part that the slides' result is from"
    yield Comparison("samples", "of these in the result", "events", printed.N_TRAINED, ours=n, n=n, run=name, comparable=False, comment=trained)  # fmt: skip
    yield Comparison("samples", "example event", "energy [MeV]", printed.EXAMPLE_MEV, ours=printed.EXAMPLE_MEV, run=CODE, comment="Inspect draws any event step by step")  # fmt: skip
    where = f"uniform within {PARAMETERS.fiducial_radius_m:g} m"
    yield Comparison("samples", "place of the events", "value", printed.SPREAD, ours=where, run=CODE, comparable=False, comment="the slides name no radius")  # fmt: skip


def _pairs(dataset: Dataset | None) -> int | None:
    """Positrons and electrons of the first task in a data set; None without truth."""
    if dataset is None or not dataset.simulated:
        return None
    kind, energy = dataset.column("truth_class"), dataset.column("true_energy_mev")
    return int((np.isin(kind, (POSITRON, ELECTRON)) & (energy < 20.0)).sum())


def _training_rows(layers: Mapping[str, Mapping[str, object]] | None) -> Iterator[Comparison]:
    ours = (
        "ResNet 50",
        "a file, Keras' own cache, or none (then it is said)",
        "categorical cross entropy",
    )
    for (name, value), our in zip(printed.TRAINING.items(), ours, strict=True):
        is_same = our == value
        yield Comparison("training", name, "value", value, ours=our, run=CODE, comparable=is_same, comment="" if is_same else "no weights come with Darkroom")  # fmt: skip
    built = (layers or {}).get("resnet50", {}).get("parameters")
    yield Comparison(
        "training", "all layers", "parameters", None, ours=built if isinstance(built, int) else None,
        run=CODE if isinstance(built, int) else None, comment=NO_NUMBER if built else f"{NO_NUMBER}; our network was not built here",
    )  # fmt: skip


def _result_rows(inputs: Inputs, p: SlidesParameters) -> Iterator[Comparison]:
    for task in (EPEM, MUE):
        scored, remark = inputs.trained.get(task), f"the slides say: {printed.MUE}" if task == MUE else NO_NUMBER
        if scored is None:
            why = f"{remark}; ours is not trained on this data set: choose the task and train on the page, or with --train"
            yield Comparison("results", task, "area under the ROC curve", None, comment=why)
            yield Comparison("results", task, "accuracy [%]", None, comment=why)
            continue
        selected, truth = inputs.selected(trainings(p)[task].selection), scored.signal
        events, labels = selected.rows(TEST)
        is_signal = (labels == list(selected.classes).index(truth)).astype(np.int8)
        scores = scores_of(scored, events)
        known = np.isfinite(scores)
        whole, right = area(scores, is_signal), int(((scores > 0.5) == (is_signal == 1))[known].sum())
        accuracy = efficiency(right, int(known.sum()))
        for column, number, factor in (("area under the ROC curve", whole, 1.0), ("accuracy [%]", accuracy, 100.0)):
            value, low, high = (defined(factor * getattr(number, end)) for end in ("value", "low", "high"))
            yield Comparison(
                "results", task, column, None, ours=value, low=low, high=high, n=int(known.sum()), run=scored.run.id, comment=remark,
                decimals=3 if factor == 1.0 else 1,
            )  # fmt: skip


def inconsistencies() -> tuple[Inconsistency, ...]:
    """What does not add up in the slides, by arithmetic."""
    sizes = squeeze.row_sizes(geometry.rings())
    empty = 100.0 * (1.0 - sizes.sum() / (len(sizes) * sizes.max()))
    return (
        Inconsistency(
            "Channels", "'hit times, mean hit time, charge' on one slide, 'first, mean, stddev hit times' on another",
            "which of the two the results are from is not said; without charge GeV tracks have no shape but in their times", "PMT Data; Example Event",
        ),
        Inconsistency(
            "Event always in the centre", "the rotation turns each event to its center of mass",
            "a rotation takes the direction out of the image; the radius stays in times and charges", "Image Generation - Complete",
        ),
        Inconsistency(
            "Empty bins", "no empty bins between pixel",
            f"rows of {sizes.min()} to {sizes.max()} PMTs: an array of {len(sizes)} x {sizes.max()} is {empty:.0f} % empty at its sides", "Image Generation - Complete",
        ),
        Inconsistency(
            "Samples", "3.6 million events, results with a sample of 100k",
            f"the result is from {100.0 * printed.N_TRAINED / printed.N_EVENTS:.1f} % of the events; how they divide is not said", "Classification; Positrons vs. Electrons",
        ),
        Inconsistency(
            "Muons and electrons", printed.MUE,
            "a bug and a network that cannot are two explanations, of which one is enough: see the analysis 'Why did it fail'", "Muons vs. Electrons",
        ),
        Inconsistency("Results", "training curves as a figure", "no accuracy, area or efficiency is printed", "Positrons vs. Electrons"),
    )  # fmt: skip


def run(inputs: Inputs, parameters: SlidesParameters, progress: Progress) -> Report:
    """The report on slides 003."""
    progress(0, 1, "comparing")
    return comparison_report.report(PrintedResult(TABLES, tuple(rows(inputs, parameters)), inconsistencies()))


PUBLISHED = Analysis(
    title="Published results",
    explanation="What slides 003 printed, what they leave out, and ours: steps to an image, samples, network, and what is reached.",
    parameters=SlidesParameters,
    needs={"dataset": Need("data set", is_newest=True), "networks": Need("our networks")},
    run=run,
    trainings=trainings,
)
