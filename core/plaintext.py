"""Text of users and files as plain text: nothing in it moves a cursor, colours a terminal or turns the reading direction."""

import re

# CSI and OSC sequences, other two-character escapes, then every control character except tab and newline, marks and
# overrides of the reading direction, and separators that a terminal or an editor takes for a new line.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def plain_text(text: str) -> str:
    """The text without escape sequences, control and direction characters; its lines stay. Half of a surrogate pair, which
    cannot be printed, goes too.
    """
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def plain_line(text: str, n_at_most: int = 200) -> str:
    """The same on one line, shortened."""
    return " ".join(plain_text(text).split())[:n_at_most]
