"""The command on watched folders."""

from typing import Any

from core import parameters
from core.clock import utc_text
from core.commands import order_options
from core.commands.command import Result
from core.commands.text import table
from core.errors import DarkroomError
from core.jobs import control, watched


def watch(options: order_options.Watch) -> Result:
    if options.action == "add":
        _add(options)
    elif options.action is not None and options.action != "list":
        if options.name is None:
            raise DarkroomError(f"Which one? Write `python -m core watch {options.action} NAME`.")
        if options.action == "remove":
            watched.remove(options.name)
        else:
            return _prepare(options.name)
    watches, problems = watched.readable()
    rows = [_row(watch) for watch in watches]
    shown = [
        {key: row[key] for key in ("name", "folder", "dataset", "does", "run", "n_waiting", "looked_at", "problem")}
        for row in rows
    ]
    lines = [
        table(shown) or "no folder is watched: see `python -m core watch --help`",
        *(f"note: {p}" for p in problems),
    ]
    return {"watches": rows, "problems": problems}, "\n".join(lines)


def _row(watch: watched.Watch) -> dict[str, Any]:
    state = watched.state_of(watch.name)
    return {
        "name": watch.name, "experiment": watch.experiment, "folder": watch.folder, "dataset": watch.dataset, "does": watch.does,
        "run": watch.run or None, "n_waiting": len(state.waiting), "waiting": sorted(state.waiting)[:100], "job": state.job or None,
        "looked_at": utc_text(state.looked_at) if state.looked_at else None, "problem": state.problem or None,
    }  # fmt: skip


def _add(options: order_options.Watch) -> None:
    from core.registry import experiment_by_key
    from core.workflows import watches

    missing = [word for word in ("name", "experiment", "folder", "dataset") if getattr(options, word) is None]
    if missing or options.folder is None:
        raise DarkroomError(
            f"The {missing[0]} is missing: write `python -m core watch add NAME --experiment E --folder DIR --dataset NAME`."
        )
    experiment = experiment_by_key(options.experiment or "")
    mapping = parameters.override(experiment.reading.mapping_named(options.mapping or experiment.key), options.set)
    does = watched.PREPARE if options.auto else watched.OFFER
    watches.add(
        options.name or "", experiment, options.folder, options.dataset or "", mapping, does=does, run=options.run or "",
        is_bounded=False,
    )  # fmt: skip


def _prepare(name: str) -> Result:
    """Hand over what waits."""
    job = watched.hand_over(watched.read(name))
    control.refresh()
    if job is None:
        return {"job": None}, "no new file waits, or a preparation of the data set is at work"
    return {"job": job.id}, f"job {job.id}: {job.title}"
