"""Questions to the network in a process of its own (`core.jobs.warm`); the page goes on while that starts or works."""

from typing import Any

import streamlit as st

from core.jobs import warm, watching
from core.jobs.warm import Answer
from pages.widgets import layout

PATIENCE_S, PERIOD_S = 0.25, 0.6


def ask(request: dict[str, Any], key: str) -> Answer | None:
    """The answer if it is there within an instant; else says what goes on, and the page is drawn anew when it has come.

    A question that was asked under this key before and is not answered yet is withdrawn.
    """
    answer = warm.submit(request)
    before = st.session_state.get(key)
    if before is not None and before is not answer:
        before.drop()
    st.session_state[key] = answer
    if not answer.wait(PATIENCE_S):
        _waiting(request)
        return None
    if answer.error:
        st.error(layout.plain(answer.error), icon=":material/error:")
        retry = {"on_click": warm.forget, "args": (request,)}
        st.button("ask again", icon=":material/restart_alt:", key=f"again-{key}", **retry)
        return None
    return answer


@st.fragment(run_every=PERIOD_S)
def _waiting(request: dict[str, Any]) -> None:
    answer, child = warm.submit(request), warm.state()
    if answer.is_done:
        st.rerun(scope="app")
    ahead = f"; {child['waiting']} in line" if child["waiting"] else ""
    since = watching.duration(answer.waited_s)
    st.info(
        layout.plain(f"{child['state']}: {child['message']}{ahead} ({since} so far)"), icon=":material/hourglass_top:"
    )


def state_of_child() -> None:
    """One line on the process that answers."""
    child = warm.state()
    n = len(child["models"])
    held = f", {n} network{'s' * (n > 1)} held" if n else ""
    st.caption(f"inference: {child['state']}{held}", help=f"{child['message']} ({watching.clock(child['since'])})")
