"""Slides 004 beside ours: runs and weights with their losses above the least that is possible, samples, networks, kinds of masks.

The slides judge images by eye, so that no number of theirs says how good one is; ours are in the analysis of quality.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import runs
from core.analysis import comparison_report
from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.analysis.comparison import Comparison, Inconsistency
from core.analysis.comparison_report import PrintedResult
from core.data.splits import VALIDATION
from core.errors import DarkroomError
from core.judge.report import Report
from core.parameters import param
from core.zdc.published import printed, scaled_sample
from core.zdc.select import PRESETS

TABLES = {
    "losses": "Losses and weights",
    "runs": "Runs",
    "samples": "Samples",
    "networks": "Networks",
    "kinds": "Kinds of masks",
    "missing": "What the slides do not print",
}
CODE, NO_NUMBER = "code", "no number printed"
NETWORKS = {"Default": "default", "Extended 2": "extended2"}
OUR_CHOICES = (
    "2-100 GeV, even in the logarithm (sample); 1-300 GeV, even (the slides' sample)", "within +-5 cells, or one point (preset)",
    "PbWO4 of 20 cm, 30 mm, 0.78 MeV", "layers of dense or convolution, batch normalisation, leaky ReLU; five readings", "one 1 x 1 convolution, 66 parameters",
    "Adam, 0.001, 128", "all cells together, or each by itself", "by whole files", "analysis of the kinds of masks", "analysis of quality",
)  # fmt: skip


@dataclass(frozen=True)
class SlidesParameters:
    """Which of the slides' trainings are made and stand beside theirs."""

    network: str = param("default", "the slides' first network, or its extension", choices=("default", "extended2"))
    epochs: int = param(20, "epochs of each training: 20, 200 and 1000 in the slides", low=1, high=1000)
    weights: tuple[float, ...] = param(
        (1.0, 200.0, 500.0, 1000.0), "weights of VALUE that are compared", low=0.0, high=1e5
    )
    sample: str = param("generators", "which showers they learn from", choices=tuple(PRESETS))

    def check(self) -> None:
        if not self.weights or len(set(self.weights)) != len(self.weights):
            raise DarkroomError(
                "'weights' is empty or says a weight twice: expected different weights of VALUE, e.g. 1 200 500 1000."
            )


def trainings(p: SlidesParameters) -> dict[str, Training]:
    """One training for each weight."""
    selection = PRESETS[p.sample].selection
    return {
        name_of(weight): Training(p.network, {"value_weight": weight}, {"epochs": p.epochs}, selection) for weight in p.weights
    }  # fmt: skip


def name_of(weight: float) -> str:
    """What a training is called."""
    return f"weight {weight:g}"


def rows(inputs: Inputs, p: SlidesParameters) -> Iterator[Comparison]:
    """All rows, table by table in the order of `TABLES`."""
    yield from _loss_rows(inputs, p)
    yield from _run_rows(inputs, p)
    yield from _sample_rows(inputs)
    yield from _network_rows(inputs.layers)
    yield from _kind_rows()
    for name, ours in zip(printed.NOT_PRINTED, OUR_CHOICES, strict=True):
        yield Comparison("missing", name, "value", None, ours=ours, run=CODE, comment=NO_NUMBER)


