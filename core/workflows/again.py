"""A job once more: what failed, was lost or stopped, with the same arguments; of a preparation only the files that are missing."""

from typing import Any

from core.data.dataset import list_datasets, open_dataset
from core.errors import DarkroomError
from core.jobs import control, queue
from core.jobs.queue import ACTIVE, Job
from core.workflows import training_job

AGAIN = ("failed", "lost", "stopped")


def is_possible(job: Job) -> bool:
    """Whether a job can be done again: it came to no good, or files that it was given were refused. Cheap."""
    if not job.kind:
        return False
    return job.state in AGAIN or (job.state == "finished" and job.kind == "prepare" and " refused" in job.progress_text)


def again(job_id: int) -> Job:
    """Queue a job that came to no good once more; the new job.

    A training goes on from its last epoch where it can; what a killed job of another kind finished is not made again.
    """
    job = queue.get(job_id)
    if not is_possible(job):
        raise DarkroomError(
            f"Job {job_id} is {job.state}: only one that failed, was lost or stopped, or refused files, can be done again."
        )
    arguments = _arguments(job)
    for busy in control.list_jobs(states=("queued", *ACTIVE)):
        if busy.kind == job.kind and busy.arguments == arguments:
            raise DarkroomError(f"Job {busy.id} does the same already ({busy.state}): wait for it.")
    if job.kind == "train" and job.run and training_job.is_resumable(job.run):
        return training_job.resume(job.run)
    return control.submit(job.kind, job.title, arguments, job.lane)


def _arguments(job: Job) -> dict[str, Any]:
    """What the job is given: the same; of a preparation the files that its data set does not hold."""
    if job.kind != "prepare":
        return job.arguments
    files = _missing_files(job)
    if not files:
        raise DarkroomError(
            f"All {len(job.arguments['files']):,} files of job {job.id} are in data set '{job.arguments['name']}': nothing is to be done again."
        )
    return {**job.arguments, "files": files}


def _missing_files(job: Job) -> list[str]:
    """The files that were refused or not reached. Where nothing is finished it is all of them: what is read is not read again."""
    files, name = [str(file) for file in job.arguments["files"]], job.arguments["name"]
    if name not in list_datasets():
        return files
    there = {str(part["path"]) for part in open_dataset(name).meta["parts"]}
    return [file for file in files if file not in there]
