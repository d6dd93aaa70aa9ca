"""Views: keep the address that is looked at under a name, and open one by `?view=name`."""

from collections.abc import Sequence

import streamlit as st

from core import views
from core.errors import DarkroomError

TROUBLE = "view could not be opened"


def follow() -> None:
    """To be called before a page is drawn: an address that names a view leads to its page and query."""
    name = st.query_params.get(views.PARAMETER)
    if name is None:
        return
    try:
        view = views.open_view(name)
    except DarkroomError as error:
        st.session_state[TROUBLE] = str(error)
        del st.query_params[views.PARAMETER]
        return
    st.switch_page(f"pages/{view.page}/page.py", query_params=view.query)


def trouble() -> str:
    """Why a view that the address named was not opened; said once."""
    return str(st.session_state.pop(TROUBLE, ""))


def keep_button(page: str) -> None:
    """In the heading row: keep this page as it is now."""
    if st.button(
        "", key="keep-view", icon=":material/bookmark_add:", type="tertiary", help="keep this view under a name"
    ):
        _keep(page)


@st.dialog("Keep this view", icon=":material/bookmark_add:")
def _keep(page: str) -> None:
    """Its name, shared by all users."""
    with st.form("keep-view-form", border=False):
        name = st.text_input("name", key="view-name", placeholder="3-6-kev-compact")
        is_replacing = st.checkbox("in the place of the view of this name, if there is one", key="view-replace")
        is_wanted = st.form_submit_button("keep view", type="primary")
    st.caption("It is this page with its address: all users find it on the page Overview and open it by a link.")
    if not is_wanted:
        return
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    try:
        view = views.keep_page(name, page, query, is_replacing=is_replacing)
    except DarkroomError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.toast(f"View '{view.name}' is kept.", icon=":material/bookmark:")
    st.rerun()


def links(listed: Sequence[views.View]) -> None:
    """Links that open views."""
    with st.container(horizontal=True, vertical_alignment="center", key="views"):
        st.markdown("**Views**", width="content")
        for view in listed:
            st.page_link(
                f"pages/{view.page}/page.py", label=view.name, query_params=view.query, icon=":material/bookmark:",
                help=f"page {view.page}, kept by {view.user}",
            )  # fmt: skip
