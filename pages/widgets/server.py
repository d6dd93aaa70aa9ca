"""The Streamlit server, `python -m pages.widgets.server PORT [/PREFIX]`: app.py behind what `guard` lets through.

Streamlit takes a folder called `pages` for its old kind of app until `st.navigation` has run once. Visitors of a new server
who come by a deep link, several at once after a restart, would get the bare page, past app.py: it is told beforehand.
"""

import contextlib
import sys
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pages.widgets import guard

SCRIPT = Path(__file__).resolve().parents[2] / "app.py"


def main(port: int, prefix: str = "") -> None:
    """Serve until an interrupt, below the path `prefix`."""
    PagesManager.uses_pages_directory = False
    sys.argv = [str(SCRIPT)]  # its folder is where Streamlit looks for `.streamlit/config.toml`
    with contextlib.suppress(KeyboardInterrupt):
        st.App(SCRIPT, middleware=guard.middleware(prefix)).run(
            config={"server.port": port, "server.baseUrlPath": prefix.strip("/")}
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
