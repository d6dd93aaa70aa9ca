"""The one exception type that reaches a user as a sentence."""


class DarkroomError(Exception):
    """Something the user can mend.

    The text is one sentence (two at most) that names the file or parameter, what was found, what was
    expected, and what to do. Pages show it as it is; the command line prints it and exits with status 2.
    """
