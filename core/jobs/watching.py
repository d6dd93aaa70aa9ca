"""Progress, remaining time and place in the queue of a job, in words."""

import time
from collections.abc import Sequence
from typing import Any

from core.jobs.queue import ACTIVE, Job, Metric

LATEST = "latest"
ONE_STAGE = (
    "train",
    "predict",
    "prepare",
    "sample",
    "study",
)  # the progress of other kinds begins anew with each stage


def chosen_job(jobs: Sequence[Job], choice: str = LATEST) -> Job | None:
    """The job whose number is `choice`; for 'latest' (and for a number that is not there) the newest active one.

    Without an active job it is the newest that waits, else the newest at all. `jobs` are newest first.
    """
    named = [job for job in jobs if str(job.id) == choice]
    active = [job for job in jobs if job.state in ACTIVE]
    waiting = [job for job in jobs if not job.is_ended]
    return next(iter([*named, *active, *waiting, *jobs]), None)


def fraction(job: Job) -> float | None:
    """The completed fraction of a job, 0 to 1; None where it has reported none."""
    if job.state == "finished":
        return 1.0
    if not job.progress_total or job.progress_done is None:
        return None
    return min(max(job.progress_done / job.progress_total, 0.0), 1.0)


def seconds_left(job: Job, points: Sequence[Metric] = ()) -> float | None:
    """Seconds until the present stage of a running job is over; None where that is unknown.

    While a training counts its batches, the points of its curves give the speed (starting Keras is not counted);
    what comes after the last point is timed from there, anything else from the start of the job.
    """
    if job.state != "running" or not job.progress_total or not job.progress_done or job.heartbeat is None:
        return None
    batches = [point for point in points if point.values.get("kind") == "batch"]
    began, first = job.started_at or job.submitted_at, 0.0
    if batches and job.progress_text.startswith("Epoch"):
        began, first = batches[0].time, float(batches[0].values["step"])
    elif points:
        began = points[-1].time
    elif job.kind not in ONE_STAGE:
        return None
    n_done, took_s = job.progress_done - first, job.heartbeat - began
    if n_done <= 0 or took_s <= 0:
        return None
    return max(0.0, (job.progress_total - job.progress_done) * took_s / n_done)


def elapsed_s(job: Job, now: float) -> float | None:
    """Seconds since a job's process was started, its start-up included; None before that."""
    return None if job.started_at is None else max(0.0, (job.ended_at or now) - job.started_at)


def starts_in_s(job: Job, jobs: Sequence[Job], now: float) -> float | None:
    """Seconds until a queued job begins, from what those before it in its lane are expected to take; None if unknown.

    A job is expected to take the `expected_seconds` among its arguments; several slots work side by side.
    """
    if job.state != "queued":
        return None
    before = [j for j in jobs if j.lane == job.lane and not j.is_ended and (j.state in ACTIVE or j.id < job.id)]
    expected = [j.arguments.get("expected_seconds") for j in before]
    if None in expected:
        return None
    n_slots = max(1, sum(j.state in ACTIVE for j in before))
    took = [now - j.started_at if j.started_at and j.state in ACTIVE else 0.0 for j in before]
    return sum(max(float(e) - t, 0.0) for e, t in zip(expected, took, strict=True) if e is not None) / n_slots


def place(job: Job, jobs: Sequence[Job]) -> int | None:
    """The place of a queued job in its lane, 1 being the next to start."""
    if job.state != "queued":
        return None
    return 1 + sum(j.state == "queued" and j.lane == job.lane and j.id < job.id for j in jobs)


def duration(seconds: float | None) -> str:
    """'8 s', '2 min 05 s', '3 h 20 min'; '' for None."""
    if seconds is None:
        return ""
    if (whole := round(seconds)) < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def clock(seconds: float | None) -> str:
    """A Unix time as the local date and time of this machine; '' for None."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def sentence(job: Job, jobs: Sequence[Job], points: Sequence[Metric] = (), now: float | None = None) -> str:
    """The state of a job in words: what it does, how long it will take, or how it ended."""
    now = time.time() if now is None else now
    if job.state == "queued":
        ahead = (place(job, jobs) or 1) - 1
        soon = starts_in_s(job, jobs, now)
        waits = "is the next to start" if not ahead else f"waits behind {ahead} other{'s' * (ahead > 1)}"
        begins = "" if soon is None else f", begins in about {duration(soon)}" if soon >= 1.0 else ", begins soon"
        return f"queued: {waits}{begins}"
    if job.stop_requested_at is not None and not job.is_ended:
        left = max(0.0, job.stop_requested_at + (job.stop_grace_s or 0.0) - now)
        return f"stopping: it keeps what it has and ends; if not, it is killed in {duration(left)}"
    if not job.is_ended:
        left_s = seconds_left(job, points)
        doing = job.progress_text or ("starting" if job.state == "starting" else "at work")
        so_far = f", {duration(elapsed_s(job, now))} so far" if job.started_at is not None else ""
        return f"{job.state}: {doing}{so_far}" + (f", about {duration(left_s)} left" if left_s is not None else "")
    took = duration(elapsed_s(job, now)) if job.ended_at else ""
    return f"{job.state} {clock(job.ended_at)}" + (f" after {took}" if took else "")


def queue_rows(jobs: Sequence[Job], now: float | None = None) -> list[dict[str, Any]]:
    """The list of jobs as rows for a table: those that wait or work first, in their order, then the ended, newest first."""
    now = time.time() if now is None else now
    waiting = sorted((j for j in jobs if not j.is_ended), key=lambda j: (j.state == "queued", j.id))
    return [_row(job, jobs, now) for job in (*waiting, *(j for j in jobs if j.is_ended))]


def _row(job: Job, jobs: Sequence[Job], now: float) -> dict[str, Any]:
    at, done, soon = place(job, jobs), fraction(job), starts_in_s(job, jobs, now)
    state = f"queued, no. {at}" if at else "stopping" if job.stop_requested_at and not job.is_ended else job.state
    return {
        "job": job.id,
        "state": state if done is None or job.is_ended else f"{state} {done:.0%}",
        "what": job.title,
        "user": job.user,
        "begins in": duration(soon or None),
        "submitted": clock(job.submitted_at),
        "message": job.message,
    }
