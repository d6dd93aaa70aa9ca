"""The threshold that keeps the same part of the signal everywhere along the axis, as an analysis of any run that tells classes apart."""

from dataclasses import dataclass

from core.analysis.analysis import Analysis, Inputs, Need, Progress
from core.errors import DarkroomError
from core.figures import energy as figures
from core.judge import held_out, lowenergy, threshold_curve, threshold_quote
from core.judge.held_out import Events
from core.judge.report import Figure, Report, Table, key_number
from core.judge.threshold_curve import ThresholdCurve
from core.judge.threshold_quote import Quoted
from core.parameters import param

KEPT = "part of the signal of events that neither network nor curve has seen, above the threshold that follows the axis"
REJECTED = "part of the background of the same events below it"
NOTE = (
    "Left: validation events, the quantile that lets the wanted part pass (95 %: of 20 signal events one lies below) and "
    "the curve through them. Right: what it keeps of events not seen before; points off the line are what to look at."
)


@dataclass(frozen=True)
class ThresholdParameters:
    """What the threshold shall keep, and of what."""

    keep_percent: float = param(95.0, "signal that is kept at every value of the axis", unit="%", low=50.0, high=99.9)
    labels: str = param("", "label scheme (empty: the run's own)")
    of: str = param("", "class that is judged against the rest (empty: signal)")


def run(inputs: Inputs, parameters: ThresholdParameters, progress: Progress) -> Report:
    """Choose the curve on the run's validation events and quote it on those held out."""
    if inputs.scored is None:
        raise DarkroomError("The threshold needs a run with scores of the data set: name both.")
    progress(0, 1, "fitting")
    scored = inputs.scored.of(parameters.of)
    events = held_out.events_of(scored, parameters.labels or None)
    curve = threshold_curve.choose(events.validation, parameters.keep_percent / 100.0, scored.axis)
    axis = lowenergy.binned(scored.axis, lowenergy.bin_widths(scored.axis)[-1])
    return report_of(curve, events.validation, threshold_quote.quote(curve, events.held_out, axis))


def report_of(curve: ThresholdCurve, validation: Events, quoted: Quoted) -> Report:
    """The curve through the validation events, and what it does on others beside a constant threshold."""
    title = f"Threshold by {curve.axis.name}"
    columns = threshold_curve.curve_columns(curve)
    totals = quoted.totals["curve"]
    return Report(
        numbers=(
            key_number("signal kept", totals["signal"], KEPT),
            key_number("background rejected", totals["background"], REJECTED),
        ),
        tables=(Table("Beside a constant threshold", quoted.comparison(), group=title),),
        figures=(Figure(title, figures.threshold_plane(curve, validation, quoted), NOTE, columns, title),),
        notes=(threshold_curve.sentence(curve), held_out.COUNTED),
        values={**curve.to_dict(), "quoted": quoted.to_dict()},
        title=title,
    )


THRESHOLD = Analysis(
    title="Threshold that follows the axis",
    explanation="Which score keeps the same part of the signal everywhere along the axis, and what that does on events not seen before.",
    parameters=ThresholdParameters,
    needs={
        "run": Need("run", is_required=True, help="whose score is cut"),
        "dataset": Need("data set", is_required=True, help="with scores of the run"),
    },
    run=run,
)
