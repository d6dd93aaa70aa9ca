"""Jobs while they wait and work: the queue, and one job with its progress, curves, log and stop button."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core import figures
from core.jobs import control, local, queue, watching
from core.jobs.queue import Job, Metric
from core.learn import curves
from pages.widgets import layout

PERIOD_S = 1.5
OPEN = ("queued", *queue.ACTIVE)
ICONS = {"finished": ":material/check_circle:", "failed": ":material/error:", "lost": ":material/help:"}
COLUMNS = {
    "job": st.column_config.NumberColumn("job", width=45),
    "state": st.column_config.TextColumn("state", width=95),
    "what": st.column_config.TextColumn("what", width=145),
}


def live(draw: Callable[..., None], *arguments: Any) -> None:
    """Draw by a timer while any job waits or works, else once. When one came or went the whole page is run again."""
    before = _open_jobs()

    def watched() -> None:
        draw(*arguments)
        if before and _open_jobs() != before:
            st.rerun()

    st.fragment(watched, run_every=PERIOD_S if before else None)()


def _open_jobs() -> list[int]:
    with layout.refusals():
        return [job.id for job in control.list_jobs(states=OPEN)]


def queue_table(jobs: list[Job]) -> None:
    """All users' jobs: those that wait or work in their order, then the ended."""
    height = "content" if len(jobs) < 5 else 214
    st.dataframe(
        watching.queue_rows(jobs),
        hide_index=True,
        height=height,
        column_config=COLUMNS,
        placeholder="",
        alt="the jobs of all users",
    )


def title(job: Job) -> None:
    """What the job is, with what can be done about it now."""
    st.markdown(f"**job {job.id}** {layout.plain(job.title)} :gray[by {layout.plain(job.user)}]", width="content")
    if not job.is_ended:
        stop_button(job)
    if job.run and job.state in ("finished", "stopped"):
        st.page_link(
            "pages/evaluate/page.py", label="evaluate", query_params={"run": job.run}, icon=":material/table_chart:"
        )


def job_view(job: Job, jobs: list[Job], height: int) -> None:
    """How far a job is, its curves and its log."""
    points = points_of(job)
    progress(job, jobs, points)
    if job.kind == "train" and job.state != "queued":
        training_figure(job, points, height)
    log(job)


def progress(job: Job, jobs: list[Job], points: list[Metric]) -> None:
    """A bar with the state in words; how a job ended."""
    words = layout.plain(watching.sentence(job, jobs, points))
    if not job.is_ended:
        st.progress(watching.fraction(job) or 0.0, text=words)
    elif job.state in ("failed", "lost"):
        st.error(f"{words}. {layout.plain(job.message)}", icon=ICONS[job.state])
    else:
        st.caption(f"{ICONS.get(job.state, ':material/stop_circle:')} {words}. {layout.plain(job.message)}")


def followed(job: Job) -> bool:
    """Say how far a job is that a part of a page waits for; whether it has finished, which is said beside the page."""
    if job.state == "finished":
        st.toast(layout.plain(f"Job {job.id} finished: {job.title}"), icon=ICONS["finished"])
        return True
    with layout.refusals():
        words = watching.sentence(job, control.list_jobs())
    if job.is_ended:
        st.error(layout.plain(f"Job {job.id} {words}. {job.message or 'See its log.'}"), icon=":material/error:")
    else:
        st.progress(watching.fraction(job) or 0.0, text=layout.plain(f"job {job.id} {words}"))
    return False


def stop_button(job: Job) -> None:
    """Stop a job, after saying what that does."""
    with st.popover("stop", icon=":material/stop_circle:", disabled=job.stop_requested_at is not None):
        if job.state == "queued":
            st.write(f"Job {job.id} has not begun: it leaves the queue and nothing is made.")
        else:
            st.write(
                f"Job {job.id} of {layout.plain(job.user)} ends after the step that it is at. The best weights of a "
                f"training are kept as a run; without an answer in {control.STOP_GRACE_S:.0f} s it is killed."
            )
        if st.button(f"stop job {job.id}", key=f"stop-{job.id}", type="primary"):
            with layout.refusals():
                control.stop(job.id)
            st.rerun(scope="fragment")


def log(job: Job) -> None:
    """The last lines of what the job wrote, and all of it to download."""
    with st.expander("log", expanded=job.state in ("failed", "lost"), icon=":material/subject:", key=f"log-{job.id}"):
        text = control.log_tail(job.id)
        st.code(text or "Nothing was written.", language=None, height=180, wrap_lines=True)
        path = local.log_path(job.id)
        if path.exists():
            st.download_button(
                "all of it", path.read_bytes, f"darkroom-job-{job.id}.txt", "text/plain", key=f"log-all-{job.id}",
                on_click="ignore", type="tertiary", icon=":material/download:",
            )  # fmt: skip


def points_of(job: Job) -> list[Metric]:
    """The points of the watched job; those that were read before are kept in the session."""
    job_id, known = st.session_state.get("points", (job.id, []))
    points = curves.more_metrics(known if job_id == job.id else [], job.id)
    st.session_state["points"] = (job.id, points)
    return points


def training_figure(job: Job, points: list[Metric], height: int) -> None:
    """Loss and efficiencies, as far as they are."""
    values = [point.values for point in points]
    drawn, least = curves.of_points(values, job.run or f"job {job.id}"), curves.least_of_points(values)
    if not drawn.curves:
        waits = "The curves begin with the first batches; Keras takes some seconds to start."
        st.caption("It ended before its first batch." if job.is_ended else waits)
        return
    thinned = f"; every {drawn.every}. of {drawn.n_points:,} points is drawn" if drawn.every > 1 else ""
    note = (
        f"Thin: mean of the latest 30 batches; with markers: validation after each epoch{thinned}. "
        "A validation loss that rises while the training's falls: overtrained."
    )
    figure = figures.training_curves(drawn.curves, least=least).update_layout(height=height)
    layout.show_figure(figure, f"job-{job.id}", note, lambda: curves.columns([drawn], "batch"))
