"""`streamlit run`, told beforehand that app.py alone says which pages there are.

Streamlit takes a folder called `pages` for its old kind of app until `st.navigation` has run once. Visitors of a new server
who come by a deep link, several at once after a restart, would get the bare page, past app.py.
"""

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False
    main()
