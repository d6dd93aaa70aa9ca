"""The command on the list of runs: what they are called, their results, and deleting one."""

from collections.abc import Callable
from typing import Any

from core import run_names
from core import runs as running
from core.commands import run_options
from core.commands.command import Result
from core.commands.text import table
from core.errors import DarkroomError
from core.judge.report import DASH
from core.judge.run_result import Result as RunResult
from core.user import this_user
from core.workflows import discarding, run_admin, run_results

HOW = {
    "name": 'RUN "NAME"', "note": 'RUN "TEXT"', "tag": "RUN TAG ...", "untag": "RUN TAG ...", "alias": "RUN ALIAS",
    "unalias": "RUN ALIAS", "delete": "RUN",
}  # fmt: skip


def runs(options: run_options.Runs) -> Result:
    if options.action:
        _act(options.action, options)
    listed = [run for run in running.list_runs() if options.experiment in (None, run.experiment)]
    results, members = run_results.complete(listed), run_admin.members()
    wanted = [run for run in listed if options.tagged is None or options.tagged in run_names.of(run.id).tags]
    rows = [_row(run, results.get(run.id, run_results.UNKNOWN), members) for run in wanted]
    lines = [_line(row, results.get(row["id"], run_results.UNKNOWN)) for row in rows]
    return {"runs": rows}, table(lines) or "no run yet: see `python -m core train --help`"


def _act(action: str, options: run_options.Runs) -> None:
    text = " ".join(options.text)
    if not options.run or (not options.text and action != "delete"):
        raise DarkroomError(
            f"What exactly? Write `python -m core runs {action} {HOW[action]}`; the runs are in `python -m core runs`."
        )
    run_id, by = running.existing(options.run).name, this_user()
    actions: dict[str, Callable[[], object]] = {
        "name": lambda: run_names.rename(run_id, text, by),
        "note": lambda: run_names.write_note(run_id, text, by),
        "tag": lambda: run_names.tag(run_id, by, add=options.text),
        "untag": lambda: run_names.tag(run_id, by, remove=options.text),
        "alias": lambda: run_names.give_alias(run_id, text, by),
        "unalias": lambda: run_names.drop_alias(run_id, text, by),
        "delete": lambda: discarding.run(run_id, options.for_good),
    }
    actions[action]()


def _row(run: running.RunSummary, result: RunResult, members: dict[str, str]) -> dict[str, Any]:
    """A run as plain values for JSON."""
    naming = run_names.of(run.id)
    fields = (
        "state",
        "dataset",
        "network",
        "labels",
        "seconds",
        "events_per_s",
        "n_epochs",
        "validation_loss",
        "problem",
    )
    return {
        "study": members.get(run.id), "id": run.id, "name": naming.name, "note": naming.note, "tags": list(naming.tags),
        "aliases": list(naming.aliases), "result": result.to_dict(), **{name: getattr(run, name) for name in fields},
    }  # fmt: skip


def _line(row: dict[str, Any], result: RunResult) -> dict[str, Any]:
    """The same to read in a terminal."""
    marks = [*row["aliases"], *(f"#{text}" for text in row["tags"])]
    return {
        "name": row["name"] + (f" [{' '.join(marks)}]" if marks else ""),
        "result": result.text or DASH,
        **{
            name: row[name]
            for name in ("state", "dataset", "labels", "seconds", "validation_loss", "study", "id", "problem")
        },
    }
