"""Commands on how far a run can be trusted: by energy, and as a probability."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core import runs as running
from core import workspace
from core.commands.data import find_dataset
from core.commands.text import Command, Result, progress, table
from core.errors import DarkroomError
from core.jobs import control
from core.judge import calibration as calibrating
from core.judge import calibration_export as export
from core.judge import lowenergy, threshold_curve, threshold_quote, unseen
from core.judge.export import csv_text
from core.judge.reliability import BINNINGS
from core.judge.scored import Scored, open_scored


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of these commands."""
    p = add("low-energy", low_energy, "efficiency and score by energy, and a threshold that follows it")
    _what(p)
    p.add_argument("--threshold", type=float, default=0.5, help="score from which a row counts as signal (0 to 1)")
    p.add_argument("--bin-kev", type=float, metavar="KEV", help="bin width (default: 40 bins in the range)")
    p.add_argument("--score", action="store_true", help="first score the rows of the range that have no score")
    p.add_argument(
        "--keep", type=float, default=95.0, metavar="PERCENT",
        help="signal efficiency that the threshold by energy holds (default: 95)",
    )  # fmt: skip
    p.add_argument("--export", type=Path, metavar="FILE", help="write the threshold by energy as .csv")

    p = add("calibrate", calibrate, "judge scores as probabilities; fit and keep the temperature of a run")
    _what(p)
    p.add_argument("--split", choices=tuple(calibrating.SPLITS), default="test", help="events that are judged")
    p.add_argument(
        "--mix", default=calibrating.BALANCED,
        help=f"'{calibrating.BALANCED}' (default), '{calibrating.OF_SAMPLE}', or signal per background as a number",
    )  # fmt: skip
    p.add_argument("--bins", choices=BINNINGS, default=BINNINGS[0], help="bins of the reliability diagram")
    p.add_argument("--refit", action="store_true", help="fit the temperature again")


def _what(p: argparse.ArgumentParser) -> None:
    p.add_argument("run", metavar="RUN")
    p.add_argument("--labels", help="label scheme (default: the run's own)")
    p.add_argument("--data", metavar="NAME", help="data set with scores of the run (default: its own)")
    p.add_argument("--of", metavar="CLASS", default="", help="class that is judged against the rest (default: signal)")


def low_energy(options: argparse.Namespace) -> Result:
    scored = _scored(options)
    if options.score:
        scored = _score_widely(scored, options)
    experiment = scored.experiment
    reach_kev, windows = experiment.judge_range_kev, experiment.judge_windows[:2]
    bin_kev = options.bin_kev or lowenergy.bin_widths(reach_kev)[1]
    edges = lowenergy.energy_edges(bin_kev, reach_kev)
    schemes = [options.labels] if options.labels else scored.schemes()
    events = {scheme: unseen.events_of(scored, scheme) for scheme in schemes}
    found = {
        scheme: lowenergy.judge(one.unseen, options.threshold, edges, scheme, windows)
        for scheme, one in events.items()
    }  # fmt: skip
    waiting = unseen.unscored_kev(scored)
    own = options.labels or (scored.selection.labels if scored.selection.labels in found else schemes[0])
    pe_per_kev = scored.experiment.light_yield(scored.dataset) if scored.experiment.light_yield else None
    result: dict[str, Any] = {
        **_origin(scored),
        "pe_per_kev": pe_per_kev,
        "bin_kev": bin_kev,
        "n_unscored": len(waiting),
        "not_scored_kev": [list(gap) for gap in lowenergy.gaps(waiting, found[own])],
        "labels": {scheme: one.to_dict() for scheme, one in found.items()},
        "counted": unseen.COUNTED,
    }
    lines = [_head(scored), unseen.COUNTED]
    if len(waiting):
        lines.append(
            f"{len(waiting):,} rows of {unseen.told_range(experiment)} have no score: add --score to make them."
        )
    for scheme, one in found.items():
        reach = one.to_dict()["reach"]
        lines += ["", f"labels {scheme}: {scored.experiment.scheme_meaning.get(scheme, '')}", _reach(reach)]
        shown = ("class", "energy_low_kev", "energy_high_kev", "value", "low", "high", "n", "score_median")
        if scheme == own:
            lines.append(table([{name: row[name] for name in shown} for row in lowenergy.bin_rows(one) if row["n"]]))
    curve, text = _curve(events[own], edges, options)
    result["threshold_curve"] = {**curve, "labels": own}
    return result, "\n".join([*lines, "", f"threshold by energy, labels {own}: {text}"])


