"""The one exception type that reaches a user as a sentence."""

from core.plaintext import plain_text


class DarkroomError(Exception):
    """Something the user can mend.

    The text is one sentence (two at most) that names the file or parameter, what was found, what was
    expected, and what to do. Pages show it as it is; the command line prints it and exits with status 2. What it cites of
    a file loses its control and direction characters here.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(plain_text(sentence))


class FullDiskError(DarkroomError):
    """Nothing more can be written: what was at work has to end, whatever it reads next."""


class TooFewError(DarkroomError):
    """A number needs more rows than there are: the rest of an answer goes without it."""
