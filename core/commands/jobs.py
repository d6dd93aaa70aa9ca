"""The command that lists jobs and acts on one: stops it, shows what it printed, does it again, renames or deletes it."""

from core.commands import declarations
from core.commands.command import Result
from core.commands.text import table
from core.errors import DarkroomError
from core.jobs import control, tidying
from core.jobs.queue import Job


def _acted(action: str | None, job_id: int, title: str | None) -> list[Job]:
    """Do what is to be done with a job; the job that there is then."""
    if action == "delete":
        tidying.delete(job_id)
        return control.list_jobs()
    if action == "again":
        from core.workflows.again import again  # it loads what trains

        return [again(job_id)]
    if action == "rename":
        return [tidying.rename(job_id, title or "")]
    return [control.stop(job_id) if action == "stop" else control.get(job_id)]


def jobs(options: declarations.Jobs) -> Result:
    if options.id is None:
        if options.action:
            raise DarkroomError(
                f"Which job? Write `python -m core jobs {options.action} ID`; the ids are in `python -m core jobs`."
            )
        listed = control.list_jobs()
    elif options.action == "log":
        text = control.log_tail(options.id)
        return {"log": text}, text
    else:
        listed = _acted(options.action, options.id, options.title)
    rows = [
        {
            "id": j.id, "kind": j.kind, "title": j.title, "run": j.run, "state": j.state, "user": j.user, "pid": j.pid,
            "progress": f"{100 * j.progress_done / j.progress_total:.0f} %" if j.progress_total and j.progress_done is not None else None,
            "message": j.message or None,
        }
        for j in listed
    ]  # fmt: skip
    return {"jobs": rows}, table(rows) or "no job yet"
