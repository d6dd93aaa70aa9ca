"""The cards of a FITS header from anywhere, as plain values: a number may stand there as text, and anything may be missing."""

import re
from collections.abc import Mapping as Cards
from datetime import UTC, datetime

BLOCK = 2880
CARD = 80
LATEST_UNIX_S = 2**32  # in the year 2106

Value = str | int | float | bool


def parse(header: bytes) -> dict[str, Value]:
    """Keyword -> value of the cards of a header, the first of equal keywords; what is not text is replaced by '?'."""
    text = header.decode("ascii", errors="replace")
    found: dict[str, Value] = {}
    for at in range(0, len(text), CARD):
        card = text[at : at + CARD]
        key = card[:8].rstrip()
        if key == "END":
            break
        if card[8:10] == "= " and key and key not in found:
            found[key] = _value(card[10:])
    return found


def _value(text: str) -> Value:
    """bool, int, float or text of the value part of a card."""
    string = re.match(r"\s*'((?:[^']|'')*)'", text)
    if string:
        inner = string.group(1).replace("''", "'").rstrip()
        return "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in inner)
    token = text.split("/", 1)[0].strip()
    if token in ("T", "F"):
        return token == "T"
    return number(token)


def number(token: str) -> Value:
    """The int or float that a text stands for, else the text itself (printable, at most 70 characters)."""
    if re.fullmatch(r"[+-]?\d{1,18}", token):
        return int(token)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d{1,3})?", token):
        return float(token.upper().replace("D", "E"))
    return "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in token)[:70]


def real(cards: Cards[str, Value], key: str, low: float = -1e20, high: float = 1e20) -> float | None:
    """A number from low to high that a card holds, also as text; None without."""
    value = cards.get(key) if key else None
    value = number(value.strip()) if isinstance(value, str) else value
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        return None
    return float(value)


def unix_s(cards: Cards[str, Value], key: str) -> float | None:
    """A time in unix seconds: from a number, or from an ISO date, which is taken as UTC; None without."""
    value = cards.get(key) if key else None
    if isinstance(value, str) and not isinstance(number(value.strip()), int | float):
        try:
            when = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
        told = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        return told if 0 < told <= LATEST_UNIX_S else None
    return real(cards, key, 1.0, LATEST_UNIX_S)


def count(cards: Cards[str, Value], key: str) -> int:
    """A whole number of at least 0 that a card holds, also as text; 0 where it does not."""
    return int(real(cards, key, 0, 1e9) or 0)