def _loss_rows(inputs: Inputs, p: SlidesParameters) -> Iterator[Comparison]:
    """The losses that are printed beside those of each of our trainings, and the least that is possible."""
    ratio = printed.LOSSES["MASK"] / printed.LOSSES["VALUE"]
    yield Comparison("losses", "MASK over VALUE", "ratio", printed.RATIO, recomputed=ratio, comment="of the typical values that are printed", decimals=0)  # fmt: skip
    for weight in p.weights:
        name = name_of(weight)
        share = 100.0 * weight * printed.LOSSES["VALUE"] / (weight * printed.LOSSES["VALUE"] + printed.LOSSES["MASK"])
        yield Comparison("losses", name, "VALUE, part [%]", None, recomputed=share, comment=f"of the printed loss; {NO_NUMBER}", decimals=1)  # fmt: skip
        of_run = None if name not in inputs.trained else losses_of(inputs.trained[name].run)
        for loss, value in printed.LOSSES.items():
            if of_run is None:
                why = "ours is not trained on this data set: train on the page, or with --train"
                yield Comparison("losses", name, loss, value, comment=why, decimals=6)
                continue
            ours, least, n = of_run
            remark = (
                f"the least that the energy allows here is {least[loss]:.4g}"
                if loss in least
                else "the least is not known"
            )
            yield Comparison(
                "losses", name, loss, value, ours=ours[loss], n=n, run=inputs.trained[name].run.id, comparable=False, decimals=6,
                comment=f"validation; {remark}; sample, scale and impact of the slides are not printed",
            )  # fmt: skip
            if loss in least:
                over = ours[loss] / least[loss]
                yield Comparison("losses", name, f"{loss} over the least", None, ours=over, n=n, run=inputs.trained[name].run.id, comment=NO_NUMBER, decimals=2)  # fmt: skip


def losses_of(run: runs.Run) -> tuple[dict[str, float], dict[str, float], int]:
    """MASK and VALUE at the best epoch on the validation rows, the least of both as the run keeps them, and the number of rows."""
    curves = runs.read_curves(run, "epochs")
    best = curves.iloc[int(np.nanargmin(curves["validation_loss"].to_numpy(np.float64)))]
    keys = {"MASK": "mask_loss", "VALUE": "value_loss"}
    floors: Mapping[str, Any] = (run.provenance.get("adapted") or {}).get("floors") or {}
    n = int(np.sum(runs.read_rows(run)["split"] == VALIDATION))
    least = {name: float(floors[key]) for name, key in keys.items() if key in floors}
    return {name: float(best[f"validation_{key}"]) for name, key in keys.items()}, least, n


def _run_rows(inputs: Inputs, p: SlidesParameters) -> Iterator[Comparison]:
    ours = next((table.run for table in inputs.trained.values()), None)
    for name, (epochs, result) in printed.RUNS.items():
        is_ours = ours is not None and NETWORKS.get(name) == p.network
        yield Comparison(
            "runs", name, "epochs", epochs, ours=ours.params["training"]["epochs"] if is_ours and ours else None,
            run=ours.id if is_ours and ours else None, comment=f"the slides say: {result}; ours: training parameter epochs, resumable",
        )  # fmt: skip
    for weight in printed.WEIGHTS:
        name = name_of(weight)
        table = inputs.trained.get(name)
        is_best = "the slides keep this one" if weight == printed.BEST_WEIGHT else "tried"
        yield Comparison(
            "runs", f"{name} of VALUE", "weight", weight, ours=int(table.run.params["parameters"]["value_weight"]) if table else None,
            run=table.run.id if table else None, comment=is_best + "; without a printed number",
        )  # fmt: skip


def _sample_rows(inputs: Inputs) -> Iterator[Comparison]:
    dataset = inputs.dataset
    n, name = (None, None) if dataset is None else (dataset.n_rows, dataset.name)
    cost = scaled_sample.cost(1.0)
    costs = f"the slides' size is costed under this page: {cost['seconds'] / 3600:.1f} h on a core, {cost['gb']:.0f} GB; any part of it can be made"
    yield Comparison(
        "samples", "e+", "showers", printed.N_EVENTS, ours=n, n=n, run=name, comparable=False, comment=costs
    )
    previous = printed.N_EVENTS // printed.TIMES_PREVIOUS
    yield Comparison("samples", "the sample before", "showers", None, recomputed=previous, comment=f"'{printed.TIMES_PREVIOUS} times than previous'")  # fmt: skip
    space = printed.SPACE_TB / printed.TIMES_SPACE
    yield Comparison("samples", "space before", "TB", None, recomputed=space, comment=f"{printed.SPACE_TB} TB are '{printed.TIMES_SPACE} times' more", decimals=1)  # fmt: skip
    energies = "uniform ('balanced')"
    yield Comparison("samples", "energies", "value", energies, ours="even in the logarithm; even is a choice", run=CODE, comparable=False, comment="even weighs low energies little: see the preset 'balanced'")  # fmt: skip


