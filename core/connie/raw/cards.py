"""The cards of a FITS header from anywhere, as plain values: a number may stand there as text, and anything may be missing.

Keywords are in capitals, those of HIERARCH cards (ESO, Rubin) without that word: `CCD EXPOSURE`. Times follow FITS 4.0
section 9: `TIMESYS` is their scale (UTC without it), `TSTART` and `TSTOP` count from `MJDREF` where that is given.
"""

import re
import warnings
from collections.abc import Iterator
from collections.abc import Mapping as Cards

from core import times

BLOCK = 2880
CARD = 80
SCALES = {"UTC": "utc", "UT": "utc", "UT1": "utc", "GMT": "utc", "TAI": "tai", "IAT": "tai", "TT": "tt", "TDT": "tt"}
SCALES |= {"ET": "tt", "TDB": "tdb", "TCG": "tcg", "TCB": "tcb"}  # UT1 keeps within a second of UTC
UNITS_S = {"S": 1.0, "MIN": 60.0, "H": 3600.0, "D": times.DAY_S}
TIMES_OF_DAY = ("UT", "UTC", "UTSTART", "TIME")  # what stands beside DATE-OBS where TIME-OBS does not

NO_VALUE = ("", "COMMENT", "HISTORY")

Value = str | int | float | bool


def parse(header: bytes) -> dict[str, Value]:
    """Keyword -> value of the cards of a header, the first of equal keywords; what is not text is replaced by '?'.

    A card that breaks the standard gives what stands after its '=' as a number or text.
    """
    from astropy.io import fits

    cards: dict[str, Value] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fits.verify.VerifyWarning)
        for image in _images(header):
            card = fits.Card.fromstring(image)
            try:
                key, value = card.keyword.strip().upper(), card.value
            except (fits.VerifyError, ValueError):
                key, _, rest = image.removeprefix("HIERARCH ").partition("=")
                key, value = key.strip().upper(), number(rest.split("/", 1)[0].strip())
            is_value = isinstance(value, str | int | float)  # not complex, not undefined
            if is_value and key not in cards and key not in NO_VALUE:
                cards[key] = value
    return cards


def _images(header: bytes) -> Iterator[str]:
    """The cards with a value before END, each with the CONTINUE cards that belong to it, in printable ASCII."""
    text = "".join(c if " " <= c <= "~" else "?" for c in header.decode("ascii", errors="replace"))
    image = ""
    for card in (text[at : at + CARD] for at in range(0, len(text), CARD)):
        if card.startswith("CONTINUE"):
            image += card
            continue
        if "= " in image:
            yield image
        image = card
        if card.rstrip() == "END":
            return


def number(token: str) -> Value:
    """The int or float that a text stands for, else the text itself (printable, at most 70 characters)."""
    if re.fullmatch(r"[+-]?\d{1,18}", token):
        return int(token)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d{1,3})?", token):
        return float(token.upper().replace("D", "E"))
    return "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in token)[:70]


def card_of(cards: Cards[str, Value], key: str) -> Value | None:
    """The value of a card, however its keyword is written (small letters, with HIERARCH); None without."""
    return cards.get(key.strip().upper().removeprefix("HIERARCH ").strip()) if key else None


def real(cards: Cards[str, Value], key: str, low: float = -1e20, high: float = 1e20) -> float | None:
    """A number from low to high that a card holds, also as text; None without."""
    value = card_of(cards, key)
    value = number(value.strip()) if isinstance(value, str) else value
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        return None
    return float(value)


def unix_s(cards: Cards[str, Value], key: str) -> float | None:
    """The time that a card holds, in unix seconds; None without the card. ValueError with why it cannot be told.

    The unit of a number follows from the keyword (MJD-OBS, JD) or from its size (`core.times`); a date alone takes its
    time of day from the card beside it: DATE-OBS from TIME-OBS, or `key` names both as DATE-OBS+TIME-OBS.
    """
    date_key, _, time_key = key.partition("+")
    value = card_of(cards, date_key)
    if value is None:
        return None
    value = number(value.strip()) if isinstance(value, str) else value
    name = date_key.strip().upper()
    if re.search(r"[BH]JD", name):
        raise ValueError(f"{name} is not counted on Earth: expected a card in UTC, TAI or TT")
    written = _relative(cards, name, value) or times.read(value, _form(name))
    if not written.has_time:
        written = _with_time_of_day(cards, written, name, time_key)
    system = str(card_of(cards, "TIMESYS") or "UTC").upper().split("(")[0].strip()
    if system not in SCALES and not written.has_zone:
        raise ValueError(f"{name} is in the time scale '{system[:20]}' (TIMESYS): expected {', '.join(SCALES)}")
    return float(times.unix_s([written], SCALES.get(system, "utc"))[0])


def _form(name: str) -> str:
    return "mjd" if "MJD" in name else "jd" if re.search(r"(^|[^A-Z])JD", name) else ""


def _relative(cards: Cards[str, Value], name: str, value: Value) -> times.Written | None:
    """TSTART and TSTOP count from a reference, MJDREF or MJDREFI + MJDREFF; None for other cards or without one."""
    parts = [real(cards, f"MJDREF{end}") for end in ("", "I", "F")]
    if name not in ("TSTART", "TSTOP") or parts == [None] * 3 or isinstance(value, str | bool):
        return None
    unit_s = UNITS_S.get(str(card_of(cards, "TIMEUNIT") or "s").strip().upper(), 1.0)
    reference = parts[0] if parts[0] is not None else (parts[1] or 0.0) + (parts[2] or 0.0)
    return times.read(reference + value * unit_s / times.DAY_S, "mjd")


def _with_time_of_day(cards: Cards[str, Value], written: times.Written, name: str, time_key: str) -> times.Written:
    places = (time_key,) if time_key else (name.replace("DATE", "TIME"), name.replace("DATE", "UTC"), *TIMES_OF_DAY)
    place = next((key for key in places if key != name and card_of(cards, key) is not None), "")
    if not place:
        missing = f" (no {places[0]})" if places[0] != name else ""
        raise ValueError(f"{name} is {str(written.value)[:10]}, a day without a time of day{missing}")
    return written.at(str(card_of(cards, place)))


def count(cards: Cards[str, Value], key: str) -> int:
    """A whole number of at least 0 that a card holds, also as text; 0 where it does not."""
    return int(real(cards, key, 0, 1e9) or 0)
