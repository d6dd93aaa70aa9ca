"""The cards of a FITS header from anywhere, as plain values: a number may stand there as text, and anything may be missing."""

import math
import re
from collections.abc import Mapping as Cards
from datetime import UTC, datetime

BLOCK = 2880
CARD = 80

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


def real(cards: Cards[str, Value], key: str) -> float | None:
    """A finite number that a card holds, also as text; None without."""
    value = cards.get(key) if key else None
    value = number(value.strip()) if isinstance(value, str) else value
    return (
        float(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        else None
    )


def unix_s(cards: Cards[str, Value], key: str) -> float | None:
    """A time in unix seconds: from a number, or from an ISO date, which is taken as UTC; None without."""
    told = real(cards, key)
    value = cards.get(key) if key else None
    if told is not None or not isinstance(value, str):
        return told if told is None or told > 0 else None
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def count(cards: Cards[str, Value], key: str) -> int:
    """A whole number of at least 0 that a card holds, also as text; 0 where it does not."""
    value = cards.get(key, 0)
    value = number(value.strip()) if isinstance(value, str) else value
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9 else 0
