"""Points in time: each notation against the same known second, and what is none."""

from datetime import UTC, datetime

import pytest

from core import times

KNOWN = datetime(2020, 1, 2, 3, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-02T03:00:00", "2020-01-02 03:00", "2020-01-02T03:00:00.000Z", "2020-01-02T05:30:00+02:30",
        "2020-01-01T21:00-06", "2020-01-02T03:00 UTC", "1577934000", 1577934000, "58850.125", 58850.125, "2458850.625",
    ],
)  # fmt: skip
def test_every_notation_names_the_same_second(text):
    assert times.unix_s([times.read(text)])[0] == pytest.approx(KNOWN, abs=1e-4)


def test_notations_may_stand_beside_each_other_and_a_day_takes_its_time_of_day():
    written = [times.read("2020-01-02").at("03:00:00.5"), times.read(58850.125), times.read("02/01/95")]
    assert [w.has_time for w in written] == [True, True, False]
    expected = [KNOWN + 0.5, KNOWN, datetime(1995, 1, 2, tzinfo=UTC).timestamp()]
    assert times.unix_s(written) == pytest.approx(expected, abs=1e-4)


def test_other_time_scales_are_converted_unless_a_text_names_its_zone():
    """TAI was 37 s ahead of UTC in 2020, TT 32.184 s more (IERS Bulletin C 60)."""
    plain, zoned = times.read("2020-01-02T03:00:00"), times.read("2020-01-02T03:00:00Z")
    assert times.unix_s([plain, zoned], "tai") == pytest.approx([KNOWN - 37.0, KNOWN], abs=1e-4)
    assert times.unix_s([times.read(58850.125)], "tt")[0] == pytest.approx(KNOWN - 69.184, abs=1e-4)


@pytest.mark.parametrize(
    "text", ["", "soon", "nan", "inf", True, 0.04, 20200102, "1970-01-01T00:00", "2020-01-02T3", "2020-1-2", 1e300, -5]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is no time"):
        times.read(text)


def test_a_known_unit_is_kept_to():
    with pytest.raises(ValueError, match="expected a modified Julian date"):
        times.read(1577934000, "mjd")
    with pytest.raises(ValueError, match="no date of the calendar"):
        times.unix_s([times.read("2020-02-30T00:00")])
    with pytest.raises(ValueError, match="'noon' is no time of day"):
        times.read("2020-02-03").at("noon")
