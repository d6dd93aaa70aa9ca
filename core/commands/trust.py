"""Commands on the reliability of a run: by energy, and as a probability."""

from typing import Any

from core import runs as running
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.commands.option_groups import ScoredOptions
from core.commands.text import progress, report_lines, table
from core.errors import DarkroomError
from core.jobs import control
from core.judge import calibration as calibrating
from core.judge import calibration_report, held_out, lowenergy, report_files, threshold_curve, threshold_quote
from core.judge.report import DASH, Columns, Report, Table
from core.judge.score_table import ScoreTable
from core.judge.threshold_curve import ThresholdCurve
from core.statistics.axis import Axis
from core.workflows.scored import open_scored


def low_energy(options: declarations.LowEnergy) -> Result:
    scored = _scored(options)
    if options.score:
        scored = _score_widely(scored, options)
    width = options.bin or lowenergy.bin_widths(scored.axis)[1]
    axis = lowenergy.binned(scored.axis, width)
    schemes = [options.labels] if options.labels else scored.schemes()
    events = {scheme: held_out.events_of(scored, scheme) for scheme in schemes}
    judged = {
        scheme: lowenergy.judge(of_scheme.held_out, options.threshold, axis, scheme)
        for scheme, of_scheme in events.items()
    }  # fmt: skip
    waiting = held_out.unscored_values(scored)
    shown_scheme = options.labels or (scored.selection.labels if scored.selection.labels in judged else schemes[0])
    light_yield = scored.judging.light_yield(scored.dataset) if scored.judging.light_yield else None
    result: dict[str, Any] = {
        **_origin(scored),
        f"pe_per{axis.suffix}": light_yield,
        f"bin_{lowenergy.width_unit(axis).lower()}": width,
        "n_unscored": len(waiting),
        f"not_scored{axis.suffix}": [list(gap) for gap in lowenergy.gaps(waiting, judged[shown_scheme])],
        "labels": {scheme: judgement.to_dict() for scheme, judgement in judged.items()},
        "counted": held_out.COUNTED,
    }
    lines = [_head(scored), held_out.COUNTED]
    if len(waiting):
        lines.append(
            f"{len(waiting):,} rows of {held_out.range_in_words(scored)} have no score: add --score to make them."
        )
    for scheme, judgement in judged.items():
        reach = judgement.to_dict()["reach"]
        lines += ["", f"labels {scheme}: {scored.meaning(scheme)}", _reach(reach, axis)]
        shown = ("class", *axis.plain(0.0, 0.0), "value", "low", "high", "n", "score_median")
        if scheme == shown_scheme:
            lines.append(
                table([{name: row[name] for name in shown} for row in lowenergy.bin_rows(judgement) if row["n"]])
            )
    curve, text = _curve(events[shown_scheme], axis, options)
    result["threshold_curve"] = {**curve, "labels": shown_scheme}
    return result, "\n".join([*lines, "", f"threshold by energy, labels {shown_scheme}: {text}"])


def _curve(events: held_out.Events, axis: Axis, options: declarations.LowEnergy) -> Result:
    """The threshold that follows the energy and what it does; where it cannot be chosen, why."""
    wanted = threshold_curve.checked_part(options.keep / 100.0)
    try:
        curve = threshold_curve.choose(events.validation, wanted, axis)
    except DarkroomError as error:
        if options.export:
            raise
        return {"refused": str(error)}, str(error)
    quoted = threshold_quote.quote(curve, events.held_out, axis)
    columns = threshold_curve.curve_columns(curve)
    result = {**curve.to_dict(), "refused": None, "curve": columns, "quoted": quoted.to_dict()}
    if options.export:
        report_files.write(_curve_report(curve, columns, result), options.export)
    return result, f"{threshold_curve.sentence(curve)}\n{table(quoted.comparison())}"


def _curve_report(curve: ThresholdCurve, columns: Columns, values: dict[str, Any]) -> Report:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    title = f"Threshold by {curve.axis.name}"
    return Report(tables=(Table(title, rows, threshold_curve.sentence(curve)),), values=values, title=title)


def _reach(reach: dict[str, Any], axis: Axis) -> str:
    value = reach[f"value{axis.suffix}"]
    where = DASH if value is None else f"{value:g} {axis.unit}"
    return f"signal efficiency at or above {100 * reach['wanted']:g} % from {where} upwards" + (
        " or lower: no bin below has 20 signal events" if reach["is_end_of_data"] else ""
    )


def _score_widely(scored: ScoreTable, options: declarations.LowEnergy) -> ScoreTable:
    """Score the whole range by a predict job, and wait for it."""
    if not len(held_out.unscored_values(scored)):
        return scored
    wide = held_out.widened(scored)
    arguments = {"run": scored.run.id, "dataset": scored.dataset.name, "selection": wide.to_dict()}
    show = progress(options)
    job = control.submit("predict", f"{scored.run.name} on {scored.dataset.name}", arguments)
    job = control.wait(
        job.id, on_progress=lambda j: show(j.progress_done or 0, j.progress_total or 1, j.progress_text)
    )  # fmt: skip
    if job.state != "finished":
        raise DarkroomError(
            f"Job {job.id}, which scores {held_out.range_in_words(scored)}, {job.state}: {job.message or f'see `python -m core jobs log {job.id}`.'}"
        )
    return _scored(options)


def calibrate(options: declarations.Calibrate) -> Result:
    scored = _scored(options)
    run, labels = scored.run, options.labels or scored.selection.labels
    refused = ""
    temperature = None if options.refit else calibrating.stored(run, scored.of_class)
    if temperature is None:
        try:
            temperature = calibrating.fit_and_store(run, open_scored(run, *find_dataset(run.dataset)).of(options.of))
        except DarkroomError as error:  # the scores can be judged as they are
            refused = str(error)
    kind, typed = _mix(options.mix)
    events = calibrating.part_of(held_out.events_of(scored, labels), options.split)
    mix = calibrating.mix_of(run, events, kind, typed, scored.at)
    calibration = calibrating.judge(events, mix, temperature, axis=scored.axis, binning=options.bins, labels=labels)
    notes = calibration_report.notes(calibration, is_simulated=scored.dataset.simulated, meaning=scored.meaning(labels))
    notes = [*([calibration_report.ONE_AGAINST_THE_REST] if scored.is_multiclass else []), *notes]
    result = {
        **_origin(scored), "split": options.split, "binning": options.bins, **calibration_report.to_dict(calibration),
        "temperature_refused": refused or None, "notes": notes,
    }  # fmt: skip
    head = f"{_head(scored)}, {options.split} events"
    lines = report_lines(calibration_report.report(calibration, notes))
    return result, "\n".join([head, refused or "Temperature stored with the run.", "", *lines])


def _mix(text: str) -> tuple[str, float | None]:
    """A kind of mix, or signal per background as a number."""
    try:
        return calibrating.TYPED, float(text)
    except ValueError:
        return text, None


def _scored(options: ScoredOptions) -> ScoreTable:
    run = running.open_run(options.run)
    return open_scored(run, *find_dataset(options.data or run.dataset)).of(options.of)


def _origin(scored: ScoreTable) -> dict[str, Any]:
    origin = {"run": scored.run.id, "dataset": scored.dataset.name, "simulated": scored.dataset.simulated}
    return {**origin, "of": scored.signal}


def _head(scored: ScoreTable) -> str:
    kind = "simulated" if scored.dataset.simulated else "measured"
    against = f", {scored.signal} against the rest" if scored.is_multiclass else ""
    return f"run {scored.run.title} on {scored.dataset.name} ({kind}){against}"
