"""The command that draws any analysis of an experiment, and the words under which some of them are known."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from core import parameters, runs
from core.analysis import comparison, rate_report
from core.analysis.analysis import Analysis, analysis_of, silent
from core.analysis.comparison import Comparison
from core.analysis.comparison_report import PrintedResult
from core.analysis.rates import Angle, Fit, RateResult
from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.commands.text import progress, report_lines, table
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.judge.report import Report
from core.learn import backend
from core.learn.layers import describe_networks
from core.registry import EXPERIMENTS, experiment_by_key
from core.workflows import analyse as analysing
from core.workflows import analysis_trainings, scaled_sample
from core.workflows.analyse import Names


def analyse(options: declarations.Analyse) -> Result:
    """Any analysis of an experiment, or the list of them."""
    if options.analysis is None:
        rows = [
            {"experiment": e.key, "analysis": key, "title": a.title, "needs": ", ".join(a.needs)}
            for e in EXPERIMENTS.values() for key, a in e.analyses.items()
            if options.experiment in (None, e.key)
        ]  # fmt: skip
        return {"analyses": rows}, table(rows)
    experiment = _experiment(options, options.analysis)
    names = Names(
        options.data or "", options.run or "", options.study or "", options.calibrate or "", options.pressure or "",
        tuple(options.files), options.mapping or "", tuple(options.field),
    )  # fmt: skip
    analysis, settings = _with_settings(experiment, options.analysis, options.set)
    if options.train:
        return _train(experiment, analysis, names, settings)
    names, report = _answer(experiment, analysis, names, settings, progress(options))
    origin = {
        "experiment": experiment.key, "analysis": options.analysis, "dataset": names.of("dataset") or None,
        "run": names.of("run") or None, "study": names.of("study") or None, "parameters": parameters.to_dict(settings),
    }  # fmt: skip
    return origin | report.to_dict(), "\n".join([analysis.title, *report_lines(report)])


def _experiment(options: declarations.Analyse | declarations.Trigger, key: str) -> Experiment:
    """The experiment that is named, that of the run or data set, or the first that has the analysis."""
    if options.experiment:
        return experiment_by_key(options.experiment)
    if options.run and options.run != analysing.NONE:
        return experiment_by_key(runs.open_run(options.run).experiment)
    if options.data and options.data != analysing.NONE:
        return find_dataset(options.data)[0]
    return _first_with(key)


def _first_with(key: str) -> Experiment:
    experiments = EXPERIMENTS.values()
    return next((experiment for experiment in experiments if key in experiment.analyses), next(iter(experiments)))


def _with_settings(experiment: Experiment, key: str, assignments: Sequence[str]) -> tuple[Analysis, Any]:
    analysis = analysis_of(experiment.analyses, key, experiment.title)
    return analysis, parameters.override(analysis.parameters(), assignments)


def _answer(
    experiment: Experiment, analysis: Analysis, names: Names, settings: Any, show: Callable[..., None] = silent
) -> tuple[Names, Report]:
    layers = None
    if "networks" in analysis.needs:
        backend.stay_on_cpu()
        layers = describe_networks(experiment.networks)
    names = analysing.with_newest(experiment, analysis, names)
    trained = {}
    if analysis.trainings is not None and names.of("dataset"):
        dataset = find_dataset(names.dataset)[1]
        with contextlib.suppress(DarkroomError):  # what needs no training is answered nevertheless
            plans = analysis_trainings.plans_of(experiment, dataset, analysis, settings)
            trained = analysis_trainings.trained(dataset, plans)
    inputs = analysing.open_inputs(experiment, analysis, names, layers, trained=trained)
    return names, analysis.run(inputs, settings, show)


def _train(experiment: Experiment, analysis: Analysis, names: Names, settings: Any) -> Result:
    """Queue the trainings whose runs are missing."""
    names = analysing.with_newest(experiment, analysis, names)
    if analysis.trainings is None or not names.of("dataset"):
        raise DarkroomError(
            f"{analysis.title} of {experiment.title} compares no runs, or there is no data set: give --data."
        )
    dataset = find_dataset(names.dataset)[1]
    plans = analysis_trainings.plans_of(experiment, dataset, analysis, settings)
    jobs = analysis_trainings.submit_missing(dataset, plans)
    trained = analysis_trainings.trained(dataset, plans)
    result = {"dataset": dataset.name, "trained": trained, "jobs": [job.id for job in jobs]}
    return (
        result,
        f"{len(trained)} of {len(plans)} are trained; jobs {', '.join(str(job.id) for job in jobs) or 'none'} queued",
    )


def apply(options: declarations.Apply) -> Result:
    """The analysis `rates`."""
    experiment, dataset = find_dataset(options.dataset)
    analysis, settings = _with_settings(experiment, "rates", options.set)
    pressure = str(options.pressure) if options.pressure else ""
    names = Names(dataset.name, options.run, calibration=options.calibrate or "", pressure=pressure)
    _, report = _answer(experiment, analysis, names, settings)
    origin = {"run": options.run, "dataset": dataset.name, "simulated": dataset.simulated}
    return {**origin, "parameters": parameters.to_dict(settings), **report.values}, _rates_in_words(report.result)


def _rates_in_words(result: RateResult) -> str:
    lines = [f"{n.label}: {n.value} {n.detail}" for n in result.key_numbers]
    columns = rate_report.count_columns(result)
    lines += ["", table([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)])]
    lines += ["", table(rate_report.image_rows(result))]
    lines += [f"{series.panel}: {series.in_words}" for series in (*result.series, *result.corrected)]
    fits: tuple[Fit | Angle, ...] = (*result.spectra, *result.angles)
    lines += [f"{fit.title}: {fit.in_words}" for fit in fits]
    if result.corrected:
        lines.append(rate_report.pressure_in_words(result))
    return "\n".join([*lines, *(f"note: {note}" for note in result.notes)])


def trigger(options: declarations.Trigger) -> Result:
    """The analysis `trigger`."""
    experiment = _experiment(options, "trigger")
    assignments = [f"up_to_kev={options.up_to}", f"threshold={options.threshold}", f"n_events={options.events}"]
    assignments += [f"seed={options.seed}", *options.set]
    if options.energies:
        assignments.append(f"energies_kev={_energies(options.energies)}")
    analysis, settings = _with_settings(experiment, "trigger", assignments)
    names = Names(options.data or "", options.run or "")
    if options.run and not options.data:
        names = Names(runs.open_run(options.run).dataset, options.run)
    _, report = _answer(experiment, analysis, names, settings)
    scan, *chain = reversed(report.tables)
    lines = [scan.title, "", table([dict(row) for row in scan.rows]), "", report.notes[0]]
    for part in chain:
        lines += ["", f"selection: {report.result.selected.name}", table([dict(row) for row in part.rows])]
        lines += ["", report.notes[1]]
    return dict(report.values), "\n".join(lines)


def _energies(text: str) -> str:
    try:
        return ",".join(str(float(part)) for part in text.split(","))
    except ValueError:
        raise DarkroomError(f"--energies is '{text}': expected numbers in keV, comma-separated.") from None


def energy_scale(options: declarations.EnergyScale) -> Result:
    """The analysis `energy-scale`."""
    experiment = experiment_by_key(options.experiment)
    analysis, settings = _with_settings(experiment, "energy-scale", options.line)
    names = Names(files=tuple(options.files), mapping=options.mapping or "", settings=tuple(options.set))
    _, report = _answer(experiment, analysis, names, settings)
    result = {"title": analysis.title, "files": options.files, **report.values}
    rows = [dict(row) for row in report.tables[0].rows]
    return result, "\n".join([analysis.title, table(rows), analysis.explanation])


def published(options: declarations.Published) -> Result:
    """The analysis `published`; with --scale the simulated data in the printed numbers."""
    experiment = experiment_by_key(options.experiment or next(iter(EXPERIMENTS)))
    if options.scale:
        return _scale(experiment, options)
    if options.fraction is not None:
        raise DarkroomError("--fraction belongs to --scale seed: give both, or neither.")
    analysis, settings = _with_settings(experiment, "published", [])
    names = Names(options.data or "", options.run or "", options.study or "")
    names, report = _answer(experiment, analysis, names, settings)
    dataset = find_dataset(names.dataset)[1] if names.of("dataset") else None
    origin = {
        "experiment": experiment.key, "dataset": dataset.name if dataset else None,
        "simulated": dataset.simulated if dataset else None, "study": names.of("study") or None, "run": names.of("run") or None,
    }  # fmt: skip
    kind = "" if dataset is None else " (simulated)" if dataset.simulated else " (measured)"
    heading = f"data set {origin['dataset'] or 'none'}{kind}, study {origin['study'] or 'none'}, run {origin['run'] or 'none'}"
    return origin | dict(report.values), "\n".join([heading, *_printed_lines(report.result)])


def _printed_lines(result: PrintedResult) -> list[str]:
    lines = [", ".join(f"{n:,} {what}" for what, n in comparison.tally(result.rows).items())]
    for key, title in result.tables.items():
        rows = result.of_table(key)
        tally = ", ".join(f"{n:,} {what}" for what, n in comparison.tally(rows).items() if n)
        lines += ["", f"{title} ({tally})", table([_line(row) for row in _shown(rows)])]
    lines += ["", "What does not add up"]
    wrong = result.inconsistencies
    return lines + [
        f"- {place.title} ({place.where}). Printed: {place.printed}. Follows: {place.follows}." for place in wrong
    ]


def _shown(rows: list[Comparison]) -> list[Comparison]:
    """All rows of a table; of one with hundreds of cells its last column, and what does not reproduce."""
    if len(rows) <= 200:
        return rows
    return [row for row in rows if row.column == rows[-1].column or row.reproduces is False]


def _line(row: Comparison) -> dict[str, Any]:
    texts = comparison.texts(row)
    return {name: texts[name] for name in ("row", "column", "printed", "recomputed", "ours", "n", "verdict")}


def _scale(experiment: Experiment, options: declarations.Published) -> Result:
    """Simulate and prepare the printed numbers as a job, and wait for it."""
    fraction = 1.0 if options.fraction is None else options.fraction
    cost = scaled_sample.scaled_of(experiment).cost(fraction)
    job = scaled_sample.submit(experiment, fraction)
    show = progress(options)
    job = control.wait(job.id, on_progress=lambda j: show(j.progress_done or 0, j.progress_total or 1, j.progress_text))
    result: dict[str, Any] = {
        "job": job.id, "state": job.state, "dataset": scaled_sample.dataset_name(experiment, fraction),
        "fraction": fraction, "expected": dict(cost), "message": job.message or None,
        "seconds": (job.ended_at or 0.0) - (job.started_at or 0.0) if job.started_at else None,
    }  # fmt: skip
    expected = f"expected {cost['n_events']:,.0f} simulated events, {cost['seconds']:,.0f} s, {cost['gb']:.2f} GB"
    return result, f"job {job.id} {job.state}: {job.message or job.progress_text} ({expected})"
