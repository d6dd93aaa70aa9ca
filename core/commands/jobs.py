"""The command that lists jobs, shows what one printed, and stops one."""

from core.commands import declarations
from core.commands.command import Result
from core.commands.text import table
from core.errors import DarkroomError
from core.jobs import control


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
        if options.action == "stop":
            control.stop(options.id)
        listed = [control.get(options.id)]
    rows = [
        {
            "id": j.id, "kind": j.kind, "title": j.title, "run": j.run, "state": j.state, "user": j.user, "pid": j.pid,
            "progress": f"{100 * j.progress_done / j.progress_total:.0f} %" if j.progress_total and j.progress_done is not None else None,
            "message": j.message or None,
        }
        for j in listed
    ]  # fmt: skip
    return {"jobs": rows}, table(rows) or "no job yet"