def _network_rows(layers: Mapping[str, Mapping[str, object]] | None) -> Iterator[Comparison]:
    for title, name in NETWORKS.items():
        built = (layers or {}).get(name, {}).get("parameters")
        modules = printed.N_MODULES[title]
        yield Comparison("networks", title, "modules", modules, ours=modules, run=CODE, comment="as listed; which list is which follows from 'add layers into the default structure'")  # fmt: skip
        yield Comparison(
            "networks", title, "parameters", None, ours=built if isinstance(built, int) else None, run=CODE if isinstance(built, int) else None,
            comment=f"{NO_NUMBER}; of the encoder 766,432 (Default) and 1,231,264 (Extended 2) with blocks as we read them, and 66 of the heads",
        )  # fmt: skip
    yield Comparison("networks", "hidden_dim", "unit of channels", printed.HIDDEN, ours=printed.HIDDEN, run=CODE, comment="the widths are 128 and 288: it is no number of 'neurons in each hidden layer'")  # fmt: skip


def _kind_rows() -> Iterator[Comparison]:
    yield Comparison("kinds", "looked at by eye", "events", printed.N_LOOKED_AT, ours="all", run=CODE, comparable=False, comment="analysis of the kinds of masks, and page Label to sort by hand")  # fmt: skip
    yield Comparison("kinds", "kinds", "number", printed.N_TYPES, comment="ours is chosen by silhouette and stability on the data set: analysis of the kinds of masks")  # fmt: skip


def inconsistencies() -> tuple[Inconsistency, ...]:
    """What does not add up in the slides, by arithmetic."""
    mask, value = printed.LOSSES["MASK"], printed.LOSSES["VALUE"]
    parts = ", ".join(f"{w}: {100.0 * w * value / (w * value + mask):.0f} %" for w in printed.WEIGHTS)
    return (
        Inconsistency("Ratio of the losses", f"L(MASK) = {printed.RATIO} L(VALUE), of {mask} and {value}", f"their ratio is {mask / value:.1f}", "Loss"),
        Inconsistency(
            "Weight that balances", "'in order to balance the loss' weights of 200, 500 and 1000 are tried",
            f"{mask / value:.0f} balances; with the printed losses VALUE is of the sum, at {parts}", "Loss",
        ),
        Inconsistency("Longitudinal profile", printed.LONGITUDINAL, "the right side is a function of the depth t, so the left one must be dE/dt; with a = beta T0 + 1 it is the usual Gamma distribution", "Eq. (1)"),
        Inconsistency("One energy, one image", "'how many pattern of MASK image do we have'", "the network's only input is the energy, and without the GAN it has no noise: for one energy it gives one image, so that kinds can differ with the energy only", "Networks; three types"),
        Inconsistency(
            "VALUE so low", f"L(VALUE) = {value}, normalised to mu = 0, sigma = 1",
            "with one scale for all cells an energy alone reaches about 0.0004 to 0.0007 where all showers hit one point, and 0.98 where they hit +-5 cells: so one point, or another scale; neither is printed",
            "Loss; data normalization",
        ),
        Inconsistency("Hidden dimension", "32, 'i.e. 32 neurons in each hidden layers'", "the dense layers have 128 and 288 units", "Networks"),
        Inconsistency("Better", "'gives a better result', 'event #0 looks worse, event #1 much better'", f"two events and {printed.N_LOOKED_AT} by eye; no number is printed, and shares of the {printed.N_TYPES} types neither", "Results"),
    )  # fmt: skip


def run(inputs: Inputs, parameters: SlidesParameters, progress: Progress) -> Report:
    """The report on slides 004."""
    progress(0, 1, "comparing")
    return comparison_report.report(PrintedResult(TABLES, tuple(rows(inputs, parameters)), inconsistencies()))


PUBLISHED = Analysis(
    title="Published results",
    explanation="What slides 004 printed, what does not add up, and ours: losses by weight above the least possible, samples, networks.",
    parameters=SlidesParameters,
    needs={"dataset": Need("data set", is_newest=True), "networks": Need("our networks")},
    run=run,
    trainings=trainings,
)
