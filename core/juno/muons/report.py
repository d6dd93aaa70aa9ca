"""Why were muons and electrons not told apart? Six hypotheses, each with a check on the data set at hand and a verdict in words."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.analysis.analysis import Analysis, Inputs, Need, Progress, Training
from core.data.splits import TEST
from core.judge.report import Report, Table, key_number
from core.juno.evaluate import area
from core.juno.muons import baselines, channels, ladder, normalisation, order, roll
from core.juno.muons.check import EXPLAINS, PART, Check, unknown, with_doubt
from core.juno.muons.hand_features import HAND
from core.juno.muons.sample import Sample, crossed_scores, sample_of
from core.parameters import param

NORMALISED = 200  # events that the normalisation is tested on: those of the highest energies, whose shape shows most


@dataclass(frozen=True)
class WhyParameters:
    """How many events are looked at, and how the networks that are compared are trained."""

    n_events: int = param(1000, "most events that are looked at", low=40, high=100_000)
    epochs: int = param(10, "passes over the training sample of each network", low=1, high=100)
    test_fraction: float = param(0.3, "share of the events that the networks are judged on", low=0.05, high=0.9)


def trainings(p: WhyParameters) -> dict[str, Training]:
    """The images of 2017, and mended point by point."""
    return ladder.trainings(p.epochs, p.test_fraction)


def checks(sample: Sample, progress: Progress) -> list[Check]:
    """The six, in the order of how likely they are."""
    n_muons = int(sample.is_muon.sum())
    counts = n_muons, len(sample) - n_muons
    done: list[Check] = []

    def step(hypothesis: str, of: Callable[[], Check]) -> None:
        progress(len(done), 7, hypothesis)
        done.append(with_doubt(of(), sample) if sample.has_both else unknown(hypothesis, *counts))

    some = sample.where(np.sort(np.argsort(-sample.energy_mev, kind="stable")[:NORMALISED]))
    if len(some):
        progress(0, 7, normalisation.HYPOTHESIS)
        done.append(normalisation.check(some))
    else:
        done.append(unknown(normalisation.HYPOTHESIS, 0, 0))
    step(channels.HYPOTHESIS, lambda: channels.check(sample))
    step(roll.HYPOTHESIS, lambda: roll.check(sample))
    if sample.windows():
        progress(3, 7, baselines.CHARGE)
        judged = baselines.baselines(sample)
        done += [with_doubt(check(judged), sample) for check in (baselines.charge_check, baselines.size_check)]
    else:
        done += [unknown(name, *counts) for name in (baselines.CHARGE, baselines.SIZE)]
    step(order.HYPOTHESIS, lambda: order.check(sample, sample.columns(HAND)))
    return done


def run(inputs: Inputs, p: WhyParameters, progress: Progress) -> Report:
    """All checks, and the trained networks beside each other."""
    sample = sample_of(inputs, p.n_events)
    done = checks(sample, progress)
    progress(6, 7, "trainings")
    selected = inputs.selected(ladder.selection(p.test_fraction))
    rows = ladder.compared(selected, inputs.trained)
    trained = ladder.report(rows)
    verdicts = Table(
        "Six hypotheses", [{"hypothesis": check.hypothesis, "verdict": check.verdict, "why": check.why} for check in done],
        "Each is tested on this data set by itself; several may hold.", ladder.GROUP,
    )  # fmt: skip
    numbers = [
        key_number(row["images"], row["area"], f"Area under the ROC curve, {len(selected.rows(TEST)[0]):,} test events.", unit="", digits=3)
        for row in (rows[0], rows[-1])
    ]  # fmt: skip
    for title, inside in sample.windows()[-1:]:
        part = sample.where(inside)
        two = area(crossed_scores(part.columns(HAND), part.is_muon), part.is_muon)
        meaning = "Area under the ROC curve of width and quadrupole of the light's edge."
        numbers.append(key_number(f"two features, {title}", two, meaning, unit="", digits=3))
    return Report(
        tuple(numbers),
        (verdicts, *(table for check in done for table in check.tables), *trained.tables),
        (*trained.figures, *(figure for check in done for figure in check.figures)),
        (_summary(done), f"{len(sample):,} simulated muons and electrons above 20 MeV were looked at."),
        {check.hypothesis: {"verdict": check.verdict, **check.values} for check in done}
        | {"trainings": trained.values},
        title="Why did it fail",
    )


def _summary(done: list[Check]) -> str:
    by_verdict = {
        verdict: [check.hypothesis for check in done if check.verdict == verdict] for verdict in (EXPLAINS, PART)
    }
    parts = [f"{verdict}: {', '.join(names)}" for verdict, names in by_verdict.items() if names]
    return f"{'; '.join(parts)}." if parts else "None of the six is seen in this data set."


WHY = Analysis(
    title="Why did muon and electron fail",
    explanation="The slides' network did not tell muons from electrons: six explanations, each tested on this data set with a verdict.",
    parameters=WhyParameters,
    needs={"dataset": Need("data set", is_required=True, help="simulated muons and electrons", is_newest=True)},
    run=run,
    takes_long=True,
    trainings=trainings,
)