def _curve(events: unseen.Events, edges: np.ndarray, options: argparse.Namespace) -> Result:
    """The threshold that follows the energy and what it does; where it cannot be chosen, why."""
    wanted = threshold_curve.checked_part(options.keep / 100.0)
    try:
        curve = threshold_curve.choose(events.validation, wanted)
    except DarkroomError as error:
        if options.export:
            raise
        return {"refused": str(error)}, str(error)
    quoted = threshold_quote.quote(curve, events.unseen, edges)
    columns = threshold_curve.curve_columns(curve, (float(edges[0]), float(edges[-1])))
    if options.export:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        _write(options.export, csv_text(rows))
    result = {**curve.to_dict(), "refused": None, "curve": columns, "quoted": quoted.to_dict()}
    return result, f"{threshold_curve.sentence(curve)}\n{table(quoted.comparison())}"


def _write(path: Path, text: str) -> None:
    if path.suffix != ".csv":
        raise DarkroomError(f"--export {path}: the ending is '{path.suffix}', expected .csv.")
    if not path.parent.is_dir():
        raise DarkroomError(f"--export {path}: there is no folder {path.parent}.")
    with workspace.replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _reach(reach: dict[str, Any]) -> str:
    where = "undefined" if reach["value_kev"] is None else f"{reach['value_kev']:g} keV"
    return f"signal efficiency at or above {100 * reach['wanted']:g} % from {where} upwards" + (
        " or lower: no bin below has 20 signal events" if reach["is_end_of_data"] else ""
    )


def _score_widely(scored: Scored, options: argparse.Namespace) -> Scored:
    """Score the whole range by a predict job, and wait for it."""
    if not len(unseen.unscored_kev(scored)):
        return scored
    wide = unseen.widened(scored.experiment, scored.selection)
    arguments = {"run": scored.run.id, "dataset": scored.dataset.name, "selection": wide.to_dict()}
    show = progress(options)
    job = control.submit("predict", f"{scored.run.id} on {scored.dataset.name}", arguments)
    job = control.wait(
        job.id, on_progress=lambda j: show(j.progress_done or 0, j.progress_total or 1, j.progress_text)
    )  # fmt: skip
    if job.state != "finished":
        raise DarkroomError(
            f"Job {job.id}, which scores {unseen.told_range(scored.experiment)}, {job.state}: {job.message or f'see `python -m core jobs log {job.id}`.'}"
        )
    return _scored(options)


def calibrate(options: argparse.Namespace) -> Result:
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
    events = calibrating.part_of(unseen.events_of(scored, labels), options.split)
    mix = calibrating.mix_of(run, events, kind, typed, scored.at)
    windows = calibrating.windows_of(scored.experiment)
    found = calibrating.judge(events, mix, temperature, binning=options.bins, labels=labels, windows_kev=windows)
    told = export.notes(
        found, is_simulated=scored.dataset.simulated, meaning=scored.experiment.scheme_meaning.get(labels, "")
    )
    told = [*([export.ONE_AGAINST_THE_REST] if scored.is_multiclass else []), *told]
    result = {
        **_origin(scored), "split": options.split, "binning": options.bins, **export.to_dict(found),
        "temperature_refused": refused or None, "notes": told,
    }  # fmt: skip
    numbers = [f"{n.label}: {n.value} {n.detail}" for n in export.key_numbers(found)]
    lines = [
        f"{_head(scored)}, {options.split} events",
        refused or "Temperature stored with the run.",
        "",
        *numbers,
        "",
    ]
    lines += [table(export.window_rows(found)), "", export.mix_in_words(found), *(f"note: {note}" for note in told)]
    return result, "\n".join(lines)


def _mix(text: str) -> tuple[str, float | None]:
    """A kind of mix, or signal per background as a number."""
    try:
        return calibrating.TYPED, float(text)
    except ValueError:
        return text, None


def _scored(options: argparse.Namespace) -> Scored:
    run = running.open_run(options.run)
    return open_scored(run, *find_dataset(options.data or run.dataset)).of(options.of)


def _origin(scored: Scored) -> dict[str, Any]:
    told = {"run": scored.run.id, "dataset": scored.dataset.name, "simulated": scored.dataset.simulated}
    return {**told, "of": scored.signal}


def _head(scored: Scored) -> str:
    kind = "simulated" if scored.dataset.simulated else "measured"
    against = f", {scored.signal} against the rest" if scored.is_multiclass else ""
    return f"run {scored.run.id} on {scored.dataset.name} ({kind}){against}"
