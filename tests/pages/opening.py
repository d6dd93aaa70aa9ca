"""Opening a page in Streamlit's AppTest as a browser would: by its address, in one run of the app."""

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import pages.widgets  # noqa: F401  the first import within a run of the app asks for another run

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.parent.name for path in (ROOT / "pages").glob("*/page.py"))


def open_app(page: str = "", **query: str) -> AppTest:
    """The app at the address `/page?query`; refuses a page that fails."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    for name, value in query.items():
        at.query_params[name] = value
    if page:  # as st.Page names it; `switch_page` knows it only after a run of another page
        at._page_hash = calc_hash(page)
    at.run()
    assert not at.exception, at.exception[0].message
    return at
