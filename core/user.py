"""Who is acting, for what is kept of it."""

import getpass
import os

from core.plaintext import plain_line

MAX_USER = 64


def this_user() -> str:
    """Who is acting: `DARKROOM_USER`, else the login name, else the number of the account."""
    if name := plain_line(os.environ.get("DARKROOM_USER", ""), MAX_USER):
        return name
    try:
        return plain_line(getpass.getuser(), MAX_USER)
    except (OSError, KeyError):
        return str(os.getuid())
