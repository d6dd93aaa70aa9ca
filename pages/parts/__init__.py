"""What several pages share."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Streamlit takes a folder called `pages` for its old kind of app until `st.navigation` has run once. The first visitor of
# a new server who comes by a deep link would then get the bare page, past app.py: start again, through app.py.
if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
