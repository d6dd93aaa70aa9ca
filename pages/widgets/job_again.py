"""The button by which a job that came to no good is done again, with the same arguments."""

import streamlit as st

from core.jobs.queue import Job
from core.workflows import again
from pages.widgets import layout


def button(job: Job, key: str) -> Job | None:
    """The button, where a job failed, was lost or stopped, or refused files; the job that was queued."""
    if not again.is_possible(job):
        return None
    help_text = (
        "the same once more; what is finished is not made again, of a preparation only the files that are missing"
    )
    if st.button("again", key=f"again-{key}-{job.id}", icon=":material/replay:", help=help_text):
        with layout.refusals():
            queued = again.again(job.id)
        st.toast(f"Job {queued.id} is in the queue.")
        return queued
    return None
