"""Deleting and bringing back, with everything that stands in the way: jobs at work, writers, names taken again."""

from core import bin, runs
from core.data import joining
from core.data.dataset import datasets_folder, delete_dataset
from core.errors import DarkroomError
from core.jobs import control, tidying
from core.jobs.queue import ACTIVE
from core.workflows import run_admin


def dataset(name: str, for_good: bool = False) -> str:
    """Move a data set into the bin (the id of its entry), or away for good (''); refused while a job or a preparation is at it."""
    busy = next((job for job in control.list_jobs(states=ACTIVE) if run_admin.uses(job, name)), None)
    if busy is not None:
        raise DarkroomError(
            f"Job {busy.id} ({busy.title}) is at work on data set '{name}': stop the job first, or wait."
        )
    path = datasets_folder() / name
    if not path.is_dir():
        return delete_dataset(name, for_good)  # which says what there is
    with joining.only_writer(path):
        return delete_dataset(name, for_good)


def run(run_id: str, for_good: bool = False) -> str:
    """Move a run into the bin (the id of its entry), or away for good (''); refused while a job works on it or waits for it."""
    return runs.delete(run_id, is_busy=run_id in run_admin.busy_jobs(), for_good=for_good)


def restore(entry_id: str) -> bin.Entry:
    """Bring something back from the bin; refused when its name was taken again."""
    is_job = bin.get(entry_id).kind == "job"
    return tidying.restore(entry_id) if is_job else bin.restore(entry_id)


def chosen(name: str) -> str:
    """The id of the entry that a user means: an id, or the name of what was deleted where only one was called so."""
    entries = bin.list_entries()
    if name in {entry.id for entry in entries}:
        return name
    fits = [entry.id for entry in entries if entry.name == name]
    if len(fits) > 1:
        raise DarkroomError(
            f"Several things in the bin are called '{name}': say which by its id, {' or '.join(fits[:5])}."
        )
    return fits[0] if fits else bin.get(name).id
