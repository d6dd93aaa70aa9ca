"""Header cards of other cameras: HIERARCH and CONTINUE, broken cards, and times in every form that FITS files have them."""

from datetime import UTC, datetime

import pytest
from astropy.io import fits

from core.connie.raw.cards import card_of, parse, real, unix_s

KNOWN = datetime(2020, 1, 2, 3, 0, 0, tzinfo=UTC).timestamp()


def cards(**values):
    header = fits.Header()
    for key, value in values.items():
        header[key.replace("__", " ").replace("_", "-")] = value
    return parse(header.tostring().encode())


def test_hierarch_and_continued_cards_are_read():
    values = cards(HIERARCH__CCD__EXPOSURE=3600.0, HIERARCH__ESO__det__Name="two words", LONG="x" * 150)
    assert values == {"CCD EXPOSURE": 3600.0, "ESO DET NAME": "two words", "LONG": "x" * 150}
    for key in ("CCD EXPOSURE", "ccd exposure", "HIERARCH CCD EXPOSURE"):
        assert real(values, key) == 3600.0
    assert card_of(values, "CCD") is None


def test_broken_cards_and_equal_keywords_leave_the_rest():
    lines = ("FIRST   = 1", "FIRST   = 2", "BAD     = 1.2.3 what / why", "OPEN    = 'abc", "SUM     = 1.5D3 / D", "UNDEF   =",
             "COMMENT = no", "HIERARCH odd = ", "TWO     = (1.0, 2.0)", "END", "AFTER   = 1")  # fmt: skip
    values = parse("".join(line.ljust(80) for line in lines).encode())
    assert values == {"FIRST": 1, "BAD": "1.2.3 what", "OPEN": "'abc", "SUM": 1500.0}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("MJD-OBS", {"MJD_OBS": 58850.125}),
        ("MJD-BEG", {"MJD_BEG": "58850.125"}),
        ("JD", {"JD": 2458850.625}),
        ("EXPSTART", {"EXPSTART": 58850.125}),
        ("EXPSTART", {"EXPSTART": 1577934000}),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02T05:00:00+02:00"}),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02", "TIME_OBS": "03:00:00"}),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02", "UTC_OBS": "03:00"}),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02", "UT": "03:00:00"}),
        ("DATE-BEG", {"DATE_BEG": "2020-01-02", "TIME_BEG": "03:00:00"}),
        ("DAY+CLOCK", {"DAY": "2020-01-02", "CLOCK": "04:00:00+01:00"}),
        ("MJD-OBS", {"MJD_OBS": 58850.125 + 37 / 86400, "TIMESYS": "TAI"}),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02T03:01:09.184", "TIMESYS": "TT"}),
        ("EXPSTART", {"EXPSTART": 1577934000, "TIMESYS": "TAI"}),  # unix seconds are UTC
        ("TSTART", {"TSTART": 10800.0, "MJDREFI": 58850, "MJDREFF": 0.0}),
        ("TSTART", {"TSTART": 0.125, "MJDREF": 58850.0, "TIMEUNIT": "d"}),
    ],
)
def test_a_time_is_told_whatever_its_notation(key, values):
    assert unix_s(cards(**values), key) == pytest.approx(KNOWN, abs=1e-3)
    assert unix_s(cards(**values), "NOT-THERE") is None


@pytest.mark.parametrize(
    ("key", "values", "why"),
    [
        ("DATE-OBS", {"DATE_OBS": "2020-01-02"}, r"2020-01-02, a day without a time of day \(no TIME-OBS\)"),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02", "TIME_OBS": "noon"}, "'noon' is no time of day"),
        ("DATE-OBS", {"DATE_OBS": "2020-01-02T03:00", "TIMESYS": "LOCAL"}, "in the time scale 'LOCAL'"),
        ("MJD-OBS", {"MJD_OBS": 1577934000}, "expected a modified Julian date"),
        ("HJD", {"HJD": 2458850.625}, "is not counted on Earth"),
        ("EXPSTART", {"EXPSTART": 12.5}, "is no time of the years 1973 to 2105"),
        ("EXPSTART", {"EXPSTART": "2020-13-02T00:00"}, "is no date of the calendar"),
        ("EXPSTART", {"EXPSTART": True}, "'True' is no time"),
    ],
)
def test_a_time_that_cannot_be_told_says_why(key, values, why):
    with pytest.raises(ValueError, match=why):
        unix_s(cards(**values), key)
