"""Everything that is measured of a generator on one sample: classifiers, distances, pairs, neighbours, all of it beside the truth."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from core.errors import TooFewError
from core.judge.generating import Generating
from core.judge.generation import measures
from core.judge.generation.judges import Judgement, Scorer, boosted, boosted_long, judge
from core.judge.generation.measures import Beside, Bin
from core.judge.generation.network_judge import FULL_EPOCHS, FULL_SEEDS, FULL_WIDTH, NetworkSettings, network
from core.judge.generation.sample import Rows, Sample, matrix
from core.parameters import param
from core.statistics.residuals import resampled

LOW, HIGH, HARD = "low", "high", "hard"
JUDGES = {
    LOW: "dense network, low-level numbers",
    HIGH: "boosted trees, high-level features",
    HARD: "trees that do not stop early, more features",
}
AS_SET, FULL = "as set", "full"
FEWEST_IN_BIN = 100  # rows of either kind that a seed needs in a bin
Report = Callable[[float, str], None]
"""`report(share done, text)`; may raise to stop."""
T = TypeVar("T")


@dataclass(frozen=True)
class QualityParameters:
    """How a generator is judged. The full protocol takes hours on a CPU: it is for the one that leads."""

    protocol: str = param(
        AS_SET, "full: the CaloChallenge's, a network 2,048 wide, 50 epochs, three seeds, all rows; as set: what follows",
        choices=(AS_SET, FULL),
    )  # fmt: skip
    n_rows: int = param(
        10_000, "generated rows, and as many true ones (0: all that no training saw, in halves)", low=0, high=1_000_000
    )
    seeds: int = param(1, "seeds of each judge, each judged on rows of its own", low=1, high=5)
    has_network: bool = param(True, "ask the dense network too (minutes)")
    width: int = param(512, "width of the dense network", low=4, high=8_192)
    epochs: int = param(50, "epochs of the dense network", low=1, high=1_000)
    fpd_rows: int = param(10_000, "smallest samples of the Frechet distance", unit="rows", low=100, high=1_000_000)
    kpd_rows: int = param(5_000, "rows of a batch of the kernel distance", unit="rows", low=100, high=50_000)
    neighbour_rows: int = param(
        4_000, "rows of precision, recall, density and coverage", unit="rows", low=10, high=20_000
    )
    queries: int = param(2_000, "rows whose nearest training row is looked for", unit="rows", low=10, high=100_000)
    n_bins: int = param(50, "bins of a separation power", low=5, high=500)
    seed: int = param(1, "seed of the halves", low=0, high=2**31 - 1)

    @property
    def wanted_rows(self) -> int:
        return 0 if self.protocol == FULL else self.n_rows

    @property
    def n_seeds(self) -> int:
        return FULL_SEEDS if self.protocol == FULL else self.seeds

    @property
    def settings(self) -> NetworkSettings:
        """Of the dense network."""
        return NetworkSettings(*((FULL_WIDTH, FULL_EPOCHS) if self.protocol == FULL else (self.width, self.epochs)))


@dataclass(frozen=True)
class Judged:
    """What a judge said of generated rows against truth, and of the true rows of the same conditions against the same truth."""

    generated: Judgement
    truth: Judgement
    by_axis: tuple[Beside, ...]


@dataclass(frozen=True)
class Quality:
    """All numbers of a generator on a sample. `refused`: what could not be measured, in sentences.

    `judges` by LOW, HIGH, HARD; `numbers` of single ones, `separations`, `divergences` by feature, `channels` (Wasserstein) and
    `channel_errors` (mean absolute difference of pairs) by channel, with `mean`. Of pairs the truth is the nearest in its conditions.
    """

    n: int
    judges: Mapping[str, Judged]
    numbers: Mapping[str, Beside]
    separations: Mapping[str, Beside]
    divergences: Mapping[str, Beside]
    channels: Mapping[str, Beside]
    channel_errors: Mapping[str, Beside]
    features: Mapping[str, tuple[str, Beside]]
    bins: tuple[Bin, ...]
    refused: tuple[str, ...] = field(default=())


def measure(
    sample: Sample, generating: Generating, p: QualityParameters, training: Callable[[], Iterable[np.ndarray]] | None,
    report: Report = lambda *_: None,
) -> Quality:  # fmt: skip
    """Ask everything. `training()` gives the rows that the generator learned from in blocks; None where they are not there.

    What has too few rows is left out, with the sentence that says how many it needs.
    """
    refused: list[str] = []

    def tried(text: str, function: Callable[[], T]) -> T | None:
        report(0.0, text)
        try:
            return function()
        except TooFewError as error:
            refused.append(str(error))
            return None

    generated, paired, truth = sample.generated, sample.paired, sample.truth
    stranger = measures.partners(paired, truth)

    def both(text: str, function: Callable[[Rows, Rows], Any]) -> Beside:
        value, same = (tried(text, partial(function, truth, rows)) for rows in (generated, paired))
        return Beside(value, same)

    def each(
        function: Callable[..., Mapping[str, Any]], *pairs: tuple[Rows, Rows], more: tuple[Any, ...] = ()
    ) -> dict[str, Beside]:
        own, same = (function(*pair, *more) for pair in pairs)
        return {name: Beside(own[name], same[name]) for name in own}

    against = ((truth, generated), (truth, paired))
    numbers = {
        "fpd": both("Frechet distance", lambda a, b: measures.frechet_of(a, b, p.fpd_rows)),
        "kpd": both("kernel distance", lambda a, b: measures.kernel_of(a, b, p.kpd_rows)),
        **_manifolds(both("neighbours", lambda a, b: measures.manifolds_of(a, b, p.neighbour_rows))),
        "etot_bias": Beside(
            measures.response_bias(generated, paired, True), measures.response_bias(truth, paired, False)
        ),
        "empty_share": Beside(*(resampled(rows.empty_share, np.mean) for rows in (generated, paired))),
        "pixel_rmse": Beside(measures.pixel_error(generated, paired), measures.pixel_error(stranger, paired)),
    }
    if training is None:
        refused.append(
            "Whether training rows were copied is not known: the data set that the run was trained on is not there."
        )
    else:
        ratio = tried("nearest training rows", lambda: measures.neighbour_ratio(sample, training, p.queries))
        numbers["neighbour_ratio"] = ratio or Beside(None, None)
    own, same = measures.feature_biases(generated, paired, True), measures.feature_biases(truth, paired, False)
    return Quality(
        n=len(sample),
        judges=_judges(sample, generating, p, tried, report),
        numbers=numbers,
        separations=each(measures.separations, *against, more=(generating.separated, p.n_bins)),
        divergences=each(measures.divergences, *against, more=(generating.separated, p.n_bins)),
        channels=each(measures.wasserstein_channels, *against),
        channel_errors=each(measures.channel_errors, (generated, paired), (stranger, paired)),
        features={name: (kind, Beside(bias, same[name][1])) for name, (kind, bias) in own.items()},
        bins=measures.by_axis(sample, generating, generating.axis),
        refused=tuple(dict.fromkeys(refused)),
    )


def _manifolds(pair: Beside) -> dict[str, Beside]:
    """Precision and so on, each with its truth."""
    names = ("precision", "recall", "density", "coverage")
    if pair.generated is None or pair.truth is None:
        return {name: Beside(None, None) for name in names}
    return {name: Beside(getattr(pair.generated, name), getattr(pair.truth, name)) for name in names}


def _judges(
    sample: Sample, generating: Generating, p: QualityParameters, tried: Callable[[str, Callable[[], Any]], Any], report: Report
) -> dict[str, Judged]:  # fmt: skip
    """Each judge on generated rows and on the true rows in their place."""
    names = tuple(sample.truth.features)
    n_epochs, epochs = 2 * p.n_seeds * p.settings.epochs, iter(range(1, 1_000_000))

    def on_epoch(epoch: int) -> None:
        report(next(epochs) / n_epochs, f"dense network, epoch {epoch}")

    inputs: dict[str, tuple[Callable[[Rows], np.ndarray], Scorer]] = {
        HIGH: (lambda rows: matrix(rows.features), boosted(names)),
        HARD: (_all_features, boosted_long((*names, *sample.truth.more))),
    }
    if p.has_network:
        inputs[LOW] = (lambda rows: rows.pixels, network(p.settings, on_epoch))

    def ask(name: str) -> Judged:
        of, scorer = inputs[name]
        truth = of(sample.truth)
        own, same = (judge(of(rows), truth, p.n_seeds, scorer, name) for rows in (sample.generated, sample.paired))
        return Judged(own, same, _areas_by_axis(sample, generating, own, same))

    judged = {name: tried(JUDGES[name], partial(ask, name)) for name in inputs}
    return {name: judged[name] for name in JUDGES if judged.get(name) is not None}


def _all_features(rows: Rows) -> np.ndarray:
    return matrix({**rows.features, **rows.more})


def _areas_by_axis(sample: Sample, generating: Generating, own: Judgement, same: Judgement) -> tuple[Beside, ...]:
    """The area in each bin of the axis; None where a seed has too few rows."""
    areas = []
    for low, high in pairwise(generating.axis.edges.tolist()):
        inside = measures.masks(sample, low, high)
        areas.append(Beside(*(judgement.auc_where(*inside, FEWEST_IN_BIN) for judgement in (own, same))))
    return tuple(areas)
