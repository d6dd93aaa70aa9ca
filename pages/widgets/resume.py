"""The button by which a training that was killed or has failed goes on from its last epoch."""

import streamlit as st

from core import run_names
from core.jobs.queue import Job
from core.workflows import training_job
from pages.widgets import layout


def button(run_id: str, key: str) -> Job | None:
    """The button, where the run keeps a state to go on from and no job works on it; the job that was queued."""
    if not training_job.is_resumable(run_id):
        return None
    help_text = "train on from the end of its last epoch, as if it had not been broken off"
    if st.button(
        f"resume {layout.plain(run_names.of(run_id).name)}", key=key, icon=":material/resume:", help=help_text
    ):
        with layout.refusals():
            job = training_job.resume(run_id)
        st.toast(f"Job {job.id} is in the queue.")
        return job
    return None
