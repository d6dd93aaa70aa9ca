"""The command that judges a run: one class against the rest, and all classes of a run with more than two."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import runs as running
from core import workspace
from core.commands.data import find_dataset
from core.commands.text import Command, Result, interval, table
from core.errors import DarkroomError
from core.judge import classified_export, export, stored
from core.judge.classified import Classified, judge_classes
from core.judge.multiclass import checked_mix
from core.judge.paired import compare_run
from core.judge.scored import Scored, judge_run, open_scored


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of this command."""
    p = add(
        "evaluate",
        evaluate,
        "efficiencies, ROC and tables of a run, with intervals; of several classes, the confusion matrix",
    )
    p.add_argument("run", metavar="RUN")
    p.add_argument("--threshold", type=float, default=0.5, help="score from which a row counts as signal (0 to 1)")
    p.add_argument(
        "--split",
        choices=("train", "validation", "test", "other", "all"),
        help="default: test, or other for data that the run was not trained on",
    )
    p.add_argument("--labels", help="label scheme (default: the run's own)")
    p.add_argument("--data", metavar="NAME", help="data set with scores of the run (default: its own)")
    p.add_argument("--export", type=Path, metavar="FILE", help="write the energy table as .csv, .tex or .json")
    p.add_argument("--of", metavar="CLASS", default="", help="class that is judged against the rest (default: signal)")
    p.add_argument(
        "--reject-below",
        type=float,
        default=0.0,
        metavar="P",
        help="of several classes: call nothing below this probability",
    )
    p.add_argument(
        "--mix",
        type=float,
        nargs="+",
        metavar="PART",
        help="of several classes: their parts, for purities at another mix",
    )


def evaluate(options: argparse.Namespace) -> Result:
    run = running.open_run(options.run)
    experiment, dataset = find_dataset(options.data or run.dataset)
    split = options.split or ("test" if dataset.name == run.dataset else "other")
    scored = open_scored(run, experiment, dataset).of(options.of)
    found = judge_run(scored, options.threshold, split, options.labels)
    compared = compare_run(scored, options.threshold, split, options.labels).to_dict()
    if options.export:
        write_export(options.export, found)
    result = {"run": run.id, "dataset": dataset.name, "simulated": dataset.simulated, **found.to_dict()}
    result |= {"comparisons": compared, "costs": stored.costs(run), "of": scored.signal}
    several, about_several = _several(scored, found.tables["signal"].energy_edges_kev, split, options)
    result |= several
    kind = "simulated" if dataset.simulated else "measured"
    lines = [
        f"run {run.id} on {dataset.name} ({kind}), split {found.which_split}, labels {found.label_scheme}, threshold {options.threshold:g}",
        *about_several,
        "",
    ]
    judged = {"network": result, **result["baselines"]}
    judged |= {f"{n}, labels {s}": one for s, group in result["other_labels"].items() for n, one in group.items()}
    for name, one in judged.items():
        n = one["harmonic_efficiency"]
        lines.append(f"{name}: signal {interval(one['signal_efficiency'])}; background {interval(one['background_efficiency'])}; "
                     f"harmonic efficiency {interval(n)}; AUC {interval(one['auc'])}")  # fmt: skip
    lines += [
        "",
        "leakage at 99 % signal efficiency, thresholds from " + compared["chosen_on"],
        leakage_table(compared),
    ]
    lines += ["", table([{k: v for k, v in row.items() if k != "counts"} for row in result["energy_table"]])]
    return result, "\n".join(lines + [f"note: {note}" for note in found.notes])


def leakage_table(compared: dict[str, Any]) -> str:
    """What leaks of each window with each method, and p against the network (with the scatter of the limits), as text."""
    return table([
        {
            "window [keV]": f"{row['window_kev'][0]:g}-{row['window_kev'][1]:g}" if row["window_kev"] else "all",
            "method": row["method"], "signal": interval(row["signal_efficiency"]), "leakage": interval(row["leakage"]),
            "p": "" if row["p_with_limits"] is None else f"{row['p_with_limits']:.2g}",
        }
        for row in compared["leakage_at_99"]
    ])  # fmt: skip


def write_export(path: Path, found: Any) -> None:
    """The energy table as .csv or .tex, or everything as .json."""
    texts = {
        ".csv": lambda: export.to_csv(found.tables),
        ".tex": lambda: export.to_latex(found.tables),
        ".json": lambda: export.to_json(found),
    }
    if path.suffix not in texts:
        raise DarkroomError(f"--export {path}: the ending is '{path.suffix}', expected .csv, .tex or .json.")
    if not path.parent.is_dir():
        raise DarkroomError(f"--export {path}: there is no folder {path.parent}.")
    with workspace.replacing(path) as temporary:
        temporary.write_text(texts[path.suffix](), encoding="utf-8")


def _several(
    scored: Scored, edges_kev: Any, split: str, options: argparse.Namespace
) -> tuple[dict[str, Any], list[str]]:
    """All classes of a run with more than two, under the key `multiclass`, and as lines."""
    if not scored.is_multiclass:
        if options.mix or options.reject_below:
            raise DarkroomError(
                f"Run '{scored.run.id}' has two classes: --mix and --reject-below are for more than two."
            )
        return {}, []
    mix = checked_mix(options.mix, scored.classes) if options.mix else None
    found = judge_classes(
        scored, split, options.labels, reject_below=options.reject_below, edges_kev=edges_kev, mix=mix
    )
    return {"multiclass": found.to_dict()}, ["", *_lines(found), "", f"{scored.signal} against the rest:"]


def _lines(found: Classified) -> list[str]:
    numbers = [f"{n.label}: {n.value} {n.detail}" for n in classified_export.key_numbers(found)]
    parts = (
        ("confusion matrix [%]", classified_export.confusion_rows(found.network)),
        ("classes", classified_export.class_rows(found.network)),
        ("methods", classified_export.method_rows(found)),
        (f"{found.signal}, thresholds from {found.chosen_on}", classified_export.signal_rows(found)),
    )
    told = [line for title, rows in parts for line in ("", title, table(rows))]
    return [*numbers, *told, *(f"note: {note}" for note in found.notes)]
